"""The views over SQL, brought up to date before every query."""

import base64
import binascii
import contextlib
import hashlib
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

import msgspec
import sqlalchemy as sa

from adapters.persistence.engine import Database, upsert
from adapters.persistence.projections import project, to_text
from adapters.persistence.read_model_tables import (
    VIEWS,
    connections,
    run_rows,
    runs,
    settings_versions,
    transactions,
)
from adapters.persistence.tables import tracking
from application.ports.event_log import EventLog
from application.ports.read_models import (
    ConnectionView,
    CursorRefused,
    Page,
    RunView,
    SettingsVersion,
    TransactionFilter,
    TransactionView,
)
from domain.connection import Microsoft, Status
from domain.journal_entry import JournalEntry
from domain.money import Money
from domain.pex_transaction import Kind, Record
from domain.posted_transaction import Place, State, Target
from domain.settings import Settings
from domain.sync_run import Counts, Outcome, Reported, RunStatus, Trigger
from domain.sync_window import SyncWindow

T = TypeVar("T")
EVENTS_A_PAGE = 500
TRACKED = "read_models"
UNFINISHED = (State.RESERVED.value, State.SUBMITTED.value, State.IN_DOUBT.value)


class _Undo(Exception):
    """Rolls a trial rebuild back."""


class SqlReadModels:
    """Fulfils the port `ReadModels`."""

    def __init__(self, database: Database, log: EventLog) -> None:
        self._database = database
        self._log = log

    # --- keeping up ----------------------------------------------------------------------------

    def catch_up(self) -> None:
        """Apply the events that are not in the views yet; one small query where there are none."""
        with self._database.reading() as connection:
            behind = self._log.head() > self._position(connection)
        while behind:
            with self._database.transaction() as connection:
                behind = self._apply_page(connection)

    def rebuild(self) -> None:
        """Throw the views away and build them from the first event on."""
        with self._database.transaction() as connection:
            self._rebuild(connection)

    def differences(self) -> list[str]:
        """What a full replay would show otherwise, view by view; empty where all is well (M37)."""
        self.catch_up()
        found: list[str] = []
        with contextlib.suppress(_Undo), self._database.transaction() as connection:
            before = {view.name: _hashes(connection, view) for view in VIEWS}
            self._rebuild(connection)
            for view in VIEWS:
                after, was = _hashes(connection, view), before[view.name]
                keys = {*after, *was}
                wrong = sorted(key for key in keys if after.get(key) != was.get(key))
                found.extend(f"{view.name} {key}" for key in wrong)
            raise _Undo
        return found

    def _rebuild(self, connection: sa.Connection) -> None:
        for view in VIEWS:
            connection.execute(sa.delete(view))
        connection.execute(sa.delete(tracking).where(tracking.c.name == TRACKED))
        while self._apply_page(connection):
            pass

    def _position(self, connection: sa.Connection) -> int:
        where = tracking.c.name == TRACKED
        return connection.scalar(sa.select(tracking.c.position).where(where)) or 0

    def _apply_page(self, connection: sa.Connection) -> bool:
        """Apply one page under a lock on the position; whether there may be more."""
        start = upsert(connection, tracking).values(name=TRACKED, position=0)
        connection.execute(start.on_conflict_do_nothing())
        where = tracking.c.name == TRACKED
        position = connection.scalar(sa.select(tracking.c.position).where(where).with_for_update())
        page = self._log.read(position or 0, EVENTS_A_PAGE)
        if not page:
            return False
        project(connection, self._log, page)
        connection.execute(sa.update(tracking).where(where).values(position=page[-1].position))
        return len(page) == EVENTS_A_PAGE

    # --- connections ---------------------------------------------------------------------------

    def connections(
        self, business_ids: Collection[int] | None, limit: int, cursor: str | None = None
    ) -> Page[ConnectionView]:
        """Connections by name."""
        query = _connections()
        if business_ids is not None:
            query = query.where(connections.c.business_id.in_(list(business_ids)))
        keys = (connections.c.business_name, connections.c.id)
        return self._page(query, keys, _connection, limit, cursor, (str, UUID), newest_first=False)

    def connection(self, connection_id: UUID) -> ConnectionView | None:
        """One connection."""
        return self._one(_connections().where(connections.c.id == connection_id), _connection)

    def settings_versions(self, connection_id: UUID) -> Sequence[SettingsVersion]:
        """All saved versions, newest first."""
        query = (
            sa.select(settings_versions)
            .where(settings_versions.c.connection_id == connection_id)
            .order_by(settings_versions.c.version.desc())
        )
        return [
            SettingsVersion(
                row.version,
                msgspec.json.decode(row.settings, type=Settings),
                row.saved_at,
                row.actor,
            )
            for row in self._all(query)
        ]

    def unready_connections(self) -> Sequence[UUID]:
        """Connections with both sign-ins that are not ready, or need action."""
        waiting = (Status.CONNECTED_NOT_READY.value, Status.ACTION_REQUIRED.value)
        query = sa.select(connections.c.id).where(connections.c.status.in_(waiting))
        return [row.id for row in self._all(query)]

    # --- runs ----------------------------------------------------------------------------------

    def runs(self, connection_id: UUID, limit: int, cursor: str | None = None) -> Page[RunView]:
        """The runs of a connection, newest first."""
        query = sa.select(runs).where(runs.c.connection_id == connection_id)
        keys = (runs.c.started_at, runs.c.id)
        return self._page(query, keys, _run, limit, cursor, (datetime.fromisoformat, UUID))

    def run(self, run_id: UUID) -> RunView | None:
        """One run."""
        return self._one(sa.select(runs).where(runs.c.id == run_id), _run)

    def active_runs(self) -> Sequence[UUID]:
        """Runs that have not ended."""
        return [
            row.id for row in self._all(sa.select(runs.c.id).where(runs.c.finished_at.is_(None)))
        ]

    def report(
        self, run_id: UUID, outcome: Outcome | None, limit: int, cursor: str | None = None
    ) -> Page[Reported]:
        """A run's rows in report order, posted ones with their lines."""
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
        keys = (run_rows.c.sequence,)
        return self._page(query, keys, _reported, limit, cursor, (int,), newest_first=False)

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
        keys = (transactions.c.day, transactions.c.pex_id, transactions.c.record)
        return self._page(query, keys, _transaction, limit, cursor, (date.fromisoformat, int, str))

    def transaction(
        self, connection_id: UUID, kind_or_record: str, pex_id: int
    ) -> TransactionView | None:
        """One transaction, by kind or by record."""
        column = transactions.c.record
        if kind_or_record not in set(Record):
            column = transactions.c.kind
        query = sa.select(transactions).where(
            transactions.c.connection_id == connection_id,
            transactions.c.pex_id == pex_id,
            column == kind_or_record,
        )
        return self._one(query.limit(1), _transaction)

    def unfinished(self, connection_id: UUID) -> Sequence[UUID]:
        """Streams that are reserved, submitted or in doubt."""
        return self._streams(connection_id, UNFINISHED)

    def posted(self, connection_id: UUID) -> Sequence[UUID]:
        """Streams of posted transactions."""
        return self._streams(connection_id, (State.POSTED.value,))

    def _streams(self, connection_id: UUID, states: Collection[str]) -> Sequence[UUID]:
        query = sa.select(transactions.c.stream).where(
            transactions.c.connection_id == connection_id, transactions.c.state.in_(states)
        )
        return [row.stream for row in self._all(query)]

    # --- queries -------------------------------------------------------------------------------

    def _all(self, query: sa.Select[Any]) -> Sequence[sa.Row[Any]]:
        self.catch_up()
        with self._database.reading() as connection:
            return connection.execute(query).all()

    def _one(self, query: sa.Select[Any], view: Callable[[Any], T]) -> T | None:
        rows = self._all(query)
        return view(rows[0]) if rows else None

    def _page(
        self,
        query: sa.Select[Any],
        keys: tuple[sa.ColumnElement[Any], ...],
        view: Callable[[Any], T],
        limit: int,
        cursor: str | None,
        types: tuple[Callable[[Any], Any], ...],
        *,
        newest_first: bool = True,
    ) -> Page[T]:
        """A page behind a cursor, by comparing sort keys; one row more tells of a next page."""
        if cursor is not None:
            last = sa.tuple_(
                *(
                    sa.literal(value, key.type)
                    for value, key in zip(_read_cursor(cursor, types), keys, strict=True)
                )
            )
            here = sa.tuple_(*keys)
            query = query.where(here < last if newest_first else here > last)
        order = [key.desc() if newest_first else key.asc() for key in keys]
        rows = self._all(query.order_by(*order).limit(limit + 1))
        shown = rows[:limit]
        more = len(rows) > limit
        names = [str(key.key) for key in keys]
        position = [getattr(shown[-1], name) for name in names] if more else []
        return Page(tuple(view(row) for row in shown), _cursor(position) if more else None)


