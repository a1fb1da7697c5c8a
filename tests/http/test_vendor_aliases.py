"""Vendor aliases over the API, and the vendors that a preview would create (M17, M22)."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from entrypoints.demo.company import ApiUser
from http_running import Running
from sandbox import company

Problem = Callable[[httpx.Response], dict[str, Any]]


@pytest.fixture(scope="module")
def admin(running: Running, connected: str) -> Iterator[httpx.Client]:
    with running.client(running.token("admin", company.PREPAID_BUSINESS)) as client:
        yield client


@pytest.fixture
def path(connected: str) -> str:
    return f"/api/v1/connections/{connected}/vendor-aliases"


def merchants(admin: httpx.Client, path: str) -> dict[str, str]:
    """The number of each merchant's vendor."""
    answer = admin.get(path).json()
    assert answer["next_cursor"] is None
    return {one["merchant"]: one["vendor"]["number"] for one in answer["items"]}


def test_an_alias_is_put_listed_replaced_and_removed(admin: httpx.Client, path: str) -> None:
    put = admin.put(path, json={"merchant": "CRNR DELI #7", "vendor": "10020"})
    assert put.status_code == 200
    body = put.json()
    assert body["vendor"]["name"] == "Corner Deli"
    assert body["actor"] == "admin:a admin"
    assert merchants(admin, path) == {"CRNR DELI #7": "10020"}
    admin.put(path, json={"merchant": "crnr-deli 7", "vendor": body["vendor"]["id"]})
    assert merchants(admin, path) == {"crnr-deli 7": "10020"}
    assert admin.delete(path, params={"merchant": "CRNR DELI 7"}).status_code == 204
    assert merchants(admin, path) == {}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"merchant": "A", "vendor": "99999"}, "VENDOR_UNKNOWN"),
        ({"merchant": "  ", "vendor": "10020"}, "MERCHANT_UNREADABLE"),
        ({"merchant": "A", "vendor": "N-BLOCKED"}, "VENDOR_BLOCKED"),
        ({"merchant": "A", "vendor": "N-EURO"}, "VENDOR_CURRENCY"),
    ],
)
def test_a_vendor_that_cannot_be_used_is_refused_with_its_code(
    running: Running,
    admin: httpx.Client,
    path: str,
    problem: Problem,
    body: dict[str, str],
    code: str,
) -> None:
    books = running.sandbox.business_central
    if body["vendor"].startswith("N-"):
        more = {"currency": "EUR"} if body["vendor"] == "N-EURO" else {"blocked": "All"}
        books.add_vendors([{"number": body["vendor"], "name": body["vendor"], **more}])
    refused = admin.put(path, json=body)
    assert refused.status_code == 422
    assert problem(refused)["code"] == code
    assert merchants(admin, path) == {}


def test_an_alias_that_is_not_there_is_not_found(
    admin: httpx.Client, path: str, problem: Problem
) -> None:
    missing = admin.delete(path, params={"merchant": "Nobody"})
    assert missing.status_code == 404
    assert problem(missing)["code"] == "VENDOR_ALIAS_UNKNOWN"


def test_aliases_are_described(anonymous: httpx.Client) -> None:
    described = anonymous.get("/openapi.json").json()["paths"]
    routes = described["/api/v1/connections/{connection_id}/vendor-aliases"]
    assert set(routes) == {"get", "put", "delete"}
    assert "422" in routes["put"]["responses"]
    (merchant,) = [one for one in routes["delete"]["parameters"] if one["in"] == "query"]
    assert (merchant["name"], merchant["required"]) == ("merchant", True)


def test_a_preview_shows_the_vendors_that_it_would_create(user: ApiUser, connected: str) -> None:
    path = f"/connections/{connected}/settings"
    read = user.call("GET", path)
    body = read.json()
    body["purchases"] |= {"vendor_per_merchant": True, "add_vendor_to_company": True}
    user.call("PUT", path, body, **{"If-Match": read.headers["etag"]})
    run = user.run(connected, preview=True, watch=lambda _run: None)
    rows = user.items(f"/runs/{run['id']}/transactions?outcome=would_post")
    new = [row for row in rows if row["new_vendor"]]
    assert new
    for row in rows:
        numbers = [
            line["account_number"] for line in row["lines"] if line["account_type"] == "Vendor"
        ]
        assert (numbers == ["(new)"] * 2) is bool(row["new_vendor"])
