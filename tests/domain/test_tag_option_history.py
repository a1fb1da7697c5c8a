"""What was last written to a tag, also where a run died before it could say (M28)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from builders.events import replayed
from domain.settings import TagOptionRules
from domain.tag_option_history import ReportedOption, TagOptionPage, TagOptions
from domain.tag_options import Change, Merge, Offer, TagOption, merge

NOW = datetime(2026, 8, 15, 14, 0, tzinfo=UTC)
CONNECTION = UUID("4f192641-fb32-5316-b6c7-4ca52dd5133b")
RUN = UUID("00000000-0000-4000-8000-000000000001")
TAG = "64B0c1d2"
RULES = TagOptionRules(rename=True)
MEALS, TRAVEL = Offer("62400", "Meals"), Offer("62100", "Travel")


def opened() -> TagOptions:
    return TagOptions(NOW, CONNECTION, TAG)


def merged_with(history: TagOptions, options: Sequence[TagOption], *offers: Offer) -> Merge:
    return merge(offers, options, history.last_written(options), RULES)


def intended(history: TagOptions, options: Sequence[TagOption], *offers: Offer) -> Merge:
    """A write whose outcome nobody recorded."""
    merged = merged_with(history, options, *offers)
    changes = (*history.landed(options), *merged.changes)
    history.intend(merged, changes, RUN, "admin:dana", NOW)
    return merged


def written(history: TagOptions, options: Sequence[TagOption], *offers: Offer) -> Merge:
    merged = intended(history, options, *offers)
    history.confirm(RUN, NOW)
    return merged


def test_a_tags_stream_does_not_depend_on_the_case_of_its_id() -> None:
    assert TagOptions.create_id(CONNECTION, TAG) == opened().id
    assert TagOptions.create_id(CONNECTION, TAG.lower()) == opened().id
    assert TagOptions.create_id(RUN, TAG) != opened().id


def test_what_was_confirmed_is_what_was_last_written() -> None:
    history = opened()
    merged = written(history, [], MEALS, TRAVEL)
    assert history.intention is None
    assert history.written == merged.written
    assert history.last_written(merged.options) == merged.written
    assert (history.run_id, history.actor) == (RUN, "admin:dana")


def test_no_news_is_not_written_down() -> None:
    history = opened()
    merged = written(history, [], MEALS)
    again = merged_with(history, merged.options, MEALS)
    assert not history.intend(again, again.changes, RUN, "admin:dana", NOW)
    version = history.version
    history.confirm(RUN, NOW)
    assert history.version == version


def test_a_value_that_nobody_has_any_more_is_forgotten() -> None:
    history = opened()
    merged = written(history, [], MEALS, TRAVEL)
    written(history, merged.options[1:], TRAVEL)
    assert set(history.written) == {"62100"}


def test_an_option_that_was_added_without_a_record_is_ours() -> None:
    history = opened()
    merged = intended(history, [], MEALS, TRAVEL)
    assert [one.value for one in history.landed(merged.options)] == ["62400", "62100"]
    gone = merged_with(history, merged.options, TRAVEL)
    assert [(one.value, one.change) for one in gone.changes] == [("62400", Change.DISABLED)]


def test_an_option_that_a_person_disabled_behind_a_lost_record_stays_disabled() -> None:
    history = opened()
    merged = intended(history, [], MEALS, TRAVEL)
    off = [replace(merged.options[0], enabled=False), merged.options[1]]
    assert not merged_with(history, off, MEALS, TRAVEL).changes


def test_a_write_that_did_not_come_to_be_is_done_again() -> None:
    history = opened()
    first = written(history, [], MEALS, TRAVEL)
    food = Offer("62400", "Food")
    lost = intended(history, first.options, food)
    assert history.landed(first.options) == ()
    again = merged_with(history, first.options, food)
    assert again.changes == lost.changes
    assert again.options == lost.options
    assert {one.change for one in again.changes} == {Change.RENAMED, Change.DISABLED}


def test_a_write_that_did_come_to_be_is_told_of_and_not_repeated() -> None:
    history = opened()
    first = written(history, [], MEALS, TRAVEL)
    gone = written(history, first.options, MEALS)
    lost = intended(history, gone.options, Offer("62400", "Food"), TRAVEL)
    assert history.landed(lost.options) == lost.changes
    assert not merged_with(history, lost.options, Offer("62400", "Food"), TRAVEL).changes


def test_an_enabling_that_was_lost_is_not_taken_for_a_persons_disabling() -> None:
    history = opened()
    first = written(history, [], MEALS, TRAVEL)
    gone = written(history, first.options, MEALS)
    intended(history, gone.options, MEALS, TRAVEL)
    again = merged_with(history, gone.options, MEALS, TRAVEL)
    assert [(one.value, one.change) for one in again.changes] == [("62100", Change.ENABLED)]


def test_a_persons_name_behind_a_lost_renaming_survives() -> None:
    history = opened()
    first = written(history, [], MEALS)
    intended(history, first.options, Offer("62400", "Food"))
    called = [replace(first.options[0], name="Snacks")]
    assert not merged_with(history, called, Offer("62400", "Food")).changes


def test_a_second_intention_carries_what_landed_of_the_first() -> None:
    history = opened()
    lost = intended(history, [], MEALS)
    both = intended(history, lost.options, MEALS, TRAVEL)
    assert [one.value for one in history.landed(both.options)] == ["62400", "62100"]
    history.confirm(RUN, NOW)
    assert set(history.written) == {"62400", "62100"}


def test_a_history_replays_from_its_events() -> None:
    history = opened()
    merged = written(history, [], MEALS, TRAVEL)
    intended(history, merged.options, MEALS)
    again = replayed(history)
    assert (again.written, again.intention) == (history.written, history.intention)
    assert (again.opened_at, again.changed_at, again.tag_id) == (NOW, NOW, TAG)


def test_a_page_of_changes_is_a_stream_of_its_own() -> None:
    row = ReportedOption(TAG, "vendor", "Corner Deli", "10010", Change.ADDED)
    page = TagOptionPage(NOW, RUN, 2, CONNECTION, (row,))
    assert page.id == TagOptionPage.create_id(RUN, 2) != TagOptionPage.create_id(RUN, 1)
    assert replayed(page).reported == (row,)
