"""Every route for every role, in the own and in other tenants, from the route table (M45)."""

import re
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from litestar import Litestar, get

from adapters.persistence.browser_sessions import LASTING
from application.start_run import RunRequest
from domain.roles import MAY, Permission, Role
from domain.sync_run import Outcome
from entrypoints.demo.company import wait_until
from entrypoints.http.app import create_app
from entrypoints.http.permissions import (
    PermissionMissingError,
    check_permissions_stand,
    permission_of,
)
from entrypoints.http.refusals import ForeignOrigin, NotFound
from http_running import Running
from route_table import ROUTES, TABLE, Caller, Route, served
from sandbox import company

Problem = Callable[[httpx.Response], dict[str, Any]]
OWN, OTHER = company.PREPAID_BUSINESS, company.CREDIT_BUSINESS
WAYS = ("token", "session")
ENDING = {("DELETE", "/api/v1/connections/{connection_id}"), ("POST", "/sign-out")} | {
    ("POST", "/connections/{connection_id}/disconnect")
}


@pytest.fixture(scope="module")
def client(running: Running) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=running.url, timeout=30) as client:
        yield client


Make = Callable[..., Caller]


@pytest.fixture(scope="module")
def make(running: Running, client: httpx.Client) -> Make:
    """Somebody with a role, for some businesses or for those that the role sees, with a way in."""

    def caller(role: str, *businesses: int, by: str = "token", revoked: bool = False) -> Caller:
        services, now = running.services, running.services.clock.now()
        if by == "token":
            token, secret = services.api_tokens.create(role, role, businesses, "test", now)
            if revoked:
                services.api_tokens.revoke(token.id, "test", now)
            headers = {"Authorization": f"Bearer {secret}"}
        else:
            secret = services.browser_sessions.begin(f"a {role}", role, businesses, now)
            headers = {"Cookie": f"pexbc={secret}"}
        return Caller(client, headers)

    return caller


@pytest.fixture(scope="module")
def ids(running: Running, connected: str) -> dict[str, str]:
    """The own tenant's connection, a run that is over, and one of its transactions."""
    views = running.services.read_models
    run_id = running.services.start_run.start(RunRequest(UUID(connected), "admin:test"))

    def is_over() -> bool:
        run = views.run(run_id)
        return run is not None and run.finished_at is not None

    wait_until(is_over, "the run's end")
    row = views.report(run_id, Outcome.POSTED, 1).items[0]
    return {
        "connection_id": connected,
        "run_id": str(run_id),
        "version": "1",
        "kind": row.kind.value,
        "pex_id": str(row.pex_id),
        "name": "style.css",
        "path": "openapi.json",
    }


@pytest.fixture(scope="module")
def missing(ids: dict[str, str]) -> dict[str, str]:
    """The same, of a connection and a run that nobody has."""
    return {**ids, "connection_id": str(uuid4()), "run_id": str(uuid4())}


def may(role: str, route: Route) -> bool:
    return route.permission is None or route.permission in MAY[Role(role)]


def secrets(caller: Caller) -> list[str]:
    """What no answer tells, not even to its owner."""
    own = [re.split("[ =]", value)[1] for value in caller.headers.values()]
    return [*own, company.PREPAID_TOKEN, company.CLIENT_SECRET]


def is_refused(answer: httpx.Response) -> bool:
    """Whether the role was refused, in a whole problem or page."""
    return answer.status_code == 403 and "FORBIDDEN" in answer.text


def without(ids: dict[str, str], answer: httpx.Response) -> tuple[int, str]:
    """What an answer says, whatever was asked for."""
    text = answer.text
    for name in ("connection_id", "run_id"):
        text = text.replace(ids[name], f"<{name}>")
    return answer.status_code, text


def test_the_table_tells_of_every_route_what_the_route_says_itself(running: Running) -> None:
    said = {
        (method, path): permission_of(handler)
        for method, path, handler in served(create_app(running.services))
    }
    assert said == dict(TABLE)


def test_a_route_that_names_no_permission_cannot_be_served() -> None:
    @get("/open", sync_to_thread=False)
    def forgotten() -> None:
        """Says nothing."""

    with pytest.raises(PermissionMissingError, match="/open"):
        check_permissions_stand(Litestar([forgotten], openapi_config=None))


def test_every_permission_is_asked_for_somewhere() -> None:
    assert {route.permission for route in ROUTES} == {None, *Permission}


def test_nothing_that_changes_a_connection_is_asked_for_with_less(running: Running) -> None:
    harmless = {Permission.AUDIT, Permission.SIGNED_IN, None}
    for route in ROUTES:
        if route.changes and route.permission not in harmless:
            assert route.permission is Permission.CHANGE_CONNECTION, route


@pytest.mark.parametrize("by", WAYS)
@pytest.mark.parametrize("role", list(Role))
def test_a_role_is_refused_what_it_may_not(
    make: Make, ids: dict[str, str], role: str, by: str
) -> None:
    caller = make(role, OWN, by=by)
    for route in ROUTES:
        if not may(role, route):
            assert is_refused(caller.call(route, ids)), route


@pytest.mark.parametrize("by", WAYS)
@pytest.mark.parametrize("role", list(Role))
def test_a_role_may_read_what_it_is_there_for(
    make: Make, ids: dict[str, str], role: str, by: str
) -> None:
    for businesses in ((OWN,), () if role != Role.ADMIN else (OWN, OTHER)):
        caller = make(role, *businesses, by=by)
        for route in ROUTES:
            if may(role, route) and not route.changes and route.permission:
                answer = caller.call(route, ids)
                expected = {422} if route.path.endswith("/microsoft/return") else {200, 303}
                assert answer.status_code in expected, (route, answer.text)
                assert not any(one in answer.text for one in secrets(caller)), route


