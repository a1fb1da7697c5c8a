"""Callback subscriptions, and the invoices of a credit business."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from sandbox.clock import SandboxClock
from sandbox.company import CREDIT_TOKEN
from sandbox.pex import PexSandbox
from sandbox.pex.invoices import TYPES
from sandbox.web import Request

Ask = Callable[..., tuple[int, Any]]
CALLBACKS = "/v4/Callback-Subscription"
HOOK = {"CallbackType": 9, "Status": 1, "Url": "https://conn.example/hook", "Name": "settled"}


def test_a_subscription_is_created_read_changed_and_deleted(ask: Ask) -> None:
    status, created = ask("POST", CALLBACKS, body=HOOK)
    assert (status, created["CallbackType"]) == (201, "SettlementPostedRealtime")
    path = f"/v4/callback-subscription/{created['Id']}"
    assert ask("GET", path)[1] == created
    assert ask("PUT", path, body=HOOK | {"Status": "Inactive"})[1]["Status"] == "Inactive"
    assert len(ask("GET", CALLBACKS, "type=9")[1]) == 1
    assert ask("GET", CALLBACKS, "type=Card")[1] == []
    assert ask("DELETE", path)[0] == 200
    assert ask("GET", path)[0] == 404


@pytest.mark.parametrize("wrong", [{"CallbackType": 10}, {"Status": "On"}, {"Url": "http://x"}])
def test_a_subscription_against_the_rules_is_refused(ask: Ask, wrong: dict[str, Any]) -> None:
    assert ask("POST", CALLBACKS, body=HOOK | wrong)[0] == 400


def test_the_nine_types_are_listed(ask: Ask) -> None:
    assert len(ask("GET", f"{CALLBACKS}/types")[1]) == 9


@pytest.fixture
def billed(clock: SandboxClock) -> Callable[[str, str], tuple[int, Any]]:
    """Reads from the credit business as it was seeded."""
    pex = PexSandbox(clock, purchases=0)

    def read(path: str, query: str = "") -> tuple[int, Any]:
        headers = {"authorization": f"token {CREDIT_TOKEN}"}
        request = Request("GET", path, headers, raw_query=query)
        answer = pex.application(request)
        return answer.status, Request("", "", body=answer.body).json()

    return read


Billed = Callable[..., tuple[int, Any]]


def test_a_prepaid_business_has_no_invoices(ask: Ask) -> None:
    assert ask("GET", "/v4/Invoices", "startDate=2026-01-01T00:00:00") == (200, [])


@pytest.mark.parametrize("start", ["2026-10-01T00:00:00", "10/1/2026 12:00:00 AM"])
def test_invoices_are_listed_from_a_due_date_in_either_form(billed: Billed, start: str) -> None:
    status, invoices = billed("/v4/Invoices", f"startDate={start}")
    assert status == 200
    assert {invoice["Status"] for invoice in invoices} == {"Closed", "Cancelled", "Open", "Draft"}
    assert all(invoice["DueDate"] >= "2026-10-01" for invoice in invoices)


def test_invoices_need_a_start_and_their_parts_a_known_number(billed: Billed) -> None:
    assert billed("/v4/Invoices")[0] == 400
    assert billed("/v4/Invoice/1/payments")[0] == 404


def test_closed_invoices_reconcile_with_payments_and_allocations_but_for_one(
    billed: Billed,
) -> None:
    broken = []
    _, invoices = billed("/v4/Invoices", "startDate=2026-01-01T00:00:00")
    for invoice in invoices:
        if invoice["Status"] != "Closed" or invoice["InvoiceAmount"] == 0:
            continue
        number = invoice["InvoiceId"]
        payments = billed(f"/v4/Invoice/{number}/payments")[1]
        allocations = billed(f"/v4/Invoice/{number}/allocations")[1]
        paid = sum(
            -item["Amount"] if item["Type"] == "RebateCreditReversal" else item["Amount"]
            for item in payments
        )
        spent = sum((item["TotalAmount"] for item in allocations), Decimal(0))
        spent = spent if allocations else paid
        if not paid == spent == invoice["InvoiceAmount"]:
            broken.append(number)
    assert broken == [5004]


def test_invoices_are_paid_in_every_way_that_pex_knows(billed: Billed) -> None:
    payments = [
        payment
        for number in range(5001, 5016)
        for payment in billed(f"/v4/Invoice/{number}/payments")[1]
    ]
    assert {payment["Type"] for payment in payments} == set(TYPES)
    assert {payment["RejectedByBank"] for payment in payments} == {True, False}


def test_allocations_are_tagged_or_fees_or_untagged(billed: Billed) -> None:
    parts = [
        part
        for number in range(5001, 5016)
        for part in billed(f"/v4/Invoice/{number}/Allocations")[1]
    ]
    untagged = {part["TransactionTypeCategory"] for part in parts if part["TagValue"] is None}
    assert untagged == {"CardAccountFee", "BusinessAccountFee", "Spend"}
    assert any(part["TagValue"] == "62400" for part in parts)


# --- what can be done to invoices -------------------------------------------------------------


LISTED = "startDate=2026-01-01T00:00:00"


@pytest.fixture
def credit(ask: Ask) -> Billed:
    """Reads from the credit business of an empty PEX."""

    def read(path: str, query: str = "") -> tuple[int, Any]:
        return ask("GET", path, query, authorization=f"token {CREDIT_TOKEN}")

    return read


def test_an_added_invoice_is_closed_due_today_and_paid_by_the_bank(
    control: Ask, credit: Billed
) -> None:
    status, added = control("POST", "/invoices", body={"members": {"InvoiceAmount": "75.20"}})
    assert status == 201
    assert added["DueDate"] == "2026-11-24T00:00:00"
    assert credit("/v4/Invoices", LISTED)[1] == [added]
    [payment] = credit(f"/v4/Invoice/{added['InvoiceId']}/payments")[1]
    assert (payment["Type"], payment["Amount"]) == ("PEXTransfer", Decimal("75.20"))
    assert payment["RejectedByBank"] is False
    assert credit(f"/v4/Invoice/{added['InvoiceId']}/allocations") == (200, [])


def test_an_open_invoice_is_closed_once_it_is_paid(control: Ask, credit: Billed) -> None:
    opened = {"members": {"Status": "Open"}, "payments": []}
    number = control("POST", "/invoices", body=opened)[1]["InvoiceId"]
    paid = {
        "members": {"Status": "Closed"},
        "payments": [
            {"Type": "SameDayACH", "Amount": "99.00"},
            {"Type": "WriteOff", "Amount": "1.00"},
        ],
        "allocations": [{"TagValue": "62400", "TotalAmount": "100.00"}],
    }
    assert control("PATCH", f"/invoices/{number}", body=paid)[1]["Status"] == "Closed"
    kinds = [payment["Type"] for payment in credit(f"/v4/Invoice/{number}/payments")[1]]
    assert kinds == ["SameDayACH", "WriteOff"]
    assert credit(f"/v4/Invoice/{number}/allocations")[1][0]["TagValue"] == "62400"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"members": {"Colour": "red"}}, 400),
        ({"members": {"Status": "Lost"}}, 400),
        ({"members": {"InvoiceAmount": True}}, 400),
        ({"payments": [{"Type": "Barter"}]}, 400),
        ({"business": 1}, 404),
    ],
)
def test_an_invoice_that_pex_could_not_have_is_refused(
    control: Ask, body: dict[str, Any], status: int
) -> None:
    assert control("POST", "/invoices", body=body)[0] == status


def test_an_invoice_number_is_given_once_and_must_be_known(control: Ask) -> None:
    same = {"members": {"InvoiceId": 7}}
    assert control("POST", "/invoices", body=same)[0] == 201
    assert control("POST", "/invoices", body=same)[0] == 409
    assert control("PATCH", "/invoices/8", body={})[0] == 404
