"""Take back lines whose dimensions were refused: on the line, or no line (exactly once, 3)."""

from collections.abc import Callable, Sequence

from application.look import find_entries
from application.ports.clock import Clock
from application.ports.event_log import EventLog
from application.ports.general_journal import GeneralJournal, Journal
from application.reporting import pages, settled
from application.run_session import RunSessions
from application.troubles import AWAY
from domain.findings import Finding, InLedger, Nothing, Part, Twice, Whole
from domain.posted_transaction import Place, PostedTransaction
from domain.refusals import Failure, PartlyFound, Refusal, StandsWithoutDimensions
from domain.sync_run import SyncRun

RefusedEntry = tuple[PostedTransaction, Failure]


class UndoEntries:
    """Deletes the unposted lines of entries that end as failed."""

    def __init__(
        self,
        log: EventLog,
        sessions: RunSessions,
        clock: Clock,
        boundary: Callable[[str], None],
    ) -> None:
        self._log = log
        self._sessions = sessions
        self._clock = clock
        self._boundary = boundary

    def undo(
        self, run: SyncRun, port: GeneralJournal, journal: Journal, refused: Sequence[RefusedEntry]
    ) -> None:
        """Delete the lines of some entries in one request.

        Where that is refused or not known, they are asked about later, as a doubt is.
        """
        if not refused:
            return
        now = self._clock.now()
        for posting, refusal in refused:
            posting.undo(refusal.code, refusal.cause, run.id, now)
        postings = [posting for posting, _ in refused]
        self._log.save(*postings)
        self._boundary("undoing")
        try:
            port.delete(journal, [line_id for one in postings for line_id in one.line_ids])
        except Refusal:
            return
        self._boundary("undone")
        for posting in postings:
            self._reject(run, posting)
        self._log.save(*postings, *pages(run, settled(postings), self._clock.now()))

    def settle(self, run: SyncRun, postings: Sequence[PostedTransaction]) -> bool:
        """Ask what became of deletions that are surely over; whether any was.

        Raises:
            Refusal: BC is away.
        """
        if not postings:
            return False
        target = postings[0].target
        if target is None:
            raise AssertionError("an entry was sent to no journal")
        port, journal = self._sessions.journal(run, target)
        some = [one for one in postings if one.target == target]
        findings = find_entries(port, journal, some)
        for posting in some:
            self._follow(run, (port, journal), posting, findings[posting.id])
        return True

    def _follow(
        self,
        run: SyncRun,
        where: tuple[GeneralJournal, Journal],
        posting: PostedTransaction,
        finding: Finding,
    ) -> None:
        if isinstance(finding, Whole):
            self._delete(run, where, posting, finding.line_ids)
        elif isinstance(finding, Nothing):
            self._reject(run, posting)
        elif isinstance(finding, InLedger | Twice):
            posting.adopt(Place.LEDGER, finding.entry_ids, run.id, self._clock.now())
        elif isinstance(finding, Part):
            refusal = PartlyFound(finding.found, len(posting.line_numbers))
            posting.hold(refusal.code, refusal.cause, run.id, self._clock.now())
        self._log.save(posting, *pages(run, settled((posting,)), self._clock.now()))

    def _delete(
        self,
        run: SyncRun,
        where: tuple[GeneralJournal, Journal],
        posting: PostedTransaction,
        line_ids: Sequence[str],
    ) -> None:
        """Delete once more; lines that BC keeps nevertheless are left to a person."""
        port, journal = where
        code, cause = posting.code or "", posting.cause or ""
        posting.undo(code, cause, run.id, self._clock.now())
        self._log.save(posting)
        self._boundary("undoing")
        try:
            port.delete(journal, line_ids)
        except AWAY:
            raise
        except Refusal as kept:
            refusal = StandsWithoutDimensions(cause, kept.cause)
            posting.hold(refusal.code, refusal.cause, run.id, self._clock.now())
        else:
            self._reject(run, posting)
        self._boundary("undone")

    def _reject(self, run: SyncRun, posting: PostedTransaction) -> None:
        posting.reject(posting.code or "", posting.cause or "", run.id, self._clock.now())
