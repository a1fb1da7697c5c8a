"""What a field can be chosen from: what the check of settings would take, and nothing else."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.chart import Account, BankAccount, Catalogue, Chart, DimensionValue, Vendor
from domain.offered import label, matching, named, offered
from domain.settings import BillPayments, Fees, FieldMapping, Purchases, Settings, Source
from domain.settings_check import SettingsRefused, check_settings

CATEGORIES = ("Assets", "Liabilities", "Equity", "Income", "Expense", "Cost of Goods Sold")
accounts = st.lists(
    st.builds(
        Account,
        id=st.uuids().map(str),
        number=st.integers(10000, 99999).map(str),
        name=st.just("Some account"),
        category=st.sampled_from(CATEGORIES),
        account_type=st.sampled_from(["Posting", "Heading"]),
        blocked=st.booleans(),
        direct_posting=st.booleans(),
    ),
    max_size=8,
    unique_by=lambda account: account.number,
)
banks = st.lists(
    st.builds(
        BankAccount,
        id=st.uuids().map(str),
        number=st.integers(1, 99).map("B{}".format),
        name=st.just("Some bank"),
        currency=st.sampled_from(["", "USD", "EUR"]),
        blocked=st.booleans(),
    ),
    max_size=4,
    unique_by=lambda bank: bank.number,
)
vendors = st.lists(
    st.builds(
        Vendor,
        id=st.uuids().map(str),
        number=st.integers(1, 99).map("V{}".format),
        name=st.just("Some vendor"),
        blocked=st.sampled_from(["", "Payment", "All"]),
        currency=st.sampled_from(["", "USD", "EUR"]),
    ),
    max_size=4,
    unique_by=lambda vendor: vendor.number,
)


def pointers(settings: Settings, chart: Chart, funding: str) -> set[str]:
    """Where the check finds something wrong."""
    try:
        check_settings(settings, chart, {}, funding, date(2026, 8, 9))
    except SettingsRefused as refusal:
        return {error.pointer for error in refusal.errors}
    return set()


@given(accounts, banks, vendors, st.sampled_from(["prepaid", "credit"]))
def test_a_choice_is_offered_exactly_where_the_check_takes_it(
    ledger: list[Account], money: list[BankAccount], people: list[Vendor], funding: str
) -> None:
    chart = Chart("company", "USD", Catalogue(ledger), Catalogue(money), Catalogue(people))

    def mapped(field: str, value: str) -> Settings:
        return Settings(
            purchases=Purchases(mappings=(FieldMapping(field, Source("static", value)),))
        )

    def paid(bank: str = "", rebate: str = "") -> Settings:
        return Settings(
            bill_payments=BillPayments(enabled=True, bank_account_id=bank, rebate_account_id=rebate)
        )

    value = "/purchases/mappings/0/source/value"
    for account in ledger:
        for field, settings, pointer in (
            ("pex_account", Settings(pex_account_id=account.id), "/pex_account_id"),
            (
                "fee_account",
                Settings(fees=Fees(enabled=True, account_id=account.id)),
                "/fees/account_id",
            ),
            ("expense_account", mapped("expense_account", account.id), value),
        ):
            is_taken = pointer not in pointers(settings, chart, funding)
            assert (account in offered(chart, funding, field)) == is_taken
        is_taken = "/bill_payments/rebate_account_id" not in pointers(
            paid(rebate=account.id), chart, "credit"
        )
        assert (account in offered(chart, funding, "income_account")) == is_taken
    for bank in money:
        wrong = pointers(paid(bank=bank.id), chart, "credit")
        is_taken = "/bill_payments/bank_account_id" not in wrong
        assert (bank in offered(chart, funding, "bank_account")) == is_taken
    for vendor in people:
        is_taken = value not in pointers(mapped("vendor", vendor.id), chart, funding)
        assert (vendor in offered(chart, funding, "vendor")) == is_taken


def test_an_unknown_field_offers_nothing() -> None:
    chart = Chart("company", "USD", Catalogue([Account("a1", "62400", "Meals", "Expense")]))
    assert not offered(chart, "prepaid", "dimension:GONE")
    assert not offered(chart, "prepaid", "anything")


VALUES = Catalogue(
    [
        DimensionValue("d1", "10", "A Grant"),
        DimensionValue("d2", "10 A", "Grant"),
        DimensionValue("d3", "OPS", "Operations"),
        DimensionValue("d4", "NONE", ""),
        DimensionValue("d5", "Operations north", "Ops"),
    ]
)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("OPS Operations", "OPS"),
        ("ops", "OPS"),
        ("d3", "OPS"),
        ("Operations", "OPS"),
        ("NONE", "NONE"),
        (" Operations north Ops ", "Operations north"),
    ],
)
def test_a_choice_is_meant_by_its_label_code_id_or_name(text: str, code: str) -> None:
    found = named(VALUES, text)
    assert found is not None
    assert found.key == code


def test_a_label_that_two_choices_bear_means_neither() -> None:
    assert label(VALUES.choices[0]) == label(VALUES.choices[1])
    assert named(VALUES, "10 A Grant") is None
    assert named(VALUES, "OPS Operation") is None


def test_matches_begin_with_the_code_then_the_name_and_bear_each_word() -> None:
    def codes(text: str, most: int = 9) -> list[str]:
        return [one.key for one in matching(VALUES, text, most)]

    assert codes("op") == ["Operations north", "OPS"]
    assert codes("grant a") == ["10", "10 A"]
    assert codes("NORTH ops") == ["Operations north"]
    assert codes("", 2) == ["10", "10 A"]
    assert not codes("zeppelin")


def test_a_blocked_bank_is_offered_again_once_it_is_open() -> None:
    bank = BankAccount("b1", "CHECKING", "Checking", blocked=True)
    closed, opened = Catalogue([bank]), Catalogue([replace(bank, blocked=False)])
    assert not offered(Chart("c", "USD", bank_accounts=closed), "prepaid", "bank_account")
    assert offered(Chart("c", "USD", bank_accounts=opened), "prepaid", "bank_account")
