"""A day has one slot for each connection and job, on every night and for every clock."""

from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from domain.connection import Connection
from domain.eastern_time import EASTERN
from domain.schedule import (
    AGAIN,
    AT_REST,
    DAY,
    QUARTER,
    Job,
    again_at,
    is_astray,
    next_slot,
    slot_of_day,
    soon_at,
)

CONNECTION = UUID(int=9 * 3600)  # at nine in the morning, UTC
jobs = st.sampled_from(Job)
instants = st.datetimes(
    datetime(2020, 1, 1),  # noqa: DTZ001 - the strategy adds the zone
    datetime(2040, 1, 1),  # noqa: DTZ001
    timezones=st.sampled_from([UTC, EASTERN, ZoneInfo("Australia/Lord_Howe")]),
)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 8, day, hour, minute, tzinfo=UTC)


def test_the_next_slot_is_today_before_it_and_tomorrow_from_then_on() -> None:
    assert next_slot(CONNECTION, Job.SYNC, at(3, 8)) == at(3, 9)
    assert next_slot(CONNECTION, Job.SYNC, at(3, 9)) == at(4, 9)
    assert next_slot(CONNECTION, Job.SYNC, at(3, 9, 1)) == at(4, 9)


def test_the_two_jobs_of_a_connection_lie_half_a_day_apart() -> None:
    assert next_slot(CONNECTION, Job.KEEP_ALIVE, at(3, 9)) == at(3, 21)


@given(connection=st.uuids(), job=jobs, now=instants)
def test_every_instant_has_a_slot_within_the_day_behind_it(
    connection: UUID, job: Job, now: datetime
) -> None:
    slot = next_slot(connection, job, now)
    assert timedelta() < slot - now.astimezone(UTC) <= DAY
    assert slot.utcoffset() == timedelta()


@given(connection=st.uuids(), job=jobs, now=instants)
def test_slots_follow_each_other_by_exactly_a_day_on_daylight_saving_nights_too(
    connection: UUID, job: Job, now: datetime
) -> None:
    slot = next_slot(connection, job, now)
    assert next_slot(connection, job, slot) == slot + DAY
    assert next_slot(connection, job, slot - timedelta(microseconds=1)) == slot


def test_no_connection_loses_or_doubles_its_slot_in_the_nights_when_the_wall_clock_jumps() -> None:
    for evening in (datetime(2026, 3, 7, 19, tzinfo=UTC), datetime(2026, 10, 31, 19, tzinfo=UTC)):
        for number in range(0, 86_400, 600):
            slots = []
            now = evening
            while now < evening + 2 * DAY:
                now = next_slot(UUID(int=number), Job.SYNC, now)
                slots.append(now)
            assert len([slot for slot in slots if slot <= evening + 2 * DAY]) == 2


def test_five_hundred_connections_do_not_start_together() -> None:
    hours = [0] * 24
    for business in range(52_000, 52_500):
        slot = slot_of_day(Connection.create_id(business), Job.SYNC)
        hours[int(slot / timedelta(hours=1))] += 1
    assert max(hours) < 3 * 500 / 24
    assert min(hours) > 0


def test_what_is_in_the_way_is_waited_for_at_most_until_the_next_slot() -> None:
    assert again_at(CONNECTION, Job.SYNC, at(3, 9)) == at(3, 9) + AGAIN
    assert again_at(CONNECTION, Job.SYNC, at(4, 8, 55)) == at(4, 9)


def test_only_a_clock_that_was_far_ahead_leaves_a_plan_astray() -> None:
    assert not is_astray(at(5, 9), at(4, 9))
    assert not is_astray(at(5, 9), at(3, 9))
    assert is_astray(at(5, 9), at(3, 8))


@given(connection=st.uuids(), now=instants)
def test_a_hint_is_followed_soon_yet_not_at_once(connection: UUID, now: datetime) -> None:
    soon = soon_at(connection, now)
    assert AT_REST < soon - now.astimezone(UTC) <= QUARTER + AT_REST
    assert soon.utcoffset() == timedelta()


@given(connection=st.uuids(), now=instants, later=st.timedeltas(timedelta(), QUARTER))
def test_hints_of_a_quarter_of_an_hour_come_to_one_instant_or_to_neighbouring_ones(
    connection: UUID, now: datetime, later: timedelta
) -> None:
    first = soon_at(connection, now)
    assert soon_at(connection, now.astimezone(UTC) + later) - first in (timedelta(), QUARTER)
    assert soon_at(connection, first - AT_REST) == first + QUARTER
    just_before = first - AT_REST - timedelta(microseconds=1)
    assert soon_at(connection, just_before) == first


def test_connections_are_spread_over_the_quarter_of_an_hour() -> None:
    minutes = {soon_at(UUID(int=seconds), at(3, 8)) for seconds in range(900)}
    assert len(minutes) == 900
