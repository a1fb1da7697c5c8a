"""What the pictures of a connection show of some days: figures that are added up (M36)."""

from dataclasses import dataclass
from datetime import date

from domain.money import Money
from domain.pex_transaction import Kind
from domain.sync_run import Outcome


@dataclass(frozen=True, slots=True)
class PostedOnDay:
    """What of a kind stands in the books on a posting date.

    `amount` is PEX's: below zero where money left the card account.
    """

    day: date
    kind: Kind
    number: int
    amount: Money


@dataclass(frozen=True, slots=True)
class WaitingFor:
    """What waits for somebody for the same reason: failed, or not approved; amounts as PEX's."""

    outcome: Outcome
    code: str | None
    number: int
    amount: Money


@dataclass(frozen=True, slots=True)
class SpentOn:
    """What purchases and fees brought to a G/L account; `amount` is above zero for a debit.

    `lines` counts journal lines, since a purchase that is split has several.
    """

    account_number: str
    lines: int
    amount: Money


@dataclass(frozen=True, slots=True)
class Figures:
    """All pictures' figures, of one state of the books.

    `posted` goes by day, `waiting` and `spent` begin with the largest.
    """

    posted: tuple[PostedOnDay, ...] = ()
    waiting: tuple[WaitingFor, ...] = ()
    spent: tuple[SpentOn, ...] = ()
