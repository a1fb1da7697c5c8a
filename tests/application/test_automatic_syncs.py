"""Runs that nobody starts by hand: every slot once, whatever the clock and other processes do."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from application.configure import Configure
from application.plan_schedule import PlanSchedule
from application.ports.schedule import Planned
from application.start_due_runs import ACTOR, AT_ONCE, Slot, StartDueRuns
from application.start_run import RunRequest, StartRun
from application_world import World, purchase, settings
from domain.connection import Connection
from domain.schedule import AGAIN, DAY, Job, next_slot
from domain.settings import Settings
from domain.sync_run import RunStatus, SyncRun, Trigger
from fakes.company_data import FakeBusinessCentralAccess
from fakes.pex import FakePexAccess
from fakes.read_models import FakeReadModels
from fakes.schedule import FakeSchedule
from fakes.wakeups import FakeWakeups


class Automatic:
    """A world whose connection syncs by itself."""

    def __init__(self) -> None:
        self.world = world = World()
        self.schedule = FakeSchedule()
        self.plan = PlanSchedule(FakeReadModels(world.log), self.schedule, world.clock)
        self.scheduler = self.new_scheduler()
        self.configure = Configure(
            world.log,
            FakePexAccess(world.pex),
            FakeBusinessCentralAccess(world.chart, world.vendors.everything),
            world.clock,
            FakeWakeups(),
            self.schedule,
        )
        self.switch(on=True)

    def new_scheduler(self, starter: StartRun | None = None) -> StartDueRuns:
        world = self.world
        return StartDueRuns(
            world.log,
            self.schedule,
            starter or world.starter,
            world.wakeups,
            world.clock,
            self.atomically,
        )

    @contextmanager
    def atomically(self) -> Iterator[None]:
        """Undo the plan as a database would."""
        before = dict(self.schedule.rows)
        try:
            yield
        except BaseException:
            self.schedule.rows = before
            raise

    def switch(self, *, on: bool) -> None:
        self.configure.switch_auto_sync(self.id, enabled=on, actor="admin:a")

    @property
    def id(self) -> UUID:
        return self.world.connection_id

    @property
    def next_at(self) -> object:
        return self.schedule.planned(Job.SYNC).get(self.id)

    def slot(self) -> None:
        """Let time pass until the next slot."""
        self.world.clock.time = next_slot(self.id, Job.SYNC, self.world.clock.now())

    def look(self) -> list[Slot]:
        slots = [self.scheduler.start(due) for due in self.scheduler.due()]
        return [slot for slot in slots if slot is not None]

    def runs(self) -> list[SyncRun]:
        return self.world.log.all_of(SyncRun)


@pytest.fixture
def automatic() -> Automatic:
    return Automatic()


def test_switching_on_plans_the_next_slot_and_switching_off_forgets_it(
    automatic: Automatic,
) -> None:
    assert automatic.next_at == next_slot(automatic.id, Job.SYNC, automatic.world.clock.now())
    automatic.switch(on=False)
    assert automatic.next_at is None


def test_nothing_starts_before_the_slot_and_one_run_at_it(automatic: Automatic) -> None:
    assert automatic.look() == []
    automatic.slot()
    (slot,) = automatic.look()
    (run,) = automatic.runs()
    assert (run.id, run.trigger, run.actor) == (slot.run_id, Trigger.AUTO, ACTOR)
    assert automatic.world.wakeups.runs == [run.id]
    assert automatic.look() == []
    assert automatic.next_at == automatic.world.clock.now() + DAY == slot.next_at


def test_an_automatic_run_posts_all_that_the_settings_sync_within_two_months(
    automatic: Automatic,
) -> None:
    world = automatic.world
    world.pex.all_rows = [purchase(1)]
    automatic.slot()
    (slot,) = automatic.look()
    assert slot.run_id is not None
    run = world.finish(slot.run_id)
    assert run.status is RunStatus.SUCCEEDED
    assert len(run.kinds) == 4
    assert (run.window.end - run.window.start).days in range(58, 63)
    assert world.times_in_books(1) == 1


def test_an_automatic_run_syncs_the_tag_options_that_the_settings_sync(
    automatic: Automatic,
) -> None:
    chosen = settings()
    mappings = tuple(replace(one, sync_options=True) for one in chosen.purchases.mappings)
    purchases = replace(chosen.purchases, mappings=mappings)
    automatic.world.save_settings(replace(chosen, purchases=purchases))
    automatic.slot()
    automatic.look()
    assert [run.tag_options for run in automatic.runs()] == [True]


def test_slots_that_nobody_was_awake_for_become_one_run(automatic: Automatic) -> None:
    automatic.world.clock.advance(9 * DAY.total_seconds())
    assert len(automatic.look()) == 1
    assert automatic.look() == []
    assert len(automatic.runs()) == 1
    assert automatic.next_at == next_slot(automatic.id, Job.SYNC, automatic.world.clock.now())


def test_many_slots_that_were_missed_together_are_not_begun_together(
    automatic: Automatic,
) -> None:
    for number in range(50):
        automatic.schedule.plan(UUID(int=number), Job.SYNC, automatic.world.clock.now())
    assert len(automatic.scheduler.due()) == AT_ONCE
    assert automatic.look() == []
    assert len(automatic.scheduler.due()) == AT_ONCE
    assert {due.connection_id.int for due in automatic.scheduler.due()} == set(range(20, 40))


def test_a_second_scheduler_that_saw_the_same_slot_does_nothing(automatic: Automatic) -> None:
    automatic.slot()
    other = automatic.new_scheduler()
    seen = other.due()
    assert len(automatic.look()) == 1
    assert [other.start(due) for due in seen] == [None]
    assert len(automatic.runs()) == 1


def test_a_run_that_is_going_on_is_waited_for(automatic: Automatic) -> None:
    automatic.slot()
    manual = automatic.world.start()
    (slot,) = automatic.look()
    now = automatic.world.clock.now()
    assert (slot.run_id, slot.code, slot.next_at) == (None, "RUN_ACTIVE", now + AGAIN)
    assert automatic.schedule.skipped(Job.SYNC) == {}
    automatic.world.finish(manual)
    automatic.world.clock.time = max(automatic.world.clock.now(), now + AGAIN)
    (slot,) = automatic.look()
    assert slot.run_id is not None


def test_a_run_that_outlasts_the_day_is_waited_for_no_longer_than_until_the_next_slot(
    automatic: Automatic,
) -> None:
    automatic.slot()
    automatic.world.start()
    automatic.world.clock.advance(DAY.total_seconds() - 60)
    (slot,) = automatic.look()
    assert slot.next_at == automatic.world.clock.now() + timedelta(seconds=60)


def test_a_connection_that_needs_a_person_skips_the_slot_and_says_why(
    automatic: Automatic,
) -> None:
    world = automatic.world
    connection = world.connection
    connection.require_action("JOURNAL_MISSING", "There is no journal.", world.clock.now())
    world.log.save(connection)
    automatic.slot()
    (slot,) = automatic.look()
    assert (slot.run_id, slot.code) == (None, "JOURNAL_MISSING")
    assert slot.next_at == world.clock.now() + DAY == automatic.next_at
    assert automatic.runs() == []


def test_a_connection_that_syncs_nothing_skips_the_slot_and_says_why(
    automatic: Automatic,
) -> None:
    nothing = Settings(company_id="company", pex_account_id="a1")
    off = replace(nothing.purchases, enabled=False)
    automatic.world.save_settings(replace(nothing, purchases=off))
    automatic.slot()
    (slot,) = automatic.look()
    assert (slot.run_id, slot.code) == (None, "NOTHING_TO_SYNC")
    assert automatic.schedule.skipped(Job.SYNC)[automatic.id].code == "NOTHING_TO_SYNC"


def test_a_plan_left_behind_by_a_switch_that_is_off_starts_nothing(automatic: Automatic) -> None:
    world = automatic.world
    connection = world.connection
    connection.switch_auto_sync(enabled=False, actor="admin:a", timestamp=world.clock.now())
    world.log.save(connection)
    automatic.slot()
    assert automatic.look() == []
    assert automatic.runs() == []
    assert automatic.next_at is None


def test_a_plan_of_a_connection_that_never_was_is_forgotten(automatic: Automatic) -> None:
    automatic.schedule.plan(UUID(int=7), Job.SYNC, automatic.world.clock.now())
    assert automatic.look() == []
    assert UUID(int=7) not in automatic.schedule.planned(Job.SYNC)


class Broken(StartRun):
    """Fails before anything is written down."""

    def __init__(self, world: World, error: BaseException) -> None:
        super().__init__(world.log, world.clock, world.wakeups)
        self.error = error

    def write_down(self, request: RunRequest) -> UUID:
        del request
        raise self.error


def test_a_fault_of_one_connection_puts_its_slot_off_and_is_told(automatic: Automatic) -> None:
    automatic.slot()
    broken = automatic.new_scheduler(Broken(automatic.world, ValueError("unforeseen")))
    (due,) = broken.due()
    with pytest.raises(ValueError, match="unforeseen"):
        broken.start(due)
    assert broken.due() == []
    automatic.world.clock.advance(AGAIN.total_seconds())
    assert len(automatic.look()) == 1


def test_the_plan_is_built_anew_from_the_connections(automatic: Automatic) -> None:
    before = dict(automatic.schedule.rows)
    automatic.schedule.rows.clear()
    assert automatic.plan.plan() == 2
    assert automatic.schedule.rows.items() >= before.items()
    assert automatic.schedule.planned(Job.KEEP_ALIVE).keys() == {automatic.id}
    assert automatic.plan.plan() == 0


def test_what_should_not_be_planned_is_dropped(automatic: Automatic) -> None:
    automatic.plan.plan()
    world = automatic.world
    connection = world.connection
    connection.disconnect(world.clock.now(), "admin:a")
    world.log.save(connection)
    assert automatic.plan.plan() == 2
    assert automatic.schedule.rows == {}


def test_a_clock_that_was_years_ahead_does_not_silence_a_connection(
    automatic: Automatic,
) -> None:
    true_time = automatic.world.clock.now()
    automatic.world.clock.advance(3_650 * DAY.total_seconds())
    (slot,) = automatic.look()
    assert slot.run_id is not None
    automatic.world.clock.time = true_time
    assert automatic.look() == []
    automatic.plan.plan()
    assert automatic.next_at == next_slot(automatic.id, Job.SYNC, true_time)


Step = tuple[str, int]
steps = st.lists(
    st.one_of(
        st.tuples(st.just("advance"), st.integers(1, 5 * 86_400)),
        st.tuples(st.just("back"), st.integers(1, 80_000)),
        st.tuples(st.sampled_from(["look", "plan", "stale", "lose"]), st.just(0)),
    ),
    max_size=30,
)


def test_a_clock_that_goes_back_at_the_very_moment_starts_the_slot_once(
    automatic: Automatic,
) -> None:
    automatic.slot()
    (due,) = automatic.scheduler.due()
    automatic.world.clock.advance(-1)
    slot = automatic.scheduler.start(due)
    assert slot is not None
    assert slot.next_at == automatic.next_at == due.next_at + DAY
    automatic.world.clock.advance(1)
    assert automatic.look() == []


@given(steps=steps)
def test_no_slot_comes_twice_and_none_is_lost_whatever_the_clock_does(steps: list[Step]) -> None:
    automatic = Automatic()
    clock, stale = automatic.world.clock, list[Planned]()
    fired: list[object] = []
    turned_back: list[float] = []

    def look(seen: list[Planned]) -> None:
        for due in seen:
            slot = automatic.scheduler.start(due)
            if slot is not None:
                assert slot.run_id is not None
                fired.append(due.next_at)
                automatic.world.finish(slot.run_id)

    def back(seconds: float) -> None:
        """Set the clock back, by less than a day in all."""
        taken = min(seconds, 86_000 - sum(turned_back))
        turned_back.append(taken)
        clock.advance(-taken)

    moves: dict[str, Callable[[int], object]] = {
        "advance": clock.advance,
        "back": back,
        "look": lambda _: look(list(automatic.scheduler.due())),
        "plan": lambda _: automatic.plan.plan(),
        "stale": lambda _: look(stale),
        "lose": lambda _: stale.extend(automatic.scheduler.due()),
    }
    for name, amount in steps:
        moves[name](amount)
    assert len(fired) == len(set(fired)) == len(automatic.runs())
    before = len(fired)
    automatic.plan.plan()
    clock.advance(2 * DAY.total_seconds())
    look(list(automatic.scheduler.due()))
    assert len(fired) == before + 1
    assert automatic.world.log.load(Connection, automatic.id).active_run is None
