"""Wake-up calls that are under way, over SQL: what all workers and senders know together."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import sqlalchemy as sa

from adapters.persistence.engine import Database, upsert
from adapters.persistence.tables import wakeup_calls


class SqlCalls:
    """Fulfils `Calls`; each step is one statement, so that of many sweeps one calls."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, subject: UUID, due_at: datetime) -> str:
        """Number a new call."""
        number = uuid4().hex
        with self._database.transaction() as connection:
            insert = upsert(connection, wakeup_calls).values(
                subject=subject, number=number, due_at=due_at
            )
            connection.execute(
                insert.on_conflict_do_update(
                    index_elements=[wakeup_calls.c.subject],
                    set_={"number": number, "due_at": due_at},
                )
            )
        return number

    def remind(self, subject: UUID, now: datetime, unheard_for: timedelta) -> str | None:
        """The number to call with, or None."""
        with self._database.transaction() as connection:
            insert = upsert(connection, wakeup_calls).values(
                subject=subject, number=uuid4().hex, due_at=now
            )
            remind = insert.on_conflict_do_update(
                index_elements=[wakeup_calls.c.subject],
                set_={"due_at": now},
                where=wakeup_calls.c.due_at < now - unheard_for,
            )
            number: str | None = connection.scalar(remind.returning(wakeup_calls.c.number))
            return number

    def is_valid(self, subject: UUID, number: str) -> bool:
        """Whether this is the call that was last numbered."""
        query = sa.select(wakeup_calls.c.number).where(wakeup_calls.c.subject == subject)
        with self._database.reading() as connection:
            return connection.scalar(query) == number

    def end(self, subject: UUID, number: str) -> None:
        """Expect no further call."""
        over = sa.delete(wakeup_calls).where(
            wakeup_calls.c.subject == subject, wakeup_calls.c.number == number
        )
        with self._database.transaction() as connection:
            connection.execute(over)
