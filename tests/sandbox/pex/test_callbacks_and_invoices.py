"""Callback subscriptions, and the invoices of a credit business."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from sandbox.clock import SandboxClock
from sandbox.company import CREDIT_TOKEN
from sandbox.pex import PexSandbox
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
        if not paid == spent == invoice["InvoiceAmount"]:
            broken.append(number)
    assert broken == [5004]


def test_invoices_are_paid_in_cash_and_otherwise(billed: Billed) -> None:
    kinds = {
        payment["Type"]
        for number in range(5001, 5005)
        for payment in billed(f"/v4/Invoice/{number}/payments")[1]
    }
    assert kinds == {
        "PEXTransfer",
        "SameDayACH",
        "RebateCredit",
        "RebateCreditReversal",
        "CarryOverCredit",
    }
