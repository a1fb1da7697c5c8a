"""Every page for every role, from the route table: own tenant, others, and nobody (M45)."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import httpx
import pytest

from application.start_run import RunRequest
from entrypoints.http.app import create_app
from entrypoints.http.security import ADMIN, OPERATOR, SUPPORT
from http_running import Running
from sandbox import company

ROLES = (ADMIN, SUPPORT, OPERATOR)
Pages = list[tuple[str, str, tuple[str, ...]]]


@pytest.fixture(scope="module")
def pages(running: Running) -> Pages:
    """Method, path and roles of every page that asks who is there."""
    found: Pages = []
    for route in create_app(running.services).routes:
        for handler in getattr(route, "route_handlers", ()):
            roles = handler.opt.get("roles")
            if roles is not None and not route.path_format.startswith("/api/"):
                found.extend((method, route.path_format, roles) for method in handler.http_methods)
    return [one for one in found if one[0] not in ("OPTIONS", "HEAD")]


@pytest.fixture(scope="module")
def ids(running: Running, connected: str) -> dict[str, str]:
    request = RunRequest(UUID(connected), "test", preview=True)
    return {
        "connection_id": connected,
        "run_id": str(running.services.start_run.start(request)),
        "version": "1",
        "kind": "purchase",
        "record": "card",
        "pex_id": "1",
    }


@pytest.fixture(scope="module")
def browsers(running: Running) -> Iterator[dict[str, httpx.Client]]:
    """A signed-in browser for each role, one of another tenant, and one of nobody."""
    services = running.services
    now = services.clock.now()
    owners: dict[str, tuple[str, tuple[int, ...]]] = {
        ADMIN: (ADMIN, (company.PREPAID_BUSINESS,)),
        SUPPORT: (SUPPORT, ()),
        OPERATOR: (OPERATOR, ()),
        "other": (ADMIN, (company.CREDIT_BUSINESS,)),
    }
    found = {"nobody": httpx.Client(base_url=running.url, timeout=30)}
    for name, (role, businesses) in owners.items():
        secret = services.browser_sessions.begin(name, role, businesses, now)
        headers = {"Cookie": f"pexbc={secret}", "Origin": running.url}
        found[name] = httpx.Client(base_url=running.url, headers=headers, timeout=30)
    yield found
    for browser in found.values():
        browser.close()


def call(browser: httpx.Client, method: str, path: str, ids: dict[str, str]) -> httpx.Response:
    filled = path
    for name, value in ids.items():
        filled = filled.replace("{" + name + "}", value)
    return browser.request(method, filled, headers={"Accept": "text/html"})


def test_there_are_pages(pages: Pages) -> None:
    assert len(pages) >= 3


def test_nobody_is_sent_to_the_sign_in(
    pages: Pages, ids: dict[str, str], browsers: dict[str, httpx.Client]
) -> None:
    for method, path, _ in pages:
        answer = call(browsers["nobody"], method, path, ids)
        assert answer.status_code == 303, (method, path)
        assert answer.headers["location"].startswith("/sign-in?next="), (method, path)


def test_every_page_refuses_the_roles_that_it_does_not_name(
    pages: Pages, ids: dict[str, str], browsers: dict[str, httpx.Client]
) -> None:
    for method, path, roles in pages:
        for role in set(ROLES) - set(roles):
            answer = call(browsers[role], method, path, ids)
            assert answer.status_code == 403, (method, path, role)
            assert "FORBIDDEN" in answer.text, (method, path, role)


def test_no_page_is_changed_from_another_sites_page(
    pages: Pages, ids: dict[str, str], browsers: dict[str, httpx.Client]
) -> None:
    for method, path, roles in pages:
        if method != "GET":
            filled = path
            for name, value in ids.items():
                filled = filled.replace("{" + name + "}", value)
            answer = browsers[roles[0]].request(
                method, filled, headers={"Origin": "https://evil.example"}
            )
            assert answer.status_code == 403, (method, path)


def test_another_tenants_admin_finds_nothing(
    pages: Pages, ids: dict[str, str], browsers: dict[str, httpx.Client]
) -> None:
    for method, path, roles in pages:
        if ADMIN in roles and ("{connection_id" in path or "{run_id" in path):
            answer = call(browsers["other"], method, path, ids)
            assert answer.status_code == 404, (method, path)


def _statuses(path: str) -> set[int]:
    """How a page may answer that opens."""
    if path.endswith("/return"):  # without what Microsoft sends back there is nothing
        return {422}
    return {200, 303, 404} if "{pex_id}" in path else {200, 303}


def test_every_page_opens_for_the_roles_that_it_names(
    pages: Pages, ids: dict[str, str], browsers: dict[str, httpx.Client]
) -> None:
    for method, path, roles in pages:
        if method == "GET" and not path.endswith("/events"):
            for role in roles:
                answer = call(browsers[role], method, path, ids)
                assert answer.status_code in _statuses(path), (path, role, answer.text)


def test_an_operator_reads_no_transactions_and_no_settings(pages: Pages) -> None:
    for _, path, roles in pages:
        if any(word in path for word in ("transactions", "settings", "backlog", "vendors")):
            assert OPERATOR not in roles, path


def test_every_tab_that_a_role_is_shown_opens(
    ids: dict[str, str], browsers: dict[str, httpx.Client]
) -> None:
    for role in ROLES:
        home = f"/connections/{ids['connection_id']}"
        tabs = re.findall(rf'href="({home}(?:/\w+)?)"', browsers[role].get(home).text)
        assert home in tabs
        for tab in set(tabs):
            assert browsers[role].get(tab).status_code == 200, (role, tab)


def test_nobody_but_admins_changes_anything(pages: Pages) -> None:
    for method, path, roles in pages:
        if method != "GET" and path != "/sign-out":
            assert roles == (ADMIN,), (method, path)


def test_no_page_tells_the_session_or_a_token(
    pages: Pages, ids: dict[str, str], browsers: dict[str, httpx.Client]
) -> None:
    secret: Any = browsers[ADMIN].headers["Cookie"].removeprefix("pexbc=")
    for method, path, roles in pages:
        if method == "GET" and ADMIN in roles and not path.endswith("/events"):
            text = call(browsers[ADMIN], method, path, ids).text
            assert secret not in text, path
            assert company.PREPAID_TOKEN not in text, path
