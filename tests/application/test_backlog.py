"""What is about to leave the days of automatic syncs is listed before it does (M29)."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import uuid4

import pytest

from application.backlog import Backlog, Waiting
from application.ports.event_log import StreamNotFound
from application_world import EXPENSE_TAG, World, purchase, settings
from domain.eastern_time import EASTERN
from domain.pex_transaction import PexTransaction
from domain.settings import FieldMapping, Source
from domain.sync_run import Trigger
from fakes.read_models import FakeReadModels

DAY = date(2026, 8, 3)
LEAVES = date(2026, 10, 4)


@pytest.fixture
def world() -> World:
    """A company whose expense account has no default."""
    world = World()
    expense = FieldMapping("expense_account", Source("tag", tag_id=EXPENSE_TAG))
    world.save_settings(
        replace(settings(), purchases=replace(settings().purchases, mappings=(expense,)))
    )
    return world


def on(world: World, day: date) -> None:
    world.clock.time = datetime(day.year, day.month, day.day, 12, tzinfo=EASTERN)


def synced(world: World, *rows: PexTransaction) -> None:
    world.pex.all_rows = list(rows)
    world.sync()


def backlog(world: World) -> list[Waiting]:
    found = Backlog(world.log, FakeReadModels(world.log), world.clock)
    return list(found.of(world.connection_id, 100).items)


def test_an_unapproved_and_an_untagged_purchase_are_told_ten_days_before_they_leave(
    world: World,
) -> None:
    synced(world, purchase(1, approval=None), purchase(2, expense=None), purchase(3))
    on(world, LEAVES - timedelta(days=11))
    assert backlog(world) == []
    on(world, LEAVES - timedelta(days=10))
    first, second = backlog(world)
    assert (first.transaction.pex_id, first.transaction.code) == (1, "NOT_APPROVED")
    assert (second.transaction.pex_id, second.transaction.code) == (2, "EXPENSE_ACCOUNT_UNMAPPED")
    assert (first.leaves_on, first.days_left, first.has_left) == (LEAVES, 10, False)


def test_the_last_day_has_one_day_left_and_the_next_has_none(world: World) -> None:
    synced(world, purchase(1, approval=None))
    on(world, LEAVES - timedelta(days=1))
    assert [(one.days_left, one.has_left) for one in backlog(world)] == [(1, False)]
    on(world, LEAVES)
    assert [(one.days_left, one.has_left) for one in backlog(world)] == [(0, True)]


@pytest.mark.parametrize("too_late", [False, True])
def test_what_is_told_to_leave_is_reached_by_the_automatic_sync_until_then(
    world: World, *, too_late: bool
) -> None:
    synced(world, purchase(1, approval=None))
    on(world, LEAVES - timedelta(days=0 if too_late else 1))
    world.pex.all_rows = [purchase(1)]
    run = world.sync(trigger=Trigger.AUTO)
    assert run.counts.posted == (0 if too_late else 1)
    assert [one.has_left for one in backlog(world)] == ([True] if too_late else [])


def test_what_left_is_told_behind_the_rest_until_no_sync_reaches_it(world: World) -> None:
    synced(world, purchase(1, approval=None), purchase(2, approval=None, day=date(2026, 8, 10)))
    on(world, LEAVES)
    assert [one.transaction.pex_id for one in backlog(world)] == [2, 1]
    on(world, date(2027, 8, 2))
    assert [one.transaction.pex_id for one in backlog(world)] == [1, 2]
    on(world, date(2027, 8, 3))
    assert [one.transaction.pex_id for one in backlog(world)] == [2]


def test_what_somebody_approved_is_not_told_any_more(world: World) -> None:
    synced(world, purchase(1, approval="Rejected"))
    on(world, LEAVES - timedelta(days=3))
    assert len(backlog(world)) == 1
    synced(world, purchase(1))
    assert backlog(world) == []


def test_kinds_that_are_off_and_days_outside_the_settings_are_not_told(world: World) -> None:
    synced(world, purchase(1, approval=None))
    on(world, LEAVES - timedelta(days=3))
    current = world.connection.settings
    world.save_settings(replace(current, start_date=DAY + timedelta(days=1)))
    assert backlog(world) == []
    world.save_settings(replace(current, end_date=DAY - timedelta(days=1)))
    assert backlog(world) == []
    off = replace(current.purchases, enabled=False)
    world.save_settings(replace(current, purchases=off))
    assert backlog(world) == []
    world.save_settings(current)
    assert len(backlog(world)) == 1


def test_pending_and_declined_rows_are_not_told(world: World) -> None:
    synced(
        world,
        replace(purchase(1), is_pending=True),
        replace(purchase(2), is_decline=True),
        purchase(3, "0.00"),
    )
    on(world, LEAVES - timedelta(days=3))
    assert backlog(world) == []


def test_there_is_no_backlog_of_an_unknown_connection(world: World) -> None:
    with pytest.raises(StreamNotFound):
        Backlog(world.log, FakeReadModels(world.log), world.clock).of(uuid4(), 10)
