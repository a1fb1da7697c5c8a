"""Settle what was sent without an answer: ask Business Central, never guess (contract 6.6, 6)."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from application.look import find_entries
from application.ports.clock import Clock
from application.ports.event_log import EventLog
from application.reporting import pages
from application.run_session import RunSessions
from application.take_finding import take_finding
from domain.posted_transaction import OPEN, UNSETTLED, PostedTransaction, State, Target
from domain.sync_run import Reported, SyncRun


class SettleDoubt:
    """Settles a connection's unfinished transactions within a run that holds its lease."""

    def __init__(
        self,
        log: EventLog,
        unfinished: Callable[[UUID], Sequence[UUID]],
        sessions: RunSessions,
        clock: Clock,
        in_doubt: timedelta,
    ) -> None:
        self._log = log
        self._unfinished = unfinished
        self._sessions = sessions
        self._clock = clock
        self._in_doubt = in_doubt

    def unfinished(self, run: SyncRun) -> list[PostedTransaction]:
        """What was sent and is not settled, and what waits to be sent again; oldest first."""
        streams = self._unfinished(run.connection_id)
        found = self._log.find_many(PostedTransaction, streams).values()
        waiting = [one for one in found if one.state in UNSETTLED or one.must_be_sent_again]
        return sorted(waiting, key=lambda one: (one.submitted_at or run.started_at, one.pex_id))

    def note_lost_answers(self, run: SyncRun, postings: Iterable[PostedTransaction]) -> None:
        """Whatever is still `submitted` although nobody sends any more lost its answer."""
        lost = [posting for posting in postings if posting.state is State.SUBMITTED]
        for posting in lost:
            cause = "The worker stopped before the answer was recorded."
            posting.doubt(cause, run.id, self._clock.now())
        if lost:
            self._log.save(*lost)

    def due_at(self, posting: PostedTransaction) -> datetime:
        """When BC's own time limits have passed, so that its answer is final."""
        return (posting.submitted_at or self._clock.now()) + self._in_doubt

    def settle_due(self, run: SyncRun, postings: Sequence[PostedTransaction]) -> bool:
        """Ask about all that is due; whether anything was."""
        now = self._clock.now()
        due = [one for one in postings if one.state in OPEN and self.due_at(one) <= now]
        for target in {one.target for one in due if one.target}:
            self._settle(run, target, [one for one in due if one.target == target])
        return bool(due)

    def _settle(self, run: SyncRun, target: Target, postings: list[PostedTransaction]) -> None:
        port, journal = self._sessions.journal(run, target)
        findings = find_entries(port, journal, postings)
        reports: list[Reported] = []
        for one in postings:
            reports.extend(take_finding(run, port, journal, one, findings[one.id], self._clock))
        self._log.save(*postings, *pages(run, reports, self._clock.now()))
