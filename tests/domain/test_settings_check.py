"""Settings are refused field by field, each with its pointer and code (M8 to M13, M15)."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from builders.company import (
    BANK,
    BLOCKED,
    DELI,
    FEES,
    HEADING,
    MEALS,
    NO_DIRECT_POSTING,
    PEX,
    PEX_CREDIT,
    REBATES,
    SUPPLIES,
    TAG_KINDS,
    by_tag,
    chart,
    fixed,
    settings,
)
from builders.rows import TAG_IDS
from domain.chart import BankAccount, Catalogue
from domain.refusals import Refusal
from domain.settings import (
    BillPayments,
    Fees,
    FieldMapping,
    Purchases,
    Rebates,
    Settings,
    Source,
    Transfers,
)
from domain.settings_check import SettingsRefused, check_settings, misfits

TODAY = date(2026, 8, 15)
FIRST = "/purchases/mappings/0"
SECOND = "/purchases/mappings/1"


def errors(chosen: Settings, funding: str = "prepaid", **company: Any) -> list[tuple[str, str]]:
    """Pointer and code of each field that cannot stand."""
    tags = company.pop("tags", TAG_KINDS)
    try:
        check_settings(chosen, chart(**company), tags, funding, TODAY)
    except SettingsRefused as refused:
        return [(one.pointer, one.code) for one in refused.errors]
    return []


def mapped(*mappings: FieldMapping, **rules: Any) -> Settings:
    return settings(rules={"mappings": mappings, **rules})


def credit(**changes: Any) -> Settings:
    """Settings of a credit business: no transfers, no rebates."""
    told: dict[str, Any] = {
        "pex_account_id": PEX_CREDIT,
        "transfers": Transfers(),
        "rebates": Rebates(),
    }
    return settings(**(told | changes))


# --- what can stand ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "chosen",
    [
        pytest.param(settings(), id="every kind"),
        pytest.param(settings(expense=by_tag("expense", SUPPLIES)), id="default"),
        pytest.param(settings(expense=fixed("51000")), id="cost of goods sold"),
        pytest.param(settings(expense=fixed(f"a-{MEALS}")), id="account by id"),
        pytest.param(settings(vendor=fixed(DELI), tax=fixed("TAXABLE")), id="vendor and tax"),
        pytest.param(settings(vendor=by_tag("vendor"), tax=by_tag("tax")), id="by tags"),
        pytest.param(settings(vendor=fixed("10030")), id="vendor blocked for payment"),
        pytest.param(
            settings(dimensions={"department": by_tag("department", "OPS")}), id="tag dimension"
        ),
        pytest.param(
            settings(dimensions={"DEPARTMENT": fixed("SALES"), "PROJECT": fixed("PIER")}),
            id="dimensions",
        ),
        pytest.param(
            settings(fees=Fees(enabled=True, account_id=FEES, dimensions={"project": "BOAT"})),
            id="static dimension",
        ),
        pytest.param(settings(start_date=TODAY, end_date=TODAY), id="one day"),
        pytest.param(settings(start_date=date(2025, 8, 15)), id="one year back"),
        pytest.param(
            settings(
                purchases=Purchases(enabled=False), fees=Fees(), transfers=Transfers(),
                rebates=Rebates(),
            ),
            id="nothing on",
        ),
    ],
)  # fmt: skip
def test_good_settings_raise_nothing(chosen: Settings) -> None:
    assert errors(chosen) == []


@pytest.mark.parametrize(
    "chosen",
    [
        BillPayments(),
        BillPayments(bank_account_id="?", rebate_account_id="?", dimensions={"REGION": "EAST"}),
        BillPayments(enabled=True, bank_account_id=BANK, rebate_account_id=REBATES),
        BillPayments(
            enabled=True,
            bank_account_id="b-1",
            rebate_account_id=f"a-{REBATES}",
            dimensions={"department": "OPS"},
        ),
    ],
    ids=["off", "off and not filled in", "on", "by id with a dimension"],
)
def test_good_settings_of_a_credit_business_raise_nothing(chosen: BillPayments) -> None:
    assert errors(credit(bill_payments=chosen), "credit") == []


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"bank_account_id": None}, ("/bill_payments/bank_account_id", "ACCOUNT_REQUIRED")),
        ({"bank_account_id": "?"}, ("/bill_payments/bank_account_id", "BANK_ACCOUNT_UNKNOWN")),
        ({"bank_account_id": "OLD"}, ("/bill_payments/bank_account_id", "BANK_ACCOUNT_BLOCKED")),
        ({"bank_account_id": "EURO"}, ("/bill_payments/bank_account_id", "BANK_ACCOUNT_CURRENCY")),
        ({"rebate_account_id": None}, ("/bill_payments/rebate_account_id", "ACCOUNT_REQUIRED")),
        ({"rebate_account_id": MEALS}, ("/bill_payments/rebate_account_id", "ACCOUNT_CATEGORY")),
        (
            {"rebate_account_id": BLOCKED},
            ("/bill_payments/rebate_account_id", "ACCOUNT_BLOCKED"),
        ),
        (
            {"dimensions": {"REGION": "EAST"}},
            ("/bill_payments/dimensions/REGION", "DIMENSION_UNKNOWN"),
        ),
        (
            {"dimensions": {"PROJECT": "?"}},
            ("/bill_payments/dimensions/PROJECT", "DIMENSION_VALUE_UNKNOWN"),
        ),
    ],
)
def test_bill_payments_are_checked_before_the_first_invoice(
    changed: dict[str, Any], expected: tuple[str, str]
) -> None:
    good = BillPayments(enabled=True, bank_account_id=BANK, rebate_account_id=REBATES)
    assert errors(credit(bill_payments=replace(good, **changed)), "credit") == [expected]


def test_a_credit_business_owes_pex_and_a_prepaid_one_has_money_there() -> None:
    assert errors(credit(pex_account_id=PEX), "credit") == [("/pex_account_id", "ACCOUNT_CATEGORY")]
    assert errors(credit(), "prepaid") == [("/pex_account_id", "ACCOUNT_CATEGORY")]


def test_what_is_switched_off_need_not_be_filled_in() -> None:
    off = settings(
        purchases=Purchases(enabled=False, mappings=(FieldMapping("colour", fixed("red")),)),
        fees=Fees(account_id="?"),
        transfers=Transfers(bank_account_id="?"),
        rebates=Rebates(account_id="?", dimensions={"REGION": "EAST"}),
    )
    assert errors(off) == []


def test_a_bank_account_without_currency_keeps_the_companys_own() -> None:
    blank = Catalogue([BankAccount("b-1", BANK, "Checking", currency="")])
    assert errors(settings(), bank_accounts=blank) == []


# --- what cannot ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (settings(start_date=date(2025, 8, 14)), ("/start_date", "DATES_REFUSED")),
        (settings(start_date=date(2026, 8, 16)), ("/start_date", "DATES_REFUSED")),
        (
            settings(start_date=date(2026, 8, 2), end_date=date(2026, 8, 1)),
            ("/end_date", "DATES_REFUSED"),
        ),
        (settings(pex_account_id=None), ("/pex_account_id", "ACCOUNT_REQUIRED")),
        (settings(pex_account_id=""), ("/pex_account_id", "ACCOUNT_REQUIRED")),
        (settings(pex_account_id="?"), ("/pex_account_id", "ACCOUNT_UNKNOWN")),
        (settings(pex_account_id=BLOCKED), ("/pex_account_id", "ACCOUNT_BLOCKED")),
        (settings(pex_account_id=HEADING), ("/pex_account_id", "ACCOUNT_NOT_POSTABLE")),
        (settings(pex_account_id=PEX_CREDIT), ("/pex_account_id", "ACCOUNT_CATEGORY")),
        (settings(pex_account_id=MEALS), ("/pex_account_id", "ACCOUNT_CATEGORY")),
    ],
)
def test_dates_and_the_pex_account_are_checked(chosen: Settings, expected: tuple[str, str]) -> None:
    assert errors(chosen) == [expected]


def test_a_company_that_keeps_its_books_in_another_currency_is_refused() -> None:
    found = errors(settings(transfers=Transfers()), currency="CAD")
    assert found == [("/company_id", "CURRENCY_NOT_USD")]


def test_the_pex_account_of_a_credit_business_is_a_liability() -> None:
    found = errors(credit(pex_account_id=PEX), "credit")
    assert found == [("/pex_account_id", "ACCOUNT_CATEGORY")]


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (mapped(), [("/purchases/mappings", "EXPENSE_ACCOUNT_UNMAPPED")]),
        (
            settings(vendor=fixed(DELI), rules={"vendor_per_merchant": True}),
            [("/purchases/vendor_per_merchant", "VENDOR_TWICE")],
        ),
        (settings(rules={"vendor_per_merchant": True}), []),
        (settings(vendor=fixed("10050")), [(f"{SECOND}/source/value", "VENDOR_CURRENCY")]),
        (settings(expense=fixed(None)), [(f"{FIRST}/source/value", "VALUE_REQUIRED")]),
        (settings(expense=fixed("")), [(f"{FIRST}/source/value", "VALUE_REQUIRED")]),
        (settings(expense=fixed("?")), [(f"{FIRST}/source/value", "ACCOUNT_UNKNOWN")]),
        (settings(expense=fixed(BLOCKED)), [(f"{FIRST}/source/value", "ACCOUNT_BLOCKED")]),
        (
            settings(expense=fixed(NO_DIRECT_POSTING)),
            [(f"{FIRST}/source/value", "ACCOUNT_NOT_POSTABLE")],
        ),
        (
            settings(expense=by_tag("expense", "?")),
            [(f"{FIRST}/source/default", "ACCOUNT_UNKNOWN")],
        ),
        (settings(expense=by_tag("gone")), [(f"{FIRST}/source/tag_id", "TAG_UNKNOWN")]),
        (settings(vendor=fixed("?")), [(f"{SECOND}/source/value", "VENDOR_UNKNOWN")]),
        (settings(vendor=fixed("10040")), [(f"{SECOND}/source/value", "VENDOR_BLOCKED")]),
        (
            settings(vendor=by_tag("vendor", "10040")),
            [(f"{SECOND}/source/default", "VENDOR_BLOCKED")],
        ),
        (settings(tax=fixed("?")), [(f"{SECOND}/source/value", "TAX_CODE_UNKNOWN")]),
        (
            settings(dimensions={"REGION": fixed("EAST")}),
            [(f"{SECOND}/field", "DIMENSION_UNKNOWN")],
        ),
        (
            settings(dimensions={"DEPARTMENT": fixed("?")}),
            [(f"{SECOND}/source/value", "DIMENSION_VALUE_UNKNOWN")],
        ),
        (
            settings(dimensions={"DEPARTMENT": by_tag("department", "?")}),
            [(f"{SECOND}/source/default", "DIMENSION_VALUE_UNKNOWN")],
        ),
        (settings(dimensions={"": fixed("OPS")}), [(f"{SECOND}/field", "DIMENSION_UNKNOWN")]),
    ],
)
def test_the_mappings_of_purchases_are_checked(
    chosen: Settings, expected: list[tuple[str, str]]
) -> None:
    assert errors(chosen) == expected


def test_only_dropdown_tags_can_be_mapped() -> None:
    tags = {**TAG_KINDS, TAG_IDS["expense"]: "Text"}
    assert errors(settings(), tags=tags) == [(f"{FIRST}/source/tag_id", "TAG_NOT_DROPDOWN")]


@pytest.mark.parametrize("tag_id", [None, ""])
def test_a_mapping_to_a_tag_names_one(tag_id: str | None) -> None:
    nameless = settings(expense=Source("tag", tag_id=tag_id))
    assert errors(nameless) == [(f"{FIRST}/source/tag_id", "TAG_UNKNOWN")]


def test_tag_ids_are_compared_without_case() -> None:
    assert errors(settings(expense=by_tag(TAG_IDS["expense"].upper()))) == []


def test_one_tag_takes_the_options_of_one_field_only() -> None:
    one = by_tag("expense")
    other = replace(one, tag_id=(one.tag_id or "").upper())
    both = (
        FieldMapping("expense_account", one, sync_options=True),
        FieldMapping("dimension:PROJECT", other, sync_options=True),
    )
    assert errors(mapped(*both)) == [
        (f"{FIRST}/sync_options", "TAG_OF_TWO_FIELDS"),
        (f"{SECOND}/sync_options", "TAG_OF_TWO_FIELDS"),
    ]
    assert errors(mapped(both[0], replace(both[1], sync_options=False))) == []


def test_a_field_is_mapped_once_whatever_its_case_is() -> None:
    expense = FieldMapping("expense_account", by_tag("expense"))
    twice = mapped(
        expense,
        FieldMapping("dimension:DEPARTMENT", fixed("OPS")),
        FieldMapping("dimension:department", fixed("SALES")),
    )
    assert errors(twice) == [("/purchases/mappings/2/field", "FIELD_TWICE")]
    assert errors(mapped(expense, expense)) == [(f"{SECOND}/field", "FIELD_TWICE")]


@pytest.mark.parametrize("field", ["colour", "Expense_Account", "Dimension:DEPARTMENT", ""])
def test_an_unknown_field_cannot_be_mapped(field: str) -> None:
    chosen = mapped(
        FieldMapping("expense_account", by_tag("expense")), FieldMapping(field, fixed(MEALS))
    )
    assert (f"{SECOND}/field", "FIELD_UNKNOWN") in errors(chosen)


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (settings(fees=Fees(enabled=True)), ("/fees/account_id", "ACCOUNT_REQUIRED")),
        (
            settings(fees=Fees(enabled=True, account_id=REBATES)),
            ("/fees/account_id", "ACCOUNT_CATEGORY"),
        ),
        (
            settings(rebates=Rebates(enabled=True, account_id=FEES)),
            ("/rebates/account_id", "ACCOUNT_CATEGORY"),
        ),
        (
            settings(transfers=Transfers(enabled=True)),
            ("/transfers/bank_account_id", "ACCOUNT_REQUIRED"),
        ),
        (
            settings(transfers=Transfers(enabled=True, bank_account_id="?")),
            ("/transfers/bank_account_id", "BANK_ACCOUNT_UNKNOWN"),
        ),
        (
            settings(transfers=Transfers(enabled=True, bank_account_id="OLD")),
            ("/transfers/bank_account_id", "BANK_ACCOUNT_BLOCKED"),
        ),
        (
            settings(transfers=Transfers(enabled=True, bank_account_id="EURO")),
            ("/transfers/bank_account_id", "BANK_ACCOUNT_CURRENCY"),
        ),
        (
            settings(fees=Fees(enabled=True, account_id=FEES, dimensions={"REGION": "EAST"})),
            ("/fees/dimensions/REGION", "DIMENSION_UNKNOWN"),
        ),
        (
            settings(
                rebates=Rebates(enabled=True, account_id=REBATES, dimensions={"PROJECT": "?"})
            ),
            ("/rebates/dimensions/PROJECT", "DIMENSION_VALUE_UNKNOWN"),
        ),
        (
            settings(
                transfers=Transfers(enabled=True, bank_account_id=BANK, dimensions={"PROJECT": ""})
            ),
            ("/transfers/dimensions/PROJECT", "VALUE_REQUIRED"),
        ),
        (
            settings(bill_payments=BillPayments(enabled=True)),
            ("/bill_payments/enabled", "KIND_NOT_OFFERED"),
        ),
    ],
)
def test_the_other_kinds_are_checked(chosen: Settings, expected: tuple[str, str]) -> None:
    assert errors(chosen) == [expected]


@pytest.mark.parametrize("kind", ["fees", "transfers", "rebates"])
def test_a_dimension_of_another_kind_is_mapped_once_whatever_its_case_is(kind: str) -> None:
    switched_on = getattr(settings(), kind)
    twice = {"DEPARTMENT": "OPS", "PROJECT": "PIER", "department": "SALES"}
    chosen = settings(**{kind: replace(switched_on, dimensions=twice)})
    assert errors(chosen) == [(f"/{kind}/dimensions/department", "FIELD_TWICE")]


def test_a_pointer_escapes_what_rfc_6901_reserves() -> None:
    odd = settings(fees=Fees(enabled=True, account_id=FEES, dimensions={"A/B~C": "1"}))
    assert errors(odd) == [("/fees/dimensions/A~1B~0C", "DIMENSION_UNKNOWN")]


def test_a_credit_business_has_neither_transfers_nor_rebates() -> None:
    both = credit(
        transfers=Transfers(enabled=True, bank_account_id=BANK),
        rebates=Rebates(enabled=True, account_id=REBATES),
    )
    assert errors(both, "credit") == [
        ("/transfers/enabled", "KIND_NOT_OFFERED"),
        ("/rebates/enabled", "KIND_NOT_OFFERED"),
    ]


def test_every_field_that_cannot_stand_is_named_at_once() -> None:
    wrong = settings(
        start_date=date(2020, 1, 1),
        pex_account_id=None,
        expense=fixed("?"),
        fees=Fees(enabled=True),
    )
    assert [pointer for pointer, _ in errors(wrong)] == [
        "/start_date", "/pex_account_id", f"{FIRST}/source/value", "/fees/account_id",
    ]  # fmt: skip


def test_saved_settings_that_fit_the_company_no_more_are_told_whatever_their_dates() -> None:
    old = settings(start_date=date(2020, 1, 1), expense=fixed("?"))
    assert [one.pointer for one in misfits(old, chart(), TAG_KINDS, "prepaid")] == [
        f"{FIRST}/source/value"
    ]


def test_refused_settings_are_a_refusal_with_a_code() -> None:
    wrong = settings(pex_account_id=None, fees=Fees(enabled=True))
    with pytest.raises(SettingsRefused, match=r"2 field\(s\)") as refused:
        check_settings(wrong, chart(), TAG_KINDS, "prepaid", TODAY)
    assert isinstance(refused.value, Refusal)
    assert refused.value.code == "SETTINGS_INVALID"
    assert all(one.detail and one.fix for one in refused.value.errors)
