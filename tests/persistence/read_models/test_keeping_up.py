"""Rows and position move together, once for each event, whoever looks and whenever."""

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from adapters.persistence.engine import Database, make_engine
from adapters.persistence.event_log import SqlEventLog
from adapters.persistence.projections import keeping_up
from adapters.persistence.projections.keeping_up import TRACKED
from adapters.persistence.projections.project import project
from adapters.persistence.read_model_tables import VIEWS, transactions
from adapters.persistence.read_models import SqlReadModels
from adapters.persistence.recorder import SqlRecorder
from application.ports.event_log import RecordedEvent
from application.ports.read_models import TransactionFilter
from domain.connection import Connection
from domain.pex_transaction import Kind
from domain.sync_run import Outcome
from persistence.read_models.story import ADMIN, AGGREGATES, DAY, SETTINGS, WINDOW, Story, row

TESTS = Path(__file__).parent.parent.parent
CATCH_UP = f"""
import sys
sys.path.insert(0, {str(TESTS)!r})
from adapters.persistence.engine import Database, make_engine
from persistence.read_models.test_keeping_up import ReadLog, SqlReadModels
database = Database(make_engine(sys.argv[1]))
log = ReadLog(database)
print("ready", flush=True)
sys.stdin.readline()
SqlReadModels(database, log, 3).catch_up()
print(*log.seen)
database.dispose()
"""


