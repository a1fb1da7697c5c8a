"""A lease has one holder at a time, and a dead holder's lease runs out."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier, Event
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from adapters.persistence.engine import Database
from adapters.persistence.leases import HeldLeases, SqlLeases
from adapters.persistence.tables import leases as table
from application.ports.leases import Leases

NOON = datetime(2026, 4, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def leases(database: Database) -> SqlLeases:
    return SqlLeases(database)


class RealTime:
    def now(self) -> datetime:
        return datetime.now(UTC)


def test_a_free_lease_is_taken(leases: SqlLeases) -> None:
    assert leases.acquire("run", "a", NOON + MINUTE, NOON)


def test_a_held_lease_is_not_taken_by_another(leases: SqlLeases) -> None:
    leases.acquire("run", "a", NOON + MINUTE, NOON)
    assert not leases.acquire("run", "b", NOON + 2 * MINUTE, NOON)
    assert leases.acquire("other", "b", NOON + MINUTE, NOON)


def test_ones_own_lease_may_be_taken_again(leases: SqlLeases) -> None:
    leases.acquire("run", "a", NOON + MINUTE, NOON)
    assert leases.acquire("run", "a", NOON + 3 * MINUTE, NOON)
    assert not leases.acquire("run", "b", NOON + 9 * MINUTE, NOON + 2 * MINUTE)


def test_a_lease_that_ran_out_is_taken_over_to_the_second(leases: SqlLeases) -> None:
    leases.acquire("run", "a", NOON + MINUTE, NOON)
    just_before = NOON + MINUTE - timedelta(microseconds=1)
    assert not leases.acquire("run", "b", NOON + 2 * MINUTE, just_before)
    assert leases.acquire("run", "b", NOON + 2 * MINUTE, NOON + MINUTE)
    assert not leases.renew("run", "a", NOON + 9 * MINUTE, NOON + MINUTE)


def test_a_lease_is_renewed_by_its_holder_while_it_lasts(leases: SqlLeases) -> None:
    leases.acquire("run", "a", NOON + MINUTE, NOON)
    assert not leases.renew("run", "b", NOON + 2 * MINUTE, NOON)
    assert leases.renew("run", "a", NOON + 2 * MINUTE, NOON)
    assert not leases.acquire("run", "b", NOON + 9 * MINUTE, NOON + MINUTE)
    assert not leases.renew("run", "a", NOON + 9 * MINUTE, NOON + 2 * MINUTE)


def test_a_released_lease_is_free(leases: SqlLeases) -> None:
    leases.acquire("run", "a", NOON + MINUTE, NOON)
    leases.release("run", "b")
    assert not leases.acquire("run", "b", NOON + MINUTE, NOON)
    leases.release("run", "a")
    assert leases.acquire("run", "b", NOON + MINUTE, NOON)


def test_times_of_any_zone_mean_the_same_instant(leases: SqlLeases) -> None:
    eastern = ZoneInfo("America/New_York")
    leases.acquire("run", "a", (NOON + MINUTE).astimezone(eastern), NOON)
    assert not leases.acquire("run", "b", NOON + 2 * MINUTE, NOON)
    assert leases.acquire("run", "b", NOON + 2 * MINUTE, (NOON + MINUTE).astimezone(eastern))


def test_a_time_without_zone_is_refused(leases: SqlLeases) -> None:
    with pytest.raises(sa.exc.StatementError, match="time zone"):
        leases.acquire("run", "a", datetime(2026, 4, 1), NOON)  # noqa: DTZ001 - that is the point


def test_of_many_who_try_at_once_one_succeeds(leases: SqlLeases) -> None:
    start = Barrier(8)

    def attempt(owner: int) -> bool:
        start.wait()
        return leases.acquire("run", str(owner), NOON + MINUTE, NOON)

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(attempt, range(8))) == 1


def test_a_lease_held_by_a_block_is_free_again_after_it(leases: SqlLeases) -> None:
    port: Leases = HeldLeases(leases, RealTime())
    with port.hold("run") as held:
        assert held
        with port.hold("run") as again:
            assert not again
        with port.hold("run") as still_not:
            assert not still_not
    with port.hold("run") as held:
        assert held


def test_a_block_that_fails_gives_its_lease_back(leases: SqlLeases) -> None:
    port = HeldLeases(leases, RealTime())

    def fail() -> None:
        with port.hold("run"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    with port.hold("run") as held:
        assert held


def test_a_lease_is_kept_alive_while_its_block_runs(database: Database) -> None:
    renewed = Event()

    class Watched(SqlLeases):
        def renew(self, name: str, owner: str, until: datetime, now: datetime) -> bool:
            kept = super().renew(name, owner, until, now)
            renewed.set()
            return kept

    def until() -> datetime:
        with database.reading() as connection:
            value: datetime = connection.execute(sa.select(table.c.until_utc)).scalar_one()
            return value

    leases = HeldLeases(Watched(database), RealTime(), lasting=timedelta(seconds=6))
    with leases.hold("run") as held:
        first = until()
        assert held
        assert renewed.wait(30)
        assert until() > first
