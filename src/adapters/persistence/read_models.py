"""The views over SQL, brought up to date before every query."""

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

import sqlalchemy as sa

from adapters.persistence.engine import Database
from adapters.persistence.projections import afterwards, pictures
from adapters.persistence.projections.keeping_up import EVENTS_A_PAGE, KeepingUp
from adapters.persistence.projections.paging import BIGGEST, Instant, Number, Order
from adapters.persistence.projections.views import (
    connection_view,
    posted_key,
    receipt_view,
    reported_view,
    run_view,
    settings_version,
    tag_option_view,
    transaction_view,
)
from adapters.persistence.read_model_tables import (
    connections,
    receipts,
    run_rows,
    runs,
    settings_versions,
    tag_options,
    transactions,
)
from adapters.persistence.tables import schedule
from application.ports.event_log import EventLog
from application.ports.pictures import Figures
from application.ports.read_models import (
    BacklogFilter,
    ConnectionView,
    Page,
    PostedKey,
    ReceiptView,
    RunView,
    SettingsVersion,
    TransactionFilter,
    TransactionView,
)
from domain.connection import Status
from domain.pex_transaction import Kind, Record
from domain.posted_transaction import UNSETTLED, State
from domain.schedule import Job
from domain.sync_run import Outcome, Reported
from domain.sync_window import SyncWindow
from domain.tag_option_history import ReportedOption

T = TypeVar("T")
UNFINISHED = tuple(state.value for state in (State.RESERVED, *sorted(UNSETTLED)))
UNREADY = (Status.CONNECTED_NOT_READY.value, Status.ACTION_REQUIRED.value)
CONNECTIONS = Order((connections.c.opened_at, connections.c.id), tuple[Instant, UUID])
RUNS = Order((runs.c.started_at, runs.c.id), tuple[Instant, UUID])
REPORT = Order((run_rows.c.sequence,), tuple[Number], newest_first=False)
TAG_OPTIONS = Order((tag_options.c.sequence,), tuple[Number], newest_first=False)
TRANSACTIONS = Order(
    (transactions.c.day, transactions.c.pex_id, transactions.c.record), tuple[date, Number, Record]
)


