"""Which days a sync covers (M8, M9)."""

from calendar import monthrange
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.sync_window import SyncWindow, WindowRefused, check_dates, months_back, sync_window

TODAY = date(2026, 8, 15)
DAYS = st.dates(date(2016, 1, 1), date(2040, 12, 31))


@pytest.mark.parametrize(
    ("day", "months", "earlier"),
    [
        ("2026-08-15", 2, "2026-06-15"),
        ("2026-01-15", 2, "2025-11-15"),
        ("2026-02-28", 2, "2025-12-28"),
        ("2026-04-30", 2, "2026-02-28"),
        ("2024-04-30", 2, "2024-02-29"),
        ("2026-08-31", 2, "2026-06-30"),
        ("2026-01-31", 1, "2025-12-31"),
        ("2026-12-31", 12, "2025-12-31"),
        ("2024-02-29", 12, "2023-02-28"),
        ("2024-02-29", 48, "2020-02-29"),
        ("2026-08-15", 0, "2026-08-15"),
    ],
)
def test_months_back_is_the_same_day_or_the_last_of_its_month(
    day: str, months: int, earlier: str
) -> None:
    assert months_back(date.fromisoformat(day), months) == date.fromisoformat(earlier)


@given(DAYS, st.integers(0, 40))
def test_months_back_keeps_the_day_wherever_the_month_has_it(day: date, months: int) -> None:
    earlier = months_back(day, months)
    assert (day.year - earlier.year) * 12 + day.month - earlier.month == months
    assert earlier.day == min(day.day, monthrange(earlier.year, earlier.month)[1])


def test_both_ends_of_a_window_belong_to_it() -> None:
    window = SyncWindow(date(2026, 8, 1), date(2026, 8, 3))
    assert [date(2026, 7, 31) + timedelta(days=n) in window for n in range(5)] == [
        False, True, True, True, False,
    ]  # fmt: skip


def test_a_window_of_one_day_holds_that_day_alone() -> None:
    window = sync_window(TODAY, TODAY, TODAY, automatic=False)
    assert window == SyncWindow(TODAY, TODAY)
    assert TODAY in window
    assert TODAY - timedelta(days=1) not in window


@pytest.mark.parametrize("automatic", [True, False])
def test_an_empty_start_means_two_months_back_and_an_empty_end_today(*, automatic: bool) -> None:
    window = sync_window(None, None, TODAY, automatic=automatic)
    assert window == SyncWindow(date(2026, 6, 15), TODAY)


def test_a_manual_sync_reaches_back_to_the_start_date() -> None:
    window = sync_window(date(2025, 10, 1), None, TODAY, automatic=False)
    assert window.start == date(2025, 10, 1)


def test_a_manual_sync_reaches_back_at_most_one_year() -> None:
    window = sync_window(date(2024, 1, 1), None, TODAY, automatic=False)
    assert window.start == date(2025, 8, 15)


def test_an_automatic_sync_reaches_back_to_the_later_of_start_and_two_months() -> None:
    earlier = sync_window(date(2025, 10, 1), None, TODAY, automatic=True)
    later = sync_window(date(2026, 7, 1), None, TODAY, automatic=True)
    assert (earlier.start, later.start) == (date(2026, 6, 15), date(2026, 7, 1))


def test_an_end_in_the_future_means_today() -> None:
    assert sync_window(None, date(2030, 1, 1), TODAY, automatic=False).end == TODAY


def test_an_end_that_lies_behind_the_automatic_reach_leaves_no_day() -> None:
    window = sync_window(date(2026, 1, 1), date(2026, 1, 31), TODAY, automatic=True)
    assert not any(window.start + timedelta(days=n) in window for n in range(-200, 200))


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (None, None),
        (TODAY, TODAY),
        (date(2025, 8, 15), None),
        (date(2026, 6, 1), date(2026, 6, 1)),
        (None, date(2026, 6, 15)),
        (None, date(2030, 1, 1)),
    ],
)
def test_dates_that_a_sync_can_cover_are_accepted(start: date | None, end: date | None) -> None:
    check_dates(start, end, TODAY)


@pytest.mark.parametrize(
    ("start", "end", "field"),
    [
        (date(2025, 8, 14), None, "start_date"),
        (date(2026, 8, 16), None, "start_date"),
        (date(2026, 7, 2), date(2026, 7, 1), "end_date"),
        (None, date(2026, 6, 14), "end_date"),
    ],
)
def test_dates_that_no_sync_can_cover_are_refused_by_field(
    start: date | None, end: date | None, field: str
) -> None:
    with pytest.raises(WindowRefused) as refused:
        check_dates(start, end, TODAY)
    assert refused.value.field == field
    assert refused.value.code == "DATES_REFUSED"


def test_the_year_back_from_a_leap_day_begins_on_the_28th() -> None:
    leap = date(2024, 2, 29)
    check_dates(date(2023, 2, 28), None, leap)
    with pytest.raises(WindowRefused):
        check_dates(date(2023, 2, 27), None, leap)


@given(DAYS, st.none() | st.integers(0, 400), st.none() | st.integers(-400, 40), st.booleans())
def test_accepted_dates_make_a_window_within_reach(
    today: date,
    back: int | None,
    forth: int | None,
    automatic: bool,  # noqa: FBT001 - generated
) -> None:
    start = None if back is None else today - timedelta(days=back)
    end = None if forth is None else today + timedelta(days=forth)
    try:
        check_dates(start, end, today)
    except WindowRefused:
        return
    window = sync_window(start, end, today, automatic=automatic)
    assert window.start >= months_back(today, 2 if automatic else 12)
    assert window.start >= (start or date.min)
    assert window.end <= min(today, end or today)
    if not automatic:
        assert window.start <= window.end
