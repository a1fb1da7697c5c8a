"""When each posted purchase was last asked for its receipts, and which ones a run is to ask.

A note to oneself, not a truth: whatever of it is lost is only asked again.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from application.ports.worklist import RowKey


@dataclass(frozen=True, slots=True)
class Check:
    """The last time that a transaction was asked about.

    Attributes:
        asked_at: in UTC.
        unsettled: whether something was left that the next run can bring to an end.
        fingerprint: of its row in PEX at that time.
    """

    asked_at: datetime
    unsettled: bool
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """A transaction that a run is to ask about; `put_off` counts how often it had to wait."""

    key: RowKey
    put_off: int = 0


class ReceiptChecks(Protocol):
    """What was asked, and the queue of the run at work; joins the database's current block."""

    def known(self, connection_id: UUID) -> Mapping[RowKey, Check]:
        """Every transaction of a connection that was ever asked about."""

    def want(self, connection_id: UUID, run_id: UUID, wanted: Sequence[tuple[RowKey, str]]) -> None:
        """Lay down the run's queue, each with its fingerprint, in place of an earlier run's."""

    def take(self, run_id: UUID, now: datetime, limit: int) -> tuple[Wanted, ...]:
        """The first that the run still wants and that need not wait; they stay until asked."""

    def due_at(self, run_id: UUID) -> datetime | None:
        """When the next one is due; None where the run wants none any more."""

    def put_off(self, run_id: UUID, key: RowKey, until: datetime) -> None:
        """Let one wait."""

    def asked(
        self, run_id: UUID, keys: Collection[RowKey], at: datetime, *, unsettled: bool
    ) -> None:
        """Take these out of the queue, with what is known of them now."""
