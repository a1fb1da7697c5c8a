"""The history of one PEX transaction with the books (M25, M26; design: exactly once)."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from builders.books import entry, keys, numbered
from builders.events import replayed
from domain.money import Money
from domain.pex_transaction import Kind, Record
from domain.posted_transaction import (
    Facts,
    OutOfTurnError,
    Place,
    PostedTransaction,
    State,
    Target,
)

NOW = datetime(2026, 8, 15, 14, 0, tzinfo=UTC)
LATER = datetime(2026, 8, 15, 14, 30, tzinfo=UTC)
RUN = uuid4()
LAST_RUN = uuid4()
ENTRY = entry(of=keys(123))
TARGET = Target("tenant", "Production", "company", "PEX CARD")
FACTS = Facts(
    Kind.PURCHASE, Money.of("-48.60"), date(2026, 2, 3), date(2026, 2, 5), "Corner Deli", None
)


def seen() -> PostedTransaction:
    return PostedTransaction(NOW, uuid4(), 52311, Record.CARD, 123, FACTS, RUN)


def reserved() -> PostedTransaction:
    posting = seen()
    posting.reserve(ENTRY, (700_000, 700_010), TARGET, 3, "hash", RUN, NOW)
    return posting


def submitted() -> PostedTransaction:
    posting = reserved()
    posting.submit(RUN, NOW)
    return posting


def in_doubt() -> PostedTransaction:
    posting = submitted()
    posting.doubt("the connection was cut", RUN, NOW)
    return posting


def released() -> PostedTransaction:
    posting = in_doubt()
    posting.release("no trace", RUN, NOW)
    return posting


def failed() -> PostedTransaction:
    posting = submitted()
    posting.reject("REFUSED_BY_BC", "Business Central said no", RUN, NOW)
    return posting


def skipped() -> PostedTransaction:
    posting = seen()
    posting.withhold(State.SKIPPED, "NOT_APPROVED", "It is not approved.", RUN, NOW)
    return posting


def held() -> PostedTransaction:
    posting = in_doubt()
    posting.hold("PARTLY_FOUND", "1 of 2 lines", RUN, NOW)
    return posting


def posted() -> PostedTransaction:
    posting = submitted()
    posting.confirm(("line-1", "line-2"), RUN, NOW)
    return posting


STAGES: dict[State, Callable[[], PostedTransaction]] = {
    State.SEEN: seen,
    State.SKIPPED: skipped,
    State.FAILED: failed,
    State.RESERVED: reserved,
    State.SUBMITTED: submitted,
    State.IN_DOUBT: in_doubt,
    State.HELD: held,
    State.POSTED: posted,
}
STEPS: dict[str, Callable[[PostedTransaction], Any]] = {
    "withhold": lambda one: one.withhold(State.FAILED, "VALUE_UNKNOWN", "?", LAST_RUN, LATER),
    "reserve": lambda one: one.reserve(ENTRY, (800_000, 800_010), TARGET, 4, "h", LAST_RUN, LATER),
    "submit": lambda one: one.submit(LAST_RUN, LATER),
    "confirm": lambda one: one.confirm(("a", "b"), LAST_RUN, LATER),
    "adopt": lambda one: one.adopt(Place.LEDGER, ("a", "b"), LAST_RUN, LATER),
    "doubt": lambda one: one.doubt("cut", LAST_RUN, LATER),
    "release": lambda one: one.release("no trace", LAST_RUN, LATER),
    "reject": lambda one: one.reject("REFUSED_BY_BC", "no", LAST_RUN, LATER),
    "hold": lambda one: one.hold("PARTLY_FOUND", "1 of 2", LAST_RUN, LATER),
}
UNSENT = {State.SEEN, State.SKIPPED, State.FAILED, State.RESERVED}
SENT = {State.SUBMITTED, State.IN_DOUBT}
ALLOWED: dict[str, tuple[set[State], State]] = {
    "withhold": (UNSENT, State.FAILED),
    "reserve": (UNSENT, State.RESERVED),
    "submit": ({State.RESERVED}, State.SUBMITTED),
    "confirm": (SENT, State.POSTED),
    "adopt": (UNSENT | SENT | {State.HELD}, State.POSTED),
    "doubt": ({State.SUBMITTED}, State.IN_DOUBT),
    "release": (SENT, State.RESERVED),
    "reject": (SENT, State.FAILED),
    "hold": (UNSENT | SENT, State.HELD),
}


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_is_what_it_is_called(stage: State) -> None:
    assert STAGES[stage]().state is stage


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("step", STEPS)
def test_a_step_leads_on_from_the_states_that_allow_it_and_changes_nothing_in_others(
    step: str, stage: State
) -> None:
    posting = STAGES[stage]()
    posting.collect_events()
    allowed, after = ALLOWED[step]
    if stage in allowed:
        STEPS[step](posting)
        assert posting.state is after
        assert posting.run_id == LAST_RUN
        assert len(posting.collect_events()) == 1
    else:
        with pytest.raises(OutOfTurnError, match=f"cannot {step} a transaction that is {stage}"):
            STEPS[step](posting)
        assert posting.state is stage
        assert not posting.collect_events()


@pytest.mark.parametrize("step", STEPS)
def test_what_is_posted_stays_posted_whatever_is_tried(step: str) -> None:
    posting = posted()
    with pytest.raises(OutOfTurnError):
        STEPS[step](posting)
    assert posting.state is State.POSTED


# --- what the states mean ---------------------------------------------------------------------


def test_a_transaction_remembers_whose_it_is_and_what_it_is_about() -> None:
    connection = uuid4()
    posting = PostedTransaction(NOW, connection, 52311, Record.BUSINESS, 123, FACTS, RUN)
    assert (posting.connection_id, posting.business_id) == (connection, 52311)
    assert (posting.record, posting.pex_id, posting.facts) == (Record.BUSINESS, 123, FACTS)
    assert posting.run_id == RUN


def test_a_reservation_holds_all_that_will_be_sent_and_forgets_why_nothing_was_sent_before() -> (
    None
):
    posting = failed()
    posting.reserve(ENTRY, (800_000, 800_010), TARGET, 4, "hash", RUN, LATER)
    assert (posting.entry, posting.line_numbers) == (ENTRY, (800_000, 800_010))
    assert posting.target == TARGET
    assert (posting.code, posting.cause) == (None, None)


def test_a_reason_that_is_no_news_is_not_written_down_again() -> None:
    posting = skipped()
    posting.collect_events()
    posting.withhold(State.SKIPPED, "NOT_APPROVED", "It is not approved.", uuid4(), LATER)
    assert not posting.collect_events()
    posting.withhold(State.FAILED, "NOT_APPROVED", "It is not approved.", RUN, LATER)
    assert posting.state is State.FAILED
    assert len(posting.collect_events()) == 1


def test_a_reservation_keeps_what_will_be_sent_and_forgets_the_reason_it_waited() -> None:
    posting = skipped()
    posting.reserve(ENTRY, (700_000, 700_010), TARGET, 3, "hash", RUN, NOW)
    assert posting.numbered == numbered(ENTRY, 700_000, posting.id)
    assert (posting.target, posting.code, posting.cause) == (TARGET, None, None)


def test_nothing_can_be_sent_that_is_not_written_down() -> None:
    with pytest.raises(OutOfTurnError, match="cannot send a transaction that is seen"):
        _ = seen().numbered


def test_each_attempt_is_counted_and_timed() -> None:
    posting = released()
    posting.submit(RUN, LATER)
    assert (posting.attempts, posting.submitted_at) == (2, LATER)


def test_a_doubt_is_remembered_after_it_was_settled() -> None:
    assert not submitted().was_in_doubt
    assert released().was_in_doubt


def test_a_doubt_says_why_and_a_release_forgets_it() -> None:
    assert (in_doubt().code, in_doubt().cause) == ("IN_DOUBT", "the connection was cut")
    assert (released().code, released().cause) == (None, None)


def test_only_what_was_sent_before_and_surely_is_not_there_must_be_sent_again() -> None:
    assert released().must_be_sent_again
    stages = (seen, reserved, submitted, in_doubt, failed, held, posted)
    assert not any(stage().must_be_sent_again for stage in stages)


def test_it_is_sent_again_to_the_same_journal_only() -> None:
    other = Target("tenant", "Production", "another company", "PEX CARD")
    assert released().is_to_be_sent_again_to(TARGET)
    assert not released().is_to_be_sent_again_to(other)
    assert not reserved().is_to_be_sent_again_to(TARGET)


def test_a_confirmed_entry_stands_in_the_journal_and_an_adopted_one_where_it_was_found() -> None:
    assert (posted().place, posted().line_ids) == (Place.JOURNAL, ("line-1", "line-2"))
    for place in Place:
        posting = held()
        posting.adopt(place, ("entry-7",), RUN, LATER)
        assert (posting.place, posting.line_ids, posting.code) == (place, ("entry-7",), None)


def test_a_rejection_and_a_hold_keep_their_reason() -> None:
    assert (failed().code, failed().cause) == ("REFUSED_BY_BC", "Business Central said no")
    assert (held().code, held().cause) == ("PARTLY_FOUND", "1 of 2 lines")


@pytest.mark.parametrize("stage", STAGES)
def test_any_stage_is_the_same_after_a_replay(stage: State) -> None:
    posting = STAGES[stage]()
    assert replayed(posting) == posting


# --- its stream -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("record", "stream"),
    [
        (Record.CARD, "fc83f387-7a2e-5291-bdea-f87bd1d4e5a2"),
        (Record.BUSINESS, "05aacba3-e1df-5793-b796-cc36699ec8ba"),
        (Record.INVOICE, "d19a3603-9a54-52f8-98f1-4291af2340f1"),
    ],
)
def test_a_pex_record_keeps_its_stream_for_ever(record: Record, stream: str) -> None:
    assert PostedTransaction.create_id(52311, record, 918273645) == UUID(stream)


def test_the_stream_is_the_same_for_every_connection_and_run() -> None:
    assert seen().id == seen().id == PostedTransaction.create_id(52311, Record.CARD, 123)


def test_no_two_pex_records_share_a_stream() -> None:
    ids = [1, 11, 111, 12]
    streams = [
        PostedTransaction.create_id(business, record, pex_id)
        for business in ids for record in Record for pex_id in ids
    ]  # fmt: skip
    assert len(set(streams)) == len(streams)


def test_it_is_known_in_bc_by_the_keys_of_its_record() -> None:
    assert seen().keys == keys(123)
