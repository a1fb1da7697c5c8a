"""What is missing or differs between the dimensions on a line and those that it is to bear."""

from collections.abc import Iterable
from dataclasses import dataclass

from domain.journal_entry import DimensionCode


@dataclass(frozen=True, slots=True)
class FoundDimension:
    """A dimension on a journal line; `id` is the dimension's own, `etag` guards its change."""

    id: str
    code: str
    value: str
    etag: str


@dataclass(frozen=True, slots=True)
class DimensionChange:
    """A dimension to be put on a line, in place of what the line has for it by default."""

    line_id: str
    wanted: DimensionCode
    replaces: FoundDimension | None = None


def changes(
    line_id: str, wanted: Iterable[DimensionCode], found: Iterable[FoundDimension]
) -> tuple[DimensionChange, ...]:
    """What must be written so that the line bears what is wanted; other dimensions stay.

    What is replaced goes first, for only that can be guarded by what was read.
    """
    there = {one.code.casefold(): one for one in found}
    needed = []
    for one in wanted:
        present = there.get(one.code.casefold())
        if present is None or present.value.casefold() != one.value.casefold():
            needed.append(DimensionChange(line_id, one, present))
    return tuple(sorted(needed, key=lambda one: one.replaces is None))
