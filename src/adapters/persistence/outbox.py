"""The outbox over SQL: what was told last, and what is still on its way."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

import msgspec
import sqlalchemy as sa

from adapters.persistence.engine import Database, upsert
from adapters.persistence.tables import notices, told_troubles
from application.ports.notifier import Notice
from application.ports.outbox import Outgoing


class SqlOutbox:
    """Fulfils the port `Outbox`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def told(self) -> Mapping[UUID, str]:
        """The code of the trouble that each connection was last said to have."""
        with self._database.reading() as connection:
            rows = connection.execute(sa.select(told_troubles)).all()
        return {row.connection_id: row.code for row in rows}

    def tell(
        self,
        connection_id: UUID,
        before: str | None,
        code: str | None,
        outgoing: Sequence[Outgoing] = (),
    ) -> bool:
        """Note a connection's trouble and lay the notices down, both or neither."""
        with self._database.transaction() as connection:
            if not _replaced(connection, connection_id, before, code):
                return False
            if outgoing:
                connection.execute(sa.insert(notices), [_row(one) for one in outgoing])
            return True

    def due(self, now: datetime, limit: int) -> Sequence[Outgoing]:
        """Those to be sent by now, the longest due first."""
        query = (
            sa.select(notices)
            .where(notices.c.due_at <= now)
            .order_by(notices.c.due_at, notices.c.id, notices.c.channel)
            .limit(limit)
        )
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return [
            Outgoing(msgspec.json.decode(row.body, type=Notice), row.channel, row.due_at, row.tries)
            for row in rows
        ]

    def take(self, outgoing: Outgoing, until: datetime) -> Outgoing | None:
        """Begin a try; None where somebody else did."""
        take = (
            sa.update(notices)
            .where(*_is(outgoing), notices.c.due_at == outgoing.due_at)
            .values(due_at=until, tries=notices.c.tries + 1)
            .returning(notices.c.tries)
        )
        with self._database.transaction() as connection:
            tries = connection.scalar(take)
        return None if tries is None else replace(outgoing, due_at=until, tries=tries)

    def put_off(self, outgoing: Outgoing, until: datetime) -> None:
        """Let one that was taken wait."""
        wait = sa.update(notices).where(*_is(outgoing)).values(due_at=until)
        with self._database.transaction() as connection:
            connection.execute(wait)

    def done(self, outgoing: Outgoing) -> None:
        """Forget one."""
        with self._database.transaction() as connection:
            connection.execute(sa.delete(notices).where(*_is(outgoing)))


def _replaced(
    connection: sa.Connection, connection_id: UUID, before: str | None, code: str | None
) -> bool:
    """Whether what was told last was `before`, and is `code` now."""
    told = told_troubles.c
    if before is None:
        insert = upsert(connection, told_troubles).values(connection_id=connection_id, code=code)
        first = insert.on_conflict_do_nothing().returning(told.connection_id)
        return connection.scalar(first) is not None
    where = told.connection_id == connection_id, told.code == before
    if code is None:
        forget = sa.delete(told_troubles).where(*where)
        return connection.scalar(forget.returning(told.connection_id)) is not None
    change = sa.update(told_troubles).where(*where).values(code=code)
    return connection.scalar(change.returning(told.connection_id)) is not None


def _row(outgoing: Outgoing) -> dict[str, object]:
    return {
        "id": outgoing.notice.id,
        "channel": outgoing.channel,
        "body": msgspec.json.encode(outgoing.notice).decode(),
        "due_at": outgoing.due_at,
        "tries": outgoing.tries,
    }


def _is(outgoing: Outgoing) -> tuple[sa.ColumnElement[bool], ...]:
    return notices.c.id == outgoing.notice.id, notices.c.channel == outgoing.channel
