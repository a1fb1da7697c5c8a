"""Packs: whole entries that travel in one request, all or nothing (design: exactly once, 3)."""

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
