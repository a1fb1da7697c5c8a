"""What every route is to ask of its caller, kept apart from the routes themselves (M45).

A new route belongs here as well: `test_roles.py` fails until it stands in this table, and then
tries it for every role, in the own and in other tenants. So nobody opens a route by oversight.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import httpx
from litestar import Litestar

from domain.roles import Permission
from sandbox import company

HERE = "/connections/{connection_id}"
RUN = "/runs/{run_id}"
ROW = HERE + "/transactions/{kind}/{pex_id}"
API = "/api/v1"
PUBLIC = None

Table = Mapping[tuple[str, str], Permission | None]

CALLBACK = ("POST", "/pex/callbacks/{connection_id}")
"""Open to no role and to no stranger: only to whoever bears the secret that PEX was given."""

SERVICE: Table = {
    ("GET", "/health/live"): PUBLIC,
    ("GET", "/health/ready"): PUBLIC,
    ("GET", "/metrics"): PUBLIC,
    ("GET", "/openapi.json"): PUBLIC,
    ("GET", "/docs"): PUBLIC,
    ("GET", "/docs/style.css"): PUBLIC,
    ("GET", "/docs/description"): PUBLIC,
    ("GET", "/docs/description/openapi.json"): PUBLIC,
    ("GET", "/docs/description/{path}"): PUBLIC,
    ("GET", "/static/{version}/{name}"): PUBLIC,
    CALLBACK: PUBLIC,
}

OF_THE_API: Table = {
    ("GET", "/microsoft/callback"): PUBLIC,
    ("POST", "/microsoft/callback"): PUBLIC,
    ("GET", "/audit/head"): Permission.AUDIT,
    ("POST", "/audit/verify"): Permission.AUDIT,
    ("GET", "/connections"): Permission.READ_STATUS,
    ("POST", "/connections"): Permission.CHANGE_CONNECTION,
    ("GET", HERE): Permission.READ_STATUS,
    ("PUT", HERE + "/auto-sync"): Permission.CHANGE_CONNECTION,
    ("GET", HERE + "/backlog"): Permission.READ_BOOKS,
    ("GET", HERE + "/choices"): Permission.READ_BOOKS,
    ("PUT", HERE + "/callbacks"): Permission.CHANGE_CONNECTION,
    ("POST", HERE + "/journal"): Permission.CHANGE_CONNECTION,
    ("POST", HERE + "/microsoft"): Permission.CHANGE_CONNECTION,
    ("GET", HERE + "/runs"): Permission.READ_STATUS,
    ("POST", HERE + "/runs"): Permission.CHANGE_CONNECTION,
    ("GET", HERE + "/settings"): Permission.READ_BOOKS,
    ("PUT", HERE + "/settings"): Permission.CHANGE_CONNECTION,
    ("GET", HERE + "/settings/diff"): Permission.READ_BOOKS,
    ("GET", HERE + "/settings/versions"): Permission.READ_BOOKS,
    ("GET", HERE + "/settings/versions/{version}"): Permission.READ_BOOKS,
    ("GET", HERE + "/transactions"): Permission.READ_BOOKS,
    ("GET", ROW): Permission.READ_BOOKS,
    ("GET", ROW + "/events"): Permission.READ_BOOKS,
    ("GET", ROW + "/receipts/events"): Permission.READ_BOOKS,
    ("GET", HERE + "/vendor-aliases"): Permission.READ_BOOKS,
    ("PUT", HERE + "/vendor-aliases"): Permission.CHANGE_CONNECTION,
    ("DELETE", HERE + "/vendor-aliases"): Permission.CHANGE_CONNECTION,
    ("GET", RUN): Permission.READ_STATUS,
    ("GET", RUN + "/stream"): Permission.READ_STATUS,
    ("GET", RUN + "/tag-options"): Permission.READ_BOOKS,
    ("GET", RUN + "/transactions"): Permission.READ_BOOKS,
    ("DELETE", HERE): Permission.CHANGE_CONNECTION,
}

PAGES: Table = {
    ("GET", "/sign-in"): PUBLIC,
    ("POST", "/sign-in"): PUBLIC,
    ("POST", "/sign-in/pex"): PUBLIC,
    ("GET", "/pex/callback"): PUBLIC,
    ("GET", "/microsoft/callback"): PUBLIC,
    ("POST", "/microsoft/callback"): PUBLIC,
    ("GET", "/microsoft/return"): Permission.CHANGE_CONNECTION,
    ("GET", "/"): Permission.SIGNED_IN,
    ("GET", "/connect"): Permission.CHANGE_CONNECTION,
    ("POST", "/connect"): Permission.CHANGE_CONNECTION,
    ("GET", "/connections"): Permission.READ_STATUS,
    ("GET", HERE): Permission.READ_STATUS,
    ("POST", HERE + "/auto-sync"): Permission.CHANGE_CONNECTION,
    ("GET", HERE + "/backlog"): Permission.READ_BOOKS,
    ("POST", HERE + "/callbacks"): Permission.CHANGE_CONNECTION,
    ("GET", HERE + "/connect"): Permission.READ_BOOKS,
    ("POST", HERE + "/connect/consent"): Permission.CHANGE_CONNECTION,
    ("POST", HERE + "/connect/delegated"): Permission.CHANGE_CONNECTION,
    ("POST", HERE + "/connect/journal"): Permission.CHANGE_CONNECTION,
    ("POST", HERE + "/connect/link"): Permission.CHANGE_CONNECTION,
    ("POST", HERE + "/connect/look"): Permission.CHANGE_CONNECTION,
    ("GET", HERE + "/connect/news"): Permission.READ_BOOKS,
    ("POST", HERE + "/connect/pex"): Permission.CHANGE_CONNECTION,
    ("POST", HERE + "/connect/service"): Permission.CHANGE_CONNECTION,
    ("GET", HERE + "/disconnect"): Permission.CHANGE_CONNECTION,
    ("GET", HERE + "/history"): Permission.READ_STATUS,
    ("GET", HERE + "/pictures"): Permission.READ_BOOKS,
    ("POST", HERE + "/runs"): Permission.CHANGE_CONNECTION,
    ("GET", HERE + "/settings"): Permission.READ_BOOKS,
    ("POST", HERE + "/settings"): Permission.CHANGE_CONNECTION,
    ("GET", HERE + "/settings/choices"): Permission.READ_BOOKS,
    ("GET", HERE + "/settings/preview"): Permission.READ_BOOKS,
    ("POST", HERE + "/settings/preview"): Permission.CHANGE_CONNECTION,
    ("POST", HERE + "/settings/read-again"): Permission.CHANGE_CONNECTION,
    ("GET", HERE + "/settings/versions"): Permission.READ_BOOKS,
    ("POST", HERE + "/settings/versions/restore"): Permission.CHANGE_CONNECTION,
    ("GET", HERE + "/transactions"): Permission.READ_BOOKS,
    ("GET", ROW): Permission.READ_BOOKS,
    ("GET", HERE + "/vendors"): Permission.READ_BOOKS,
    ("POST", HERE + "/vendors"): Permission.CHANGE_CONNECTION,
    ("POST", HERE + "/vendors/remove"): Permission.CHANGE_CONNECTION,
    ("GET", "/progress/{run_id}"): Permission.READ_STATUS,
    ("GET", RUN): Permission.READ_BOOKS,
    ("GET", RUN + "/tag-options"): Permission.READ_BOOKS,
    ("POST", HERE + "/disconnect"): Permission.CHANGE_CONNECTION,
    ("POST", "/sign-out"): Permission.SIGNED_IN,
}
"""Those that end something stand last: whoever takes them in turn comes through."""

TABLE: Table = {
    **SERVICE,
    **{(method, API + path): one for (method, path), one in OF_THE_API.items()},
    **PAGES,
}

BODIES: Mapping[tuple[str, str], Any] = {
    ("POST", API + "/audit/verify"): {},
    ("POST", API + "/connections"): {"pex": {"token": company.CREDIT_TOKEN}},
    ("PUT", API + HERE + "/auto-sync"): {"enabled": False},
    ("PUT", API + HERE + "/callbacks"): {"enabled": False},
    ("POST", API + HERE + "/microsoft"): {"mode": "link", "connection_id": "{connection_id}"},
    ("POST", API + HERE + "/runs"): {"preview": True},
    ("PUT", API + HERE + "/settings"): {},
    ("PUT", API + HERE + "/vendor-aliases"): {"merchant": "Corner Deli", "vendor": "10010"},
}
"""What makes a request of the API well-formed; ids in it stand as in the path."""

FORMS: Mapping[tuple[str, str], dict[str, str]] = {
    ("POST", HERE + "/connect/link"): {"other": "{connection_id}"},
    ("POST", HERE + "/settings/versions/restore"): {"restored": "1", "version": "1"},
}
"""The same for pages; all other forms are sent empty."""

PARAMETERS: Mapping[tuple[str, str], dict[str, Any]] = {
    ("GET", API + HERE + "/settings/diff"): {"to": 1},
    ("DELETE", API + HERE + "/vendor-aliases"): {"merchant": "Corner Deli"},
    ("GET", HERE + "/settings/choices"): {"field": "expense_account"},
}

OF_ONE_THING = ("{connection_id}", "{run_id}")


@dataclass(frozen=True)
class Route:
    """A route, as it stands in the table."""

    method: str
    path: str
    permission: Permission | None

    @property
    def of_the_api(self) -> bool:
        return self.path.startswith(API)

    @property
    def changes(self) -> bool:
        return self.method not in ("GET", "HEAD")

    @property
    def is_of_one_thing(self) -> bool:
        """Whether it tells of one connection or run."""
        return not self.is_callback and any(one in self.path for one in OF_ONE_THING)

    @property
    def is_callback(self) -> bool:
        """Whether it asks for a secret of its own, whoever calls."""
        return (self.method, self.path) == CALLBACK

    def address(self, ids: Mapping[str, str]) -> str:
        return filled(self.path, ids)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True)
class Caller:
    """Somebody with a way to call: the headers of a token, of a session, or of nothing."""

    client: httpx.Client
    headers: Mapping[str, str] = field(default_factory=dict)

    def call(self, route: Route, ids: Mapping[str, str], **more: str) -> httpx.Response:
        key = (route.method, route.path)
        headers = {"Origin": str(self.client.base_url).rstrip("/"), **self.headers, **more}
        content = ""
        if key in BODIES:
            headers["Content-Type"] = "application/json"
            content = filled(json.dumps(BODIES[key]), ids)
        elif route.method == "POST":
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            content = filled(urlencode(FORMS.get(key, {}), safe="{}"), ids)
        if route.path == API + HERE + "/settings":
            headers["If-Match"] = '"1"'
        self.client.cookies.clear()
        return self.client.request(
            route.method,
            route.address(ids),
            headers=headers,
            params=PARAMETERS.get(key),
            content=content,
        )


ROUTES = [Route(method, path, permission) for (method, path), permission in TABLE.items()]


def filled(text: str, ids: Mapping[str, str]) -> str:
    """A path or a body with the ids in their places."""
    for name, value in ids.items():
        text = text.replace("{" + name + "}", value)
    return text


def served(app: Litestar) -> Iterator[tuple[str, str, Any]]:
    """Method, path and handler of every route that an application serves."""
    for route in app.routes:
        for handler in getattr(route, "route_handlers", ()):
            for method in sorted(handler.http_methods - {"OPTIONS"}):
                yield method, route.path_format, handler
