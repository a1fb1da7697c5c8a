"""From a PEX transaction to its journal entry, or to a refusal with a code (M12, M13, M20 to M23).

Signs: the PEX line bears the transaction's own sign, since money into PEX is a debit there and
money out a credit; every other line bears the opposite. So refunds, reversals and withdrawals
need no rule of their own (M19).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from domain.bill_payment import bill_parts
from domain.chart import Account, BankAccount, Chart, Vendor
from domain.document_keys import DocumentKeys
from domain.eligibility import posting_date
from domain.journal_entry import (
    COMMENT_LENGTH,
    DESCRIPTION_LENGTH,
    DOCUMENT_NUMBER_LENGTH,
    AccountType,
    DimensionCode,
    JournalEntry,
    JournalLine,
)
from domain.money import Money, total
from domain.pack import CAPACITY
from domain.pex_transaction import Kind, PexTransaction
from domain.refusals import (
    AccountUnmapped,
    AccountUnusable,
    AmountNotInCents,
    InvoiceUnreadable,
    NotPostable,
    PexIdTooLong,
    TooManyLines,
    ValueUnknown,
    VendorUnmapped,
)
from domain.settings import EXPENSE_ACCOUNT, TAX_CODE, VENDOR, Settings, Source, VendorPosting
from domain.splits import Share, shares
from domain.text import cut, one_line
from domain.vendors import check_vendor


@dataclass(frozen=True, slots=True)
class Text:
    """What every line of an entry says: merchant and cardholder, and the users' notes (M23).

    Of an invoice, the comment lists the payments.
    """

    description: str
    comment: str


def map_transaction(
    row: PexTransaction,
    kind: Kind,
    settings: Settings,
    chart: Chart,
    keys: DocumentKeys,
    merchant: Vendor | None = None,
) -> JournalEntry:
    """The balanced entry of a transaction that passed `eligibility`.

    `merchant` is the vendor of the purchase's merchant, where vendors go by merchant (M22).

    Raises:
        Failure: it cannot be mapped; the code says why.
    """
    if not row.amount.is_whole_cents:
        raise AmountNotInCents(row.amount)
    if len(keys.document_number) > DOCUMENT_NUMBER_LENGTH:
        raise PexIdTooLong(keys.document_number)
    text = Text(_description(row, keys), _comment(row))
    if kind is Kind.PURCHASE:
        lines = _purchase_lines(row, settings, chart, text, merchant)
    elif kind is Kind.BILL_PAYMENT:
        lines = _bill_lines(row, settings, chart, text)
    else:
        lines = (_other_line(row, kind, settings, chart, text),)
    pex = _gl_account(chart, settings.pex_account_id, "PEX account")
    pex_line = JournalLine(AccountType.GL, pex.number, row.amount, text.description, text.comment)
    if len(lines) + 1 > CAPACITY:
        raise TooManyLines(len(lines) + 1)
    return JournalEntry(
        posting_date(row, settings),
        keys.document_number,
        keys.external_document_number,
        (*lines, pex_line),
    )


def _purchase_lines(
    row: PexTransaction, settings: Settings, chart: Chart, text: Text, merchant: Vendor | None
) -> tuple[JournalLine, ...]:
    parts = shares(row)
    vendors = [(merchant or _vendor(part, settings, chart), part.amount) for part in parts]
    expenses = [
        _expense_line(part, settings, chart, _with_vendor(text, vendor, settings))
        for part, (vendor, _) in zip(parts, vendors, strict=True)
    ]
    if settings.purchases.vendor_posting is VendorPosting.REFERENCE:
        return tuple(expenses)
    return (*expenses, *_vendor_lines(vendors, text))


def _expense_line(part: Share, settings: Settings, chart: Chart, text: Text) -> JournalLine:
    purchases = settings.purchases
    mapping = purchases.mapping(EXPENSE_ACCOUNT)
    value = _value(mapping.source, part.tags) if mapping else None
    if not value:
        raise AccountUnmapped
    account = _gl_account(chart, value, "G/L account")
    tax = purchases.mapping(TAX_CODE)
    tax_value = _value(tax.source, part.tags) if tax else None
    dimensions = {
        mapping.dimension: _value(mapping.source, part.tags)
        for mapping in purchases.dimensions()
        if mapping.dimension
    }
    return JournalLine(
        AccountType.GL,
        account.number,
        -part.amount,
        text.description,
        text.comment,
        _tax_code(chart, tax_value) if tax_value else "",
        _dimensions(chart, {code: value for code, value in dimensions.items() if value}),
    )


def _vendor(part: Share, settings: Settings, chart: Chart) -> Vendor | None:
    mapping = settings.purchases.mapping(VENDOR)
    if mapping is None:
        return None
    value = _value(mapping.source, part.tags)
    if not value:
        raise VendorUnmapped
    vendor = chart.vendors.find(value)
    if vendor is None:
        raise ValueUnknown("vendor", value)
    check_vendor(vendor, chart.currency)
    return vendor


def _vendor_lines(
    vendors: list[tuple[Vendor | None, Money]], text: Text
) -> tuple[JournalLine, ...]:
    """A line and its opposite on each vendor, so that its ledger shows the purchase (M22)."""
    amounts: dict[str, list[Money]] = {}
    for vendor, amount in vendors:
        if vendor is not None:
            amounts.setdefault(vendor.number, []).append(amount)
    return tuple(
        JournalLine(AccountType.VENDOR, number, signed, text.description, text.comment)
        for number, parts in amounts.items()
        for signed in (total(parts), -total(parts))
        if not signed.is_zero
    )


def _with_vendor(text: Text, vendor: Vendor | None, settings: Settings) -> Text:
    if vendor is None or settings.purchases.vendor_posting is VendorPosting.SUBLEDGER:
        return text
    comment = "; ".join(filter(None, (f"Vendor {vendor.number} {vendor.name}", text.comment)))
    return Text(text.description, cut(comment, COMMENT_LENGTH))


def _other_line(
    row: PexTransaction, kind: Kind, settings: Settings, chart: Chart, text: Text
) -> JournalLine:
    """The single line opposite PEX of a fee, transfer or rebate (M13, M20)."""
    if kind is Kind.TRANSFER:
        bank = _bank(chart, settings.transfers.bank_account_id)
        account_type, number = AccountType.BANK, bank.number
        static = settings.transfers.dimensions
    elif kind not in (Kind.FEE, Kind.REBATE):
        raise NotPostable(f"account for the kind {kind.value}")
    else:
        choice = settings.fees if kind is Kind.FEE else settings.rebates
        what = "fee account" if kind is Kind.FEE else "rebate account"
        account_type, number = AccountType.GL, _gl_account(chart, choice.account_id, what).number
        static = choice.dimensions
    return JournalLine(
        account_type,
        number,
        -row.amount,
        text.description,
        text.comment,
        dimensions=_dimensions(chart, static),
    )


def _bill_lines(
    row: PexTransaction, settings: Settings, chart: Chart, text: Text
) -> tuple[JournalLine, ...]:
    """The bank's line, and the one of rebates and credits; a part of 0.00 makes no line (M20)."""
    if row.bill is None:
        raise InvoiceUnreadable("an invoice without its payments")
    parts, choice = bill_parts(row.amount, row.bill), settings.bill_payments
    sides = []
    if not parts.cash.is_zero:
        number = _bank(chart, choice.bank_account_id).number
        sides.append((AccountType.BANK, number, parts.cash))
    if not parts.non_cash.is_zero:
        number = _gl_account(chart, choice.rebate_account_id, "rebate account").number
        sides.append((AccountType.GL, number, parts.non_cash))
    static = _dimensions(chart, choice.dimensions)
    return tuple(
        JournalLine(side, number, -money, text.description, text.comment, dimensions=static)
        for side, number, money in sides
    )


