"""Which vendor a merchant is: its name as an accountant writes it, and what makes two the same."""

import csv
from collections.abc import Callable
from dataclasses import replace
from itertools import groupby
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders.rows import dispute_credit, purchase
from domain.name_words import listed
from domain.vendor_name import (
    LEGAL_FORMS,
    VENDOR_NAME_LENGTH,
    match_key,
    merchant_vendor_name,
    standardized,
    vendor_name,
)

with Path(__file__).with_name("vendor_names.csv").open(encoding="utf-8", newline="") as file:
    CORPUS = [*csv.DictReader(file)]

RAW = sorted({row["raw"] for row in CORPUS})
VENDORS = sorted({row["vendor"] for row in CORPUS})
BRANDS = (
    "TARGET",
    "GULF OIL",
    "7-ELEVEN",
    "MCDONALD'S",
    "BATH & BODY WORKS",
    "MOTEL 6",
    "CAFÉ LUNA",
)
STORES = ("{0} #{1}", "{0} {1}", "{0} STORE {1}", "{0} # {1}", "{0} 0{1}", "{0} #{1} PORTLAND ME")
FORMS = sorted(LEGAL_FORMS)

# Pieces of what networks write, so that random names come near the rules.
pieces = st.sampled_from(
    sorted(
        listed("""
    # * - , . ' & / ( ) SQ TST PAYPAL GOOGLE ADS STORE NO US*2X4TR8 #0412 00918 4711 12 F1234 337Q5
    800-555-0199 03/14 2026-03-14 SUN 6PM PORTLAND ME 04101 WA USA THE OF AND WWW.UBER.COM
    AMZN.COM/BILL O'REILLY CAFÉ ☕ セブン İ ß J. CREW *TRIP INSIDE Target &amp; 360 E*TRADE
    """)
    )
)
gaps = st.sampled_from(["", " ", "  ", "      ", "\t", "\n", "*"])
networkish = st.lists(st.tuples(pieces, gaps), min_size=1, max_size=8).map(
    lambda pairs: "".join(piece + gap for piece, gap in pairs)
)
raw_names = st.one_of(st.text(max_size=60), networkish, st.sampled_from(RAW))
cities = st.sampled_from([None, "", "PORTLAND", "Seattle", "new york"])
states = st.sampled_from([None, "", "ME", "WA"])
words = st.text("abcdefgstuvwxyzéöñ", min_size=2, max_size=9)
plain_names = st.lists(words, min_size=1, max_size=4).map(" ".join)


def is_in_order_within(short: str, long: str) -> bool:
    rest = iter(long)
    return all(mark in rest for mark in short)


def marks(text: str) -> str:
    return "".join(mark for mark in text.casefold() if mark.isalnum())


# --- the standardized name -------------------------------------------------------------------


@pytest.mark.parametrize("row", CORPUS, ids=lambda row: f"{row['kind']}: {row['raw']}")
def test_a_raw_name_becomes_what_an_accountant_would_write(row: dict[str, str]) -> None:
    assert standardized(row["raw"], row["city"] or None, row["state"] or None) == row["vendor"]


def test_the_corpus_is_wide() -> None:
    assert len(RAW) >= 300
    assert len({row["kind"] for row in CORPUS}) >= 12


@given(raw_names, cities, states)
def test_a_standardized_name_is_standardized_already(
    raw: str, city: str | None, state: str | None
) -> None:
    once = standardized(raw, city, state)
    assert standardized(once, city, state) == once


@given(raw_names, cities, states)
def test_a_name_is_never_lost(raw: str, city: str | None, state: str | None) -> None:
    assert bool(standardized(raw, city, state)) == bool(raw.strip())


@given(raw_names, cities, states)
def test_nothing_is_invented(raw: str, city: str | None, state: str | None) -> None:
    name = standardized(raw, city, state)
    assert len(name) <= len(raw)
    assert is_in_order_within(marks(name), marks(raw))


@given(raw_names)
def test_a_printable_name_stands_on_one_line_with_single_blanks(raw: str) -> None:
    name = standardized("Deli" + raw)
    assert name == " ".join(name.split())
    assert name.isprintable()


@given(plain_names.map(str.title))
def test_a_clean_name_in_mixed_case_stays_as_it_is(name: str) -> None:
    assert standardized(name) == name


