"""What Business Central holds of an entry (contract 6.4, 6.6)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders.books import entry, keys, line, phantom, posted, unposted
from builders.generated import PEX_IDS
from domain.findings import (
    Finding,
    FoundLedgerEntry,
    FoundLine,
    InLedger,
    Look,
    Nothing,
    Part,
    Twice,
    Whole,
    amounts_agree,
)
from domain.money import Money
from domain.pex_transaction import Record

KEYS = keys(123)
ENTRY = entry(of=KEYS)
LINES = unposted(ENTRY)


def found(
    lines: list[FoundLine] | None = None, entries: list[FoundLedgerEntry] | None = None
) -> Finding:
    return Look(lines or [], entries or []).find(KEYS, ENTRY)


def edited(**changes: Any) -> list[FoundLine]:
    """The entry's lines, the first of them edited by a user."""
    return [replace(LINES[0], **changes), *LINES[1:]]


def test_nothing_is_found_where_nothing_is() -> None:
    assert found() == Nothing()


def test_all_lines_in_the_journal_are_the_whole_entry_in_the_order_of_their_numbers() -> None:
    assert found(LINES[::-1]) == Whole(("line-700000", "line-700010"))


def test_some_lines_are_a_part() -> None:
    assert found(LINES[:1]) == Part(1)


def test_more_lines_than_were_sent_are_no_whole_entry_either() -> None:
    assert found([*LINES, *unposted(ENTRY, first=800_000)[:1]]) == Part(3)


@pytest.mark.parametrize(
    "changes",
    [
        {"amount": Money.of("40.00")},
        {"account_number": "61100"},
        {"posting_date": ENTRY.posting_date + timedelta(days=40)},
        {"description": "a user's words"},
        {"document_number": "a user's number"},
        {"line_number": 5},
        {"external_document_number": "PEX123-corrected"},
        {"external_document_number": ""},
    ],
)
def test_a_line_that_a_user_edited_is_still_the_entrys(changes: dict[str, Any]) -> None:
    assert isinstance(found(edited(**changes)), Whole)


def test_keys_are_compared_without_case_as_bc_compares_codes() -> None:
    assert isinstance(found(edited(external_document_number="pex123")), Whole)


def test_a_posted_entry_is_found_by_its_document_number() -> None:
    assert found([], posted(LINES)) == InLedger(("entry-700000", "entry-700010"))


def test_a_posted_entry_is_found_by_its_text_after_a_number_series_renamed_it() -> None:
    assert isinstance(found([], posted(LINES, "GJ-00017")), InLedger)


def test_a_posted_entry_is_found_by_its_number_after_a_user_changed_the_text() -> None:
    assert isinstance(found([], posted(LINES, description="Lunch")), InLedger)


def test_an_entry_is_found_once_though_both_keys_name_it() -> None:
    ids = [one.id for one in Look([], posted(LINES)).ledger_entries_of(KEYS)]
    assert ids == ["entry-700000", "entry-700010"]


def test_vat_may_split_a_posted_entry_into_more_lines_and_other_amounts() -> None:
    parts = posted([*LINES, replace(LINES[0], line_number=3, amount=Money.of("8.00"))])
    assert isinstance(found([], parts), InLedger)


def test_whole_lines_beside_a_posted_entry_are_the_entry_twice() -> None:
    finding = found(LINES, posted(LINES))
    assert finding == Twice(tuple(LINES), ("entry-700000", "entry-700010"))


@pytest.mark.parametrize("lines", [LINES[:1], [*LINES, *unposted(ENTRY, first=800_000)]])
def test_other_lines_beside_a_posted_entry_change_nothing(lines: list[FoundLine]) -> None:
    assert isinstance(found(lines, posted(LINES)), InLedger)


def test_the_phantom_line_after_posting_is_nothing() -> None:
    for number in ("PEX-123-X1", "PEX-123-X2"):
        assert found([phantom(number)]) == Nothing()


def test_a_number_that_bc_counted_up_is_nobodys() -> None:
    by_hand = replace(LINES[0], description="Petty cash", external_document_number="")
    counted_up = replace(by_hand, document_number="PEX-123-X2")
    assert found([counted_up], posted([counted_up])) == Nothing()


@pytest.mark.parametrize("other", [12, 23, 1234, 1123, 1230])
def test_an_id_that_begins_or_ends_ours_is_another_transaction(other: int) -> None:
    lines = unposted(entry(of=keys(other)))
    assert found(lines, posted(lines)) == Nothing()
    assert found([], posted(lines, "GJ-00017")) == Nothing()


def test_an_invoice_of_the_same_number_is_another_transaction() -> None:
    invoice = unposted(entry(of=keys(123, record=Record.INVOICE)))
    assert found(invoice, posted(invoice, "GJ-00017")) == Nothing()


@given(st.sets(PEX_IDS, min_size=1, max_size=12), st.data())
def test_a_look_tells_any_number_of_entries_apart(ids: set[int], data: st.DataObject) -> None:
    places = {one: data.draw(st.sampled_from(["nowhere", "journal", "ledger"])) for one in ids}
    lines: list[FoundLine] = []
    entries: list[FoundLedgerEntry] = []
    for place, one in enumerate(ids):
        whole = unposted(entry(of=keys(one)), first=700_000 + 100 * place)
        if places[one] == "journal":
            lines += whole
        elif places[one] == "ledger":
            entries += posted(whole, data.draw(st.sampled_from([None, "GJ-1"])))
    look = Look(lines, entries)
    kinds = {"nowhere": Nothing, "journal": Whole, "ledger": InLedger}
    for one in ids:
        assert isinstance(look.find(keys(one), entry(of=keys(one))), kinds[places[one]])


def test_lines_as_they_were_sent_agree_in_any_order() -> None:
    assert amounts_agree(ENTRY, LINES[::-1])


@pytest.mark.parametrize(
    "lines",
    [
        edited(amount=Money.of("48.61")),
        edited(account_number="61100"),
        LINES[:1],
        [*LINES, LINES[0]],
        [],
    ],
)
def test_lines_with_another_amount_account_or_count_do_not_agree(lines: list[FoundLine]) -> None:
    assert not amounts_agree(ENTRY, lines)


def test_the_same_amount_on_two_lines_must_be_there_twice() -> None:
    double = entry(line("62400", "1.00"), line("62400", "1.00"), line("10950", "-2.00"), of=KEYS)
    lines = unposted(double)
    assert amounts_agree(double, lines)
    assert not amounts_agree(double, [lines[0], lines[2], lines[2]])
