"""The backlog: what should be approved, tagged or mended in time (M29)."""

from datetime import date
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter

from application.backlog import Waiting
from domain.pex_transaction import Kind, Record
from domain.refusals import fix_for
from domain.sync_run import Outcome
from entrypoints.composition import Services
from entrypoints.http import rendering
from entrypoints.http.permissions import READ_BOOKS
from entrypoints.http.problems import documented
from entrypoints.http.security import Principal, visible_connection


class WaitingAnswer(msgspec.Struct):
    """A transaction that is not in the books, and why.

    `leaves_on` is the first day on which an automatic sync does not reach it any more, `days_left`
    the days until then. One that has `left` can still be synced by hand, within a year.
    """

    leaves_on: date
    days_left: int
    left: bool
    pex_id: int
    record: Record
    kind: Kind
    date: date
    merchant: str
    cardholder: str | None
    amount: str
    outcome: Outcome
    code: str | None
    detail: str | None
    fix: str | None


class Backlog(msgspec.Struct):
    """A page of the backlog, what leaves first at its head, what left at its end."""

    items: list[WaitingAnswer]
    next_cursor: str | None = None


@get(
    "/",
    sync_to_thread=True,
    opt=READ_BOOKS,
    responses=documented(404),
    summary="List what is about to leave the days of automatic syncs",
)
def show_backlog(
    connection_id: FromPath[UUID],
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
    limit: Annotated[int, QueryParameter(ge=1, le=1000)] = 100,
    cursor: FromQuery[str | None] = None,
) -> Backlog:
    """From 10 days before, by what the last syncs saw; what no sync has seen is not listed."""
    visible_connection(services, principal, connection_id)
    found = services.backlog.of(connection_id, limit, cursor)
    return rendering.page(Backlog, _waiting, found)


def _waiting(waiting: Waiting) -> WaitingAnswer:
    view = waiting.transaction
    return WaitingAnswer(
        leaves_on=waiting.leaves_on,
        days_left=waiting.days_left,
        left=waiting.has_left,
        pex_id=view.pex_id,
        record=view.record,
        kind=view.kind,
        date=view.day,
        merchant=view.merchant,
        cardholder=view.cardholder,
        amount=str(view.amount),
        outcome=view.outcome,
        code=view.code,
        detail=view.cause,
        fix=fix_for(view.code) if view.code else None,
    )


router = Router(
    "/connections/{connection_id:uuid}/backlog",
    route_handlers=[show_backlog],
    tags=["transactions"],
)
