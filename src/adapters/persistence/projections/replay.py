"""Aggregates as they were right behind the event that is being applied, never as they are now."""

from typing import Any, cast
from uuid import UUID

from eventsourcing.domain import Aggregate

from application.ports.event_log import A, EventLog, RecordedEvent

STREAMS_KEPT = 2_000


class Replay:
    """Follows the log event by event, so that the views' rules are the aggregates' own.

    It keeps what it met last. Whatever it does not have at the very version before an event, it
    loads at that version; so it goes right even where another process applied events in between.
    """

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self._known: dict[UUID, Aggregate] = {}

    def apply(self, kind: type[A], recorded: RecordedEvent) -> A:
        """The aggregate behind this event. The next event changes it: keep none of it."""
        known: Aggregate | None = self._known.pop(recorded.stream, None)
        before = recorded.version - 1
        if known is None or known.version != before:
            known = self._log.load(kind, recorded.stream, before) if before else None
        event: Any = recorded.event
        after = cast("A", event.mutate(known))
        self._known[recorded.stream] = after
        if len(self._known) > STREAMS_KEPT:
            del self._known[next(iter(self._known))]
        return after