def _value(source: Source, tags: Mapping[str, str]) -> str | None:
    """The transaction's own tag before the default (M12)."""
    if source.kind == "static":
        return source.value
    return tags.get((source.tag_id or "").casefold()) or source.default


def _gl_account(chart: Chart, value: str | None, what: str) -> Account:
    if not value:
        raise NotPostable(what)
    account = chart.accounts.find(value)
    if account is None:
        raise ValueUnknown(what, value)
    why = account.unusable_because
    if why:
        raise AccountUnusable(account.number, why)
    return account


def _bank(chart: Chart, value: str | None) -> BankAccount:
    if not value:
        raise NotPostable("bank account")
    bank = chart.bank_accounts.find(value)
    if bank is None:
        raise ValueUnknown("bank account", value)
    if bank.blocked:
        raise AccountUnusable(bank.number, "it is blocked")
    return bank


def _tax_code(chart: Chart, value: str) -> str:
    found = chart.tax_codes.find(value)
    if found is None:
        raise ValueUnknown("tax code", value)
    return found.code


def _dimensions(chart: Chart, values: Mapping[str, str]) -> tuple[DimensionCode, ...]:
    codes = []
    for code, value in sorted(values.items()):
        dimension = chart.dimensions.get(code.upper())
        found = dimension.values.find(value) if dimension else None
        if dimension is None or found is None:
            raise ValueUnknown(f"{code} value", value)
        codes.append(DimensionCode(dimension.code, found.code))
    return tuple(codes)


def _description(row: PexTransaction, keys: DocumentKeys) -> str:
    who = " / ".join(filter(None, (one_line(row.merchant), one_line(row.cardholder or ""))))
    if not who:
        return keys.ending
    ending = f" / {keys.ending}"
    return cut(who, DESCRIPTION_LENGTH - len(ending)) + ending


def _comment(row: PexTransaction) -> str:
    told = row.notes if row.bill is None else map(str, row.bill.payments)
    return cut(one_line("; ".join(told)), COMMENT_LENGTH)
