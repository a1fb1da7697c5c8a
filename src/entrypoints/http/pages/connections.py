"""The first page: the connections that whoever signed in can see."""

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.response import Redirect

from application.ports.read_models import ConnectionView
from domain.roles import Permission
from entrypoints.composition import Services
from entrypoints.http.pages.problems import SEE_OTHER
from entrypoints.http.pages.rendering import html
from entrypoints.http.permissions import READ_STATUS, SIGNED_IN
from entrypoints.http.security import Principal

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
WITHOUT_BOOKS = ("sync", "history")
"""What those see who may not read the books: how runs went, and nothing of what was in them."""


@get("/", sync_to_thread=False, opt=SIGNED_IN)
def home() -> Redirect:
    """The connections are where everybody begins."""
    return Redirect("/connections", status_code=SEE_OTHER)


@get("/connections", sync_to_thread=True, opt=READ_STATUS)
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
    reads_books = principal.may(Permission.READ_BOOKS)
    shown = [one for one in TABS if reads_books or one[0] in WITHOUT_BOOKS]
    frame = {"connection": connection, "tab": tab, "tabs": shown}
    return html(request, template, {**frame, **context}, status=status)


HANDLERS = [home, connections_page]
