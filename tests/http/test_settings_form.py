"""Between settings and their form: nothing is lost on the way, and errors find their fields."""

from collections.abc import Callable
from datetime import date
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from application.configure import Choices
from application.ports.company_data import Company
from application_world import chart, settings
from domain.settings import (
    BillPayments,
    Fees,
    FieldMapping,
    PostingDate,
    Purchases,
    Rebates,
    Settings,
    Source,
    TagOptionRules,
    Transfers,
    VendorPosting,
)
from domain.settings_check import SettingsRefused, check_settings
from entrypoints.http.pages.settings_fields import problems, resolved
from entrypoints.http.pages.settings_form import from_form, to_form
from entrypoints.http.pages.settings_page import form_of, number
from entrypoints.http.pages.settings_words import changed

T = TypeVar("T")
texts = st.text("abcxyzÄ0129 :/~\"'&<", min_size=1, max_size=12).filter(
    lambda one: one == one.strip()
)
codes = texts.map(str.upper)
names = st.none() | texts
static = st.dictionaries(codes, texts, max_size=3)
days = st.none() | st.dates(date(2020, 1, 1), date(2030, 1, 1))


def sources() -> st.SearchStrategy[tuple[Source, bool]]:
    return st.one_of(
        st.tuples(st.builds(Source, st.just("static"), value=names), st.just(value=False)),
        st.tuples(st.builds(Source, st.just("tag"), tag_id=names, default=names), st.booleans()),
    )


def mappings() -> st.SearchStrategy[tuple[FieldMapping, ...]]:
    fields = st.sampled_from(["expense_account", "tax_code"]) | codes.map("dimension:{}".format)
    return st.dictionaries(fields, sources(), max_size=5).map(
        lambda found: tuple(FieldMapping(name, *source) for name, source in found.items())
    )


def kind(of: Callable[..., T], *accounts: str) -> st.SearchStrategy[T]:
    chosen: dict[str, st.SearchStrategy[Any]] = dict.fromkeys(accounts, names)
    return st.builds(of, enabled=st.booleans(), dimensions=static, **chosen)


any_settings = st.builds(
    Settings,
    company_id=names,
    pex_account_id=names,
    start_date=days,
    end_date=days,
    purchases=st.builds(
        Purchases,
        enabled=st.booleans(),
        approved_only=st.booleans(),
        attachments=st.booleans(),
        posting_date=st.sampled_from(PostingDate),
        vendor_per_merchant=st.booleans(),
        add_vendor_to_company=st.booleans(),
        standardized_vendor_names=st.booleans(),
        vendor_posting=st.sampled_from(VendorPosting),
        mappings=mappings(),
    ),
    fees=kind(Fees, "account_id"),
    transfers=kind(Transfers, "bank_account_id"),
    rebates=kind(Rebates, "account_id"),
    bill_payments=kind(BillPayments, "bank_account_id", "rebate_account_id"),
    tag_options=st.builds(TagOptionRules, st.booleans(), st.booleans()),
)


@given(any_settings)
def test_a_form_says_what_the_settings_say(of: Settings) -> None:
    assert from_form(to_form(of)) == of


def test_a_day_that_is_none_is_named() -> None:
    with pytest.raises(SettingsRefused) as refused:
        from_form({"/end_date": "31/12/2026"})
    (error,) = refused.value.errors
    assert (error.pointer, error.code) == ("/end_date", "DATE_UNREADABLE")


def test_a_vendor_mapping_that_is_out_of_sight_does_not_count() -> None:
    form = {"map:vendor:kind": "static", "map:vendor:value": "v1"}
    assert from_form(form).purchases.mapping("vendor")
    assert not from_form({**form, "/purchases/vendor_per_merchant": "on"}).purchases.mappings


def test_each_error_of_the_check_belongs_to_a_field_of_the_form() -> None:
    broken = {
        **to_form(settings()),
        "/pex_account_id": "zz",
        "/fees/account_id": "zz",
        "map:tax_code:kind": "static",
        "map:tax_code:value": "zz",
        "map:expense_account:tag_id": "zz",
        "map:dimension:DEPARTMENT:value": "zz",
        "map:dimension:GONE:kind": "tag",
        "dim:/fees:DEPARTMENT": "zz",
    }
    wrong = from_form(broken)
    with pytest.raises(SettingsRefused) as refused:
        check_settings(wrong, chart(), {"tag-department": "Dropdown"}, "prepaid", date(2026, 8, 9))
    assert set(problems(refused.value.errors, wrong)) == {
        "/pex_account_id",
        "/fees/account_id",
        "map:tax_code:value",
        "map:expense_account:tag_id",
        "map:dimension:DEPARTMENT:value",
        "map:dimension:GONE:kind",
        "map:dimension:GONE:tag_id",
        "dim:/fees:DEPARTMENT",
    }


@pytest.mark.parametrize("typed", ["a5", "68000", "Card fees", "68000 Card fees", " 68000 "])
def test_a_choice_is_taken_by_id_number_name_or_label(typed: str) -> None:
    assert resolved({"/fees/account_id": typed}, chart())["/fees/account_id"] == "a5"


def test_what_was_picked_counts_more_than_what_was_typed() -> None:
    form = {"/fees/account_id": "card", "pick:/fees/account_id": "68000"}
    assert resolved(form, chart()) == {"/fees/account_id": "a5"}


def test_what_nothing_bears_stays_as_it_was_typed() -> None:
    form = {"dim:/fees:DEPARTMENT": "zz", "map:dimension:GONE:value": "zz"}
    assert resolved(form, chart()) == form


def test_differences_are_told_in_names() -> None:
    before = settings()
    after = from_form({**to_form(before), "/fees/account_id": "62400", "/end_date": "2026-08-31"})
    choices = Choices((Company("company", "Harbor Supply Inc."),), chart())
    told = {(one.label, one.before, one.after) for one in changed(before, after, choices, choices)}
    assert told == {
        ("Fee account", "68000 Card fees", "62400 Meals"),
        ("End date", "none", "2026-08-31"),
    }


def test_what_cannot_be_read_any_more_is_not_told_by_its_id() -> None:
    told = changed(Settings(), settings(), None, None)
    assert {one.after for one in told if one.label == "PEX account"} == {
        "one that is not known any more"
    }


def test_a_posted_form_is_read_whatever_it_holds() -> None:
    assert form_of(b"version=3&x=%C3%A9&empty=&%ff=1")["x"] == "é"
    assert [number(text) for text in ("3", "", None, "-1", "9" * 50, "x")] == [
        3,
        -1,
        -1,
        -1,
        -1,
        -1,
    ]
