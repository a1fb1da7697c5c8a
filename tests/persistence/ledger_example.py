# ruff: noqa: ARG002 - an event's method names all that the event stores
"""Small aggregates whose events hold every kind of value that events may hold."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from typing import Any, Literal
from uuid import UUID, uuid5

from eventsourcing.domain import Aggregate, event

NAMESPACE = UUID("4c2f6f0e-75c4-4d5b-8e57-6a3f0b9f3c11")


class Side(StrEnum):
    DEBIT = "debit"
    CREDIT = "credit"


class Grade(IntEnum):
    LOW = 1
    HIGH = 2


class Colour(Enum):
    RED = "red"


@dataclass(frozen=True, slots=True)
class Money:
    amount: Decimal
    currency: str = "USD"

    def __post_init__(self) -> None:
        if not isinstance(self.amount, Decimal):
            raise TypeError("money is a Decimal")


@dataclass(frozen=True, slots=True)
class Line:
    side: Side
    money: Money
    on: date | None = None


@dataclass(frozen=True, slots=True)
class Note:
    text: str
    written_at: datetime


class Account(Aggregate):
    TOPIC = "example_account"

    @staticmethod
    def create_id(number: int) -> UUID:
        return uuid5(NAMESPACE, str(number))

    @event("Created", topic="example_account.opened")
    def __init__(self, timestamp: datetime, number: int, owner: str = "nobody") -> None:
        self.number = number
        self.owner = owner
        self.lines: tuple[Line, ...] = ()
        self.everything: dict[str, object] = {}
        self.note: Note | None = None
        self.title = ""

    @event("Booked", topic="example_account.booked")
    def book(self, timestamp: datetime, lines: tuple[Line, ...]) -> None:
        self.lines += lines

    @event("Described", topic="example_account.described")
    def describe(
        self,
        timestamp: datetime,
        until: datetime | None,
        identity: UUID,
        ids: tuple[UUID, ...],
        sides: Mapping[str, Side],
        kind: Literal["static", "tag"],
        grade: Grade,
        colour: Colour | None,
        pair: tuple[int, str],
        rate: Decimal,
        flag: bool = True,  # noqa: FBT001, FBT002 - an event's own member
    ) -> None:
        self.everything = {name: value for name, value in locals().items() if name != "self"}

    @event("Noted", topic="example_account.noted")
    def annotate(self, timestamp: datetime, note: Note) -> None:
        self.note = note

    class Titled(Aggregate.Event):
        """Once held `name`; since version 2 `title`, since version 3 the language too."""

        TOPIC = "example_account.titled"
        class_version = 3
        title: str
        language: str

        @staticmethod
        def upcast_v1_v2(state: dict[str, Any]) -> None:
            state["title"] = state.pop("name")

        @staticmethod
        def upcast_v2_v3(state: dict[str, Any]) -> None:
            state["language"] = "en"

    @event(Titled)
    def name(self, timestamp: datetime, title: str, language: str) -> None:
        self.title = f"{title} ({language})"


class Counter(Aggregate):
    TOPIC = "example_counter"

    @event("Created", topic="example_counter.started")
    def __init__(self, timestamp: datetime) -> None:
        self.count = 0

    @event("Counted", topic="example_counter.counted")
    def add(self, timestamp: datetime, step: int) -> None:
        self.count += step
