"""Line numbers of a journal are handed out once each (design: exactly once, 2)."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders.events import replayed
from domain.journal_numbers import FIRST, GAP, STEP, JournalNumbers

NOW = datetime(2026, 8, 15, 14, 0, tzinfo=UTC)
BC_DEFAULT = 10_000


def opened(highest: int = 0) -> JournalNumbers:
    return JournalNumbers(NOW, "tenant", "Production", "company", "PEX CARD", highest)


def test_numbers_begin_far_above_those_of_bcs_own_pages_and_go_in_tens() -> None:
    assert opened().reserve(3, NOW) == (700_000, 700_010, 700_020)


def test_numbers_begin_above_what_the_journal_held() -> None:
    assert opened(highest=1_234_567).reserve(1, NOW) == (1_244_567,)


def test_a_number_that_somebody_elses_line_holds_is_left_behind() -> None:
    numbers = opened()
    numbers.reserve(1, NOW)
    numbers.skip_past(700_030, NOW)
    assert numbers.reserve(2, NOW) == (710_030, 710_040)


def test_a_number_below_the_next_one_changes_nothing() -> None:
    numbers = opened()
    numbers.reserve(2, NOW)
    numbers.collect_events()
    numbers.skip_past(700_010, NOW)
    numbers.skip_past(BC_DEFAULT, NOW)
    assert not numbers.collect_events()
    assert numbers.reserve(1, NOW) == (700_020,)


def test_the_next_number_itself_can_be_taken() -> None:
    numbers = opened()
    numbers.skip_past(FIRST, NOW)
    assert numbers.reserve(1, NOW) == (FIRST + GAP,)


STEPS = st.lists(
    st.tuples(st.just("reserve"), st.integers(1, 100))
    | st.tuples(st.just("skip"), st.integers(0, 2_000_000)),
    max_size=30,
)


@given(st.integers(0, 2_000_000), STEPS)
def test_no_number_is_ever_handed_out_twice_nor_one_that_was_known_to_be_taken(
    highest: int, steps: list[tuple[str, int]]
) -> None:
    numbers, handed_out, taken = opened(highest), list[int](), {highest, BC_DEFAULT}
    for step, value in steps:
        if step == "reserve":
            reserved = numbers.reserve(value, NOW)
            assert len(reserved) == value
            assert taken.isdisjoint(reserved)
            handed_out.extend(reserved)
        else:
            numbers.skip_past(value, NOW)
            taken.add(value)
    assert len(set(handed_out)) == len(handed_out)
    assert handed_out == sorted(handed_out)
    assert all(number >= max(FIRST, highest + STEP) for number in handed_out)


@given(st.integers(0, 2_000_000), STEPS, st.integers(1, 100))
def test_a_counter_replayed_from_its_events_goes_on_where_it_stood(
    highest: int, steps: list[tuple[str, int]], count: int
) -> None:
    numbers = opened(highest)
    for step, value in steps:
        if step == "reserve":
            numbers.reserve(value, NOW)
        else:
            numbers.skip_past(value, NOW)
    again = replayed(numbers)
    assert again == numbers
    assert again.reserve(count, NOW) == numbers.reserve(count, NOW)


def test_every_connection_that_writes_to_a_journal_shares_its_counter() -> None:
    stream = JournalNumbers.create_id("Tenant", "Production", "Company", "PEX CARD")
    assert stream == JournalNumbers.create_id("tenant", "production", "company", "PEX Card")
    assert stream == opened().id


def test_the_counter_of_a_journal_keeps_its_stream_for_ever() -> None:
    stream = JournalNumbers.create_id("Tenant", "Production", "Company", "PEX CARD")
    assert stream == UUID("8c2a9e53-48c9-55e1-a43c-41fa0ecdecc6")


@pytest.mark.parametrize("other", range(4))
def test_another_journal_has_a_counter_of_its_own(other: int) -> None:
    names = ["tenant", "production", "company", "PEX CARD"]
    changed = [name + "2" if place == other else name for place, name in enumerate(names)]
    assert JournalNumbers.create_id(*names) != JournalNumbers.create_id(*changed)
