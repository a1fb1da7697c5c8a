"""An id of another tenant inside a request is as good as none (M5, M45)."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from http_running import Running
from sandbox import company

Problem = Callable[[httpx.Response], dict[str, Any]]


@pytest.fixture(scope="module")
def owner(running: Running, connected: str) -> Iterator[httpx.Client]:
    """The admin of the credit business alone, and of nothing that `connected` is of."""
    with running.client(running.token("admin", company.CREDIT_BUSINESS)) as client:
        yield client


@pytest.fixture(scope="module")
def own(owner: httpx.Client) -> str:
    body = {"pex": {"token": company.CREDIT_TOKEN}}
    return str(owner.post("/api/v1/connections", json=body).json()["id"])


@pytest.fixture(scope="module")
def browser(running: Running) -> Iterator[httpx.Client]:
    """The same admin, signed in with a browser."""
    services = running.services
    secret = services.browser_sessions.begin(
        "owner", "admin", [company.CREDIT_BUSINESS], services.clock.now()
    )
    headers = {"Cookie": f"pexbc={secret}", "Origin": running.url}
    with httpx.Client(base_url=running.url, headers=headers, timeout=30) as client:
        yield client


def alike(one: httpx.Response, other: httpx.Response, *ids: str) -> bool:
    """Whether two answers say the same, but for the ids that were asked for."""
    texts = [one.text, other.text]
    for an_id in ids:
        texts = [text.replace(an_id, "") for text in texts]
    return one.status_code == other.status_code and texts[0] == texts[1]


def test_no_sign_in_is_borrowed_from_another_tenants_connection(
    owner: httpx.Client, own: str, connected: str, problem: Problem
) -> None:
    path = f"/api/v1/connections/{own}/microsoft"
    body = {"mode": "link", "connection_id": connected}
    anothers = owner.post(path, json=body)
    nobodys = owner.post(path, json=body | {"connection_id": str(uuid4())})
    assert problem(anothers)["code"] == "NOT_FOUND"
    assert anothers.json() == nobodys.json()
    assert owner.get(f"/api/v1/connections/{own}").json()["microsoft"] is None


def test_nor_with_the_form_of_the_page(
    browser: httpx.Client, own: str, connected: str, running: Running
) -> None:
    path, nobody = f"/connections/{own}/connect/link", str(uuid4())
    anothers = browser.post(path, data={"other": connected})
    nobodys = browser.post(path, data={"other": nobody})
    assert anothers.status_code == 404
    assert alike(anothers, nobodys, connected, nobody)


def test_the_page_that_offers_sign_ins_to_borrow_names_no_other_tenants(
    browser: httpx.Client, own: str, connected: str
) -> None:
    text = browser.get(f"/connections/{own}/connect").text
    assert connected not in text
    assert company.PREPAID_NAME not in text


def test_no_pex_sign_in_is_begun_for_another_tenants_connection(
    browser: httpx.Client, connected: str
) -> None:
    nobody = str(uuid4())
    anothers = browser.post("/sign-in/pex", data={"connection": connected})
    nobodys = browser.post("/sign-in/pex", data={"connection": nobody})
    assert anothers.status_code == 404
    assert alike(anothers, nobodys, connected, nobody)


def test_a_connection_takes_no_other_business_in(
    browser: httpx.Client, own: str, running: Running
) -> None:
    path = f"/connections/{own}/connect/pex"
    refused = browser.post(path, data={"token": company.PREPAID_TOKEN})
    assert "OTHER_PEX_BUSINESS" in refused.text


def test_the_books_are_verified_within_the_scope_alone(running: Running, connected: str) -> None:
    path = "/api/v1/audit/verify"
    for role in ("support", "operator"):
        with running.client(running.token(role, company.CREDIT_BUSINESS)) as client:
            anothers = client.post(path, json={"connection_id": connected})
            nobodys = client.post(path, json={"connection_id": str(uuid4())})
            assert anothers.status_code == 404
            assert anothers.json() == nobodys.json()


def test_lists_name_the_own_connections_alone(
    owner: httpx.Client, own: str, connected: str, running: Running
) -> None:
    listed = owner.get("/api/v1/connections").json()["items"]
    assert [one["id"] for one in listed] == [own]
    with running.client(running.token("operator")) as operator:
        everything = {one["id"] for one in operator.get("/api/v1/connections").json()["items"]}
    assert {own, connected} <= everything


def test_the_page_of_all_connections_names_the_own_alone(
    browser: httpx.Client, own: str, connected: str
) -> None:
    text = browser.get("/connections").text
    assert own in text
    assert connected not in text
    assert company.PREPAID_NAME not in text


def test_a_cursor_of_anothers_list_opens_nothing_of_it(
    running: Running, owner: httpx.Client, own: str, connected: str
) -> None:
    with running.client(running.token("operator")) as operator:
        first = operator.get("/api/v1/connections", params={"limit": 1}).json()
    carried = owner.get("/api/v1/connections", params={"cursor": first["next_cursor"]})
    assert connected not in carried.text
