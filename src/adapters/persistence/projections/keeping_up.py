"""Keeps the views up with the log, rebuilds them, and tells where they differ from it (M37)."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import sqlalchemy as sa

from adapters.persistence.engine import Database, upsert
from adapters.persistence.projections.differences import compare, scratch
from adapters.persistence.projections.project import project
from adapters.persistence.projections.replay import Replay
from adapters.persistence.read_model_tables import VIEWS
from adapters.persistence.tables import events, tracking
from application.ports.event_log import EventLog

T = TypeVar("T")
EVENTS_A_PAGE = 500
TRACKED = "read_models"
_OURS = tracking.c.name == TRACKED
_STAND = sa.select(
    sa.select(sa.func.coalesce(sa.func.max(events.c.position), 0)).scalar_subquery(),
    sa.func.coalesce(sa.select(tracking.c.position).where(_OURS).scalar_subquery(), 0),
)


class KeepingUp:
    """Rows and position move in one transaction, by one thread or process at a time.

    Whoever wants to move them waits for the lock on the position and then looks anew, so that no
    event is applied twice and none is left out. The log's tables lie in the same database.
    """

    def __init__(self, database: Database, log: EventLog, events_a_page: int) -> None:
        self._database = database
        self._log = log
        self._events_a_page = events_a_page
        self._replay = Replay(log)  # used under the lock on the position alone

    def read(self, query: sa.Select[Any]) -> Sequence[sa.Row[Any]]:
        """The rows of a query, which sees every event that was stored before it was asked."""
        return self.look(lambda connection: connection.execute(query).all())

    def look(self, at: Callable[[sa.Connection], T]) -> T:
        """What is found in the views once they show every event that was stored before.

        Position and rows are read from one state: a rebuild in between cannot empty the answer.
        """
        wanted: int | None = None
        while True:
            with self._database.reading() as connection:
                head, done = connection.execute(_STAND).one()
                wanted = head if wanted is None else wanted
                if done >= wanted:
                    return at(connection)
            self._advance()

    def catch_up(self) -> None:
        """Apply the events that are not in the views yet; one small query where there are none."""
        with self._database.reading() as connection:
            head, done = connection.execute(_STAND).one()
        if head > done:
            self._advance()

    def rebuild(self) -> None:
        """Throw the rows away, then build them page by page; readers meanwhile wait or help."""
        with self._database.transaction() as connection:
            _lock(connection)
            for view in VIEWS:
                connection.execute(sa.delete(view))
            connection.execute(sa.update(tracking).where(_OURS).values(position=0))
        self._advance()

    def differences(self) -> list[str]:
        """What a full replay shows otherwise, row by row; nobody is kept from writing."""
        self.catch_up()
        with self._database.reading() as here, scratch() as there:
            done = connection_position(here)
            replay, position = Replay(self._log), 0
            while position < done:
                page = self._log.read(position, self._events_a_page)
                page = [recorded for recorded in page if recorded.position <= done]
                if not page:
                    break
                project(there, replay, page)
                position = page[-1].position
            return [line for view in VIEWS for line in compare(view, here, there)]

    def _advance(self) -> None:
        # What a block around this one wrote may be undone, and must not be kept.
        replay = Replay(self._log) if self._database.is_in_block else self._replay
        more = True
        while more:
            with self._database.transaction() as connection:
                more = self._apply_page(connection, replay)

    def _apply_page(self, connection: sa.Connection, replay: Replay) -> bool:
        """Apply one page; whether there may be more."""
        page = self._log.read(_lock(connection), self._events_a_page)
        if not page:
            return False
        project(connection, replay, page)
        connection.execute(sa.update(tracking).where(_OURS).values(position=page[-1].position))
        return len(page) == self._events_a_page


def connection_position(connection: sa.Connection) -> int:
    """The position up to which the views show the log."""
    done: int = connection.execute(_STAND).one()[1]
    return done


def _lock(connection: sa.Connection) -> int:
    """The position, which nobody else moves until the transaction ends."""
    start = upsert(connection, tracking).values(name=TRACKED, position=0)
    connection.execute(start.on_conflict_do_nothing())
    query = sa.select(tracking.c.position).where(_OURS).with_for_update()
    position: int = connection.execute(query).scalar_one()
    return position
