"""Whoever changes something, by the API or a page, stands in the event with their name (M45)."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import httpx
import pytest

from domain.roles import Permission
from entrypoints.demo.company import SERVICE, ApiUser, wait_until
from entrypoints.http.pages.settings_form import to_form
from http_running import Running
from route_table import API, HERE, ROUTES, filled
from sandbox import company

ALIAS = {"merchant": "Corner Deli", "vendor": "10010"}
Body = Callable[["World"], Any]


class World:
    """The service, one connection of it, and what it says of itself."""

    def __init__(self, running: Running, user: ApiUser, connection_id: str) -> None:
        self.running = running
        self.user = user
        self.id = connection_id

    @property
    def settings(self) -> Any:
        return self.running.services.read_models.settings_versions(UUID(self.id))[0]

    @property
    def second(self) -> str:
        """Another connection of the same people, with a Microsoft sign-in to link to."""
        connect, somebody = self.running.services.connect, "admin:somebody else"
        connection_id, _ = connect.with_pex_token(company.CREDIT_TOKEN, somebody)
        connect.with_service(connection_id, company.TENANT, company.ENVIRONMENT, somebody)
        return str(connection_id)

    def is_idle(self) -> bool:
        view = self.running.services.read_models.connection(UUID(self.id))
        return view is not None and view.active_run is None


@pytest.fixture(scope="module")
def world(running: Running, user: ApiUser, connected: str) -> World:
    return World(running, user, connected)


def _settings_form(world: World) -> Any:
    return {**to_form(world.settings.settings), "version": str(world.settings.version)}


CHANGING: dict[tuple[str, str], Body] = {
    ("POST", API + "/connections"): lambda _: {"pex": {"token": company.PREPAID_TOKEN}},
    ("POST", API + HERE + "/microsoft"): lambda _: SERVICE,
    ("POST", API + HERE + "/journal"): lambda _: None,
    ("PUT", API + HERE + "/settings"): lambda world: world.user.get(
        f"/connections/{world.id}/settings"
    ),
    ("PUT", API + HERE + "/auto-sync"): lambda _: {"enabled": True},
    ("PUT", API + HERE + "/callbacks"): lambda _: {
        "enabled": True,
        "secret": company.PREPAID_CALLBACK_SECRET,
    },
    ("POST", API + HERE + "/runs"): lambda _: {"preview": True},
    ("PUT", API + HERE + "/vendor-aliases"): lambda _: ALIAS,
    ("DELETE", API + HERE + "/vendor-aliases"): lambda _: None,
    ("DELETE", API + HERE): lambda _: None,
    ("POST", "/connect"): lambda _: {"token": company.PREPAID_TOKEN},
    ("POST", HERE + "/connect/pex"): lambda _: {"token": company.PREPAID_TOKEN},
    ("POST", HERE + "/connect/service"): lambda _: SERVICE,
    ("POST", HERE + "/connect/journal"): lambda _: {},
    ("POST", HERE + "/settings"): _settings_form,
    ("POST", HERE + "/settings/versions/restore"): lambda world: {
        "restored": "1",
        "version": str(world.settings.version),
    },
    ("POST", HERE + "/auto-sync"): lambda _: {"enabled": "true"},
    ("POST", HERE + "/callbacks"): lambda _: {
        "enabled": "true",
        "secret": company.PREPAID_CALLBACK_SECRET,
    },
    ("POST", HERE + "/runs"): lambda _: {"kinds": "fees", "do": "preview"},
    ("POST", HERE + "/vendors"): lambda _: ALIAS,
    ("POST", HERE + "/vendors/remove"): lambda _: ALIAS,
    ("POST", HERE + "/connect/link"): lambda world: {"other": world.second},
    ("POST", HERE + "/disconnect"): lambda _: {},
}
"""What changes something, in an order in which each finds what it changes."""

CHANGE_NOTHING = {
    ("POST", HERE + "/connect/consent"),  # leads to Microsoft's page for administrators
    ("POST", HERE + "/connect/delegated"),  # begins a sign-in, which names its actor in the end
    ("POST", HERE + "/connect/look"),  # reads both sides, and says how they stand
    ("POST", HERE + "/settings/preview"),
    ("POST", HERE + "/settings/read-again"),
}


def events_since(running: Running, position: int) -> list[dict[str, Any]]:
    found = running.services.log.read(position, 1000)
    return [{"topic": one.topic, **json.loads(one.payload)} for one in found]


def test_every_route_that_may_change_something_is_tried_here() -> None:
    asked = {
        (route.method, route.path)
        for route in ROUTES
        if route.permission is Permission.CHANGE_CONNECTION and route.changes
    }
    assert asked == CHANGING.keys() | CHANGE_NOTHING


def test_each_of_them_writes_down_who_called(world: World) -> None:
    running, services = world.running, world.running.services
    for number, ((method, path), body_of) in enumerate(CHANGING.items()):
        wait_until(world.is_idle, "the end of a run")
        name, now = f"caller {number}", services.clock.now()
        businesses = [company.PREPAID_BUSINESS, company.CREDIT_BUSINESS]
        body = body_of(world)
        headers = {"Origin": running.url, "If-Match": f'"{world.settings.version}"'}
        if path.startswith(API):
            _, secret = services.api_tokens.create(name, "admin", businesses, "test", now)
            headers |= {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
            content = json.dumps(body) if body is not None else ""
        else:
            secret = services.browser_sessions.begin(name, "admin", businesses, now)
            headers |= {"Cookie": f"pexbc={secret}"}
            headers |= {"Content-Type": "application/x-www-form-urlencoded"}
            content = urlencode(body)
        before = services.log.head()
        answer = httpx.request(
            method,
            running.url + filled(path, {"connection_id": world.id}),
            params={"merchant": ALIAS["merchant"]} if method == "DELETE" else None,
            content=content,
            headers=headers,
            timeout=30,
        )
        assert answer.is_success or answer.status_code == 303, (path, answer.text)
        actors = {one.get("actor") for one in events_since(running, before)}
        assert f"admin:{name}" in actors, (method, path, actors, answer.status_code)
