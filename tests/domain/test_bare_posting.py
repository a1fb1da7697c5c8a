"""An entry on its second way: lines first, their dimensions afterwards (contract 2.9)."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest

from builders.books import entry, keys, line, numbered
from builders.events import replayed
from domain.journal_entry import DimensionCode
from domain.money import Money
from domain.pex_transaction import Kind, Record
from domain.posted_transaction import (
    INCOMPLETE,
    Facts,
    OutOfTurnError,
    Place,
    PostedTransaction,
    State,
    Target,
)
from domain.refusals import DimensionsPending, PostedWithoutDimensions

NOW = datetime(2026, 8, 15, 14, 0, tzinfo=UTC)
LATER = datetime(2026, 8, 15, 14, 30, tzinfo=UTC)
RUN, LAST_RUN = uuid4(), uuid4()
TARGET = Target("tenant", "Production", "company", "PEX CARD")
MEALS = line("62400", "48.60", dimensions=(DimensionCode("DEPARTMENT", "OPS"),))
ENTRY = entry(MEALS, line("10950", "-48.60"), of=keys(123))
FACTS = Facts(
    Kind.PURCHASE, Money.of("-48.60"), date(2026, 2, 3), date(2026, 2, 5), "Corner Deli", None
)


def submitted() -> PostedTransaction:
    posting = PostedTransaction(NOW, uuid4(), 52311, Record.CARD, 123, FACTS, RUN)
    posting.reserve(ENTRY, (700_000, 700_010), TARGET, 3, "hash", RUN, NOW)
    posting.submit(RUN, NOW, bare=True)
    return posting


def in_doubt() -> PostedTransaction:
    posting = submitted()
    posting.doubt("the connection was cut", RUN, NOW)
    return posting


def bare() -> PostedTransaction:
    posting = submitted()
    posting.confirm(("line-1", "line-2"), RUN, NOW)
    return posting


def completing() -> PostedTransaction:
    posting = bare()
    posting.begin_completing(RUN, LATER)
    return posting


def undoing() -> PostedTransaction:
    posting = completing()
    posting.undo("REFUSED_BY_BC", "no such value", RUN, LATER)
    return posting


def failed() -> PostedTransaction:
    posting = undoing()
    posting.reject("REFUSED_BY_BC", "no such value", RUN, LATER)
    return posting


def held() -> PostedTransaction:
    posting = bare()
    posting.adopt(Place.LEDGER, ("entry-1",), RUN, NOW)
    return posting


STAGES: dict[State, Callable[[], PostedTransaction]] = {
    State.SUBMITTED: submitted,
    State.IN_DOUBT: in_doubt,
    State.BARE: bare,
    State.COMPLETING: completing,
    State.UNDOING: undoing,
    State.FAILED: failed,
    State.HELD: held,
}
STEPS: dict[str, Callable[[PostedTransaction], Any]] = {
    "withhold": lambda one: one.withhold(State.FAILED, "VALUE_UNKNOWN", "?", LAST_RUN, LATER),
    "reserve": lambda one: one.reserve(ENTRY, (800_000, 800_010), TARGET, 4, "h", LAST_RUN, LATER),
    "submit": lambda one: one.submit(LAST_RUN, LATER),
    "confirm": lambda one: one.confirm(("a", "b"), LAST_RUN, LATER),
    "adopt in the journal": lambda one: one.adopt(Place.JOURNAL, ("a", "b"), LAST_RUN, LATER),
    "adopt in the ledger": lambda one: one.adopt(Place.LEDGER, ("a", "b"), LAST_RUN, LATER),
    "doubt": lambda one: one.doubt("cut", LAST_RUN, LATER),
    "release": lambda one: one.release("no trace", LAST_RUN, LATER),
    "reject": lambda one: one.reject("REFUSED_BY_BC", "no", LAST_RUN, LATER),
    "hold": lambda one: one.hold("PARTLY_FOUND", "1 of 2", LAST_RUN, LATER),
    "begin completing": lambda one: one.begin_completing(LAST_RUN, LATER),
    "leave bare": lambda one: one.leave_bare("changed meanwhile", LAST_RUN, LATER),
    "complete": lambda one: one.complete(LAST_RUN, LATER),
    "undo": lambda one: one.undo("REFUSED_BY_BC", "no such value", LAST_RUN, LATER),
}
SENT = {State.SUBMITTED, State.IN_DOUBT}
ALLOWED: dict[str, dict[State, State]] = {
    "withhold": {State.FAILED: State.FAILED},
    "reserve": {State.FAILED: State.RESERVED},
    "submit": {},
    "confirm": dict.fromkeys(SENT, State.BARE),
    "adopt in the journal": dict.fromkeys(SENT | INCOMPLETE, State.BARE)
    | {State.FAILED: State.POSTED, State.HELD: State.POSTED},
    "adopt in the ledger": dict.fromkeys(SENT | INCOMPLETE, State.HELD)
    | {State.FAILED: State.POSTED, State.HELD: State.POSTED},
    "doubt": {State.SUBMITTED: State.IN_DOUBT},
    "release": dict.fromkeys(SENT, State.RESERVED),
    "reject": dict.fromkeys(SENT | {State.UNDOING}, State.FAILED),
    "hold": dict.fromkeys(SENT | INCOMPLETE | {State.FAILED}, State.HELD),
    "begin completing": dict.fromkeys((State.BARE, State.COMPLETING), State.COMPLETING),
    "leave bare": {State.COMPLETING: State.BARE},
    "complete": dict.fromkeys((State.BARE, State.COMPLETING), State.POSTED),
    "undo": dict.fromkeys(INCOMPLETE, State.UNDOING),
}


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_is_what_it_is_called_and_the_same_after_a_replay(stage: State) -> None:
    posting = STAGES[stage]()
    assert posting.state is stage
    assert replayed(posting) == posting


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("step", STEPS)
def test_a_step_leads_on_from_the_states_that_allow_it_and_changes_nothing_in_others(
    step: str, stage: State
) -> None:
    posting = STAGES[stage]()
    posting.collect_events()
    after = ALLOWED[step].get(stage)
    if after is None:
        with pytest.raises(OutOfTurnError):
            STEPS[step](posting)
        assert posting.state is stage
        assert not posting.collect_events()
    else:
        STEPS[step](posting)
        assert (posting.state, posting.run_id) == (after, LAST_RUN)
        assert len(posting.collect_events()) == 1


def test_an_entry_is_plain_unless_it_is_said_to_be_bare() -> None:
    posting = failed()
    posting.reserve(ENTRY, (800_000, 800_010), TARGET, 4, "hash", RUN, LATER)
    posting.submit(RUN, LATER)
    assert not posting.numbered.bare
    posting.confirm(("a", "b"), RUN, LATER)
    assert posting.state is State.POSTED


def test_a_bare_entry_is_sent_as_such_under_the_same_hash() -> None:
    sent = submitted().numbered
    assert sent.bare
    assert sent.payload_hash == numbered(ENTRY, 700_000).payload_hash


def test_a_release_does_not_forget_that_it_was_bare() -> None:
    posting = in_doubt()
    posting.release("no trace", RUN, LATER)
    assert posting.bare


def test_a_bare_entry_knows_which_of_its_lines_are_to_bear_dimensions() -> None:
    assert bare().lines_to_complete == (("line-1", MEALS),)


def test_as_long_as_it_is_bare_it_says_what_it_waits_for() -> None:
    waiting = DimensionsPending()
    for stage in (bare, completing):
        assert (stage().code, stage().cause) == (waiting.code, waiting.cause)
        assert stage().place is Place.JOURNAL
    posting = completing()
    posting.complete(RUN, LATER)
    assert (posting.code, posting.cause) == (None, None)


def test_each_request_that_is_sent_for_it_is_timed() -> None:
    assert bare().submitted_at == NOW
    assert completing().submitted_at == LATER
    posting = bare()
    posting.undo("REFUSED_BY_BC", "no such value", RUN, LATER)
    assert posting.submitted_at == LATER


def test_the_tries_of_setting_dimensions_are_counted_anew_for_new_lines() -> None:
    posting = completing()
    posting.leave_bare("changed meanwhile", RUN, LATER)
    posting.begin_completing(RUN, LATER)
    assert posting.tries == 2
    posting.adopt(Place.JOURNAL, ("a", "b"), RUN, LATER)
    assert posting.tries == 0


def test_one_that_collided_is_released_to_go_bare() -> None:
    posting = failed()
    posting.reserve(ENTRY, (800_000, 800_010), TARGET, 4, "hash", RUN, LATER)
    posting.submit(RUN, LATER)
    posting.release("another entry collided", RUN, LATER)
    assert not posting.bare
    posting.submit(RUN, LATER)
    posting.release("it collided", RUN, LATER, to_go_bare=True)
    assert posting.bare


def test_what_is_taken_back_keeps_the_reason() -> None:
    for stage in (undoing, failed):
        assert (stage().code, stage().cause) == ("REFUSED_BY_BC", "no such value")


def test_what_was_posted_too_early_says_so() -> None:
    told = PostedWithoutDimensions()
    assert (held().code, held().cause) == (told.code, told.cause)
