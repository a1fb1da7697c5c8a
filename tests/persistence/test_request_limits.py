"""The limits of Business Central that processes keep together, on both databases."""

from datetime import UTC, datetime, timedelta
from typing import TypedDict

import pytest

from adapters.business_central.shared_limits import LASTING, SharedLimitsAway
from adapters.persistence.engine import Database, make_engine
from adapters.persistence.request_limits import SLACK, WINDOW, SqlRequestLimits


class Spent(TypedDict):
    by_operations: bool
    uncounted: int


START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
USER = "a-tenant"
REQUESTS: Spent = {"by_operations": False, "uncounted": 0}
OPERATIONS: Spent = {"by_operations": True, "uncounted": 0}


class Machine:
    """Its time stands still until it is moved."""

    def __init__(self) -> None:
        self.time = START

    def now(self) -> datetime:
        return self.time

    def advance(self, time: timedelta) -> None:
        self.time += time


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def limits(database: Database, machine: Machine) -> SqlRequestLimits:
    return SqlRequestLimits(database, machine.now)


@pytest.fixture
def others(database: Database, machine: Machine) -> SqlRequestLimits:
    """The same as another process has them."""
    return SqlRequestLimits(database, machine.now)


def test_all_processes_together_hold_no_more_slots_than_there_are(
    limits: SqlRequestLimits, others: SqlRequestLimits
) -> None:
    taken = [
        limits.take_slot(USER, "one", 3),
        others.take_slot(USER, "other", 3),
        limits.take_slot(USER, "one", 3),
    ]
    assert sorted(slot for slot in taken if slot is not None) == [0, 1, 2]
    assert others.take_slot(USER, "other", 3) is None
    assert others.take_slot("another-tenant", "other", 3) == 0


def test_who_finds_no_slot_is_heard_of_for_a_moment(
    limits: SqlRequestLimits, others: SqlRequestLimits, machine: Machine
) -> None:
    limits.take_slot(USER, "one", 1)
    assert not limits.is_waited_for(USER)
    assert others.take_slot(USER, "other", 1) is None
    assert limits.is_waited_for(USER)
    machine.advance(timedelta(seconds=2))
    assert not limits.is_waited_for(USER)


def test_a_slot_that_is_given_back_is_the_next_one_s(
    limits: SqlRequestLimits, others: SqlRequestLimits
) -> None:
    limits.take_slot(USER, "one", 1)
    others.give_back(USER, "other", 0)
    assert others.take_slot(USER, "other", 1) is None
    limits.give_back(USER, "one", 0)
    assert others.take_slot(USER, "other", 1) == 0


def test_the_slot_of_a_dead_process_runs_out_and_a_living_one_keeps_its_own(
    limits: SqlRequestLimits, others: SqlRequestLimits, machine: Machine
) -> None:
    limits.take_slot(USER, "living", 2)
    others.take_slot(USER, "dead", 2)
    machine.advance(LASTING - timedelta(seconds=1))
    assert limits.keep_slot(USER, "living", 0)
    machine.advance(timedelta(seconds=1))
    assert limits.take_slot(USER, "living", 2) == 1
    assert not others.keep_slot(USER, "dead", 1)
    assert others.take_slot(USER, "dead", 2) is None


def test_the_budget_is_spent_by_all_together_and_comes_back_after_its_window(
    limits: SqlRequestLimits, others: SqlRequestLimits, machine: Machine
) -> None:
    assert limits.reserve(USER, 50, 1, 20, **REQUESTS).granted == 20
    assert others.reserve(USER, 50, 1, 20, **REQUESTS).granted == 20
    assert limits.reserve(USER, 50, 1, 20, **REQUESTS).granted == 10
    none = others.reserve(USER, 50, 1, 20, **REQUESTS)
    assert (none.granted, none.by_operations) == (0, False)
    assert none.wait_seconds <= (WINDOW + SLACK).total_seconds()
    machine.advance(timedelta(seconds=none.wait_seconds))
    assert others.reserve(USER, 50, 1, 20, **REQUESTS).granted == 20


def test_a_429_below_the_budget_makes_operations_count_for_all_those_of_the_past_too(
    limits: SqlRequestLimits, others: SqlRequestLimits
) -> None:
    limits.reserve(USER, 300, 1, 20, **REQUESTS)
    limits.reserve(USER, 300, 1, 20, by_operations=False, uncounted=250)
    limits.learn(USER, 300)
    permits = others.reserve(USER, 300, 10, 200, **OPERATIONS)
    assert permits.by_operations
    assert permits.granted == 50
    assert others.reserve(USER, 300, 10, 200, **OPERATIONS).granted == 0


def test_a_429_beyond_the_budget_teaches_nothing(
    limits: SqlRequestLimits, others: SqlRequestLimits
) -> None:
    limits.reserve(USER, 40, 1, 40, **REQUESTS)
    limits.learn(USER, 40)
    assert not others.reserve(USER, 400, 1, 20, **REQUESTS).by_operations


def test_what_was_learnt_is_put_to_the_test_again_after_a_day(
    limits: SqlRequestLimits, machine: Machine
) -> None:
    limits.learn(USER, 300)
    assert limits.reserve(USER, 300, 1, 20, **REQUESTS).by_operations
    machine.advance(timedelta(days=1))
    assert not limits.reserve(USER, 300, 1, 20, **REQUESTS).by_operations


def test_a_database_that_is_away_is_told_as_such() -> None:
    database = Database(make_engine("postgresql://nobody@127.0.0.1:1/none"))
    limits = SqlRequestLimits(database)
    with pytest.raises(SharedLimitsAway):
        limits.take_slot(USER, "one", 3)
    with pytest.raises(SharedLimitsAway):
        limits.is_waited_for(USER)
    database.dispose()