def _cursor(position: list[Any]) -> str:
    return base64.urlsafe_b64encode(to_text(position).encode()).decode()


def _read_cursor(cursor: str, types: tuple[Callable[[Any], Any], ...]) -> Iterator[Any]:
    try:
        position = msgspec.json.decode(base64.urlsafe_b64decode(cursor.encode()))
        values = [kind(value) for kind, value in zip(types, position, strict=True)]
    except (binascii.Error, msgspec.MsgspecError, ValueError, TypeError, AttributeError) as error:
        raise CursorRefused from error
    return iter(values)


def _hashes(connection: sa.Connection, view: sa.Table) -> dict[str, str]:
    keys = [column.name for column in view.primary_key]
    return {
        " ".join(str(row[name]) for name in keys): hashlib.sha256(
            repr(tuple(row.values())).encode()
        ).hexdigest()
        for row in connection.execute(sa.select(view)).mappings()
    }


def _connections() -> sa.Select[Any]:
    last = (
        sa.select(sa.func.max(runs.c.finished_at))
        .where(runs.c.connection_id == connections.c.id, runs.c.preview.is_(False))
        .scalar_subquery()
        .label("last_sync_at")
    )
    return sa.select(connections, last)


def _connection(row: Any) -> ConnectionView:
    return ConnectionView(
        row.id,
        row.business_id,
        row.business_name,
        row.funding,
        Status(row.status),
        row.status_code,
        row.status_reason,
        msgspec.json.decode(row.microsoft, type=Microsoft) if row.microsoft else None,
        row.company_id,
        row.company_name,
        row.last_sync_at,
        row.auto_sync,
        row.settings_version,
        row.active_run,
    )


