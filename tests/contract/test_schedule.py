"""What every implementation of the port `Schedule` keeps, the fake and the real one alike."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from adapters.persistence.engine import Database, make_engine
from adapters.persistence.schedule import SqlSchedule
from application.ports.schedule import Planned, Schedule, Skipped
from domain.schedule import Job
from fakes.schedule import FakeSchedule

NOW = datetime(2026, 8, 15, 14, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
ONE, OTHER = UUID(int=1), UUID(int=2)


@pytest.fixture(params=["fake", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def schedule(request: pytest.FixtureRequest) -> Iterator[Schedule]:
    if request.param == "fake":
        yield FakeSchedule()
        return
    database = Database(make_engine(request.getfixturevalue(f"{request.param}_url")))
    yield SqlSchedule(database)
    database.dispose()


def test_a_job_is_planned_once_and_keeps_its_time(schedule: Schedule) -> None:
    assert schedule.plan(ONE, Job.SYNC, NOW)
    assert not schedule.plan(ONE, Job.SYNC, NOW + HOUR)
    assert schedule.plan(ONE, Job.KEEP_ALIVE, NOW + HOUR)
    assert schedule.planned(Job.SYNC) == {ONE: NOW}
    assert schedule.planned(Job.KEEP_ALIVE) == {ONE: NOW + HOUR}


def test_what_is_due_comes_in_the_order_of_its_times_and_no_more_than_wanted(
    schedule: Schedule,
) -> None:
    schedule.plan(ONE, Job.SYNC, NOW)
    schedule.plan(OTHER, Job.SYNC, NOW - HOUR)
    schedule.plan(UUID(int=3), Job.SYNC, NOW + timedelta(microseconds=1))
    schedule.plan(UUID(int=4), Job.KEEP_ALIVE, NOW - HOUR)
    late = [Planned(OTHER, Job.SYNC, NOW - HOUR), Planned(ONE, Job.SYNC, NOW)]
    assert list(schedule.due(Job.SYNC, NOW, 10)) == late
    assert list(schedule.due(Job.SYNC, NOW, 1)) == late[:1]


def test_of_two_who_saw_the_same_row_one_moves_it(schedule: Schedule) -> None:
    schedule.plan(ONE, Job.SYNC, NOW)
    seen = Planned(ONE, Job.SYNC, NOW)
    assert schedule.move(seen, NOW + HOUR)
    assert not schedule.move(seen, NOW + HOUR)
    assert schedule.planned(Job.SYNC) == {ONE: NOW + HOUR}


def test_a_dropped_job_is_not_due_and_cannot_be_moved(schedule: Schedule) -> None:
    schedule.plan(ONE, Job.SYNC, NOW)
    schedule.plan(ONE, Job.KEEP_ALIVE, NOW)
    schedule.drop(ONE, Job.SYNC)
    schedule.drop(OTHER, Job.SYNC)
    assert list(schedule.due(Job.SYNC, NOW, 10)) == []
    assert not schedule.move(Planned(ONE, Job.SYNC, NOW), NOW + HOUR)
    assert schedule.planned(Job.KEEP_ALIVE) == {ONE: NOW}


def test_a_job_is_brought_forward_and_never_put_off(schedule: Schedule) -> None:
    schedule.plan(ONE, Job.SYNC, NOW + 5 * HOUR)
    schedule.plan(ONE, Job.KEEP_ALIVE, NOW + 5 * HOUR)
    assert schedule.bring_forward(ONE, Job.SYNC, NOW + HOUR) == NOW + HOUR
    assert schedule.bring_forward(ONE, Job.SYNC, NOW + HOUR) == NOW + HOUR
    assert schedule.bring_forward(ONE, Job.SYNC, NOW + 2 * HOUR) == NOW + HOUR
    assert schedule.planned(Job.SYNC) == {ONE: NOW + HOUR}
    assert schedule.planned(Job.KEEP_ALIVE) == {ONE: NOW + 5 * HOUR}


def test_what_is_not_planned_is_not_brought_forward(schedule: Schedule) -> None:
    assert schedule.bring_forward(OTHER, Job.SYNC, NOW) is None
    assert schedule.planned(Job.SYNC) == {}


def test_a_skipped_slot_is_told_until_the_job_moves_on_without_it(schedule: Schedule) -> None:
    schedule.plan(ONE, Job.SYNC, NOW)
    schedule.plan(OTHER, Job.SYNC, NOW)
    why = Skipped("CONNECTION_NOT_READY", "No settings have been saved yet.")
    schedule.move(Planned(ONE, Job.SYNC, NOW), NOW + HOUR, why)
    assert schedule.skipped(Job.SYNC) == {ONE: why}
    assert schedule.skipped(Job.KEEP_ALIVE) == {}
    schedule.move(Planned(ONE, Job.SYNC, NOW + HOUR), NOW + 2 * HOUR)
    assert schedule.skipped(Job.SYNC) == {}
