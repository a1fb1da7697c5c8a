"""The first page: the connections that whoever signed in can see."""

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.response import Redirect

from application.ports.read_models import ConnectionView
from entrypoints.composition import Services
from entrypoints.http.pages.problems import SEE_OTHER
from entrypoints.http.pages.rendering import html
from entrypoints.http.security import EVERYBODY, Principal

MOST = 200
TABS = (
    ("sync", "Sync", ""),
    ("connect", "Connect", "/connect"),
    ("settings", "Settings", "/settings"),
    ("history", "History", "/history"),
    ("transactions", "Transactions", "/transactions"),
    ("backlog", "Backlog", "/backlog"),
    ("pictures", "Pictures", "/pictures"),
)
"""The pages of a connection: name, title, and the address behind `/connections/{id}`."""


@get("/", sync_to_thread=False, opt={"roles": EVERYBODY})
def home() -> Redirect:
    """The connections are where everybody begins."""
    return Redirect("/connections", status_code=SEE_OTHER)


@get("/connections", sync_to_thread=True, opt={"roles": EVERYBODY})
def connections_page(
    request: Request[Any, Any, Any],
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
) -> Response[str]:
    """All that are in sight, by name."""
    found = services.read_models.connections(principal.scope, MOST)
    return html(request, "connections.html", {"connections": found.items})


def connection_page(
    request: Request[Any, Any, Any],
    connection: ConnectionView,
    tab: str,
    template: str,
    context: dict[str, Any],
    *,
    status: int = 200,
) -> Response[str]:
    """A page of one connection, under its name and its tabs; `connection.html` is its frame."""
    frame = {"connection": connection, "tab": tab, "tabs": TABS}
    return html(request, template, {**frame, **context}, status=status)


HANDLERS = [home, connections_page]