@given(st.sampled_from(BRANDS), st.sampled_from(STORES), st.integers(1000, 99999999), cities)
def test_every_store_of_a_merchant_is_the_same_vendor(
    brand: str, form: str, store: int, city: str | None
) -> None:
    name = standardized(form.format(brand, store), city)
    assert match_key(name) == match_key(brand)


@pytest.mark.parametrize(
    "name",
    ["Forever 21", "Studio 54", "Motel 6", "Pier 1", "1-800-Flowers", "24 Hour Fitness", "3M"],
)
@pytest.mark.parametrize("store", ["", " #0412", " 00918 DENVER CO"])
def test_a_number_that_is_part_of_the_name_stays(name: str, store: str) -> None:
    assert standardized(name + store) == name
    assert standardized((name + store).upper()) == name


@pytest.mark.parametrize("piece", ["#1 ", "A*", "0123 ", "1-", "A1"])
def test_a_name_of_absurd_length_is_left_as_it_is_but_for_its_blanks(piece: str) -> None:
    absurd = f" {piece * 3000}  deli"
    assert standardized(absurd) == " ".join(absurd.split())


@pytest.mark.parametrize("blank", ["", " ", "\t\n "])
def test_a_blank_name_stays_empty(blank: str) -> None:
    assert standardized(blank) == ""
    assert match_key(blank) == ""
    assert vendor_name(blank) == ""


# --- when two names are the same vendor's ----------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Target", "TARGET"),
        ("McDonald's", "MCDONALDS"),
        ("McDonald's", "McDonald\N{RIGHT SINGLE QUOTATION MARK}s"),
        ("Wal-Mart", "WAL MART"),
        ("Home Depot", "HomeDepot"),
        ("The Home Depot", "Home Depot, Inc."),
        ("Café Luna", "CAFE LUNA"),
        ("Cafe\u0301 Luna", "Caf\u00e9 Luna"),
        ("Bath & Body Works", "Bath and Body Works"),
        ("AT&T", "AT & T"),
        ("Tiffany & Co.", "Tiffany and Company"),
        ("Disney+", "Disney Plus"),
        ("L.L. Bean", "LL Bean"),
        ("P.F. Chang's", "PF Changs"),
        ("Harbor Electric LLC", "Harbor Electric, L.L.C."),
        ("Harbor Electric LLC", "HARBOR ELECTRIC L L C"),
        ("Northwind GmbH & Co. KG", "Northwind"),
        ("Acme Pty Ltd", "ACME"),
        ("Acme S.A.", "Acme SA"),
        ("Pasta Barilla S.p.A.", "Pasta Barilla"),
        ("Straße 27", "STRASSE 27"),
        ("Smørrebrød Hus", "Smorrebrod Hus"),
        ("Łódź Deli", "Lodz Deli"),
        ("\N{FULLWIDTH LATIN CAPITAL LETTER T}arget", "Target"),
        ("ΜΥΛΟΣ", "μυλος"),
        ("Пятёрочка", "ПЯТЁРОЧКА"),
    ],
)
def test_names_of_one_vendor_share_their_key(one: str, other: str) -> None:
    assert match_key(one) == match_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Target", "Targus"),
        ("Motel 6", "Motel 8"),
        ("Serenity Spa", "Serenity"),
        ("Theatre", "Atre"),
        ("Costco", "Cost"),
        ("Disney+", "Disney"),
        ("バス", "ハス"),
        ("カフェ", "ガフェ"),
        ("Мой", "Мои"),
        ("คา", "คิ"),
        ("The Limited", "The Company"),
        ("!!!", "???"),
        ("☕", "🍕"),
        ("-", "Inc"),
    ],
)
def test_names_of_two_vendors_have_keys_of_their_own(one: str, other: str) -> None:
    assert match_key(one) != match_key(other)


@pytest.mark.parametrize("name", ["Inc", "The", "The Co", "L.L.C.", "& Co", "...", "☕", "\x00"])
def test_a_name_of_nothing_but_what_does_not_count_still_has_a_key(name: str) -> None:
    assert match_key(name)


@given(st.text(max_size=40))
def test_every_name_but_a_blank_one_has_a_key(name: str) -> None:
    assert bool(match_key(name)) == bool(name.strip())


