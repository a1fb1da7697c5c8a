"""Which workers and schedulers were heard of, over SQL."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa

from adapters.persistence.engine import Database, upsert
from adapters.persistence.tables import heartbeats

HEARD_WITHIN = timedelta(minutes=1)
"""A process that was not heard of for so long is taken for dead; it beats six times as often."""
REMEMBERED = timedelta(days=1)


class Role(StrEnum):
    """What a process that has no address does."""

    WORKER = "worker"
    SCHEDULER = "scheduler"


@dataclass(frozen=True, slots=True)
class Heard:
    """A process that was heard of a moment ago, `seconds_ago` by the machines' own time."""

    role: Role
    host: str
    seconds_ago: float


def _now() -> datetime:
    return datetime.now(UTC)


class SqlHeartbeats:
    """One row for each process and role. It goes by the machines' own time, never by a set clock.

    Processes that have different ideas of `PEXBC_NOW` would otherwise not hear of each other.
    """

    def __init__(self, database: Database, now: Callable[[], datetime] = _now) -> None:
        self._database = database
        self._now = now

    def beat(self, process: UUID, role: Role, host: str) -> None:
        """Note that a process is at work; those that died long ago are forgotten."""
        now = self._now()
        with self._database.transaction() as connection:
            insert = upsert(connection, heartbeats).values(
                process=process, role=role.value, host=host, seen_at=now
            )
            connection.execute(
                insert.on_conflict_do_update(
                    index_elements=[heartbeats.c.process, heartbeats.c.role],
                    set_={"seen_at": now},
                )
            )
            connection.execute(sa.delete(heartbeats).where(heartbeats.c.seen_at < now - REMEMBERED))

    def leave(self, process: UUID) -> None:
        """Forget a process that ends as it should."""
        with self._database.transaction() as connection:
            connection.execute(sa.delete(heartbeats).where(heartbeats.c.process == process))

    def heard(self) -> Sequence[Heard]:
        """Those that were heard of within a minute, the newest first."""
        now = self._now()
        query = (
            sa.select(heartbeats)
            .where(heartbeats.c.seen_at > now - HEARD_WITHIN)
            .order_by(heartbeats.c.seen_at.desc(), heartbeats.c.process, heartbeats.c.role)
        )
        with self._database.reading() as connection:
            return [
                Heard(Role(row.role), row.host, max((now - row.seen_at).total_seconds(), 0.0))
                for row in connection.execute(query)
            ]
