"""Write the dimensions that lines are to bear, and record what became of them (contract 2.9)."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from application.ports.clock import Clock
from application.ports.event_log import EventLog
from application.ports.general_journal import (
    DimensionsSet,
    GeneralJournal,
    Journal,
    NotRun,
    Refused,
    SetAnswer,
    Stale,
    Unknown,
)
from application.reporting import pages, settled
from application.run_session import RunSession
from application.send_pack import SEND_WITHIN
from application.undo_entries import RefusedEntry, UndoEntries
from domain.line_dimensions import DimensionChange
from domain.pack import CAPACITY
from domain.posted_transaction import PostedTransaction
from domain.sync_run import SyncRun

MOST_TRIES = 5
Where = tuple[GeneralJournal, Journal]


@dataclass(frozen=True, slots=True)
class Pending:
    """An entry and the changes that its lines need; more than one request takes are cut off."""

    posting: PostedTransaction
    changes: Sequence[DimensionChange]
    is_whole: bool = True


@dataclass(slots=True)
class Sent:
    """What the last answer to a group was, whom it spoke of, and who was taken out before."""

    answer: SetAnswer
    group: list[Pending]
    refused: list[RefusedEntry] = field(default_factory=list)
    stale: list[PostedTransaction] = field(default_factory=list)


class SetDimensions:
    """Brings dimensions onto lines; an entry counts as posted once all of its own are set."""

    def __init__(
        self,
        log: EventLog,
        undo: UndoEntries,
        clock: Clock,
        boundary: Callable[[str], None],
    ) -> None:
        self._log = log
        self._undo = undo
        self._clock = clock
        self._boundary = boundary

    def set_all(
        self, run: SyncRun, session: RunSession, where: Where, pending: Iterable[Pending]
    ) -> None:
        """Make all changes, in as many requests as it takes; lost answers stop it.

        Raises:
            Refusal: what kept BC from it; those entries stay bare.
        """
        pending = list(pending)
        self._complete(run, [one.posting for one in pending if not one.changes])
        for group in _requests([one for one in pending if one.changes]):
            sent = self._send(run, where, group)
            self._record(run, session, sent)
            self._boundary("dimensions recorded")
            self._undo.undo(run, *where, sent.refused)
            if isinstance(sent.answer, NotRun):
                raise sent.answer.refusal
            if isinstance(sent.answer, Unknown):
                return

    def _send(self, run: SyncRun, where: Where, group: list[Pending]) -> Sent:
        """Send until no entry of the group is refused any more.

        One that is refused costs a request more and sinks nobody.
        """
        port, journal = where
        now = self._clock.now()
        for one in group:
            one.posting.begin_completing(run.id, now)
        self._log.save(*(one.posting for one in group))
        self._boundary("dimensions submitted")
        sent = Sent(DimensionsSet(), group)
        while group:
            changes = [one.changes for one in group]
            sent.answer = port.set_dimensions(journal, changes, now + SEND_WITHIN)
            self._boundary("dimensions sent")
            if not isinstance(sent.answer, Refused | Stale):
                break
            culprit = group.pop(sent.answer.culprit).posting
            if isinstance(sent.answer, Stale) and culprit.tries < MOST_TRIES:
                sent.stale.append(culprit)
            else:
                sent.refused.append((culprit, sent.answer.refusal))
        return sent

    def _record(self, run: SyncRun, session: RunSession, sent: Sent) -> None:
        self._leave_bare(run, sent.stale, "A line was not as it was read any more.")
        if isinstance(sent.answer, DimensionsSet):
            session.unknown_in_a_row = 0
            self._complete(run, [one.posting for one in sent.group if one.is_whole])
            cut = [one.posting for one in sent.group if not one.is_whole]
            self._leave_bare(run, cut, "It needs more changes than one request takes.")
        elif isinstance(sent.answer, NotRun):
            rest = [one.posting for one in sent.group]
            self._leave_bare(run, rest, sent.answer.refusal.cause)
        elif isinstance(sent.answer, Unknown):
            session.unknown_in_a_row += 1

    def _complete(self, run: SyncRun, postings: Sequence[PostedTransaction]) -> None:
        now = self._clock.now()
        for posting in postings:
            posting.complete(run.id, now)
        self._log.save(*postings, *pages(run, settled(postings), now))

    def _leave_bare(self, run: SyncRun, postings: Sequence[PostedTransaction], why: str) -> None:
        for posting in postings:
            posting.leave_bare(why, run.id, self._clock.now())
        self._log.save(*postings)


def _requests(pending: Sequence[Pending]) -> Iterator[list[Pending]]:
    """Fill requests in order; no entry's changes are torn between two."""
    group: list[Pending] = []
    operations = 0
    for one in pending:
        if group and operations + len(one.changes) > CAPACITY:
            yield group
            group, operations = [], 0
        group.append(one)
        operations += len(one.changes)
    if group:
        yield group
