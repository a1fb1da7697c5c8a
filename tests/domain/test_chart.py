"""What a company offers, and how a value names it (M12, contract 2.4)."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders.company import account, chart
from domain.chart import Account, BankAccount, Catalogue, DimensionValue, TaxCode, Vendor

ACCOUNTS = Catalogue(
    [
        account("62400", "Meals"),
        account("61100", "Supplies"),
        account("99999", "Supplies"),
        account("Meals", "62400"),
        account("70000", ""),
    ]
)


@pytest.mark.parametrize("value", ["62400", " 62400 ", "a-62400", "A-62400"])
def test_a_choice_is_named_by_number_or_id_in_any_case(value: str) -> None:
    found = ACCOUNTS.find(value)
    assert found is not None
    assert found.number == "62400"


def test_a_number_beats_the_same_text_as_a_name() -> None:
    found = ACCOUNTS.find("Meals")
    assert found is not None
    assert found.number == "Meals"


def test_of_two_choices_of_one_name_the_first_is_found() -> None:
    found = ACCOUNTS.find("Supplies")
    assert found is not None
    assert found.number == "61100"


@pytest.mark.parametrize("value", ["supplies", "6240", "624000", "a-", "", "  "])
def test_anything_else_names_nothing(value: str) -> None:
    assert ACCOUNTS.find(value) is None


@pytest.mark.parametrize(
    "choice",
    [
        Account("id", "KEY", "Name", "Expense"),
        BankAccount("id", "KEY", "Name"),
        Vendor("id", "KEY", "Name"),
        TaxCode("id", "KEY", "Name"),
        DimensionValue("id", "KEY", "Name"),
    ],
    ids=lambda choice: type(choice).__name__,
)
def test_every_choice_is_found_by_each_of_its_names(
    choice: Account | BankAccount | Vendor | TaxCode | DimensionValue,
) -> None:
    catalogue = Catalogue([choice])
    assert [catalogue.find(value) for value in ("key", "ID", "Name")] == [choice] * 3


@given(st.sets(st.integers(1, 99999), max_size=20), st.integers(1, 99999))
def test_a_number_finds_its_own_account_or_none(numbers: set[int], wanted: int) -> None:
    found = Catalogue([account(str(number), f"No {number}") for number in numbers])
    account_found = found.find(str(wanted))
    assert (account_found is not None) is (wanted in numbers)
    assert account_found is None or account_found.number == str(wanted)


def test_a_catalogue_keeps_its_choices_in_order_and_counts_them() -> None:
    assert [one.number for one in ACCOUNTS] == ["62400", "61100", "99999", "Meals", "70000"]
    assert len(ACCOUNTS) == 5
    assert len(Catalogue[Account]()) == 0


@pytest.mark.parametrize(
    ("members", "why"),
    [
        ({}, None),
        ({"blocked": True}, "it is blocked"),
        ({"account_type": "Begin-Total"}, "it is a begin-total account"),
        ({"direct_posting": False}, "direct posting is off"),
        ({"blocked": True, "direct_posting": False}, "it is blocked"),
    ],
)
def test_only_a_posting_account_open_to_direct_posting_can_be_used(
    members: dict[str, Any], why: str | None
) -> None:
    assert account("62400", "Meals", **members).unusable_because == why


def test_a_chart_can_be_empty() -> None:
    assert chart().accounts.find("62400") is not None
    assert chart(accounts=Catalogue()).accounts.find("62400") is None
