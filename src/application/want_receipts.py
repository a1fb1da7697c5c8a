"""Which posted purchases a run asks PEX about, and in which order (M24).

PEX tells on no row whether it has receipts, and allows some 90 calls a minute. So those that were
never asked about come first, then those with something unsettled, and of all others a bounded
number: first those whose row has changed since, then those that were asked about longest ago.
"""

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence

from application.ports.clock import Clock
from application.ports.event_log import EventLog
from application.ports.read_models import ReadModels
from application.ports.receipt_checks import Check, ReceiptChecks
from application.ports.transactions import Atomically
from application.ports.worklist import RowKey, Worklist
from domain.pex_transaction import PexTransaction
from domain.sync_run import SyncRun

ASKED_AGAIN = 1_000
ROWS_AT_ONCE = 1_000


class WantReceipts:
    """Lays down a run's queue, once."""

    def __init__(
        self,
        worklist: Worklist,
        read_models: ReadModels,
        checks: ReceiptChecks,
        log: EventLog,
        clock: Clock,
        atomically: Atomically,
    ) -> None:
        self._worklist = worklist
        self._read_models = read_models
        self._checks = checks
        self._log = log
        self._clock = clock
        self._atomically = atomically

    def want(self, run: SyncRun) -> bool:
        """Write down what the run will ask; False where there is nothing."""
        window = run.window
        posted = self._read_models.posted_purchases(run.connection_id, window.start, window.end)
        if not posted:
            return False
        seen = dict(self._seen(run, posted))
        wanted = in_order(seen, self._checks.known(run.connection_id))
        if not wanted:
            return False
        with self._atomically():
            queue = [(key, seen[key]) for key in wanted]
            self._checks.want(run.connection_id, run.id, queue)
            run.seek_receipts(self._clock.now(), len(queue))
            self._log.save(run)
        return True

    def _seen(self, run: SyncRun, posted: Collection[RowKey]) -> Iterator[tuple[RowKey, str]]:
        """The posted rows that PEX listed for this run, by what their look is now."""
        keys, place = frozenset(posted), 0
        while rows := self._worklist.laid(run.id, place, ROWS_AT_ONCE):
            for place, row in rows:  # noqa: B007 - the last place leads on
                if (row.record, row.pex_id) in keys:
                    yield (row.record, row.pex_id), fingerprint(row)


def fingerprint(row: PexTransaction) -> str:
    """Of those parts of a row that people change when they add a receipt (PEX contract 5)."""
    tags = sorted((tag.field_id, tag.value) for tag in row.tags)
    told = repr((row.approval, row.notes, tags))
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def in_order(
    seen: Mapping[RowKey, str], known: Mapping[RowKey, Check], most: int = ASKED_AGAIN
) -> Sequence[RowKey]:
    """What to ask about, first things first; of what was settled at most so many."""
    new = [key for key in seen if key not in known]
    unsettled = [key for key in seen if key in known and known[key].unsettled]
    settled = [key for key in seen if key in known and not known[key].unsettled]
    settled.sort(key=lambda key: (known[key].fingerprint == seen[key], known[key].asked_at))
    return [*new, *unsettled, *settled[:most]]
