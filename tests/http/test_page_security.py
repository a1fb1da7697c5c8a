"""Every page and form for every role, in the own and in another tenant."""

from uuid import UUID

import httpx
import pytest

from application.start_run import RunRequest
from entrypoints.http.app import create_app
from entrypoints.http.security import ADMIN, OPERATOR, SUPPORT
from http_running import Running
from sandbox import company

ROLES = (ADMIN, SUPPORT, OPERATOR)
CHANGE_NOTHING = (
    "/sign-out",
    "/connections/{connection_id}/settings/preview",
    "/connections/{connection_id}/settings/read-again",
)
PARAMETERS = {"/settings/choices": {"field": "expense_account"}}
Route = tuple[str, str, tuple[str, ...]]


@pytest.fixture(scope="module")
def routes(running: Running) -> list[Route]:
    """Method, path and roles of every page and form that needs a session."""
    return [
        (method, route.path_format, handler.opt["roles"])
        for route in create_app(running.services).routes
        for handler in getattr(route, "route_handlers", ())
        if handler.opt.get("roles") is not None and not route.path.startswith("/api/")
        for method in handler.http_methods - {"OPTIONS"}
    ]


@pytest.fixture(scope="module")
def ids(running: Running, connected: str) -> dict[str, str]:
    request = RunRequest(UUID(connected), "test", preview=True)
    run_id = str(running.services.start_run.start(request))
    known = {"connection_id": connected, "run_id": run_id, "version": "1"}
    return known | {"kind": "purchase", "pex_id": "1", "record": "network"}


def call(running: Running, route: Route, ids: dict[str, str], session: str = "") -> httpx.Response:
    method, path, _ = route
    for name, value in ids.items():
        path = path.replace("{" + name + "}", value)
    headers = {"Origin": running.url, "Cookie": f"pexbc={session}"} if session else {}
    form = {"content-type": "application/x-www-form-urlencoded"} if method == "POST" else {}
    params = next((one for end, one in PARAMETERS.items() if path.endswith(end)), None)
    url = f"{running.url}{path}"
    return httpx.request(method, url, params=params, headers=headers | form, timeout=30)


def signed_in(running: Running, role: str, business: int) -> str:
    services = running.services
    return services.browser_sessions.begin("somebody", role, (business,), services.clock.now())


def test_without_a_session_every_page_leads_to_the_sign_in(
    running: Running, routes: list[Route], ids: dict[str, str]
) -> None:
    assert len(routes) > 10
    for route in routes:
        answer = call(running, route, ids)
        assert answer.status_code == 303, route
        assert answer.headers["location"].startswith("/sign-in?next="), route


def test_a_part_of_a_page_leads_the_whole_page_to_the_sign_in(
    running: Running, connected: str
) -> None:
    page = f"/connections/{connected}/connect"
    asked_by = {"HX-Request": "true", "HX-Current-URL": f"{running.url}{page}?told=looked"}
    answer = httpx.get(f"{running.url}{page}/news", headers=asked_by)
    assert answer.status_code == 401
    assert answer.headers["hx-redirect"] == f"/sign-in?next={page}"
    assert answer.text == ""


def test_every_page_refuses_the_roles_that_it_does_not_name(
    running: Running, routes: list[Route], ids: dict[str, str]
) -> None:
    for role in ROLES:
        session = signed_in(running, role, company.PREPAID_BUSINESS)
        for route in routes:
            if role not in route[2]:
                assert call(running, route, ids, session).status_code == 403, (route, role)


def test_another_tenants_people_find_no_page_of_a_connection(
    running: Running, routes: list[Route], ids: dict[str, str]
) -> None:
    for role in ROLES:
        session = signed_in(running, role, company.CREDIT_BUSINESS)
        for route in routes:
            if role in route[2] and ("{connection_id" in route[1] or "{run_id" in route[1]):
                answer = call(running, route, ids, session)
                assert answer.status_code == 404, (route, role, answer.text)


def test_nobody_but_admins_sends_forms(routes: list[Route]) -> None:
    for method, path, roles in routes:
        if method != "GET" and path not in CHANGE_NOTHING:
            assert roles == (ADMIN,), path
