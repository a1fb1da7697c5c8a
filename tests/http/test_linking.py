"""A second PEX business uses the Microsoft sign-in of the first (M5)."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from entrypoints.demo.company import ApiUser, wait_until
from http_running import Running
from sandbox import company

Problem = Callable[[httpx.Response], dict[str, Any]]
BOTH = (company.PREPAID_BUSINESS, company.CREDIT_BUSINESS)


@pytest.fixture
def owner(running: Running, connected: str) -> Iterator[ApiUser]:
    """Somebody who administers both businesses."""
    owner = ApiUser(running.url, running.token("admin", *BOTH))
    yield owner
    owner.close()


@pytest.fixture
def second(owner: ApiUser) -> str:
    body = {"pex": {"token": company.CREDIT_TOKEN}}
    return str(owner.call("POST", "/connections", body).json()["id"])


def link(user: ApiUser, connection: str, other: str) -> Any:
    body = {"mode": "link", "connection_id": other}
    return user.call("POST", f"/connections/{connection}/microsoft", body).json()


def test_a_linked_business_becomes_ready_by_itself(
    owner: ApiUser, connected: str, second: str
) -> None:
    linked = link(owner, second, connected)["microsoft"]
    assert (linked["mode"], linked["connection_id"]) == ("link", connected)
    assert linked["environment"] == company.ENVIRONMENT
    path = f"/connections/{second}"
    wait_until(lambda: owner.get(path)["status"] == "connected_ready", "connected_ready")
    assert owner.get(f"{path}/choices")["companies"]


def test_parting_the_first_leaves_the_linked_one_working_and_the_other_way_round(
    owner: ApiUser, connected: str, second: str, running: Running
) -> None:
    link(owner, second, connected)
    owner.call("DELETE", f"/connections/{connected}")
    assert owner.get(f"/connections/{second}/choices")["companies"]
    owner.call("POST", "/connections", {"pex": {"token": company.PREPAID_TOKEN}})
    link(owner, connected, second)
    owner.call("DELETE", f"/connections/{second}")
    assert owner.get(f"/connections/{connected}/choices")["companies"]
    assert owner.get(f"/connections/{second}")["status"] == "disconnected"


def test_only_somebody_who_administers_both_businesses_can_link(
    running: Running, connected: str, second: str, problem: Problem
) -> None:
    with running.client(running.token("admin", company.CREDIT_BUSINESS)) as stranger:
        body = {"mode": "link", "connection_id": connected}
        answer = stranger.post(f"/api/v1/connections/{second}/microsoft", json=body)
    assert (answer.status_code, problem(answer)["code"]) == (404, "NOT_FOUND")


@pytest.mark.parametrize(
    ("other", "status", "code"),
    [
        (lambda own: own, 409, "NOTHING_TO_LINK"),
        (lambda _own: str(uuid4()), 404, "NOT_FOUND"),
        (lambda _own: None, 422, "INVALID_INPUT"),
    ],
)
def test_what_cannot_be_linked_is_told(
    running: Running,
    second: str,
    problem: Problem,
    other: Callable[[str], str | None],
    status: int,
    code: str,
) -> None:
    with running.client(running.token("admin", *BOTH)) as client:
        body = {"mode": "link", "connection_id": other(second)}
        answer = client.post(f"/api/v1/connections/{second}/microsoft", json=body)
    assert (answer.status_code, problem(answer)["code"]) == (status, code)
