"""A run brings tags' options up to Business Central's values, whatever happens meanwhile (M28)."""

from dataclasses import replace

import pytest

from application.ports.pex import (
    PexPermissionMissing,
    PexRequestRefused,
    PexTokenRefused,
    PexUnavailable,
    Tag,
    TagsOff,
)
from application.start_run import KindNotOn
from application_world import DEPARTMENT_TAG, EXPENSE_TAG, Worker, World, purchase, settings
from domain.chart import Catalogue
from domain.pex_transaction import Kind
from domain.posted_transaction import OPEN
from domain.settings import FieldMapping, Purchases, Settings, Source, TagOptionRules
from domain.sync_run import RunStatus, SyncRun
from domain.tag_option_history import ReportedOption, TagOptionPage, TagOptions
from domain.tag_options import TagOption

OWN = TagOption("MKT", "Marketing", 4, enabled=True)
BOUNDARIES_A_STEP = 3  # intended, written, recorded


def synced(*fields: FieldMapping, rename: bool = False) -> Settings:
    rules = Purchases(mappings=tuple(replace(one, sync_options=True) for one in fields))
    return replace(settings(), purchases=rules, tag_options=TagOptionRules(rename=rename))


ACCOUNT = FieldMapping("expense_account", Source("tag", tag_id=EXPENSE_TAG, default="61100"))
DEPARTMENT = FieldMapping("dimension:DEPARTMENT", Source("tag", tag_id=DEPARTMENT_TAG))


def dropdown(tag_id: str, name: str) -> Tag:
    return Tag(tag_id, "Dropdown", name, enabled=True, options=(OWN,), concurrency_key="1")


@pytest.fixture
def world() -> World:
    world = World()
    world.save_settings(synced(ACCOUNT, DEPARTMENT))
    world.pex.all_tags = (
        Tag(
            EXPENSE_TAG,
            "Dropdown",
            "Account",
            enabled=True,
            options=(OWN,),
            description="BC account",
            order=2,
            required=True,
            concurrency_key="1",
        ),
        dropdown(DEPARTMENT_TAG, "Department"),
    )
    return world


def rows(world: World, run: SyncRun) -> list[ReportedOption]:
    pages = [page for page in world.log.all_of(TagOptionPage) if page.run_id == run.id]
    return [row for page in sorted(pages, key=lambda one: one.number) for row in page.reported]


def told(world: World, run: SyncRun) -> list[tuple[str, str, str]]:
    return [(row.field, row.value, row.code or row.change.value) for row in rows(world, run)]


def options(world: World, tag: str = DEPARTMENT_TAG) -> dict[str, bool]:
    held = world.pex.tag(tag)
    assert held is not None
    return {one.value: one.enabled for one in held.options}


def alone(world: World, **asked: object) -> SyncRun:
    return world.sync(kinds=(), tag_options=True, **asked)


ADDED_ACCOUNTS = [
    ("expense_account", "62400", "added"),
    ("expense_account", "61100", "added"),
    ("expense_account", "68000", "added"),
]
ADDED_DEPARTMENT = ("dimension:DEPARTMENT", "OPS", "added")


def test_a_run_writes_each_tag_once_and_tells_what_it_changed(world: World) -> None:
    run = alone(world)
    assert told(world, run) == [*ADDED_ACCOUNTS, ADDED_DEPARTMENT]
    assert [tag.id for tag, _ in world.pex.writes] == [EXPENSE_TAG, DEPARTMENT_TAG]
    assert options(world) == {"MKT": True, "OPS": True}
    assert run.status is RunStatus.SUCCEEDED
    assert (run.counts.tags_synced, run.counts.tag_fields) == (4, 2)


def test_a_tag_is_sent_back_as_it_was_but_for_its_options(world: World) -> None:
    before = world.pex.tag(EXPENSE_TAG)
    alone(world)
    after = world.pex.tag(EXPENSE_TAG)
    assert before is not None
    assert after is not None
    assert after.options[0] == OWN
    assert after == replace(before, options=after.options, concurrency_key="2")


