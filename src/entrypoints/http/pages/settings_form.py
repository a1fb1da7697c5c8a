"""Between the settings and the fields of their form, which bear the settings' own pointers.

A plain member's field is named by its RFC 6901 pointer, such as `/fees/account_id`; the parts of a
mapping `map:FIELD:kind`, `:value`, `:tag_id` and `:sync`; a static dimension `dim:/fees:CODE`. A
box that is not ticked is not there.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Final

from domain.settings import (
    DIMENSION,
    EXPENSE_ACCOUNT,
    VENDOR,
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
from domain.settings_check import FieldError, SettingsRefused

Form = dict[str, str]
ON: Final = "on"
MAPPING: Final = re.compile(r"map:(?P<field>.+):kind")
POINTER: Final = re.compile(r"/purchases/mappings/(?P<index>\d+)/(?P<part>.+)")
STATIC: Final = ("/fees", "/transfers", "/rebates", "/bill_payments")


def to_form(settings: Settings) -> Form:
    """The fields as a browser would send the settings."""
    purchases, rules = settings.purchases, settings.tag_options
    form: dict[str, str | bool | None] = {
        "/company_id": settings.company_id,
        "/pex_account_id": settings.pex_account_id,
        "/start_date": settings.start_date.isoformat() if settings.start_date else None,
        "/end_date": settings.end_date.isoformat() if settings.end_date else None,
        "/purchases/enabled": purchases.enabled,
        "/purchases/approved_only": purchases.approved_only,
        "/purchases/attachments": purchases.attachments,
        "/purchases/posting_date": purchases.posting_date.value,
        "/purchases/vendor_per_merchant": purchases.vendor_per_merchant,
        "/purchases/add_vendor_to_company": purchases.add_vendor_to_company,
        "/purchases/standardized_vendor_names": purchases.standardized_vendor_names,
        "/purchases/vendor_posting": purchases.vendor_posting.value,
        "/fees/enabled": settings.fees.enabled,
        "/fees/account_id": settings.fees.account_id,
        "/transfers/enabled": settings.transfers.enabled,
        "/transfers/bank_account_id": settings.transfers.bank_account_id,
        "/rebates/enabled": settings.rebates.enabled,
        "/rebates/account_id": settings.rebates.account_id,
        "/bill_payments/enabled": settings.bill_payments.enabled,
        "/bill_payments/bank_account_id": settings.bill_payments.bank_account_id,
        "/bill_payments/rebate_account_id": settings.bill_payments.rebate_account_id,
        "/tag_options/rename": rules.rename,
        "/tag_options/reenable": rules.reenable,
    }
    for mapping in purchases.mappings:
        source, name = mapping.source, f"map:{canonical(mapping)}"
        form[f"{name}:kind"] = source.kind
        form[f"{name}:value"] = source.value if source.kind == "static" else source.default
        form[f"{name}:tag_id"] = source.tag_id
        form[f"{name}:sync"] = mapping.sync_options
    kinds = (settings.fees, settings.transfers, settings.rebates, settings.bill_payments)
    static = [kind.dimensions for kind in kinds]
    for pointer, dimensions in zip(STATIC, static, strict=True):
        form |= {f"dim:{pointer}:{code.upper()}": one for code, one in dimensions.items()}
    texts = {name: ON if value is True else value for name, value in form.items()}
    return {name: text for name, text in texts.items() if isinstance(text, str)}


def canonical(mapping: FieldMapping) -> str:
    """The mapped field with the dimension's code in upper case."""
    return f"{DIMENSION}{mapping.dimension}" if mapping.dimension else mapping.field


