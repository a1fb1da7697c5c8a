"""Appends events and tracks positions, by the interfaces of the eventsourcing library."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Event
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from eventsourcing import persistence
from eventsourcing.persistence import (
    Notification,
    ProcessRecorder,
    StoredEvent,
    Subscription,
    Tracking,
)

from adapters.persistence.chain import link, read_head
from adapters.persistence.engine import Database, upsert
from adapters.persistence.tables import events, tracking

APPEND_LOCK = 0x7065_7862_6301
"""Key of PostgreSQL's advisory lock under which events are appended, one transaction at a time."""

_STREAMS_A_QUERY = 500

_ERRORS: tuple[tuple[type[sa.exc.SQLAlchemyError], type[persistence.PersistenceError]], ...] = (
    (sa.exc.IntegrityError, persistence.IntegrityError),
    (sa.exc.OperationalError, persistence.OperationalError),
    (sa.exc.DataError, persistence.DataError),
    (sa.exc.InternalError, persistence.InternalError),
    (sa.exc.ProgrammingError, persistence.ProgrammingError),
    (sa.exc.NotSupportedError, persistence.NotSupportedError),
    (sa.exc.InterfaceError, persistence.InterfaceError),
    (sa.exc.DBAPIError, persistence.DatabaseError),
    (sa.exc.TimeoutError, persistence.OperationalError),
)


@contextmanager
def _library_errors() -> Iterator[None]:
    try:
        yield
    except sa.exc.SQLAlchemyError as error:
        for theirs, ours in _ERRORS:
            if isinstance(error, theirs):
                raise ours(str(error)) from error
        raise


class SqlRecorder(ProcessRecorder):
    """One log for all streams, on SQLite and PostgreSQL; joins the database's current block.

    Appends come one transaction after another: SQLite's writers exclude each other anyway, on
    PostgreSQL an advisory lock is held until the transaction ends. So positions become visible in
    order, and the hash chain has one next link. Append before waiting for anything else.

    A refused append undoes itself alone, so that the transaction around it can go on.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    # --- appending ----------------------------------------------------------------------------

    def insert_events(
        self, stored_events: Sequence[StoredEvent], **kwargs: Any
    ) -> Sequence[int] | None:
        """Append all events, and the tracked position if one is given, or nothing.

        Raises:
            eventsourcing.persistence.IntegrityError: a stream has the version already, or the
                tracked position is not beyond the one on record.
        """
        position: Tracking | None = kwargs.get("tracking")
        with _library_errors(), self._database.attempt() as connection:
            positions = self._append(connection, stored_events) if stored_events else []
            if position is not None:
                self._advance(connection, position)
        return positions

    def _append(
        self, connection: sa.Connection, stored_events: Sequence[StoredEvent]
    ) -> Sequence[int]:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(APPEND_LOCK)))
        insert = sa.insert(events).returning(events.c.position, sort_by_parameter_order=True)
        rows = list(_chained(read_head(connection).digest, stored_events))
        return connection.execute(insert, rows).scalars().all()

    # --- reading ------------------------------------------------------------------------------

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """Events of one stream, by version."""
        order = events.c.version.desc() if desc else events.c.version
        query = sa.select(events).where(events.c.stream_id == originator_id).order_by(order)
        if gt is not None:
            query = query.where(events.c.version > gt)
        if lte is not None:
            query = query.where(events.c.version <= lte)
        rows = self._read(query.limit(limit))
        return [
            StoredEvent(row.stream_id, row.version, row.topic, row.payload.encode()) for row in rows
        ]

    def select_streams(self, streams: Sequence[UUID]) -> Iterator[Notification]:
        """All events of many streams, each stream's together and in order."""
        for first in range(0, len(streams), _STREAMS_A_QUERY):
            some = streams[first : first + _STREAMS_A_QUERY]
            query = sa.select(events).where(events.c.stream_id.in_(some))
            rows = self._read(query.order_by(events.c.stream_id, events.c.version))
            yield from map(_notification, rows)

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """Events of the whole log, by position."""
        query = sa.select(events).order_by(events.c.position).limit(limit)
        if start is not None:
            position = events.c.position
            query = query.where(position >= start if inclusive_of_start else position > start)
        if stop is not None:
            query = query.where(events.c.position <= stop)
        if topics:
            query = query.where(events.c.topic.in_(topics))
        return [_notification(row) for row in self._read(query)]

    def max_notification_id(self) -> int | None:
        """The last position; None of an empty log."""
        return self._scalar(sa.select(sa.func.max(events.c.position)))

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> "PollingSubscription":
        """Events behind a position and then new ones as they come, by looking again and again."""
        return PollingSubscription(self, gt, topics)

    # --- tracking -----------------------------------------------------------------------------

    def insert_tracking(self, tracking: Tracking) -> None:
        """Move a reader's position forward.

        Raises:
            eventsourcing.persistence.IntegrityError: it stands there already, or beyond.
        """
        with _library_errors(), self._database.attempt() as connection:
            self._advance(connection, tracking)

    def max_tracking_id(self, application_name: str) -> int | None:
        """How far a reader is; None before its first step."""
        name = tracking.c.name
        return self._scalar(sa.select(tracking.c.position).where(name == application_name))

    def _advance(self, connection: sa.Connection, position: Tracking) -> None:
        # One statement, decided by the database: of two readers only one moves the position.
        insert = upsert(connection, tracking).values(
            name=position.application_name, position=position.notification_id
        )
        advance = insert.on_conflict_do_update(
            index_elements=[tracking.c.name],
            set_={"position": insert.excluded.position},
            where=tracking.c.position < insert.excluded.position,
        ).returning(tracking.c.position)
        if connection.execute(advance).one_or_none() is None:
            raise persistence.IntegrityError(
                f"{position.application_name} is already at {position.notification_id} or beyond"
            )

    def _read(self, query: sa.Select[Any]) -> Sequence[sa.Row[Any]]:
        with _library_errors(), self._database.reading() as connection:
            return connection.execute(query).all()

    def _scalar(self, query: sa.Select[Any]) -> int | None:
        with _library_errors(), self._database.reading() as connection:
            value: int | None = connection.execute(query).scalar_one_or_none()
            return value