def test_a_second_run_writes_nothing_and_records_nothing_of_the_tags(world: World) -> None:
    alone(world)
    histories = [one.version for one in world.log.all_of(TagOptions)]
    run = alone(world)
    assert len(world.pex.writes) == 2
    assert rows(world, run) == []
    assert run.counts.tags_synced == 0
    assert run.status is RunStatus.SUCCEEDED
    assert [one.version for one in world.log.all_of(TagOptions)] == histories


def test_a_run_of_all_that_is_on_syncs_options_before_transactions(world: World) -> None:
    world.pex.all_rows = [purchase(1)]
    run = world.sync()
    assert run.tag_options
    assert world.outcomes(run.id) == {1: "posted"}
    topics = [getattr(type(event), "TOPIC", "") for event in world.log.order]
    assert topics.index("sync_run.tag_options_reported") < topics.index("sync_run.fetched")


def test_a_run_of_other_kinds_leaves_tags_alone(world: World) -> None:
    run = world.sync(kinds=(Kind.PURCHASE,))
    assert not run.tag_options
    assert world.pex.writes == []


def test_a_run_of_tag_options_alone_needs_no_journal_and_fetches_no_rows(
    world: World,
) -> None:
    world.journal.missing = True
    world.pex.all_rows = [purchase(1)]
    run = alone(world)
    assert run.status is RunStatus.SUCCEEDED
    assert run.counts.seen == 0


def test_a_run_that_finds_no_journal_behind_its_tags_is_interrupted_not_failed(
    world: World,
) -> None:
    world.journal.missing = True
    run = world.sync()
    assert (run.status, run.code) == (RunStatus.INTERRUPTED, "JOURNAL_MISSING")
    assert options(world) == {"MKT": True, "OPS": True}


def test_a_run_of_tag_options_alone_says_nothing_of_transactions_in_doubt(world: World) -> None:
    world.pex.all_rows = [purchase(1)]
    world.journal.moods = ["lost before"]
    run_id = world.start(kinds=(Kind.PURCHASE,))
    for _ in range(3):
        world.worker.step(run_id)
    while not world.run(run_id).is_over:
        world.worker.advance.note_fault(run_id, ValueError("a fault of ours"))
    assert world.posting(1).state in OPEN
    world.save_settings(synced(DEPARTMENT))
    world.pex.tag_refusals = {DEPARTMENT_TAG: PexTokenRefused("Password has changed")}
    run = alone(world)
    assert run.code == "PEX_TOKEN_REFUSED"
    assert world.report(run.id) == []


def test_options_that_no_field_syncs_are_refused_as_a_kind_that_is_off(world: World) -> None:
    world.save_settings(settings())
    with pytest.raises(KindNotOn, match="tag_options"):
        world.start(tag_options=True)
    assert not world.run(world.start()).tag_options


def test_a_preview_tells_the_same_and_writes_nothing(world: World) -> None:
    run = alone(world, preview=True)
    assert told(world, run) == [*ADDED_ACCOUNTS, ADDED_DEPARTMENT]
    assert run.counts.tags_synced == 4
    assert world.pex.writes == []
    assert world.log.all_of(TagOptions) == []


def test_what_is_gone_in_business_central_is_disabled_and_comes_back(world: World) -> None:
    alone(world)
    departments = world.chart.dimensions["DEPARTMENT"]
    gone = {"DEPARTMENT": replace(departments, values=Catalogue())}
    whole = world.chart
    world.chart = replace(whole, dimensions=gone)
    run = world.finish(world.start(kinds=(), tag_options=True), Worker(world))
    assert told(world, run) == [("dimension:DEPARTMENT", "OPS", "disabled")]
    assert options(world) == {"MKT": True, "OPS": False}
    world.chart = whole
    run = world.finish(world.start(kinds=(), tag_options=True), Worker(world))
    assert told(world, run) == [("dimension:DEPARTMENT", "OPS", "enabled")]


# --- one field fails ---------------------------------------------------------------------------


