"""The worklist over SQL: rows of a run between its short tasks."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from adapters.persistence.engine import Database, upsert
from adapters.persistence.tables import worklist
from application.ports.worklist import RowKey
from domain.eastern_time import EASTERN
from domain.pex_transaction import PexTransaction, Record

KEYS_A_QUERY = 500

PENDING = "pending"
_FINISHED = "finished"


class SqlWorklist:
    """Fulfils the port `Worklist`; joins the database's current block."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._encoder = msgspec.json.Encoder()
        self._decoder = msgspec.json.Decoder(PexTransaction)

    def add(self, run_id: UUID, rows: Sequence[PexTransaction]) -> int:
        """Lay rows down behind those that lie there, finished ones included; how many were new."""
        if not rows:
            return 0
        mine = worklist.c.run_id == run_id
        with self._database.transaction() as connection:
            last = connection.scalar(sa.select(sa.func.max(worklist.c.sequence)).where(mine)) or 0
            insert = upsert(connection, worklist).on_conflict_do_nothing()
            laid = connection.execute(
                insert.returning(worklist.c.pex_id),
                [self._row(run_id, last + at, row) for at, row in enumerate(rows, start=1)],
            )
            return len(laid.all())

    def take(self, run_id: UUID, limit: int, skip: int = 0) -> tuple[PexTransaction, ...]:
        """The first undecided rows behind `skip` others; they stay until they are finished."""
        query = (
            sa.select(worklist.c.payload)
            .where(worklist.c.run_id == run_id, worklist.c.state == PENDING)
            .order_by(worklist.c.sequence)
            .limit(limit)
            .offset(skip)
        )
        with self._database.reading() as connection:
            payloads = connection.scalars(query).all()
        return tuple(_in_eastern_time(self._decoder.decode(payload)) for payload in payloads)

    def laid(self, run_id: UUID, after: int, limit: int) -> tuple[tuple[int, PexTransaction], ...]:
        """Rows with their places behind a place, decided ones too."""
        query = (
            sa.select(worklist.c.sequence, worklist.c.payload)
            .where(worklist.c.run_id == run_id, worklist.c.sequence > after)
            .order_by(worklist.c.sequence)
            .limit(limit)
        )
        with self._database.reading() as connection:
            found = connection.execute(query).all()
        return tuple(
            (place, _in_eastern_time(self._decoder.decode(payload))) for place, payload in found
        )

    def finish(self, run_id: UUID, keys: Collection[RowKey]) -> None:
        """Mark rows as decided; unknown keys are passed over."""
        if not keys:
            return
        mark = (
            sa.update(worklist)
            .where(
                worklist.c.run_id == run_id,
                worklist.c.record == sa.bindparam("its_record"),
                worklist.c.pex_id == sa.bindparam("its_id"),
            )
            .values(state=_FINISHED)
        )
        with self._database.transaction() as connection:
            connection.execute(
                mark, [{"its_record": record.value, "its_id": pex_id} for record, pex_id in keys]
            )

    def lying(self, run_id: UUID, keys: Collection[RowKey]) -> frozenset[RowKey]:
        """Those of the keys whose rows lie there; one query for each 500 of a record."""
        ids: dict[Record, list[int]] = defaultdict(list)
        for record, pex_id in keys:
            ids[record].append(pex_id)
        found: set[RowKey] = set()
        with self._database.reading() as connection:
            for record, wanted in ids.items():
                for first in range(0, len(wanted), KEYS_A_QUERY):
                    query = sa.select(worklist.c.pex_id).where(
                        worklist.c.run_id == run_id,
                        worklist.c.record == record.value,
                        worklist.c.pex_id.in_(wanted[first : first + KEYS_A_QUERY]),
                    )
                    found.update((record, pex_id) for pex_id in connection.scalars(query))
        return frozenset(found)

    def pending(self, run_id: UUID) -> int:
        """How many rows are undecided."""
        query = sa.select(sa.func.count()).where(
            worklist.c.run_id == run_id, worklist.c.state == PENDING
        )
        with self._database.reading() as connection:
            return connection.scalar(query) or 0

    def drop(self, run_id: UUID) -> None:
        """Throw the run's rows away."""
        with self._database.transaction() as connection:
            connection.execute(sa.delete(worklist).where(worklist.c.run_id == run_id))

    def _row(self, run_id: UUID, sequence: int, row: PexTransaction) -> dict[str, Any]:
        return {
            "run_id": run_id,
            "record": row.record.value,
            "pex_id": row.pex_id,
            "sequence": sequence,
            "payload": self._encoder.encode(row).decode(),
            "state": PENDING,
        }


def _in_eastern_time(row: PexTransaction) -> PexTransaction:
    # JSON knows offsets alone; with their zone back, the times equal those that PEX told.
    settled = row.settled_at
    return replace(
        row,
        transacted_at=row.transacted_at.astimezone(EASTERN),
        settled_at=None if settled is None else settled.astimezone(EASTERN),
    )
