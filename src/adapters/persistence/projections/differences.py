"""Compares the views with a replay of the log into tables of its own (M37)."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from typing import Any

import sqlalchemy as sa

from adapters.persistence.read_model_tables import metadata

Key = tuple[Any, ...]


@contextmanager
def scratch() -> Iterator[sa.Connection]:
    """Empty views in a private SQLite file without a name, which is gone afterwards."""
    engine = sa.create_engine(
        "sqlite://",
        creator=lambda: sqlite3.connect("", check_same_thread=False),
        poolclass=sa.StaticPool,
    )
    try:
        metadata.create_all(engine)
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def compare(view: sa.Table, here: sa.Connection, there: sa.Connection) -> Iterator[str]:
    """Where a view differs from its replay, with the columns that do."""
    shown, replayed = _digests(here, view), _digests(there, view)
    for key in sorted({*shown, *replayed}, key=str):
        if shown.get(key) == replayed.get(key):
            continue
        name = f"{view.name} {' '.join(map(str, key))}"
        if key not in replayed:
            yield f"{name}: no event tells of it"
        elif key not in shown:
            yield f"{name}: missing"
        else:
            was, should = _row(here, view, key), _row(there, view, key)
            wrong = [column for column in was if was[column] != should[column]]
            yield f"{name}: {', '.join(wrong)}"


def _digests(connection: sa.Connection, view: sa.Table) -> dict[Key, bytes]:
    """A digest of each row by its key, since there may be too many rows to hold."""
    names = [column.name for column in view.primary_key]
    query = sa.select(view).execution_options(yield_per=1_000)
    return {
        tuple(row[name] for name in names): blake2b(
            repr(tuple(row.values())).encode(), digest_size=16
        ).digest()
        for row in connection.execute(query).mappings()
    }


def _row(connection: sa.Connection, view: sa.Table, key: Key) -> dict[str, Any]:
    matches = [column == value for column, value in zip(view.primary_key, key, strict=True)]
    return dict(connection.execute(sa.select(view).where(*matches)).mappings().one())
