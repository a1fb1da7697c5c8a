"""Events are stored as plain JSON and read back as they were."""

import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from eventsourcing.domain import Aggregate, CanMutateAggregate, event
from eventsourcing.persistence import StoredEvent
from hypothesis import given
from hypothesis import strategies as st

from adapters.persistence.event_types import UntypedEventError
from adapters.persistence.mapper import (
    EventMapper,
    EventNotStorableError,
    EventUnreadableError,
    UnknownTopicError,
)
from persistence.ledger_example import Account, Colour, Counter, Grade, Line, Money, Note, Side

NOON = datetime(2026, 4, 1, 12, tzinfo=UTC)
mapper = EventMapper([Account, Counter])


def last(aggregate: Aggregate) -> CanMutateAggregate[UUID]:
    return aggregate.pending_events[-1]


def stored(topic: str, payload: str, version: int = 2) -> StoredEvent:
    return StoredEvent(Account.create_id(1), version, topic, payload.encode())


def booked(*lines: Line) -> Account:
    account = Account(NOON, 1)
    account.book(NOON, lines)
    return account


def test_a_row_is_plain_json_that_a_person_can_read() -> None:
    account = booked(Line(Side.DEBIT, Money(Decimal("-12.30")), date(2026, 3, 31)))
    row = mapper.to_stored_event(last(account))
    assert row.topic == "example_account.booked"
    assert row.state.decode() == (
        '{"timestamp":"2026-04-01T12:00:00Z","lines":[{"side":"debit",'
        '"money":{"amount":"-12.30","currency":"USD"},"on":"2026-03-31"}]}'
    )


def test_every_kind_of_value_reads_back_as_it_was() -> None:
    account = Account(NOON, 1)
    account.describe(
        NOON,
        until=datetime(2026, 11, 1, 1, 30, 0, 123456, tzinfo=UTC),
        identity=UUID(int=5),
        ids=(UUID(int=1), UUID(int=2)),
        sides={"left": Side.DEBIT},
        kind="tag",
        grade=Grade.HIGH,
        colour=Colour.RED,
        pair=(1, "one"),
        rate=Decimal("1.10"),
    )
    event = last(account)
    back = mapper.to_domain_event(mapper.to_stored_event(event))
    assert back == event
    assert {name: type(value) for name, value in vars(back).items()} == {
        name: type(value) for name, value in vars(event).items()
    }
    assert str(vars(back)["rate"]) == "1.10"


def test_a_creation_is_replayed_into_the_same_aggregate() -> None:
    account = Account(NOON, 1, "Ann")
    row = mapper.to_stored_event(last(account))
    assert json.loads(row.state) == {
        "timestamp": "2026-04-01T12:00:00Z",
        "number": 1,
        "owner": "Ann",
    }
    account.collect_events()
    assert mapper.to_domain_event(row).mutate(None) == account


@given(
    st.decimals(allow_nan=False, allow_infinity=False),
    st.text(),
    st.datetimes(min_value=datetime(1980, 1, 1), timezones=st.timezones()),  # noqa: DTZ001 - made aware
)
def test_amounts_texts_and_instants_survive_unchanged(
    amount: Decimal, text: str, instant: datetime
) -> None:
    account = booked(Line(Side.CREDIT, Money(amount, text)))
    account.annotate(instant, Note(text, instant))
    for decision in account.pending_events:
        back = mapper.to_domain_event(mapper.to_stored_event(decision))
        assert vars(back)["timestamp"].astimezone(UTC) == decision.timestamp.astimezone(UTC)
    money = vars(mapper.to_domain_event(mapper.to_stored_event(account.pending_events[1])))
    assert money["lines"][0].money.amount.as_tuple() == amount.as_tuple()


def test_an_offset_is_kept_so_that_the_day_stays_the_day() -> None:
    eastern = datetime(2026, 4, 1, 23, tzinfo=timezone(timedelta(hours=-4)))
    account = Account(NOON, 1)
    account.annotate(NOON, Note("late", eastern))
    back = vars(mapper.to_domain_event(mapper.to_stored_event(last(account))))
    assert back["note"].written_at.date() == date(2026, 4, 1)


@pytest.mark.parametrize(("fold", "offset"), [(0, -4), (1, -5)])
def test_the_hour_that_comes_twice_in_autumn_is_told_apart(fold: int, offset: int) -> None:
    doubled = datetime(2026, 11, 1, 1, 30, fold=fold, tzinfo=ZoneInfo("America/New_York"))
    account = Account(doubled, 1)
    account.annotate(doubled, Note("which?", doubled))
    back = vars(mapper.to_domain_event(mapper.to_stored_event(last(account))))
    assert back["timestamp"].utcoffset() == timedelta(hours=offset)
    assert back["note"].written_at.utcoffset() == timedelta(hours=offset)


# --- values that would not come back as they are ------------------------------------------------


def test_a_float_for_an_amount_is_refused() -> None:
    account = booked(Line(Side.DEBIT, Money(Decimal(1))))
    object.__setattr__(account.pending_events[-1], "lines", (Line(Side.DEBIT, cast("Any", 1.5)),))
    with pytest.raises(EventNotStorableError):
        mapper.to_stored_event(last(account))


