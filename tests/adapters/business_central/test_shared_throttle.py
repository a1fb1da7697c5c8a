"""The throttle that processes share: each test's throttles are those of several processes."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from adapters.business_central.shared_limits import SharedLimitsAway
from adapters.business_central.shared_throttle import SharedThrottle
from adapters.business_central.throttle import Throttle
from adapters.persistence.engine import Database, make_engine
from adapters.persistence.request_limits import SqlRequestLimits
from application.ports.company_data import BusinessCentralUnavailable

USER = "a-tenant"


class Watched:
    """Another's limits: counts how often they are asked, and is away when it is told to."""

    def __init__(self, limits: SqlRequestLimits) -> None:
        self._limits = limits
        self.asked = 0
        self.away = False

    def __getattr__(self, name: str) -> Any:
        self.asked += 1
        if self.away:
            raise SharedLimitsAway
        return getattr(self._limits, name)


@pytest.fixture
def database(sqlite_url: str) -> Iterator[Database]:
    database = Database(make_engine(sqlite_url))
    yield database
    database.dispose()


def test_processes_together_keep_the_limit_and_each_gets_its_turn(database: Database) -> None:
    limits = SqlRequestLimits(database)
    throttles = [Throttle(2, shared=SharedThrottle(limits, USER, 2, 6000)) for _ in range(3)]
    lock, turns = threading.Lock(), [0, 0, 0]
    now = most = 0
    over = threading.Event()

    def ask(process: int) -> None:
        nonlocal now, most
        while not over.is_set():
            with throttles[process].slot():
                with lock:
                    now += 1
                    most = max(most, now)
                time.sleep(0.002)
                with lock:
                    now -= 1
                    turns[process] += 1

    threads = [threading.Thread(target=ask, args=(number % 3,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for _ in range(600):
        if min(turns) >= 20:
            break
        time.sleep(0.05)
    over.set()
    for thread in threads:
        thread.join()
    assert most == 2
    assert min(turns) >= 20


def test_a_hundred_requests_ask_the_database_a_handful_of_times(database: Database) -> None:
    limits = Watched(SqlRequestLimits(database))
    throttle = SharedThrottle(limits, USER, 3, 6000)
    for _ in range(100):
        with throttle.slot(4):
            pass
    assert limits.asked <= 10


def test_a_budget_that_another_process_used_up_is_told_with_its_wait(database: Database) -> None:
    limits = SqlRequestLimits(database)
    other = SharedThrottle(limits, USER, 3, 20)
    with other.slot(1):
        pass
    throttle = SharedThrottle(limits, USER, 3, 20)
    with pytest.raises(BusinessCentralUnavailable) as refused, throttle.slot(1):
        pass
    assert refused.value.retry_after is not None
    assert 290 < refused.value.retry_after <= 330


def test_what_one_process_learnt_of_operations_holds_for_the_others(database: Database) -> None:
    limits = SqlRequestLimits(database)
    one, other = (SharedThrottle(limits, USER, 3, 150) for _ in range(2))
    with one.slot(100):
        pass
    one.learn_from_429()
    with pytest.raises(BusinessCentralUnavailable), one.slot(100):
        pass
    with other.slot(50):
        pass
    with pytest.raises(BusinessCentralUnavailable), other.slot(50):
        pass


def test_a_batch_larger_than_the_budget_is_sent_once_all_of_it_is_there(
    database: Database,
) -> None:
    limits = SqlRequestLimits(database)
    limits.learn(USER, 50)
    throttle = SharedThrottle(limits, USER, 3, 50)
    with throttle.slot(100):
        pass
    with pytest.raises(BusinessCentralUnavailable), throttle.slot(100):
        pass


def test_slots_that_nobody_gives_back_in_time_make_a_request_wait_for_another_day(
    database: Database,
) -> None:
    limits = SqlRequestLimits(database)
    limits.take_slot(USER, "a process that hangs", 1)
    throttle = SharedThrottle(limits, USER, 1, 6000, patience_seconds=0)
    with pytest.raises(BusinessCentralUnavailable), throttle.slot(1):
        pass


def test_an_idle_process_gives_its_slots_back(database: Database) -> None:
    limits = SqlRequestLimits(database)
    throttle = SharedThrottle(limits, USER, 1, 6000)
    with throttle.slot(1):
        pass
    taken = None
    for _ in range(200):
        taken = limits.take_slot(USER, "another", 1)
        if taken is not None:
            break
        time.sleep(0.05)
    assert taken == 0


def test_where_the_database_is_away_the_process_goes_by_its_own_limits(
    database: Database,
) -> None:
    limits = Watched(SqlRequestLimits(database))
    limits.away = True
    throttle = Throttle(2, shared=SharedThrottle(limits, USER, 2, 6000))
    done = 0
    for _ in range(5):
        with throttle.slot(3):
            done += 1
    assert done == 5
