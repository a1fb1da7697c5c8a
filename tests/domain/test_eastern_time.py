"""US Eastern days, on quiet days and in the nights when clocks change."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.eastern_time import EASTERN, eastern_day, from_wall_time


def test_a_time_without_zone_is_eastern() -> None:
    assert from_wall_time("2026-02-03T21:47:09").astimezone(UTC) == datetime(
        2026, 2, 4, 2, 47, 9, tzinfo=UTC
    )


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-02-04T02:47:09Z", date(2026, 2, 3)),
        ("2026-02-04T05:00:00Z", date(2026, 2, 4)),
        ("2026-08-04T03:59:59+00:00", date(2026, 8, 3)),
        ("2026-02-03T23:30:00-08:00", date(2026, 2, 4)),
    ],
)
def test_a_time_with_an_offset_is_converted(text: str, day: date) -> None:
    assert from_wall_time(text).date() == day
    assert from_wall_time(text).tzinfo is EASTERN


def test_fractions_of_a_second_as_dotnet_writes_them_can_be_read() -> None:
    assert from_wall_time("2026-02-03T21:47:09.1234567").second == 9


def test_text_that_is_no_time_is_refused() -> None:
    with pytest.raises(ValueError, match="isoformat"):
        from_wall_time("yesterday")


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-03-08T01:59:59", datetime(2026, 3, 8, 6, 59, 59, tzinfo=UTC)),
        ("2026-03-08T03:00:00", datetime(2026, 3, 8, 7, 0, 0, tzinfo=UTC)),
        ("2026-11-01T00:59:59", datetime(2026, 11, 1, 4, 59, 59, tzinfo=UTC)),
        ("2026-11-01T02:00:00", datetime(2026, 11, 1, 7, 0, 0, tzinfo=UTC)),
    ],
)
def test_clocks_spring_forward_in_march_and_fall_back_in_november(text: str, utc: datetime) -> None:
    assert from_wall_time(text).astimezone(UTC) == utc


@pytest.mark.parametrize("text", ["2026-11-01T01:30:00", "2026-03-08T02:30:00"])
def test_an_hour_that_is_told_twice_or_never_leaves_the_day_alone(text: str) -> None:
    moment = from_wall_time(text)
    assert moment.date() == date.fromisoformat(text[:10])
    assert eastern_day(moment.astimezone(UTC)) == moment.date()


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        (datetime(2026, 3, 8, 4, 59, 59, tzinfo=UTC), date(2026, 3, 7)),
        (datetime(2026, 3, 8, 5, 0, 0, tzinfo=UTC), date(2026, 3, 8)),
        (datetime(2026, 3, 9, 3, 59, 59, tzinfo=UTC), date(2026, 3, 8)),
        (datetime(2026, 3, 9, 4, 0, 0, tzinfo=UTC), date(2026, 3, 9)),
        (datetime(2026, 11, 1, 3, 59, 59, tzinfo=UTC), date(2026, 10, 31)),
        (datetime(2026, 11, 2, 4, 59, 59, tzinfo=UTC), date(2026, 11, 1)),
        (datetime(2026, 11, 2, 5, 0, 0, tzinfo=UTC), date(2026, 11, 2)),
    ],
)
def test_the_day_of_a_clock_change_has_23_or_25_hours(instant: datetime, day: date) -> None:
    assert eastern_day(instant) == day


def test_an_instant_without_zone_has_no_day() -> None:
    with pytest.raises(ValueError, match="time zone"):
        eastern_day(datetime(2026, 2, 3, 12, 0))  # noqa: DTZ001 - the fault under test


@given(st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)))  # noqa: DTZ001 - wall times
def test_the_day_of_a_wall_time_is_the_day_that_it_says(wall: datetime) -> None:
    assert from_wall_time(wall.isoformat()).date() == wall.date()


@given(st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - bounds
def test_the_eastern_day_is_the_utc_day_or_the_one_before(instant: datetime) -> None:
    assert instant.date() - eastern_day(instant) in (timedelta(0), timedelta(days=1))