def test_a_list_where_a_tuple_is_declared_is_refused_by_the_fields_name() -> None:
    account = Account(NOON, 1)
    account.book(
        NOON,
        cast(
            "Any",
            (),
        ),
    )
    object.__setattr__(last(account), "lines", [])
    with pytest.raises(EventNotStorableError, match="'lines'"):
        mapper.to_stored_event(last(account))


def test_an_instant_without_zone_is_refused() -> None:
    naive = datetime(2026, 4, 1)  # noqa: DTZ001 - that is the point
    account = Account(naive, 1)
    with pytest.raises(EventNotStorableError, match="timestamp"):
        mapper.to_stored_event(last(account))


def test_an_instant_without_zone_inside_a_value_is_refused() -> None:
    account = Account(NOON, 1)
    account.annotate(NOON, Note("when?", datetime(2026, 4, 1)))  # noqa: DTZ001 - that is the point
    with pytest.raises(EventNotStorableError, match="note"):
        mapper.to_stored_event(last(account))


# --- shapes that changed -----------------------------------------------------------------------


def test_rows_of_an_older_shape_are_upcast_step_by_step() -> None:
    row = stored("example_account.titled", '{"timestamp":"2026-04-01T12:00:00Z","name":"Cash"}')
    titled = mapper.to_domain_event(row)
    assert (vars(titled)["title"], vars(titled)["language"]) == ("Cash", "en")
    second = stored(
        "example_account.titled",
        '{"timestamp":"2026-04-01T12:00:00Z","title":"Bank","class_version":2}',
    )
    assert vars(mapper.to_domain_event(second))["title"] == "Bank"


def test_rows_of_todays_shape_are_left_alone() -> None:
    account = Account(NOON, 1)
    account.name(NOON, "Kasse", "de")
    row = mapper.to_stored_event(last(account))
    assert json.loads(row.state)["class_version"] == 3
    assert mapper.to_domain_event(row) == last(account)


def test_a_row_of_a_newer_shape_is_refused() -> None:
    for topic, payload in (
        ("example_account.titled", '{"title":"x","language":"de","class_version":4'),
        ("example_counter.counted", '{"step":1,"class_version":2'),
    ):
        with pytest.raises(EventUnreadableError, match="newer version"):
            mapper.to_domain_event(stored(topic, payload + ',"timestamp":"2026-04-01T12:00:00Z"}'))


def test_a_parameter_added_later_takes_its_default_in_older_rows() -> None:
    row = stored("example_account.opened", '{"timestamp":"2026-04-01T12:00:00Z","number":1}', 1)
    assert vars(mapper.to_domain_event(row))["owner"] == "nobody"


# --- rows that are not ours --------------------------------------------------------------------


@pytest.mark.parametrize("topic", ["os:system", "example_account.gone", "example_account", ""])
def test_only_registered_topics_are_resolved(topic: str) -> None:
    with pytest.raises(UnknownTopicError):
        mapper.to_domain_event(stored(topic, "{}"))


def test_a_topic_of_another_aggregates_events_is_unknown_unless_it_was_given() -> None:
    event = last(Counter(NOON))
    with pytest.raises(UnknownTopicError):
        EventMapper([Account]).to_stored_event(event)


@pytest.mark.parametrize(
    "payload",
    [
        "",
        "[]",
        "{",
        '{"timestamp":"2026-04-01T12:00:00Z"}',
        '{"timestamp":"2026-04-01T12:00:00","step":1}',
        '{"timestamp":"2026-04-01T12:00:00Z","step":"1"}',
    ],
)
def test_a_row_that_does_not_fit_is_refused_by_its_place(payload: str) -> None:
    with pytest.raises(EventUnreadableError, match=r"example_counter\.counted, version 2 of"):
        mapper.to_domain_event(stored("example_counter.counted", payload))


def test_a_creation_cannot_name_another_class_to_create() -> None:
    payload = (
        '{"timestamp":"2026-04-01T12:00:00Z","number":1,"owner":"x","originator_topic":"os:system"}'
    )
    created = mapper.to_domain_event(stored("example_account.opened", payload, 1))
    assert isinstance(created.mutate(None), Account)


# --- classes that cannot be stored -------------------------------------------------------------


def test_a_parameter_without_type_is_refused_at_the_start() -> None:
    class Careless(Aggregate):
        TOPIC = "example_careless"

        @event("Created", topic="example_careless.created")
        def __init__(self, thing) -> None:  # type: ignore[no-untyped-def] # noqa: ANN001 - the point
            self.thing = thing

    with pytest.raises(UntypedEventError):
        EventMapper([Careless])


def test_a_field_that_may_hold_anything_is_refused_at_the_start() -> None:
    class Vague(Aggregate):
        TOPIC = "example_vague"

        @event("Created", topic="example_vague.created")
        def __init__(self, things: tuple[dict[str, Any], ...]) -> None:
            self.things = things

    with pytest.raises(UntypedEventError, match="anything"):
        EventMapper([Vague])


def test_an_aggregate_without_topic_is_refused_at_the_start() -> None:
    class Nameless(Aggregate):
        pass

    with pytest.raises(UntypedEventError, match="TOPIC"):
        EventMapper([Nameless])
