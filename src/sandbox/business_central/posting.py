"""Posting a journal: what the user does, and the connector never (contract 2.2, 6.3, 6.4)."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from msgspec.structs import replace

from sandbox.business_central.lookups import postable
from sandbox.business_central.numbers import incremented
from sandbox.business_central.posting_checks import check_balance, check_line, vat_rate
from sandbox.business_central.properties import rounded
from sandbox.business_central.refusals import Refusal
from sandbox.business_central.rows import (
    BANK,
    CUSTOMER,
    GL,
    VENDOR,
    Entry,
    Journal,
    Line,
    Template,
    VendorEntry,
)
from sandbox.business_central.state import Books, World

PAYABLES: Final = "22000"
RECEIVABLES: Final = "11200"
PURCHASE_VAT: Final = "24000"
_PHANTOM_NUMBER: Final = 10_000


@dataclass(frozen=True, slots=True)
class _Side:
    """One account of a line and what goes there."""

    type: str
    number: str
    amount: Decimal


def post_journal(world: World, books: Books, journal: Journal) -> int:
    """Post every line of the journal, whoever entered it; answers the number of G/L entries made.

    Raises Refusal, with nothing changed, where one line or document does not pass.
    """
    with world.history.transaction():
        lines = [line for line in books.lines.in_order(journal.id) if not line.empty]
        if not lines:
            raise Refusal("nothing_to_post")
        template = books.templates.first("name", journal.template)
        for line in lines:
            check_line(books, journal, line)
        check_balance(books, lines, by_document=template is None or template.force_balance)
        numbers = _document_numbers(books, journal, lines)
        made = sum(
            _post_line(world, books, journal, replace(line, document_number=number))
            for line, number in zip(lines, numbers, strict=True)
        )
        _clear(world, books, journal, template)
        return made


def _document_numbers(books: Books, journal: Journal, lines: list[Line]) -> list[str]:
    """The number that each line is posted with, by the journal's number series (6.3)."""
    if journal.posting_series:
        return _replaced_numbers(books, journal.posting_series, lines)
    if journal.series:
        _use_series(books, journal.series, lines)
    return [line.document_number for line in lines]


def _replaced_numbers(books: Books, code: str, lines: list[Line]) -> list[str]:
    series = books.series.first("code", code)
    if series is None:
        raise Refusal("must_have_value", field="Posting No. Series", record=code)
    last, given, numbers = series.last, dict[tuple[str, date], str](), list[str]()
    for line in lines:
        document = (line.document_number, line.posting_date)
        if document not in given:
            last = given[document] = incremented(last)
        numbers.append(given[document])
    books.series.change(replace(series, last=last))
    return numbers


def _use_series(books: Books, code: str, lines: list[Line]) -> None:
    """Documents must carry the series' next numbers, unless it takes numbers by hand."""
    series = books.series.first("code", code)
    if series is None:
        raise Refusal("must_have_value", field="No. Series", record=code)
    last = series.last
    for number in dict.fromkeys(line.document_number for line in lines):
        if number == incremented(last):
            last = number
        elif not series.manual:
            raise Refusal("manual_number", series=code)
    if last != series.last:
        books.series.change(replace(series, last=last))


def _post_line(world: World, books: Books, journal: Journal, line: Line) -> int:
    sides = [_Side(line.account_type, line.account_number, line.amount)]
    if line.balancing_number:
        sides.append(_Side(line.balancing_type, line.balancing_number, -line.amount))
    made = 0
    for at, side in enumerate(sides):
        if not side.number:
            continue
        if side.type == VENDOR:
            _add_vendor_entry(world, books, line, side)
        for number, amount in _ledger_amounts(books, line, side, own=at == 0):
            _add_entry(world, books, journal, line, side, number, amount)
            made += 1
    if line.incoming:
        _move_incoming(books, line)
    return made


def _ledger_amounts(
    books: Books, line: Line, side: _Side, *, own: bool
) -> list[tuple[str, Decimal]]:
    """The G/L accounts that one side lands on; VAT is split out of the line's own account."""
    if side.type == BANK:
        return [(postable(books, BANK, side.number).ledger, side.amount)]
    if side.type == VENDOR:
        return [(PAYABLES, side.amount)]
    if side.type == CUSTOMER:
        return [(RECEIVABLES, side.amount)]
    rate = vat_rate(books, line) if own and side.type == GL else None
    if not rate:
        return [(side.number, side.amount)]
    net = rounded(side.amount * 100 / (100 + rate))
    return [(side.number, net), (PURCHASE_VAT, side.amount - net)]


def _add_entry(
    world: World,
    books: Books,
    journal: Journal,
    line: Line,
    side: _Side,
    number: str,
    amount: Decimal,
) -> None:
    books.entries.add(
        Entry(
            id=world.new_id(),
            modified=world.now(),
            number=next(books.entry_numbers),
            posting_date=line.posting_date,
            document_number=line.document_number,
            external_number=line.external_number,
            account_number=number,
            amount=amount,
            description=line.description,
            comment=line.comment,
            dimensions=line.dimensions,
            document_type=line.document_type,
            source_type=side.type if side.type != GL else "",
            source_number=side.number if side.type != GL else "",
            journal_code=journal.code,
            line_number=line.number,
        )
    )


def _add_vendor_entry(world: World, books: Books, line: Line, side: _Side) -> None:
    books.vendor_entries.add(
        VendorEntry(
            id=world.new_id(),
            modified=world.now(),
            number=next(books.vendor_entry_numbers),
            vendor=side.number,
            posting_date=line.posting_date,
            document_number=line.document_number,
            external_number=line.external_number,
            amount=side.amount,
            description=line.description,
            dimensions=line.dimensions,
        )
    )


def _move_incoming(books: Books, line: Line) -> None:
    """The incoming document takes the posted number and date, by which entries find it (2.10.5)."""
    incoming = books.incoming.first("number", line.incoming)
    if incoming:
        books.incoming.change(
            replace(incoming, document_number=line.document_number, posting_date=line.posting_date)
        )


def _clear(world: World, books: Books, journal: Journal, template: Template | None) -> None:
    """Delete the lines; rename the journal where the template says so; leave the phantom line."""
    lines = books.lines.in_order(journal.id)
    last = lines[-1]
    for line in lines:
        books.lines.remove(line)
    if template and template.increment_name and incremented(journal.code):
        books.journals.remove(journal)
        renamed = replace(journal, id=world.new_id(), code=incremented(journal.code))
        journal = books.journals.first("key", (renamed.template, renamed.code)) or (
            books.journals.add(renamed)
        )
    if not journal.series and not books.lines.find("key", (journal.id, _PHANTOM_NUMBER)):
        books.lines.add(
            Line(
                id=world.new_id(),
                modified=world.now(),
                journal=journal.id,
                number=_PHANTOM_NUMBER,
                posting_date=last.posting_date,
                document_number=incremented(last.document_number),
                balancing_type=journal.balancing_type,
                balancing_number="",
            )
        )
