"""Disconnect: first a page that says what goes and what stays, then the deed (M7)."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from domain.refusals import Refusal
from entrypoints.composition import Services
from entrypoints.http.pages.connect_view import Tab
from entrypoints.http.pages.connections import connection_page
from entrypoints.http.permissions import CHANGE_CONNECTION
from entrypoints.http.problems import status_of
from entrypoints.http.security import Principal

ADDRESS = "/connections/{connection_id:uuid}/disconnect"


@get(ADDRESS, sync_to_thread=True, opt=CHANGE_CONNECTION)
def ask(
    request: Request[Any, Any, Any],
    connection_id: FromPath[UUID],
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
) -> Response[str]:
    """What stays and what goes."""
    return _page(Tab.of(request, services, principal, connection_id))


@post(ADDRESS, sync_to_thread=True, opt=CHANGE_CONNECTION)
def disconnect(
    request: Request[Any, Any, Any],
    connection_id: FromPath[UUID],
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
) -> Response[str] | Redirect:
    """Forget both sign-ins; refused while a run is going on."""
    tab = Tab.of(request, services, principal, connection_id)
    try:
        services.connect.disconnect(connection_id, principal.actor)
    except Refusal as refusal:
        return _page(tab, refusal)
    return tab.done("disconnected")


def _page(tab: Tab, refusal: Refusal | None = None) -> Response[str]:
    return connection_page(
        tab.request,
        tab.view,
        "connect",
        "disconnect.html",
        {"refusal": refusal},
        status=status_of(refusal) if refusal else 200,
    )


HANDLERS = [ask, disconnect]
