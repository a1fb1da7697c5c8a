"""The event store: the only truth about connections, runs and postings."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar
from uuid import UUID

from eventsourcing.domain import Aggregate

A = TypeVar("A", bound=Aggregate)


class StreamNotFound(LookupError):
    """No such stream, or none of that kind."""


class StreamConflict(Exception):
    """Somebody else wrote to the stream first, or created it; nothing was stored."""


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """An event as it stands in the log; `payload` is the text exactly as stored."""

    position: int
    stream: UUID
    version: int
    topic: str
    event: object
    payload: str
    recorded_at: datetime


class EventLog(Protocol):
    """Streams of events, appended and never changed."""

    def load(self, kind: type[A], stream: UUID, version: int | None = None) -> A:
        """The aggregate as of now or of a version; raises StreamNotFound."""

    def find(self, kind: type[A], stream: UUID) -> A | None:
        """The aggregate, or None where the stream does not exist."""

    def find_many(self, kind: type[A], streams: Sequence[UUID]) -> dict[UUID, A]:
        """Those of the streams that exist, in few queries for thousands of them."""

    def save(self, *aggregates: Aggregate) -> None:
        """Append all pending events in one transaction; raises StreamConflict.

        A refused aggregate has lost its pending events: load it again before deciding anew.
        """

    def read(self, after: int, limit: int) -> Sequence[RecordedEvent]:
        """Events behind a position, in order."""

    def history(self, stream: UUID) -> Sequence[RecordedEvent]:
        """All events of one stream, in order; empty where there is none."""

    def head(self) -> int:
        """The last position, 0 of an empty log."""
