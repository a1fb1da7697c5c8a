"""What fails when the user posts, and not before (contract 2.3.7 and 2.3.8)."""

from collections import defaultdict
from datetime import date
from decimal import Decimal

from sandbox.business_central.lookups import account, postable
from sandbox.business_central.refusals import Refusal
from sandbox.business_central.rows import BANK, BLANK_DATE, GL, VENDOR, Journal, Line
from sandbox.business_central.state import Books


def check_line(books: Books, journal: Journal, line: Line) -> None:
    """Refuse a line that cannot be posted."""
    record = (
        f"Journal Template Name='{journal.template}',Journal Batch Name='{journal.code}',"
        f"Line No.='{line.number}'"
    )
    for field, value in (
        ("Posting Date", line.posting_date != BLANK_DATE),
        ("Document No.", line.document_number),
        ("Account No.", line.account_number or line.balancing_number),
        ("Amount", line.amount),
    ):
        if not value:
            raise Refusal("must_have_value", field=field, record=f"Gen. Journal Line {record}")
    if not _in_range(books, line.posting_date):
        raise Refusal("outside_range", record=record)
    for side, number in (
        (line.account_type, line.account_number),
        (line.balancing_type, line.balancing_number),
    ):
        if number:
            _check_account(books, side, number)
    _check_dimensions(books, line, record)
    vat_rate(books, line)


def _in_range(books: Books, day: date) -> bool:
    settings = books.settings
    if day < settings.allow_from:
        return False
    return settings.allow_to == BLANK_DATE or day <= settings.allow_to


def _check_account(books: Books, account_type: str, number: str) -> None:
    found = postable(books, account_type, number)
    if account_type == VENDOR and not found.posting_group:
        raise Refusal("must_have_value", field="Vendor Posting Group", record=f"Vendor {number}")


def _check_dimensions(books: Books, line: Line, record: str) -> None:
    on_line = dict(line.dimensions)
    for code, value_code in line.dimensions:
        dimension = books.dimensions.first("code", code)
        value = books.values.first("key", (code, value_code))
        if (
            dimension is None
            or value is None
            or dimension.blocked
            or value.blocked
            or value.type != "Standard"
        ):
            raise Refusal("dimension_blocked", dimension=code, value=value_code, record=record)
    for pair in books.forbidden_combinations:
        if pair <= set(on_line):
            first, second = sorted(pair)
            raise Refusal("dimension_combination", first=first, second=second)
    for side in (
        (line.account_type, line.account_number),
        (line.balancing_type, line.balancing_number),
    ):
        _check_defaults(books, side, on_line)


def _check_defaults(books: Books, side: tuple[str, str], on_line: dict[str, str]) -> None:
    for default in books.defaults.find("account", side):
        named = f"{side[0]} {side[1]}"
        found = on_line.get(default.dimension, "")
        if default.rule == "Code Mandatory" and not found:
            raise Refusal("dimension_missing", dimension=default.dimension, account=named)
        wrong = default.rule == "Same Code" and found != default.value
        if wrong or (default.rule == "No Code" and found):
            raise Refusal("dimension_wrong", dimension=default.dimension, account=named)


def vat_rate(books: Books, line: Line) -> Decimal | None:
    """The percentage by which VAT is split out of a line's own amount, None where it is not."""
    if not books.vat or line.account_type != GL or not (line.vat_business or line.vat_product):
        return None
    if not line.posting_type:
        raise Refusal("vat_type", number=line.account_number)
    found = books.vat_rates.first("key", (line.vat_business, line.vat_product))
    if found is None:
        raise Refusal("vat_set_up", business=line.vat_business, product=line.vat_product)
    return found.percent


def check_balance(books: Books, lines: list[Line], *, by_document: bool) -> None:
    """Lines must balance per document and date, and in each currency."""
    open_amounts: defaultdict[tuple[str, date], Decimal] = defaultdict(Decimal)
    by_currency: defaultdict[tuple[str, date, str], Decimal] = defaultdict(Decimal)
    for line in lines:
        document = (line.document_number, line.posting_date) if by_document else ("", date.min)
        open_amounts[document] += line.balance
        by_currency[*document, currency_of(books, line)] += line.balance
    for (number, _), amount in open_amounts.items():
        if amount:
            raise Refusal("out_of_balance", number=number, amount=amount)
    for (number, _, currency), amount in by_currency.items():
        if amount:
            raise Refusal("currency_balance", number=number, amount=amount, currency=currency)


def currency_of(books: Books, line: Line) -> str:
    """The currency that the line's account gives it (contract 7)."""
    if line.account_type in (BANK, VENDOR):
        found = account(books, line.account_type, line.account_number)
        if found and found.currency:
            return str(found.currency)
    return books.settings.currency
