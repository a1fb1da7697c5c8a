"""See that every connection's daily jobs are planned, whatever became of the plan (M16)."""

from uuid import UUID

from application.every_connection import every_connection
from application.ports.clock import Clock
from application.ports.read_models import ReadModels
from application.ports.schedule import Planned, Schedule
from domain.connection import Status
from domain.schedule import Job, is_astray, next_slot


class PlanSchedule:
    """Compares the plan with what the connections say."""

    def __init__(self, read_models: ReadModels, schedule: Schedule, clock: Clock) -> None:
        self._read_models = read_models
        self._schedule = schedule
        self._clock = clock

    def plan(self) -> int:
        """Plan what is missing, drop what should not be, mend what lies astray; how many."""
        connections = list(every_connection(self._read_models))
        synced = {one.id for one in connections if one.auto_sync}
        kept = {one.id for one in connections if one.status is not Status.DISCONNECTED}
        return self._agree(Job.SYNC, synced) + self._agree(Job.KEEP_ALIVE, kept)

    def _agree(self, job: Job, wanted: set[UUID]) -> int:
        now, planned = self._clock.now(), self._schedule.planned(job)
        changed = 0
        for connection_id, next_at in planned.items():
            if connection_id not in wanted:
                self._schedule.drop(connection_id, job)
                changed += 1
            elif is_astray(next_at, now):
                seen = Planned(connection_id, job, next_at)
                changed += self._schedule.move(seen, next_slot(connection_id, job, now))
        for connection_id in wanted - planned.keys():
            changed += self._schedule.plan(connection_id, job, next_slot(connection_id, job, now))
        return changed
