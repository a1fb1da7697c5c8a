"""One promise of bill payments, kept by the adapter against the simulator and by the fake."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from adapters.pex.access import HttpPexAccess
from application.ports.pex import PexAccount
from builders.rows import eastern, invoice
from domain.bill_payment import bill_parts
from domain.eastern_time import EASTERN
from domain.eligibility import check_money_moved
from domain.pex_transaction import Kind, PexTransaction, Record, classify
from domain.refusals import Refusal
from fakes.pex import FakePexAccount
from fakes.vault import FakeVault
from sandbox import company
from sandbox.clock import SandboxClock
from sandbox.faults import FaultPlan
from sandbox.pex import PexSandbox
from sandbox.web import Server

NOW = datetime(2026, 8, 15, 12, 0, tzinfo=EASTERN)
LAST = NOW.date()
FIRST = LAST - timedelta(days=75)

REFUSED = {
    5004: "INVOICE_DOES_NOT_RECONCILE",
    5005: "ZERO_AMOUNT",
    5006: "INVOICE_NOT_CLOSED",
    5009: "INVOICE_PAYMENT_TAKEN_BACK",
    5013: "INVOICE_PAYMENT_TAKEN_BACK",
    5015: "INVOICE_NOT_CLOSED",
}
PARTS = {
    5001: ("1240.00", "0.00"),
    5002: ("940.10", "40.30"),
    5003: ("500.00", "15.00"),
    5010: ("203.00", "0.10"),
    5011: ("125.00", "25.00"),
    5012: ("1000.00", "-5.00"),
    5014: ("0.00", "18.75"),
}


@pytest.fixture
def pex() -> PexSandbox:
    return PexSandbox(SandboxClock(NOW), FaultPlan(), purchases=0)


@pytest.fixture
def real(pex: PexSandbox) -> Iterator[PexAccount]:
    with Server(pex.application) as server:
        access = HttpPexAccess(f"{server.url}/v4", FakeVault(), 60_000)
        yield access.with_token(company.CREDIT_TOKEN)
        access.close()


@pytest.fixture(params=["adapter", "fake"])
def account(request: pytest.FixtureRequest, pex: PexSandbox, real: PexAccount) -> PexAccount:
    """The simulator's invoices, read by the adapter, or laid into the fake."""
    if request.param == "adapter":
        return real
    fake = FakePexAccount(company.CREDIT_BUSINESS)
    fake.all_rows = [_by_hand(pex, told["InvoiceId"]) for told in _listed(pex)]
    return fake


def _listed(pex: PexSandbox) -> list[dict[str, object]]:
    return pex.business(company.CREDIT_BUSINESS).invoices


def _by_hand(pex: PexSandbox, number: object) -> PexTransaction:
    """An invoice as the port promises it, made without the adapter."""
    business = pex.business(company.CREDIT_BUSINESS)
    told = next(one for one in business.invoices if one["InvoiceId"] == number)
    payments = business.payments[told["InvoiceId"]]
    due = eastern(told["DueDate"][:10], "00:00:00")
    return invoice(
        told["InvoiceAmount"],
        *((one["Type"], one["Amount"]) for one in payments),
        allocated=[one["TotalAmount"] for one in business.allocations[told["InvoiceId"]]],
        status=told["Status"],
        rejected=any(one["RejectedByBank"] for one in payments),
        pex_id=told["InvoiceId"],
        transacted_at=due,
        settled_at=due,
    )


def all_of(account: PexAccount, start: date, end: date) -> list[PexTransaction]:
    found: list[PexTransaction] = []
    following: date | None = start
    while following is not None:
        page = account.bill_payments(following, end)
        assert all(row.settlement_date >= following for row in page.rows)
        found.extend(page.rows)
        following = page.next_start.date() if page.next_start else None
    return found


def test_invoices_come_by_due_date_with_what_became_of_them(account: PexAccount) -> None:
    rows = all_of(account, FIRST, LAST)
    assert {classify(row) for row in rows} == {Kind.BILL_PAYMENT}
    assert {row.record for row in rows} == {Record.INVOICE}
    assert [row.settlement_date for row in rows] == sorted(row.settlement_date for row in rows)
    parts, refused = {}, {}
    for row in rows:
        assert row.bill is not None
        try:
            check_money_moved(row, Kind.BILL_PAYMENT)
            found = bill_parts(row.amount, row.bill)
        except Refusal as refusal:
            refused[row.pex_id] = refusal.code
        else:
            parts[row.pex_id] = (str(found.cash), str(found.non_cash))
    assert parts == PARTS
    assert refused == REFUSED


def test_both_ends_of_the_days_are_inclusive(account: PexAccount) -> None:
    day = LAST - timedelta(days=37)
    assert [row.pex_id for row in all_of(account, day, day)] == [5002]
    assert all_of(account, day + timedelta(days=1), day + timedelta(days=2)) == []
    assert 5007 not in {row.pex_id for row in all_of(account, FIRST, LAST)}


def test_pages_lose_and_repeat_nothing(account: PexAccount, pex: PexSandbox) -> None:
    whole = [row.pex_id for row in all_of(account, FIRST, LAST)]
    assert len(whole) == len(set(whole)) == len(PARTS) + len(REFUSED)
    if isinstance(account, FakePexAccount):
        account.invoice_days_at_once = 1
        assert [row.pex_id for row in all_of(account, FIRST, LAST)] == whole


def test_amounts_arrive_to_the_cent(real: PexAccount, pex: PexSandbox) -> None:
    told = {one["InvoiceId"]: one["InvoiceAmount"] for one in _listed(pex)}
    for row in all_of(real, FIRST, LAST):
        assert row.amount.amount == told[row.pex_id]
        assert isinstance(row.amount.amount, Decimal)


def test_a_prepaid_business_has_none(pex: PexSandbox) -> None:
    with Server(pex.application) as server:
        access = HttpPexAccess(f"{server.url}/v4", FakeVault(), 60_000)
        page = access.with_token(company.PREPAID_TOKEN).bill_payments(FIRST, LAST)
        access.close()
    assert (page.rows, page.next_start) == ((), None)
