"""Which days pictures show (M36)."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from application.pictures import PictureDaysRefused, picture_days
from domain.sync_window import SyncWindow

TODAY = date(2026, 9, 1)
days = st.dates()


def test_nothing_chosen_shows_the_90_days_through_today() -> None:
    shown = picture_days(None, None, TODAY)
    assert shown == SyncWindow(date(2026, 6, 4), TODAY)
    assert (shown.end - shown.start).days + 1 == 90


def test_a_chosen_end_shows_the_90_days_up_to_it() -> None:
    assert picture_days(None, date(2026, 3, 31), TODAY) == SyncWindow(
        date(2026, 1, 1), date(2026, 3, 31)
    )


def test_a_chosen_start_shows_all_days_from_it_through_today() -> None:
    assert picture_days(date(2026, 8, 31), None, TODAY) == SyncWindow(date(2026, 8, 31), TODAY)


def test_a_single_day_is_shown() -> None:
    assert picture_days(TODAY, TODAY, TODAY) == SyncWindow(TODAY, TODAY)


def test_a_whole_leap_year_is_shown_and_no_day_more() -> None:
    start, end = date(2024, 1, 1), date(2024, 12, 31)
    assert picture_days(start, end, TODAY) == SyncWindow(start, end)
    with pytest.raises(PictureDaysRefused, match="more than 1 year") as refused:
        picture_days(start, end + timedelta(days=1), TODAY)
    assert refused.value.field == "from"


def test_an_end_before_the_start_is_refused() -> None:
    with pytest.raises(PictureDaysRefused, match="lies before the first") as refused:
        picture_days(TODAY, TODAY - timedelta(days=1), TODAY)
    assert refused.value.field == "to"


@given(start=st.none() | days, end=st.none() | days, today=days)
def test_what_is_shown_is_never_longer_than_a_year_and_never_backwards(
    start: date | None, end: date | None, today: date
) -> None:
    try:
        shown = picture_days(start, end, today)
    except PictureDaysRefused:
        return
    assert 0 <= (shown.end - shown.start).days <= 365
    assert shown.start == (start or shown.start)
    assert shown.end == (end or today)
