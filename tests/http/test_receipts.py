"""Receipts from PEX to Business Central and back to the reader, through the API (M24, M33)."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

import receipt_books
from domain.sync_run import Counts, RunStatus
from entrypoints.demo.company import ApiUser
from entrypoints.http import rendering
from http_running import Running

Json = dict[str, Any]


@pytest.fixture(scope="module")
def synced(user: ApiUser, connected: str) -> Json:
    """The first run."""
    return sync(user, connected)


def sync(user: ApiUser, connected: str) -> Json:
    return user.run(connected, preview=False, watch=lambda _run: None)


def shown(user: ApiUser, connected: str, pex_id: int) -> list[Json]:
    receipts: list[Json] = user.get(f"/connections/{connected}/transactions/card/{pex_id}")[
        "receipts"
    ]
    return receipts


def some_purchase(user: ApiUser, run: Json) -> int:
    rows = user.items(f"/runs/{run['id']}/transactions?outcome=posted")
    return next(int(row["pex_id"]) for row in rows if row["kind"] == "purchase")


def test_every_loaded_receipt_stands_on_its_pex_line_and_none_elsewhere(
    running: Running, synced: Json
) -> None:
    books = receipt_books.check(running.sandbox)
    assert sum(map(len, books.found.values())) >= synced["counts"]["receipts"] > 10


def test_a_transaction_shows_each_receipt_with_its_place_and_digest(
    running: Running, user: ApiUser, connected: str, synced: Json
) -> None:
    books = receipt_books.receipt_books(running.sandbox)
    pex_id = next(pex_id for pex_id, files in books.found.items() if len(files) > 1)
    receipts = shown(user, connected, pex_id)
    attached = [one for one in receipts if one["status"] == "attached"]
    assert sorted(one["sha256"] for one in attached) == books.found[pex_id]
    assert sorted(one["file_name"] for one in attached) == sorted(books.names[pex_id])
    lines = user.get(f"/connections/{connected}/transactions/card/{pex_id}")["lines"]
    unposted = {one["parent_id"] for one in attached if one["place"] == "journal"}
    assert unposted <= {lines[-1]["id"]}
    assert {one["place"] for one in attached} <= {"journal", "ledger"}
    assert all(one["size"] > 0 and one["code"] is None for one in attached)


def test_the_story_of_a_transactions_receipts_can_be_read_as_of_any_position(
    running: Running, user: ApiUser, connected: str, synced: Json
) -> None:
    books = receipt_books.receipt_books(running.sandbox)
    pex_id = next(pex_id for pex_id, files in books.found.items() if files)
    path = f"/connections/{connected}/transactions/card/{pex_id}/receipts/events"
    events = user.get(path)["items"]
    topics = [one["topic"].partition(".")[2] for one in events]
    assert topics[:2] == ["begun", "found"]
    assert topics.index("sending") < topics.index("attached")
    until = events[1]["position"]
    assert len(user.get(f"{path}?as_of={until}")["items"]) == 2


@pytest.mark.parametrize(
    ("counts", "phase", "figures"),
    [
        (Counts(seen=9, posted=4), "working", (4, 9)),
        (Counts(9, posted=9, to_ask_for_receipts=7, asked_for_receipts=2), "receipts", (2, 7)),
        (Counts(9, posted=9, to_ask_for_receipts=7, asked_for_receipts=7), "working", (9, 9)),
    ],
)
def test_progress_tells_when_a_run_is_at_receipts_and_how_far(
    running: Running, connected: str, synced: Json, counts: Counts, phase: str, figures: object
) -> None:
    over = running.services.read_models.run(UUID(synced["id"]))
    assert over is not None
    going_on = replace(over, counts=counts, status=RunStatus.RUNNING, finished_at=None)
    progress = rendering.run(going_on).progress
    assert (progress.phase, (progress.done, progress.total)) == (phase, figures)


def test_a_receipt_that_is_not_attached_says_why_and_what_to_do(
    user: ApiUser, connected: str, running: Running, synced: Json
) -> None:
    pex_id = some_purchase(user, synced)
    running.sandbox.pex.add_receipt(pex_id, "png", state="HasMalware")
    running.sandbox.pex.add_receipt(pex_id, "text", type="Pdf")
    run = sync(user, connected)
    told = {one["code"]: one for one in shown(user, connected, pex_id) if one["code"]}
    assert told.keys() == {"RECEIPT_HAS_MALWARE", "RECEIPT_NOT_A_DOCUMENT"}
    assert told["RECEIPT_HAS_MALWARE"]["status"] == "skipped"
    assert told["RECEIPT_NOT_A_DOCUMENT"]["status"] == "refused"
    assert all(one["detail"] and one["fix"] and one["file_name"] is None for one in told.values())
    assert run["counts"]["receipts_failed"] == 1
    receipt_books.check(running.sandbox)


def test_receipts_that_arrive_or_load_later_are_added_by_a_later_run(
    user: ApiUser, connected: str, running: Running, synced: Json
) -> None:
    pex_id = some_purchase(user, synced)
    before = [one["file_name"] for one in shown(user, connected, pex_id)]
    slow = running.sandbox.pex.add_receipt(pex_id, "jpg", state="NotLoaded")
    running.sandbox.pex.add_receipt(pex_id, "pdf")
    assert sync(user, connected)["counts"]["receipts"] == 1
    running.sandbox.pex.set_receipt_state(slow.id, "Loaded")
    assert sync(user, connected)["counts"]["receipts"] == 1
    receipt_books.check(running.sandbox)
    after = [one["file_name"] for one in shown(user, connected, pex_id)]
    assert after[: len(before)] == before
    assert len(after) == len(before) + 2


def test_a_second_run_attaches_nothing_and_asks_business_central_nothing_about_receipts(
    user: ApiUser, connected: str, running: Running, synced: Json
) -> None:
    sync(user, connected)
    running.sandbox.business_central.faults.journal.clear()
    run = sync(user, connected)
    assert (run["counts"]["receipts"], run["counts"]["posted"]) == (0, 0)
    requests = running.sandbox.business_central.faults.journal
    bundles = [one["operations"] for one in requests if one["path"].endswith("$batch")]
    assert bundles == ["4"]  # the company's own data, and no list of files
    assert {one["method"] for one in requests} == {"GET", "POST"}


def test_a_late_receipt_finds_the_entry_that_the_bookkeeper_posted(
    user: ApiUser, connected: str, running: Running, synced: Json
) -> None:
    pex_id = some_purchase(user, synced)
    running.sandbox.business_central.post("PEX CARD")
    running.sandbox.pex.add_receipt(pex_id, "png")
    assert sync(user, connected)["counts"]["receipts"] == 1
    receipt_books.check(running.sandbox)
    late = [one for one in shown(user, connected, pex_id) if one["status"] == "attached"][-1]
    assert late["place"] == "ledger"


def test_the_history_counts_the_receipts_of_each_run(
    user: ApiUser, connected: str, synced: Json
) -> None:
    runs = user.get(f"/connections/{connected}/runs?limit=200")["items"]
    first = next(one for one in runs if one["id"] == synced["id"])
    assert first["counts"]["receipts"] == synced["counts"]["receipts"] > 0
    assert first["progress"]["phase"] == "over"