def _run(row: Any) -> RunView:
    return RunView(
        row.id,
        row.connection_id,
        Trigger(row.trigger),
        row.preview,
        msgspec.json.decode(row.kinds, type=tuple[Kind, ...]),
        SyncWindow(row.first_day, row.last_day),
        RunStatus(row.status),
        row.code,
        row.cause,
        row.started_at,
        row.finished_at,
        row.settings_version,
        msgspec.json.decode(row.counts, type=Counts),
        row.waiting_until,
        row.actor,
    )


def _reported(row: Any) -> Reported:
    reported = msgspec.json.decode(row.body, type=Reported)
    if reported.lines or not row.entry:
        return reported
    entry = msgspec.json.decode(row.entry, type=JournalEntry)
    return replace(reported, document_number=entry.document_number, lines=entry.lines)


def _conditions(wanted: TransactionFilter) -> Iterator[sa.ColumnElement[bool]]:
    if wanted.outcome is not None:
        yield transactions.c.outcome == wanted.outcome.value
    if wanted.kind is not None:
        yield transactions.c.kind == wanted.kind.value
    if wanted.start is not None:
        yield transactions.c.day >= wanted.start
    if wanted.end is not None:
        yield transactions.c.day <= wanted.end
    text = wanted.text.strip().casefold()
    if text:
        named = transactions.c.search.contains(text, autoescape=True)
        yield sa.or_(named, transactions.c.pex_id == int(text)) if text.isdigit() else named


def _transaction(row: Any) -> TransactionView:
    return TransactionView(
        row.connection_id,
        Record(row.record),
        row.pex_id,
        Kind(row.kind),
        row.day,
        row.merchant,
        row.cardholder,
        Money.of(row.amount),
        Outcome(row.outcome),
        State(row.state) if row.state else None,
        row.code,
        row.cause,
        row.run_id,
        msgspec.json.decode(row.entry, type=JournalEntry) if row.entry else None,
        msgspec.json.decode(row.line_numbers, type=tuple[int, ...]),
        msgspec.json.decode(row.line_ids, type=tuple[str, ...]),
        msgspec.json.decode(row.target, type=Target) if row.target else None,
        Place(row.place) if row.place else None,
        row.attempts,
        row.first_seen_at,
        row.changed_at,
    )
