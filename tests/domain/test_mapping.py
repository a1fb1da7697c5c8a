"""From a PEX transaction to its journal entry, or to a refusal (M12, M13, M20 to M23)."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders.books import keys
from builders.company import (
    BANK,
    BLOCKED,
    DELI,
    FEES,
    HARDWARE,
    HEADING,
    MEALS,
    NO_DIRECT_POSTING,
    PEX,
    REBATES,
    SUPPLIES,
    by_tag,
    chart,
    fixed,
    settings,
)
from builders.generated import CENTS, SIGNS, dollars, mapped_purchases
from builders.rows import (
    business_fee,
    business_row,
    card_fee,
    card_load,
    dispute_credit,
    purchase,
    rebate,
    refund,
    transfer,
)
from domain.document_keys import DocumentKeys
from domain.journal_entry import AccountType, JournalEntry
from domain.mapping import map_transaction
from domain.money import Money, total
from domain.pex_transaction import Kind, PexTransaction, classify
from domain.refusals import (
    AccountUnmapped,
    AccountUnusable,
    AmountNotInCents,
    Failure,
    NotPostable,
    PexIdTooLong,
    SplitsDoNotAddUp,
    TooManyLines,
    ValueUnknown,
    VendorInForeignCurrency,
    VendorUnmapped,
    VendorUnusable,
)
from domain.settings import (
    BillPayments,
    Fees,
    PostingDate,
    Rebates,
    Settings,
    Transfers,
    VendorPosting,
)


def entry_of(row: PexTransaction, chosen: Settings | None = None, **company: Any) -> JournalEntry:
    return map_transaction(
        row,
        classify(row),
        chosen or settings(),
        chart(**company),
        DocumentKeys.of(row.record, row.pex_id),
    )


def booked(entry: JournalEntry) -> list[tuple[str, str]]:
    """Account and amount of each line, debits positive."""
    return [(line.account_number, str(line.amount)) for line in entry.lines]


# --- each kind, both ways round (M19, M20) ----------------------------------------------------


@pytest.mark.parametrize(
    ("row", "lines"),
    [
        pytest.param(purchase("-48.60"), [(MEALS, "48.60"), (PEX, "-48.60")], id="purchase"),
        pytest.param(refund("12.15"), [(MEALS, "-12.15"), (PEX, "12.15")], id="refund"),
        pytest.param(dispute_credit(), [(MEALS, "-48.60"), (PEX, "48.60")], id="dispute credit"),
        pytest.param(card_fee("-0.97"), [(FEES, "0.97"), (PEX, "-0.97")], id="card fee"),
        pytest.param(card_fee("0.97"), [(FEES, "-0.97"), (PEX, "0.97")], id="card fee back"),
        pytest.param(business_fee(), [(FEES, "25.00"), (PEX, "-25.00")], id="business fee"),
        pytest.param(
            business_fee("25"), [(FEES, "-25.00"), (PEX, "25.00")], id="business fee back"
        ),
        pytest.param(transfer("5000"), [(BANK, "-5000.00"), (PEX, "5000.00")], id="transfer"),
        pytest.param(transfer("-750"), [(BANK, "750.00"), (PEX, "-750.00")], id="withdrawal"),
        pytest.param(rebate("31.40"), [(REBATES, "-31.40"), (PEX, "31.40")], id="rebate"),
        pytest.param(rebate("-31.40"), [(REBATES, "31.40"), (PEX, "-31.40")], id="rebate back"),
    ],
)
def test_each_kind_is_posted_against_its_account_in_the_direction_of_its_sign(
    row: PexTransaction, lines: list[tuple[str, str]]
) -> None:
    assert booked(entry_of(row)) == lines


@given(CENTS, SIGNS, st.sampled_from([purchase, card_fee, business_fee, transfer, rebate]))
def test_every_entry_balances_and_ends_with_the_pex_line_of_the_transactions_own_sign(
    cents: int, sign: int, kind: Any
) -> None:
    amount = dollars(sign * cents)
    entry = entry_of(kind(str(amount)))
    assert total(line.amount for line in entry.lines).is_zero
    assert entry.lines[-1].account_number == PEX
    assert entry.lines[-1].amount == Money(amount)
    assert [line.account_number for line in entry.lines].count(PEX) == 1


@given(mapped_purchases(), st.sampled_from(VendorPosting))
def test_whatever_is_bought_its_entry_balances_in_whole_cents_and_fits_the_fields_of_bc(
    row: PexTransaction, vendors: VendorPosting
) -> None:
    chosen = settings(
        vendor=by_tag("vendor"),
        tax=by_tag("tax"),
        dimensions={"DEPARTMENT": by_tag("department")},
        rules={"vendor_posting": vendors},
    )
    entry = entry_of(row, chosen)
    assert total(line.amount for line in entry.lines).is_zero
    assert entry.lines[-1].amount == row.amount
    assert all(line.amount.is_whole_cents and not line.amount.is_zero for line in entry.lines)
    by_vendor: dict[str, list[Money]] = {}
    for line in entry.lines:
        assert units(line.description) <= 100
        assert units(line.comment) <= 250
        assert (line.description + line.comment).isprintable()
        assert line.description == " ".join(line.description.split())
        assert line.comment == " ".join(line.comment.split())
        assert keys(row.pex_id).ends(line.description)
        if line.account_type is AccountType.VENDOR:
            by_vendor.setdefault(line.account_number, []).append(line.amount)
        assert not line.dimensions or line.account_number in (MEALS, SUPPLIES, "51000")
    assert all(total(amounts).is_zero and len(amounts) == 2 for amounts in by_vendor.values())
    assert bool(by_vendor) is (vendors is VendorPosting.SUBLEDGER)
    assert len(entry.document_number) <= 20
    assert len(entry.external_document_number) <= 35


def units(text: str) -> int:
    """A text's length as BC counts it: in units of UTF-16."""
    return len(text.encode("utf-16-le")) // 2


