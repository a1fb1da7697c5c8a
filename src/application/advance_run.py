"""One short step of a run, phase by phase until it ends (M16, M26, M30).

Any worker may call it at any time, again and again: the lease lets one work, and everything that a
step needs stands in the event log and on the worklist.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from application.ports.clock import Clock
from application.ports.event_log import EventLog, StreamConflict
from application.ports.leases import Leases
from application.ports.transactions import Atomically
from application.ports.worklist import Worklist
from application.reporting import report
from application.run_session import RunSessions
from application.settle_doubt import SettleDoubt
from application.troubles import A_PERSON_MUST_ACT, AWAY, InternalFault
from application.turn import Phase, Turn
from domain.connection import Connection
from domain.posted_transaction import UNSETTLED
from domain.refusals import Refusal
from domain.sync_run import Outcome, RunPage, RunStatus, SyncRun

LONGEST_WAIT = timedelta(minutes=5)
STALLS_BEFORE_GIVING_UP = 12


@dataclass(frozen=True, slots=True)
class NextStep:
    """When a run wants its next step; None once it is over."""

    at: datetime | None


class AdvanceRun:
    """Takes one step of a run."""

    def __init__(
        self,
        log: EventLog,
        leases: Leases,
        clock: Clock,
        atomically: Atomically,
        worklist: Worklist,
        sessions: RunSessions,
        phases: Sequence[Phase],
        doubts: SettleDoubt,
        boundary: Callable[[str], None] = lambda _name: None,
    ) -> None:
        self._log = log
        self._leases = leases
        self._clock = clock
        self._atomically = atomically
        self._worklist = worklist
        self._sessions = sessions
        self._phases = phases
        self._doubts = doubts
        self._boundary = boundary

    def step(self, run_id: UUID) -> NextStep | None:
        """Take the next step; None where another worker is at it."""
        run = self._log.find(SyncRun, run_id)
        if run is None or run.is_over:
            return NextStep(None)
        with self._leases.hold(f"connection:{run.connection_id}") as free:
            if not free:
                return None
            run = self._log.load(SyncRun, run_id)
            if run.is_over:
                return NextStep(None)
            if run.stalled_until is not None and run.stalled_until > self._clock.now():
                return NextStep(run.stalled_until)
            return self._guarded(run)

    def note_fault(self, run_id: UUID, error: Exception) -> None:
        """Make a run wait after an unforeseen error, and end it when that happens too often."""
        run = self._log.find(SyncRun, run_id)
        if run is not None and not run.is_over:
            self._wait(run, InternalFault(error), None)

    def _guarded(self, run: SyncRun) -> NextStep:
        """Let what keeps a run from going on end in a wait or in a status, never in silence."""
        try:
            return NextStep(self._work(run))
        except StreamConflict:
            self._sessions.close(run.id)
            return NextStep(self._clock.now() + timedelta(seconds=1))
        except AWAY as refusal:
            return self._wait(
                self._log.load(SyncRun, run.id), refusal, getattr(refusal, "retry_after", None)
            )
        except A_PERSON_MUST_ACT as refusal:
            return self._break_off(self._log.load(SyncRun, run.id), refusal, blame_connection=True)
        except Refusal as refusal:
            return self._break_off(self._log.load(SyncRun, run.id), refusal)

    def _work(self, run: SyncRun) -> datetime | None:
        turn = Turn(run, self._log.load(Connection, run.connection_id), self._sessions)
        for phase in self._phases:
            due = phase.step(turn)
            if due is not None:
                return due
        self._finish(run)
        return None

    def _finish(self, run: SyncRun) -> None:
        run.finish(self._clock.now())
        self._end(run, self._log.load(Connection, run.connection_id))
        self._boundary("finished")

    def _end(self, run: SyncRun, connection: Connection, *pages: RunPage) -> None:
        connection.end_run(run.id, self._clock.now())
        with self._atomically():
            self._worklist.drop(run.id)
            self._log.save(run, connection, *pages)
        self._sessions.close(run.id)

    def _wait(self, run: SyncRun, refusal: Refusal, retry_after: float | None) -> NextStep:
        """Wait with doubling pauses, and give up after a good while (M30)."""
        if run.stalled >= STALLS_BEFORE_GIVING_UP:
            return self._break_off(run, refusal)
        pause = timedelta(seconds=retry_after or 2.0 ** (run.stalled + 1))
        now = self._clock.now()
        until = now + (pause if retry_after else min(pause, LONGEST_WAIT))
        run.stall(now, refusal.code, refusal.cause, until)
        self._log.save(run)
        return NextStep(until)

    def _break_off(
        self, run: SyncRun, refusal: Refusal, *, blame_connection: bool = False
    ) -> NextStep:
        """End a run early; what is in doubt is reported so, and settled by the next run."""
        now = self._clock.now()
        doubts = [] if run.preview or not run.kinds else self._doubts.unfinished(run)
        self._doubts.note_lost_answers(run, doubts)
        rows = tuple(report(one, Outcome.IN_DOUBT) for one in doubts if one.state in UNSETTLED)
        pages = (run.report(rows, now),) if rows else ()
        begun = run.counts.posted or run.counts.tags_synced or rows
        status = RunStatus.INTERRUPTED if begun else RunStatus.FAILED
        run.break_off(status, refusal.code, refusal.cause, now)
        connection = self._log.load(Connection, run.connection_id)
        if blame_connection:
            connection.require_action(refusal.code, refusal.cause, now)
        self._end(run, connection, *pages)
        return NextStep(None)
