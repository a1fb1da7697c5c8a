"""A worklist in memory."""

from collections.abc import Collection, Sequence
from uuid import UUID

from application.ports.worklist import RowKey
from domain.pex_transaction import PexTransaction


class FakeWorklist:
    """Keeps rows in the order in which they were laid down."""

    def __init__(self) -> None:
        self._rows: dict[UUID, dict[RowKey, PexTransaction]] = {}
        self._finished: dict[UUID, set[RowKey]] = {}

    def add(self, run_id: UUID, rows: Sequence[PexTransaction]) -> int:
        lying = self._rows.setdefault(run_id, {})
        before = len(lying)
        for row in rows:
            lying.setdefault((row.record, row.pex_id), row)
        return len(lying) - before

    def take(self, run_id: UUID, limit: int, skip: int = 0) -> tuple[PexTransaction, ...]:
        finished = self._finished.get(run_id, set())
        pending = [row for key, row in self._rows.get(run_id, {}).items() if key not in finished]
        return tuple(pending[skip : skip + limit])

    def laid(self, run_id: UUID, after: int, limit: int) -> tuple[tuple[int, PexTransaction], ...]:
        rows = enumerate(self._rows.get(run_id, {}).values(), start=1)
        return tuple((place, row) for place, row in rows if place > after)[:limit]

    def finish(self, run_id: UUID, keys: Collection[RowKey]) -> None:
        self._finished.setdefault(run_id, set()).update(keys)

    def lying(self, run_id: UUID, keys: Collection[RowKey]) -> frozenset[RowKey]:
        return frozenset(self._rows.get(run_id, {})) & frozenset(keys)

    def drop(self, run_id: UUID) -> None:
        self._rows.pop(run_id, None)
        self._finished.pop(run_id, None)
