"""A plan in memory."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from application.ports.schedule import Planned, Skipped
from domain.schedule import Job

Key = tuple[UUID, Job]


class FakeSchedule:
    """Keeps when each job is due."""

    def __init__(self) -> None:
        self.rows: dict[Key, datetime] = {}
        self.left_out: dict[Key, Skipped] = {}

    def plan(self, connection_id: UUID, job: Job, next_at: datetime) -> bool:
        new = (connection_id, job) not in self.rows
        self.rows.setdefault((connection_id, job), next_at)
        return new

    def drop(self, connection_id: UUID, job: Job) -> None:
        self.rows.pop((connection_id, job), None)
        self.left_out.pop((connection_id, job), None)

    def planned(self, job: Job) -> Mapping[UUID, datetime]:
        return {key[0]: at for key, at in self.rows.items() if key[1] is job}

    def due(self, job: Job, now: datetime, limit: int) -> Sequence[Planned]:
        late = [(at, key[0]) for key, at in self.rows.items() if key[1] is job and at <= now]
        return [Planned(connection_id, job, at) for at, connection_id in sorted(late)[:limit]]

    def move(self, planned: Planned, next_at: datetime, skipped: Skipped | None = None) -> bool:
        key = planned.connection_id, planned.job
        if self.rows.get(key) != planned.next_at:
            return False
        self.rows[key] = next_at
        self.left_out.pop(key, None)
        if skipped is not None:
            self.left_out[key] = skipped
        return True

    def bring_forward(self, connection_id: UUID, job: Job, to: datetime) -> datetime | None:
        key = connection_id, job
        if key in self.rows:
            self.rows[key] = min(self.rows[key], to)
        return self.rows.get(key)

    def skipped(self, job: Job) -> Mapping[UUID, Skipped]:
        return {key[0]: why for key, why in self.left_out.items() if key[1] is job}
