"""A merchant's vendor: by alias, by name, or one that is to be created (M22)."""

from collections.abc import Iterable
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders.company import purchases
from builders.rows import dispute_credit, purchase
from domain.chart import Vendor
from domain.refusals import (
    VendorAliasGone,
    VendorInForeignCurrency,
    VendorNotCreated,
    VendorNotInCompany,
    VendorUnusable,
)
from domain.vendor_name import match_key
from domain.vendors import (
    MissingVendor,
    VendorDirectory,
    check_vendor,
    chosen,
    merchant_name,
    merchant_vendor,
)

DELI = Vendor("v-1", "10010", "Corner Deli")
HARDWARE = Vendor("v-2", "10020", "North Pier Hardware")
BLOCKED = Vendor("v-3", "10030", "Gone for Good", blocked="All")
FOREIGN = Vendor("v-4", "10040", "Faraway Freight", currency="EUR")


def directory(*vendors: Vendor, aliases: Iterable[tuple[str, str]] = ()) -> VendorDirectory:
    return VendorDirectory(vendors or (DELI, HARDWARE, BLOCKED, FOREIGN), "USD", aliases)


# --- by name ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["Corner Deli", "CORNER DELI", "corner-deli", "Corner  Deli", "Corner Deli, Inc."]
)
def test_a_vendor_is_found_without_case_punctuation_and_spacing(name: str) -> None:
    assert directory().resolve(name) == DELI


def test_a_merchant_whom_no_vendor_is_named_like_is_missing_under_its_name() -> None:
    assert directory().resolve("Blue Harbor Coffee") == MissingVendor("Blue Harbor Coffee")


def test_a_missing_vendor_has_a_key_for_all_spellings_and_stands_in_with_no_number() -> None:
    missing = MissingVendor("Blue-Harbor COFFEE")
    assert missing.key == match_key("Blue Harbor Coffee")
    assert missing.placeholder == Vendor("", "(new)", "Blue-Harbor COFFEE")


def test_a_blocked_or_foreign_vendor_is_refused_and_no_second_one_made() -> None:
    with pytest.raises(VendorUnusable, match="10030"):
        directory().resolve("gone for good")
    with pytest.raises(VendorInForeignCurrency, match="10040 is kept in EUR"):
        directory().resolve("Faraway Freight")


@pytest.mark.parametrize("blocked", ["", "Payment"])
@pytest.mark.parametrize("currency", ["", "USD"])
def test_a_line_can_stand_on_a_vendor_of_the_own_currency_that_takes_documents(
    blocked: str, currency: str
) -> None:
    check_vendor(Vendor("v", "1", "A", blocked, currency), "USD")


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        (Vendor("a", "9", "Corner Deli"), Vendor("b", "1", "Corner-Deli")),
        (Vendor("a", "9", "CORNER DELI"), Vendor("b", "1", "Corner Deli Inc")),
        (Vendor("a", "9", "Corner-Deli"), Vendor("b", "1", "Corner Deli", blocked="All")),
        (Vendor("a", "9", "Corner-Deli"), Vendor("b", "1", "Corner Deli", currency="EUR")),
        (Vendor("a", "9", "Corner Deli"), Vendor("b", "1", "Corner Deli", blocked="Payment")),
        (
            Vendor("a", "9", "Corner Deli", blocked="Payment"),
            Vendor("b", "1", "Corner-Deli"),
        ),
        (Vendor("a", "1", "Corner Deli"), Vendor("b", "2", "corner deli")),
        (Vendor("a", "A1", "Corner Deli"), Vendor("b", "b0", "Corner Deli")),
    ],
)
def test_of_two_vendors_one_is_chosen_by_rule_and_not_by_order(
    better: Vendor, worse: Vendor
) -> None:
    for order in ((better, worse), (worse, better)):
        assert chosen(order, "Corner Deli", "USD") is better
        assert directory(*order).resolve("Corner Deli") is better


def test_where_none_can_be_used_the_first_by_rule_tells_why() -> None:
    unusable = (
        Vendor("a", "2", "Corner Deli", blocked="All"),
        Vendor("b", "1", "Corner-Deli", currency="EUR"),
    )
    for order in permutations(unusable):
        with pytest.raises(VendorUnusable, match="2"):
            directory(*order).resolve("Corner Deli")


VENDORS = st.lists(
    st.builds(
        Vendor,
        st.uuids().map(str),
        st.text("0123456789", min_size=1, max_size=6),
        st.sampled_from(["Corner Deli", "CORNER-DELI", "corner deli, inc."]),
        st.sampled_from(["", "Payment", "All"]),
        st.sampled_from(["", "USD", "EUR"]),
    ),
    min_size=1,
    max_size=6,
    unique_by=lambda one: one.number,
)


