"""Line numbers of one journal, handed out once each (design: exactly once, 2)."""

from datetime import datetime
from uuid import UUID, uuid5

from eventsourcing.domain import Aggregate, event

_NAMESPACE = UUID("5d0c7a52-2b0e-4c3e-9f6a-1f1f0d6b7a01")
FIRST = 700_000
GAP = 10_000
STEP = 10


class JournalNumbers(Aggregate):
    """The counter of a journal; numbers lie far above those that BC's own pages use."""

    TOPIC = "journal_numbers"

    @staticmethod
    def create_id(tenant_id: str, environment: str, company_id: str, journal: str) -> UUID:
        """The same for every connection that writes to the journal."""
        names = (tenant_id, environment, company_id, journal)
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
