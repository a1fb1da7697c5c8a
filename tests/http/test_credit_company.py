"""A business on a line of credit by the API alone: connect, choose, configure, preview, run."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from domain.eastern_time import eastern_day
from entrypoints.demo.bookkeeper import BANK, FEES, REBATES, Hand, compare
from entrypoints.demo.company import ApiUser, wait_until
from entrypoints.demo.credit import (
    CREDIT_LINE,
    connect_credit,
    credit_by_hand,
    credit_settings_body,
)
from http_running import Running
from sandbox import company

Problem = Callable[[httpx.Response], dict[str, Any]]
DAYS_BACK = 75


@pytest.fixture(scope="module")
def credit(user: ApiUser) -> str:
    """The connection of the credit business, by its id."""
    return connect_credit(user)


@pytest.fixture(scope="module")
def days(running: Running) -> tuple[date, date]:
    today = eastern_day(running.services.clock.now())
    return today - timedelta(days=DAYS_BACK), today


@pytest.fixture(scope="module")
def configured(user: ApiUser, credit: str, days: tuple[date, date]) -> str:
    user.configure(credit, days[0].isoformat(), credit_settings_body)
    return credit


@pytest.fixture(scope="module")
def preview(user: ApiUser, running: Running, configured: str) -> dict[str, Any]:
    run = user.run(configured, preview=True, watch=lambda _run: None)
    assert lines(running) == []
    return run


@pytest.fixture(scope="module")
def finished(user: ApiUser, configured: str, preview: dict[str, Any]) -> dict[str, Any]:
    return user.run(configured, preview=False, watch=lambda _run: None)


@dataclass(frozen=True)
class Books:
    """The journal after the first run, and what a bookkeeper would have entered by then."""

    lines: list[dict[str, Any]]
    by_hand: dict[Any, Hand]

    def balance(self, account: str) -> Decimal:
        told = [line["amount"] for line in self.lines if line["accountNumber"] == account]
        return sum((Decimal(str(amount)) for amount in told), Decimal(0))


@pytest.fixture(scope="module")
def books(running: Running, finished: dict[str, Any], days: tuple[date, date]) -> Books:
    return Books(lines(running), credit_by_hand(business(running), *days))


def lines(running: Running) -> list[dict[str, Any]]:
    """What the journal holds."""
    books = running.sandbox.business_central.dump()["companies"]
    chosen = next(one for one in books if one["id"] == company.COMPANY_ID)
    journal = next(one for one in chosen["journals"] if one["code"] == "PEX CARD")
    return [dict(line, postingDate=str(line["postingDate"])) for line in journal["lines"]]


def business(running: Running) -> dict[str, Any]:
    """The credit business as the simulator holds it."""
    dump: dict[str, Any] = next(
        one
        for one in running.sandbox.pex.dump()["businesses"]
        if one["id"] == company.CREDIT_BUSINESS
    )
    return dump


def test_a_connection_tells_that_its_business_is_on_credit(user: ApiUser, credit: str) -> None:
    shown = user.get(f"/connections/{credit}")["business"]
    assert (shown["id"], shown["funding"]) == (company.CREDIT_BUSINESS, "credit")


def test_the_choices_offer_liability_accounts(user: ApiUser, credit: str) -> None:
    choices = user.get(f"/connections/{credit}/choices?company_id={company.COMPANY_ID}")
    accounts = {one["number"]: one for one in choices["accounts"]}
    assert accounts[CREDIT_LINE]["category"] == "Liabilities"
    assert accounts[CREDIT_LINE]["usable"]


def test_settings_of_a_prepaid_business_are_refused_field_by_field(
    user: ApiUser, running: Running, configured: str, problem: Problem
) -> None:
    path = f"/api/v1/connections/{configured}/settings"
    with running.client(running.token("admin", company.CREDIT_BUSINESS)) as client:
        read = client.get(path)
        body = read.json()
        assert body["bill_payments"]["dimensions"] == {"DEPARTMENT": "ADM"}
        body["pex_account_id"] = "10950"
        body["transfers"] = {"enabled": True, "bank_account_id": "CHECKING"}
        body["rebates"] = {"enabled": True, "account_id": "48000"}
        body["bill_payments"] = {"enabled": True, "rebate_account_id": "61100"}
        refused = client.put(path, json=body, headers={"If-Match": read.headers["etag"]})
    assert {one["pointer"]: one["code"] for one in problem(refused)["errors"]} == {
        "/pex_account_id": "ACCOUNT_CATEGORY",
        "/transfers/enabled": "KIND_NOT_OFFERED",
        "/rebates/enabled": "KIND_NOT_OFFERED",
        "/bill_payments/bank_account_id": "ACCOUNT_REQUIRED",
        "/bill_payments/rebate_account_id": "ACCOUNT_CATEGORY",
    }


def test_a_preview_shows_what_the_sync_then_posts(
    user: ApiUser, preview: dict[str, Any], finished: dict[str, Any]
) -> None:
    shown = user.items(f"/runs/{preview['id']}/transactions?outcome=would_post")
    posted = user.items(f"/runs/{finished['id']}/transactions?outcome=posted")
    by_id = {(row["kind"], row["pex_id"]): row["lines"] for row in shown}
    assert {(row["kind"], row["pex_id"]) for row in posted} == by_id.keys()
    assert len(by_id["bill_payment", 5002]) == 3


def test_the_journal_holds_what_a_bookkeeper_would_have_entered_and_nothing_else(
    books: Books, finished: dict[str, Any]
) -> None:
    bills = {key for key in books.by_hand if key.startswith("I")}
    assert bills == {"I5001", "I5002", "I5003", "I5010", "I5011", "I5012", "I5014"}
    assert compare(books.by_hand, books.lines) == []
    assert finished["counts"]["posted"] == len(books.by_hand)


def test_purchases_and_fees_raise_the_debt_and_bill_payments_lower_it(books: Books) -> None:
    paid = added("1240.00", "980.40", "515.00", "203.10", "150.00", "995.00", "18.75")
    spent = -sum(
        amount
        for key, hand in books.by_hand.items()
        for account, amount, _ in hand.lines
        if account == CREDIT_LINE and not key.startswith("I")
    )
    assert spent > 0
    assert books.balance(CREDIT_LINE) == paid - spent
    assert books.balance(FEES) > 0
    assert books.balance(BANK) == -added("1240.00", "940.10", "500", "203", "125", "1000")
    assert books.balance(REBATES) == -added("40.30", "15", "0.10", "25", "-5", "18.75")
    assert books.balance("10950") == 0


def added(*amounts: str) -> Decimal:
    return sum((Decimal(amount) for amount in amounts), Decimal(0))


def test_every_invoice_that_was_not_posted_says_why(
    user: ApiUser, finished: dict[str, Any]
) -> None:
    rows = user.items(f"/runs/{finished['id']}/transactions")
    bills = {row["pex_id"]: row for row in rows if row["kind"] == "bill_payment"}
    codes = {number: row["code"] for number, row in bills.items() if row["outcome"] != "posted"}
    assert codes == {
        5004: "INVOICE_DOES_NOT_RECONCILE",
        5005: "ZERO_AMOUNT",
        5006: "INVOICE_NOT_CLOSED",
        5009: "INVOICE_PAYMENT_TAKEN_BACK",
        5013: "INVOICE_PAYMENT_TAKEN_BACK",
        5015: "INVOICE_NOT_CLOSED",
    }
    assert all(bills[number]["detail"] and bills[number]["fix"] for number in codes)
    assert {bills[number]["outcome"] for number in (5005, 5006, 5015)} == {"skipped"}


def test_a_rebate_among_the_rows_is_left_to_the_bill(
    user: ApiUser, finished: dict[str, Any]
) -> None:
    rows = user.items(f"/runs/{finished['id']}/transactions?outcome=skipped")
    (rebate,) = [row for row in rows if row["kind"] == "rebate"]
    assert rebate["code"] == "COMES_WITH_BILL_PAYMENT"


def test_a_bill_payment_tells_where_it_is(
    user: ApiUser, configured: str, finished: dict[str, Any]
) -> None:
    for name in ("bill_payment", "invoice"):
        shown = user.get(f"/connections/{configured}/transactions/{name}/5002")
        assert shown["place"] == "journal"
        assert shown["document_number"] == "PEX-I5002-X1"
        assert shown["kind"] == "bill_payment"
        assert len(shown["lines"]) == 3
    listed = user.items(f"/connections/{configured}/transactions?kind=bill_payment&outcome=posted")
    assert {5001, 5002, 5014} <= {row["pex_id"] for row in listed}


def test_a_second_run_posts_nothing_until_an_invoice_is_paid(
    user: ApiUser, running: Running, configured: str, finished: dict[str, Any], books: Books
) -> None:
    before = len(books.lines)
    again = user.run(configured, preview=False, watch=lambda _run: None)
    assert again["counts"]["posted"] == 0
    assert again["counts"]["already_posted"] == finished["counts"]["posted"]
    assert len(lines(running)) == before
    running.sandbox.pex.change_invoice(
        5015,
        {"Status": "Closed"},
        [{"Amount": "250.00"}, {"Type": "RebateCredit", "Amount": "10.00"}],
    )
    late = user.call("POST", f"/connections/{configured}/runs", {"kinds": ["bill_payments"]})
    assert late.json()["kinds"] == ["bill_payments"]
    path = late.headers["location"].removeprefix("/api/v1")
    wait_until(lambda: user.get(path)["finished_at"] is not None, "the run's end")
    assert user.get(path)["counts"]["posted"] == 1
    assert len(lines(running)) == before + 3


def test_kinds_of_a_prepaid_business_cannot_be_chosen(
    running: Running, configured: str, problem: Problem
) -> None:
    path = f"/api/v1/connections/{configured}/runs"
    with running.client(running.token("admin", company.CREDIT_BUSINESS)) as client:
        refused = client.post(path, json={"kinds": ["transfers"]})
    assert problem(refused)["code"] == "KIND_NOT_ON"
