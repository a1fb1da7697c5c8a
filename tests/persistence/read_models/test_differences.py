"""Whatever differs from a full replay is told, row by row (M37)."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
import sqlalchemy as sa

from adapters.persistence.engine import Database
from adapters.persistence.event_log import SqlEventLog
from adapters.persistence.projections.keeping_up import KeepingUp
from adapters.persistence.read_model_tables import (
    connections,
    run_rows,
    runs,
    settings_versions,
    transactions,
)
from adapters.persistence.read_models import SqlReadModels
from application.ports.event_log import RecordedEvent
from domain.sync_run import Outcome
from persistence.read_models.story import AGGREGATES, Story, row


@pytest.fixture
def log(database: Database) -> SqlEventLog:
    return SqlEventLog(database, AGGREGATES)


@pytest.fixture
def told(log: SqlEventLog) -> tuple[UUID, UUID]:
    """A connection and its run, with one posted transaction and one that was skipped."""
    story = Story(log)
    connection = story.connect()
    run = story.start(connection)
    story.post(connection, run, 7)
    story.report(run, row(8, Outcome.SKIPPED, "PENDING"))
    story.end(connection, run)
    return connection.id, run.id


@pytest.fixture
def views(database: Database, log: SqlEventLog, told: object) -> SqlReadModels:
    views = SqlReadModels(database, log)
    assert views.differences() == []
    return views


def test_a_changed_row_is_told_with_its_columns(
    database: Database, views: SqlReadModels, told: tuple[UUID, UUID]
) -> None:
    connection_id, run_id = told
    with database.transaction() as connection:
        changed = sa.update(transactions).where(transactions.c.pex_id == 7)
        connection.execute(changed.values(outcome="failed", amount="-48.61"))
        connection.execute(sa.update(runs).values(counts="{}"))
    assert views.differences() == [
        f"view_runs {run_id}: counts",
        f"view_transactions {connection_id} card 7: amount, outcome",
    ]


def test_rows_that_are_missing_or_unheard_of_are_told(
    database: Database, views: SqlReadModels, told: tuple[UUID, UUID]
) -> None:
    connection_id, run_id = told
    with database.transaction() as connection:
        connection.execute(sa.delete(settings_versions))
        moved = sa.update(transactions).where(transactions.c.pex_id == 8)
        connection.execute(moved.values(pex_id=9))
        connection.execute(sa.delete(run_rows).where(run_rows.c.pex_id == 8))
    assert views.differences() == [
        f"view_settings_versions {connection_id} 1: missing",
        f"view_run_rows {run_id} 200000: missing",
        f"view_transactions {connection_id} card 8: missing",
        f"view_transactions {connection_id} card 9: no event tells of it",
    ]


def test_a_rebuild_mends_every_difference(database: Database, views: SqlReadModels) -> None:
    with database.transaction() as connection:
        connection.execute(sa.update(connections).values(status="connected_ready"))
        connection.execute(sa.delete(transactions))
    assert len(views.differences()) == 3
    assert len(views.differences()) == 3
    views.rebuild()
    assert views.differences() == []


def test_views_that_are_behind_are_compared_as_of_where_they_are(
    log: SqlEventLog, views: SqlReadModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(KeepingUp, "catch_up", lambda _self: None)
    Story(log).connect(2002)
    assert views.differences() == []


class BusyLog(SqlEventLog):
    """A log to which somebody else writes whenever a page is read."""

    def __init__(self, database: Database, write: Callable[[], None]) -> None:
        super().__init__(database, AGGREGATES)
        self.write = write
        self.pages = 0

    def read(self, after: int, limit: int) -> Sequence[RecordedEvent]:
        self.pages += 1
        with ThreadPoolExecutor(1) as pool:
            pool.submit(self.write).result(timeout=20)
        return super().read(after, limit)


def test_comparing_keeps_nobody_from_writing_and_mistakes_no_new_event(
    database: Database, log: SqlEventLog, views: SqlReadModels
) -> None:
    story, numbers = Story(log), iter(range(2000, 3000))

    def write() -> None:
        story.connect(next(numbers))
        views.catch_up()

    busy = BusyLog(database, write)
    assert SqlReadModels(database, busy, 5).differences() == []
    assert busy.pages > 1
    assert views.differences() == []