@given(
    plain_names,
    st.sampled_from([str.upper, str.title, str.casefold]),
    st.sampled_from(["{}", "The {}", "{}.", "{}!", '"{}"', " {} "]),
    st.sampled_from([" ", "  ", "-", ", ", "/"]),
    st.sampled_from(["", *FORMS, *[form.upper() for form in FORMS], "L.L.C.", "& Co.", "S.p.A."]),
)
def test_case_punctuation_spacing_and_legal_form_do_not_count(
    name: str, case: Callable[[str], str], shape: str, blank: str, form: str
) -> None:
    plain = f"{name} works"
    varied = shape.format(case(plain).replace(" ", blank)) + f", {form}"
    assert match_key(varied) == match_key(plain)


def test_vendors_of_the_corpus_are_told_apart_unless_they_are_one() -> None:
    groups = [[*group] for _, group in groupby(sorted(VENDORS, key=match_key), match_key)]
    assert ["Lowe's", "Lowes"] in groups
    assert [names for names in groups if len({marks(name) for name in names}) > 1] == [
        ["Bäckerei Müller", "Bäckerei Müller GmbH"],
        ["Tractor Supply", "Tractor Supply Co"],
    ]


# --- what BC takes ---------------------------------------------------------------------------


@given(st.text(max_size=260))
def test_a_vendor_name_fits_bcs_field(text: str) -> None:
    name = vendor_name(text)
    assert len(name.encode("utf-16-le")) <= 2 * VENDOR_NAME_LENGTH
    assert name == " ".join(name.split())
    assert name == "".join(mark for mark in name if mark.isprintable())
    assert vendor_name(name) == name


@given(st.text("abc🍕", min_size=101, max_size=160))
def test_a_long_name_is_cut_between_two_marks_as_late_as_bc_allows(name: str) -> None:
    kept = vendor_name(name)
    assert name.startswith(kept)
    assert len(kept.encode("utf-16-le")) // 2 in (VENDOR_NAME_LENGTH - 1, VENDOR_NAME_LENGTH)


def test_a_cut_leaves_no_half_of_an_emoji() -> None:
    assert vendor_name("x" * 99 + "🍕") == "x" * 99
    assert vendor_name("x" * 98 + "🍕") == "x" * 98 + "🍕"


def test_a_cut_leaves_no_blank_at_the_end() -> None:
    assert vendor_name("x" * 99 + " deli") == "x" * 99


# --- the merchant of a row -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "normalized", "standard", "plain"),
    [
        ("GULF OIL 00918", "Gulf", "Gulf", "GULF OIL 00918"),
        (" GULF OIL 00918 ", None, "Gulf Oil", "GULF OIL 00918"),
        ("GULF OIL 00918", " ", "Gulf Oil", "GULF OIL 00918"),
        ("GULF OIL 00918", "\x00", "Gulf Oil", "GULF OIL 00918"),
        (None, " Gulf ", "Gulf", "Gulf"),
        ("", "Gulf", "Gulf", "Gulf"),
        ("00918", None, "00918", "00918"),
    ],
)
def test_the_setting_chooses_between_pexs_name_ours_and_the_raw_one(
    raw: str | None, normalized: str | None, standard: str, plain: str
) -> None:
    row = purchase(merchant_name=raw, merchant_name_normalized=normalized)
    assert merchant_vendor_name(row, standardized_names=True) == standard
    assert merchant_vendor_name(row, standardized_names=False) == plain


def test_the_merchants_city_is_taken_off_its_raw_name_and_never_off_pexs_name() -> None:
    row = purchase(
        merchant="Joe's Diner Portland ME", merchant_city="PORTLAND ", merchant_state="ME"
    )
    unnamed = replace(row, merchant_name_normalized=None)
    assert merchant_vendor_name(unnamed, standardized_names=True) == "Joe's Diner"
    assert merchant_vendor_name(unnamed, standardized_names=False) == "JOE'S DINER PORTLAND ME"
    assert merchant_vendor_name(row, standardized_names=True) == "Joe's Diner Portland ME"


@pytest.mark.parametrize("standardized_names", [True, False])
@pytest.mark.parametrize("nothing", [None, "", " ", "\x00"])
def test_a_row_without_a_merchant_names_no_vendor_whatever_its_description(
    nothing: str | None, *, standardized_names: bool
) -> None:
    row = dispute_credit(merchant_name=nothing, merchant_name_normalized=nothing)
    assert row.description
    assert merchant_vendor_name(row, standardized_names=standardized_names) == ""
