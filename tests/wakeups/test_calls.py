"""Which calls are valid, in memory and in the database alike."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from adapters.persistence.calls import SqlCalls
from adapters.persistence.engine import Database, make_engine
from adapters.wakeups.calls import Calls, CallsInMemory

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PATIENCE = timedelta(seconds=4)
RUN = UUID(int=7)


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def calls(request: pytest.FixtureRequest) -> Iterator[Calls]:
    if request.param == "memory":
        yield CallsInMemory()
        return
    database = Database(make_engine(request.getfixturevalue(f"{request.param}_url")))
    yield SqlCalls(database)
    database.dispose()


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def test_a_newer_call_makes_the_older_one_stale(calls: Calls) -> None:
    first = calls.begin(RUN, NOW)
    second = calls.begin(RUN, NOW)
    assert not calls.is_valid(RUN, first)
    assert calls.is_valid(RUN, second)


def test_a_call_for_one_run_says_nothing_of_another(calls: Calls) -> None:
    number = calls.begin(RUN, NOW)
    assert not calls.is_valid(uuid4(), number)


def test_nobody_is_reminded_while_a_call_is_expected(calls: Calls) -> None:
    calls.begin(RUN, later(600))
    assert calls.remind(RUN, later(0), PATIENCE) is None
    assert calls.remind(RUN, later(603), PATIENCE) is None


def test_a_call_that_nobody_heard_is_repeated_under_its_number_once_at_a_time(
    calls: Calls,
) -> None:
    number = calls.begin(RUN, NOW)
    assert calls.remind(RUN, later(5), PATIENCE) == number
    assert calls.remind(RUN, later(6), PATIENCE) is None
    assert calls.is_valid(RUN, number)


def test_a_run_that_was_never_called_for_is_called_for_once(calls: Calls) -> None:
    number = calls.remind(RUN, NOW, PATIENCE)
    assert number is not None
    assert calls.is_valid(RUN, number)
    assert calls.remind(RUN, later(1), PATIENCE) is None


def test_an_ended_call_is_stale_and_a_newer_one_outlives_the_end_of_the_older(
    calls: Calls,
) -> None:
    first = calls.begin(RUN, NOW)
    second = calls.begin(RUN, NOW)
    calls.end(RUN, first)
    assert calls.is_valid(RUN, second)
    calls.end(RUN, second)
    assert not calls.is_valid(RUN, second)
