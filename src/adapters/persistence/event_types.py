"""What the mapper knows of an event class: its fields, their types, its topic and version."""

import dataclasses
import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Annotated, Any, get_type_hints
from uuid import UUID

import msgspec
from eventsourcing.domain import (
    Aggregate,
    CanInitAggregate,
    CanMutateAggregate,
    CommandMethodDecorator,
    decorated_funcs,
)

_IN_COLUMNS = frozenset({"originator_id", "originator_version", "originator_topic"})
_AWARE = Annotated[datetime, msgspec.Meta(tz=True)]


class UntypedEventError(TypeError):
    """An event whose fields do not say their types; a fault of the program, seen at its start."""

    def __init__(self, event: type, cause: object) -> None:
        super().__init__(f"{event.__qualname__} cannot be stored: {cause}")


@dataclass(frozen=True)
class EventType:
    """An event class, and the aggregate whose events it belongs to."""

    aggregate: type[Aggregate]
    event: type[CanMutateAggregate[UUID]]
    fields: tuple[str, ...]
    struct: type[msgspec.Struct]
    nests_instants: bool

    @cached_property
    def topic(self) -> str:
        """The name under which rows hold the event."""
        return str(self.event.TOPIC)  # type: ignore[attr-defined] # the library sees to it

    @cached_property
    def aggregate_topic(self) -> str:
        """The name under which the library knows the aggregate."""
        return str(self.aggregate.TOPIC)  # type: ignore[attr-defined] # checked by event_types

    @cached_property
    def version(self) -> int:
        """Which shape of the event its class describes."""
        return int(getattr(self.event, "class_version", 1))

    @cached_property
    def decoder(self) -> msgspec.json.Decoder[msgspec.Struct]:
        """Reads a row of the newest shape."""
        return msgspec.json.Decoder(self.struct)


def event_types(aggregate: type[Aggregate]) -> Iterator[EventType]:
    """The events of an aggregate.

    Raises:
        UntypedEventError: a field has no type, or none that reads back for certain.
    """
    if "TOPIC" not in vars(aggregate):
        raise UntypedEventError(aggregate, "the aggregate has no TOPIC")
    for name, value in vars(aggregate).items():
        if isinstance(value, type) and issubclass(value, CanMutateAggregate) and name != "Event":
            yield _event_type(aggregate, value)


def _event_type(aggregate: type[Aggregate], event: type[CanMutateAggregate[UUID]]) -> EventType:
    names = [field.name for field in dataclasses.fields(event)]  # type: ignore[arg-type] # all are
    fields = tuple(name for name in names if name not in _IN_COLUMNS)
    try:
        hints = get_type_hints(event, include_extras=True)
        defaults = _defaults(aggregate, event)
        members: list[Any] = [("class_version", int, 1)]
        for name in fields:
            annotation = _aware(hints[name])
            members.append((name, annotation, *defaults.get(name, ())))
        struct = msgspec.defstruct(event.__name__, members, kw_only=True)
        kinds = set(_walk(msgspec.inspect.type_info(struct)))
    except (TypeError, NameError) as error:
        raise UntypedEventError(event, error) from error
    if msgspec.inspect.AnyType in kinds or msgspec.inspect.CustomType in kinds:
        raise UntypedEventError(event, "a field may hold anything, so it would not read back")
    return EventType(aggregate, event, fields, struct, msgspec.inspect.DateTimeType in kinds)


def _aware(annotation: Any) -> Any:
    if annotation == datetime:
        return _AWARE
    return _AWARE | None if annotation == datetime | None else annotation


def _defaults(aggregate: type[Aggregate], event: type) -> dict[str, tuple[object]]:
    """Defaults of the method behind the event, or of the event class itself."""
    method: object = decorated_funcs.get(event)
    if issubclass(event, CanInitAggregate):
        method = vars(aggregate).get("__init__")
    if isinstance(method, CommandMethodDecorator):
        method = method.decorated_func
    defaults = {
        field.name: (field.default,)
        for field in dataclasses.fields(event)
        if field.default is not dataclasses.MISSING
    }
    if callable(method):
        for name, parameter in inspect.signature(method).parameters.items():
            if parameter.default is not inspect.Parameter.empty:
                defaults[name] = (parameter.default,)
    return defaults


def _walk(info: object, seen: set[type] | None = None) -> Iterator[type]:
    """The kinds of types within a type; instants at the top are checked at decoding already."""
    seen = set() if seen is None else seen
    named = getattr(info, "cls", None)
    if isinstance(named, type):
        if named in seen:
            return
        seen.add(named)
    if not (isinstance(info, msgspec.inspect.DateTimeType) and info.tz):
        yield type(info)
    for value in _parts(info):
        yield from _walk(value, seen)


def _parts(info: object) -> Iterator[object]:
    for name in getattr(info, "__struct_fields__", ()):
        value = getattr(info, name)
        for part in value if isinstance(value, tuple) else (value,):
            if isinstance(part, msgspec.inspect.Type | msgspec.inspect.Field):
                yield part
