"""Rows fetched from PEX that a run has still to decide; a cache, since PEX holds the truth."""

from collections.abc import Collection, Sequence
from typing import Protocol
from uuid import UUID

from domain.pex_transaction import PexTransaction, Record

RowKey = tuple[Record, int]


class Worklist(Protocol):
    """The rows between two short tasks of a run, in the order in which they were laid down."""

    def add(self, run_id: UUID, rows: Sequence[PexTransaction]) -> int:
        """Lay rows down, those left out that lie or lay there already; how many were new."""

    def take(self, run_id: UUID, limit: int, skip: int = 0) -> tuple[PexTransaction, ...]:
        """The first undecided rows behind `skip` others, which stay until they are finished."""

    def laid(self, run_id: UUID, after: int, limit: int) -> tuple[tuple[int, PexTransaction], ...]:
        """Rows with their places behind a place, decided ones too; 0 is before the first."""

    def finish(self, run_id: UUID, keys: Collection[RowKey]) -> None:
        """Mark rows as decided."""

    def lying(self, run_id: UUID, keys: Collection[RowKey]) -> frozenset[RowKey]:
        """Those of the keys whose rows lie there, finished or not, since the run began."""

    def drop(self, run_id: UUID) -> None:
        """Throw the run's rows away."""
