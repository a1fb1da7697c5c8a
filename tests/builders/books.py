"""Entries, and what Business Central holds of them."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from itertools import count
from typing import Any
from uuid import UUID, uuid4

from domain.document_keys import DocumentKeys
from domain.findings import FoundLedgerEntry, FoundLine
from domain.journal_entry import AccountType, JournalEntry, JournalLine
from domain.money import Money
from domain.pack import NumberedEntry
from domain.pex_transaction import Record

DAY = date(2026, 2, 5)
FIRST_NUMBER = 700_000


def keys(pex_id: int = 918273645, **members: Any) -> DocumentKeys:
    """The keys of a card row."""
    return DocumentKeys.of(members.pop("record", Record.CARD), pex_id, **members)


def line(
    account: str, amount: str, description: str = "Corner Deli", **members: Any
) -> JournalLine:
    """A line on a G/L account; positive amounts are debits."""
    told: dict[str, Any] = {"account_type": AccountType.GL}
    return JournalLine(
        account_number=account,
        amount=Money.of(amount),
        description=description,
        **(told | members),
    )


def entry(*lines: JournalLine, of: DocumentKeys | None = None, **members: Any) -> JournalEntry:
    """An entry over lunch for 48.60, or over the lines given."""
    named = of or keys()
    text = f"Corner Deli / {named.ending}"
    told: dict[str, Any] = {
        "posting_date": DAY,
        "document_number": named.document_number,
        "external_document_number": named.external_document_number,
        "lines": lines or (line("62400", "48.60", text), line("10950", "-48.60", text)),
    }
    return JournalEntry(**(told | members))


def numbered(
    journal_entry: JournalEntry | None = None, first: int = FIRST_NUMBER, stream: UUID | None = None
) -> NumberedEntry:
    """An entry with line numbers from `first` on, in tens."""
    whole = journal_entry or entry()
    numbers = tuple(first + 10 * place for place in range(len(whole.lines)))
    return NumberedEntry(stream or uuid4(), whole, numbers)


def unposted(journal_entry: JournalEntry, first: int = FIRST_NUMBER) -> list[FoundLine]:
    """The entry's lines as they stand in the journal."""
    return [
        FoundLine(
            f"line-{number}",
            number,
            one.account_number,
            one.amount,
            journal_entry.posting_date,
            journal_entry.document_number,
            journal_entry.external_document_number,
            one.description,
        )
        for number, one in zip(count(first, 10), journal_entry.lines, strict=False)
    ]


def posted(
    lines: Iterable[FoundLine], document_number: str | None = None, **changes: Any
) -> list[FoundLedgerEntry]:
    """Lines after posting; a posting number series gives its own document number."""
    entries = [
        FoundLedgerEntry(
            f"entry-{one.line_number}",
            one.line_number,
            one.account_number,
            one.amount,
            one.posting_date,
            document_number or one.document_number,
            one.description,
        )
        for one in lines
    ]
    return [replace(one, **changes) for one in entries]


def phantom(document_number: str) -> FoundLine:
    """The empty line that BC leaves behind after posting a journal (contract 6.4)."""
    return FoundLine("phantom", 10_000, "", Money.of(0), DAY, document_number, "", "")
