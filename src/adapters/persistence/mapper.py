"""Turns events into plain JSON and back, typed by the event classes' own annotations.

Only the events of the aggregates that are given are known; nothing is imported by a name that
stands in the database. A row holds what the event holds, less the stream's id and version, and
less the aggregate's topic, which the event's topic implies:

    {"timestamp":"2026-04-01T12:00:00Z","amount":{"amount":"-12.30"},"settled_on":"2026-04-01"}
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from eventsourcing.domain import Aggregate, CanInitAggregate, CanMutateAggregate
from eventsourcing.persistence import StoredEvent

from adapters.persistence.event_types import EventType, event_types

AnyEvent = CanMutateAggregate[UUID]


class UnknownTopicError(LookupError):
    """An event that this version of the product does not know."""

    def __init__(self, topic: str) -> None:
        super().__init__(f"no event is registered under the topic {topic!r}")


class EventUnreadableError(ValueError):
    """A stored event that does not fit its class. The message names the field, not its value."""

    def __init__(self, stored: StoredEvent, cause: object) -> None:
        where = f"version {stored.originator_version} of {stored.originator_id}"
        super().__init__(f"{stored.topic}, {where}, cannot be read: {cause}")


class EventNotStorableError(TypeError):
    """An event that would not read back as it is: its values are not of the declared types."""

    def __init__(self, topic: str, field: str) -> None:
        super().__init__(f"{topic} would not read back as it is: look at {field!r}")


class EventMapper:
    """Maps the events of some aggregates; `to_…` methods as in the eventsourcing library.

    Decimals are stored as text, dates and instants in ISO 8601, enumerations by value, tuples as
    lists, dataclasses as objects. A field that the row lacks takes the default of the method's
    parameter; other changes of shape take a `class_version` on the event class and static methods
    `upcast_v1_v2(state)`, which change the row's plain JSON in place.
    """

    def __init__(self, aggregates: Sequence[type[Aggregate]]) -> None:
        self._by_topic: dict[str, EventType] = {}
        for aggregate in aggregates:
            self._by_topic.update({kind.topic: kind for kind in event_types(aggregate)})
        self._by_class = {kind.event: kind for kind in self._by_topic.values()}
        self._encoder = msgspec.json.Encoder()

    def to_stored_event(self, domain_event: AnyEvent) -> StoredEvent:
        """Write an event down, and make sure that it reads back as it is.

        Raises:
            UnknownTopicError: the event is of none of the aggregates.
            EventNotStorableError: a value is not of its declared type, or an instant without zone.
        """
        kind = self._by_class.get(type(domain_event))
        if kind is None:
            raise UnknownTopicError(getattr(domain_event, "TOPIC", type(domain_event).__qualname__))
        state = {name: domain_event.__dict__[name] for name in kind.fields}
        row = {**state, "class_version": kind.version} if kind.version > 1 else state
        try:
            payload = self._encoder.encode(row)
            back = msgspec.structs.asdict(kind.decoder.decode(payload))
        except (msgspec.MsgspecError, TypeError) as error:
            raise EventNotStorableError(kind.topic, str(error)) from error
        for name, value in state.items():
            if not _same(back[name], value) or (kind.nests_instants and _has_naive(value)):
                raise EventNotStorableError(kind.topic, name)
        return StoredEvent(
            domain_event.originator_id, domain_event.originator_version, kind.topic, payload
        )

    def to_domain_event(self, stored_event: StoredEvent) -> AnyEvent:
        """Read an event.

        Raises:
            UnknownTopicError: its topic is not registered.
            EventUnreadableError: the row does not fit the event's class.
        """
        kind = self._by_topic.get(stored_event.topic)
        if kind is None:
            raise UnknownTopicError(stored_event.topic)
        try:
            state = self._state(kind, stored_event.state)
        except (msgspec.MsgspecError, ValueError) as error:
            raise EventUnreadableError(stored_event, error) from error
        state["originator_id"] = stored_event.originator_id
        state["originator_version"] = stored_event.originator_version
        if issubclass(kind.event, CanInitAggregate):
            state["originator_topic"] = kind.aggregate_topic
        event = object.__new__(kind.event)
        event.__dict__.update(state)
        return event

    def _state(self, kind: EventType, payload: bytes) -> dict[str, Any]:
        values = kind.decoder.decode(payload) if kind.version == 1 else _upcast(kind, payload)
        state = msgspec.structs.asdict(values)
        if state.pop("class_version") > kind.version:
            raise ValueError("a newer version of the product wrote it")
        return state


def _upcast(kind: EventType, payload: bytes) -> msgspec.Struct:
    state = msgspec.json.decode(payload)
    version = state.pop("class_version", 1)
    for step in range(version, kind.version):
        getattr(kind.event, f"upcast_v{step}_v{step + 1}")(state)
    state["class_version"] = max(version, kind.version)
    return msgspec.convert(state, kind.struct, str_keys=True)


def _same(one: object, other: object) -> bool:
    """Equality, by the instant for times: Python never equates a doubled hour across zones."""
    if one == other:
        return True
    if isinstance(one, datetime) and isinstance(other, datetime):
        aware = one.tzinfo is not None and other.tzinfo is not None
        return aware and one.astimezone(UTC) == other.astimezone(UTC)
    if type(one) is not type(other):
        return False
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, tuple | list) and isinstance(other, tuple | list):
        return len(one) == len(other) and all(map(_same, one, other))
    names = getattr(one, "__dataclass_fields__", ())
    return bool(names) and all(_same(getattr(one, name), getattr(other, name)) for name in names)


def _has_naive(value: object) -> bool:
    if isinstance(value, datetime):
        return value.tzinfo is None
    if isinstance(value, Mapping):
        return any(map(_has_naive, value.values()))
    if isinstance(value, list | tuple | set | frozenset):
        return any(map(_has_naive, value))
    names = getattr(value, "__dataclass_fields__", ())
    return any(_has_naive(getattr(value, name)) for name in names)
