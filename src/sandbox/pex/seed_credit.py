"""The smaller business on a line of credit: card rows, fees and its invoices (PEX contract 9)."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from sandbox.pex import seed_business, seed_cards
from sandbox.pex.draw import Draw
from sandbox.pex.invoices import ALLOCATION, PAYMENT
from sandbox.pex.seed_cards import Entry
from sandbox.pex.wire import wall_text
from sandbox.pex.world import Business

_CARDS = {
    "purchase": 40,
    "refund": 2,
    "dispute": 1,
    "card_fee": 3,
    "card_fee_adjustment": 1,
}
_MOVEMENTS = {"business_fee": 3, "business_fee_reversal": 1, "rebate": 1}
_FIRST_INVOICE = 5001

# Days since the due date, state, invoice amount, payments (type, amount, and `rejected` where the
# bank did so), allocations (account, amount, category; no account means a fee, or a purchase that
# nobody tagged). The fourth does not add up: its payment falls short.
_INVOICES: tuple[tuple[Any, ...], ...] = (
    (
        65,
        "Closed",
        "1240.00",
        (("PEXTransfer", "1240.00"),),
        (("63200", "700.00"), ("62400", "525.00"), (None, "15.00", "CardAccountFee")),
    ),
    (
        37,
        "Closed",
        "980.40",
        (("SameDayACH", "940.10"), ("RebateCredit", "40.30")),
        (("62100", "612.25"), ("61100", "360.00"), (None, "8.15", "BusinessAccountFee")),
    ),
    (
        23,
        "Closed",
        "515.00",
        (
            ("PEXTransfer", "500.00"),
            ("CarryOverCredit", "20.00"),
            ("RebateCreditReversal", "5.00"),
        ),
        (("62200", "515.00"),),
    ),
    (16, "Closed", "300.00", (("PEXTransfer", "250.00"),), (("62200", "300.00"),)),
    (10, "Closed", "0.00", (), ()),
    (9, "Cancelled", "77.00", (), ()),
    (-6, "Open", "410.22", (), ()),
    (-20, "Draft", "55.00", (), ()),
    (
        51,
        "Closed",
        "640.00",
        (
            ("PEXTransfer", "640.00", "rejected"),
            ("Reversal", "-640.00"),
            ("SameDayACH", "640.00"),
        ),
        (("61200", "640.00"),),
    ),
    (
        44,
        "Closed",
        "203.10",
        (("PEXTransfer", "203.00"), ("WriteOff", "0.10")),
        (("64100", "180.00"), (None, "23.10", "Spend")),
    ),
    (30, "Closed", "150.00", (("PEXTransfer", "125.00"), ("SalesCredit", "25.00")), ()),
    (
        20,
        "Closed",
        "995.00",
        (("PEXTransfer", "1000.00"), ("RebateCreditReversal", "5.00")),
        (("65100", "995.00"),),
    ),
    (13, "Closed", "88.00", (("PEXTransfer", "88.00", "rejected"),), (("62400", "88.00"),)),
    (12, "Closed", "18.75", (("RebateCredit", "18.75"),), (("61100", "18.75"),)),
    (3, "Open", "260.00", (), ()),
)


def card_rows(draw: Draw) -> list[Entry]:
    """About forty purchases with their company of refunds, a dispute credit and fees."""
    return seed_cards.rows(draw, _CARDS)


def business_rows(draw: Draw) -> list[Entry]:
    """Fees, and a rebate that comes up again among the invoices' payments."""
    return seed_business.rows(draw, _MOVEMENTS)


def bill(business: Business, today: date) -> None:
    """The invoices with their payments and allocations."""
    for number, invoice in enumerate(_INVOICES, _FIRST_INVOICE):
        days, status, amount, payments, allocations = invoice
        due = wall_text(datetime.combine(today - timedelta(days=days), time()))
        business.invoices.append(
            {
                "InvoiceId": number,
                "InvoiceAmount": Decimal(amount),
                "Status": status,
                "DueDate": due,
            }
        )
        business.payments[number] = [
            _payment(number * 10 + at, due, *payment) for at, payment in enumerate(payments)
        ]
        business.allocations[number] = [_allocation(number, *parts) for parts in allocations]


def _payment(
    number: int, due: str, kind: str, amount: str, outcome: str = "paid"
) -> dict[str, Any]:
    return PAYMENT | {
        "PaymentId": number,
        "Type": kind,
        "DatePaid": due,
        "Description": kind,
        "CreditCarriedOverFromInvoiceId": _FIRST_INVOICE if kind == "CarryOverCredit" else None,
        "Amount": Decimal(amount),
        "RejectedByBank": outcome == "rejected",
    }


def _allocation(
    invoice: int, account: str | None, amount: str, category: str = "Spend"
) -> dict[str, Any]:
    return ALLOCATION | {
        "InvoiceId": invoice,
        "TagName": "Expense Account" if account else None,
        "TagValue": account,
        "TotalAmount": Decimal(amount),
        "TransactionTypeCategory": category,
    }