def test_the_entry_bears_the_keys_and_the_posting_date() -> None:
    entry = entry_of(purchase(), settings(rules={"posting_date": PostingDate.PURCHASE}))
    assert entry.document_number == "PEX-918273645-X1"
    assert entry.external_document_number == "PEX918273645"
    assert entry.posting_date == date(2026, 2, 3)


# --- accounts (M12, contract 2.4) -------------------------------------------------------------


def test_a_tag_beats_the_default() -> None:
    chosen = settings(expense=by_tag("expense", default=SUPPLIES))
    assert booked(entry_of(purchase(tags={"expense": MEALS}), chosen))[0][0] == MEALS


def test_the_default_stands_in_where_there_is_no_tag() -> None:
    chosen = settings(expense=by_tag("expense", default=SUPPLIES))
    assert booked(entry_of(purchase(tags={}), chosen))[0][0] == SUPPLIES


def test_an_unknown_tag_value_is_refused_and_never_replaced_by_the_default() -> None:
    chosen = settings(expense=by_tag("expense", default=SUPPLIES))
    with pytest.raises(ValueUnknown, match="'99999'"):
        entry_of(purchase(tags={"expense": "99999"}), chosen)


def test_a_static_value_beats_any_tag() -> None:
    chosen = settings(expense=fixed(SUPPLIES))
    assert booked(entry_of(purchase(tags={"expense": MEALS}), chosen))[0][0] == SUPPLIES


@pytest.mark.parametrize("default", [None, ""])
def test_a_purchase_without_tag_and_default_is_refused(default: str | None) -> None:
    with pytest.raises(AccountUnmapped):
        entry_of(purchase(tags={}), settings(expense=by_tag("expense", default=default)))


def test_a_purchase_without_mapping_is_refused() -> None:
    with pytest.raises(AccountUnmapped):
        entry_of(purchase(), settings(rules={"mappings": ()}))


@pytest.mark.parametrize("name", [MEALS, f"a-{MEALS}", f"A-{MEALS}", "Meals", f" {MEALS} "])
def test_an_account_is_named_by_number_id_or_exact_name(name: str) -> None:
    assert booked(entry_of(purchase(tags={"expense": name})))[0][0] == MEALS


def test_an_account_is_not_named_by_a_name_in_another_case() -> None:
    with pytest.raises(ValueUnknown):
        entry_of(purchase(tags={"expense": "meals"}))


@pytest.mark.parametrize(
    ("number", "why"),
    [
        (BLOCKED, "blocked"),
        (HEADING, "a heading account"),
        (NO_DIRECT_POSTING, "direct posting is off"),
    ],
)
def test_an_account_that_cannot_be_posted_to_is_refused_with_the_reason(
    number: str, why: str
) -> None:
    with pytest.raises(AccountUnusable, match=why):
        entry_of(purchase(tags={"expense": number}))


