"""Line numbers of a journal are handed out once each (design: exactly once, 2)."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders.events import replayed
from domain.journal_numbers import FIRST, GAP, LETTERS, STEP, JournalNumbers, JournalShared

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
    stream = JournalNumbers.create_id("Production", "Company", "PEX CARD")
    assert stream == JournalNumbers.create_id("production", "company", "PEX Card")
    assert stream == opened().id


def test_a_tenant_named_by_its_domain_has_no_counter_of_its_own() -> None:
    by_domain = JournalNumbers(NOW, "harbor.example", "Production", "company", "PEX CARD", 0)
    assert by_domain.id == opened().id


def test_the_counter_of_a_journal_keeps_its_stream_for_ever() -> None:
    stream = JournalNumbers.create_id("Production", "Company", "PEX CARD")
    assert stream == UUID("fbf16dbe-ea21-5884-b5bc-566ce59c86eb")


@pytest.mark.parametrize("other", range(3))
def test_another_journal_has_a_counter_of_its_own(other: int) -> None:
    names = ["production", "company", "PEX CARD"]
    changed = [name + "2" if place == other else name for place, name in enumerate(names)]
    assert JournalNumbers.create_id(*names) != JournalNumbers.create_id(*changed)


def test_the_first_business_bears_no_letter_and_each_further_one_its_own() -> None:
    numbers = opened()
    assert [numbers.join(business, NOW) for business in (52311, 60440, 70001)] == ["", "A", "B"]


def test_a_business_keeps_its_letter_for_good() -> None:
    numbers = opened()
    for business in (52311, 60440, 52311, 60440):
        numbers.join(business, NOW)
    assert replayed(numbers).letter_for(60440) == numbers.letter_for(60440) == "A"
    assert numbers.businesses == (52311, 60440)


def test_a_business_learns_its_letter_before_it_joins() -> None:
    numbers = opened()
    numbers.join(52311, NOW)
    assert numbers.letter_for(60440) == "A"
    assert numbers.businesses == (52311,)


def test_no_letter_is_the_mark_of_invoices_or_given_twice() -> None:
    assert "I" not in LETTERS
    assert len(set(LETTERS)) == len(LETTERS)


def test_a_journal_that_too_many_businesses_share_takes_no_further_one() -> None:
    numbers = opened()
    for business in range(len(LETTERS)):
        numbers.join(business, NOW)
    with pytest.raises(JournalShared, match="26 PEX businesses"):
        numbers.join(99, NOW)
    assert numbers.letter_for(3) == "C"
