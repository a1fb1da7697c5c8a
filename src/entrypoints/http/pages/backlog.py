"""The backlog: what is about to leave the days of automatic syncs, and what left them (M29)."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from domain.refusals import fix_for
from domain.sync_window import AUTO_MONTHS, NOTICE
from entrypoints.composition import Services
from entrypoints.http.pages.connections import connection_page
from entrypoints.http.permissions import READ_BOOKS
from entrypoints.http.security import Principal, visible_connection

A_PAGE = 50
SOON_DAYS = 3
"""From so many days on it is marked as urgent."""


@get("/connections/{connection_id:uuid}/backlog", sync_to_thread=True, opt=READ_BOOKS)
def backlog_page(
    request: Request[Any, Any, Any],
    connection_id: FromPath[UUID],
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
    cursor: FromQuery[str | None] = None,
) -> Response[str]:
    """What leaves first at the head, what left already behind it."""
    connection = visible_connection(services, principal, connection_id)
    found = services.backlog.of(connection_id, A_PAGE, cursor)
    context = {
        "leaving": [one for one in found.items if not one.has_left],
        "left": [one for one in found.items if one.has_left],
        "later": cursor is not None,
        "next_cursor": found.next_cursor,
        "soon": SOON_DAYS,
        "notice_days": NOTICE.days,
        "months": AUTO_MONTHS,
        "fix_for": fix_for,
    }
    return connection_page(request, connection, "backlog", "backlog.html", context)


HANDLERS = [backlog_page]