@pytest.mark.parametrize("row", [purchase(), card_fee(), transfer(), rebate()])
def test_a_pex_account_that_is_missing_or_blocked_refuses_every_kind(row: PexTransaction) -> None:
    with pytest.raises(NotPostable, match="PEX account"):
        entry_of(row, settings(pex_account_id=None))
    with pytest.raises(AccountUnusable):
        entry_of(row, settings(pex_account_id=BLOCKED))
    with pytest.raises(ValueUnknown, match="PEX account"):
        entry_of(row, settings(pex_account_id="nowhere"))


@pytest.mark.parametrize(
    ("row", "chosen", "what"),
    [
        (card_fee(), {"fees": Fees(enabled=True)}, "fee account"),
        (business_fee(), {"fees": Fees(enabled=True, account_id="")}, "fee account"),
        (rebate(), {"rebates": Rebates(enabled=True)}, "rebate account"),
        (transfer(), {"transfers": Transfers(enabled=True)}, "bank account"),
    ],
)
def test_a_kind_without_account_is_refused_and_told_which_one(
    row: PexTransaction, chosen: dict[str, Any], what: str
) -> None:
    with pytest.raises(NotPostable, match=what):
        entry_of(row, settings(**chosen))


@pytest.mark.parametrize(
    ("row", "chosen", "what"),
    [
        (card_fee(), {"fees": Fees(enabled=True, account_id="?")}, "fee account"),
        (rebate(), {"rebates": Rebates(enabled=True, account_id="?")}, "rebate account"),
    ],
)
def test_a_kind_whose_account_is_gone_is_refused(
    row: PexTransaction, chosen: dict[str, Any], what: str
) -> None:
    with pytest.raises(ValueUnknown, match=rf"{what} '\?'"):
        entry_of(row, settings(**chosen))


@pytest.mark.parametrize("row", [card_fee(), transfer(), rebate()])
def test_a_static_dimension_value_that_is_gone_refuses_its_kind(row: PexTransaction) -> None:
    gone = {"DEPARTMENT": "CLOSED"}
    chosen = settings(
        fees=Fees(enabled=True, account_id=FEES, dimensions=gone),
        transfers=Transfers(enabled=True, bank_account_id=BANK, dimensions=gone),
        rebates=Rebates(enabled=True, account_id=REBATES, dimensions=gone),
    )
    with pytest.raises(ValueUnknown, match="DEPARTMENT value 'CLOSED'"):
        entry_of(row, chosen)


def test_a_bank_account_that_is_unknown_or_blocked_is_refused() -> None:
    with pytest.raises(ValueUnknown, match="bank account"):
        entry_of(transfer(), settings(transfers=Transfers(enabled=True, bank_account_id="?")))
    with pytest.raises(AccountUnusable, match="OLD"):
        entry_of(transfer(), settings(transfers=Transfers(enabled=True, bank_account_id="OLD")))


def test_a_transfer_credits_the_bank_account_and_no_gl_account_of_that_number() -> None:
    types = [line.account_type for line in entry_of(transfer()).lines]
    assert types == [AccountType.BANK, AccountType.GL]


@pytest.mark.parametrize("row", [card_load(), business_row("-3.00", "Novelty")])
def test_a_kind_without_rule_is_never_posted_by_the_rule_of_another(row: PexTransaction) -> None:
    chosen = settings(bill_payments=BillPayments(enabled=True, bank_account_id=BANK))
    assert classify(row) not in (Kind.PURCHASE, Kind.FEE, Kind.TRANSFER, Kind.REBATE)
    with pytest.raises(NotPostable):
        entry_of(row, chosen)


# --- splits (M20, M21) ------------------------------------------------------------------------


def test_each_split_is_a_line_with_its_own_account_and_dimensions() -> None:
    row = purchase(
        "-48.60",
        splits=[
            ("20.00", {"expense": MEALS, "department": "OPS"}),
            ("28.60", {"expense": SUPPLIES, "department": "SALES"}),
        ],
    )
    entry = entry_of(row, settings(dimensions={"DEPARTMENT": by_tag("department")}))
    assert booked(entry) == [(MEALS, "20.00"), (SUPPLIES, "28.60"), (PEX, "-48.60")]
    assert dimensions(entry) == [["DEPARTMENT=OPS"], ["DEPARTMENT=SALES"], []]


