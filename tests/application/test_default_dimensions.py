"""Accounts that bring dimensions along: lines first, dimensions after (contract 2.9)."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from application_world import DEPARTMENT_TAG, Crash, Worker, World, purchase, settings
from domain.chart import Catalogue, Dimension, DimensionValue
from domain.default_dimensions import DefaultDimensions
from domain.journal_entry import AccountType
from domain.pex_transaction import Allocation, PexTransaction, TagValue
from domain.posted_transaction import State
from domain.settings import FieldMapping, Source
from domain.sync_run import RunStatus, SyncRun

MEALS, SUPPLIES = "62400", "61100"


def tagged(pex_id: int, account: str = MEALS) -> PexTransaction:
    """A purchase whose department is mapped to OPS."""
    row = purchase(pex_id, expense=account)
    return replace(row, tags=(*row.tags, TagValue(DEPARTMENT_TAG, "OPS")))


@pytest.fixture
def brings(world: World) -> World:
    """Meals bring the department ADM along, and a project."""
    world.journal.defaults = {MEALS: {"DEPARTMENT": "ADM", "PROJECT": "P1"}}
    return world


def dimensions(world: World, pex_id: int) -> dict[str, str]:
    """What the expense line of an entry bears in the journal."""
    key = f"PEX{pex_id}"
    (line,) = [
        one
        for one in world.journal.by_number.values()
        if one.external_document_number == key and one.account_number != "10950"
    ]
    return world.journal.dimensions_of[line.id]


def known(world: World, account: str = MEALS) -> tuple[str, ...]:
    stream = DefaultDimensions.create_id("tenant", "Production", "company")
    return world.log.load(DefaultDimensions, stream).of((AccountType.GL, account))


def topics(world: World, pex_id: int) -> list[str]:
    history = world.log.history(world.posting(pex_id).id)
    return [one.topic.partition(".")[2] for one in history]


def bare(world: World, *rows: PexTransaction) -> Any:
    """A run whose first entry stands in the journal without its dimensions."""
    world.pex.all_rows = list(rows or (tagged(1),))
    run_id = world.start()
    for _ in range(9):
        world.worker.step(run_id)
        if _state(world, 1) is State.BARE:
            return run_id
    raise AssertionError("never bare")


def _state(world: World, pex_id: int) -> State | None:
    try:
        return world.posting(pex_id).state
    except LookupError:
        return None


def test_a_collision_is_sent_again_at_once_and_its_dimension_replaced(brings: World) -> None:
    brings.pex.all_rows = [tagged(1)]
    run = brings.sync()
    assert brings.outcomes(run.id) == {1: "posted"}
    assert run.status is RunStatus.SUCCEEDED
    assert dimensions(brings, 1) == {"DEPARTMENT": "OPS", "PROJECT": "P1"}
    assert topics(brings, 1) == [
        "seen",
        "reserved",
        "submitted",
        "released",
        "submitted",
        "laid_bare",
        "completing",
        "completed",
    ]


def test_what_an_account_brings_is_learned_to_the_letter(brings: World) -> None:
    brings.pex.all_rows = [tagged(1)]
    brings.sync()
    assert known(brings) == ("DEPARTMENT", "PROJECT")


def test_fifty_colliding_entries_take_three_requests_once_the_account_is_known(
    brings: World,
) -> None:
    brings.pex.all_rows = [tagged(1)]
    brings.sync()
    journal = brings.journal
    submissions, sets = journal.submissions, journal.set_requests
    brings.pex.all_rows = [tagged(pex_id) for pex_id in range(2, 52)]
    run = brings.sync()
    assert run.counts.posted == 50
    assert (journal.submissions - submissions, journal.set_requests - sets) == (1, 1)
    assert all(dimensions(brings, pex_id)["DEPARTMENT"] == "OPS" for pex_id in range(2, 52))


def test_a_first_collision_costs_one_request_more_for_the_whole_pack(brings: World) -> None:
    brings.pex.all_rows = [tagged(pex_id) for pex_id in range(1, 51)]
    assert brings.sync().counts.posted == 50
    assert (brings.journal.submissions, brings.journal.set_requests) == (2, 1)


def test_entries_that_collide_travel_with_those_that_do_not(brings: World) -> None:
    brings.pex.all_rows = [tagged(1), tagged(2, SUPPLIES), purchase(3), tagged(4)]
    run = brings.sync()
    assert set(brings.outcomes(run.id).values()) == {"posted"}
    assert brings.journal.submissions == 2
    assert "laid_bare" not in topics(brings, 2) + topics(brings, 3)
    assert dimensions(brings, 2) == {"DEPARTMENT": "OPS"}
    assert dimensions(brings, 3) == {"DEPARTMENT": "ADM", "PROJECT": "P1"}


def test_a_default_that_is_as_mapped_is_not_written(brings: World) -> None:
    brings.journal.defaults[MEALS]["DEPARTMENT"] = "OPS"
    brings.pex.all_rows = [tagged(1)]
    assert brings.sync().counts.posted == 1
    assert brings.journal.set_requests == 0
    assert topics(brings, 1)[-2:] == ["laid_bare", "completed"]


def test_a_default_that_was_removed_is_unlearned_and_costs_no_entry(brings: World) -> None:
    brings.pex.all_rows = [tagged(1)]
    brings.sync()
    brings.journal.defaults.clear()
    brings.pex.all_rows.append(tagged(2))
    assert brings.sync().counts.posted == 1
    assert dimensions(brings, 2) == {"DEPARTMENT": "OPS"}
    assert known(brings) == ()
    brings.pex.all_rows.append(tagged(3))
    brings.sync()
    assert "laid_bare" not in topics(brings, 3)


def test_a_default_that_is_added_later_is_learned_by_another_collision(brings: World) -> None:
    brings.journal.defaults = {MEALS: {"PROJECT": "P1"}}
    brings.pex.all_rows = [tagged(1)]
    brings.sync()
    assert "laid_bare" not in topics(brings, 1)
    brings.journal.defaults[MEALS]["DEPARTMENT"] = "ADM"
    brings.pex.all_rows.append(tagged(2))
    assert brings.sync().counts.posted == 1
    assert dimensions(brings, 2)["DEPARTMENT"] == "OPS"


def test_a_refused_dimension_takes_its_own_lines_back_and_sinks_nobody(brings: World) -> None:
    brings.pex.all_rows = [tagged(pex_id) for pex_id in range(1, 11)]
    brings.journal.refused_changes = {"PEX4"}
    run = brings.sync()
    outcomes = brings.outcomes(run.id)
    assert outcomes.pop(4) == "failed:REFUSED_BY_BC"
    assert set(outcomes.values()) == {"posted"}
    assert brings.times_in_books(4) == 0
    assert topics(brings, 4)[-2:] == ["undoing", "rejected"]
    assert brings.journal.set_requests == 2
    assert run.status is RunStatus.PARTLY_FAILED


def test_what_was_taken_back_is_tried_again_by_the_next_run(brings: World) -> None:
    brings.pex.all_rows = [tagged(1)]
    brings.journal.deleted_values = {"OPS"}
    assert brings.outcomes(brings.sync().id) == {1: "failed:REFUSED_BY_BC"}
    brings.journal.deleted_values = set()
    assert brings.outcomes(brings.sync().id) == {1: "posted"}
    assert brings.times_in_books(1) == 1
    assert dimensions(brings, 1)["DEPARTMENT"] == "OPS"


def test_an_entry_that_needs_more_changes_than_a_request_takes_gets_them_all(
    brings: World,
) -> None:
    values = Catalogue([DimensionValue("cv1", "GEN", "General")])
    both = {**brings.chart.dimensions, "CLASS": Dimension("d2", "CLASS", "Class", values)}
    brings.chart = replace(brings.chart, dimensions=both)
    brings.worker = Worker(brings)
    classed = FieldMapping("dimension:CLASS", Source("static", value="GEN"))
    chosen = settings()
    mappings = (*chosen.purchases.mappings, classed)
    brings.save_settings(replace(chosen, purchases=replace(chosen.purchases, mappings=mappings)))
    part = Allocation(Decimal("0.81"), tagged(1).tags)
    brings.pex.all_rows = [replace(tagged(1), allocations=(part,) * 60), tagged(2)]
    run = brings.sync()
    assert brings.outcomes(run.id) == {1: "posted", 2: "posted"}
    assert topics(brings, 1)[-4:] == ["completing", "left_bare", "completing", "completed"]
    lines = brings.posting(1).lines_to_complete
    assert len(lines) == 60
    assert all(
        brings.journal.dimensions_of[line_id]
        == {"DEPARTMENT": "OPS", "PROJECT": "P1", "CLASS": "GEN"}
        for line_id, _ in lines
    )


# --- answers lost, workers killed ----------------------------------------------------------


@pytest.mark.parametrize("first", ["ok", "lost before", "lost after", "late", "busy"])
@pytest.mark.parametrize("second", ["ok", "lost before", "lost after", "late", "busy"])
def test_whatever_answer_is_lost_it_is_posted_once_with_its_dimensions(
    brings: World, first: str, second: str
) -> None:
    brings.pex.all_rows = [tagged(1)]
    brings.journal.moods = ["ok", first, second, second]
    run = brings.sync()
    assert brings.outcomes(run.id) == {1: "posted"}
    assert brings.times_in_books(1) == 1
    assert dimensions(brings, 1)["DEPARTMENT"] == "OPS"


class DyingAt(Worker):
    """A worker that dies at the nth boundary of a name."""

    def __init__(self, world: World, name: str, nth: int) -> None:
        self.name, self.left = name, nth
        super().__init__(world)

    def boundary(self, name: str) -> None:
        self.left -= name == self.name
        if self.left == 0:
            self.left = -1
            raise Crash(name)


DEATHS = [
    ("submitted again", 1),
    ("sent", 1),
    ("sent", 2),
    ("recorded", 1),
    ("recorded", 2),
    ("dimensions read", 1),
    ("dimensions read", 2),
    ("dimensions submitted", 1),
    ("dimensions sent", 1),
    ("dimensions recorded", 1),
]


@pytest.mark.parametrize(
    ("name", "nth", "refused"),
    [(*death, refused) for death in DEATHS for refused in (False, True)]
    + [("dimensions sent", 7, True), ("undoing", 1, True), ("undone", 1, True)],
)
def test_a_crash_at_any_boundary_neither_loses_nor_doubles(
    brings: World, name: str, nth: int, *, refused: bool
) -> None:
    ids = range(1, 61)
    brings.pex.all_rows = [tagged(pex_id) for pex_id in ids]
    if refused:
        brings.journal.deleted_values = {"OPS"}
    run_id = brings.start()
    dying = DyingAt(brings, name, nth)
    while dying.left >= 0:
        dying.step(run_id)
    brings.finish(run_id, Worker(brings))
    assert {brings.times_in_books(pex_id) for pex_id in ids} == {0 if refused else 1}
    states = {brings.posting(pex_id).state for pex_id in ids}
    assert states == {State.FAILED if refused else State.POSTED}
    if not refused:
        assert {dimensions(brings, pex_id)["DEPARTMENT"] for pex_id in ids} == {"OPS"}


def test_after_a_lost_answer_nothing_is_read_before_bcs_own_time_limits_have_passed(
    brings: World,
) -> None:
    run_id = bare(brings)
    brings.journal.moods = ["lost after"]
    brings.worker.step(run_id)
    assert brings.posting(1).state is State.COMPLETING
    reads, began = brings.journal.reads, brings.clock.now()
    step = brings.worker.step(run_id)
    assert step is not None
    assert step.at == began + timedelta(seconds=720)
    assert brings.journal.reads == reads
    assert brings.finish(run_id).counts.posted == 1
    assert brings.journal.set_requests == 1


def test_after_a_lost_deletion_nothing_is_asked_before_bcs_own_time_limits_have_passed(
    brings: World,
) -> None:
    began = brings.clock.now()
    undone(brings, "lost after")
    assert brings.clock.now() - began >= timedelta(seconds=720)


def test_a_worker_that_died_between_lines_and_dimensions_is_followed_at_once(
    brings: World,
) -> None:
    run_id = bare(brings)
    began = brings.clock.now()
    run = brings.finish(run_id, Worker(brings))
    assert brings.clock.now() == began
    assert (run.counts.posted, dimensions(brings, 1)["DEPARTMENT"]) == (1, "OPS")


def test_a_run_that_is_broken_off_tells_what_is_not_complete_and_the_next_completes_it(
    brings: World,
) -> None:
    run_id = bare(brings)
    brings.journal.moods = ["down"] * 40
    run = brings.finish(run_id)
    assert run.status is RunStatus.INTERRUPTED
    assert brings.outcomes(run_id) == {1: "in_doubt:DIMENSIONS_PENDING"}
    brings.journal.moods = []
    again = brings.sync()
    assert brings.outcomes(again.id) == {1: "posted"}
    assert brings.journal.submissions == 2


def test_a_preview_tells_that_an_entry_is_not_complete(brings: World) -> None:
    run_id = bare(brings)
    brings.journal.moods = ["down"] * 40
    brings.finish(run_id)
    brings.journal.moods = []
    preview = brings.sync(preview=True)
    assert brings.outcomes(preview.id) == {1: "in_doubt:DIMENSIONS_PENDING"}
    assert brings.posting(1).state is State.BARE


def test_a_dimension_changed_by_somebody_in_between_is_read_again(brings: World) -> None:
    run_id = bare(brings)
    read = brings.journal.dimensions

    def read_then_touch(*args: Any) -> Any:
        found = read(*args)
        brings.journal.dimensions = read  # type: ignore[method-assign]
        for on_line in brings.journal.dimensions_of.values():
            if "DEPARTMENT" in on_line:
                on_line["DEPARTMENT"] = "SALES"
        return found

    brings.journal.dimensions = read_then_touch  # type: ignore[method-assign,assignment]
    assert brings.finish(run_id).counts.posted == 1
    assert dimensions(brings, 1)["DEPARTMENT"] == "OPS"


def test_lines_that_somebody_changes_again_and_again_are_given_up_and_sink_nobody(
    brings: World,
) -> None:
    run_id = bare(brings, tagged(1), tagged(2))
    brings.journal.stale_changes = {"PEX1"}
    brings.finish(run_id)
    assert brings.outcomes(run_id) == {1: "failed:REFUSED_BY_BC", 2: "posted"}
    assert topics(brings, 1).count("completing") == 5
    assert brings.times_in_books(1) == 0
    brings.journal.stale_changes = set()
    assert brings.outcomes(brings.sync().id)[1] == "posted"


def test_lines_that_are_there_and_yet_cannot_be_read_are_taken_back(brings: World) -> None:
    run_id = bare(brings, tagged(1), tagged(2))
    (first, _) = brings.posting(1).line_ids
    read = brings.journal.dimensions

    def read_without_the_first(*args: Any) -> Any:
        return {key: value for key, value in read(*args).items() if key != first}

    brings.journal.dimensions = read_without_the_first  # type: ignore[method-assign,assignment]
    brings.finish(run_id)
    assert brings.outcomes(run_id) == {1: "failed:REFUSED_BY_BC", 2: "posted"}
    assert brings.times_in_books(1) == 0


def test_lines_that_were_made_anew_by_a_person_get_their_dimensions(brings: World) -> None:
    run_id = bare(brings)
    for number in sorted(brings.journal.by_number):
        old = brings.journal.by_number[number].id
        brings.journal.edit_line(number, id=f"new-{number}")
        brings.journal.dimensions_of[f"new-{number}"] = brings.journal.dimensions_of.pop(old)
    assert brings.finish(run_id).counts.posted == 1
    assert dimensions(brings, 1)["DEPARTMENT"] == "OPS"


def test_a_worker_that_slept_too_long_before_setting_dimensions_sets_none(brings: World) -> None:
    run_id = bare(brings)
    journal = brings.journal
    awake = journal.set_dimensions

    def sleepy(*args: Any) -> Any:
        journal.set_dimensions = awake  # type: ignore[method-assign]
        brings.clock.advance(61)
        return awake(*args)

    journal.set_dimensions = sleepy  # type: ignore[method-assign,assignment]
    brings.worker.step(run_id)
    assert dimensions(brings, 1)["DEPARTMENT"] == "ADM"
    assert brings.finish(run_id).counts.posted == 1
    assert dimensions(brings, 1)["DEPARTMENT"] == "OPS"


# --- what people do in between ----------------------------------------------------------------


def test_lines_posted_before_their_dimensions_are_left_to_a_person_and_never_repeated(
    brings: World,
) -> None:
    run_id = bare(brings)
    brings.journal.post_all()
    brings.finish(run_id)
    assert brings.outcomes(run_id) == {1: "failed:POSTED_WITHOUT_DIMENSIONS"}
    assert brings.posting(1).state is State.HELD
    again = brings.sync()
    assert brings.outcomes(again.id) == {1: "failed:POSTED_WITHOUT_DIMENSIONS"}
    assert brings.times_in_books(1) == 1


def test_lines_posted_while_their_answer_was_lost_are_left_to_a_person(brings: World) -> None:
    brings.pex.all_rows = [tagged(1)]
    brings.journal.moods = ["ok", "lost after"]
    run_id = brings.start()
    for _ in range(5):
        brings.worker.step(run_id)
    brings.journal.post_all()
    brings.finish(run_id)
    assert brings.outcomes(run_id) == {1: "failed:POSTED_WITHOUT_DIMENSIONS"}
    assert brings.times_in_books(1) == 1


@pytest.mark.parametrize("deleted", [1, 2])
def test_lines_deleted_before_their_dimensions_are_not_made_again(
    brings: World, deleted: int
) -> None:
    run_id = bare(brings)
    for number in sorted(brings.journal.by_number)[:deleted]:
        brings.journal.delete_line(number)
    brings.finish(run_id)
    assert brings.outcomes(run_id) == {1: "failed:PARTLY_FOUND"}
    assert len(brings.journal.by_number) == 2 - deleted


def test_one_that_a_person_took_away_keeps_no_other_from_its_dimensions(brings: World) -> None:
    run_id = bare(brings, tagged(1), tagged(2))
    for number in sorted(brings.journal.by_number)[:2]:
        brings.journal.delete_line(number)
    brings.finish(run_id)
    assert brings.outcomes(run_id) == {1: "failed:PARTLY_FOUND", 2: "posted"}


# --- taking back -----------------------------------------------------------------------------


def undone(world: World, *delete_moods: str) -> SyncRun:
    world.pex.all_rows = [tagged(1)]
    world.journal.deleted_values = {"OPS"}
    world.journal.delete_moods = list(delete_moods)
    return world.sync()


@pytest.mark.parametrize("mood", ["lost before", "lost after"])
def test_a_deletion_whose_answer_was_lost_is_asked_about(brings: World, mood: str) -> None:
    run = undone(brings, mood)
    assert brings.outcomes(run.id) == {1: "failed:REFUSED_BY_BC"}
    assert brings.times_in_books(1) == 0


def test_lines_that_cannot_be_deleted_wait_for_a_person(brings: World) -> None:
    run = undone(brings, "locked", "locked")
    assert brings.outcomes(run.id) == {1: "failed:STANDS_WITHOUT_DIMENSIONS"}
    again = brings.sync()
    assert brings.outcomes(again.id) == {1: "failed:STANDS_WITHOUT_DIMENSIONS"}
    assert brings.times_in_books(1) == 1


def test_lines_that_are_posted_before_they_are_deleted_wait_for_a_person(brings: World) -> None:
    brings.pex.all_rows = [tagged(1)]
    brings.journal.deleted_values = {"OPS"}
    delete = brings.journal.delete

    def post_then_delete(*args: Any) -> None:
        brings.journal.post_all()
        delete(*args)

    brings.journal.delete = post_then_delete  # type: ignore[method-assign,assignment]
    run = brings.sync()
    assert brings.outcomes(run.id) == {1: "failed:POSTED_WITHOUT_DIMENSIONS"}
    assert brings.times_in_books(1) == 1


def test_what_a_person_deleted_in_part_before_it_was_taken_back_waits_for_a_person(
    brings: World,
) -> None:
    brings.pex.all_rows = [tagged(1)]
    brings.journal.deleted_values = {"OPS"}
    delete = brings.journal.delete

    def take_one_then_delete(*args: Any) -> None:
        brings.journal.delete_line(min(brings.journal.by_number))
        delete(*args)

    brings.journal.delete = take_one_then_delete  # type: ignore[method-assign,assignment]
    assert brings.outcomes(brings.sync().id) == {1: "failed:PARTLY_FOUND"}
