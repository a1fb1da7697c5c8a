"""Invoices of a credit business, what paid them and what they were for (PEX contract 9.2)."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sandbox.pex.access import Call
from sandbox.pex.wire import Refusal, wall_text
from sandbox.web import Response, Router, reply

STATUSES = ("Open", "Closed", "Cancelled", "Draft")
TYPES = (
    "PEXTransfer",
    "SalesCredit",
    "WriteOff",
    "Reversal",
    "RebateCredit",
    "RebateCreditReversal",
    "SameDayACH",
    "CarryOverCredit",
)
INVOICE: dict[str, Any] = {
    "InvoiceId": 0,
    "InvoiceAmount": Decimal(0),
    "Status": "Closed",
    "DueDate": "",
}
PAYMENT: dict[str, Any] = {
    "PaymentId": 0,
    "RequestId": None,
    "Type": "PEXTransfer",
    "DatePaid": "",
    "Description": None,
    "PaymentInitiatedByUserId": None,
    "CreditCarriedOverFromInvoiceId": None,
    "Amount": Decimal(0),
    "RejectedByBank": False,
}
ALLOCATION: dict[str, Any] = {
    "InvoiceId": 0,
    "TagName": "Expense Account",
    "TagValue": None,
    "TotalAmount": Decimal(0),
    "TransactionTypeCategory": "Spend",
}

# The official client writes the date as its machine's culture does; both common forms are read.
_FORMS = ("%Y-%m-%dT%H:%M:%S", "%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %H:%M:%S", "%Y-%m-%d")


def add_routes(router: Router) -> None:
    """Serve invoices (plural to list, singular for one's parts)."""
    router.add("GET", "/v4/Invoices", _list)
    router.add("GET", "/v4/Invoice/{invoice}/payments", _payments)
    router.add("GET", "/v4/Invoice/{invoice}/allocations", _allocations)


def _start(text: str) -> str:
    for form in _FORMS:
        try:
            return wall_text(datetime.strptime(text, form))  # noqa: DTZ007 - Eastern wall time
        except ValueError:
            continue
    raise Refusal(400, "startDate is required")


def _list(call: Call) -> Response:
    start = _start(call.query.get("startDate"))
    return reply([item for item in call.business.invoices if item["DueDate"] >= start])


def _of(parts: dict[int, list[dict[str, Any]]], invoice: str) -> Response:
    found = parts.get(int(invoice)) if invoice.isdecimal() else None
    if found is None:
        raise Refusal(404, "Invoice does not exist")
    return reply(found)


def _payments(call: Call, invoice: str) -> Response:
    return _of(call.business.payments, invoice)


def _allocations(call: Call, invoice: str) -> Response:
    return _of(call.business.allocations, invoice)
