"""Through the whole service: what PEX changes after posting is told, never posted (M27, M29)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from domain.eastern_time import EASTERN, eastern_day
from domain.sync_window import AUTO_MONTHS, months_back
from entrypoints.demo.company import ApiUser
from http_running import Running
from sandbox import company

Json = dict[str, Any]


def run(user: ApiUser, connection: str, *, preview: bool = False) -> Json:
    return user.run(connection, preview=preview, watch=lambda _run: None)


@dataclass
class Posted:
    """Purchases of the sandbox that the first run posted."""

    user: ApiUser
    running: Running
    connection: str
    ids: dict[str, int]

    def shown(self, name: str) -> Json:
        path = f"/connections/{self.connection}/transactions/purchase/{self.ids[name]}"
        return self.user.get(path)

    def topics(self, name: str) -> list[str]:
        path = f"/connections/{self.connection}/transactions/purchase/{self.ids[name]}/events"
        events = self.user.get(path)["items"]
        return [one["topic"].removeprefix("posted_transaction.") for one in events][4:]

    def reported(self, run_id: str, name: str) -> Json:
        rows = self.user.items(f"/runs/{run_id}/transactions")
        return next(row for row in rows if row["pex_id"] == self.ids[name])

    def lines(self) -> int:
        return len(self.running.sandbox.business_central.lines())


CHANGES: dict[str, Callable[[Any, int], Any]] = {
    "amount": lambda pex, row: pex.change_row(row, {"TransactionAmount": "-52.10"}),
    "tag": lambda pex, row: pex.retag(row, {company.EXPENSE_TAG: "61100"}),
    "split": lambda pex, row: pex.split(
        row,
        [
            {"amount": "20.00", "values": {company.EXPENSE_TAG: "61100"}},
            {"amount": "28.60", "values": {company.EXPENSE_TAG: "69900"}},
        ],
    ),
    "approval": lambda pex, row: pex.reset(row),
    "settled": lambda pex, row: pex.change_row(row, {"SettlementTime": wall(pex, days=2)}),
    "gone": lambda pex, row: pex.remove_row(row),
}


def pex_name(posted: Posted, field: str) -> str:
    tags = posted.running.sandbox.pex.business().tags
    return str(tags[field.removeprefix("tag:")]["Name"])


def wall(pex: Any, days: int) -> str:
    """A wall time in the US East, some days ago."""
    moment = pex.world.now().astimezone(EASTERN) - timedelta(days=days)
    return str(moment.replace(tzinfo=None, microsecond=0).isoformat())


@pytest.fixture(scope="module")
def posted(user: ApiUser, running: Running, connected: str) -> Posted:
    """One purchase for each change that will come, and one that stays as it is."""
    pex = running.sandbox.pex
    times = {"TransactionTime": wall(pex, days=5), "SettlementTime": wall(pex, days=4)}
    ids = {
        name: pex.add_row({**times, "TransactionAmount": Decimal("-48.60")})["TransactionId"]
        for name in (*CHANGES, "same")
    }
    for row in ids.values():
        pex.retag(row, {company.EXPENSE_TAG: "62400", company.DEPARTMENT_TAG: "OPS"})
    first = run(user, connected)
    assert first["finished_at"]
    told = Posted(user, running, connected, ids)
    assert {told.shown(name)["outcome"] for name in ids} == {"posted"}
    return told


@pytest.fixture(scope="module")
def changed(posted: Posted) -> Json:
    """A preview, then a run, after PEX changed all but one of them."""
    pex = posted.running.sandbox.pex
    same = pex.row(posted.ids["same"])["TransactionTags"]["Tags"]
    same.reverse()
    for entry in same:
        entry["FieldId"] = entry["FieldId"].upper()
    for name, change in CHANGES.items():
        change(pex, posted.ids[name])
    lines = posted.lines()
    preview = run(posted.user, posted.connection, preview=True)
    assert posted.reported(preview["id"], "amount")["code"] == "CHANGED_AFTER_POSTING"
    assert posted.topics("amount") == []
    again = run(posted.user, posted.connection)
    assert again["counts"]["posted"] == 0
    assert posted.lines() == lines
    return again


@pytest.mark.parametrize(
    ("name", "field", "before", "after"),
    [
        ("amount", "amount", "-48.60", "-52.10"),
        ("tag", f"tag:{company.EXPENSE_TAG.lower()}", "62400", "61100"),
        ("approval", "approval", "Approved", "NotReviewed"),
        (
            "split",
            "splits",
            None,
            f"20.00 ({company.EXPENSE_TAG}=61100) + 28.60 ({company.EXPENSE_TAG}=69900)",
        ),
    ],
)
def test_a_change_is_told_with_what_was_and_what_is(
    posted: Posted, changed: Json, name: str, field: str, before: str | None, after: str
) -> None:
    shown = posted.shown(name)
    change = next(one for one in shown["changes"] if one["field"] == field)
    assert (change["before"], change["after"]) == (before, after)
    assert shown["outcome"] == "posted"
    (notice,) = shown["notices"]
    assert notice["code"] == "CHANGED_AFTER_POSTING"
    assert notice["detail"].startswith("After posting, PEX changed: ")
    assert f"{before or 'nothing'} -> {after}" in notice["detail"]
    assert change["name"] == (pex_name(posted, field) if name == "tag" else None)
    assert "by hand" in notice["fix"]
    row = posted.reported(changed["id"], name)
    assert (row["outcome"], row["code"]) == ("already_posted", "CHANGED_AFTER_POSTING")
    assert row["detail"] == notice["detail"]
    assert posted.topics(name) == ["changed_in_pex"]


def test_another_settlement_day_is_told(posted: Posted, changed: Json) -> None:
    (change,) = posted.shown("settled")["changes"]
    assert change["field"] == "settled_on"
    assert change["before"] < change["after"]


def test_what_is_only_told_in_another_way_is_no_change(posted: Posted, changed: Json) -> None:
    shown = posted.shown("same")
    assert (shown["changes"], shown["notices"], shown["missing_in_pex"]) == ([], [], None)
    assert posted.topics("same") == []


def test_a_row_that_vanished_is_told_and_one_that_comes_back_too(
    posted: Posted, changed: Json
) -> None:
    shown = posted.shown("gone")
    assert shown["missing_in_pex"]
    assert [one["code"] for one in shown["notices"]] == ["MISSING_IN_PEX"]
    assert posted.reported(changed["id"], "gone")["code"] == "MISSING_IN_PEX"
    pex = posted.running.sandbox.pex
    row = {
        "TransactionId": posted.ids["gone"],
        "TransactionTime": wall(pex, days=5),
        "SettlementTime": wall(pex, days=4),
    }
    pex.add_row(row)
    pex.retag(posted.ids["gone"], {company.EXPENSE_TAG: "62400", company.DEPARTMENT_TAG: "OPS"})
    again = run(posted.user, posted.connection)
    assert again["counts"]["posted"] == 0
    assert posted.shown("gone")["missing_in_pex"] is None
    assert posted.topics("gone") == ["disappeared", "reappeared"]
    assert posted.topics("amount") == ["changed_in_pex"]


def test_the_ledger_can_be_narrowed_to_what_changed(posted: Posted, changed: Json) -> None:
    path = f"/connections/{posted.connection}/transactions"
    found = {row["pex_id"] for row in posted.user.items(f"{path}?changed=true")}
    assert {posted.ids[name] for name in ("amount", "tag", "split", "settled")} <= found
    assert posted.ids["same"] not in found
    rest = {row["pex_id"] for row in posted.user.items(f"{path}?changed=false")}
    assert posted.ids["same"] in rest
    assert not rest & found


def test_views_agree_with_a_replay(posted: Posted, changed: Json) -> None:
    assert posted.running.services.read_models.differences() == []


def test_the_backlog_names_what_leaves_and_what_left_with_what_to_do(posted: Posted) -> None:
    pex = posted.running.sandbox.pex
    first_day = months_back(eastern_day(pex.world.now()), AUTO_MONTHS)

    def unapproved(days_later: int) -> int:
        at = f"{first_day + timedelta(days=days_later)}T12:00:00"
        row = {"TransactionTime": at, "SettlementTime": at, "MetadataApprovalStatus": None}
        return int(pex.add_row(row)["TransactionId"])

    leaving, late, left = unapproved(3), unapproved(30), unapproved(-2)
    run(posted.user, posted.connection)
    items = posted.user.items(f"/connections/{posted.connection}/backlog")
    rows = {row["pex_id"]: row for row in items}
    assert late not in rows
    row = rows[leaving]
    assert (row["code"], row["outcome"], row["kind"]) == ("NOT_APPROVED", "skipped", "purchase")
    assert row["detail"]
    assert row["fix"] == "Approve it in PEX; the next sync takes it."
    assert (row["amount"], row["merchant"]) == ("-48.60", "North Pier Hardware")
    assert 1 <= row["days_left"] <= 10
    assert row["leaves_on"] > eastern_day(pex.world.now()).isoformat()
    assert (row["left"], rows[left]["left"]) == (False, True)
    assert [one["left"] for one in items] == sorted(one["left"] for one in items)
    page = posted.user.get(f"/connections/{posted.connection}/backlog?limit=1")
    assert len(page["items"]) == 1
    assert page["next_cursor"]
