"""Connect, choose, configure, preview, run and read, by the API alone."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from entrypoints.demo.company import ApiUser, wait_until
from http_running import Running
from sandbox import company

Problem = Callable[[httpx.Response], dict[str, Any]]


def days_ago(days: int) -> str:
    return (datetime.now(UTC).date() - timedelta(days=days)).isoformat()


@pytest.fixture(scope="module")
def admin(running: Running, user: ApiUser, connected: str) -> Iterator[httpx.Client]:
    token = running.token("admin", company.PREPAID_BUSINESS)
    with running.client(token) as client:
        yield client


@pytest.fixture(scope="module")
def finished(user: ApiUser, connected: str) -> dict[str, Any]:
    return user.run(connected, preview=False, watch=lambda _run: None)


def test_a_connection_tells_business_microsoft_company_and_status(
    user: ApiUser, connected: str
) -> None:
    path = f"/connections/{connected}"
    wait_until(lambda: user.get(path)["status"] == "connected_ready", "connected_ready")
    shown = user.get(path)
    assert shown["business"]["id"] == company.PREPAID_BUSINESS
    assert shown["business"]["funding"] == "prepaid"
    assert shown["microsoft"]["mode"] == "service"
    assert shown["company"] == {"id": company.COMPANY_ID, "name": company.COMPANY_DISPLAY_NAME}


def test_connecting_again_replaces_the_token_and_answers_200(user: ApiUser, connected: str) -> None:
    answer = user.call("POST", "/connections", {"pex": {"token": company.PREPAID_TOKEN}})
    assert answer.status_code == 200
    assert answer.json()["id"] == connected


def test_choices_list_accounts_dimensions_and_tags(user: ApiUser, connected: str) -> None:
    choices = user.get(f"/connections/{connected}/choices?company_id={company.COMPANY_ID}")
    assert {"number", "name", "category", "usable", "id"} == choices["accounts"][0].keys()
    dimensions = {one["code"]: one["values"] for one in choices["dimensions"]}
    assert {value["code"] for value in dimensions["DEPARTMENT"]} >= {"ADM", "OPS"}
    assert company.EXPENSE_TAG in {tag["id"] for tag in choices["pex_tags"]}


def test_a_run_is_accepted_with_its_place_and_comes_to_an_end(finished: dict[str, Any]) -> None:
    assert finished["status"] == "partly_failed"
    assert finished["counts"]["posted"] > 20
    assert finished["duration_seconds"] > 0
    assert finished["progress"]["phase"] == "over"


def test_posted_rows_bear_balanced_lines_and_a_document_number(
    user: ApiUser, finished: dict[str, Any]
) -> None:
    rows = user.items(f"/runs/{finished['id']}/transactions?outcome=posted")
    assert len(rows) == finished["counts"]["posted"]
    for row in rows:
        assert sum(Decimal(line["amount"]) for line in row["lines"]) == 0
        assert row["document_number"] == f"PEX-{row['pex_id']}-X1"


def test_failed_rows_say_why_and_what_to_do(user: ApiUser, finished: dict[str, Any]) -> None:
    rows = user.items(f"/runs/{finished['id']}/transactions?outcome=failed")
    assert rows
    assert all(row["code"] and row["detail"] and row["fix"] for row in rows)


def test_a_transaction_tells_where_it_is_and_its_story(
    user: ApiUser, connected: str, finished: dict[str, Any]
) -> None:
    row = user.items(f"/runs/{finished['id']}/transactions?outcome=posted")[0]
    path = f"/connections/{connected}/transactions/{row['kind']}/{row['pex_id']}"
    shown = user.get(path)
    assert shown["place"] == "journal"
    assert all(line["line_number"] >= 700_000 and line["id"] for line in shown["lines"])
    events = user.get(f"{path}/events")["items"]
    assert [one["topic"].partition(".")[2] for one in events] == [
        "seen",
        "reserved",
        "submitted",
        "confirmed",
    ]
    until = events[1]["position"]
    assert len(user.get(f"{path}/events?as_of={until}")["items"]) == 2


def test_the_ledger_can_be_filtered_and_searched(
    user: ApiUser, connected: str, finished: dict[str, Any]
) -> None:
    path = f"/connections/{connected}/transactions"
    posted = user.items(f"{path}?outcome=posted&kind=purchase")
    assert posted
    assert {row["outcome"] for row in posted} == {"posted"}
    one = posted[0]
    found = user.items(f"{path}?q={one['pex_id']}")
    assert [row["pex_id"] for row in found] == [one["pex_id"]]
    assert user.items(f"{path}?from=2999-01-01") == []


def test_a_second_run_posts_nothing(user: ApiUser, connected: str, finished: Any) -> None:
    again = user.run(connected, preview=False, watch=lambda _run: None)
    assert again["counts"]["posted"] == 0
    assert again["counts"]["already_posted"] == finished["counts"]["posted"]


def test_a_preview_shows_lines_and_writes_nothing(
    user: ApiUser, running: Running, connected: str, finished: Any
) -> None:
    before = len(_lines(running))
    preview = user.run(connected, preview=True, watch=lambda _run: None)
    assert preview["preview"] is True
    assert len(_lines(running)) == before


def _lines(running: Running) -> list[Any]:
    return running.sandbox.business_central.lines()


def test_the_stream_ends_with_the_run_as_it_ended(
    running: Running, user: ApiUser, connected: str, finished: dict[str, Any]
) -> None:
    token = running.token("admin", company.PREPAID_BUSINESS)
    with (
        running.client(token) as client,
        client.stream("GET", f"/api/v1/runs/{finished['id']}/stream") as response,
    ):
        assert response.headers["content-type"].startswith("text/event-stream")
        text = "".join(response.iter_text())
    assert text.count("event: run") == 1
    assert '"phase":"over"' in text


def test_settings_are_saved_only_over_the_version_that_was_read(
    running: Running, user: ApiUser, connected: str, admin: httpx.Client, problem: Problem
) -> None:
    path = f"/api/v1/connections/{connected}/settings"
    read = admin.get(path)
    body = read.json()
    missing = admin.put(path, json=body)
    assert problem(missing)["code"] == "IF_MATCH_REQUIRED"
    assert missing.status_code == 428
    stale = admin.put(path, json=body, headers={"If-Match": '"0"'})
    assert problem(stale)["code"] == "SETTINGS_CHANGED"
    assert stale.status_code == 409
    saved = admin.put(path, json=body, headers={"If-Match": read.headers["etag"]})
    assert saved.status_code == 200
    assert saved.headers["etag"] != read.headers["etag"]


def test_a_version_can_be_read_again_and_compared(user: ApiUser, connected: str) -> None:
    path = f"/connections/{connected}/settings"
    versions = user.get(f"{path}/versions")["items"]
    assert versions[-1]["version"] == 1
    assert versions[-1]["actor"].startswith("admin:")
    first = user.get(f"{path}/versions/1")
    assert first["company_id"] == company.COMPANY_ID
    changes = user.get(f"{path}/diff?from=0&to=1")["items"]
    assert {"path": "/company_id", "from": None, "to": company.COMPANY_ID} in changes


def test_every_field_of_wrong_settings_is_named_with_its_fix(
    admin: httpx.Client, connected: str, problem: Problem
) -> None:
    path = f"/api/v1/connections/{connected}/settings"
    read = admin.get(path)
    body = read.json()
    body["pex_account_id"] = "68000"
    body["start_date"] = "2020-01-01"
    body["fees"]["account_id"] = "60000"
    body["rebates"]["account_id"] = "66900"
    body["purchases"]["mappings"][0]["source"]["default"] = "99999"
    body["purchases"]["mappings"][1]["source"]["tag_id"] = company.MEMO_TAG
    body["purchases"]["mappings"][2]["source"]["tag_id"] = "nowhere"
    refused = admin.put(path, json=body, headers={"If-Match": read.headers["etag"]})
    assert refused.status_code == 422
    errors = {one["pointer"]: one["code"] for one in problem(refused)["errors"]}
    assert errors == {
        "/start_date": "DATES_REFUSED",
        "/pex_account_id": "ACCOUNT_CATEGORY",
        "/purchases/mappings/0/source/default": "ACCOUNT_UNKNOWN",
        "/purchases/mappings/1/source/tag_id": "TAG_NOT_DROPDOWN",
        "/purchases/mappings/2/source/tag_id": "TAG_UNKNOWN",
        "/fees/account_id": "ACCOUNT_NOT_POSTABLE",
        "/rebates/account_id": "ACCOUNT_BLOCKED",
    }
    assert all(one["fix"] for one in problem(refused)["errors"])


def test_an_unknown_member_and_a_wrong_type_are_named(
    admin: httpx.Client, connected: str, problem: Problem
) -> None:
    path = f"/api/v1/connections/{connected}/settings"
    etag = admin.get(path).headers["etag"]
    odd = admin.put(path, json={"purchases": {"enabld": True}}, headers={"If-Match": etag})
    assert problem(odd)["errors"][0]["pointer"] == "/purchases/enabld"
    wrong = admin.put(path, json={"start_date": "yesterday"}, headers={"If-Match": etag})
    assert problem(wrong)["errors"][0]["pointer"] == "/start_date"


def test_a_company_that_keeps_its_books_in_euro_is_refused(
    admin: httpx.Client, connected: str, problem: Problem
) -> None:
    path = f"/api/v1/connections/{connected}/settings"
    read = admin.get(path)
    body = read.json() | {"company_id": company.SECOND_COMPANY_ID}
    refused = admin.put(path, json=body, headers={"If-Match": read.headers["etag"]})
    assert "CURRENCY_NOT_USD" in {one["code"] for one in problem(refused)["errors"]}


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        ({"kinds": ["fees", "tag_options"]}, "KIND_NOT_ON", None),
        ({"kinds": ["fees", "wishes"]}, "INVALID_INPUT", "/kinds/1"),
        ({"start_date": "2026-02-30"}, "INVALID_INPUT", "/start_date"),
        ({"kinds": "fees"}, "INVALID_INPUT", "/kinds"),
        ({"kinds": []}, "INVALID_INPUT", "/kinds"),
        ({"start_date": "2019-01-01"}, "DATES_REFUSED", "/start_date"),
        ({"start_date": days_ago(30), "end_date": days_ago(34)}, "DATES_REFUSED", "/end_date"),
        ({"kinds": ["bill_payments"]}, "KIND_NOT_ON", None),
    ],
)
def test_a_run_that_cannot_be_is_refused_by_field(
    admin: httpx.Client,
    connected: str,
    problem: Problem,
    body: dict[str, Any],
    code: str,
    pointer: str | None,
) -> None:
    refused = admin.post(f"/api/v1/connections/{connected}/runs", json=body)
    assert refused.status_code == 422
    assert problem(refused)["code"] == code
    if pointer:
        assert problem(refused)["errors"][0]["pointer"] == pointer


def test_a_wrong_pex_token_is_refused_without_being_repeated(
    user: ApiUser, running: Running, connected: str, problem: Problem
) -> None:
    with running.client(running.token("admin")) as client:
        refused = client.post("/api/v1/connections", json={"pex": {"token": "canary-9f3a77"}})
    assert refused.status_code == 422
    assert problem(refused)["code"] == "PEX_TOKEN_REFUSED"
    assert "canary-9f3a77" not in refused.text


def test_a_wrong_tenant_and_a_wrong_environment_say_what_to_do(
    admin: httpx.Client, connected: str, problem: Problem
) -> None:
    path = f"/api/v1/connections/{connected}/microsoft"
    tenant = "00000000-0000-4000-8000-000000000000"
    wrong = admin.post(path, json={"mode": "service", "tenant_id": tenant})
    assert wrong.status_code == 422
    assert problem(wrong)["code"] == "MICROSOFT_SIGN_IN_REFUSED"
    body = {"mode": "service", "tenant_id": company.TENANT, "environment": "Nowhere"}
    nowhere = admin.post(path, json=body)
    assert problem(nowhere)["code"] in ("ENVIRONMENT_NOT_FOUND", "BC_REFUSED")
    good = body | {"environment": company.ENVIRONMENT}
    assert admin.post(path, json=good).status_code == 200
