"""Callbacks of PEX over HTTP: the switch, and what the receiving address lets in."""

import base64
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from domain.schedule import AT_REST, QUARTER
from entrypoints.demo.company import ApiUser, DemoFailed
from entrypoints.http.callbacks import MAX_CALLBACK_BYTES
from entrypoints.http.limits import WRONG_CALLBACKS
from http_running import Running, forget_attempts
from sandbox import company
from sandbox.faults import Fault

Problem = Callable[[httpx.Response], dict[str, Any]]
SECRET = company.PREPAID_CALLBACK_SECRET
BODY = b'{"CallbackTime": "2026-11-24T10:00:00-05:00", "Data": {"TransactionAmount": -48.60}}'


@pytest.fixture(autouse=True)
def nobody_failed_yet(running: Running) -> None:
    """Wrong secrets of the other tests are forgotten."""
    forget_attempts(running.services)


@pytest.fixture
def on(user: ApiUser, connected: str) -> Iterator[str]:
    """The id of a connection that syncs by itself, and that PEX calls back."""
    user.call("PUT", f"/connections/{connected}/auto-sync", {"enabled": True})
    switch(user, connected, enabled=True, secret=SECRET)
    yield connected
    switch(user, connected, enabled=False)
    user.call("PUT", f"/connections/{connected}/auto-sync", {"enabled": False})


def switch(user: ApiUser, connection: str, **body: object) -> Any:
    return user.call("PUT", f"/connections/{connection}/callbacks", body).json()["callbacks"]


def basic(secret: str) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(secret.encode()).decode()}"}


def call_back(
    client: httpx.Client, connection: object, secret: str = SECRET, body: bytes = BODY
) -> httpx.Response:
    return client.post(f"/pex/callbacks/{connection}", content=body, headers=basic(secret))


def next_at(user: ApiUser, connection: str) -> Any:
    return user.get(f"/connections/{connection}")["auto_sync"]["next_at"]


def subscribed(running: Running, token: str = company.PREPAID_TOKEN) -> list[Any]:
    headers = {"Authorization": f"token {token}"}
    answer = httpx.get(f"{running.sandbox.url}/pex/v4/Callback-Subscription", headers=headers)
    return [one["Url"] for one in answer.json()]


# --- the switch -------------------------------------------------------------------------------


def test_switched_on_pex_knows_the_address_and_switched_off_no_more(
    user: ApiUser, connected: str, running: Running
) -> None:
    assert switch(user, connected, enabled=True, secret=SECRET) == {"enabled": True}
    assert user.get(f"/connections/{connected}")["callbacks"] == {"enabled": True}
    public_url = running.services.settings.public_url
    assert subscribed(running) == [f"{public_url}/pex/callbacks/{connected}"]
    assert switch(user, connected, enabled=True) == {"enabled": True}
    assert len(subscribed(running)) == 1
    assert switch(user, connected, enabled=False) == {"enabled": False}
    assert subscribed(running) == []
    events = running.services.log.history(UUID(connected))
    switched: list[Any] = [
        one.event for one in events if one.topic == "connection.callbacks_switched"
    ]
    assert [(one.enabled, one.actor) for one in switched[-2:]] == [
        (True, "admin:a admin"),
        (False, "admin:a admin"),
    ]
    assert running.services.read_models.differences() == []


def test_without_a_secret_it_stays_off(user: ApiUser, connected: str, running: Running) -> None:
    with pytest.raises(DemoFailed, match="CALLBACK_SECRET_MISSING"):
        switch(user, connected, enabled=True)
    assert subscribed(running) == []


@pytest.mark.parametrize("reached", [True, False])
def test_a_disconnect_ends_callbacks_whether_or_not_pex_can_be_reached(
    running: Running, *, reached: bool
) -> None:
    owner = ApiUser(running.url, running.token("admin", company.CREDIT_BUSINESS))
    made = owner.call("POST", "/connections", {"pex": {"token": company.CREDIT_TOKEN}}).json()["id"]
    switch(owner, made, enabled=True, secret=company.CREDIT_CALLBACK_SECRET)
    if not reached:
        running.sandbox.pex.faults.plant(Fault(method="DELETE", path="callback"))
    owner.call("DELETE", f"/connections/{made}")
    assert owner.get(f"/connections/{made}")["callbacks"] == {"enabled": False}
    assert bool(subscribed(running, company.CREDIT_TOKEN)) is not reached
    with running.client() as client:
        assert call_back(client, made, company.CREDIT_CALLBACK_SECRET).status_code == 401
    owner.close()


# --- the address ------------------------------------------------------------------------------


def test_a_callback_brings_the_next_sync_forward_however_often_it_comes(
    on: str, user: ApiUser, anonymous: httpx.Client, running: Running
) -> None:
    answers = [call_back(anonymous, on) for _ in range(3)]
    assert [(one.status_code, one.content) for one in answers] == [(204, b"")] * 3
    view = running.services.read_models.connection(UUID(on))
    assert view is not None
    assert view.next_at is not None
    assert view.next_at - running.services.clock.now() <= QUARTER + AT_REST
    assert user.get(f"/connections/{on}/runs")["items"] == []