@given(VENDORS.flatmap(lambda some: st.tuples(st.just(some), st.permutations(some))))
def test_the_order_in_which_bc_lists_vendors_never_decides(
    orders: tuple[list[Vendor], list[Vendor]],
) -> None:
    first, second = (chosen(order, "Corner Deli", "USD") for order in orders)
    assert first == second


@given(VENDORS)
def test_a_usable_vendor_is_taken_wherever_there_is_one(vendors: list[Vendor]) -> None:
    taken = chosen(vendors, "Corner Deli", "USD")
    usable = [one for one in vendors if one.blocked != "All" and one.currency in ("", "USD")]
    assert taken in (usable or vendors)


# --- by alias -------------------------------------------------------------------------------------


def test_an_alias_goes_before_a_vendor_of_the_merchants_name() -> None:
    aliased = directory(aliases=[(match_key("Corner Deli"), "V-2")])
    assert aliased.resolve("CORNER DELI") == HARDWARE


def test_an_alias_may_be_for_the_merchants_other_name() -> None:
    aliased = directory(aliases=[(match_key("CRNR DELI 00231"), "v-1")])
    assert aliased.resolve("Crnr", "CRNR DELI 00231") == DELI


def test_an_alias_leads_to_no_other_vendor_where_its_own_is_gone_or_unusable() -> None:
    key = match_key("Corner Deli")
    with pytest.raises(VendorAliasGone, match="Corner Deli"):
        directory(aliases=[(key, "v-9")]).resolve("Corner Deli")
    with pytest.raises(VendorUnusable):
        directory(aliases=[(key, "v-3")]).resolve("Corner Deli")
    with pytest.raises(VendorInForeignCurrency):
        directory(aliases=[(key, "v-4")]).resolve("Corner Deli")


# --- what is learnt meanwhile ---------------------------------------------------------------------


def test_a_vendor_that_was_made_is_found_from_then_on() -> None:
    known = directory()
    made = Vendor("v-8", "10080", "Blue Harbor Coffee")
    known.learn(match_key("blue harbor coffee"), made)
    assert known.resolve("BLUE HARBOR COFFEE") is made
    assert known.with_id("V-8") is made


def test_a_vendor_that_was_renamed_is_found_under_the_merchants_name() -> None:
    known = directory()
    known.learn(match_key("Blue Harbor Coffee"), HARDWARE)
    assert known.resolve("Blue Harbor Coffee") is HARDWARE
    assert known.resolve("North Pier Hardware") is HARDWARE


def test_a_refused_creation_is_told_for_every_spelling_until_a_vendor_is_there() -> None:
    known = directory()
    name = "Blue Harbor Coffee"
    known.learn_refusal(match_key(name), name, "Code", "No series.")
    with pytest.raises(VendorNotCreated, match="'Blue Harbor Coffee': Code: No series"):
        known.resolve("blue-harbor coffee")
    made = Vendor("v-8", "10080", "Blue Harbor Coffee")
    known.learn(match_key(made.name), made)
    assert known.resolve("Blue Harbor Coffee") is made


# --- of a purchase --------------------------------------------------------------------------------

ADDING = purchases(vendor_per_merchant=True, add_vendor_to_company=True)
STANDARDIZED = purchases(
    vendor_per_merchant=True, add_vendor_to_company=True, standardized_vendor_names=True
)


def test_a_purchase_bears_its_merchants_vendor() -> None:
    assert merchant_vendor(purchase(merchant="Corner Deli"), ADDING, directory()) == DELI


def test_standardized_names_are_a_matter_of_the_settings() -> None:
    row = purchase(merchant_name="TARGET #0973226", merchant_name_normalized="Target")
    assert merchant_name(row, ADDING) == "TARGET #0973226"
    assert merchant_name(row, STANDARDIZED) == "Target"


def test_a_purchase_without_a_merchant_has_no_vendor() -> None:
    assert merchant_vendor(dispute_credit(), ADDING, directory()) is None


def test_a_missing_vendor_is_one_to_add_or_a_refusal_by_the_settings() -> None:
    row = purchase(merchant="Blue Harbor Coffee")
    wanted = merchant_vendor(row, STANDARDIZED, directory())
    assert wanted == MissingVendor("Blue Harbor Coffee")
    with pytest.raises(VendorNotInCompany, match="BLUE HARBOR COFFEE"):
        merchant_vendor(row, purchases(vendor_per_merchant=True), directory())


def test_names_are_cut_before_they_are_looked_for_so_that_what_was_created_is_found() -> None:
    row = purchase(merchant_name="Harbor " * 30, merchant_name_normalized=None)
    wanted = merchant_vendor(row, ADDING, directory())
    assert isinstance(wanted, MissingVendor)
    assert len(wanted.name) <= 100
    made = Vendor("v-8", "10080", wanted.name)
    assert merchant_vendor(row, ADDING, directory(made)) is made
