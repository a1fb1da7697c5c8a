"""Which posting dates are about to leave the days of automatic syncs, and when (M29)."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.sync_window import SyncWindow, leaves_on, leaving_days, months_back, sync_window

TODAY = date(2026, 8, 15)
DAYS = st.dates(date(2016, 1, 1), date(2040, 12, 31))


def reached(start: date | None, end: date | None, today: date) -> SyncWindow:
    return sync_window(start, end, today, automatic=True)


@pytest.mark.parametrize(
    ("day", "leaves"),
    [
        ("2026-08-03", "2026-10-04"),
        ("2026-08-31", "2026-11-01"),
        ("2026-06-30", "2026-09-01"),
        ("2026-12-28", "2027-03-01"),
        ("2026-12-31", "2027-03-01"),
        ("2027-01-01", "2027-03-02"),
        ("2023-12-31", "2024-03-01"),
    ],
)
def test_a_day_leaves_the_day_after_two_months_have_passed(day: str, leaves: str) -> None:
    assert leaves_on(date.fromisoformat(day)) == date.fromisoformat(leaves)


@given(DAYS)
def test_a_day_leaves_on_the_first_day_whose_automatic_sync_does_not_reach_it(day: date) -> None:
    leaving = leaves_on(day)
    assert day not in reached(day, None, leaving)
    assert day in reached(day, None, leaving - timedelta(days=1))


@given(DAYS, st.integers(0, 80))
def test_what_leaves_within_ten_days_is_told(today: date, ago: int) -> None:
    day = today - timedelta(days=ago)
    days = leaving_days(None, None, today)
    left_until = (leaves_on(day) - today).days
    assert (day in days and day >= days.reached) is (0 < left_until <= 10)
    assert (day < days.reached) is (left_until <= 0)


@given(DAYS)
def test_what_left_is_told_as_long_as_a_manual_sync_reaches_it(today: date) -> None:
    days = leaving_days(None, None, today)
    assert days.oldest == months_back(today, 12) + timedelta(days=1)
    assert days.oldest in sync_window(days.oldest, None, today, automatic=False)
    assert days.oldest - timedelta(days=1) not in days


def test_days_outside_the_settings_dates_do_not_leave() -> None:
    start, end = date(2026, 6, 1), date(2026, 6, 20)
    days = leaving_days(start, end, TODAY)
    assert (days.oldest, days.reached, days.newest) == (start, date(2026, 6, 15), end)
    assert date(2026, 5, 31) not in days
    assert date(2026, 6, 21) not in days


def test_dates_wider_than_a_sync_can_reach_do_not_widen_them() -> None:
    days = leaving_days(date(2020, 1, 1), date(2030, 1, 1), TODAY)
    assert (days.oldest, days.newest) == (date(2025, 8, 16), date(2026, 6, 24))