@pytest.mark.parametrize("scheme", ["basic", "BASIC"])
def test_the_scheme_is_known_in_any_case(on: str, anonymous: httpx.Client, scheme: str) -> None:
    secret = basic(SECRET)["Authorization"].removeprefix("Basic")
    answer = anonymous.post(
        f"/pex/callbacks/{on}", content=BODY, headers={"Authorization": scheme + secret}
    )
    assert answer.status_code == 204


def test_without_auto_sync_a_callback_is_taken_and_does_nothing(
    on: str, user: ApiUser, anonymous: httpx.Client
) -> None:
    user.call("PUT", f"/connections/{on}/auto-sync", {"enabled": False})
    assert call_back(anonymous, on).status_code == 204
    assert next_at(user, on) is None


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Basic"},
        {"Authorization": "Basic ?"},
        {"Authorization": f"Bearer {SECRET}"},
        {"Authorization": f"Basic {SECRET}"},
        basic("wrong"),
        basic(company.CREDIT_CALLBACK_SECRET),
        basic(SECRET + "\n"),
    ],
)
def test_a_wrong_secret_changes_nothing_and_learns_nothing(
    on: str,
    user: ApiUser,
    anonymous: httpx.Client,
    problem: Problem,
    headers: dict[str, str],
) -> None:
    before = next_at(user, on)
    refused = anonymous.post(f"/pex/callbacks/{on}", content=BODY, headers=headers)
    unknown = anonymous.post(f"/pex/callbacks/{uuid4()}", content=b"", headers=headers)
    assert refused.status_code == 401
    assert problem(refused)["code"] == "CALLBACK_REFUSED"
    assert refused.headers["www-authenticate"] == "Basic"
    assert problem(refused) == problem(unknown)
    assert next_at(user, on) == before


def test_another_tenants_secret_opens_nothing_and_its_own_only_its_own(
    on: str, user: ApiUser, anonymous: httpx.Client, running: Running
) -> None:
    other = ApiUser(running.url, running.token("admin", company.CREDIT_BUSINESS))
    made = other.call("POST", "/connections", {"pex": {"token": company.CREDIT_TOKEN}}).json()["id"]
    switch(other, made, enabled=True, secret=company.CREDIT_CALLBACK_SECRET)
    before = next_at(user, on)
    assert call_back(anonymous, made, company.CREDIT_CALLBACK_SECRET).status_code == 204
    assert call_back(anonymous, on, company.CREDIT_CALLBACK_SECRET).status_code == 401
    assert call_back(anonymous, made, SECRET).status_code == 401
    assert next_at(user, on) == before
    switch(other, made, enabled=False)
    other.close()


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff\xfe", b"[]", b"null", b'"x"', b"1e999999", b'{"a":' * 9_000]
)
def test_what_is_no_object_is_refused_though_it_bears_the_secret(
    on: str, user: ApiUser, anonymous: httpx.Client, problem: Problem, body: bytes
) -> None:
    before = next_at(user, on)
    refused = call_back(anonymous, on, body=body)
    assert refused.status_code == 400
    assert problem(refused)["code"] == "BODY_NOT_JSON"
    assert next_at(user, on) == before


@pytest.mark.parametrize("secret", [SECRET, "wrong"])
def test_a_large_body_is_refused_unread(
    on: str, anonymous: httpx.Client, problem: Problem, secret: str
) -> None:
    body = b'{"Data": "' + b"x" * MAX_CALLBACK_BYTES + b'"}'
    refused = call_back(anonymous, on, secret, body)
    assert refused.status_code == 413
    assert problem(refused)["code"] == "BODY_TOO_LARGE"


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_only_posts_are_callbacks(on: str, anonymous: httpx.Client, method: str) -> None:
    answer = anonymous.request(method, f"/pex/callbacks/{on}", headers=basic(SECRET))
    assert answer.status_code == 405


def test_what_names_no_connection_is_not_found(anonymous: httpx.Client) -> None:
    assert call_back(anonymous, "52311").status_code == 404


def test_guessing_is_stopped_and_costs_a_right_callback_only_its_hint(
    on: str, anonymous: httpx.Client, problem: Problem
) -> None:
    for _ in range(WRONG_CALLBACKS.most):
        assert call_back(anonymous, on, "wrong").status_code == 401
    stopped = call_back(anonymous, on)
    assert stopped.status_code == 429
    assert problem(stopped)["code"] == "TOO_MANY_ATTEMPTS"
    assert anonymous.get("/api/v1/connections").status_code == 401


def test_callbacks_are_counted(on: str, anonymous: httpx.Client) -> None:
    call_back(anonymous, on)
    call_back(anonymous, on, "wrong")
    figures = anonymous.get("/metrics").text
    assert 'pexbc_callbacks_total{outcome="taken"}' in figures
    assert 'pexbc_callbacks_total{outcome="refused"}' in figures