def test_a_tag_that_is_gone_fails_its_field_alone(world: World) -> None:
    world.pex.all_tags = world.pex.all_tags[1:]
    run = alone(world)
    assert told(world, run) == [("expense_account", "", "TAG_GONE"), ADDED_DEPARTMENT]
    assert run.status is RunStatus.PARTLY_FAILED
    assert (run.counts.tag_fields, run.counts.tag_fields_failed) == (1, 1)


def test_a_tag_that_is_no_dropdown_any_more_fails_its_field_alone(world: World) -> None:
    world.pex.put_tag(replace(world.pex.all_tags[0], kind="Text"))
    assert ("expense_account", "", "TAG_NOT_DROPDOWN") in told(world, alone(world))


@pytest.mark.parametrize(
    ("refusal", "code"),
    [
        (TagsOff(403, "This business does not support the Tags Feature"), "PEX_TAGS_OFF"),
        (PexPermissionMissing(["Manage cardholder"]), "PEX_PERMISSION_MISSING"),
        (PexRequestRefused(200, "another form"), "PEX_REFUSED"),
    ],
)
def test_a_tag_that_cannot_be_read_fails_its_field_and_transactions_go_on(
    world: World, refusal: Exception, code: str
) -> None:
    world.pex.tag_refusals = {EXPENSE_TAG: refusal, DEPARTMENT_TAG: refusal}
    world.pex.all_rows = [purchase(1)]
    run = world.sync()
    assert {row.code for row in rows(world, run)} == {code}
    assert world.outcomes(run.id) == {1: "posted"}
    assert run.status is RunStatus.PARTLY_FAILED


def test_a_tag_that_pex_cannot_give_for_long_does_not_keep_transactions_waiting(
    world: World,
) -> None:
    world.pex.tag_refusals = {EXPENSE_TAG: PexUnavailable("500")}
    world.pex.all_rows = [purchase(1)]
    began = world.clock.now()
    run = world.sync()
    assert told(world, run) == [("expense_account", "", "PEX_UNAVAILABLE"), ADDED_DEPARTMENT]
    assert world.outcomes(run.id) == {1: "posted"}
    assert (world.clock.now() - began).total_seconds() >= 2 + 4 + 8 + 16 + 32


def test_a_run_whose_fields_all_fail_has_failed(world: World) -> None:
    world.pex.all_tags = ()
    assert alone(world).status is RunStatus.FAILED


def test_two_values_of_one_code_fail_the_field_and_write_nothing(world: World) -> None:
    departments = world.chart.dimensions["DEPARTMENT"]
    twice = Catalogue([*departments.values, replace(departments.values.choices[0], code="ops")])
    world.chart = replace(
        world.chart, dimensions={"DEPARTMENT": replace(departments, values=twice)}
    )
    run = world.finish(world.start(kinds=(), tag_options=True), Worker(world))
    assert ("dimension:DEPARTMENT", "", "TAG_OFFERS_NOT_UNIQUE") in told(world, run)
    assert options(world) == {"MKT": True}


def test_a_dimension_that_is_gone_fails_its_field_and_empties_no_tag(world: World) -> None:
    world.chart = replace(world.chart, dimensions={})
    run = world.finish(world.start(kinds=(), tag_options=True), Worker(world))
    assert ("dimension:DEPARTMENT", "", "FIELD_GONE") in told(world, run)
    assert options(world) == {"MKT": True}


def test_two_fields_of_one_tag_both_fail(world: World) -> None:
    both = replace(DEPARTMENT, source=ACCOUNT.source)
    world.save_settings(synced(ACCOUNT, both))
    run = alone(world)
    assert [row.code for row in rows(world, run)] == ["TAG_OF_TWO_FIELDS"] * 2
    assert world.pex.writes == []


# --- in between --------------------------------------------------------------------------------


def someone_adds(world: World) -> None:
    tag = world.pex.tag(DEPARTMENT_TAG)
    assert tag is not None
    number = len(tag.options)
    own = TagOption(f"NEW{number}", f"Somebody's {number}", 9, enabled=True)
    world.pex.put_tag(replace(tag, options=(*tag.options, own)))


