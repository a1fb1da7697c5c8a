"""Amounts of money."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders.generated import dollars
from domain.money import ZERO, Money, total

AMOUNTS = st.integers(-(10**13), 10**13).map(lambda cents: Money(dollars(cents)))


@pytest.mark.parametrize("wrong", [48.60, 48, "48.60", None])
def test_money_is_a_decimal_and_nothing_else(wrong: object) -> None:
    with pytest.raises(TypeError, match="finite Decimal"):
        Money(wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("wrong", ["NaN", "sNaN", "Infinity", "-Infinity"])
def test_money_is_finite(wrong: str) -> None:
    with pytest.raises(TypeError, match="finite Decimal"):
        Money(Decimal(wrong))


def test_a_sum_of_tenths_is_exact() -> None:
    assert Money.of("0.10") + Money.of("0.20") == Money.of("0.30")


def test_trailing_zeros_make_no_difference_to_equality_or_hash() -> None:
    assert Money.of("48.6") == Money.of("48.60")
    assert hash(Money.of("48.6")) == hash(Money.of("48.60"))


@pytest.mark.parametrize(
    ("amount", "text"),
    [("48.6", "48.60"), ("-5", "-5.00"), ("1E+3", "1000.00"), ("0", "0.00"), ("0.005", "0.005")],
)
def test_money_is_written_with_two_decimals_unless_it_is_finer_than_a_cent(
    amount: str, text: str
) -> None:
    assert str(Money.of(amount)) == text


@pytest.mark.parametrize(
    ("amount", "whole"), [("0.01", True), ("-48.600", True), ("0.005", False), ("0.001", False)]
)
def test_only_whole_cents_fit_a_ledger(amount: str, *, whole: bool) -> None:
    assert Money.of(amount).is_whole_cents is whole


@pytest.mark.parametrize("amount", ["0", "0.00", "-0.00"])
def test_nothing_is_zero_however_it_is_written(amount: str) -> None:
    assert Money.of(amount).is_zero
    assert str(-Money.of(amount)) == "0.00"


def test_the_total_of_nothing_is_zero() -> None:
    assert total([]) == ZERO


def test_amounts_are_ordered_by_what_they_are_worth() -> None:
    assert Money.of("-10") < ZERO < Money.of("9.99") < Money.of("10")


@given(AMOUNTS, AMOUNTS)
def test_what_was_added_can_be_taken_away(one: Money, other: Money) -> None:
    assert one + other - other == one
    assert one - other == -(other - one)


@given(st.lists(AMOUNTS, max_size=30))
def test_a_total_does_not_depend_on_the_order(amounts: list[Money]) -> None:
    assert total(amounts) == total(reversed(amounts))
    assert total([*amounts, *(-amount for amount in amounts)]).is_zero


@given(AMOUNTS)
def test_text_and_back_is_the_same_money(amount: Money) -> None:
    assert Money.of(str(amount)) == amount
    assert abs(amount) in (amount, -amount)
    assert abs(amount) >= ZERO
