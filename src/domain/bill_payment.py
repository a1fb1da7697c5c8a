"""What paid an invoice of a credit business: cash from the bank, and the rest (M20).

The invoice's amount is what the company's debt to PEX falls by. Nothing of it is taken on trust:
payments and allocations must prove it to the cent, or the invoice is not posted (PEX contract 9.2).
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from domain.money import ZERO, Money, total
from domain.refusals import (
    AmountNotInCents,
    InvoiceDoesNotReconcile,
    InvoiceNegative,
    InvoiceNotClosed,
    InvoiceUnreadable,
    PaymentTakenBack,
)

CLOSED = "Closed"


class PaymentType(StrEnum):
    """What PEX calls a payment of an invoice."""

    TRANSFER = "PEXTransfer"
    SALES_CREDIT = "SalesCredit"
    WRITE_OFF = "WriteOff"
    REVERSAL = "Reversal"
    REBATE = "RebateCredit"
    REBATE_REVERSAL = "RebateCreditReversal"
    SAME_DAY_ACH = "SameDayACH"
    CARRY_OVER = "CarryOverCredit"


CASH = frozenset({PaymentType.TRANSFER, PaymentType.SAME_DAY_ACH})
"""Money that left the company's bank, so that its account agrees with the bank's statement."""


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment of an invoice; a rebate's reversal bears a positive amount, and counts against.

    Attributes:
        type: PEX's word for it, one unknown here included.
        amount: in US dollars; None where it is unreadable.
    """

    pex_id: int
    type: str
    amount: Decimal | None
    rejected: bool = False

    def __str__(self) -> str:
        return f"{self.type} {self.amount}"


@dataclass(frozen=True, slots=True)
class Bill:
    """What PEX tells of an invoice beside its amount and due date.

    Attributes:
        status: PEX's word, such as `Closed`.
        payments: told of closed invoices only.
        allocated: the amounts that make up what the invoice was for, tagged or not, fees included;
            None for an unreadable one.
    """

    status: str
    payments: tuple[Payment, ...] = ()
    allocated: tuple[Decimal | None, ...] = ()


@dataclass(frozen=True, slots=True)
class BillParts:
    """An invoice's amount in two parts: what the bank paid, and rebates and credits.

    The second is negative where more rebates were taken back than given, so that the bank paid
    more than the invoice; either may be 0.00.
    """

    cash: Money
    non_cash: Money


def check_closed(amount: Money, bill: Bill) -> None:
    """Let only invoices pass that PEX is through with and that the company owed (PEX contract 3.7).

    Raises:
        Skip: it is open, cancelled or a draft, or its amount is negative.
    """
    if bill.status != CLOSED:
        raise InvoiceNotClosed(bill.status)
    if amount < ZERO:
        raise InvoiceNegative(amount)


def bill_parts(amount: Money, bill: Bill) -> BillParts:
    """The two parts of a closed invoice, adding up to its amount to the cent.

    Raises:
        InvoiceUnreadable: a payment or allocation is of no readable amount, or of no known type.
        PaymentTakenBack: the bank rejected a payment, or one was reversed.
        AmountNotInCents: a payment has fractions of cents, which BC would round apart.
        InvoiceDoesNotReconcile: payments or allocations do not make up the amount.
    """
    paid = [(payment.type in CASH, _counted(payment)) for payment in bill.payments]
    whole = total(money for _, money in paid)
    if whole != amount:
        raise InvoiceDoesNotReconcile("payments", whole, amount)
    if bill.allocated and (allocated := total(map(_read, bill.allocated))) != amount:
        raise InvoiceDoesNotReconcile("allocations", allocated, amount)
    cash = total(money for is_cash, money in paid if is_cash)
    return BillParts(cash, amount - cash)


def _counted(payment: Payment) -> Money:
    """What a payment counts towards the invoice."""
    amount = _read(payment.amount)
    if payment.type not in set(PaymentType):
        raise InvoiceUnreadable(f"a payment of the type {payment.type!r}")
    if payment.rejected:
        raise PaymentTakenBack(f"The bank rejected its payment {payment.pex_id}.")
    if payment.type == PaymentType.REVERSAL:
        raise PaymentTakenBack(f"Its payment {payment.pex_id} reverses another one.")
    if amount < ZERO:
        raise InvoiceUnreadable(f"a payment of {amount}, while PEX tells no negative ones")
    if not amount.is_whole_cents:
        raise AmountNotInCents(f"{amount} of a payment")
    return -amount if payment.type == PaymentType.REBATE_REVERSAL else amount


def _read(amount: Decimal | None) -> Money:
    if amount is None:
        raise InvoiceUnreadable("a payment or an allocation without a readable amount")
    return Money(amount)