class PollingSubscription(Subscription[SqlRecorder]):
    """Looks for new events every quarter of a second; works on every database."""

    INTERVAL_SECONDS = 0.25
    PAGE = 500

    def __init__(self, recorder: SqlRecorder, gt: int | None, topics: Sequence[str]) -> None:
        super().__init__(recorder, gt, topics)
        self._stopped = Event()
        self._waiting: list[Notification] = []

    def stop(self) -> None:
        """End the iteration, from any thread."""
        super().stop()
        self._stopped.set()

    def __next__(self) -> Notification:
        while not self._stopped.is_set():
            if self._waiting:
                return self._waiting.pop()
            if not self._look():
                self._stopped.wait(self.INTERVAL_SECONDS)
        raise StopIteration

    def _look(self) -> bool:
        found = self._recorder.select_notifications(
            self._last_notification_id, self.PAGE, topics=self._topics, inclusive_of_start=False
        )
        if found:
            self._last_notification_id = found[-1].id
            self._waiting = list(reversed(found))
        return bool(found)


def _chained(previous: str, stored_events: Sequence[StoredEvent]) -> Iterator[dict[str, object]]:
    for stored in stored_events:
        stream = stored.originator_id
        stream = stream if isinstance(stream, UUID) else UUID(stream)
        payload = stored.state.decode()
        previous = link(previous, stream, stored.originator_version, stored.topic, payload)
        yield {
            "stream_id": stream,
            "version": stored.originator_version,
            "topic": stored.topic,
            "payload": payload,
            "digest": previous,
        }


def _notification(row: sa.Row[Any]) -> Notification:
    return Notification(row.stream_id, row.version, row.topic, row.payload.encode(), row.position)
