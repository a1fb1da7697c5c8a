"""Accounts' names as charts told them, over SQL."""

from collections.abc import Mapping
from uuid import UUID

import msgspec
import sqlalchemy as sa

from adapters.persistence.engine import Database, upsert
from adapters.persistence.tables import account_names

Names = dict[str, str]


class SqlAccountNames:
    """Fulfils the port `AccountNames`; one row for each company of a connection."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, connection_id: UUID, company_id: str) -> Mapping[str, str]:
        """The names of a company's accounts."""
        query = sa.select(account_names.c.names).where(
            account_names.c.connection_id == connection_id,
            account_names.c.company_id == company_id,
        )
        with self._database.reading() as connection:
            text: str | None = connection.scalar(query)
        return msgspec.json.decode(text, type=Names) if text else {}

    def keep(self, connection_id: UUID, company_id: str, names: Mapping[str, str]) -> None:
        """Keep what a chart just told; nothing is written where nothing is new."""
        if self.of(connection_id, company_id) == names:
            return
        row = {
            "connection_id": connection_id,
            "company_id": company_id,
            "names": msgspec.json.encode(names).decode(),
        }
        with self._database.transaction() as connection:
            insert = upsert(connection, account_names).values(row)
            connection.execute(
                insert.on_conflict_do_update(
                    index_elements=["connection_id", "company_id"],
                    set_={"names": insert.excluded.names},
                )
            )
