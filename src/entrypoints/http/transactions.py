"""Transactions: where each is, why, and its events (M33, M37)."""

from datetime import date
from typing import Annotated
from uuid import UUID

from litestar import Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter

from application.ports.read_models import TransactionFilter, TransactionView
from domain.pex_transaction import Kind, Record
from domain.posted_transaction import PostedTransaction
from domain.sync_run import Outcome
from domain.transaction_receipts import TransactionReceipts
from entrypoints.composition import Services
from entrypoints.http import rendering
from entrypoints.http.permissions import READ_BOOKS
from entrypoints.http.problems import documented
from entrypoints.http.refusals import NotFound
from entrypoints.http.run_answers import (
    EventAnswer,
    EventList,
    TransactionInFull,
    TransactionList,
)
from entrypoints.http.security import Principal, visible_connection

NAMES = frozenset({*Kind, *Record})
LARGEST_ID = 2**63 - 1  # of a column of whole numbers
PLAIN = r"^[^\x00]*\Z"  # a NUL is no text to PostgreSQL


@get(
    "/",
    sync_to_thread=True,
    opt=READ_BOOKS,
    responses=documented(404),
    summary="List everything seen, with its newest outcome",
)
def list_transactions(
    connection_id: FromPath[UUID],
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
    outcome: FromQuery[Outcome | None] = None,
    kind: FromQuery[Kind | None] = None,
    start: Annotated[date | None, QueryParameter(name="from")] = None,
    end: Annotated[date | None, QueryParameter(name="to")] = None,
    q: Annotated[str, QueryParameter(max_length=200, pattern=PLAIN)] = "",
    changed: FromQuery[bool | None] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=1000)] = 100,
    cursor: FromQuery[str | None] = None,
) -> TransactionList:
    """Newest posting date first; `q` searches merchant, cardholder and PEX id.

    `changed` narrows to those that changed in PEX or vanished from it after they were posted.
    """
    visible_connection(services, principal, connection_id)
    wanted = TransactionFilter(outcome, kind, start, end, q, changed)
    found = services.read_models.transactions(connection_id, wanted, limit, cursor)
    return rendering.page(TransactionList, rendering.transaction, found)


@get(
    "/{kind:str}/{pex_id:int}",
    sync_to_thread=True,
    opt=READ_BOOKS,
    responses=documented(404),
    summary="Show a transaction with its lines and receipts",
)
def show_transaction(
    connection_id: FromPath[UUID],
    kind: FromPath[str],
    pex_id: FromPath[int],
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
) -> TransactionInFull:
    """`kind` is its kind, or the PEX record that it comes from: card, business or invoice."""
    visible_connection(services, principal, connection_id)
    view = find_transaction(services, connection_id, kind, pex_id)
    receipts = services.read_models.receipts(connection_id, view.record, view.pex_id)
    return rendering.transaction_in_full(view, receipts)


@get(
    "/{kind:str}/{pex_id:int}/events",
    sync_to_thread=True,
    opt=READ_BOOKS,
    responses=documented(404),
    summary="Read a transaction's events",
)
def list_events(
    connection_id: FromPath[UUID],
    kind: FromPath[str],
    pex_id: FromPath[int],
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
    as_of: Annotated[int | None, QueryParameter(ge=0)] = None,
) -> EventList:
    """Up to a position of the log; none for one that was only ever skipped as not postable."""
    connection = visible_connection(services, principal, connection_id)
    view = find_transaction(services, connection_id, kind, pex_id)
    stream = PostedTransaction.create_id(connection.business_id, view.record, view.pex_id)
    return EventList(_events(services, stream, as_of))


@get(
    "/{kind:str}/{pex_id:int}/receipts/events",
    sync_to_thread=True,
    opt=READ_BOOKS,
    responses=documented(404),
    summary="Read the events of a transaction's receipts",
)
def list_receipt_events(
    connection_id: FromPath[UUID],
    kind: FromPath[str],
    pex_id: FromPath[int],
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
    as_of: Annotated[int | None, QueryParameter(ge=0)] = None,
) -> EventList:
    """Up to a position of the log; none where no receipt was ever found."""
    connection = visible_connection(services, principal, connection_id)
    view = find_transaction(services, connection_id, kind, pex_id)
    stream = TransactionReceipts.create_id(connection.business_id, view.record, view.pex_id)
    return EventList(_events(services, stream, as_of))


def _events(services: Services, stream: UUID, as_of: int | None) -> list[EventAnswer]:
    return [
        rendering.event(one)
        for one in services.log.history(stream)
        if as_of is None or one.position <= as_of
    ]


def find_transaction(
    services: Services, connection_id: UUID, kind: str, pex_id: int
) -> TransactionView:
    """A transaction by its kind or record and its PEX id; raises NotFound."""
    known = kind in NAMES and 0 <= pex_id <= LARGEST_ID
    view = services.read_models.transaction(connection_id, kind, pex_id) if known else None
    if view is None:
        raise NotFound("transaction")
    return view


router = Router(
    "/connections/{connection_id:uuid}/transactions",
    route_handlers=[list_transactions, show_transaction, list_events, list_receipt_events],
    tags=["transactions"],
)