class SqlReadModels:
    """Fulfils the port `ReadModels`; the log's tables lie in the same database."""

    def __init__(
        self, database: Database, log: EventLog, events_a_page: int = EVENTS_A_PAGE
    ) -> None:
        self._views = KeepingUp(database, log, events_a_page)

    # --- keeping up ----------------------------------------------------------------------------

    def catch_up(self) -> None:
        """Apply the events that are not in the views yet; one small query where there are none."""
        self._views.catch_up()

    def rebuild(self) -> None:
        """Throw the views away and build them from the first event on (M37)."""
        self._views.rebuild()

    def differences(self) -> list[str]:
        """What a full replay would show otherwise, row by row; empty where all is well (M37)."""
        return self._views.differences()

    # --- connections ---------------------------------------------------------------------------

    def connections(
        self, business_ids: Collection[int] | None, limit: int, cursor: str | None = None
    ) -> Page[ConnectionView]:
        """Connections of these businesses, the one opened last first."""
        query = _connections()
        if business_ids is not None:
            query = query.where(connections.c.business_id.in_(list(business_ids)))
        return self._page(query, CONNECTIONS, connection_view, limit, cursor)

    def connection(self, connection_id: UUID) -> ConnectionView | None:
        """One connection."""
        return self._one(_connections().where(connections.c.id == connection_id), connection_view)

    def settings_versions(self, connection_id: UUID) -> Sequence[SettingsVersion]:
        """All saved versions, newest first."""
        query = (
            sa.select(settings_versions)
            .where(settings_versions.c.connection_id == connection_id)
            .order_by(settings_versions.c.version.desc())
        )
        return [settings_version(row) for row in self._views.read(query)]

    def unready_connections(self) -> Sequence[UUID]:
        """Connections with both sign-ins that are not ready, or need action."""
        query = sa.select(connections.c.id).where(
            connections.c.status.in_(UNREADY),
            connections.c.pex_signed_in,
            connections.c.microsoft.is_not(None),
        )
        return [row.id for row in self._views.read(query.order_by(connections.c.id))]

    # --- runs ----------------------------------------------------------------------------------

    def runs(self, connection_id: UUID, limit: int, cursor: str | None = None) -> Page[RunView]:
        """The runs of a connection, newest first."""
        query = sa.select(runs).where(runs.c.connection_id == connection_id)
        return self._page(query, RUNS, run_view, limit, cursor)

    def run(self, run_id: UUID) -> RunView | None:
        """One run."""
        return self._one(sa.select(runs).where(runs.c.id == run_id), run_view)

    def active_runs(self) -> Sequence[UUID]:
        """Runs that have not ended."""
        query = sa.select(runs.c.id).where(runs.c.finished_at.is_(None))
        return [row.id for row in self._views.read(query.order_by(runs.c.started_at, runs.c.id))]

    def report(
        self, run_id: UUID, outcome: Outcome | None, limit: int, cursor: str | None = None
    ) -> Page[Reported]:
        """A run's rows in report order, those in the books with their lines."""
        query = (
            sa.select(run_rows.c.sequence, run_rows.c.body, transactions.c.entry)
            .outerjoin(
                transactions,
                sa.and_(
                    transactions.c.connection_id == run_rows.c.connection_id,
                    transactions.c.record == run_rows.c.record,
                    transactions.c.pex_id == run_rows.c.pex_id,
                ),
            )
            .where(run_rows.c.run_id == run_id)
        )
        if outcome is not None:
            query = query.where(run_rows.c.outcome == outcome.value)
        return self._page(query, REPORT, reported_view, limit, cursor)

    def tag_options(
        self, run_id: UUID, limit: int, cursor: str | None = None
    ) -> Page[ReportedOption]:
        """What a run changed in tags, in the order that it did."""
        query = sa.select(tag_options).where(tag_options.c.run_id == run_id)
        return self._page(query, TAG_OPTIONS, tag_option_view, limit, cursor)

    # --- transactions --------------------------------------------------------------------------

    def transactions(
        self,
        connection_id: UUID,
        wanted: TransactionFilter,
        limit: int,
        cursor: str | None = None,
    ) -> Page[TransactionView]:
        """The ledger of everything seen, newest posting date first."""
        query = sa.select(transactions).where(transactions.c.connection_id == connection_id)
        query = query.where(*_conditions(wanted))
        return self._page(query, TRANSACTIONS, transaction_view, limit, cursor)

    def transaction(
        self, connection_id: UUID, kind_or_record: str, pex_id: int
    ) -> TransactionView | None:
        """One transaction, by kind or by record; of a kind in two records, the card's first."""
        by_record = kind_or_record in set(Record)
        if abs(pex_id) > BIGGEST or not (by_record or kind_or_record in set(Kind)):
            return None
        column = transactions.c.record if by_record else transactions.c.kind
        query = (
            sa.select(transactions)
            .where(
                transactions.c.connection_id == connection_id,
                transactions.c.record.in_([record.value for record in Record]),
                transactions.c.pex_id == pex_id,
                column == str(kind_or_record),
            )
            .order_by(sa.case(_PRECEDENCE, value=transactions.c.record))
        )
        return self._one(query.limit(1), transaction_view)

    def backlog(
        self, connection_id: UUID, wanted: BacklogFilter, limit: int, cursor: str | None = None
    ) -> Page[TransactionView]:
        """What would be posted if somebody acted, of the days that leave and of those that left."""
        query, order = afterwards.backlog(connection_id, wanted)
        return self._page(query, order, transaction_view, limit, cursor)

    def figures(self, connection_id: UUID, days: SyncWindow) -> Figures:
        """The figures of the pictures, from one query."""
        return self._views.look(
            lambda connection: pictures.figures(connection, connection_id, days)
        )

    def posted_within(
        self, connection_id: UUID, days: SyncWindow, limit: int, cursor: str | None = None
    ) -> Page[PostedKey]:
        """What is posted on some days, newest first; no entry is read for it."""
        query = afterwards.posted_within(connection_id, days)
        return self._page(query, TRANSACTIONS, posted_key, limit, cursor)

    def receipts(self, connection_id: UUID, record: Record, pex_id: int) -> Sequence[ReceiptView]:
        """A transaction's receipts, by their numbers."""
        query = (
            sa.select(receipts)
            .where(
                receipts.c.connection_id == connection_id,
                receipts.c.record == record.value,
                receipts.c.pex_id == pex_id,
                receipts.c.status.is_not(None),
            )
            .order_by(receipts.c.number)
        )
        return [receipt_view(row) for row in self._views.read(query)]

    def posted_purchases(
        self, connection_id: UUID, start: date, end: date
    ) -> Collection[tuple[Record, int]]:
        """Purchases in the books, by posting date."""
        query = sa.select(transactions.c.record, transactions.c.pex_id).where(
            transactions.c.connection_id == connection_id,
            transactions.c.kind == Kind.PURCHASE.value,
            transactions.c.state == State.POSTED.value,
            transactions.c.day.between(start, end),
        )
        return [(Record(row.record), row.pex_id) for row in self._views.read(query)]

    def unfinished(self, connection_id: UUID) -> Sequence[UUID]:
        """Streams that are reserved, submitted, in doubt, or without their dimensions yet."""
        return self._streams(connection_id, UNFINISHED)

    def posted(self, connection_id: UUID) -> Sequence[UUID]:
        """Streams of posted transactions."""
        return self._streams(connection_id, (State.POSTED.value,))

    def _streams(self, connection_id: UUID, states: Collection[str]) -> Sequence[UUID]:
        # Sorted here: told to sort, SQLite walks the whole ledger by day to find a few unfinished.
        query = sa.select(transactions.c.day, transactions.c.pex_id, transactions.c.stream).where(
            transactions.c.connection_id == connection_id, transactions.c.state.in_(states)
        )
        return [row.stream for row in sorted(self._views.read(query), key=tuple)]

    # --- queries -------------------------------------------------------------------------------

    def _one(self, query: sa.Select[Any], view: Callable[[Any], T]) -> T | None:
        rows = self._views.read(query)
        return view(rows[0]) if rows else None

    def _page(
        self,
        query: sa.Select[Any],
        order: Order,
        view: Callable[[Any], T],
        limit: int,
        cursor: str | None,
    ) -> Page[T]:
        rows = self._views.read(order.page(query, limit, cursor))
        shown = rows[:limit]
        more = len(rows) > limit
        return Page(tuple(view(row) for row in shown), order.cursor(shown[-1]) if more else None)


