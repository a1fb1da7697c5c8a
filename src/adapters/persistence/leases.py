"""Leases over SQL: one holder at a time for each name, decided by the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Event, Thread
from uuid import uuid4

import sqlalchemy as sa

from adapters.persistence.engine import Database, upsert
from adapters.persistence.tables import leases
from application.ports.clock import Clock

LASTING = timedelta(seconds=60)


class SqlLeases:
    """Each step is one statement, so that of two owners only one succeeds. Times are aware."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def acquire(self, name: str, owner: str, until: datetime, now: datetime) -> bool:
        """Take the lease if it is free, has run out, or is the owner's own."""
        with self._database.transaction() as connection:
            insert = upsert(connection, leases).values(name=name, owner=owner, until_utc=until)
            take = insert.on_conflict_do_update(
                index_elements=[leases.c.name],
                set_={"owner": owner, "until_utc": until},
                where=sa.or_(leases.c.owner == owner, leases.c.until_utc <= now),
            )
            return connection.scalar(take.returning(leases.c.name)) is not None

    def renew(self, name: str, owner: str, until: datetime, now: datetime) -> bool:
        """Keep the lease; False where it ran out, even if nobody took it yet."""
        keep = (
            sa.update(leases)
            .where(leases.c.name == name, leases.c.owner == owner, leases.c.until_utc > now)
            .values(until_utc=until)
            .returning(leases.c.name)
        )
        with self._database.transaction() as connection:
            return connection.scalar(keep) is not None

    def release(self, name: str, owner: str) -> None:
        """Give the lease back, if it is still the owner's."""
        mine = sa.delete(leases).where(leases.c.name == name, leases.c.owner == owner)
        with self._database.transaction() as connection:
            connection.execute(mine)


class HeldLeases:
    """Fulfils the port `Leases`: leases of one minute, renewed three times in each.

    Every `hold` is an owner of its own, so two threads of a process exclude each other too. Hold
    leases outside of transactions: others see a lease once it is committed.
    """

    def __init__(self, leases: SqlLeases, clock: Clock, lasting: timedelta = LASTING) -> None:
        self._leases = leases
        self._clock = clock
        self._lasting = lasting

    @contextmanager
    def hold(self, name: str) -> Iterator[bool]:
        """Hold the lease while the block runs; yields whether it was free, never waits."""
        owner, now = uuid4().hex, self._clock.now()
        if not self._leases.acquire(name, owner, now + self._lasting, now):
            yield False
            return
        over = Event()
        heartbeat = Thread(target=self._keep, args=(name, owner, over), daemon=True)
        heartbeat.start()
        try:
            yield True
        finally:
            over.set()
            heartbeat.join()
            self._leases.release(name, owner)

    def _keep(self, name: str, owner: str, over: Event) -> None:
        while not over.wait(self._lasting.total_seconds() / 3):
            now = self._clock.now()
            try:
                held = self._leases.renew(name, owner, now + self._lasting, now)
            except sa.exc.SQLAlchemyError:
                continue  # the database may be back before the lease runs out
            if not held:
                return
