"""A small company in Business Central, and settings that post to it."""

from collections.abc import Mapping
from typing import Any

from builders.rows import TAG_IDS
from domain.chart import (
    Account,
    BankAccount,
    Catalogue,
    Chart,
    Dimension,
    DimensionValue,
    TaxCode,
    Vendor,
)
from domain.settings import (
    Fees,
    FieldMapping,
    Purchases,
    Rebates,
    Settings,
    Source,
    Transfers,
)

PEX = "10950"
PEX_CREDIT = "20950"
MEALS = "62400"
SUPPLIES = "61100"
BLOCKED = "66900"
HEADING = "60000"
NO_DIRECT_POSTING = "66000"
FEES = "68000"
REBATES = "48000"
BANK = "CHECKING"
DELI = "10010"
HARDWARE = "10020"

TAG_KINDS = dict.fromkeys(TAG_IDS.values(), "Dropdown")

_UNSET: Mapping[str, Source] = {}


def account(number: str, name: str, category: str = "Expense", **members: Any) -> Account:
    """A posting account; its id is `a-` and the number."""
    return Account(f"a-{number}", number, name, category, **members)


def chart(**changes: Any) -> Chart:
    """The company's chart; `changes` replace members of `Chart`."""
    members: dict[str, Any] = {
        "company_id": "harbor",
        "currency": "USD",
        "accounts": Catalogue(
            [
                account(PEX, "PEX card account", "Assets"),
                account(PEX_CREDIT, "PEX credit line", "Liabilities"),
                account(MEALS, "Meals"),
                account(SUPPLIES, "Office supplies"),
                account("51000", "Goods for resale", "Cost of Goods Sold"),
                account(BLOCKED, "Old project", blocked=True),
                account(HEADING, "Operating expenses", account_type="Heading"),
                account(NO_DIRECT_POSTING, "Payables control", direct_posting=False),
                account(FEES, "Card fees"),
                account(REBATES, "Rebates", "Income"),
            ]
        ),
        "bank_accounts": Catalogue(
            [
                BankAccount("b-1", BANK, "Checking"),
                BankAccount("b-2", "OLD", "Closed account", blocked=True),
                BankAccount("b-3", "EURO", "Euro account", currency="EUR"),
            ]
        ),
        "vendors": Catalogue(
            [
                Vendor("v-1", DELI, "Corner Deli"),
                Vendor("v-2", HARDWARE, "North Pier Hardware"),
                Vendor("v-3", "10030", "Slow Payer", blocked="Payment"),
                Vendor("v-4", "10040", "Gone for Good", blocked="All"),
                Vendor("v-5", "10050", "Faraway Freight", currency="EUR"),
            ]
        ),
        "tax_codes": Catalogue([TaxCode("t-1", "TAXABLE", "Taxable goods")]),
        "dimensions": {
            "DEPARTMENT": _dimension("DEPARTMENT", OPS="Operations", SALES="Sales"),
            "PROJECT": _dimension("PROJECT", PIER="Pier repair", BOAT="New boat"),
        },
    }
    return Chart(**(members | changes))


def _dimension(code: str, **values: str) -> Dimension:
    named = [DimensionValue(f"dv-{value}", value, name) for value, name in values.items()]
    return Dimension(f"d-{code}", code, code.title(), Catalogue(named))


def fixed(value: str | None) -> Source:
    """A static value."""
    return Source("static", value=value)


def by_tag(tag: str, default: str | None = None) -> Source:
    """The value of a tag, by its short name in `TAG_IDS`, else the default."""
    return Source("tag", tag_id=TAG_IDS.get(tag, tag), default=default)


def purchases(
    *,
    expense: Source | None = None,
    vendor: Source | None = None,
    tax: Source | None = None,
    dimensions: Mapping[str, Source] = _UNSET,
    **rules: Any,
) -> Purchases:
    """Rules for purchases; the expense account comes from its tag, without a default."""
    named = {
        "expense_account": expense or by_tag("expense"),
        "vendor": vendor,
        "tax_code": tax,
    } | {f"dimension:{code}": source for code, source in dimensions.items()}
    mappings = tuple(FieldMapping(name, source) for name, source in named.items() if source)
    return Purchases(**({"mappings": mappings} | rules))


def settings(
    *,
    expense: Source | None = None,
    vendor: Source | None = None,
    tax: Source | None = None,
    dimensions: Mapping[str, Source] = _UNSET,
    rules: Mapping[str, Any] | None = None,
    **changes: Any,
) -> Settings:
    """Settings that sync every kind of a prepaid business.

    `rules` are members of `Purchases`, `changes` those of `Settings`.
    """
    members: dict[str, Any] = {
        "company_id": "harbor",
        "pex_account_id": PEX,
        "purchases": purchases(
            expense=expense, vendor=vendor, tax=tax, dimensions=dimensions, **(rules or {})
        ),
        "fees": Fees(enabled=True, account_id=FEES),
        "transfers": Transfers(enabled=True, bank_account_id=BANK),
        "rebates": Rebates(enabled=True, account_id=REBATES),
    }
    return Settings(**(members | changes))