def test_a_change_between_read_and_write_is_read_again_and_survives(world: World) -> None:
    world.save_settings(synced(DEPARTMENT))
    world.pex.before_writes = [lambda: someone_adds(world)]
    run = alone(world)
    assert told(world, run) == [ADDED_DEPARTMENT]
    assert options(world) == {"MKT": True, "NEW1": True, "OPS": True}


def test_a_tag_that_never_holds_still_fails_with_pexs_words(world: World) -> None:
    world.save_settings(synced(DEPARTMENT))
    world.pex.before_writes = [lambda: someone_adds(world)] * 3
    run = alone(world)
    assert told(world, run) == [("dimension:DEPARTMENT", "", "TAG_NOT_WRITTEN")]
    assert "changed by someone else" in (rows(world, run)[0].detail or "")
    assert len(world.pex.writes) == 3


def test_a_tag_that_is_deleted_before_the_write_is_told_as_gone(world: World) -> None:
    world.save_settings(synced(DEPARTMENT))
    world.pex.before_writes = [lambda: setattr(world.pex, "all_tags", ())]
    assert told(world, alone(world)) == [("dimension:DEPARTMENT", "", "TAG_GONE")]


def test_a_lost_answer_is_looked_up_and_the_write_not_repeated(world: World) -> None:
    world.save_settings(synced(DEPARTMENT))
    world.pex.lost_answers = 1
    run = alone(world)
    assert told(world, run) == [ADDED_DEPARTMENT]
    assert len(world.pex.writes) == 1
    assert options(world) == {"MKT": True, "OPS": True}


def ask_to_wait() -> None:
    raise PexUnavailable("429", 30.0)


def test_a_write_that_is_to_wait_is_tried_again_later(world: World) -> None:
    world.save_settings(synced(DEPARTMENT))
    world.pex.before_writes = [ask_to_wait]
    run_id = world.start(kinds=(), tag_options=True)
    step = world.worker.step(run_id)
    assert step is not None
    assert step.at is not None
    assert (step.at - world.clock.now()).total_seconds() == 30
    assert told(world, world.finish(run_id)) == [ADDED_DEPARTMENT]


def test_a_dead_token_ends_the_run_and_asks_for_a_person(world: World) -> None:
    world.pex.tag_refusals = {EXPENSE_TAG: PexTokenRefused("Token expired or does not exist")}
    run = alone(world)
    assert (run.status, run.code) == (RunStatus.FAILED, "PEX_TOKEN_REFUSED")
    assert world.connection.trouble is not None


@pytest.mark.parametrize("boundary", [1, 2, 3, 4, 5, 6])
def test_a_worker_that_dies_at_any_step_does_no_harm(world: World, boundary: int) -> None:
    run_id = world.start(kinds=(), tag_options=True)
    whole_steps, last = divmod(boundary - 1, BOUNDARIES_A_STEP)
    for _ in range(whole_steps):
        world.worker.step(run_id)
    assert world.worker.step(run_id, crash_after=last + 1) is None
    run = world.finish(run_id, Worker(world))
    assert sorted(told(world, run)) == sorted([*ADDED_ACCOUNTS, ADDED_DEPARTMENT])
    assert run.counts.tags_synced == 4
    assert len(world.pex.writes) == 2
    history = TagOptions.create_id(world.connection_id, DEPARTMENT_TAG)
    assert set(world.log.load(TagOptions, history).written) == {"ops"}
    assert run.status is RunStatus.SUCCEEDED


def test_what_an_earlier_run_added_without_a_record_is_disabled_when_it_goes(world: World) -> None:
    world.save_settings(synced(DEPARTMENT))
    run_id = world.start(kinds=(), tag_options=True)
    world.worker.step(run_id, crash_after=2)
    assert options(world) == {"MKT": True, "OPS": True}
    departments = world.chart.dimensions["DEPARTMENT"]
    world.chart = replace(
        world.chart, dimensions={"DEPARTMENT": replace(departments, values=Catalogue())}
    )
    run = world.finish(run_id, Worker(world))
    assert told(world, run) == [ADDED_DEPARTMENT, ("dimension:DEPARTMENT", "OPS", "disabled")]
    assert options(world) == {"MKT": True, "OPS": False}
    assert run.counts.tags_synced == 1
