"""How a connection stands: news of it, another look at both sides, and its journal (M4, M6)."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from domain.refusals import Refusal
from entrypoints.composition import Services
from entrypoints.http.pages.connect_view import Tab, Trouble
from entrypoints.http.permissions import CHANGE_CONNECTION, READ_BOOKS
from entrypoints.http.security import Principal


@get("/connections/{connection_id:uuid}/connect/news", sync_to_thread=True, opt=READ_BOOKS)
def look_for_news(
    request: Request[Any, Any, Any],
    connection_id: FromPath[UUID],
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
    shown: FromQuery[str] = "",
) -> Response[str]:
    """What became of the connection since the tab was `shown`."""
    return Tab.of(request, services, principal, connection_id).news(shown)


@post("/connections/{connection_id:uuid}/connect/look", sync_to_thread=True, opt=CHANGE_CONNECTION)
def look_again(
    request: Request[Any, Any, Any],
    connection_id: FromPath[UUID],
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
) -> Redirect:
    """Read both sides now, rather than when the worker does so next."""
    tab = Tab.of(request, services, principal, connection_id)
    services.check_connection.check(connection_id)
    return tab.done("looked")


@post(
    "/connections/{connection_id:uuid}/connect/journal",
    sync_to_thread=True,
    opt=CHANGE_CONNECTION,
)
def create_journal(
    request: Request[Any, Any, Any],
    connection_id: FromPath[UUID],
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
) -> Response[str] | Redirect:
    """Create the journal PEX Card; where it exists, it stays as it is (M6)."""
    tab = Tab.of(request, services, principal, connection_id)
    try:
        services.connect.create_journal(connection_id, principal.actor)
        services.check_connection.check(connection_id)
    except Refusal as refusal:
        return tab.page(Trouble("journal", refusal))
    return tab.done("journal")


HANDLERS = [look_for_news, look_again, create_journal]
