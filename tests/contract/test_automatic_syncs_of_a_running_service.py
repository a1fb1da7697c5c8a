"""Syncs by the clock, through the real adapters: processes of different days over one database."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from adapters.persistence.schedule import SqlSchedule
from application.start_due_runs import ACTOR, Slot, StartDueRuns
from application.start_run import RunRequest, StartRun
from domain.schedule import Job, next_slot
from domain.sync_run import RunStatus, Trigger
from entrypoints.cli.context import NoWakeups
from entrypoints.composition import Services, build
from entrypoints.settings import Settings
from sandbox import company
from sandbox.program import Sandbox
from sandbox_company import configure, times_in_journal

DAY = timedelta(days=1)


@dataclass
class Days:
    """A connected company with automatic syncs on, and processes that live at any time."""

    sandbox: Sandbox
    settings: Settings
    connection_id: UUID

    @contextmanager
    def process(self, now: datetime) -> Iterator[Services]:
        """A process whose clock, and the sandbox's, begin at an instant."""
        self.sandbox.clock.set(now)
        services = build(self.settings.model_copy(update={"now": now}), NoWakeups())
        try:
            yield services
        finally:
            services.close()

    def slot(self, after: datetime) -> datetime:
        """Just behind the slot that comes next."""
        return next_slot(self.connection_id, Job.SYNC, after) + timedelta(seconds=1)

    def purchase(self, amount: str) -> int:
        row = self.sandbox.pex.add_row({"TransactionAmount": amount})
        number = int(row["TransactionId"])
        tags = {company.EXPENSE_TAG: "62400", company.DEPARTMENT_TAG: "OPS"}
        self.sandbox.pex.retag(number, tags)
        return number


@pytest.fixture
def days(database_url: str) -> Iterator[Days]:
    with Sandbox(purchases=1) as sandbox:
        sandbox.pex.empty()
        settings = Settings.of(
            sandbox.environment(),
            database_url=database_url,
            secret_key="a key of more than thirty-two characters",
            pex_requests_per_minute=1_000_000,
        )
        services = build(settings, NoWakeups())
        connection_id = configure(services)
        services.configure.switch_auto_sync(connection_id, enabled=True, actor="admin:test")
        services.close()
        yield Days(sandbox, settings, connection_id)


def look(services: Services) -> list[Slot]:
    services.scheduling.plan.plan()
    slots = [services.scheduling.syncs.start(due) for due in services.scheduling.syncs.due()]
    return [slot for slot in slots if slot is not None]


def see_through(services: Services, run_id: UUID) -> None:
    while (step := services.advance_run.step(run_id)) is None or step.at is not None:
        pass


def test_every_day_posts_what_became_eligible_once_though_nobody_asks(days: Days) -> None:
    today = days.sandbox.clock.now()
    first = days.purchase("-10.00")
    with days.process(days.slot(today)) as services:
        (slot,) = look(services)
        assert slot.run_id is not None
        see_through(services, slot.run_id)
        run = services.read_models.run(slot.run_id)
        assert run is not None
        assert (run.trigger, run.actor, run.status) == (Trigger.AUTO, ACTOR, RunStatus.SUCCEEDED)
        second = days.purchase("-20.00")
        assert look(services) == []
    with days.process(days.slot(today) + DAY) as services:
        (slot,) = look(services)
        assert slot.run_id is not None
        see_through(services, slot.run_id)
        view = services.read_models.connection(days.connection_id)
        assert view is not None
        assert view.next_at == slot.next_at == days.slot(today + 2 * DAY) - timedelta(seconds=1)
        assert len(services.read_models.runs(days.connection_id, 10).items) == 2
    assert [times_in_journal(days.sandbox, one) for one in (first, second)] == [1, 1]


def test_processes_that_slept_for_days_and_wake_together_start_one_run(days: Days) -> None:
    late = days.slot(days.sandbox.clock.now()) + 5 * DAY
    with days.process(late) as one, days.process(late) as other, ThreadPoolExecutor(2) as pool:
        slots = [slot for found in pool.map(look, (one, other)) for slot in found]
        assert len([slot for slot in slots if slot.run_id is not None]) == 1
        assert look(other) == []
        assert len(one.read_models.runs(days.connection_id, 10).items) == 1


class Killed(BaseException):
    """The scheduler died."""


class Dying(StartRun):
    """Writes a run down, and dies before anything is committed."""

    def write_down(self, request: RunRequest) -> UUID:
        super().write_down(request)
        raise Killed


def test_a_scheduler_that_dies_halfway_leaves_the_slot_to_the_next_one(days: Days) -> None:
    with days.process(days.slot(days.sandbox.clock.now())) as services:
        dying = StartDueRuns(
            services.log,
            SqlSchedule(services.database),
            Dying(services.log, services.clock, NoWakeups()),
            NoWakeups(),
            services.clock,
            services.database.transaction,
        )
        (due,) = dying.due()
        with pytest.raises(Killed):
            dying.start(due)
        assert services.read_models.runs(days.connection_id, 10).items == ()
        (slot,) = look(services)
        assert slot.run_id is not None
        assert len(services.read_models.runs(days.connection_id, 10).items) == 1


def test_a_run_by_hand_at_the_same_moment_leaves_one_run_and_the_slot_for_later(
    days: Days,
) -> None:
    with days.process(days.slot(days.sandbox.clock.now())) as services:
        manual = services.start_run.start(RunRequest(days.connection_id, "admin:test"))
        (slot,) = look(services)
        assert (slot.run_id, slot.code) == (None, "RUN_ACTIVE")
        assert slot.next_at - services.clock.now() <= timedelta(minutes=10)
        see_through(services, manual)
    with days.process(slot.next_at + timedelta(seconds=1)) as services:
        (slot,) = look(services)
        assert slot.run_id is not None


def test_a_plan_that_was_lost_is_made_anew(days: Days) -> None:
    with days.process(days.sandbox.clock.now()) as services:
        with services.database.transaction() as connection:
            connection.exec_driver_sql("DELETE FROM schedule")
        view = services.read_models.connection(days.connection_id)
        assert view is not None
        assert view.next_at is None
        look(services)
        view = services.read_models.connection(days.connection_id)
        assert view is not None
        assert view.next_at is not None
