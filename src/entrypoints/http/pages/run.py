"""One run: how it stands, what needs a person, and its rows (M17, M26, M32)."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from application.ports.read_models import RunView
from domain.sync_run import Outcome
from entrypoints.composition import Services
from entrypoints.http import rendering
from entrypoints.http.pages.connections import connection_page
from entrypoints.http.pages.run_words import field_name, shown, troubles
from entrypoints.http.permissions import READ_BOOKS
from entrypoints.http.run_answers import ReportedAnswer
from entrypoints.http.security import Principal, visible_run_of

ROWS_A_PAGE = 50
LOOKED_THROUGH = 200
"""How many failed rows are read at once to group them, or to find those of one code."""


@get("/runs/{run_id:uuid}", sync_to_thread=True, opt=READ_BOOKS)
def run_page(
    request: Request[Any, Any, Any],
    run_id: FromPath[UUID],
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
    outcome: FromQuery[Outcome | None] = None,
    code: FromQuery[str | None] = None,
    cursor: FromQuery[str | None] = None,
) -> Response[str]:
    """A run with a page of its rows, of one outcome or one code where that is asked."""
    run, connection = visible_run_of(services, principal, run_id)
    limit = LOOKED_THROUGH if code else ROWS_A_PAGE
    found = services.read_models.report(run_id, outcome, limit, cursor)
    rows = [rendering.reported(one) for one in found.items if code in (None, one.code)]
    context = {
        "run": shown(run, with_rows=True),
        "trouble": _trouble(services, run, first=cursor is None and outcome is None),
        "rows": rows,
        "new_vendors": _new_vendors(rows),
        "outcome": outcome,
        "code": code,
        "looked_through": LOOKED_THROUGH,
        "onward": _address(run_id, outcome, code),
        "first": cursor is None,
        "next_cursor": found.next_cursor,
    }
    return connection_page(request, connection, "history", "run.html", context)


def _trouble(services: Services, run: RunView, *, first: bool) -> dict[str, Any]:
    """What failed by its causes, as far as one page of failed rows tells."""
    if not (first and run.counts.failed):
        return {"causes": [], "more": False}
    failed = services.read_models.report(run.id, Outcome.FAILED, LOOKED_THROUGH)
    return {"causes": troubles(failed.items), "more": failed.next_cursor is not None}


def _new_vendors(rows: list[ReportedAnswer]) -> list[str]:
    return sorted({row.new_vendor for row in rows if row.new_vendor})


def _address(run_id: UUID, outcome: Outcome | None, code: str | None) -> str:
    kept = {"outcome": outcome.value if outcome else None, "code": code}
    query = urlencode({name: value for name, value in kept.items() if value})
    return f"/runs/{run_id}" + (f"?{query}" if query else "")


@get("/runs/{run_id:uuid}/tag-options", sync_to_thread=True, opt=READ_BOOKS)
def tag_options_page(
    request: Request[Any, Any, Any],
    run_id: FromPath[UUID],
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
    cursor: FromQuery[str | None] = None,
) -> Response[str]:
    """What a run changed in tags' options, and the fields that failed (M28)."""
    run, connection = visible_run_of(services, principal, run_id)
    found = services.read_models.tag_options(run_id, ROWS_A_PAGE, cursor)
    rows = [rendering.tag_option(one) for one in found.items]
    context = {
        "run": shown(run, with_rows=True),
        "rows": [(field_name(one.field), one) for one in rows],
        "next_cursor": found.next_cursor,
    }
    return connection_page(request, connection, "history", "run_tag_options.html", context)


HANDLERS = [run_page, tag_options_page]
