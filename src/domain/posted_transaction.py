"""One PEX transaction on its way into the general journal, and what became of it (M25).

Its stream is the proof of exactly once: a second stream for the same PEX record is refused by the
event store, nothing is sent that is not written down here first, and every outcome is an event.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID, uuid5

from eventsourcing.domain import Aggregate, event

from domain.document_keys import DocumentKeys
from domain.journal_entry import JournalEntry, JournalLine
from domain.money import Money
from domain.pack import NumberedEntry
from domain.pex_snapshot import Change, Difference, PexSnapshot, differences, standing
from domain.pex_transaction import Kind, Record
from domain.refusals import DimensionsPending, PostedWithoutDimensions

_NAMESPACE = UUID("5d0c7a52-2b0e-4c3e-9f6a-1f1f0d6b7a02")


class State(StrEnum):
    """Where a transaction stands."""

    SEEN = "seen"
    SKIPPED = "skipped"
    FAILED = "failed"
    RESERVED = "reserved"
    SUBMITTED = "submitted"
    IN_DOUBT = "in_doubt"
    BARE = "bare"
    COMPLETING = "completing"
    UNDOING = "undoing"
    HELD = "held"
    POSTED = "posted"


class Place(StrEnum):
    """Where Business Central holds the entry."""

    JOURNAL = "journal"
    LEDGER = "ledger"


OPEN = frozenset({State.SUBMITTED, State.IN_DOUBT})
# The lines stand in the journal, and their dimensions are not known to be on them.
INCOMPLETE = frozenset({State.BARE, State.COMPLETING, State.UNDOING})
COMPLETABLE = frozenset({State.BARE, State.COMPLETING})
UNSETTLED = OPEN | INCOMPLETE
SENDABLE = frozenset({State.SEEN, State.SKIPPED, State.FAILED, State.RESERVED})


@dataclass(frozen=True, slots=True)
class Facts:
    """What identifies a transaction to a person; dates are US Eastern days."""

    kind: Kind
    amount: Money
    purchased_on: date
    settled_on: date
    merchant: str
    cardholder: str | None


@dataclass(frozen=True, slots=True)
class Target:
    """The journal that an entry goes to."""

    tenant_id: str
    environment: str
    company_id: str
    journal: str


class OutOfTurnError(Exception):
    """A step that its state does not allow: a fault of the program, or a race lost."""

    def __init__(self, step: str, state: State) -> None:
        super().__init__(f"cannot {step} a transaction that is {state}")


class PostedTransaction(Aggregate):
    """The history of one PEX transaction with the books."""

    TOPIC = "posted_transaction"

    @staticmethod
    def create_id(business_id: int, record: Record, pex_id: int) -> UUID:
        """Derived from what PEX calls it, so that nothing forgets it (design: exactly once, 1)."""
        return uuid5(_NAMESPACE, f"{business_id}/{record.value}/{pex_id}")

    @event("Created", topic="posted_transaction.seen")
    def __init__(
        self,
        timestamp: datetime,
        connection_id: UUID,
        business_id: int,
        record: Record,
        pex_id: int,
        facts: Facts,
        run_id: UUID,
    ) -> None:
        self.connection_id = connection_id
        self.business_id = business_id
        self.record = record
        self.pex_id = pex_id
        self.facts = facts
        self.state = State.SEEN
        self.code: str | None = None
        self.cause: str | None = None
        self.target: Target | None = None
        self.entry: JournalEntry | None = None
        self.line_numbers: tuple[int, ...] = ()
        self.line_ids: tuple[str, ...] = ()
        self.place: Place | None = None
        self.attempts = 0
        self.submitted_at: datetime | None = None
        self.run_id = run_id
        self.letter = ""
        self.edition = 0
        self.was_in_doubt = False
        self.posted_as: PexSnapshot | None = None
        self.in_pex: PexSnapshot | None = None
        self.changes: tuple[Change, ...] = ()
        self.missing_since: datetime | None = None
        self.bare = False
        self.tries = 0

    # --- why it is not posted ---------------------------------------------------------------

    def withhold(
        self, state: State, code: str, cause: str, run_id: UUID, timestamp: datetime
    ) -> None:
        """Note that it is skipped or failed, where that is news (M26).

        Raises:
            OutOfTurnError: something of it was or may have been sent.
        """
        self._require("withhold", SENDABLE)
        if (self.state, self.code, self.cause) != (state, code, cause):
            self._withheld(timestamp, state, code, cause, run_id)

    @event("Withheld", topic="posted_transaction.withheld")
    def _withheld(
        self, timestamp: datetime, state: State, code: str, cause: str, run_id: UUID
    ) -> None:
        self.state = state
        self.code = code
        self.cause = cause
        self.run_id = run_id

    # --- intention before action -------------------------------------------------------------

    def reserve(
        self,
        entry: JournalEntry,
        line_numbers: tuple[int, ...],
        target: Target,
        settings_version: int,
        payload_hash: str,
        run_id: UUID,
        timestamp: datetime,
        letter: str = "",
        snapshot: PexSnapshot | None = None,
    ) -> None:
        """Write down what will be sent, before anything is sent.

        `letter` tells the business from others that share the journal (`JournalNumbers`);
        `snapshot` is what PEX told when the entry was made, None where that is known already.

        Raises:
            OutOfTurnError: something of it was or may have been sent.
        """
        self._require("reserve", SENDABLE)
        self._reserved(
            timestamp,
            entry,
            line_numbers,
            target,
            settings_version,
            payload_hash,
            run_id,
            letter,
            snapshot or self.in_pex,
        )

    @event("Reserved", topic="posted_transaction.reserved")
    def _reserved(
        self,
        timestamp: datetime,
        entry: JournalEntry,
        line_numbers: tuple[int, ...],
        target: Target,
        settings_version: int,
        payload_hash: str,
        run_id: UUID,
        letter: str = "",
        snapshot: PexSnapshot | None = None,
    ) -> None:
        self.state = State.RESERVED
        self.letter = letter
        self.posted_as = snapshot
        self.in_pex = snapshot
        self.changes = ()
        self.missing_since = None
        self.entry = entry
        self.line_numbers = line_numbers
        self.target = target
        self.run_id = run_id
        self.code = None
        self.cause = None

    def submit(self, run_id: UUID, timestamp: datetime, *, bare: bool = False) -> None:
        """Write down that it is being sent now, `bare` where its dimensions follow afterwards.

        Raises:
            OutOfTurnError: nothing is reserved, or it is being sent already.
        """
        self._require("submit", frozenset({State.RESERVED}))
        self._submitted(timestamp, self.attempts + 1, run_id, bare)

    @event("Submitted", topic="posted_transaction.submitted")
    def _submitted(
        self,
        timestamp: datetime,
        attempt: int,
        run_id: UUID,
        bare: bool = False,  # noqa: FBT001, FBT002 - the event's own member
    ) -> None:
        self.state = State.SUBMITTED
        self.attempts = attempt
        self.submitted_at = timestamp
        self.run_id = run_id
        self.bare = bare

    # --- outcomes ----------------------------------------------------------------------------

    def confirm(self, line_ids: tuple[str, ...], run_id: UUID, timestamp: datetime) -> None:
        """BC answered that every line exists; of a bare entry the dimensions are still to come."""
        self._require("confirm", OPEN)
        if self.bare:
            self._laid_bare(timestamp, line_ids, run_id)
        else:
            self._confirmed(timestamp, line_ids, run_id)

    @event("Confirmed", topic="posted_transaction.confirmed")
    def _confirmed(self, timestamp: datetime, line_ids: tuple[str, ...], run_id: UUID) -> None:
        self.state = State.POSTED
        self.place = Place.JOURNAL
        self.line_ids = line_ids
        self.run_id = run_id
        self.code = None
        self.cause = None

    def adopt(
        self,
        place: Place,
        ids: tuple[str, ...],
        run_id: UUID,
        timestamp: datetime,
        letter: str | None = None,
        snapshot: PexSnapshot | None = None,
    ) -> None:
        """Its entry was found in BC: by an attempt whose answer was lost, or from before.

        `letter` is that of the keys by which it was found; None for those that it has. One that was
        sent bare is posted only once its dimensions are set, or a person says so.
        """
        self._require("adopt", UNSETTLED | SENDABLE | {State.HELD})
        its_letter = self.letter if letter is None else letter
        if not self.bare or self.state is State.HELD:
            self._adopted(timestamp, place, ids, run_id, its_letter, snapshot or self.in_pex)
        elif place is Place.JOURNAL:
            self._laid_bare(timestamp, ids, run_id)
        else:
            refusal = PostedWithoutDimensions()
            self._held(timestamp, refusal.code, refusal.cause, run_id)

    @event("Adopted", topic="posted_transaction.adopted")
    def _adopted(
        self,
        timestamp: datetime,
        place: Place,
        ids: tuple[str, ...],
        run_id: UUID,
        letter: str = "",
        snapshot: PexSnapshot | None = None,
    ) -> None:
        self.state = State.POSTED
        self.letter = letter
        self.posted_as = snapshot
        self.in_pex = snapshot
        self.place = place
        self.line_ids = ids
        self.run_id = run_id
        self.code = None
        self.cause = None

    def doubt(self, cause: str, run_id: UUID, timestamp: datetime) -> None:
        """The answer was lost; only BC knows (design: exactly once, 4)."""
        self._require("doubt", frozenset({State.SUBMITTED}))
        self._doubted(timestamp, cause, run_id)

    @event("Doubted", topic="posted_transaction.doubted")
    def _doubted(self, timestamp: datetime, cause: str, run_id: UUID) -> None:
        self.state = State.IN_DOUBT
        self.was_in_doubt = True
        self.code = "IN_DOUBT"
        self.cause = cause
        self.run_id = run_id

    def release(
        self, why: str, run_id: UUID, timestamp: datetime, *, to_go_bare: bool = False
    ) -> None:
        """Surely nothing of it exists: it may be sent again with the same numbers."""
        self._require("release", OPEN)
        self._released(timestamp, why, run_id, self.bare or to_go_bare)

    @event("Released", topic="posted_transaction.released")
    def _released(
        self,
        timestamp: datetime,
        why: str,
        run_id: UUID,
        bare: bool = False,  # noqa: FBT001, FBT002 - the event's own member
    ) -> None:
        self.state = State.RESERVED
        self.bare = bare
        self.run_id = run_id
        self.code = None
        self.cause = None

    def reject(self, code: str, cause: str, run_id: UUID, timestamp: datetime) -> None:
        """BC refused it, and nothing of it exists."""
        self._require("reject", OPEN | {State.UNDOING})
        self._rejected(timestamp, code, cause, run_id)

    @event("Rejected", topic="posted_transaction.rejected")
    def _rejected(self, timestamp: datetime, code: str, cause: str, run_id: UUID) -> None:
        self.state = State.FAILED
        self.code = code
        self.cause = cause
        self.run_id = run_id
        self.bare = False

    def hold(self, code: str, cause: str, run_id: UUID, timestamp: datetime) -> None:
        """Partly found: nothing more is done until a person decides (contract 6.6, 6c)."""
        self._require("hold", UNSETTLED | SENDABLE)
        self._held(timestamp, code, cause, run_id)

    @event("Held", topic="posted_transaction.held")
    def _held(self, timestamp: datetime, code: str, cause: str, run_id: UUID) -> None:
        self.state = State.HELD
        self.code = code
        self.cause = cause
        self.run_id = run_id

    # --- the second way: lines first, their dimensions afterwards (contract 2.9) ----------------

    @event("LaidBare", topic="posted_transaction.laid_bare")
    def _laid_bare(self, timestamp: datetime, line_ids: tuple[str, ...], run_id: UUID) -> None:
        self.state = State.BARE
        self.place = Place.JOURNAL
        self.line_ids = line_ids
        self.tries = 0
        self.run_id = run_id
        self.code = DimensionsPending.code
        self.cause = DimensionsPending().cause

    def begin_completing(self, run_id: UUID, timestamp: datetime) -> None:
        """Write down that its dimensions are being set now."""
        self._require("complete", COMPLETABLE)
        self._completing(timestamp, run_id)

    @event("Completing", topic="posted_transaction.completing")
    def _completing(self, timestamp: datetime, run_id: UUID) -> None:
        self.state = State.COMPLETING
        self.tries += 1
        self.submitted_at = timestamp
        self.run_id = run_id

    def leave_bare(self, why: str, run_id: UUID, timestamp: datetime) -> None:
        """Surely not all of its dimensions were set: they may be read and set again at once."""
        self._require("leave bare", frozenset({State.COMPLETING}))
        self._left_bare(timestamp, why, run_id)

    @event("LeftBare", topic="posted_transaction.left_bare")
    def _left_bare(self, timestamp: datetime, why: str, run_id: UUID) -> None:
        self.state = State.BARE
        self.run_id = run_id

    def complete(self, run_id: UUID, timestamp: datetime) -> None:
        """Every line bears the dimensions that were written down for it."""
        self._require("complete", COMPLETABLE)
        self._completed(timestamp, run_id)

    @event("Completed", topic="posted_transaction.completed")
    def _completed(self, timestamp: datetime, run_id: UUID) -> None:
        self.state = State.POSTED
        self.run_id = run_id
        self.code = None
        self.cause = None

    def undo(self, code: str, cause: str, run_id: UUID, timestamp: datetime) -> None:
        """Its dimensions were refused: write down that its unposted lines are being deleted."""
        self._require("undo", INCOMPLETE)
        self._undoing(timestamp, code, cause, run_id)

    @event("Undoing", topic="posted_transaction.undoing")
    def _undoing(self, timestamp: datetime, code: str, cause: str, run_id: UUID) -> None:
        self.state = State.UNDOING
        self.submitted_at = timestamp
        self.code = code
        self.cause = cause
        self.run_id = run_id

    # --- afterwards (M27) ---------------------------------------------------------------------

    def compare(self, snapshot: PexSnapshot, run_id: UUID, timestamp: datetime) -> None:
        """Note what PEX tells of it by now, where that is news; it is never posted again.

        Of one that was posted without a snapshot, the first one is noted and is no change.

        Raises:
            OutOfTurnError: it is not posted.
        """
        self._require("compare", frozenset({State.POSTED}))
        if self.missing_since is not None:
            self._reappeared(timestamp, run_id)
        if self.in_pex is None:
            self._snapshot_taken(timestamp, snapshot, run_id)
            return
        news = differences(self.in_pex, snapshot)
        if news:
            changes = self.changes_in(snapshot, timestamp)
            self._changed_in_pex(timestamp, news, changes, snapshot, run_id)

    @event("SnapshotTaken", topic="posted_transaction.snapshot_taken")
    def _snapshot_taken(self, timestamp: datetime, snapshot: PexSnapshot, run_id: UUID) -> None:
        self.posted_as = snapshot
        self.in_pex = snapshot

    @event("ChangedInPex", topic="posted_transaction.changed_in_pex")
    def _changed_in_pex(
        self,
        timestamp: datetime,
        news: tuple[Difference, ...],
        changes: tuple[Change, ...],
        snapshot: PexSnapshot,
        run_id: UUID,
    ) -> None:
        self.changes = changes
        self.in_pex = snapshot

    def disappear(self, run_id: UUID, timestamp: datetime) -> None:
        """PEX does not list it any more; says nothing where that is no news.

        Raises:
            OutOfTurnError: it is not posted.
        """
        self._require("miss", frozenset({State.POSTED}))
        if self.missing_since is None:
            self._disappeared(timestamp, run_id)

    @event("Disappeared", topic="posted_transaction.disappeared")
    def _disappeared(self, timestamp: datetime, run_id: UUID) -> None:
        self.missing_since = timestamp

    @event("Reappeared", topic="posted_transaction.reappeared")
    def _reappeared(self, timestamp: datetime, run_id: UUID) -> None:
        self.missing_since = None

    def changes_in(self, snapshot: PexSnapshot, timestamp: datetime) -> tuple[Change, ...]:
        """All in which a snapshot of now differs from what was posted."""
        if self.posted_as is None:
            return ()
        return standing(self.posted_as, snapshot, self.changes, timestamp)

    # --- reading ------------------------------------------------------------------------------

    @property
    def keys(self) -> DocumentKeys:
        """The names of its entry in BC."""
        return DocumentKeys.of(self.record, self.pex_id, self.letter, self.edition)

    @property
    def must_be_sent_again(self) -> bool:
        """Whether it was sent before, surely does not exist, and waits to be sent again."""
        return self.state is State.RESERVED and self.attempts > 0

    def is_to_be_sent_again_to(self, target: Target) -> bool:
        """Whether it waits to be sent again, and to this journal."""
        return self.must_be_sent_again and self.target == target

    @property
    def numbered(self) -> NumberedEntry:
        """The reserved entry with its line numbers."""
        if self.entry is None:
            raise OutOfTurnError("send", self.state)
        return NumberedEntry(self.id, self.entry, self.line_numbers, self.bare)

    @property
    def lines_to_complete(self) -> tuple[tuple[str, JournalLine], ...]:
        """The ids of its lines in BC that are to bear dimensions, each with the line as mapped."""
        lines = self.numbered.entry.lines
        pairs = zip(self.line_ids, lines, strict=True)
        return tuple((line_id, line) for line_id, line in pairs if line.dimensions)

    def _require(self, step: str, allowed: frozenset[State]) -> None:
        if self.state not in allowed:
            raise OutOfTurnError(step, self.state)
