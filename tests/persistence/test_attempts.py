"""Attempts are counted by address, in windows, for all processes together."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from adapters.persistence.attempts import Counted, SqlAttempts
from adapters.persistence.engine import Database

NOON = datetime(2026, 4, 1, 12, tzinfo=UTC)
WINDOW = timedelta(minutes=5)
HERE, THERE = "203.0.113.1", "203.0.113.2"


@pytest.fixture
def attempts(database: Database) -> SqlAttempts:
    return SqlAttempts(database)


def test_attempts_of_an_address_are_counted_from_the_first_on(attempts: SqlAttempts) -> None:
    later = NOON + timedelta(minutes=4)
    assert attempts.counted("tokens", HERE, NOON, WINDOW) is None
    assert attempts.add("tokens", HERE, NOON, WINDOW) == Counted(1, NOON)
    assert attempts.add("tokens", HERE, later, WINDOW) == Counted(2, NOON)
    assert attempts.counted("tokens", HERE, later, WINDOW) == Counted(2, NOON)


def test_other_addresses_and_other_attempts_are_counted_by_themselves(
    attempts: SqlAttempts,
) -> None:
    attempts.add("tokens", HERE, NOON, WINDOW)
    assert attempts.counted("tokens", THERE, NOON, WINDOW) is None
    assert attempts.counted("sign-ins", HERE, NOON, WINDOW) is None


def test_a_window_that_is_over_counts_no_more(attempts: SqlAttempts) -> None:
    attempts.add("tokens", HERE, NOON, WINDOW)
    over = NOON + WINDOW
    assert attempts.counted("tokens", HERE, over, WINDOW) is None
    assert attempts.add("tokens", HERE, over, WINDOW) == Counted(1, over)


def test_an_attempt_that_turned_out_to_be_none_is_taken_back(attempts: SqlAttempts) -> None:
    attempts.add("tokens", HERE, NOON, WINDOW)
    attempts.take_back("tokens", HERE)
    attempts.take_back("tokens", HERE)
    attempts.take_back("tokens", THERE)
    assert attempts.add("tokens", HERE, NOON, WINDOW) == Counted(1, NOON)


def test_old_counts_are_thrown_away_on_the_way(attempts: SqlAttempts, database: Database) -> None:
    for number in range(20):
        attempts.add("tokens", f"203.0.113.{number}", NOON, WINDOW)
    attempts.add("tokens", THERE, NOON + WINDOW, WINDOW)
    with database.reading() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM attempts")) == 1


def test_attempts_at_the_same_time_are_all_counted(attempts: SqlAttempts) -> None:
    with ThreadPoolExecutor(4) as threads:
        counts = list(threads.map(lambda _: attempts.add("t", HERE, NOON, WINDOW), range(20)))
    assert sorted(one.count for one in counts) == list(range(1, 21))
