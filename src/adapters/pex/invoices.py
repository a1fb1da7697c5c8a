"""Invoices of a credit business with what paid them (PEX contract 9.2).

An invoice without id, amount or due date is none and stops its page. What else cannot be read
refuses that invoice alone: a payment or allocation without a readable amount is none that an entry
could be built on.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, TypeVar

import msgspec
import structlog

from adapters.pex.client import Client
from adapters.pex.rows import is_amount
from adapters.pex.wire import convert, moment, reading, wire_name
from application.ports.pex import PexRequestRefused, RowPage
from domain.bill_payment import CLOSED, Bill, Payment, PaymentType
from domain.eastern_time import EASTERN
from domain.money import Money
from domain.pex_transaction import PexTransaction, Record

log = structlog.get_logger(__name__)

T = TypeVar("T")

STATUSES = {1: "Open", 2: CLOSED, 3: "Cancelled", 4: "Draft"}
PAYMENT_TYPES = {
    1: PaymentType.TRANSFER,
    2: PaymentType.SALES_CREDIT,
    3: PaymentType.WRITE_OFF,
    4: PaymentType.REVERSAL,
    5: PaymentType.REBATE,
    6: PaymentType.REBATE_REVERSAL,
    7: PaymentType.SAME_DAY_ACH,
    8: PaymentType.CARRY_OVER,
}
# Which of an invoice's days PEX tests against startDate is not documented; an invoice is due some
# weeks after it was made. What concerns a run is chosen by the due date.
MARGIN = timedelta(days=62)
AT_ONCE = 10  # each takes two more requests, and a page should be a short step
UNREADABLE = Payment(0, "", None)
NO_INVOICE = "An invoice has no readable id, amount or due date."


class InvoiceData(msgspec.Struct, rename=wire_name):
    """An invoice of `Invoices`."""

    invoice_id: int
    invoice_amount: Decimal
    due_date: str
    status: str | int | None = None


class PaymentData(msgspec.Struct, rename=wire_name):
    """A payment of `Invoice/{id}/payments`."""

    type: str | int
    amount: Decimal
    payment_id: int = 0
    rejected_by_bank: bool | None = None


class AllocationData(msgspec.Struct, rename=wire_name):
    """A part of `Invoice/{id}/allocations`; tag and category matter to no entry."""

    total_amount: Decimal


def read_bill_payments(client: Client, start: date, end: date) -> RowPage:
    """A page of invoices due within two Eastern days, in order of their due dates."""
    since = datetime.combine(start - MARGIN, time()).isoformat()
    told: list[Any] | None = client.get("Invoices", reading(list[Any] | None), {"startDate": since})
    due = sorted(
        (row for row in map(_invoice, told or []) if start <= row.settlement_date <= end),
        key=lambda row: (row.settlement_date, row.pex_id),
    )
    page, next_start = _first(due)
    return RowPage(tuple(_with_payments(client, row) for row in page), next_start)


def _first(due: Sequence[PexTransaction]) -> tuple[Sequence[PexTransaction], datetime | None]:
    """As many as make a page, those that are due on one day together, and where the next begins."""
    if len(due) <= AT_ONCE:
        return due, None
    last = due[AT_ONCE - 1].settlement_date
    page = [row for row in due if row.settlement_date <= last]
    rest = due[len(page) :]
    return page, datetime.combine(rest[0].settlement_date, time(), EASTERN) if rest else None


def _invoice(told: Any) -> PexTransaction:
    try:
        data: InvoiceData = convert(told, InvoiceData)
        due = moment(data.due_date)
    except ValueError as error:  # as which msgspec tells a wrong form, too
        raise PexRequestRefused(200, NO_INVOICE) from error
    if due is None or data.invoice_id <= 0 or not is_amount(data.invoice_amount):
        raise PexRequestRefused(200, NO_INVOICE)
    return PexTransaction(
        Record.INVOICE,
        data.invoice_id,
        Money(data.invoice_amount),
        due,
        due,
        "Invoice",
        description="Bill payment",
        bill=Bill(_name(data.status, STATUSES)),
    )


def _with_payments(client: Client, row: PexTransaction) -> PexTransaction:
    if row.bill is None or row.bill.status != CLOSED or row.amount.amount <= 0:
        return row
    path = f"Invoice/{row.pex_id}"
    payments = _parts(client, f"{path}/payments", _payment, UNREADABLE)
    allocated = _parts(client, f"{path}/allocations", _allocated, None)
    return replace(row, bill=replace(row.bill, payments=payments, allocated=allocated))


def _parts(client: Client, path: str, read: Callable[[Any], T], unreadable: T) -> tuple[T, ...]:
    """The parts of an invoice; what cannot be read is one unreadable part."""
    try:
        told: list[Any] | None = client.find(path, reading(list[Any] | None))
        return tuple(map(read, told or []))
    except (PexRequestRefused, msgspec.ValidationError) as error:
        log.warning("parts of an invoice cannot be read", path=path, reason=str(error))
        return (unreadable,)


def _payment(told: Any) -> Payment:
    data: PaymentData = convert(told, PaymentData)
    amount = data.amount if is_amount(data.amount) else None
    kind = _name(data.type, PAYMENT_TYPES)
    return Payment(data.payment_id, kind, amount, rejected=data.rejected_by_bank is True)


def _allocated(told: Any) -> Decimal | None:
    data: AllocationData = convert(told, AllocationData)
    return data.total_amount if is_amount(data.total_amount) else None


def _name(told: str | int | None, names: Mapping[int, str]) -> str:
    """PEX's name for a member of an enumeration, from its name in any case or its number."""
    text = str("" if told is None else told).strip()
    if text.isdecimal():
        return names.get(int(text), text)
    return {name.casefold(): name for name in names.values()}.get(text.casefold(), text)
