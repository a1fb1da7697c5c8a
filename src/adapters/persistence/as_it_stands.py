"""What the database holds at this moment, read without bringing the views up to date."""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa

from adapters.persistence.chain import chain_head
from adapters.persistence.engine import Database
from adapters.persistence.projections.keeping_up import connection_position
from adapters.persistence.read_model_tables import connections
from adapters.persistence.tables import events

OPENED = "connection.opened"


def known_connections(database: Database) -> Sequence[UUID]:
    """Every connection: those that the views show, and those opened since."""
    with database.reading() as connection:
        shown = connection.scalars(sa.select(connections.c.id).order_by(connections.c.opened_at))
        ids = dict.fromkeys(shown)
        since = sa.select(events.c.stream_id).where(
            events.c.position > connection_position(connection), events.c.topic == OPENED
        )
        ids.update(dict.fromkeys(connection.scalars(since.order_by(events.c.position))))
    return list(ids)


def views_behind(database: Database) -> int:
    """How many positions the views are behind the log; negative where they are ahead of it."""
    head = chain_head(database).position
    with database.reading() as connection:
        return head - connection_position(connection)
