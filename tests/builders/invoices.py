"""Hypothesis strategies for invoices of a credit business."""

from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

from hypothesis import strategies as st

from builders.generated import CENTS, PEX_IDS, dollars
from builders.rows import but, invoice
from domain.bill_payment import CASH, Bill, Payment, PaymentType
from domain.pex_transaction import PexTransaction

COUNTED = [kind for kind in PaymentType if kind is not PaymentType.REVERSAL]
_STATUSES = st.sampled_from(["Closed", "Closed", "Closed", "Open", "Cancelled", "Draft", ""])
_TYPES = st.sampled_from([*PaymentType, "Barter"])


@st.composite
def paid_invoices(draw: st.DrawFn) -> PexTransaction:
    """A closed invoice that payments of all types that count prove; allocations may be told."""
    payments = [
        Payment(number, kind, dollars(draw(st.integers(0, 10**9))))
        for number, kind in enumerate(draw(st.lists(st.sampled_from(COUNTED), max_size=8)))
    ]
    counted = sum((_counted(one) for one in payments), Decimal(0))
    rest = dollars(draw(CENTS)) + max(-counted, Decimal(0))
    cash = Payment(99, draw(st.sampled_from(sorted(CASH))), rest)
    payments.insert(draw(st.integers(0, len(payments))), cash)
    cents = int((counted + rest) * 100)
    cuts = sorted(draw(st.lists(st.integers(0, cents), max_size=3)))
    allocated = tuple(dollars(high - low) for low, high in pairwise([0, *cuts, cents]))
    bill = Bill("Closed", tuple(payments), draw(st.sampled_from([(), allocated])))
    return but(invoice(dollars(cents)), bill=bill, pex_id=draw(PEX_IDS))


@st.composite
def any_invoices(draw: st.DrawFn) -> PexTransaction:
    """An invoice as PEX might send any day: mostly right, or with one thing or more wrong."""
    row = draw(paid_invoices())
    bill = row.bill or Bill("")
    changes = draw(st.sets(st.sampled_from(["payment", "allocation", "status", "amount"])))
    if "payment" in changes:
        amounts = st.none() | st.decimals(-1000, 1000, places=3)
        other = draw(st.builds(Payment, PEX_IDS, _TYPES, amounts, st.booleans()))
        at = draw(st.integers(0, len(bill.payments) - 1))
        bill = replace(bill, payments=(*bill.payments[:at], other, *bill.payments[at + 1 :]))
    if "allocation" in changes:
        odd = draw(st.none() | st.decimals(-1000, 1000, places=2))
        bill = replace(bill, allocated=(*bill.allocated, odd))
    if "status" in changes:
        bill = replace(bill, status=draw(_STATUSES))
    if "amount" in changes:
        row = but(invoice(draw(st.sampled_from(["0.00", "-5.00", "12.34"]))), pex_id=row.pex_id)
    return but(row, bill=bill)


def _counted(payment: Payment) -> Decimal:
    amount = payment.amount or Decimal(0)
    return -amount if payment.type == PaymentType.REBATE_REVERSAL else amount
