"""Line numbers of one journal, handed out once each, and the businesses that share it (M5)."""

from datetime import datetime
from uuid import UUID, uuid5

from eventsourcing.domain import Aggregate, event

from domain.refusals import Refusal

_NAMESPACE = UUID("5d0c7a52-2b0e-4c3e-9f6a-1f1f0d6b7a01")
FIRST = 700_000
GAP = 10_000
STEP = 10
LETTERS: tuple[str, ...] = ("", *"ABCDEFGHJKLMNOPQRSTUVWXYZ")  # without I, which marks invoices


class JournalShared(Refusal):
    """More businesses write to the journal than there are letters to tell them apart (M5)."""

    code = "JOURNAL_SHARED"
    fix = "Choose another company for this business; its journal is shared by too many."

    def __init__(self) -> None:
        super().__init__(f"{len(LETTERS)} PEX businesses share this journal already.")


class JournalNumbers(Aggregate):
    """The counter of a journal; numbers lie far above those that BC's own pages use.

    It knows the PEX businesses that write there as well: the first one's keys bear no letter, each
    further one's a letter of its own, so that equal PEX ids never meet (design: exactly once, 2).
    """

    TOPIC = "journal_numbers"

    @staticmethod
    def create_id(environment: str, company_id: str, journal: str) -> UUID:
        """The same for every connection that writes to the journal.

        A tenant can be named by its id or by any of its domains, so it tells nothing here.
        """
        names = (environment, company_id, journal)
        return uuid5(_NAMESPACE, "/".join(names).casefold())

    @event("Created", topic="journal_numbers.opened")
    def __init__(
        self,
        timestamp: datetime,
        tenant_id: str,
        environment: str,
        company_id: str,
        journal: str,
        highest: int,
    ) -> None:
        """Open the counter above the highest number that the journal held at that time."""
        self.next_number = max(FIRST, highest + GAP)
        self.businesses: tuple[int, ...] = ()

    def letter_for(self, business_id: int) -> str:
        """What tells the business's keys apart, or would once it joins; empty for the first one.

        Raises:
            JournalShared: no letter is left.
        """
        place = (*self.businesses, business_id).index(business_id)
        if place >= len(LETTERS):
            raise JournalShared
        return LETTERS[place]

    def join(self, business_id: int, timestamp: datetime) -> str:
        """Let a business write to the journal; its letter, for good."""
        letter = self.letter_for(business_id)
        if business_id not in self.businesses:
            self._joined(timestamp, business_id)
        return letter

    @event("Joined", topic="journal_numbers.business_joined")
    def _joined(self, timestamp: datetime, business_id: int) -> None:
        self.businesses = (*self.businesses, business_id)

    def reserve(self, count: int, timestamp: datetime) -> tuple[int, ...]:
        """Hand out `count` numbers that were never handed out before."""
        first = self.next_number
        self._reserved(timestamp, first, count)
        return tuple(range(first, first + count * STEP, STEP))

    def skip_past(self, taken: int, timestamp: datetime) -> None:
        """Leave behind a number that somebody else's line holds."""
        if taken >= self.next_number:
            self._skipped(timestamp, taken)

    @event("Reserved", topic="journal_numbers.reserved")
    def _reserved(self, timestamp: datetime, first: int, count: int) -> None:
        self.next_number = first + count * STEP

    @event("Skipped", topic="journal_numbers.skipped")
    def _skipped(self, timestamp: datetime, taken: int) -> None:
        self.next_number = taken + GAP
