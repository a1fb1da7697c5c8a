"""The first page: the connections that whoever signed in can see."""

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.response import Redirect

from application.ports.read_models import ConnectionView
from entrypoints.composition import Services
from entrypoints.http.pages.problems import SEE_OTHER
from entrypoints.http.pages.rendering import html
from entrypoints.http.security import EVERYBODY, OPERATOR, Principal

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
FOR_OPERATORS = ("sync", "history")
"""What operators may see: how runs went, and nothing of what was in them (M45)."""


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
    by_name = sorted(found.items, key=lambda one: one.business_name.casefold())
    return html(request, "connections.html", {"connections": by_name})


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
    principal: Principal = request.scope["state"]["principal"]
    shown = [one for one in TABS if principal.role != OPERATOR or one[0] in FOR_OPERATORS]
    frame = {"connection": connection, "tab": tab, "tabs": shown}
    return html(request, template, {**frame, **context}, status=status)


HANDLERS = [home, connections_page]
