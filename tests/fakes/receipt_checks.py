"""The queue of receipts to ask about, in memory."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from application.ports.receipt_checks import Check, Wanted
from application.ports.worklist import RowKey


class FakeReceiptChecks:
    """Keeps queues by run, in order."""

    def __init__(self) -> None:
        self.checks: dict[UUID, dict[RowKey, Check]] = {}
        self._queues: dict[UUID, dict[RowKey, Wanted]] = {}
        self._fingerprints: dict[UUID, dict[RowKey, str]] = {}
        self._due: dict[UUID, dict[RowKey, datetime]] = {}
        self._owners: dict[UUID, UUID] = {}

    def known(self, connection_id: UUID) -> Mapping[RowKey, Check]:
        return dict(self.checks.get(connection_id, {}))

    def want(self, connection_id: UUID, run_id: UUID, wanted: Sequence[tuple[RowKey, str]]) -> None:
        for other in [run for run, owner in self._owners.items() if owner == connection_id]:
            self._queues.pop(other, None)
        self._owners[run_id] = connection_id
        self._queues[run_id] = {key: Wanted(key) for key, _ in wanted}
        self._fingerprints[run_id] = dict(wanted)
        self._due[run_id] = {}

    def take(self, run_id: UUID, now: datetime, limit: int) -> tuple[Wanted, ...]:
        due = self._due.get(run_id, {})
        queue = self._queues.get(run_id, {})
        return tuple(one for key, one in queue.items() if due.get(key, now) <= now)[:limit]

    def due_at(self, run_id: UUID) -> datetime | None:
        queue = self._queues.get(run_id, {})
        waiting = self._due.get(run_id, {})
        return min((at for key, at in waiting.items() if key in queue), default=None)

    def put_off(self, run_id: UUID, key: RowKey, until: datetime) -> None:
        queue = self._queues.get(run_id, {})
        if key in queue:
            queue[key] = replace(queue[key], put_off=queue[key].put_off + 1)
            self._due[run_id][key] = until

    def asked(
        self, run_id: UUID, keys: Collection[RowKey], at: datetime, *, unsettled: bool
    ) -> None:
        for key in keys:
            if self._queues.get(run_id, {}).pop(key, None) is not None:
                check = Check(at, unsettled, self._fingerprints[run_id][key])
                self.checks.setdefault(self._owners[run_id], {})[key] = check