def from_form(form: Mapping[str, str]) -> Settings:
    """The settings that a form says, whether or not they can stand.

    Raises:
        SettingsRefused: a day is none.
    """
    errors: list[FieldError] = []

    def text(name: str) -> str | None:
        return form.get(name, "").strip() or None

    def day(name: str) -> date | None:
        given = text(name)
        try:
            return date.fromisoformat(given) if given else None
        except ValueError:
            errors.append(
                FieldError(
                    name,
                    "DATE_UNREADABLE",
                    f"{given!r} is no day.",
                    "Write the day as year-month-day, such as 2026-03-31.",
                )
            )
            return None

    def dimensions(pointer: str) -> dict[str, str]:
        start = f"dim:{pointer}:"
        named = {name.removeprefix(start): text(name) for name in form if name.startswith(start)}
        return {code: value for code, value in named.items() if value}

    settings = Settings(
        company_id=text("/company_id"),
        pex_account_id=text("/pex_account_id"),
        start_date=day("/start_date"),
        end_date=day("/end_date"),
        purchases=_purchases(form),
        fees=Fees("/fees/enabled" in form, text("/fees/account_id"), dimensions("/fees")),
        transfers=Transfers(
            "/transfers/enabled" in form,
            text("/transfers/bank_account_id"),
            dimensions("/transfers"),
        ),
        rebates=Rebates(
            "/rebates/enabled" in form, text("/rebates/account_id"), dimensions("/rebates")
        ),
        bill_payments=BillPayments(
            "/bill_payments/enabled" in form,
            text("/bill_payments/bank_account_id"),
            text("/bill_payments/rebate_account_id"),
            dimensions("/bill_payments"),
        ),
        tag_options=TagOptionRules("/tag_options/rename" in form, "/tag_options/reenable" in form),
    )
    if errors:
        raise SettingsRefused(tuple(errors))
    return settings


def _purchases(form: Mapping[str, str]) -> Purchases:
    by_purchase = form.get("/purchases/posting_date") == PostingDate.PURCHASE
    by_reference = form.get("/purchases/vendor_posting") == VendorPosting.REFERENCE
    return Purchases(
        enabled="/purchases/enabled" in form,
        approved_only="/purchases/approved_only" in form,
        attachments="/purchases/attachments" in form,
        posting_date=PostingDate.PURCHASE if by_purchase else PostingDate.SETTLEMENT,
        vendor_per_merchant="/purchases/vendor_per_merchant" in form,
        add_vendor_to_company="/purchases/add_vendor_to_company" in form,
        standardized_vendor_names="/purchases/standardized_vendor_names" in form,
        vendor_posting=VendorPosting.REFERENCE if by_reference else VendorPosting.SUBLEDGER,
        mappings=tuple(_mappings(form)),
    )


def _mappings(form: Mapping[str, str]) -> Iterator[FieldMapping]:
    """A mapping of the vendor is out of sight, and left out, where vendors go by merchant."""
    per_merchant = "/purchases/vendor_per_merchant" in form
    for name, kind in form.items():
        found = MAPPING.fullmatch(name)
        field = found["field"] if found else ""
        value = form.get(f"map:{field}:value", "").strip() or None
        if field == VENDOR and per_merchant:
            continue
        if found and kind == "static":
            yield FieldMapping(field, Source("static", value))
        elif found and kind == "tag":
            tag = form.get(f"map:{field}:tag_id", "").strip() or None
            sync = f"map:{field}:sync" in form
            yield FieldMapping(field, Source("tag", tag_id=tag, default=value), sync)


def field_of(pointer: str, settings: Settings) -> str:
    """The form's field that an error's pointer speaks of."""
    found = POINTER.fullmatch(pointer)
    if pointer == "/purchases/mappings":
        return f"map:{EXPENSE_ACCOUNT}:kind"
    if found:
        part = {"source/value": "value", "source/default": "value", "source/tag_id": "tag_id"}
        name = part.get(found["part"], "sync" if found["part"] == "sync_options" else "kind")
        return f"map:{canonical(settings.purchases.mappings[int(found['index'])])}:{name}"
    for static in STATIC:
        if pointer.startswith(f"{static}/dimensions/"):
            code = pointer.removeprefix(f"{static}/dimensions/")
            return f"dim:{static}:{code.replace('~1', '/').replace('~0', '~')}"
    return pointer
