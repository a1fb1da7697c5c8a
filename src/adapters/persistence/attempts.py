"""How often an address tried something lately, counted for all processes together."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from adapters.persistence.engine import Database, upsert
from adapters.persistence.tables import attempts


@dataclass(frozen=True, slots=True)
class Counted:
    """Attempts of one kind from one address, and when the first of them was."""

    count: int
    since: datetime


class SqlAttempts:
    """Counts within windows that begin with an address's first attempt.

    Counts whose window is over go as others are written, so that the table stays small.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def counted(self, what: str, address: str, now: datetime, window: timedelta) -> Counted | None:
        """What was counted in the window that is still open; None where there is none."""
        query = sa.select(attempts.c.count, attempts.c.since).where(
            *_of(what, address), attempts.c.since > now - window
        )
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else Counted(*row)

    def add(self, what: str, address: str, now: datetime, window: timedelta) -> Counted:
        """Count one more, in a new window where the last one is over."""
        is_over = attempts.c.since <= now - window
        insert: sa.Executable
        with self._database.transaction() as connection:
            connection.execute(
                sa.delete(attempts).where(attempts.c.what == what, attempts.c.since <= now - window)
            )
            insert = (
                upsert(connection, attempts)
                .values(what=what, address=address, since=now, count=1)
                .on_conflict_do_update(
                    index_elements=[attempts.c.what, attempts.c.address],
                    set_={
                        "since": sa.case((is_over, now), else_=attempts.c.since),
                        "count": sa.case((is_over, 1), else_=attempts.c.count + 1),
                    },
                )
                .returning(attempts.c.count, attempts.c.since)
            )
            row = connection.execute(insert).one()
        return Counted(*row)

    def take_back(self, what: str, address: str) -> None:
        """Count one less, since it turned out to be none."""
        with self._database.transaction() as connection:
            connection.execute(
                sa.update(attempts)
                .where(*_of(what, address), attempts.c.count > 0)
                .values(count=attempts.c.count - 1)
            )


def _of(what: str, address: str) -> tuple[sa.ColumnElement[bool], ...]:
    return attempts.c.what == what, attempts.c.address == address
