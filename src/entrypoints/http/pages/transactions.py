"""Transactions: find one, and read where it is, why, and its story (M27, M33)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter

from application.ports.event_log import RecordedEvent
from application.ports.read_models import Page, RunView, TransactionView
from domain.journal_entry import JournalLine
from domain.money import ZERO, Money, total
from domain.pex_snapshot import field_in_words, notices
from domain.pex_transaction import Kind
from domain.posted_transaction import Place, PostedTransaction
from domain.refusals import Refusal, fix_for
from domain.sync_run import Outcome
from domain.transaction_receipts import TransactionReceipts
from entrypoints.composition import Services
from entrypoints.http.pages.bc_web import link
from entrypoints.http.pages.connections import connection_page
from entrypoints.http.pages.story import Chapter, chapters
from entrypoints.http.pages.transaction_search import OUTCOMES, search
from entrypoints.http.pages.whereabouts import FOUND, Whereabouts, whereabouts
from entrypoints.http.permissions import READ_BOOKS
from entrypoints.http.security import Principal, visible_connection
from entrypoints.http.transactions import PLAIN, find_transaction

A_PAGE = 50
UNPROCESSABLE = 422
TAB = "transactions"


@dataclass(frozen=True, slots=True)
class Line:
    """A journal line with its number, None before one is reserved; one side of it is empty."""

    number: int | None
    line: JournalLine
    debit: Money | None
    credit: Money | None


class Told(NamedTuple):
    """A part of a story with its run; None for one that is not known."""

    run: RunView | None
    chapter: Chapter


@get("/connections/{connection_id:uuid}/transactions", sync_to_thread=True, opt=READ_BOOKS)
def transactions_page(
    request: Request[Any, Any, Any],
    connection_id: FromPath[UUID],
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
    q: Annotated[str, QueryParameter(max_length=200, pattern=PLAIN)] = "",
    outcome: FromQuery[str] = "",
    kind: FromQuery[str] = "",
    start: Annotated[str, QueryParameter(name="from")] = "",
    end: Annotated[str, QueryParameter(name="to")] = "",
    changed: FromQuery[str] = "",
    cursor: FromQuery[str | None] = None,
) -> Response[str]:
    """Everything seen, newest posting date first, narrowed by what the form asks for."""
    connection = visible_connection(services, principal, connection_id)
    asked = search(
        {
            "q": q,
            "outcome": outcome,
            "kind": kind,
            "from": start,
            "to": end,
            "changed": "yes" if changed else "",
        }
    )
    found: Page[TransactionView] = Page((), None)
    if not asked.errors:
        found = services.read_models.transactions(connection_id, asked.wanted, A_PAGE, cursor)
    context = {
        "asked": asked,
        "found": found,
        "later": cursor is not None,
        "outcomes": OUTCOMES,
        "kinds": tuple(Kind),
        "address": f"/connections/{connection_id}/transactions",
        "notices": notices,
    }
    status = UNPROCESSABLE if asked.errors else 200
    return connection_page(request, connection, TAB, "transactions.html", context, status=status)


@get(
    "/connections/{connection_id:uuid}/transactions/{kind:str}/{pex_id:int}",
    sync_to_thread=True,
    opt=READ_BOOKS,
)
def transaction_page(
    request: Request[Any, Any, Any],
    connection_id: FromPath[UUID],
    kind: FromPath[str],
    pex_id: FromPath[int],
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
    look: FromQuery[str] = "",
) -> Response[str]:
    """One transaction; `kind` is its kind, or the PEX record that it comes from.

    With `look` Business Central is asked where it is now.
    """
    connection = visible_connection(services, principal, connection_id)
    view = find_transaction(services, connection_id, kind, pex_id)
    receipts = services.read_models.receipts(connection_id, view.record, view.pex_id)
    business, bc_api_url = connection.business_id, services.settings.bc_api_url
    context = {
        "one": view,
        "where": whereabouts(view, receipts),
        "looked": _looked(services, business, view) if look else None,
        "company": connection.company_name if _is_of(view, connection.company_id) else None,
        "links": {place: link(bc_api_url, view, place) for place in Place},
        "lines": lines(view),
        "account_names": _account_names(services, view),
        "sums": _sums(view),
        "receipts": receipts,
        "notices": notices(view.changes, view.missing_in_pex),
        "story": _told(services, _events(services, business, view)),
        "api": f"/api/v1/connections/{connection_id}/transactions/{view.record}/{view.pex_id}",
        "fix_for": fix_for,
        "field_in_words": field_in_words,
    }
    return connection_page(request, connection, TAB, "transaction.html", context)


def _looked(services: Services, business: int, view: TransactionView) -> Whereabouts | None:
    """What Business Central holds of it at this moment; None for what was not posted from here."""
    if view.outcome is not Outcome.POSTED or view.entry is None:
        return None
    stream = PostedTransaction.create_id(business, view.record, view.pex_id)
    try:
        match = services.verify.one(view.connection_id, stream)
    except Refusal as refusal:
        return Whereabouts(
            "warn", "Business Central could not be read.", refusal.cause, refusal.fix
        )
    return FOUND[match] if match else None


def lines(view: TransactionView) -> Sequence[Line]:
    """The entry's lines, debits and credits apart."""
    if view.entry is None:
        return ()
    numbers = view.line_numbers or (None,) * len(view.entry.lines)
    return tuple(
        Line(
            number,
            one,
            one.amount if one.amount > ZERO else None,
            -one.amount if one.amount < ZERO else None,
        )
        for number, one in zip(numbers, view.entry.lines, strict=False)
    )


def _account_names(services: Services, view: TransactionView) -> Mapping[str, str]:
    """What the accounts of its company are called, as far as that is known."""
    if view.target is None:
        return {}
    return services.account_names.of(view.connection_id, view.target.company_id)


def _sums(view: TransactionView) -> tuple[Money, Money]:
    debits = (one.debit for one in lines(view) if one.debit is not None)
    credits_ = (one.credit for one in lines(view) if one.credit is not None)
    return total(debits), total(credits_)


def _is_of(view: TransactionView, company_id: str | None) -> bool:
    return view.target is not None and view.target.company_id == company_id


def _events(services: Services, business: int, view: TransactionView) -> list[RecordedEvent]:
    """What happened to it and to its receipts, in the order in which it did."""
    streams = (
        PostedTransaction.create_id(business, view.record, view.pex_id),
        TransactionReceipts.create_id(business, view.record, view.pex_id),
    )
    events = [one for stream in streams for one in services.log.history(stream)]
    return sorted(events, key=lambda one: one.position)


def _told(services: Services, events: Sequence[RecordedEvent]) -> list[Told]:
    """The story with its runs; each run is looked up once."""
    parts = chapters(events)
    runs: dict[UUID | None, RunView | None] = {
        run_id: services.read_models.run(run_id)
        for run_id in {part.run_id for part in parts}
        if run_id is not None
    }
    return [Told(runs.get(part.run_id), part) for part in parts]


HANDLERS = [transactions_page, transaction_page]
