"""Packs: whole entries that travel in one request, all or nothing (design: exactly once, 3)."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from domain.journal_entry import JournalEntry

CAPACITY = 100


@dataclass(frozen=True, slots=True)
class NumberedEntry:
    """An entry with the line numbers reserved for it, one for each line, in order.

    Attributes:
        bare: whether its lines are sent without their dimensions, which are set afterwards.
    """

    stream: UUID
    entry: JournalEntry
    line_numbers: tuple[int, ...]
    bare: bool = False

    @property
    def payload_hash(self) -> str:
        """SHA-256 over all that will be sent, so that what was sent can be proven later.

        As JSON, in which no text can run over into the next.
        """
        entry = self.entry
        head = (str(entry.posting_date), entry.document_number, entry.external_document_number)
        lines = [
            (
                number,
                line.account_type.value,
                line.account_number,
                str(line.amount),
                line.tax_code,
                [(dimension.code, dimension.value) for dimension in line.dimensions],
                line.description,
                line.comment,
            )
            for number, line in zip(self.line_numbers, entry.lines, strict=True)
        ]
        return hashlib.sha256(json.dumps((head, lines)).encode()).hexdigest()


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