_PRECEDENCE = {record.value: place for place, record in enumerate(Record)}


def _connections() -> sa.Select[Any]:
    last = (
        sa.select(sa.func.max(runs.c.finished_at))
        .where(runs.c.connection_id == connections.c.id, runs.c.preview.is_(False))
        .scalar_subquery()
        .label("last_sync_at")
    )
    planned = (
        sa.select(schedule.c.next_at)
        .where(schedule.c.connection_id == connections.c.id, schedule.c.job == Job.SYNC.value)
        .scalar_subquery()
        .label("next_at")
    )
    return sa.select(connections, last, planned)


def _conditions(wanted: TransactionFilter) -> Iterator[sa.ColumnElement[bool]]:
    if wanted.outcome is not None:
        yield transactions.c.outcome == wanted.outcome.value
    if wanted.kind is not None:
        yield transactions.c.kind == wanted.kind.value
    if wanted.start is not None:
        yield transactions.c.day >= wanted.start
    if wanted.end is not None:
        yield transactions.c.day <= wanted.end
    if wanted.changed is not None:
        yield transactions.c.differs.is_(True if wanted.changed else None)
    text = wanted.text.strip().casefold()
    if text:
        yield _holds(text)


def _holds(text: str) -> sa.ColumnElement[bool]:
    if "\0" in text:  # which no column can hold, and PostgreSQL does not even take
        return sa.false()
    named = transactions.c.search.contains(text, autoescape=True)
    numeric = text.isascii() and text.isdigit() and len(text) <= len(str(BIGGEST))
    if not numeric or int(text) > BIGGEST:
        return named
    return sa.or_(named, transactions.c.pex_id == int(text))
