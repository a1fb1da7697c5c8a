"""What the insert of a journal line really does (contract 2.3.4)."""

from datetime import date
from typing import Final

from msgspec.structs import replace

from sandbox.business_central.entity import Body, Call
from sandbox.business_central.line_values import (
    Draft,
    check_tax_group,
    with_account,
    with_balancing_account,
)
from sandbox.business_central.lookups import LINE_TABLE
from sandbox.business_central.numbers import incremented
from sandbox.business_central.refusals import Refusal
from sandbox.business_central.rows import BLANK_DATE, Journal, Line
from sandbox.business_central.state import Books

FIRST_NUMBER: Final = 10_000
_STEP: Final = 10_000


def insert(call: Call, journal: Journal, body: Body) -> Line:
    """Insert a line the way the page does it, step by step."""
    books = call.books
    blank = Line(id=call.world.new_id(), modified=call.world.now(), journal=journal.id, number=0)
    scratch = Draft(books, blank).take(body)
    line = _with_defaults(books, journal, blank, scratch, call.world.now().date())
    line = _with_values(books, journal, line, scratch, body)
    check_number_free(books, journal, line.number)
    return books.lines.add(line)


def check_number_free(books: Books, journal: Journal, number: int) -> None:
    """Refuse a line number that another line of the journal has, visible or not."""
    if books.lines.find("key", (journal.id, number)):
        key = (
            f"Journal Template Name='{journal.template}',Journal Batch Name='{journal.code}',"
            f"Line No.='{number}'"
        )
        raise Refusal("same_key", table=LINE_TABLE, key=key)


def _with_defaults(books: Books, journal: Journal, line: Line, scratch: Line, today: date) -> Line:
    """Step 4: defaults from the batch and from the neighbour line."""
    given = scratch.number
    neighbour = books.lines.after(journal.id, given) if given else None
    last = books.lines.last(journal.id)
    document = ""
    if neighbour is not None:
        document, day, number = neighbour.document_number, neighbour.posting_date, given
    elif last is not None:
        neighbour, document, day = last, last.document_number, last.posting_date
        number = given or last.number + _STEP
        if books.lines.balance(journal.id) == 0 and not last.empty:
            document = next_document(books, journal, document)
    else:
        return replace(
            line,
            number=given or FIRST_NUMBER,
            posting_date=today,
            document_number=next_document(books, journal, ""),
        )
    if (
        document == neighbour.document_number
        and scratch.external_number != neighbour.external_number
        and not scratch.document_number
    ):
        document = next_document(books, journal, document)
    return replace(line, number=number, posting_date=day, document_number=document)


def next_document(books: Books, journal: Journal, document: str) -> str:
    """The number after `document`; without one the next of the journal's series, if it has any."""
    if document:
        return incremented(document)
    series = books.series.first("code", journal.series) if journal.series else None
    return incremented(series.last) if series else ""


def _with_values(books: Books, journal: Journal, line: Line, scratch: Line, body: Body) -> Line:
    """Step 5: the values in the fixed order, whatever order they were sent in."""
    line = replace(line, account_type=scratch.account_type)
    if scratch.account_number:
        line = with_account(books, line, scratch.account_number)
    if scratch.posting_date != BLANK_DATE:
        line = replace(line, posting_date=scratch.posting_date)
    if scratch.document_number:
        line = replace(line, document_number=scratch.document_number)
    line = replace(line, external_number=scratch.external_number, amount=scratch.amount)
    line = replace(
        line, description=scratch.description or line.description, comment=scratch.comment
    )
    line = _with_balancing(books, journal, line, scratch, body)
    if scratch.tax_group != line.tax_group:
        check_tax_group(books, scratch.tax_group)
        line = replace(line, tax_group=scratch.tax_group)
    if journal.copies_vat:
        return _with_groups_of(line, scratch)
    return replace(line, posting_type="", vat_business="", vat_product="")


def _with_balancing(books: Books, journal: Journal, line: Line, scratch: Line, body: Body) -> Line:
    line = replace(line, balancing_type=journal.balancing_type, balancing_number="")
    if journal.balancing_number:
        line = with_balancing_account(books, line, journal.balancing_number)
    if body.sent("balanceAccountType") and scratch.balancing_type != line.balancing_type:
        line = replace(line, balancing_type=scratch.balancing_type, balancing_number="")
    if scratch.balancing_number and scratch.balancing_number != line.balancing_number:
        line = with_balancing_account(books, line, scratch.balancing_number)
    return line


def _with_groups_of(line: Line, scratch: Line) -> Line:
    return replace(
        line,
        posting_type=scratch.posting_type,
        vat_business=scratch.vat_business,
        vat_product=scratch.vat_product,
    )
