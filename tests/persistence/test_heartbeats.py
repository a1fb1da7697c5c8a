"""Heartbeats: who is heard of, for how long, and who is forgotten."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import sqlalchemy as sa

from adapters.persistence.engine import Database
from adapters.persistence.heartbeats import HEARD_WITHIN, REMEMBERED, Role, SqlHeartbeats
from adapters.persistence.tables import heartbeats

BEGIN = datetime(2026, 3, 8, 6, 59, 30, tzinfo=UTC)
SECOND = timedelta(seconds=1)


class Times:
    """The machines' time, as the test says it is."""

    def __init__(self) -> None:
        self.now = BEGIN

    def __call__(self) -> datetime:
        return self.now


def test_a_process_is_heard_of_for_a_minute_behind_its_last_beat(database: Database) -> None:
    times = Times()
    noted = SqlHeartbeats(database, times)
    process = uuid4()
    noted.beat(process, Role.WORKER, "one")
    times.now += HEARD_WITHIN - SECOND
    assert [(one.role, one.host, one.seconds_ago) for one in noted.heard()] == [
        (Role.WORKER, "one", 59.0)
    ]
    noted.beat(process, Role.WORKER, "one")
    times.now += HEARD_WITHIN - SECOND
    assert len(noted.heard()) == 1
    times.now += SECOND
    assert noted.heard() == []


def test_a_process_may_have_both_roles_and_leaves_with_both(database: Database) -> None:
    noted = SqlHeartbeats(database)
    both, other = uuid4(), uuid4()
    for role in Role:
        noted.beat(both, role, "one")
    noted.beat(other, Role.WORKER, "two")
    assert {(one.role, one.host) for one in noted.heard()} == {
        (Role.WORKER, "one"),
        (Role.SCHEDULER, "one"),
        (Role.WORKER, "two"),
    }
    noted.leave(both)
    assert [one.host for one in noted.heard()] == ["two"]


def test_processes_that_died_long_ago_leave_no_rows(database: Database) -> None:
    times = Times()
    noted = SqlHeartbeats(database, times)
    for _ in range(3):
        noted.beat(uuid4(), Role.WORKER, "one")
    times.now += REMEMBERED + SECOND
    noted.beat(uuid4(), Role.SCHEDULER, "one")
    with database.reading() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(heartbeats)) == 1


def test_a_clock_that_is_behind_another_makes_nobody_younger_than_now(database: Database) -> None:
    times = Times()
    noted = SqlHeartbeats(database, times)
    noted.beat(uuid4(), Role.WORKER, "ahead")
    times.now -= 5 * SECOND
    assert [one.seconds_ago for one in noted.heard()] == [0.0]
