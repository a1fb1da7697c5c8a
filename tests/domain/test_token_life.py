"""A PEX API token is renewed within its last month, and never before (PEX contract 1.6)."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from domain.token_life import may_renew
from sandbox.pex.wire import months_later


def test_a_token_is_renewed_once_a_day_of_its_last_month_is_over_until_it_is_over() -> None:
    expires = datetime(2026, 8, 31, 14, tzinfo=UTC)
    assert not may_renew(expires, datetime(2026, 8, 2, 3, 59, tzinfo=UTC))
    assert may_renew(expires, datetime(2026, 8, 2, 4, tzinfo=UTC))
    assert may_renew(expires, datetime(2026, 8, 31, 13, tzinfo=UTC))
    assert not may_renew(expires, expires)
    assert not may_renew(None, expires)


def test_the_last_month_is_counted_in_eastern_days() -> None:
    expires = datetime(2026, 7, 1, 3, tzinfo=UTC)  # still the 30th of June in the East
    assert not may_renew(expires, datetime(2026, 6, 1, 3, 59, tzinfo=UTC))
    assert may_renew(expires, datetime(2026, 6, 1, 4, tzinfo=UTC))


@given(
    created=st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    minutes=st.integers(0, 190 * 24 * 60),
)
def test_no_renewal_comes_before_the_last_month_and_four_weeks_are_left_for_it(
    created: datetime, minutes: int
) -> None:
    expires, now = months_later(created, 6), created + timedelta(minutes=minutes)
    if may_renew(expires, now):
        assert months_later(expires, -1) <= now < expires
    elif expires - timedelta(days=25) <= now < expires:
        raise AssertionError("it is renewed too late")
