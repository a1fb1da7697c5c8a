"""Several packs in flight in one step: each stands by itself, whatever becomes of the others."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from itertools import permutations, product
from typing import NoReturn
from uuid import UUID

import pytest
from eventsourcing.domain import Aggregate

from application.ports.event_log import StreamConflict
from application.ports.general_journal import Answer, Journal
from application_world import DEPARTMENT_TAG, Worker, World, purchase
from domain.journal_numbers import JournalNumbers
from domain.pack import NumberedEntry
from domain.pex_transaction import Kind, TagValue
from domain.posted_transaction import PostedTransaction, State
from domain.sync_run import RunStatus
from fakes.parallel import Fate

CAPACITY = 4
"""Two entries a pack."""
IN_FLIGHT = {3: 12, 2: 16, 1: 19}
"""The boundary at which so many packs are in flight, in a step that began with one alone."""
EVERYTHING = dict.fromkeys(range(1, 9), 1)


def worker(world: World) -> Worker:
    """One with three packs begun at a time: two in flight, and one that is ready to leave."""
    made = Worker(world, CAPACITY)
    made.overlap.at_once = 2
    return made


@pytest.fixture
def world() -> World:
    world = World()
    world.worker = worker(world)
    world.pex.all_rows = [purchase(pex_id) for pex_id in range(1, 9)]
    return world


def fetched(world: World) -> UUID:
    run_id = world.start(kinds=(Kind.PURCHASE,))
    while world.run(run_id).fetched != {"card": None}:
        world.worker.step(run_id)
    return run_id


def in_books(world: World) -> dict[int, int]:
    return {pex_id: times for pex_id, times in world.all_times_in_books().items() if times}


def states(world: World) -> list[State]:
    return [world.posting(pex_id).state for pex_id in EVERYTHING]


def test_one_step_keeps_packs_in_flight_and_one_ready_to_leave(world: World) -> None:
    run_id = fetched(world)
    world.worker.step(run_id)
    assert world.worker.overlap.most == 3
    assert world.journal.submissions == 4
    assert set(states(world)) == {State.POSTED}


def test_the_first_pack_flies_alone_so_that_what_it_meets_is_met_once(world: World) -> None:
    world.journal.moods = ["busy"]
    run_id = fetched(world)
    world.worker.step(run_id)
    assert world.journal.submissions == 1
    assert world.run(run_id).stalled == 1
    assert world.finish(run_id).counts.posted == 8


def test_no_pack_leaves_before_the_log_says_that_it_is_being_sent(world: World) -> None:
    submit, sent = world.journal.submit, []

    def looking(journal: Journal, pack: Sequence[NumberedEntry], not_after: datetime) -> Answer:
        postings = {one.id: one for one in world.log.all_of(PostedTransaction)}
        for numbered in pack:
            posting = postings[numbered.stream]
            sent.append((posting.state, posting.line_numbers == numbered.line_numbers))
        return submit(journal, pack, not_after)

    world.journal.submit = looking  # type: ignore[method-assign]
    world.sync()
    assert sent == [(State.SUBMITTED, True)] * 8


@pytest.mark.parametrize("in_flight", IN_FLIGHT)
@pytest.mark.parametrize("arrive", list(product((False, True), repeat=3)))
def test_a_death_with_several_in_flight_leaves_each_to_be_asked_about(
    world: World, arrive: tuple[bool, ...], in_flight: int
) -> None:
    run_id = fetched(world)
    world.worker.overlap.fates = [Fate(), *(Fate(outlives=one) for one in arrive)]
    world.worker.step(run_id, crash_after=IN_FLIGHT[in_flight])
    assert states(world).count(State.SUBMITTED) == 2 * in_flight
    run = world.finish(run_id, worker(world))
    assert run.status is RunStatus.SUCCEEDED
    assert in_books(world) == EVERYTHING
    assert world.journal.submissions == 4, "each arrived once, some of them later"


@pytest.mark.parametrize("order", list(permutations(range(3))))
@pytest.mark.parametrize("mood", ["lost before", "lost after", "late", "busy"])
def test_answers_in_any_order_with_one_that_is_lost(
    world: World, order: tuple[int, ...], mood: str
) -> None:
    run_id = fetched(world)
    world.worker.overlap.fates = [
        Fate(),
        *(Fate(is_early=True, next_told=place) for place in order),
    ]
    world.journal.moods = ["ok", "ok", mood]
    run = world.finish(run_id)
    assert run.counts.posted == 8
    assert in_books(world) == EVERYTHING


@pytest.mark.parametrize("order", list(permutations(range(3))))
@pytest.mark.parametrize("bad", [3, 6, 8])
def test_one_bad_entry_sinks_nobody_in_its_pack_or_in_others(
    world: World, order: tuple[int, ...], bad: int
) -> None:
    run_id = fetched(world)
    world.worker.overlap.fates = [Fate(), *(Fate(next_told=place) for place in order)]
    world.journal.refused_documents.add(f"PEX-{bad}-X1")
    run = world.finish(run_id)
    assert (run.counts.posted, run.counts.failed) == (7, 1)
    assert in_books(world) == {one: 1 for one in EVERYTHING if one != bad}
    assert world.journal.submissions == 5


def test_a_refusal_of_all_lets_the_others_land_and_begins_nothing_more(world: World) -> None:
    world.pex.all_rows += [purchase(pex_id) for pex_id in range(9, 21)]
    world.journal.moods = ["ok", "busy", "ok", "ok"]
    run_id = fetched(world)
    world.worker.step(run_id)
    assert world.journal.submissions == 4
    run = world.run(run_id)
    assert (run.counts.posted, run.stalled) == (6, 1)
    assert world.finish(run_id).counts.posted == 20


def test_after_two_lost_answers_nothing_more_is_begun_until_they_are_settled(world: World) -> None:
    world.pex.all_rows += [purchase(pex_id) for pex_id in range(9, 21)]
    world.journal.moods = ["ok", "lost after", "lost before", "late"]
    run_id = fetched(world)
    for _ in range(3):
        world.worker.step(run_id)
    assert world.journal.submissions == 4
    assert states(world).count(State.IN_DOUBT) == 6
    assert world.finish(run_id).counts.posted == 20


def test_a_lost_answer_slows_the_rest_down_to_one_at_a_time(world: World) -> None:
    world.pex.all_rows += [purchase(pex_id) for pex_id in range(9, 21)]
    world.journal.moods = ["ok", "lost after", "ok", "ok", "lost before"]
    run_id = fetched(world)
    world.worker.step(run_id)
    assert world.finish(run_id).counts.posted == 20


def test_another_who_wrote_first_costs_no_answer_of_those_in_flight(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = fetched(world)
    save, reserved = world.log.save, 0

    def conflicting(*aggregates: Aggregate) -> None:
        nonlocal reserved
        postings = [one for one in aggregates if isinstance(one, PostedTransaction)]
        reserved += any(one.state is State.SUBMITTED for one in postings)
        if reserved == 4:
            reserved += 1
            for one in aggregates:
                one.collect_events()
            raise StreamConflict("somebody else wrote first")
        save(*aggregates)

    monkeypatch.setattr(world.log, "save", conflicting)
    world.worker.step(run_id)
    assert [one.state for one in world.log.all_of(PostedTransaction)] == [State.POSTED] * 6
    run = world.finish(run_id)
    assert run.counts.posted == 8
    assert in_books(world) == EVERYTHING
    assert world.journal.submissions == 4


def test_a_store_that_is_away_ends_the_step_and_what_flew_is_asked_about(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = fetched(world)

    def away(*_: object) -> NoReturn:
        raise OSError("the database is away")

    def going_away(journal: Journal, pack: Sequence[NumberedEntry], not_after: datetime) -> Answer:
        if world.journal.submissions == 1:
            gone.setattr(world.log, "save", away)
            gone.setattr(world.log, "load", away)
        return submit(journal, pack, not_after)

    submit = world.journal.submit
    with monkeypatch.context() as gone:
        world.journal.submit = going_away  # type: ignore[method-assign]
        with pytest.raises(OSError, match="away"):
            world.worker.step(run_id)
    assert states(world).count(State.SUBMITTED) == 6
    assert world.finish(run_id, worker(world)).counts.posted == 8
    assert in_books(world) == EVERYTHING
    assert world.journal.submissions == 4


def states_known(world: World) -> set[State]:
    return {one.state for one in world.log.all_of(PostedTransaction)}


def test_entries_that_went_bare_get_their_dimensions_before_more_is_sent(world: World) -> None:
    department = TagValue(DEPARTMENT_TAG, "OPS")
    world.pex.all_rows = [replace(row, tags=(*row.tags, department)) for row in world.pex.all_rows]
    world.journal.defaults = {"62400": {"DEPARTMENT": "ADM"}}
    run_id = fetched(world)
    world.worker.step(run_id)
    assert states_known(world) == {State.BARE}
    assert world.journal.submissions == 2
    assert world.finish(run_id).counts.posted == 8
    expenses = [line for line in world.journal.by_number.values() if line.amount.amount > 0]
    found = {world.journal.dimensions_of[line.id]["DEPARTMENT"] for line in expenses}
    assert (len(expenses), found) == (8, {"OPS"})


def test_many_active_runs_have_one_pack_a_step_each(world: World) -> None:
    run_id = fetched(world)
    world.worker.pace.__init__(lambda: 50)  # type: ignore[misc]
    for packs in (1, 2, 3):
        world.worker.step(run_id)
        assert world.journal.submissions == packs


def test_a_process_that_ends_takes_up_its_answers_and_begins_nothing_more(world: World) -> None:
    submit = world.journal.submit

    def ending(*args: object) -> object:
        if world.journal.submissions == 1:
            world.worker.pace.end()
        return submit(*args)  # type: ignore[arg-type]

    world.journal.submit = ending  # type: ignore[method-assign,assignment]
    run_id = fetched(world)
    world.worker.step(run_id)
    assert world.journal.submissions == 4


def test_numbers_are_reserved_for_several_packs_together_once_more_are_sent(world: World) -> None:
    world.pex.all_rows += [purchase(pex_id) for pex_id in range(9, 41)]
    assert world.sync().counts.posted == 40
    (numbers,) = world.log.all_of(JournalNumbers)
    reserved = [one for one in world.log.history(numbers.id) if "Reserved" in one.payload]
    assert len(reserved) < 7, "of twenty packs"
    used = sorted(
        number for one in world.log.all_of(PostedTransaction) for number in one.line_numbers
    )
    assert len(set(used)) == len(used) == 80


def test_few_purchases_leave_no_numbers_behind(world: World) -> None:
    world.pex.all_rows = [purchase(1)]
    world.sync()
    (numbers,) = world.log.all_of(JournalNumbers)
    assert numbers.next_number == world.posting(1).line_numbers[-1] + 10


def test_one_who_is_slower_at_the_numbers_asks_again_at_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = fetched(world)
    save = world.log.save
    refused: list[Aggregate] = []

    def slower(*aggregates: Aggregate) -> None:
        if not refused and any(isinstance(one, JournalNumbers) for one in aggregates):
            refused.extend(aggregates)
            raise StreamConflict("somebody else reserved first")
        save(*aggregates)

    monkeypatch.setattr(world.log, "save", slower)
    world.worker.step(run_id)
    assert refused
    assert world.run(run_id).counts.posted == 8
