"""A connection's runs, newest first (M32)."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from domain.roles import Permission
from entrypoints.composition import Services
from entrypoints.http.pages.connections import connection_page
from entrypoints.http.pages.run_words import shown
from entrypoints.http.permissions import READ_STATUS
from entrypoints.http.security import Principal, visible_connection

RUNS_A_PAGE = 30


@get("/connections/{connection_id:uuid}/history", sync_to_thread=True, opt=READ_STATUS)
def history(
    request: Request[Any, Any, Any],
    connection_id: FromPath[UUID],
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
    cursor: FromQuery[str | None] = None,
) -> Response[str]:
    """Previews among them; operators see the counts, and nothing behind them (M45)."""
    connection = visible_connection(services, principal, connection_id)
    found = services.read_models.runs(connection.id, RUNS_A_PAGE, cursor)
    context = {
        "runs": [shown(one, with_rows=principal.may(Permission.READ_BOOKS)) for one in found.items],
        "next_cursor": found.next_cursor,
        "first": cursor is None,
    }
    return connection_page(request, connection, "history", "history.html", context)


HANDLERS = [history]
