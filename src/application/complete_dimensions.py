"""The second way of an entry: its lines are there, now their dimensions (contract 2.9).

Read what stands on the lines, change what differs, and nothing where all is as mapped. An entry
counts as posted only after that; where its dimensions are refused, its lines go again.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

from application.known_defaults import learn
from application.look import find_entries
from application.ports.clock import Clock
from application.ports.event_log import EventLog
from application.reporting import pages, settled
from application.run_session import RunSession, RunSessions
from application.set_dimensions import Pending, SetDimensions, Where
from application.undo_entries import UndoEntries
from domain.default_dimensions import Account
from domain.findings import Finding, InLedger, Part, Twice, Whole
from domain.line_dimensions import FoundDimension, changes
from domain.pack import CAPACITY
from domain.posted_transaction import Place, PostedTransaction, State
from domain.refusals import PartlyFound, RefusedByBusinessCentral
from domain.sync_run import SyncRun

Found = Mapping[str, tuple[FoundDimension, ...]]


class CompleteDimensions:
    """Brings the mapped dimensions onto lines that were sent without them."""

    def __init__(
        self,
        log: EventLog,
        sessions: RunSessions,
        undo: UndoEntries,
        clock: Clock,
        boundary: Callable[[str], None],
    ) -> None:
        self._log = log
        self._sessions = sessions
        self._undo = undo
        self._set = SetDimensions(log, undo, clock, boundary)
        self._clock = clock
        self._boundary = boundary

    def settle(self, run: SyncRun, session: RunSession, due: Sequence[PostedTransaction]) -> bool:
        """Go on with those whose last request was lost and is surely over; whether any was."""
        lost = [one for one in due if one.state is State.COMPLETING]
        if lost:
            self.complete(run, session, lost)
            return True
        return self._undo.settle(run, [one for one in due if one.state is State.UNDOING])

    def complete(
        self, run: SyncRun, session: RunSession, postings: Sequence[PostedTransaction]
    ) -> None:
        """Read and set the dimensions of as many entries as fit into a request.

        Raises:
            Refusal: what kept BC from it; they stay bare.
        """
        some = list(_one_journal(postings))
        target = some[0].target
        if target is None:
            raise AssertionError("an entry was sent to no journal")
        port, journal = where = self._sessions.journal(run, target)
        ids = [line_id for posting in some for line_id, _ in posting.lines_to_complete]
        found = port.dimensions(journal, ids)
        self._boundary("dimensions read")
        gone = [one for one in some if any(key not in found for key, _ in one.lines_to_complete)]
        here = [one for one in some if one not in gone]
        untouched = [one for one in here if one.state is State.BARE]
        learn(self._log, self._clock, target, _defaults(untouched, found))
        if gone:
            self._follow(run, where, gone)
        self._set.set_all(run, session, where, [_pending(posting, found) for posting in here])

    def _follow(self, run: SyncRun, where: Where, gone: Sequence[PostedTransaction]) -> None:
        """Let entries whose lines are gone follow what BC holds of them; nothing is sent again."""
        findings = find_entries(*where, gone)
        moved = [one for one in gone if not _is_same(one, findings[one.id])]
        now = self._clock.now()
        for posting in moved:
            finding = findings[posting.id]
            if isinstance(finding, InLedger | Twice):
                posting.adopt(Place.LEDGER, finding.entry_ids, run.id, now)
            elif isinstance(finding, Whole):
                posting.adopt(Place.JOURNAL, finding.line_ids, run.id, now)
            else:
                count = finding.found if isinstance(finding, Part) else 0
                refusal = PartlyFound(count, len(posting.line_numbers))
                posting.hold(refusal.code, refusal.cause, run.id, now)
        self._log.save(*moved, *pages(run, settled(moved), now))
        unreadable = RefusedByBusinessCentral("nothing", "its lines' dimensions cannot be read")
        self._undo.undo(run, *where, [(one, unreadable) for one in gone if one not in moved])


def _is_same(posting: PostedTransaction, finding: Finding) -> bool:
    return isinstance(finding, Whole) and finding.line_ids == posting.line_ids


def _one_journal(postings: Sequence[PostedTransaction]) -> Iterator[PostedTransaction]:
    """Entries of the first one's journal, while their lines fit into one request."""
    lines = 0
    for posting in postings:
        if posting.target != postings[0].target:
            continue
        lines += len(posting.line_numbers)
        if lines > CAPACITY:
            return
        yield posting


def _defaults(postings: Sequence[PostedTransaction], found: Found) -> dict[Account, set[str]]:
    """What stands on lines that nobody touched since they were made is their accounts' own."""
    seen: dict[Account, set[str]] = {}
    for posting in postings:
        for line_id, line in posting.lines_to_complete:
            codes = seen.setdefault((line.account_type, line.account_number), set())
            codes.update(one.code for one in found[line_id])
    return seen


def _pending(posting: PostedTransaction, found: Found) -> Pending:
    """What an entry needs; no more than one request takes, the rest is read and set after that."""
    needed = [
        change
        for line_id, line in posting.lines_to_complete
        for change in changes(line_id, line.dimensions, found[line_id])
    ]
    return Pending(posting, needed[:CAPACITY], len(needed) <= CAPACITY)