def test_a_split_refund_is_posted_the_other_way_round() -> None:
    row = refund("48.60", splits=[("20.00", {"expense": MEALS}), ("28.60", {"expense": SUPPLIES})])
    assert booked(entry_of(row)) == [(MEALS, "-20.00"), (SUPPLIES, "-28.60"), (PEX, "48.60")]


def test_one_bad_split_refuses_the_whole_purchase() -> None:
    row = purchase("-48.60", splits=[("20.00", {"expense": MEALS}), ("28.60", {"expense": "?"})])
    with pytest.raises(ValueUnknown):
        entry_of(row)


def test_splits_that_do_not_add_up_refuse_the_purchase() -> None:
    with pytest.raises(SplitsDoNotAddUp):
        entry_of(purchase("-48.60", splits=[("20.00", {"expense": MEALS})]))


def test_an_amount_finer_than_a_cent_is_refused() -> None:
    with pytest.raises(AmountNotInCents, match=r"-48\.605"):
        entry_of(purchase("-48.605"))


def test_splits_finer_than_a_cent_are_refused_even_if_they_add_up() -> None:
    halves = [("24.305", {"expense": MEALS}), ("24.295", {"expense": SUPPLIES})]
    with pytest.raises(AmountNotInCents, match=r"24\.305"):
        entry_of(purchase("-48.60", splits=halves))


def test_an_id_without_room_in_a_document_number_is_refused() -> None:
    longest = entry_of(purchase(pex_id=918_273_645_182))
    assert len(longest.document_number) <= 20
    with pytest.raises(PexIdTooLong, match="longer than 20"):
        entry_of(purchase(pex_id=91_827_364_518_273))


def test_an_entry_of_100_lines_is_the_largest() -> None:
    parts = [("1.00", {"expense": MEALS})] * 99
    assert len(entry_of(purchase("-99.00", splits=parts)).lines) == 100
    with pytest.raises(TooManyLines, match="101 lines"):
        entry_of(purchase("-100.00", splits=[*parts, ("1.00", {"expense": MEALS})]))


# --- dimensions and tax -----------------------------------------------------------------------


def dimensions(entry: JournalEntry) -> list[list[str]]:
    return [[f"{one.code}={one.value}" for one in line.dimensions] for line in entry.lines]


def test_dimensions_stand_on_the_line_that_is_not_the_pex_line() -> None:
    chosen = settings(
        dimensions={"PROJECT": fixed("PIER"), "department": by_tag("department", "OPS")},
        fees=Fees(enabled=True, account_id=FEES, dimensions={"department": "SALES"}),
        transfers=Transfers(enabled=True, bank_account_id=BANK, dimensions={"PROJECT": "BOAT"}),
        rebates=Rebates(enabled=True, account_id=REBATES, dimensions={"PROJECT": "PIER"}),
    )
    assert dimensions(entry_of(purchase(), chosen)) == [["DEPARTMENT=OPS", "PROJECT=PIER"], []]
    assert dimensions(entry_of(card_fee(), chosen)) == [["DEPARTMENT=SALES"], []]
    assert dimensions(entry_of(transfer(), chosen)) == [["PROJECT=BOAT"], []]
    assert dimensions(entry_of(rebate(), chosen)) == [["PROJECT=PIER"], []]


def test_vendor_lines_carry_no_dimension() -> None:
    chosen = settings(vendor=fixed(DELI), dimensions={"PROJECT": fixed("PIER")})
    assert dimensions(entry_of(purchase(), chosen)) == [["PROJECT=PIER"], [], [], []]


def test_a_dimension_without_tag_and_default_is_left_out() -> None:
    chosen = settings(dimensions={"DEPARTMENT": by_tag("department")})
    assert dimensions(entry_of(purchase(), chosen)) == [[], []]


def test_a_dimension_value_is_named_by_code_id_or_name() -> None:
    chosen = settings(dimensions={"DEPARTMENT": by_tag("department")})
    for name in ("OPS", "ops", "dv-OPS", "Operations"):
        row = purchase(tags={"expense": MEALS, "department": name})
        assert dimensions(entry_of(row, chosen))[0] == ["DEPARTMENT=OPS"]


@pytest.mark.parametrize("value", ["NOPE", "PIER"])
def test_an_unknown_dimension_value_is_refused_and_not_replaced(value: str) -> None:
    chosen = settings(dimensions={"DEPARTMENT": by_tag("department", default="OPS")})
    with pytest.raises(ValueUnknown, match="DEPARTMENT value"):
        entry_of(purchase(tags={"expense": MEALS, "department": value}), chosen)


