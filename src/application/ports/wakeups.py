"""Wake-up calls to workers. Any of them may be lost or come twice: truth is the event store."""

from typing import Protocol
from uuid import UUID


class Wakeups(Protocol):
    """Tells some worker that there may be something to do."""

    def run(self, run_id: UUID, delay_seconds: float = 0) -> None:
        """A run may want its next step."""

    def remind_run(self, run_id: UUID) -> None:
        """The same, unless a call for the run is known to be under way."""

    def connection(self, connection_id: UUID) -> None:
        """A connection may be ready by now."""

    def remind_connection(self, connection_id: UUID) -> None:
        """The same, unless the connection was called for a moment ago."""
