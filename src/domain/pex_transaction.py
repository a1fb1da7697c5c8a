"""PEX rows as values, and the one kind that each of them is (M19; PEX contract 3.4 to 3.7)."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from domain.bill_payment import Bill
from domain.money import Money

REBATE_DESCRIPTIONS = frozenset({"Rebate Credit", "Rebate Credit Reversal", "Rebate payout"})


class Record(StrEnum):
    """Where a transaction comes from; PEX ids are unique within one of them."""

    CARD = "card"
    BUSINESS = "business"
    INVOICE = "invoice"


class Kind(StrEnum):
    """What a transaction is for the books. The last two are never posted."""

    PURCHASE = "purchase"
    FEE = "fee"
    TRANSFER = "transfer"
    REBATE = "rebate"
    BILL_PAYMENT = "bill_payment"
    INTERNAL = "internal"
    UNCLASSIFIED = "unclassified"


POSTABLE = (Kind.PURCHASE, Kind.FEE, Kind.TRANSFER, Kind.REBATE, Kind.BILL_PAYMENT)


@dataclass(frozen=True, slots=True)
class TagValue:
    """A tag on a transaction: for a dropdown the option's stored value, not its name.

    `name` is what PEX calls the tag, empty where it does not say.
    """

    field_id: str
    value: str
    name: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Allocation:
    """A part of a split purchase; the amount is always positive, None where it is unreadable."""

    amount: Decimal | None
    tags: tuple[TagValue, ...]


@dataclass(frozen=True, slots=True)
class PexTransaction:
    """A row of PEX as it stands today.

    Attributes:
        amount: money out of the PEX account is negative, money in positive (PEX contract 3.5).
        transacted_at: when it entered PEX, in US Eastern time; the purchase date is its day.
            An invoice bears its due date here and as its settlement.
        settled_at: when funds moved, in US Eastern time; None where PEX tells none.
        account_id: the card account, or the business account.
        counterpart_account_id: the other side of a movement inside PEX; 0 for none.
        category: PEX's finer class, such as `BusinessFunding`.
        notes: what users wrote; notes made by systems are left out.
        bill: what paid an invoice; None on every other row.
    """

    record: Record
    pex_id: int
    amount: Money
    transacted_at: datetime
    settled_at: datetime | None
    transaction_type: str
    category: str | None = None
    description: str = ""
    is_pending: bool = False
    is_decline: bool = False
    account_id: int = 0
    counterpart_account_id: int = 0
    cardholder: str | None = None
    merchant_name: str | None = None
    merchant_name_normalized: str | None = None
    merchant_city: str | None = None
    merchant_state: str | None = None
    approval: str | None = None
    notes: tuple[str, ...] = ()
    tags: tuple[TagValue, ...] = ()
    allocations: tuple[Allocation, ...] = ()
    bill: Bill | None = None

    @property
    def merchant(self) -> str:
        """The merchant as a person would name it; the row's description where there is none."""
        names = (self.merchant_name_normalized, self.merchant_name, self.description)
        return next((name.strip() for name in names if name and name.strip()), "")

    @property
    def is_approved(self) -> bool:
        """Case-insensitive equality with `Approved`; anything else is not (PEX contract 5)."""
        return (self.approval or "").casefold() == "approved"

    @property
    def purchase_date(self) -> date:
        """The Eastern day on which it entered PEX."""
        return self.transacted_at.date()

    @property
    def settlement_date(self) -> date:
        """The Eastern day on which funds moved; the purchase date where PEX tells none."""
        return (self.settled_at or self.transacted_at).date()


def classify(
    row: PexTransaction, rebate_descriptions: Collection[str] = REBATE_DESCRIPTIONS
) -> Kind:
    """Tell the row's kind, by PEX's own predicates in the order of PEX contract 3.7."""
    category = (row.category or "").casefold()
    if row.record is Record.INVOICE:
        return Kind.BILL_PAYMENT
    if row.record is Record.BUSINESS:
        return _business_kind(row, category, rebate_descriptions)
    if category == "cardaccountfee":
        return Kind.FEE
    disputed = row.transaction_type == "Transfer" and row.category == "Dispute"
    return Kind.PURCHASE if row.transaction_type == "Network" or disputed else Kind.INTERNAL


def _business_kind(row: PexTransaction, category: str, rebates: Collection[str]) -> Kind:
    if row.category == "BusinessRebate" or row.description in rebates:
        return Kind.REBATE
    if category == "businessaccountfee":
        return Kind.FEE
    if category == "businessfunding":
        return Kind.TRANSFER
    return Kind.INTERNAL if _is_card_leg(row) else Kind.UNCLASSIFIED


def _is_card_leg(row: PexTransaction) -> bool:
    """The business account's side of a card load or unload, which the card's side repeats."""
    return row.transaction_type in ("Transfer", "Load") and row.counterpart_account_id != 0
