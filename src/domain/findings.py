"""What Business Central already holds of an entry, and what follows from it (contract 6.6)."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from domain.document_keys import DocumentKeys
from domain.journal_entry import JournalEntry
from domain.money import Money


@dataclass(frozen=True, slots=True)
class FoundLine:
    """An unposted journal line; amount positive on the debit side."""

    id: str
    line_number: int
    account_number: str
    amount: Money
    posting_date: date
    document_number: str
    external_document_number: str
    description: str


@dataclass(frozen=True, slots=True)
class FoundLedgerEntry:
    """A posted G/L entry; amount positive on the debit side."""

    id: str
    entry_number: int
    account_number: str
    amount: Money
    posting_date: date
    document_number: str
    description: str


@dataclass(frozen=True, slots=True)
class Whole:
    """Every line is in the journal."""

    line_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """Some lines are in the journal, and no ledger entry: a person touched it."""

    found: int


@dataclass(frozen=True, slots=True)
class InLedger:
    """It was posted."""

    entry_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Twice:
    """It was posted, and whole lines of it are in the journal once more (contract 6.6, 6d)."""

    lines: tuple[FoundLine, ...]
    entry_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Nothing:
    """Neither the journal nor the ledger holds a trace."""


Finding = Whole | Part | InLedger | Twice | Nothing


class Look:
    """A reading of journal and ledger, asked for one entry after another.

    Either of two keys is enough, since a user may edit one of them and a posting number series
    replaces another: in the journal the external number or the description's ending, in the ledger
    that ending or the document number. In the journal a document number proves nothing, since BC
    proposes it for lines of others, and counts it up for its own empty ones (contract 6.4).
    """

    def __init__(
        self, lines: Iterable[FoundLine] = (), entries: Iterable[FoundLedgerEntry] = ()
    ) -> None:
        self._lines: dict[str, list[FoundLine]] = {}
        self._lines_by_ending: dict[str, list[FoundLine]] = {}
        for line in lines:
            self._lines.setdefault(line.external_document_number.casefold(), []).append(line)
            self._lines_by_ending.setdefault(_ending(line.description), []).append(line)
        self._by_document: dict[str, list[FoundLedgerEntry]] = {}
        self._by_ending: dict[str, list[FoundLedgerEntry]] = {}
        for entry in entries:
            self._by_document.setdefault(entry.document_number.casefold(), []).append(entry)
            self._by_ending.setdefault(_ending(entry.description), []).append(entry)

    def find(self, keys: DocumentKeys, entry: JournalEntry) -> Finding:
        """What there is of an entry."""
        lines = tuple(sorted(self.lines_of(keys), key=lambda line: line.line_number))
        posted = tuple(one.id for one in self.ledger_entries_of(keys))
        if posted:
            return Twice(lines, posted) if len(lines) == len(entry.lines) else InLedger(posted)
        if len(lines) == len(entry.lines):
            return Whole(tuple(line.id for line in lines))
        return Part(len(lines)) if lines else Nothing()

    def lines_of(self, keys: DocumentKeys) -> Sequence[FoundLine]:
        """The unposted lines of a transaction, whatever a user edited on them."""
        by_external = self._lines.get(keys.external_document_number.casefold(), ())
        by_ending = self._lines_by_ending.get(keys.ending.casefold(), ())
        return tuple({line.id: line for line in (*by_external, *by_ending)}.values())

    def ledger_entries_of(self, keys: DocumentKeys) -> Sequence[FoundLedgerEntry]:
        """The posted entries of a transaction, by either of their keys."""
        by_document = self._by_document.get(keys.document_number.casefold(), ())
        candidates = self._by_ending.get(keys.ending.casefold(), ())
        by_ending = [entry for entry in candidates if keys.ends(entry.description)]
        return tuple({entry.id: entry for entry in (*by_document, *by_ending)}.values())


def _ending(description: str) -> str:
    """The last two words, where `DocumentKeys.ending` stands."""
    return " ".join(description.split()[-2:]).casefold()


def amounts_agree(entry: JournalEntry, lines: Sequence[FoundLine]) -> bool:
    """Whether the lines still bear the amounts and accounts that were sent."""
    sent = Counter((line.account_number, line.amount) for line in entry.lines)
    return sent == Counter((line.account_number, line.amount) for line in lines)
