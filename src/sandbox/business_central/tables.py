"""Tables of immutable rows, and the history that undoes, re-does and looks back.

A change swaps one row object for another and is written to the history. Rolling back a transaction
costs what the transaction changed, never what the tables hold.
"""

from collections import deque
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from msgspec import Struct
from msgspec.structs import replace


class Row(Struct, frozen=True, kw_only=True):
    """What every row has: its SystemId, its version (behind the etag) and when it was changed."""

    id: str
    version: int = 0
    modified: datetime


R = TypeVar("R", bound=Row)


@dataclass(frozen=True, slots=True)
class Change:
    """One swap of a row; an insert has no `old`, a delete no `new`."""

    table: "Table[Any]"
    old: Row | None
    new: Row | None

    def undo(self) -> None:
        """Put the old row back."""
        self.table.swap(self.new, self.old)

    def redo(self) -> None:
        """Put the new row back."""
        self.table.swap(self.old, self.new)


class History:
    """The changes of the running transaction, and of the last seconds for a lagging replica."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._version = 0
        self._running: list[Change] = []
        self._depth = 0
        self._recent: deque[tuple[datetime, Change]] = deque()
        self.keep = timedelta(0)  # how far back `as_of` can look; nothing is kept while zero
        self.ghost: tuple[datetime, list[Change]] | None = None  # shown until that instant

    @property
    def running(self) -> bool:
        """Whether a transaction is running."""
        return self._depth > 0

    def stamp(self, row: R) -> R:
        """The row with a version of its own and the present as its time of change."""
        self._version += 1
        return replace(row, version=self._version, modified=self._now())

    def note(self, change: Change) -> None:
        """Write down a change; outside a transaction it is committed at once."""
        self._running.append(change)
        if not self._depth:
            self.commit()

    def commit(self) -> None:
        """Make what the running transaction changed so far durable."""
        now = self._now()
        if self._running:
            self.ghost = None
        if self.keep:
            self._recent.extend((now, change) for change in self._running)
            while self._recent and self._recent[0][0] < now - self.keep:
                self._recent.popleft()
        else:
            self._recent.clear()
        self._running.clear()

    def roll_back(self) -> list[Change]:
        """Undo what the running transaction changed since the last commit, and tell what it was."""
        undone = list(self._running)
        for change in reversed(undone):
            change.undo()
        self._running.clear()
        return undone

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit at the end, roll back on any exception; an inner one joins the outer one."""
        self._depth += 1
        try:
            yield
        except BaseException:
            if self._depth == 1:
                self.roll_back()
            raise
        else:
            if self._depth == 1:
                self.commit()
        finally:
            self._depth -= 1

    @contextmanager
    def as_of(self, instant: datetime) -> Iterator[None]:
        """Show the tables as they were at `instant`; for reads alone."""
        undone = [change for at, change in self._recent if at > instant]
        for change in reversed(undone):
            change.undo()
        try:
            yield
        finally:
            for change in undone:
                change.redo()

    @contextmanager
    def with_ghost(self) -> Iterator[None]:
        """Show the rows of a transaction that will not last, while it seems to run."""
        changes: Sequence[Change] = ()
        if self.ghost and self._now() < self.ghost[0]:
            changes = self.ghost[1]
        for change in changes:
            change.redo()
        try:
            yield
        finally:
            for change in reversed(changes):
                change.undo()


class Table(Generic[R]):
    """Rows by SystemId, and by the indexes named at its making."""

    def __init__(self, history: History, **indexes: Callable[[R], Hashable]) -> None:
        self._history = history
        self._rows: dict[str, R] = {}
        self._indexes = {
            name: (key, dict[Hashable, dict[str, R]]()) for name, key in indexes.items()
        }

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[R]:
        return iter(list(self._rows.values()))

    def get(self, row_id: str) -> R | None:
        """The row with this SystemId."""
        return self._rows.get(row_id)

    def find(self, index: str, key: Hashable) -> list[R]:
        """All rows with this key in an index, in no promised order."""
        return list(self._indexes[index][1].get(key, {}).values())

    def first(self, index: str, key: Hashable) -> R | None:
        """A row with this key in an index."""
        return next(iter(self._indexes[index][1].get(key, {}).values()), None)

    def add(self, row: R) -> R:
        """Insert; the caller has checked that the key is free."""
        stamped = self._history.stamp(row)
        self.swap(None, stamped)
        self._history.note(Change(self, None, stamped))
        return stamped

    def change(self, row: R) -> R:
        """Replace the row with the same SystemId; its version moves on."""
        old, stamped = self._rows[row.id], self._history.stamp(row)
        self.swap(old, stamped)
        self._history.note(Change(self, old, stamped))
        return stamped

    def remove(self, row: R) -> None:
        """Delete the row with the same SystemId."""
        old = self._rows[row.id]
        self.swap(old, None)
        self._history.note(Change(self, old, None))

    def swap(self, old: R | None, new: R | None) -> None:
        """Put `new` in the place of `old` without writing it down."""
        if old is not None:
            del self._rows[old.id]
            for key, entries in self._indexes.values():
                found = entries[key(old)]
                del found[old.id]
                if not found:
                    del entries[key(old)]
        if new is not None:
            self._rows[new.id] = new
            for key, entries in self._indexes.values():
                entries.setdefault(key(new), {})[new.id] = new
