"""Who tries too often to come in waits, and nobody else does (M45).

The service of these tests stands behind a proxy on this machine, so that each test comes from an
address of its own.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from typing import Any
from uuid import uuid4

import httpx
import pytest
from litestar.connection import ASGIConnection
from litestar.testing import TestClient
from pydantic import ValidationError

from application.ports.pex import PexTokenRefused, PexUnavailable
from domain.refusals import Refusal
from entrypoints.http.app import create_app
from entrypoints.http.limits import SET_OUTS, SIGN_INS, WINDOW, WRONG_TOKENS, Use, attempting
from entrypoints.http.refusals import TooManyRequests
from entrypoints.settings import Settings
from http_running import Running
from sandbox import company

Problem = Callable[[httpx.Response], dict[str, Any]]
PATH = "/api/v1/connections"
WRONG = {"Authorization": "Bearer pexbc_wrong"}
numbers = count(1)


@pytest.fixture
def address() -> str:
    """An address that nobody came from yet."""
    return f"203.0.113.{next(numbers)}"


@pytest.fixture
def caller(running: Running, address: str) -> Iterator[httpx.Client]:
    """Somebody at that address, on this service's own pages."""
    headers = {"X-Forwarded-For": address, "Origin": running.url}
    with httpx.Client(base_url=running.url, headers=headers, timeout=30) as client:
        yield client


@contextmanager
def served(running: Running, **settings: Any) -> Iterator[TestClient[Any]]:
    """The same service with other settings, reached from the address `testclient`."""
    services = running.services
    changed = services.settings.model_copy(update=settings)
    with TestClient(create_app(replace(services, settings=changed))) as client:
        yield client


def is_stopped(answer: httpx.Response) -> bool:
    """Whether somebody was told to wait, and for how long."""
    if answer.status_code != 429:
        return False
    assert 1 <= int(answer.headers["retry-after"]) <= WINDOW.total_seconds()
    assert "TOO_MANY_ATTEMPTS" in answer.text
    return True


def use_up(caller: httpx.Client, **headers: str) -> httpx.Response:
    """Send wrong tokens, one more than an address may."""
    for _ in range(WRONG_TOKENS.most):
        assert caller.get(PATH, headers={**WRONG, **headers}).status_code == 401
    return caller.get(PATH, headers={**WRONG, **headers})


# --- wrong API tokens ------------------------------------------------------------------------


def test_wrong_tokens_from_one_address_are_stopped(caller: httpx.Client, problem: Problem) -> None:
    stopped = use_up(caller)
    assert is_stopped(stopped)
    assert "five minutes" in problem(stopped)["fix"]


def test_a_good_token_is_let_in_from_anywhere_whatever_others_tried(
    running: Running, caller: httpx.Client
) -> None:
    good = {"Authorization": f"Bearer {running.token('operator')}"}
    assert is_stopped(use_up(caller))
    assert caller.get(PATH, headers=good).status_code == 200
    assert caller.get(PATH, headers={**good, "X-Forwarded-For": "198.51.100.1"}).status_code == 200


def test_another_address_is_not_stopped_by_it(caller: httpx.Client) -> None:
    assert is_stopped(use_up(caller))
    elsewhere = {**WRONG, "X-Forwarded-For": "198.51.100.2"}
    assert caller.get(PATH, headers=elsewhere).status_code == 401


def test_a_revoked_token_is_a_wrong_one(running: Running, caller: httpx.Client) -> None:
    tokens, now = running.services.api_tokens, running.services.clock.now()
    token, secret = tokens.create("gone", "admin", (), "test", now)
    tokens.revoke(token.id, "test", now)
    assert is_stopped(use_up(caller, Authorization=f"Bearer {secret}"))


def test_requests_without_a_token_are_no_attempts(caller: httpx.Client) -> None:
    statuses = {caller.get(PATH).status_code for _ in range(WRONG_TOKENS.most + 2)}
    assert statuses == {401}


