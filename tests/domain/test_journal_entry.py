"""A journal entry balances, or is none (M20)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders.books import entry, line
from builders.generated import dollars
from domain.journal_entry import UnbalancedEntryError
from domain.money import Money


def test_an_entry_in_balance_stands() -> None:
    whole = entry(line("62400", "20.00"), line("61100", "28.60"), line("10950", "-48.60"))
    assert whole.amount == Money.of("48.60")


def test_an_entry_out_of_balance_by_a_cent_is_refused() -> None:
    with pytest.raises(UnbalancedEntryError, match=r"PEX-918273645-X1 .* by 0\.01"):
        entry(line("62400", "48.61"), line("10950", "-48.60"))


def test_no_line_or_one_is_no_entry() -> None:
    with pytest.raises(UnbalancedEntryError):
        entry(lines=())
    with pytest.raises(UnbalancedEntryError):
        entry(line("62400", "0.00"))


def test_a_line_over_nothing_is_refused_though_it_would_balance() -> None:
    with pytest.raises(UnbalancedEntryError):
        entry(line("62400", "5.00"), line("10950", "-5.00"), line("61100", "0.00"))


@given(st.lists(st.integers(-(10**9), 10**9).filter(bool), min_size=1, max_size=20))
def test_lines_make_an_entry_exactly_if_they_balance(cents: list[int]) -> None:
    amounts = [*cents, -sum(cents)]
    lines = [line("62400", str(dollars(amount))) for amount in amounts if amount]
    if len(lines) >= 2:
        debits = sum(amount for amount in amounts if amount > 0)
        if sum(cents):
            assert entry(*lines).amount == Money(dollars(debits))
            with pytest.raises(UnbalancedEntryError):
                entry(*lines[:-1])
        else:
            assert entry(*lines).amount == Money(dollars(debits))
