"""Transactions: nested blocks join, failures undo, threads keep apart."""

from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from threading import Barrier

import pytest
import sqlalchemy as sa

from adapters.persistence.engine import (
    Database,
    ReadOnlyBlockError,
    TransactionUndoneError,
    make_engine,
)
from adapters.persistence.tables import tracking


def put(database: Database, name: str, position: int = 1) -> None:
    with database.transaction() as connection:
        connection.execute(sa.insert(tracking).values(name=name, position=position))


def names(database: Database) -> set[str]:
    with database.reading() as connection:
        return set(connection.scalars(sa.select(tracking.c.name)))


class Oops(Exception):
    pass


def fail_after_put(database: Database, name: str) -> None:
    with database.transaction():
        put(database, name)
        raise Oops


def fail_attempt(database: Database, name: str) -> None:
    with database.attempt():
        put(database, name)
        raise Oops


def test_nested_blocks_are_stored_together(database: Database) -> None:
    with database.transaction():
        put(database, "a")
        put(database, "b")
        assert names(database) == {"a", "b"}
    assert names(database) == {"a", "b"}


def test_an_exception_stores_nothing(database: Database) -> None:
    with pytest.raises(Oops):
        fail_after_put(database, "a")
    assert names(database) == set()


def test_a_nested_failure_undoes_everything_even_when_its_error_is_caught(
    database: Database,
) -> None:
    def swallow() -> None:
        with database.transaction():
            put(database, "a")
            with pytest.raises(Oops):
                fail_after_put(database, "b")

    with pytest.raises(TransactionUndoneError):
        swallow()
    assert names(database) == set()


def test_a_failed_attempt_undoes_itself_alone(database: Database) -> None:
    with database.transaction():
        put(database, "a")
        with pytest.raises(Oops):
            fail_attempt(database, "b")
        put(database, "c")
    assert names(database) == {"a", "c"}


def test_a_failure_caught_within_an_attempt_still_undoes_the_attempt(database: Database) -> None:
    def swallow() -> None:
        with database.attempt():
            put(database, "b")
            with pytest.raises(Oops):
                fail_after_put(database, "c")

    with database.transaction():
        put(database, "a")
        with pytest.raises(TransactionUndoneError):
            swallow()
    assert names(database) == {"a"}


def test_a_statement_refused_in_an_attempt_leaves_the_transaction_usable(
    database: Database,
) -> None:
    def put_again() -> None:
        with database.attempt():
            put(database, "a")

    with database.transaction():
        put(database, "a")
        with pytest.raises(sa.exc.IntegrityError):
            put_again()
        put(database, "b")
    assert names(database) == {"a", "b"}


def test_what_is_not_committed_is_unseen_by_other_threads(database: Database) -> None:
    with ThreadPoolExecutor(1) as pool, database.transaction():
        put(database, "a")
        assert pool.submit(names, database).result() == set()


def test_a_context_copied_to_another_thread_does_not_carry_the_transaction(
    database: Database,
) -> None:
    with ThreadPoolExecutor(1) as pool, database.transaction():
        put(database, "a")
        assert pool.submit(copy_context().run, names, database).result() == set()


def test_a_reading_block_sees_one_state_throughout(database: Database) -> None:
    put(database, "a")
    with ThreadPoolExecutor(1) as pool, database.reading():
        assert names(database) == {"a"}
        pool.submit(put, database, "b").result()
        assert names(database) == {"a"}
    assert names(database) == {"a", "b"}


def test_a_reading_block_cannot_write(database: Database) -> None:
    with pytest.raises(sa.exc.DBAPIError), database.reading() as connection:
        connection.execute(sa.insert(tracking).values(name="a", position=1))
    put(database, "b")
    assert names(database) == {"b"}


def test_a_transaction_cannot_begin_inside_a_reading_block(database: Database) -> None:
    with database.reading(), pytest.raises(ReadOnlyBlockError):
        put(database, "a")
    with database.reading(), pytest.raises(ReadOnlyBlockError):
        fail_attempt(database, "a")


def test_writers_that_read_first_do_not_lose_each_others_updates(database: Database) -> None:
    put(database, "counter", 0)
    start = Barrier(6)

    def count() -> None:
        start.wait()
        for _ in range(10):
            with database.transaction() as connection:
                query = sa.select(tracking.c.position).with_for_update()
                position = connection.execute(query).scalar_one()
                connection.execute(sa.update(tracking).values(position=position + 1))

    with ThreadPoolExecutor(6) as pool:
        for done in [pool.submit(count) for _ in range(6)]:
            done.result()
    with database.reading() as connection:
        assert connection.scalar(sa.select(tracking.c.position)) == 60


def test_sqlite_is_opened_to_survive_a_crash_and_to_wait_for_others(sqlite_url: str) -> None:
    engine = make_engine(sqlite_url)
    with engine.connect() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    engine.dispose()
    assert found == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": 30_000,
    }


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://localhost/pexbc"])
def test_a_database_that_could_lose_events_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="SQLite in a file"):
        make_engine(url)


@pytest.mark.parametrize("scheme", ["postgresql", "postgresql+psycopg", "postgres"])
def test_any_usual_address_of_postgresql_is_taken(scheme: str) -> None:
    engine = make_engine(f"{scheme}://me@localhost/pexbc", pool_size=7)
    assert (engine.dialect.name, engine.dialect.driver) == ("postgresql", "psycopg")
    assert engine.pool.size() == 7  # type: ignore[attr-defined] # it is a QueuePool
