"""One database for everything: SQLite in a file or PostgreSQL, and the transactions on it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from threading import Lock, get_ident
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

BUSY_SECONDS = 30
_READS_ONLY = "pexbc_reads_only"
_PRAGMAS = (
    f"busy_timeout={BUSY_SECONDS * 1000}",  # first, since the next one may have to wait
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "recursive_triggers=ON",  # else INSERT OR REPLACE would pass by the triggers on DELETE
)


class TransactionUndoneError(Exception):
    """A nested block failed, its error was swallowed, and so nothing at all was stored."""

    def __init__(self) -> None:
        super().__init__("a nested block failed, so the whole transaction was rolled back")


class ReadOnlyBlockError(Exception):
    """A write was begun inside a block that only reads: a fault of the program."""

    def __init__(self) -> None:
        super().__init__("a writing transaction cannot begin inside a reading block")


def make_engine(
    url: str, *, pool_size: int = 5, max_overflow: int = 10, pool_timeout: float = BUSY_SECONDS
) -> sa.Engine:
    """Open the database; whatever is not declared as reading begins as a writing transaction.

    SQLite writers begin with BEGIN IMMEDIATE, since a transaction that reads first and writes
    later fails with a stale snapshot that no waiting cures. PostgreSQL connections are tried
    before use, so that a restart of the server costs no request. Create the engine after a fork,
    never before it. `pool_timeout` is in seconds.

    Raises:
        ValueError: neither PostgreSQL nor SQLite in a file.
    """
    target = sa.make_url(url)
    pool = {"pool_size": pool_size, "max_overflow": max_overflow, "pool_timeout": pool_timeout}
    if target.drivername in {"postgresql", "postgres", "postgresql+psycopg"}:
        return sa.create_engine(
            target.set(drivername="postgresql+psycopg"),
            pool_pre_ping=True,
            isolation_level="READ COMMITTED",
            **pool,
        )
    if target.get_backend_name() != "sqlite" or target.database in {None, "", ":memory:"}:
        raise ValueError("the database must be PostgreSQL, or SQLite in a file")
    engine = sa.create_engine(target, poolclass=sa.QueuePool, **pool)
    sa.event.listen(engine, "connect", _prepare_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(raw: Any, _record: Any) -> None:
    raw.isolation_level = None  # SQLAlchemy, not the driver, begins transactions
    for pragma in _PRAGMAS:
        raw.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: sa.Connection) -> None:
    reads_only = connection.get_execution_options().get(_READS_ONLY, False)
    connection.exec_driver_sql(f"PRAGMA query_only={'ON' if reads_only else 'OFF'}")
    connection.exec_driver_sql("BEGIN" if reads_only else "BEGIN IMMEDIATE")


def upsert(connection: sa.Connection, table: sa.Table) -> postgresql.Insert | sqlite.Insert:
    """An INSERT that can say what happens on a conflict, in the connection's dialect."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


@dataclass(slots=True)
class _Block:
    """The transaction, or the part of one, that nested blocks of the same thread join."""

    connection: sa.Connection
    writes: bool
    thread: int
    undone: bool = False


class Database:
    """Transactions that nested blocks join, each thread its own.

    Use it as the `Atomically` port: event log, vault, worklist and views all join the block.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        self._current: ContextVar[_Block | None] = ContextVar("database block", default=None)
        self._turn = Lock()

    @contextmanager
    def transaction(self) -> Iterator[sa.Connection]:
        """Store everything written within the block, or nothing.

        A nested block that raises undoes the outermost one too, even where its error is caught.

        Raises:
            TransactionUndoneError: that was the case.
            ReadOnlyBlockError: the block stands inside a reading one.
        """
        block = self._block()
        if block is None:
            with self._outermost(writes=True) as connection:
                yield connection
            return
        if not block.writes:
            raise ReadOnlyBlockError
        try:
            yield block.connection
        except BaseException:
            block.undone = True
            raise

    @contextmanager
    def attempt(self) -> Iterator[sa.Connection]:
        """Like `transaction`, but a failure undoes this block alone and may be caught."""
        block = self._block()
        if block is None or not block.writes:
            with self.transaction() as connection:
                yield connection
            return
        with block.connection.begin_nested(), self._entered(block.connection, writes=True) as inner:
            yield inner

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Read one consistent state; inside a transaction that includes its own writes."""
        block = self._block()
        if block is not None:
            yield block.connection
            return
        with self._outermost(writes=False) as connection:
            yield connection

    @property
    def is_in_block(self) -> bool:
        """Whether this thread stands in a block, whose end may undo what it sees in there."""
        return self._block() is not None

    def dispose(self) -> None:
        """Close the pooled connections."""
        self.engine.dispose()

    def _block(self) -> _Block | None:
        block = self._current.get()
        # A context copied into another thread must not share the connection.
        return block if block is not None and block.thread == get_ident() else None

    @contextmanager
    def _outermost(self, *, writes: bool) -> Iterator[sa.Connection]:
        with self._in_turn(writes=writes), self.engine.connect() as connection:
            self._declare(connection, writes=writes)
            with connection.begin(), self._entered(connection, writes=writes):
                yield connection

    @contextmanager
    def _entered(self, connection: sa.Connection, *, writes: bool) -> Iterator[sa.Connection]:
        block = _Block(connection, writes, get_ident())
        token = self._current.set(block)
        try:
            yield connection
            if block.undone:
                raise TransactionUndoneError
        finally:
            self._current.reset(token)

    def _declare(self, connection: sa.Connection, *, writes: bool) -> None:
        if writes:
            return
        if connection.dialect.name == "postgresql":
            connection.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
        else:
            connection.execution_options(**{_READS_ONLY: True})

    @contextmanager
    def _in_turn(self, *, writes: bool) -> Iterator[None]:
        """Let this process's SQLite writers queue, since SQLite's own waiting starves some.

        Only a matter of fairness: whoever waited too long goes on, and SQLite decides.
        """
        queue = writes and self.engine.dialect.name == "sqlite"
        held = queue and self._turn.acquire(timeout=BUSY_SECONDS)
        try:
            yield
        finally:
            if held:
                self._turn.release()
