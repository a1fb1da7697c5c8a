"""An event log in memory, with the same refusals as the real one."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from eventsourcing.domain import Aggregate

from application.ports.event_log import A, RecordedEvent, StreamConflict, StreamNotFound


class FakeEventLog:
    """Keeps event objects by stream; a refused save stores nothing."""

    def __init__(self) -> None:
        self.streams: dict[UUID, list[Any]] = {}
        self.order: list[Any] = []

    def load(self, kind: type[A], stream: UUID, version: int | None = None) -> A:
        events = self.streams.get(stream, [])[:version]
        if not events:
            raise StreamNotFound(stream)
        aggregate: Any = None
        for event in events:
            aggregate = event.mutate(aggregate)
        if not isinstance(aggregate, kind):
            raise StreamNotFound(stream)
        return aggregate

    def find(self, kind: type[A], stream: UUID) -> A | None:
        return self.load(kind, stream) if stream in self.streams else None

    def find_many(self, kind: type[A], streams: Sequence[UUID]) -> dict[UUID, A]:
        return {stream: self.load(kind, stream) for stream in streams if stream in self.streams}

    def save(self, *aggregates: Aggregate) -> None:
        pending: list[Any] = [event for one in aggregates for event in one.collect_events()]
        expected: dict[UUID, int] = {}
        for event in pending:
            stream = event.originator_id
            version = expected.get(stream, len(self.streams.get(stream, [])))
            if event.originator_version != version + 1:
                raise StreamConflict(stream)
            expected[stream] = version + 1
        for event in pending:
            self.streams.setdefault(event.originator_id, []).append(event)
            self.order.append(event)

    def read(self, after: int, limit: int) -> Sequence[RecordedEvent]:
        return [
            self._recorded(position, event)
            for position, event in enumerate(self.order, start=1)
            if after < position <= after + limit
        ]

    def history(self, stream: UUID) -> Sequence[RecordedEvent]:
        return [
            self._recorded(position, event)
            for position, event in enumerate(self.order, start=1)
            if event.originator_id == stream
        ]

    def head(self) -> int:
        return len(self.order)

    def all_of(self, kind: type[A]) -> list[A]:
        """Every aggregate of a kind."""
        return [
            self.load(kind, stream)
            for stream, events in self.streams.items()
            if type(events[0]).__qualname__.startswith(f"{kind.__name__}.")
        ]

    def _recorded(self, position: int, event: Any) -> RecordedEvent:
        recorded_at: datetime = event.timestamp
        return RecordedEvent(
            position,
            event.originator_id,
            event.originator_version,
            getattr(type(event), "TOPIC", ""),
            event,
            repr(event),
            recorded_at,
        )
