"""What is wrong outside is told with a status and a sentence that says what to do."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import httpx
import pytest

from entrypoints.demo.company import ApiUser, wait_until
from http_running import Running
from sandbox import company

Problem = Callable[[httpx.Response], dict[str, Any]]


@pytest.fixture
def mended(running: Running, user: ApiUser, connected: str) -> Iterator[Running]:
    """The service with everything in order before and after a test."""
    _mend(running, user, connected)
    yield running
    _mend(running, user, connected)


def _mend(running: Running, user: ApiUser, connected: str) -> None:
    books = running.sandbox.business_central
    if not [one for one in books.books().journals if one.code == "PEX CARD"]:
        books.create_journal("PEX CARD")
    books.set_balancing_account("")
    everything = ("EditBusinessProfile", "ManageCardholder", "ViewCardTransactions")
    granted = dict.fromkeys(everything, True)
    running.sandbox.pex.switch(company.PREPAID_BUSINESS, permissions=granted)
    running.services.check_connection.check(UUID(connected))
    path = f"/connections/{connected}"
    wait_until(lambda: user.get(path)["status"] == "connected_ready", "connected_ready")


def _status(running: Running, user: ApiUser, connected: str) -> dict[str, Any]:
    running.services.check_connection.check(UUID(connected))
    return user.get(f"/connections/{connected}")


def test_a_missing_journal_asks_for_action_and_stops_a_run(
    mended: Running, user: ApiUser, connected: str
) -> None:
    mended.sandbox.business_central.delete_journal("PEX CARD")
    shown = _status(mended, user, connected)
    assert (shown["status"], shown["status_code"]) == ("action_required", "JOURNAL_MISSING")
    assert "PEX Card" in shown["status_reason"]
    assert "General Journals" in shown["status_fix"]
    run = user.run(connected, preview=False, watch=lambda _run: None)
    assert (run["status"], run["code"]) == ("failed", "JOURNAL_MISSING")
    assert run["fix"]


def test_the_journal_can_be_created_through_the_api(
    mended: Running, user: ApiUser, connected: str
) -> None:
    mended.sandbox.business_central.delete_journal("PEX CARD")
    assert _status(mended, user, connected)["status"] == "action_required"
    created = user.call("POST", f"/connections/{connected}/journal").json()
    assert created["code"] == "PEX CARD"
    assert _status(mended, user, connected)["status"] == "connected_ready"


def test_a_journal_with_a_balancing_account_is_never_written_to(
    mended: Running, user: ApiUser, connected: str
) -> None:
    mended.sandbox.business_central.set_balancing_account("10100")
    before = len(mended.sandbox.business_central.lines())
    run = user.run(connected, preview=False, watch=lambda _run: None)
    assert (run["status"], run["code"]) == ("failed", "JOURNAL_HAS_BALANCING_ACCOUNT")
    assert "10100" in run["detail"]
    assert len(mended.sandbox.business_central.lines()) == before


def test_every_missing_permission_is_named(
    mended: Running, user: ApiUser, connected: str, problem: Problem
) -> None:
    lacking = {"ManageCardholder": False, "ViewCardTransactions": False}
    mended.sandbox.pex.switch(company.PREPAID_BUSINESS, permissions=lacking)
    with mended.client(mended.token("admin")) as client:
        refused = client.post("/api/v1/connections", json={"pex": {"token": company.PREPAID_TOKEN}})
    assert refused.status_code == 422
    told = problem(refused)
    assert told["code"] == "PEX_PERMISSION_MISSING"
    assert "Manage cardholder" in told["detail"]
    assert "View card transactions" in told["detail"]
    assert _status(mended, user, connected)["status_code"] == "PEX_PERMISSION_MISSING"


def test_a_disconnected_connection_keeps_its_history_and_posts_nothing_twice(
    mended: Running, user: ApiUser, connected: str
) -> None:
    first = user.run(connected, preview=False, watch=lambda _run: None)
    total = first["counts"]["posted"] + first["counts"]["already_posted"]
    user.call("DELETE", f"/connections/{connected}")
    shown = user.get(f"/connections/{connected}")
    assert shown["status"] == "disconnected"
    assert shown["microsoft"] is None
    refused = user._http.post(f"/connections/{connected}/runs", json={})  # noqa: SLF001 - to see a refusal
    assert refused.json()["code"] == "CONNECTION_NOT_READY"
    assert user.get(f"/connections/{connected}/runs")["items"]
    assert user.connect() == connected
    again = user.run(connected, preview=False, watch=lambda _run: None)
    assert again["counts"]["posted"] == 0
    assert again["counts"]["already_posted"] == total
