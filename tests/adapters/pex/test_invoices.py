"""What invoices come to, in answers that PEX might send (PEX contract 9.2)."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from adapters.pex.access import HttpPexAccess
from adapters.pex.invoices import AT_ONCE
from application.ports.pex import (
    PexPermissionMissing,
    PexRequestRefused,
    PexTokenRefused,
    PexUnavailable,
    RowPage,
)
from domain.bill_payment import Bill, Payment, bill_parts
from domain.pex_transaction import Kind, PexTransaction, Record, classify
from domain.refusals import InvoiceDoesNotReconcile, InvoiceUnreadable
from fakes.vault import FakeVault

START, END = date(2026, 6, 15), date(2026, 8, 15)
INVOICE: dict[str, Any] = {
    "InvoiceId": 5001,
    "InvoiceAmount": 980.40,
    "Status": "Closed",
    "DueDate": "2026-08-01T00:00:00",
}
PAYMENT: dict[str, Any] = {
    "PaymentId": 71,
    "RequestId": None,
    "Type": "SameDayACH",
    "DatePaid": "2026-07-30T10:15:00",
    "Description": "ACH from bank ending 0042",
    "PaymentInitiatedByUserId": 12,
    "CreditCarriedOverFromInvoiceId": None,
    "Amount": 980.40,
    "RejectedByBank": False,
}
ALLOCATION: dict[str, Any] = {
    "InvoiceId": 5001,
    "TagName": "Expense Account",
    "TagValue": "62400",
    "TotalAmount": 980.40,
    "TransactionTypeCategory": "Spend",
}


class Pex:
    """Lists invoices, and answers each other path with its payload or response."""

    def __init__(self, invoices: Any, answers: Mapping[str, Any] | None = None) -> None:
        self.answers = {"Invoices": invoices, **(answers or {})}
        self.requests: list[httpx.Request] = []
        transport = httpx.MockTransport(self._answer)
        access = HttpPexAccess(
            "https://pex.example/v4",
            FakeVault(),
            60_000,
            transport=transport,
            sleep=lambda _seconds: None,
        )
        self.account = access.with_token("token-1")

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.get(request.url.path.removeprefix("/v4/"), httpx.Response(404))
        return answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer)

    def page(self, start: date = START, end: date = END) -> RowPage:
        return self.account.bill_payments(start, end)

    def paths(self) -> list[str]:
        return [request.url.path.removeprefix("/v4/") for request in self.requests]


def paid(*payments: Any, allocations: Any = (), **changes: Any) -> PexTransaction:
    """The one invoice, paid like this."""
    answers = {
        "Invoice/5001/payments": list(payments) or [PAYMENT],
        "Invoice/5001/allocations": list(allocations),
    }
    (row,) = Pex([INVOICE | changes], answers).page().rows
    return row


def bill(row: PexTransaction) -> Bill:
    assert row.bill is not None
    return row.bill


def test_an_invoice_is_a_row_of_its_own_on_its_due_date() -> None:
    row = paid(PAYMENT, allocations=[ALLOCATION])
    assert (row.record, row.pex_id, str(row.amount)) == (Record.INVOICE, 5001, "980.40")
    assert classify(row) is Kind.BILL_PAYMENT
    assert row.purchase_date == row.settlement_date == date(2026, 8, 1)
    assert row.merchant == "Bill payment"
    payment = Payment(71, "SameDayACH", Decimal("980.40"))
    assert bill(row) == Bill("Closed", (payment,), (Decimal("980.40"),))


def test_what_pex_writes_about_a_bank_is_kept_nowhere() -> None:
    assert "0042" not in repr(paid(PAYMENT))


@pytest.mark.parametrize("told", ["Closed", "closed", 2, "2"])
def test_a_status_is_told_by_name_or_number(told: Any) -> None:
    assert bill(paid(Status=told)).status == "Closed"


@pytest.mark.parametrize(
    ("told", "meant"),
    [
        (1, "PEXTransfer"),
        (2, "SalesCredit"),
        ("3", "WriteOff"),
        (4, "Reversal"),
        (5, "RebateCredit"),
        ("rebatecreditreversal", "RebateCreditReversal"),
        (6, "RebateCreditReversal"),
        (7, "SameDayACH"),
        ("CarryOverCredit", "CarryOverCredit"),
        (8, "CarryOverCredit"),
        (9, "9"),
        ("Barter", "Barter"),
    ],
)
def test_a_payments_type_is_told_by_name_or_number(told: Any, meant: str) -> None:
    assert bill(paid(PAYMENT | {"Type": told})).payments[0].type == meant


def test_member_names_are_read_in_any_case_and_amounts_as_text_too() -> None:
    odd = {name.upper(): value for name, value in PAYMENT.items()} | {"AMOUNT": "980.40"}
    assert bill(paid(odd)).payments == bill(paid()).payments


@pytest.mark.parametrize(("told", "meant"), [(True, True), ("true", True), (False, False)])
def test_a_payment_tells_whether_the_bank_rejected_it(told: Any, meant: bool) -> None:  # noqa: FBT001
    assert bill(paid(PAYMENT | {"RejectedByBank": told})).payments[0].rejected is meant


def test_amounts_are_exact() -> None:
    raw = (
        b'[{"PaymentId":1,"Type":"PEXTransfer","Amount":90071992547409.91,"RejectedByBank":false}]'
    )
    payments = httpx.Response(200, content=raw)
    (row,) = Pex([INVOICE], {"Invoice/5001/payments": payments}).page().rows
    assert bill(row).payments[0].amount == Decimal("90071992547409.91")


# --- what is asked for ------------------------------------------------------------------------


def test_the_list_is_asked_for_from_well_before_the_first_due_date_in_eastern_time() -> None:
    pex = Pex([])
    assert pex.page() == RowPage((), None)
    assert dict(pex.requests[0].url.params) == {"startDate": "2026-04-14T00:00:00"}


@pytest.mark.parametrize(
    "changes",
    [
        {"Status": "Open"},
        {"Status": 3},
        {"Status": "Draft"},
        {"Status": None},
        {"InvoiceAmount": 0},
        {"InvoiceAmount": -5.00},
    ],
    ids=str,
)
def test_payments_are_asked_for_of_closed_invoices_over_something_only(
    changes: dict[str, Any],
) -> None:
    pex = Pex([INVOICE | changes])
    (row,) = pex.page().rows
    assert bill(row).payments == ()
    assert pex.paths() == ["Invoices"]


@pytest.mark.parametrize("due", ["2026-06-14T23:59:59", "2026-08-16T00:00:00"])
def test_invoices_due_on_other_days_are_left_out_and_cost_nothing(due: str) -> None:
    pex = Pex([INVOICE | {"DueDate": due}])
    assert pex.page().rows == ()
    assert pex.paths() == ["Invoices"]


@pytest.mark.parametrize("due", ["2026-06-15T00:00:00", "2026-08-15T23:59:59", "2026-08-15"])
def test_invoices_due_on_the_first_and_the_last_day_are_in(due: str) -> None:
    assert len(Pex([INVOICE | {"DueDate": due}]).page().rows) == 1


def test_many_invoices_come_page_by_page_by_due_date() -> None:
    days = [date(2026, 7, 1) + timedelta(days=at // 2) for at in range(2 * AT_ONCE + 5)]
    listed = [
        INVOICE | {"InvoiceId": 6000 + at, "DueDate": f"{day}T00:00:00", "Status": "Open"}
        for at, day in enumerate(days)
    ]
    pex = Pex(listed[::-1])
    start: date | None = START
    seen: list[int] = []
    sizes: list[int] = []
    while start is not None:
        page = pex.page(start)
        seen.extend(row.pex_id for row in page.rows)
        sizes.append(len(page.rows))
        start = page.next_start.date() if page.next_start else None
    assert seen == [6000 + at for at in range(2 * AT_ONCE + 5)]
    assert sizes == [AT_ONCE, AT_ONCE, 5]


def test_invoices_due_on_one_day_are_never_torn_apart() -> None:
    listed = [INVOICE | {"InvoiceId": 6000 + at, "Status": "Open"} for at in range(AT_ONCE + 3)]
    page = Pex(listed).page()
    assert (len(page.rows), page.next_start) == (AT_ONCE + 3, None)


@pytest.mark.parametrize("answer", [b"[]", b"null"])
def test_a_list_of_nothing_may_be_null(answer: bytes) -> None:
    empty = httpx.Response(200, content=answer)
    assert Pex(empty).page().rows == ()
    parts = {"Invoice/5001/payments": empty, "Invoice/5001/allocations": empty}
    (row,) = Pex([INVOICE], parts).page().rows
    assert bill(row) == Bill("Closed")


# --- what cannot be read ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {"InvoiceId": None},
        {"InvoiceId": 0},
        {"InvoiceAmount": None},
        {"InvoiceAmount": "1e30"},
        {"InvoiceAmount": "NaN"},
        {"DueDate": None},
        {"DueDate": "soon"},
        {"DueDate": "0001-01-01T00:00:00"},
    ],
    ids=str,
)
def test_an_invoice_without_id_amount_or_due_date_stops_its_page(changes: dict[str, Any]) -> None:
    with pytest.raises(PexRequestRefused, match="no readable id, amount or due date"):
        Pex([INVOICE | changes]).page()


@pytest.mark.parametrize(
    "payment",
    [
        "1.00",
        None,
        PAYMENT | {"Amount": None},
        PAYMENT | {"Amount": "much"},
        PAYMENT | {"Amount": "1e30"},
        PAYMENT | {"Type": None},
        PAYMENT | {"RejectedByBank": "perhaps"},
        {},
    ],
    ids=str,
)
def test_a_payment_that_cannot_be_read_refuses_its_invoice_alone(payment: Any) -> None:
    row = paid(PAYMENT, payment)
    with pytest.raises(InvoiceUnreadable):
        bill_parts(row.amount, bill(row))


@pytest.mark.parametrize("allocation", [None, {}, ALLOCATION | {"TotalAmount": "1e30"}], ids=str)
def test_an_allocation_that_cannot_be_read_refuses_its_invoice_alone(allocation: Any) -> None:
    row = paid(PAYMENT, allocations=[allocation])
    with pytest.raises(InvoiceUnreadable):
        bill_parts(row.amount, bill(row))


def test_an_invoice_whose_payments_pex_does_not_know_does_not_reconcile() -> None:
    (row,) = Pex([INVOICE]).page().rows
    with pytest.raises(InvoiceDoesNotReconcile):
        bill_parts(row.amount, bill(row))


@pytest.mark.parametrize("answer", [httpx.Response(400, json={"Message": "no"}), {"a": 1}])
def test_a_refused_or_odd_answer_about_one_invoice_refuses_that_one(answer: Any) -> None:
    two = [INVOICE, INVOICE | {"InvoiceId": 5002}]
    answers = {
        "Invoice/5001/payments": answer,
        "Invoice/5002/payments": [PAYMENT],
    }
    first, second = Pex(two, answers).page().rows
    with pytest.raises(InvoiceUnreadable):
        bill_parts(first.amount, bill(first))
    assert bill_parts(second.amount, bill(second)).cash == second.amount


@pytest.mark.parametrize(
    ("answer", "refusal"),
    [
        (httpx.Response(503), PexUnavailable),
        (httpx.Response(200, content=b"<html>"), PexUnavailable),
        (httpx.Response(401, json={"Message": "Token expired or does not exist"}), PexTokenRefused),
        (
            httpx.Response(403, json={"Message": "Admin does not have permission"}),
            PexPermissionMissing,
        ),
    ],
)
def test_what_concerns_the_whole_sign_in_or_passes_is_told_as_such(
    answer: httpx.Response, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        Pex([INVOICE], {"Invoice/5001/payments": answer}).page()