def test_an_ipv6_client_is_counted_by_its_network(caller: httpx.Client) -> None:
    one, same, other = "2001:db8:0:1::5", "2001:db8:0:1:ffff::9", "2001:db8:0:2::5"
    assert is_stopped(use_up(caller, **{"X-Forwarded-For": one}))
    assert is_stopped(caller.get(PATH, headers={**WRONG, "X-Forwarded-For": same}))
    assert caller.get(PATH, headers={**WRONG, "X-Forwarded-For": other}).status_code == 401


# --- proxies ---------------------------------------------------------------------------------


def test_who_makes_up_addresses_in_front_of_the_proxys_is_found_out(
    caller: httpx.Client, address: str
) -> None:
    def made_up(number: int) -> dict[str, str]:
        return {**WRONG, "X-Forwarded-For": f"198.51.100.{number}, {address}"}

    for number in range(WRONG_TOKENS.most):
        assert caller.get(PATH, headers=made_up(number)).status_code == 401
    assert is_stopped(caller.get(PATH, headers=made_up(99)))


def test_two_lines_of_the_header_are_read_as_one(caller: httpx.Client, address: str) -> None:
    def made_up(number: int) -> list[tuple[str, str]]:
        lines = [f"198.51.100.{number}", address]
        return [*WRONG.items(), *(("X-Forwarded-For", line) for line in lines)]

    for number in range(WRONG_TOKENS.most):
        assert caller.get(PATH, headers=made_up(number)).status_code == 401
    assert is_stopped(caller.get(PATH, headers=made_up(99)))


def test_a_proxy_behind_the_proxy_is_passed_over(caller: httpx.Client, address: str) -> None:
    assert is_stopped(use_up(caller, **{"X-Forwarded-For": f"{address}, 127.0.0.1"}))
    assert is_stopped(caller.get(PATH, headers={**WRONG, "X-Forwarded-For": address}))


def test_nobody_is_believed_about_addresses_where_no_proxy_is_named(running: Running) -> None:
    with served(running, trusted_proxies="") as client:
        for number in range(WRONG_TOKENS.most):
            made_up = {**WRONG, "X-Forwarded-For": f"198.51.100.{number}"}
            assert client.get(PATH, headers=made_up).status_code == 401
        made_up = {**WRONG, "X-Forwarded-For": "198.51.100.99"}
        assert is_stopped(client.get(PATH, headers=made_up))


@pytest.mark.parametrize("proxies", ["*", "proxy.example", "10.0.0.0/8,everybody", "10.0.0.1/8"])
def test_proxies_that_are_no_addresses_are_refused_at_the_start(proxies: str) -> None:
    with pytest.raises(ValidationError, match="addresses or networks"):
        Settings.of({"PEXBC_TRUSTED_PROXIES": proxies})


def test_proxies_are_addresses_and_networks() -> None:
    settings = Settings.of({"PEXBC_TRUSTED_PROXIES": " 10.0.0.0/8, 192.0.2.7 ,2001:db8::/32,"})
    assert settings.trusted_proxies == "10.0.0.0/8,192.0.2.7/32,2001:db8::/32"
    assert Settings.of({}).trusted_proxies == ""


# --- signing in ------------------------------------------------------------------------------


def test_wrong_sign_ins_are_stopped_and_good_ones_are_not(
    running: Running, caller: httpx.Client
) -> None:
    for _ in range(SIGN_INS.most):
        assert caller.post("/sign-in", data={"token": "pexbc_wrong"}).status_code == 401
    assert is_stopped(caller.post("/sign-in", data={"token": "pexbc_wrong"}))
    good = {"token": running.token("admin")}
    assert caller.post("/sign-in", data=good).status_code == 303


