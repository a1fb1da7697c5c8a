"""Packs: whole entries that travel in one request, all or nothing (design: exactly once, 3)."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from domain.journal_entry import JournalEntry

CAPACITY = 100


@dataclass(frozen=True, slots=True)
class NumberedEntry:
    """An entry with the line numbers reserved for it, one for each line, in order."""

    stream: UUID
    entry: JournalEntry
    line_numbers: tuple[int, ...]

    @property
    def payload_hash(self) -> str:
        """SHA-256 over all that will be sent, so that what was sent can be proven later."""
        entry = self.entry
        parts = [f"{entry.posting_date}|{entry.document_number}|{entry.external_document_number}"]
        for number, line in zip(self.line_numbers, entry.lines, strict=True):
            dimensions = ",".join(f"{dim.code}={dim.value}" for dim in line.dimensions)
            parts.append(
                f"{number}|{line.account_type}|{line.account_number}|{line.amount}|{line.tax_code}"
                f"|{dimensions}|{line.description}|{line.comment}"
            )
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def packs(
    entries: Sequence[NumberedEntry], capacity: int = CAPACITY
) -> Iterator[tuple[NumberedEntry, ...]]:
    """Fill packs in order; no entry is ever torn between two."""
    pack: list[NumberedEntry] = []
    lines = 0
    for entry in entries:
        if pack and lines + len(entry.line_numbers) > capacity:
            yield tuple(pack)
            pack, lines = [], 0
        pack.append(entry)
        lines += len(entry.line_numbers)
    if pack:
        yield tuple(pack)
