"""The check of settings against the chart and the tags that they name, field by field (M15)."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from domain.chart import Account, Chart
from domain.refusals import Failure, Refusal
from domain.settings import (
    DIMENSION,
    EXPENSE_ACCOUNT,
    TAX_CODE,
    VENDOR,
    FieldMapping,
    Settings,
)
from domain.sync_window import WindowRefused, check_dates
from domain.synced_fields import TagOfTwoFields, check_one_field
from domain.vendors import check_vendor

ASSETS = "Assets"
LIABILITIES = "Liabilities"
EXPENSES = ("Expense", "Cost of Goods Sold")
INCOME = ("Income",)


@dataclass(frozen=True, slots=True)
class FieldError:
    """One field that cannot stand: where (an RFC 6901 pointer), the code, the cause, the fix."""

    pointer: str
    code: str
    detail: str
    fix: str


class SettingsRefused(Refusal):
    """Settings that cannot be saved; `errors` names every field (M15)."""

    code = "SETTINGS_INVALID"
    fix = "Correct the fields named in errors and save again."

    def __init__(self, errors: tuple[FieldError, ...]) -> None:
        self.errors = errors
        super().__init__(f"{len(errors)} field(s) of the settings cannot stand.")


def check_settings(
    settings: Settings, chart: Chart, tags: Mapping[str, str], funding: str, today: date
) -> None:
    """Refuse settings that cannot work.

    `tags` maps the ids of all PEX tags, in lower case, to their kinds, such as `Dropdown`.

    Raises:
        SettingsRefused: with all fields that cannot stand.
    """
    errors = (*_dates(settings, today), *misfits(settings, chart, tags, funding))
    if errors:
        raise SettingsRefused(errors)


def misfits(
    settings: Settings, chart: Chart, tags: Mapping[str, str], funding: str
) -> Iterator[FieldError]:
    """The fields that do not fit the chart and the tags, or each other.

    Saved settings may come to that when a company changes. Their dates never do: a start that lies
    too far back by now is cut off by each sync (M9).
    """
    if chart.currency != "USD":
        yield FieldError(
            "/company_id",
            "CURRENCY_NOT_USD",
            f"The company keeps its books in {chart.currency}, PEX settles in USD.",
            "Choose a company that keeps its books in USD.",
        )
    side = LIABILITIES if funding == "credit" else ASSETS
    yield from _account(chart, "/pex_account_id", settings.pex_account_id, (side,))
    yield from _purchases(settings, chart, tags)
    yield from _static_kinds(settings, chart)
    yield from _bill_payments(settings, chart, funding)
    yield from _prepaid_only(settings, funding)


def _dates(settings: Settings, today: date) -> Iterator[FieldError]:
    try:
        check_dates(settings.start_date, settings.end_date, today)
    except WindowRefused as refusal:
        yield FieldError(f"/{refusal.field}", refusal.code, refusal.cause, refusal.fix)


def _account(
    chart: Chart, pointer: str, value: str | None, categories: Collection[str] = ()
) -> Iterator[FieldError]:
    if not value:
        yield FieldError(pointer, "ACCOUNT_REQUIRED", "No account is chosen.", "Choose an account.")
        return
    account = chart.accounts.find(value)
    if account is None:
        yield FieldError(
            pointer,
            "ACCOUNT_UNKNOWN",
            f"The company has no account {value!r}.",
            "Choose one of the company's accounts.",
        )
        return
    yield from _usable(account, pointer, categories)


def _usable(account: Account, pointer: str, categories: Collection[str]) -> Iterator[FieldError]:
    why = account.unusable_because
    if why:
        yield FieldError(
            pointer,
            "ACCOUNT_BLOCKED" if account.blocked else "ACCOUNT_NOT_POSTABLE",
            f"The account {account.number} {account.name} cannot be posted to: {why}.",
            "Choose a posting account that is not blocked and allows direct posting.",
        )
    elif categories and account.category not in categories:
        yield FieldError(
            pointer,
            "ACCOUNT_CATEGORY",
            f"The account {account.number} {account.name} is of the category {account.category}.",
            f"Choose an account of the category {' or '.join(categories)}.",
        )


def _purchases(settings: Settings, chart: Chart, tags: Mapping[str, str]) -> Iterator[FieldError]:
    purchases = settings.purchases
    if not purchases.enabled:
        return
    if purchases.mapping(EXPENSE_ACCOUNT) is None:
        yield FieldError(
            "/purchases/mappings",
            "EXPENSE_ACCOUNT_UNMAPPED",
            "Purchases need an expense account.",
            "Map expense_account to an account or to a dropdown tag.",
        )
    if purchases.vendor_per_merchant and purchases.mapping(VENDOR):
        yield FieldError(
            "/purchases/vendor_per_merchant",
            "VENDOR_TWICE",
            "The vendor is resolved per merchant and mapped as well.",
            "Keep one of the two.",
        )
    seen: set[str] = set()
    for index, mapping in enumerate(purchases.mappings):
        pointer = f"/purchases/mappings/{index}"
        if mapping.field.casefold() in seen:
            yield FieldError(
                f"{pointer}/field",
                "FIELD_TWICE",
                f"{mapping.field} is mapped twice.",
                "Map each field once.",
            )
        seen.add(mapping.field.casefold())
        yield from _mapping(mapping, pointer, chart, tags)
        yield from _synced_options(mapping, pointer, settings)


def _mapping(
    mapping: FieldMapping, pointer: str, chart: Chart, tags: Mapping[str, str]
) -> Iterator[FieldError]:
    source = mapping.source
    if source.kind == "tag":
        yield from _tag(source.tag_id, f"{pointer}/source/tag_id", tags)
        value, where = source.default, f"{pointer}/source/default"
    else:
        value, where = source.value, f"{pointer}/source/value"
        if not value:
            yield FieldError(
                where, "VALUE_REQUIRED", "A static mapping needs a value.", "Choose a value."
            )
    yield from _field_value(mapping, pointer, value, where, chart)


def _tag(tag_id: str | None, pointer: str, tags: Mapping[str, str]) -> Iterator[FieldError]:
    kind = tags.get((tag_id or "").casefold())
    if kind is None:
        yield FieldError(
            pointer,
            "TAG_UNKNOWN",
            f"PEX has no tag {tag_id!r}.",
            "Choose one of the business's dropdown tags.",
        )
    elif kind != "Dropdown":
        yield FieldError(
            pointer,
            "TAG_NOT_DROPDOWN",
            f"The tag is a {kind} tag.",
            "Choose a dropdown tag; only those can be mapped.",
        )


def _synced_options(
    mapping: FieldMapping, pointer: str, settings: Settings
) -> Iterator[FieldError]:
    try:
        check_one_field(mapping, settings)
    except TagOfTwoFields as refusal:
        yield FieldError(f"{pointer}/sync_options", refusal.code, refusal.cause, refusal.fix)


def _field_value(
    mapping: FieldMapping, pointer: str, value: str | None, where: str, chart: Chart
) -> Iterator[FieldError]:
    if mapping.dimension is not None:
        yield from _dimension(chart, f"{pointer}/field", mapping.dimension, where, value)
    elif mapping.field == EXPENSE_ACCOUNT:
        yield from _account(chart, where, value) if value else ()
    elif mapping.field == VENDOR:
        yield from _vendor(chart, where, value)
    elif mapping.field == TAX_CODE:
        if value and chart.tax_codes.find(value) is None:
            yield _unknown(where, "TAX_CODE_UNKNOWN", "tax code", value)
    else:
        yield FieldError(
            f"{pointer}/field",
            "FIELD_UNKNOWN",
            f"{mapping.field!r} cannot be mapped.",
            f"Map {EXPENSE_ACCOUNT}, {VENDOR}, {TAX_CODE} or {DIMENSION}CODE.",
        )


def _vendor(chart: Chart, where: str, value: str | None) -> Iterator[FieldError]:
    vendor = chart.vendors.find(value) if value else None
    if value and vendor is None:
        yield _unknown(where, "VENDOR_UNKNOWN", "vendor", value)
    if vendor is not None:
        try:
            check_vendor(vendor, chart.currency)
        except Failure as refusal:
            yield FieldError(where, refusal.code, refusal.cause, refusal.fix)


def _dimension(
    chart: Chart, field_pointer: str, code: str, where: str, value: str | None
) -> Iterator[FieldError]:
    dimension = chart.dimensions.get(code.upper())
    if dimension is None:
        yield _unknown(field_pointer, "DIMENSION_UNKNOWN", "dimension", code)
    elif value and dimension.values.find(value) is None:
        yield _unknown(where, "DIMENSION_VALUE_UNKNOWN", f"{dimension.code} value", value)


def _unknown(pointer: str, code: str, what: str, value: str) -> FieldError:
    return FieldError(
        pointer,
        code,
        f"The company has no {what} {value!r}.",
        f"Choose one of the company's {what}s.",
    )


def _static_kinds(settings: Settings, chart: Chart) -> Iterator[FieldError]:
    if settings.fees.enabled:
        yield from _account(chart, "/fees/account_id", settings.fees.account_id, EXPENSES)
        yield from _dimensions(chart, "/fees", settings.fees.dimensions)
    if settings.rebates.enabled:
        yield from _account(chart, "/rebates/account_id", settings.rebates.account_id, INCOME)
        yield from _dimensions(chart, "/rebates", settings.rebates.dimensions)
    if settings.transfers.enabled:
        yield from _bank(chart, "/transfers/bank_account_id", settings.transfers.bank_account_id)
        yield from _dimensions(chart, "/transfers", settings.transfers.dimensions)


def _dimensions(chart: Chart, pointer: str, dimensions: Mapping[str, str]) -> Iterator[FieldError]:
    seen: set[str] = set()
    for code, value in dimensions.items():
        where = f"{pointer}/dimensions/{code.replace('~', '~0').replace('/', '~1')}"
        if code.casefold() in seen:
            yield FieldError(
                where, "FIELD_TWICE", f"{code} is mapped twice.", "Map each dimension once."
            )
        seen.add(code.casefold())
        if value:
            yield from _dimension(chart, where, code, where, value)
        else:
            yield FieldError(
                where, "VALUE_REQUIRED", "A static mapping needs a value.", "Choose a value."
            )


def _bank(chart: Chart, pointer: str, value: str | None) -> Iterator[FieldError]:
    if not (value and value.strip()):
        detail = "No bank account is chosen."
        yield FieldError(pointer, "ACCOUNT_REQUIRED", detail, "Choose a bank account.")
        return
    bank = chart.bank_accounts.find(value)
    if bank is None:
        yield _unknown(pointer, "BANK_ACCOUNT_UNKNOWN", "bank account", value)
    elif bank.blocked:
        yield FieldError(
            pointer,
            "BANK_ACCOUNT_BLOCKED",
            f"The bank account {bank.number} is blocked.",
            "Choose a bank account that is not blocked.",
        )
    elif bank.currency not in ("", chart.currency):
        yield FieldError(
            pointer,
            "BANK_ACCOUNT_CURRENCY",
            f"The bank account {bank.number} is in {bank.currency}.",
            f"Choose a bank account in {chart.currency}.",
        )


def _bill_payments(settings: Settings, chart: Chart, funding: str) -> Iterator[FieldError]:
    """Bill payments belong to credit businesses; both accounts are asked for before any invoice.

    Most invoices are paid by rebates in part, and a missing account should not be found by then.
    """
    chosen = settings.bill_payments
    if not chosen.enabled:
        return
    if funding != "credit":
        yield FieldError(
            "/bill_payments/enabled",
            "KIND_NOT_OFFERED",
            "A prepaid business is sent no bills; its money comes by transfers.",
            "Switch it off.",
        )
        return
    yield from _bank(chart, "/bill_payments/bank_account_id", chosen.bank_account_id)
    yield from _account(chart, "/bill_payments/rebate_account_id", chosen.rebate_account_id, INCOME)
    yield from _dimensions(chart, "/bill_payments", chosen.dimensions)


def _prepaid_only(settings: Settings, funding: str) -> Iterator[FieldError]:
    """Transfers and rebates belong to prepaid businesses; bills hold both for credit ones."""
    prepaid_only = {
        "/transfers/enabled": settings.transfers.enabled,
        "/rebates/enabled": settings.rebates.enabled,
    }
    for pointer, enabled in prepaid_only.items():
        if enabled and funding == "credit":
            yield FieldError(
                pointer,
                "KIND_NOT_OFFERED",
                "A credit business has neither transfers nor rebates of its own.",
                "Switch it off, and bill payments on.",
            )
