"""What a posted transaction remembers of changes in PEX; it stays posted whatever comes (M27)."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from builders.books import entry, keys
from builders.events import replayed
from builders.rows import purchase
from domain.money import Money
from domain.pex_snapshot import Change, PexSnapshot
from domain.pex_transaction import Kind, Record
from domain.posted_transaction import (
    Facts,
    OutOfTurnError,
    Place,
    PostedTransaction,
    State,
    Target,
)

NOW = datetime(2026, 11, 1, 14, tzinfo=UTC)
LATER = NOW + timedelta(days=2)
LATEST = NOW + timedelta(days=4)
RUN, NEXT_RUN = uuid4(), uuid4()
TARGET = Target("tenant", "Production", "company", "PEX CARD")
FACTS = Facts(
    Kind.PURCHASE, Money.of("-48.60"), date(2026, 2, 3), date(2026, 2, 5), "Corner Deli", None
)
AS_POSTED = PexSnapshot.of(purchase("-48.60"))
TIPPED = PexSnapshot.of(purchase("-52.10"))


def seen() -> PostedTransaction:
    return PostedTransaction(NOW, uuid4(), 52311, Record.CARD, 123, FACTS, RUN)


def posted(snapshot: PexSnapshot | None = AS_POSTED) -> PostedTransaction:
    posting = seen()
    lines = (700_000, 700_010)
    posting.reserve(entry(of=keys(123)), lines, TARGET, 3, "hash", RUN, NOW, snapshot=snapshot)
    posting.submit(RUN, NOW)
    posting.confirm(("line-1", "line-2"), RUN, NOW)
    return posting


def topics(posting: PostedTransaction) -> list[str]:
    """What happened since they were asked for last."""
    return [type(event).__name__ for event in posting.collect_events()]


def missing_since(posting: PostedTransaction) -> datetime | None:
    return posting.missing_since


def test_the_same_row_is_no_news() -> None:
    posting = posted()
    topics(posting)
    posting.compare(AS_POSTED, NEXT_RUN, LATER)
    assert topics(posting) == []
    assert posting.changes == ()


def test_a_change_is_told_once_and_stands_from_then_on() -> None:
    posting = posted()
    topics(posting)
    posting.compare(TIPPED, NEXT_RUN, LATER)
    posting.compare(TIPPED, NEXT_RUN, LATEST)
    assert topics(posting) == ["ChangedInPex"]
    assert posting.changes == (Change("amount", "-48.60", "-52.10", LATER),)


def test_a_changed_transaction_stays_posted_by_the_run_that_posted_it() -> None:
    posting = posted()
    posting.compare(TIPPED, NEXT_RUN, LATER)
    posting.disappear(NEXT_RUN, LATER)
    assert (posting.state, posting.run_id, posting.place) == (State.POSTED, RUN, Place.JOURNAL)
    assert posting.attempts == 1


def test_each_further_change_is_told_and_what_stands_keeps_its_time() -> None:
    posting = posted()
    posting.compare(TIPPED, NEXT_RUN, LATER)
    topics(posting)
    rejected = PexSnapshot.of(purchase("-52.10", approval="Rejected"))
    posting.compare(rejected, NEXT_RUN, LATEST)
    (told,) = posting.collect_events()
    assert [(one.field, one.after) for one in told.news] == [("approval", "Rejected")]  # type: ignore[attr-defined]
    assert [(one.field, one.since) for one in posting.changes] == [
        ("amount", LATER),
        ("approval", LATEST),
    ]


def test_a_change_that_is_taken_back_is_told_and_nothing_stands_any_more() -> None:
    posting = posted()
    posting.compare(TIPPED, NEXT_RUN, LATER)
    topics(posting)
    posting.compare(AS_POSTED, NEXT_RUN, LATEST)
    assert topics(posting) == ["ChangedInPex"]
    assert posting.changes == ()


def test_of_one_posted_without_a_snapshot_the_first_is_noted_and_is_no_change() -> None:
    posting = posted(None)
    topics(posting)
    posting.compare(TIPPED, NEXT_RUN, LATER)
    assert topics(posting) == ["SnapshotTaken"]
    assert not posting.changes
    posting.compare(AS_POSTED, NEXT_RUN, LATEST)
    assert posting.changes == (Change("amount", "-52.10", "-48.60", LATEST),)


def test_an_adopted_one_is_compared_with_what_pex_told_when_it_was_adopted() -> None:
    posting = seen()
    posting.adopt(Place.LEDGER, ("e1",), RUN, NOW, snapshot=AS_POSTED)
    posting.compare(TIPPED, NEXT_RUN, LATER)
    assert [change.field for change in posting.changes] == ["amount"]


def test_one_whose_lost_answer_was_found_is_compared_with_what_was_reserved() -> None:
    posting = seen()
    lines = (700_000, 700_010)
    posting.reserve(entry(of=keys(123)), lines, TARGET, 3, "hash", RUN, NOW, snapshot=AS_POSTED)
    posting.submit(RUN, NOW)
    posting.doubt("cut", RUN, NOW)
    posting.adopt(Place.JOURNAL, ("a", "b"), RUN, NOW)
    assert posting.posted_as == AS_POSTED


def test_new_numbers_for_the_same_entry_keep_what_pex_told() -> None:
    posting = seen()
    reserved = entry(of=keys(123))
    posting.reserve(reserved, (700_000, 700_010), TARGET, 3, "hash", RUN, NOW, snapshot=AS_POSTED)
    posting.reserve(reserved, (800_000, 800_010), TARGET, 3, "hash", RUN, NOW)
    assert posting.posted_as == AS_POSTED


def test_a_new_entry_is_compared_with_what_pex_told_for_it() -> None:
    posting = seen()
    reserved = entry(of=keys(123))
    posting.reserve(reserved, (700_000, 700_010), TARGET, 3, "hash", RUN, NOW, snapshot=AS_POSTED)
    posting.reserve(reserved, (800_000, 800_010), TARGET, 3, "hash", RUN, LATER, snapshot=TIPPED)
    assert (posting.posted_as, posting.in_pex) == (TIPPED, TIPPED)


def test_one_that_vanishes_is_told_once_and_one_that_comes_back_too() -> None:
    posting = posted()
    topics(posting)
    posting.disappear(NEXT_RUN, LATER)
    posting.disappear(NEXT_RUN, LATEST)
    assert missing_since(posting) == LATER
    posting.compare(AS_POSTED, NEXT_RUN, LATEST)
    assert missing_since(posting) is None
    posting.compare(AS_POSTED, NEXT_RUN, LATEST)
    assert topics(posting) == ["Disappeared", "Reappeared"]


def test_one_that_comes_back_changed_tells_both() -> None:
    posting = posted()
    posting.disappear(NEXT_RUN, LATER)
    topics(posting)
    posting.compare(TIPPED, NEXT_RUN, LATEST)
    assert topics(posting) == ["Reappeared", "ChangedInPex"]


def test_a_look_alone_writes_nothing_down() -> None:
    posting = posted()
    topics(posting)
    assert posting.changes_in(TIPPED, LATER) == (Change("amount", "-48.60", "-52.10", LATER),)
    assert posting.changes_in(AS_POSTED, LATER) == ()
    assert posted(None).changes_in(TIPPED, LATER) == ()
    assert topics(posting) == []


def test_only_what_is_posted_is_compared_or_missed() -> None:
    posting = seen()
    with pytest.raises(OutOfTurnError, match="cannot compare"):
        posting.compare(AS_POSTED, RUN, NOW)
    with pytest.raises(OutOfTurnError, match="cannot miss"):
        posting.disappear(RUN, NOW)


def test_its_story_afterwards_is_the_same_after_a_replay() -> None:
    posting = posted()
    posting.compare(TIPPED, NEXT_RUN, LATER)
    posting.disappear(NEXT_RUN, LATER)
    posting.compare(AS_POSTED, NEXT_RUN, LATEST)
    assert replayed(posting) == posting