@pytest.mark.parametrize("place", ["/sign-in", "/connect", PATH])
def test_wrong_pex_tokens_are_stopped_wherever_they_are_given(
    running: Running, caller: httpx.Client, place: str
) -> None:
    caller.headers["Authorization"] = f"Bearer {running.token('admin')}"

    def give(token: str) -> httpx.Response:
        if place == PATH:
            return caller.post(place, json={"pex": {"token": token}})
        return caller.post(place, data={"token": token})

    for _ in range(SIGN_INS.most):
        assert give("nobody's").status_code == 422
    assert is_stopped(give("nobody's"))
    assert is_stopped(give(company.PREPAID_TOKEN)), "PEX is asked nothing more"


def test_sign_ins_that_succeed_are_no_attempts(caller: httpx.Client) -> None:
    for _ in range(SIGN_INS.most + 2):
        answer = caller.post("/sign-in", data={"token": company.PREPAID_TOKEN})
        assert answer.status_code == 303


@pytest.mark.parametrize(
    ("refusal", "counted"), [(PexUnavailable("away"), 0), (PexTokenRefused("wrong"), 1)]
)
def test_a_sign_in_that_pex_does_not_refuse_is_no_attempt(
    running: Running, address: str, refusal: Refusal, counted: int
) -> None:
    services = running.services
    connection: Any = ASGIConnection({"type": "http", "client": (address, 1)})  # type: ignore[arg-type] # no more is read
    with pytest.raises(type(refusal)), attempting(services, connection):
        raise refusal
    found = services.attempts.counted(SIGN_INS.what, address, services.clock.now(), WINDOW)
    assert found is not None
    assert found.count == counted


def test_no_address_sets_out_for_other_sites_without_end(
    running: Running, caller: httpx.Client, connected: str
) -> None:
    caller.headers["Authorization"] = f"Bearer {running.token('admin', company.PREPAID_BUSINESS)}"
    page, api = f"/connections/{connected}/connect/delegated", f"{PATH}/{connected}/microsoft"
    begin: list[Callable[[], httpx.Response]] = [
        lambda: caller.post("/sign-in/pex", data={"next": "/"}),
        lambda: caller.post(page, data={"environment": company.ENVIRONMENT}),
        lambda: caller.post(api, json={"mode": "delegated", "environment": company.ENVIRONMENT}),
    ]
    for number in range(SET_OUTS.most):
        assert begin[number % 3]().status_code in (200, 303)
    for one in begin:
        assert is_stopped(one())


# --- the use of tokens -----------------------------------------------------------------------


def test_a_token_that_asks_too_much_waits_and_others_do_not(
    running: Running, problem: Problem
) -> None:
    with served(running, api_requests_per_minute=3) as client:
        busy, other = ({"Authorization": f"Bearer {running.token('operator')}"} for _ in "ab")
        for _ in range(3):
            assert client.get(PATH, headers=busy).status_code == 200
        stopped = client.get(PATH, headers=busy)
        assert stopped.status_code == 429
        assert problem(stopped)["code"] == "TOO_MANY_REQUESTS"
        assert 1 <= int(stopped.headers["retry-after"]) <= 60
        assert client.get(PATH, headers=other).status_code == 200


def test_a_session_that_asks_too_much_waits(running: Running) -> None:
    services = running.services
    with served(running, api_requests_per_minute=3) as client:
        client.cookies["pexbc"] = services.browser_sessions.begin(
            "busy", "operator", (), services.clock.now()
        )
        statuses = [client.get("/connections").status_code for _ in range(4)]
    assert statuses == [200, 200, 200, 429]


def test_a_minute_later_it_is_heard_again_and_in_the_end_forgotten() -> None:
    now, user = [0.0], uuid4()
    use = Use(2, lambda: now[0])
    use.take(user)
    now[0] = 40
    use.take(user)
    with pytest.raises(TooManyRequests) as refused:
        use.take(user)
    assert refused.value.retry_after == 20
    now[0] = 60
    use.take(user)
    assert use.kept() == 1
    now[0] = 120
    use.take(uuid4())
    assert use.kept() == 1