class ReadLog(SqlEventLog):
    """A log that remembers which positions were read from it."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, AGGREGATES)
        self.seen: list[int] = []

    def read(self, after: int, limit: int) -> Sequence[RecordedEvent]:
        page = super().read(after, limit)
        self.seen.extend(one.position for one in page)
        return page


@pytest.fixture
def log(database: Database) -> SqlEventLog:
    return SqlEventLog(database, AGGREGATES)


@pytest.fixture
def story(log: SqlEventLog) -> Story:
    return Story(log)


@pytest.fixture
def views(database: Database, log: SqlEventLog) -> SqlReadModels:
    return SqlReadModels(database, log)


def positions(log: SqlEventLog) -> list[int]:
    return [one.position for one in log.read(0, 10_000)]


def tell_much(story: Story) -> Connection:
    connection = story.connect()
    for number in range(10):
        run = story.start(connection)
        story.post(connection, run, number)
        story.report(run, row(100 + number, Outcome.SKIPPED, "PENDING"))
        story.end(connection, run)
    return connection


def shown(database: Database) -> int:
    with database.reading() as connection:
        return sum(
            connection.scalar(sa.select(sa.func.count()).select_from(view)) or 0 for view in VIEWS
        )


@contextmanager
def queries(database: Database) -> Iterator[list[tuple[str, Any]]]:
    """The SELECTs, INSERTs, UPDATEs and DELETEs within the block, with their parameters."""
    sent: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if statement.split(None, 1)[0] in {"SELECT", "INSERT", "UPDATE", "DELETE"}:
            sent.append((statement, parameters))

    sa.event.listen(database.engine, "before_cursor_execute", note)
    yield sent
    sa.event.remove(database.engine, "before_cursor_execute", note)


def plan(database: Database, statement: str, parameters: Any) -> list[str]:
    """How SQLite goes about a query, step by step."""
    with database.reading() as connection:
        steps = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        return [step[-1] for step in steps]


# --- at once ----------------------------------------------------------------------------------


def test_threads_that_catch_up_at_once_apply_each_event_once(
    database: Database, story: Story, log: SqlEventLog, views: SqlReadModels
) -> None:
    tell_much(story)
    logs = [ReadLog(database) for _ in range(4)]
    together = Barrier(len(logs))

    def catch_up(own: ReadLog) -> None:
        together.wait()
        SqlReadModels(database, own, 3).catch_up()

    with ThreadPoolExecutor(len(logs)) as pool:
        list(pool.map(catch_up, logs))
    assert sorted(position for own in logs for position in own.seen) == positions(log)
    assert views.differences() == []


def test_processes_that_catch_up_at_once_apply_each_event_once(
    database_url: str, story: Story, log: SqlEventLog, views: SqlReadModels
) -> None:
    tell_much(story)
    command = [sys.executable, "-c", CATCH_UP, database_url]
    processes = [
        subprocess.Popen(  # noqa: S603 - our own command
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    told = [process.communicate("go\n", timeout=60)[0] for process in processes]
    assert sorted(int(word) for words in told for word in words.split()) == positions(log)
    assert views.differences() == []


def test_readers_see_their_own_events_while_others_write_and_read(database_url: str) -> None:
    def live(business_id: int) -> list[int]:
        database = Database(make_engine(database_url))
        log = SqlEventLog(database, AGGREGATES)
        story, views = Story(log), SqlReadModels(database, log, 5)
        connection, found = story.connect(business_id), []
        for number in range(8):
            story.reported(connection, row(number, Outcome.SKIPPED, "PENDING"))
            page = views.transactions(connection.id, TransactionFilter(), 100)
            found.append(len(page.items))
        database.dispose()
        return found

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(live, range(4))) == [list(range(1, 9))] * 4


def test_a_rebuild_never_lets_a_reader_see_less(
    database: Database, story: Story, log: SqlEventLog
) -> None:
    connection = tell_much(story)
    run = story.start(connection)
    posting = story.see(connection, run.id, 77)
    story.submit(posting, run.id)
    together = Barrier(2)

    def rebuild() -> None:
        together.wait()
        for _ in range(5):
            SqlReadModels(database, log, 20).rebuild()

    def read() -> set[tuple[UUID, ...]]:
        together.wait()
        own = SqlReadModels(database, log, 20)
        return {tuple(own.unfinished(connection.id)) for _ in range(40)}

    with ThreadPoolExecutor(2) as pool:
        rebuilt, found = pool.submit(rebuild), pool.submit(read)
        rebuilt.result()
        assert found.result() == {(posting.id,)}


# --- all or nothing ---------------------------------------------------------------------------


def test_a_page_that_fails_leaves_neither_rows_nor_position(
    database: Database,
    story: Story,
    log: SqlEventLog,
    views: SqlReadModels,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tell_much(story)

    def fail_at_last(*arguments: Any) -> None:
        project(*arguments)
        raise ConnectionResetError

    with monkeypatch.context() as patch:
        patch.setattr(keeping_up, "project", fail_at_last)
        with pytest.raises(ConnectionResetError):
            views.catch_up()
    assert shown(database) == 0
    assert not SqlRecorder(database).max_tracking_id(TRACKED)
    views.catch_up()
    assert SqlRecorder(database).max_tracking_id(TRACKED) == log.head()
    assert views.differences() == []


def test_what_a_rolled_back_transaction_saw_is_not_kept(
    database: Database, story: Story, views: SqlReadModels
) -> None:
    connection = story.connect()
    views.catch_up()

    def save_look_and_fail() -> None:
        with database.transaction():
            run = story.start(connection)
            assert list(views.active_runs()) == [run.id]
            raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        save_look_and_fail()
    assert not views.active_runs()
    assert views.differences() == []


def test_what_was_rolled_back_colours_nothing_that_comes_after_it(
    database: Database, story: Story, log: SqlEventLog, views: SqlReadModels
) -> None:
    """Though another process shows what was written in its place."""
    connection = story.connect()
    views.catch_up()

    def name_look_and_fail() -> None:
        with database.transaction():
            undone = log.load(Connection, connection.id)
            undone.pex_signed_in(story.now(), "Never", "prepaid", "nobody", ADMIN)
            log.save(undone)
            views.catch_up()
            raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        name_look_and_fail()
    connection.pex_signed_in(story.now(), "Harbor", "prepaid", "dana.k", ADMIN)
    log.save(connection)
    SqlReadModels(database, log).catch_up()
    story.save_settings(connection, SETTINGS)
    assert views.differences() == []


# --- cheap ------------------------------------------------------------------------------------


def test_a_query_with_nothing_new_takes_two_statements(
    database: Database, story: Story, views: SqlReadModels
) -> None:
    connection = tell_much(story)
    views.catch_up()
    asked: list[Callable[[], object]] = [
        lambda: views.transactions(connection.id, TransactionFilter(text="deli"), 5),
        lambda: views.connection(connection.id),
        lambda: views.runs(connection.id, 5),
        lambda: views.unfinished(connection.id),
    ]
    for ask in asked:
        with queries(database) as sent:
            ask()
        assert len(sent) == 2
    with queries(database) as sent:
        views.catch_up()
    assert len(sent) == 1


def test_a_run_that_finds_everything_posted_rewrites_no_transaction(
    database: Database, story: Story, views: SqlReadModels
) -> None:
    connection = tell_much(story)
    views.catch_up()
    story.reported(connection, *(row(number, Outcome.ALREADY_POSTED) for number in range(10)))
    with queries(database) as sent:
        views.catch_up()
    assert not [one for one, _ in sent if one.startswith(f"INSERT INTO {transactions.name}")]


@pytest.mark.parametrize(
    "wanted",
    [
        TransactionFilter(),
        TransactionFilter(outcome=Outcome.POSTED),
        TransactionFilter(kind=Kind.PURCHASE),
        TransactionFilter(start=DAY, end=DAY),
        TransactionFilter(text="corner"),
        TransactionFilter(changed=False),
    ],
)
@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_page_of_the_ledger_reads_its_rows_off_an_index_in_order(
    database: Database, story: Story, views: SqlReadModels, wanted: TransactionFilter
) -> None:
    connection = tell_much(story)
    cursor = views.transactions(connection.id, wanted, 3).next_cursor
    assert cursor is not None
    for asked in (None, cursor):
        with queries(database) as sent:
            views.transactions(connection.id, wanted, 3, asked)
        (step,) = plan(database, *sent[-1])
        assert step.startswith("SEARCH view_transactions USING INDEX")


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_what_changed_or_is_posted_on_some_days_is_read_off_an_index_in_order(
    database: Database, story: Story, views: SqlReadModels
) -> None:
    connection = tell_much(story)
    for ask, index in (
        (lambda: views.transactions(connection.id, TransactionFilter(changed=True), 3), "differs"),
        (lambda: views.posted_within(connection.id, WINDOW, 3), "outcome"),
    ):
        with queries(database) as sent:
            ask()
        (step,) = plan(database, *sent[-1])
        assert f"ix_view_transactions_connection_id_{index}_day" in step


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_what_is_unfinished_is_found_by_its_state(
    database: Database, story: Story, views: SqlReadModels
) -> None:
    connection = tell_much(story)
    with queries(database) as sent:
        views.unfinished(connection.id)
    (step,) = plan(database, *sent[-1])
    assert "connection_id=? AND state=?" in step
