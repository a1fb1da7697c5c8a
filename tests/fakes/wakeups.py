"""Wake-up calls that are only noted down."""

from uuid import UUID


class FakeWakeups:
    """Keeps what was called for."""

    def __init__(self) -> None:
        self.runs: list[UUID] = []
        self.connections: list[UUID] = []

    def run(self, run_id: UUID, delay_seconds: float = 0) -> None:
        self.runs.append(run_id)

    def remind_run(self, run_id: UUID) -> None:
        self.runs.append(run_id)

    def connection(self, connection_id: UUID) -> None:
        self.connections.append(connection_id)

    def remind_connection(self, connection_id: UUID) -> None:
        self.connections.append(connection_id)