def test_a_dimension_that_the_company_lost_is_refused() -> None:
    with pytest.raises(ValueUnknown, match="REGION value"):
        entry_of(purchase(), settings(dimensions={"REGION": fixed("EAST")}))


def test_the_tax_code_stands_on_the_expense_line_alone() -> None:
    entry = entry_of(purchase(), settings(tax=fixed("taxable"), vendor=fixed(DELI)))
    assert [line.tax_code for line in entry.lines] == ["TAXABLE", "", "", ""]


def test_an_unknown_tax_code_is_refused_and_a_missing_one_left_out() -> None:
    with pytest.raises(ValueUnknown, match="tax code"):
        entry_of(purchase(), settings(tax=fixed("?")))
    assert entry_of(purchase(), settings(tax=by_tag("tax"))).lines[0].tax_code == ""


# --- vendors (M22) ----------------------------------------------------------------------------


def test_a_vendor_shows_in_its_ledger_with_two_lines_that_cancel_out() -> None:
    entry = entry_of(purchase("-48.60"), settings(vendor=fixed(DELI)))
    assert booked(entry) == [
        (MEALS, "48.60"), (DELI, "-48.60"), (DELI, "48.60"), (PEX, "-48.60"),
    ]  # fmt: skip
    assert [line.account_type for line in entry.lines[1:3]] == [AccountType.VENDOR] * 2


def test_two_vendors_of_a_split_cancel_out_each_by_itself() -> None:
    row = purchase(
        "-60.00",
        splits=[
            ("10.00", {"expense": MEALS, "vendor": DELI}),
            ("20.00", {"expense": MEALS, "vendor": HARDWARE}),
            ("30.00", {"expense": SUPPLIES, "vendor": DELI}),
        ],
    )
    assert booked(entry_of(row, settings(vendor=by_tag("vendor"))))[3:-1] == [
        (DELI, "-40.00"), (DELI, "40.00"), (HARDWARE, "-20.00"), (HARDWARE, "20.00"),
    ]  # fmt: skip


def test_a_vendor_by_reference_is_named_in_the_comment_of_its_line_and_nowhere_else() -> None:
    chosen = settings(vendor=fixed(DELI), rules={"vendor_posting": VendorPosting.REFERENCE})
    entry = entry_of(purchase(notes=("Lunch with the pier crew",)), chosen)
    assert booked(entry) == [(MEALS, "48.60"), (PEX, "-48.60")]
    assert [line.comment for line in entry.lines] == [
        "Vendor 10010 Corner Deli; Lunch with the pier crew",
        "Lunch with the pier crew",
    ]


def test_a_vendor_in_front_of_long_notes_leaves_the_comment_within_250() -> None:
    chosen = settings(vendor=fixed(DELI), rules={"vendor_posting": VendorPosting.REFERENCE})
    entry = entry_of(purchase(notes=("n" * 300,)), chosen)
    assert len(entry.lines[0].comment) == 250
    assert entry.lines[0].comment.startswith("Vendor 10010 Corner Deli; n")


@pytest.mark.parametrize("default", [None, ""])
def test_a_mapped_vendor_that_leads_nowhere_refuses_the_purchase(default: str | None) -> None:
    with pytest.raises(VendorUnmapped):
        entry_of(purchase(), settings(vendor=by_tag("vendor", default=default)))


def test_an_unknown_vendor_is_refused_and_not_replaced() -> None:
    row = purchase(tags={"expense": MEALS, "vendor": "?"})
    with pytest.raises(ValueUnknown, match="vendor"):
        entry_of(row, settings(vendor=by_tag("vendor", default=DELI)))


def test_a_vendor_blocked_for_all_is_refused_and_one_blocked_for_payment_is_not() -> None:
    with pytest.raises(VendorUnusable, match="10040"):
        entry_of(purchase(), settings(vendor=fixed("10040")))
    assert len(entry_of(purchase(), settings(vendor=fixed("10030"))).lines) == 4


def by_merchant(row: PexTransaction, **rules: Any) -> JournalEntry:
    """The entry of a purchase whose merchant's vendor is the corner deli."""
    chosen = settings(rules={"vendor_per_merchant": True} | rules)
    (deli,) = (one for one in chart().vendors if one.number == DELI)
    return map_transaction(row, Kind.PURCHASE, chosen, chart(), keys(), deli)


