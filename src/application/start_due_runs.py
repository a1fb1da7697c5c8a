"""Start the automatic runs that are due: each slot once, however many processes look (M16)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from application.ports.clock import Clock
from application.ports.event_log import EventLog, StreamConflict, StreamNotFound
from application.ports.schedule import Planned, Schedule, Skipped
from application.ports.transactions import Atomically
from application.ports.wakeups import Wakeups
from application.start_run import RunRequest, StartRun
from domain.connection import Connection, RunActive
from domain.refusals import Refusal
from domain.schedule import Job, again_at, slot_behind
from domain.sync_run import Trigger

ACTOR = "system:schedule"
AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class Slot:
    """What became of a slot: a run, or why there is none; `next_at` is the next attempt, in UTC."""

    connection_id: UUID
    next_at: datetime
    run_id: UUID | None = None
    code: str | None = None
    cause: str | None = None


class StartDueRuns:
    """Moves the plan on and writes the run down in one transaction, so that both or none happen.

    Slots that were missed are one row that is long due, and so become one run.
    """

    def __init__(
        self,
        log: EventLog,
        schedule: Schedule,
        start_run: StartRun,
        wakeups: Wakeups,
        clock: Clock,
        atomically: Atomically,
    ) -> None:
        self._log = log
        self._schedule = schedule
        self._start_run = start_run
        self._wakeups = wakeups
        self._clock = clock
        self._atomically = atomically

    def due(self) -> Sequence[Planned]:
        """A handful of what is due; a look soon afterwards finds the rest."""
        return self._schedule.due(Job.SYNC, self._clock.now(), AT_ONCE)

    def start(self, due: Planned) -> Slot | None:
        """Start one; None where that is another process's matter, or nobody's any more.

        What cannot be foreseen is raised again, after the slot was put off, so that it holds up no
        other connection.
        """
        now = self._clock.now()
        try:
            slot = self._begin(due, now)
        except StreamConflict:
            return None  # somebody changed the connection at this moment: the next look tries again
        except StreamNotFound:
            self._schedule.drop(due.connection_id, due.job)
            return None
        except RunActive as refusal:
            return self._put_off(due, again_at(due.connection_id, due.job, now), refusal)
        except Refusal as refusal:
            following = slot_behind(due.connection_id, due.job, due.next_at, now)
            return self._put_off(due, following, refusal, skipped=True)
        except Exception:
            self._schedule.move(due, again_at(due.connection_id, due.job, now))
            raise
        if slot is not None and slot.run_id is not None:
            self._wakeups.run(slot.run_id)
        return slot

    def _begin(self, due: Planned, now: datetime) -> Slot | None:
        following = slot_behind(due.connection_id, due.job, due.next_at, now)
        with self._atomically():
            if not self._schedule.move(due, following):
                return None
            connection = self._log.load(Connection, due.connection_id)
            if not connection.auto_sync:
                self._schedule.drop(due.connection_id, due.job)
                return None
            if connection.trouble is not None:
                return Slot(connection.id, following, None, *connection.trouble)
            run_id = self._start_run.write_down(RunRequest(connection.id, ACTOR, Trigger.AUTO))
            return Slot(connection.id, following, run_id)

    def _put_off(
        self, due: Planned, until: datetime, refusal: Refusal, *, skipped: bool = False
    ) -> Slot | None:
        why = Skipped(refusal.code, refusal.cause)
        if not self._schedule.move(due, until, why if skipped else None):
            return None
        return Slot(due.connection_id, until, None, why.code, why.cause)
