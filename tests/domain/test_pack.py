"""Packs of whole entries, and the hash of what is sent (design: exactly once, 3)."""

from dataclasses import replace
from datetime import date
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders.books import entry, keys, line, numbered
from domain.journal_entry import AccountType, DimensionCode
from domain.money import Money
from domain.pack import NumberedEntry, packs


def entry_of(lines: int) -> NumberedEntry:
    """An entry of so many lines."""
    debits = [line("62400", "1.00") for _ in range(lines - 1)]
    return numbered(entry(*debits, line("10950", f"-{lines - 1}.00")))


def test_fifty_purchases_travel_in_one_request() -> None:
    assert [len(pack) for pack in packs([numbered() for _ in range(120)])] == [50, 50, 20]


def test_nothing_makes_no_pack() -> None:
    assert list(packs([])) == []


def test_an_entry_that_does_not_fit_any_more_waits_for_the_next_pack() -> None:
    sizes = [98, 3, 2]
    filled = list(packs([entry_of(size) for size in sizes]))
    assert [[len(one.line_numbers) for one in pack] for pack in filled] == [[98], [3, 2]]


@given(st.lists(st.integers(2, 100), max_size=40), st.integers(100, 120))
def test_packs_hold_every_entry_whole_in_order_and_within_capacity(
    sizes: list[int], capacity: int
) -> None:
    entries = [entry_of(size) for size in sizes]
    filled = list(packs(entries, capacity))
    assert [one for pack in filled for one in pack] == entries
    for pack in filled:
        assert 0 < sum(len(one.line_numbers) for one in pack) <= capacity
    for pack, following in pairwise(filled):
        lines = sum(len(one.line_numbers) for one in (*pack, following[0]))
        assert lines > capacity, "a pack was closed too early"


# --- the hash ---------------------------------------------------------------------------------

WHOLE = numbered(
    entry(
        line(
            "62400",
            "48.60",
            comment="Lunch",
            tax_code="TAXABLE",
            dimensions=(DimensionCode("DEPARTMENT", "OPS"), DimensionCode("PROJECT", "PIER")),
        ),
        line("10950", "-48.60"),
    )
)


def with_line(**changes: Any) -> NumberedEntry:
    first, *rest = WHOLE.entry.lines
    return with_entry(lines=(replace(first, **changes), *rest))


def with_entry(**changes: Any) -> NumberedEntry:
    return replace(WHOLE, entry=replace(WHOLE.entry, **changes))


def test_the_hash_is_the_same_for_the_same_payload_whatever_its_stream_is() -> None:
    again = NumberedEntry(numbered().stream, WHOLE.entry, WHOLE.line_numbers)
    assert again.payload_hash == WHOLE.payload_hash
    same_money = with_line(amount=Money.of("48.6"))
    assert same_money.payload_hash == WHOLE.payload_hash


@pytest.mark.parametrize(
    "changed",
    [
        with_entry(posting_date=date(2026, 2, 6)),
        with_entry(document_number=keys(5).document_number),
        with_entry(external_document_number=keys(5).external_document_number),
        with_entry(lines=WHOLE.entry.lines[::-1]),
        replace(WHOLE, line_numbers=(700_000, 700_020)),
        replace(WHOLE, line_numbers=(700_010, 700_000)),
        with_line(account_number="61100"),
        with_line(account_type=AccountType.BANK),
        with_line(description="Corner Deli "),
        with_line(comment="Dinner"),
        with_line(tax_code=""),
        with_line(dimensions=()),
        with_line(dimensions=(DimensionCode("DEPARTMENT", "OPS"),)),
        with_line(dimensions=(DimensionCode("DEPARTMENT", "OPS,PROJECT=PIER"),)),
        numbered(entry(line("62400", "48.61"), line("10950", "-48.61"))),
    ],
)
def test_the_hash_changes_with_anything_that_is_sent(changed: NumberedEntry) -> None:
    assert changed.payload_hash != WHOLE.payload_hash


MARKS = st.text(alphabet="a|,=", max_size=2)


@given(st.lists(MARKS, min_size=3, max_size=5), st.sampled_from("|,=\n "), st.data())
def test_no_text_can_be_cut_differently_into_the_same_hash(
    words: list[str], mark: str, data: st.DataObject
) -> None:
    def cut() -> tuple[str, str]:
        at = data.draw(st.integers(1, len(words) - 1))
        return mark.join(words[:at]), mark.join(words[at:])

    one, other = cut(), cut()
    hashes = [with_line(description=text, comment=note).payload_hash for text, note in (one, other)]
    assert (hashes[0] == hashes[1]) is (one == other)


def test_a_bar_between_two_texts_is_not_a_bar_within_one() -> None:
    one = with_line(description="Deli|Bar", comment="Lunch")
    other = with_line(description="Deli", comment="Bar|Lunch")
    assert one.payload_hash != other.payload_hash


def test_a_number_for_each_line_or_no_hash() -> None:
    with pytest.raises(ValueError, match="zip"):
        _ = replace(WHOLE, line_numbers=(700_000,)).payload_hash
