"""What was asked about receipts, and a run's queue of what to ask, over SQL."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from adapters.persistence.engine import Database, upsert
from adapters.persistence.tables import receipt_checks as checks
from application.ports.receipt_checks import Check, Wanted
from application.ports.worklist import RowKey
from domain.pex_transaction import Record

ROWS_AT_ONCE = 1_000
_OUT_OF_THE_QUEUE: dict[str, Any] = {
    "run_id": None,
    "sequence": None,
    "wanted_fingerprint": None,
    "due_at": None,
    "times_put_off": 0,
}


class SqlReceiptChecks:
    """Fulfils the port `ReceiptChecks`; joins the database's current block."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def known(self, connection_id: UUID) -> Mapping[RowKey, Check]:
        """Every transaction of a connection that was ever asked about."""
        query = sa.select(checks).where(
            checks.c.connection_id == connection_id, checks.c.asked_at.is_not(None)
        )
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return {
            (Record(row.record), row.pex_id): Check(row.asked_at, row.unsettled, row.fingerprint)
            for row in rows
        }

    def want(self, connection_id: UUID, run_id: UUID, wanted: Sequence[tuple[RowKey, str]]) -> None:
        """Lay down the run's queue, in place of whatever an earlier run left of its own."""
        left = sa.update(checks).where(
            checks.c.connection_id == connection_id, checks.c.run_id.is_not(None)
        )
        with self._database.transaction() as connection:
            connection.execute(left.values(**_OUT_OF_THE_QUEUE))
            insert = upsert(connection, checks)
            queued = insert.on_conflict_do_update(
                index_elements=["connection_id", "record", "pex_id"],
                set_={name: insert.excluded[name] for name in _OUT_OF_THE_QUEUE},
            )
            rows = _queued(connection_id, run_id, wanted)
            while group := list(islice(rows, ROWS_AT_ONCE)):
                connection.execute(queued, group)

    def take(self, run_id: UUID, now: datetime, limit: int) -> tuple[Wanted, ...]:
        """The first that need not wait, in the order in which they were laid down."""
        query = (
            sa.select(checks.c.record, checks.c.pex_id, checks.c.times_put_off)
            .where(
                checks.c.run_id == run_id,
                sa.or_(checks.c.due_at.is_(None), checks.c.due_at <= now),
            )
            .order_by(checks.c.sequence)
            .limit(limit)
        )
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return tuple(Wanted((Record(row.record), row.pex_id), row.times_put_off) for row in rows)

    def due_at(self, run_id: UUID) -> datetime | None:
        """When the next that waits is due."""
        query = sa.select(sa.func.min(checks.c.due_at)).where(checks.c.run_id == run_id)
        with self._database.reading() as connection:
            due: datetime | None = connection.scalar(query)
        return due

    def put_off(self, run_id: UUID, key: RowKey, until: datetime) -> None:
        """Let one wait; one that the run does not want any more is passed over."""
        record, pex_id = key
        wait = (
            sa.update(checks)
            .where(
                checks.c.run_id == run_id,
                checks.c.record == record.value,
                checks.c.pex_id == pex_id,
            )
            .values(due_at=until, times_put_off=checks.c.times_put_off + 1)
        )
        with self._database.transaction() as connection:
            connection.execute(wait)

    def asked(
        self, run_id: UUID, keys: Collection[RowKey], at: datetime, *, unsettled: bool
    ) -> None:
        """Take these out of the queue; those that the run does not want are passed over."""
        if not keys:
            return
        answered = (
            sa.update(checks)
            .where(
                checks.c.run_id == run_id,
                checks.c.record == sa.bindparam("its_record"),
                checks.c.pex_id == sa.bindparam("its_id"),
            )
            .values(
                **_OUT_OF_THE_QUEUE,
                asked_at=at,
                fingerprint=checks.c.wanted_fingerprint,
                unsettled=unsettled,
            )
        )
        with self._database.transaction() as connection:
            connection.execute(
                answered,
                [{"its_record": record.value, "its_id": pex_id} for record, pex_id in keys],
            )


def _queued(
    connection_id: UUID, run_id: UUID, wanted: Sequence[tuple[RowKey, str]]
) -> Iterator[dict[str, Any]]:
    for place, ((record, pex_id), fingerprint) in enumerate(wanted, start=1):
        yield {
            "connection_id": connection_id,
            "record": record.value,
            "pex_id": pex_id,
            "asked_at": None,
            "fingerprint": None,
            "unsettled": False,
            "run_id": run_id,
            "sequence": place,
            "wanted_fingerprint": fingerprint,
            "due_at": None,
            "times_put_off": 0,
        }
