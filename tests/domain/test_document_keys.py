"""The names under which an entry is found again (contract 6.1, 6.4)."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders.books import keys
from builders.generated import PEX_IDS, TEXTS
from domain.document_keys import DocumentKeys
from domain.pex_transaction import Record

EDITIONS = st.integers(0, 25)


def test_a_card_row_is_named_by_its_id() -> None:
    named = keys(918273645)
    assert named.document_number == "PEX-918273645-X1"
    assert named.external_document_number == "PEX918273645"
    assert named.ending == "PEX 918273645"


def test_card_and_business_rows_share_ids_and_invoices_are_counted_apart() -> None:
    assert keys(4711, record=Record.BUSINESS) == keys(4711, record=Record.CARD)
    assert keys(4711, record=Record.INVOICE).document_number == "PEX-I4711-X1"
    assert keys(4711, record=Record.INVOICE).external_document_number == "PEXI4711"


def test_editions_are_counted_by_letters_so_that_the_last_digit_never_changes() -> None:
    numbers = [keys(5, edition=edition).document_number for edition in range(26)]
    assert numbers[:4] == ["PEX-5-X1", "PEX-5-Y1", "PEX-5-Z1", "PEX-5-A1"]
    assert len(set(numbers)) == 26


def test_an_edition_keeps_the_external_number_and_the_ending() -> None:
    first, second = keys(5), keys(5, edition=1)
    assert first.external_document_number == second.external_document_number
    assert first.ending == second.ending


def test_a_letter_tells_two_businesses_on_one_journal_apart() -> None:
    assert keys(5, letter="B").document_number == "PEX-B5-X1"
    assert not keys(5, letter="B").ends("Deli / PEX 5")


@given(PEX_IDS, EDITIONS, st.sampled_from(["", "B"]))
def test_numbers_of_twelve_digits_fit_the_fields_of_bc(
    pex_id: int, edition: int, letter: str
) -> None:
    named = keys(pex_id, edition=edition, letter=letter)
    assert len(named.document_number) <= 20
    assert len(named.external_document_number) <= 35


@given(PEX_IDS, EDITIONS, st.sampled_from(Record), PEX_IDS, EDITIONS)
def test_what_bc_counts_up_is_never_the_number_of_another_entry(
    pex_id: int, edition: int, record: Record, other_id: int, other_edition: int
) -> None:
    number = DocumentKeys.of(record, pex_id, edition=edition).document_number
    *_, digits = re.finditer(r"\d+", number)
    counted_up = number[: digits.start()] + str(int(digits[0]) + 1) + number[digits.end() :]
    for other in Record:
        assert counted_up != DocumentKeys.of(other, other_id, edition=other_edition).document_number


@pytest.mark.parametrize(
    "description",
    ["Corner Deli / PEX 123", "PEX 123", "  Corner Deli / M. Ortiz / PEX 123 "],
)
def test_a_description_of_the_transaction_is_recognised(description: str) -> None:
    assert keys(123).ends(description)


@pytest.mark.parametrize(
    "description",
    [
        "Corner Deli / PEX 12",
        "Corner Deli / PEX 1234",
        "Corner Deli / PEX 0123",
        "Corner Deli / PEX I123",
        "Corner Deli / APEX 123",
        "Corner Deli / PEX 123 (corrected)",
        "Corner Deli / PEX123",
        "",
    ],
)
def test_the_description_of_another_transaction_is_not(description: str) -> None:
    assert not keys(123).ends(description)


@given(PEX_IDS, PEX_IDS, TEXTS)
def test_an_id_that_begins_or_ends_another_never_matches(one: int, other: int, text: str) -> None:
    joined = int(f"{one}{other}")
    for wrong in (one, other):
        assert not keys(wrong).ends(f"{text} / {keys(joined).ending}")
    assert keys(joined).ends(f"{text} / {keys(joined).ending}")
