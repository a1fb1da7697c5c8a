"""The event log over SQL: loads, finds, appends and reads streams of events."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby
from uuid import UUID

from eventsourcing.domain import Aggregate
from eventsourcing.persistence import IntegrityError, Notification, StoredEvent

from adapters.persistence.engine import Database
from adapters.persistence.mapper import EventMapper
from adapters.persistence.recorder import SqlRecorder
from application.ports.event_log import A, RecordedEvent, StreamConflict, StreamNotFound


class SqlEventLog:
    """Fulfils the port `EventLog` for the aggregates that it is given.

    Everything joins the database's current block. A save that is refused within a larger
    transaction undoes itself alone; the larger one may go on. An aggregate whose save was refused,
    or was rolled back later by the transaction around it, must be loaded again: its pending events
    are gone, while its state includes them.
    """

    def __init__(self, database: Database, aggregates: Sequence[type[Aggregate]]) -> None:
        self._recorder = SqlRecorder(database)
        self._mapper = EventMapper(aggregates)

    def load(self, kind: type[A], stream: UUID, version: int | None = None) -> A:
        """The aggregate as of now, or as it was at a version.

        Raises:
            StreamNotFound: no such stream, none of that kind, or it never had that version.
        """
        aggregate = self._replay(kind, self._recorder.select_events(stream, lte=version))
        if aggregate is None or (version is not None and aggregate.version != version):
            at = "" if version is None else f" at version {version}"
            raise StreamNotFound(f"there is no {kind.__name__} {stream}{at}")
        return aggregate

    def find(self, kind: type[A], stream: UUID) -> A | None:
        """The aggregate, or None where there is none of that kind."""
        return self._replay(kind, self._recorder.select_events(stream))

    def find_many(self, kind: type[A], streams: Sequence[UUID]) -> dict[UUID, A]:
        """Those that exist and are of that kind; one query for each 500 streams."""
        found: dict[UUID, A] = {}
        stored = self._recorder.select_streams(list(dict.fromkeys(streams)))
        for stream, rows in groupby(stored, key=lambda row: row.originator_id):
            aggregate = self._replay(kind, rows)
            if aggregate is not None:
                found[UUID(str(stream))] = aggregate
        return found

    def save(self, *aggregates: Aggregate) -> None:
        """Append the pending events of all, or of none.

        Raises:
            StreamConflict: a stream was created or went on in the meantime.
        """
        pending = [event for aggregate in aggregates for event in aggregate.collect_events()]
        stored = [self._mapper.to_stored_event(event) for event in pending]
        try:
            self._recorder.insert_events(stored)
        except IntegrityError as error:
            names = ", ".join(f"{type(one).__name__} {one.id}" for one in aggregates)
            raise StreamConflict(f"somebody else wrote first to one of: {names}") from error

    def read(self, after: int, limit: int) -> Sequence[RecordedEvent]:
        """Events behind a position, of all streams, in order."""
        rows = self._recorder.select_notifications(after, limit, inclusive_of_start=False)
        return [self._recorded(row) for row in rows]

    def history(self, stream: UUID) -> Sequence[RecordedEvent]:
        """All events of one stream, in order."""
        return [self._recorded(row) for row in self._recorder.select_streams([stream])]

    def head(self) -> int:
        """The last position, 0 of an empty log."""
        return self._recorder.max_notification_id() or 0

    def _replay(self, kind: type[A], stored: Iterable[StoredEvent]) -> A | None:
        aggregate: Aggregate | None = None
        for row in stored:
            aggregate = self._mapper.to_domain_event(row).mutate(aggregate)
        return aggregate if isinstance(aggregate, kind) else None

    def _recorded(self, row: Notification) -> RecordedEvent:
        event = self._mapper.to_domain_event(row)
        recorded_at: datetime = event.timestamp
        return RecordedEvent(
            position=row.id,
            stream=event.originator_id,
            version=row.originator_version,
            topic=row.topic,
            event=event,
            payload=row.state.decode(),
            recorded_at=recorded_at,
        )