def test_a_merchants_vendor_takes_one_pair_of_lines_for_all_splits() -> None:
    splits = [("30.00", {"expense": MEALS}), ("18.60", {"expense": SUPPLIES})]
    entry = by_merchant(purchase("-48.60", splits=splits))
    assert booked(entry) == [
        (MEALS, "30.00"),
        (SUPPLIES, "18.60"),
        (DELI, "-48.60"),
        (DELI, "48.60"),
        (PEX, "-48.60"),
    ]


def test_a_refund_turns_the_merchants_vendor_lines_round() -> None:
    entry = by_merchant(refund("12.15"))
    assert booked(entry) == [(MEALS, "-12.15"), (DELI, "12.15"), (DELI, "-12.15"), (PEX, "12.15")]


def test_a_merchants_vendor_by_reference_is_named_on_every_split() -> None:
    splits = [("30.00", {"expense": MEALS}), ("18.60", {"expense": SUPPLIES})]
    entry = by_merchant(purchase("-48.60", splits=splits), vendor_posting=VendorPosting.REFERENCE)
    assert booked(entry) == [(MEALS, "30.00"), (SUPPLIES, "18.60"), (PEX, "-48.60")]
    assert [line.comment for line in entry.lines] == ["Vendor 10010 Corner Deli"] * 2 + [""]


def test_a_mapped_vendor_in_a_foreign_currency_is_refused() -> None:
    with pytest.raises(VendorInForeignCurrency, match="10050"):
        entry_of(purchase(), settings(vendor=fixed("10050")))


# --- texts (M23) ------------------------------------------------------------------------------


def description(**members: Any) -> str:
    return entry_of(purchase(**members)).lines[0].description


def test_the_description_tells_merchant_cardholder_and_transaction_on_every_line() -> None:
    entry = entry_of(purchase(cardholder="M. Ortiz"), settings(vendor=fixed(DELI)))
    assert {line.description for line in entry.lines} == {"Corner Deli / M. Ortiz / PEX 918273645"}


def test_a_transaction_that_names_nobody_is_described_by_its_number() -> None:
    assert description(merchant=None, description="") == "PEX 918273645"


def test_a_long_merchant_is_cut_before_the_number() -> None:
    text = description(merchant="Deli " * 40, cardholder="M. Ortiz")
    assert len(text) <= 100
    assert text.startswith("Deli Deli")
    assert text.endswith(" Deli / PEX 918273645")


def test_a_text_that_is_cut_behind_a_word_ends_with_that_word() -> None:
    before_ending = 100 - len(" / PEX 918273645")
    text = description(merchant="D" * (before_ending - 1) + " Pier")
    assert text == "D" * (before_ending - 1) + " / PEX 918273645"
    notes = ("n" * 249 + " more",)
    assert entry_of(purchase(notes=notes)).lines[0].comment == "n" * 249


def test_control_characters_and_odd_blanks_become_single_spaces() -> None:
    text = description(merchant="Corner\r\n\tDeli\x00 \u00a0\u200b №7\ud800")
    assert text == "Corner Deli №7 / PEX 918273645"


def test_other_scripts_are_kept() -> None:
    assert description(merchant="京都の弁当屋", cardholder="Łukasz Ørsted") == (
        "京都の弁当屋 / Łukasz Ørsted / PEX 918273645"
    )


def test_a_sign_of_two_units_is_counted_as_two_and_never_torn() -> None:
    text = description(merchant="№" + "🍕" * 60)
    assert units(text) == 99
    assert text == "№" + "🍕" * 41 + " / PEX 918273645"


def test_the_comment_is_the_users_notes_in_one_line() -> None:
    entry = entry_of(purchase(notes=("Lunch\nwith crew", "Pier 4")))
    assert {line.comment for line in entry.lines} == {"Lunch with crew; Pier 4"}


def test_long_notes_are_cut_at_250_units() -> None:
    assert entry_of(purchase(notes=("é" * 400,))).lines[0].comment == "é" * 250
    assert units(entry_of(purchase(notes=("🍕" * 400,))).lines[0].comment) == 250


def test_every_refusal_of_the_mapping_is_a_failure_with_a_code_and_a_fix() -> None:
    refusals = (
        AccountUnmapped, AccountUnusable, AmountNotInCents, NotPostable, SplitsDoNotAddUp,
        TooManyLines, ValueUnknown, VendorUnmapped, VendorUnusable,
    )  # fmt: skip
    assert all(issubclass(one, Failure) and one.code and one.fix for one in refusals)