@pytest.mark.parametrize("by", WAYS)
@pytest.mark.parametrize("role", list(Role))
def test_anothers_connection_or_run_is_answered_as_one_that_is_not_there(
    make: Make, ids: dict[str, str], missing: dict[str, str], role: str, by: str
) -> None:
    caller = make(role, OTHER, by=by)
    for route in ROUTES:
        if may(role, route) and route.is_of_one_thing:
            anothers, nobodys = caller.call(route, ids), caller.call(route, missing)
            assert anothers.status_code == 404, (route, anothers.text)
            assert without(ids, anothers) == without(missing, nobodys), route
            assert anothers.headers["content-type"] == nobodys.headers["content-type"]


def test_an_admin_who_administers_nothing_finds_nothing(make: Make, ids: dict[str, str]) -> None:
    nobody = make(Role.ADMIN)
    for route in ROUTES:
        if may(Role.ADMIN, route) and route.is_of_one_thing:
            assert nobody.call(route, ids).status_code == 404, route


@pytest.mark.parametrize("by", WAYS)
def test_an_admin_may_do_what_admins_are_there_for(
    running: Running, make: Make, ids: dict[str, str], by: str
) -> None:
    owner = make(Role.ADMIN, OWN, OTHER, by=by)
    to_part_with, _ = running.services.connect.with_pex_token(company.CREDIT_TOKEN, "admin:test")
    parting = {**ids, "connection_id": str(to_part_with)}
    for route in sorted(ROUTES, key=lambda one: (one.method, one.path) in ENDING):
        if may(Role.ADMIN, route) and route.changes and route.permission:
            ends = (route.method, route.path) in ENDING
            answer = owner.call(route, parting if ends else ids)
            assert answer.status_code not in (401, 403), (route, answer.text)
            assert NotFound.code not in answer.text, (route, answer.text)
            assert answer.status_code < 500, (route, answer.text)


@pytest.fixture(params=["nothing", "a made-up token", "a revoked token", "a made-up session"])
def unknown(request: pytest.FixtureRequest, make: Make, client: httpx.Client) -> Caller:
    """Somebody who brings along what opens nothing."""
    if request.param == "a revoked token":
        return make(Role.ADMIN, OWN, revoked=True)
    return Caller(
        client,
        {
            "nothing": {},
            "a made-up token": {"Authorization": "Bearer pexbc_made-up"},
            "a made-up session": {"Cookie": "pexbc=made-up"},
        }[request.param],
    )


@pytest.fixture(params=["an ended session", "a session of a revoked token", "an old session"])
def former(request: pytest.FixtureRequest, running: Running, client: httpx.Client) -> Caller:
    """Somebody who was signed in."""
    services, now = running.services, running.services.clock.now()
    sessions, tokens = services.browser_sessions, services.api_tokens
    token, _ = tokens.create("gone", "admin", [OWN], "test", now)
    began = now - LASTING if request.param == "an old session" else now
    secret = sessions.begin("gone", "admin", [OWN], began, token_id=token.id)
    if request.param == "an ended session":
        session = sessions.find(secret, now)
        assert session is not None
        sessions.end(session.id)
    if request.param == "a session of a revoked token":
        tokens.revoke(token.id, "test", now)
    return Caller(client, {"Cookie": f"pexbc={secret}"})


def check_nothing_opens(caller: Caller, ids: dict[str, str]) -> None:
    """See that nothing opens but what is public; each call comes from another address."""
    for number, route in enumerate(ROUTES):
        answer = caller.call(route, ids, **{"X-Forwarded-For": f"198.51.100.{number}"})
        if route.is_callback:
            assert "CALLBACK_REFUSED" in answer.text, (route, answer.text)
        elif route.permission is None:
            assert answer.status_code not in (401, 403), (route, answer.text)
            assert answer.status_code < 500, (route, answer.text)
        else:
            assert is_sent_away(route, answer), (route, answer.text)


def test_who_is_not_known_opens_nothing_but_what_is_public(
    unknown: Caller, ids: dict[str, str]
) -> None:
    check_nothing_opens(unknown, ids)


def test_who_is_known_no_more_opens_nothing_but_what_is_public(
    former: Caller, ids: dict[str, str]
) -> None:
    check_nothing_opens(former, ids)


def test_asking_for_the_methods_of_an_address_tells_nothing_else(
    client: httpx.Client, ids: dict[str, str]
) -> None:
    for route in ROUTES:
        answer = client.options(route.address(ids))
        assert answer.status_code == 204, (route, answer.text)
        assert answer.text == ""


def is_sent_away(route: Route, answer: httpx.Response) -> bool:
    """A program is told to authenticate, a person led to the sign-in."""
    if route.of_the_api:
        return answer.status_code == 401 and answer.headers["www-authenticate"] == "Bearer"
    return answer.status_code == 303 and answer.headers["location"].startswith("/sign-in?next=")


@pytest.mark.parametrize("origin", ["https://evil.example", "null", ""])
def test_nothing_is_changed_by_a_browser_that_another_sites_page_led_here(
    make: Make, ids: dict[str, str], origin: str
) -> None:
    led_here = make(Role.ADMIN, OWN, by="session")
    for route in ROUTES:
        if route.changes and may(Role.ADMIN, route) and route.permission:
            answer = led_here.call(route, ids, Origin=origin)
            assert answer.status_code == 403, route
            assert ForeignOrigin.code in answer.text, route
