"""Upgrades and ways back: revisions up and down with data in, processes on other schemas."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory

from adapters.persistence import schema
from adapters.persistence.engine import make_engine
from adapters.persistence.schema import (
    current_revision,
    downgrade,
    migrate,
    newest_revision,
    serves,
)
from entrypoints.revision import DatabaseNotMigrated
from entrypoints.serving import check_migrated
from entrypoints.settings import Settings
from running_runs import Steps, steps

NEWER = "9999"
REVISIONS = [
    script.revision
    for script in reversed(
        list(ScriptDirectory.from_config(schema._config()).walk_revisions())  # noqa: SLF001
    )
]
KEPT = ("events", "secrets", "api_tokens")
"""What cannot be built anew; they are there from the first revision on."""


@pytest.fixture
def engine(empty_database_url: str) -> Iterator[sa.Engine]:
    engine = make_engine(empty_database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def service(database_url: str) -> Iterator[Steps]:
    """A service that has synced, over either kind of database."""
    with steps(database_url) as service:
        for cents in range(3):
            service.purchase(f"-{10 + cents}.00")
        service.sync()
        yield service


def rows(engine: sa.Engine) -> dict[str, list[Any]]:
    """The content of the tables that cannot be built anew."""
    found: dict[str, list[Any]] = {}
    with engine.connect() as connection:
        for name in KEPT:
            table = sa.Table(name, sa.MetaData(), autoload_with=connection)
            order = list(table.primary_key.columns)
            query = sa.select(table).order_by(*order)
            found[name] = [dict(row) for row in connection.execute(query).mappings()]
    return found


def is_kept(before: dict[str, list[Any]], after: dict[str, list[Any]]) -> bool:
    """Whether each row is still there, in the columns that both schemas have."""
    return all(
        len(after[name]) == len(rows)
        and all(
            {key: old[key] for key in old.keys() & new.keys()}
            == {key: new[key] for key in old.keys() & new.keys()}
            for old, new in zip(rows, after[name], strict=True)
        )
        for name, rows in before.items()
    )


def stamp(engine: sa.Engine, revision: str) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE alembic_version SET version_num = '" + revision + "'"  # noqa: S608 - our own
        )


def columns(engine: sa.Engine) -> dict[tuple[str, str], bool]:
    """Every column, and whether a row may leave it out."""
    inspector = sa.inspect(engine)
    return {
        (table, column["name"]): bool(column["nullable"] or column["default"] is not None)
        for table in inspector.get_table_names()
        for column in inspector.get_columns(table)
    }


def test_revisions_are_numbers_in_their_order() -> None:
    assert [f"{number:04}" for number in range(1, len(REVISIONS) + 1)] == REVISIONS


def test_a_revision_only_adds_so_that_the_version_before_it_can_go_on(engine: sa.Engine) -> None:
    before: dict[tuple[str, str], bool] = {}
    for revision in REVISIONS:
        migrate(engine, revision)
        after = columns(engine)
        assert before.keys() <= after.keys(), f"{revision} takes away"
        tables = {table for table, _ in before}
        added = {name: may for name, may in after.items() if name not in before}
        unfit = [name for name, may in added.items() if name[0] in tables and not may]
        assert not unfit, f"{revision} asks for what the version before does not give"
        before = after


def test_down_to_each_revision_and_up_again_loses_nothing_of_what_happened(
    service: Steps,
) -> None:
    engine = service.services.database.engine
    kept = rows(engine)
    posted = service.services.read_models.posted(service.connection_id)
    assert len(posted) == 3
    for revision in reversed(REVISIONS):
        downgrade(engine, revision)
        assert current_revision(engine) == revision
        assert is_kept(kept, rows(engine))
    migrate(engine)
    assert schema.differences(engine) == []
    assert is_kept(kept, rows(engine))
    read_models = service.services.read_models
    read_models.rebuild()
    assert set(read_models.posted(service.connection_id)) == set(posted)
    assert read_models.differences() == []
    assert set(service.sync().values()) == {"already_posted"}


def test_a_process_refuses_a_schema_that_is_older_than_it_needs(database_url: str) -> None:
    settings = Settings(database_url=database_url)
    engine = make_engine(database_url)
    downgrade(engine, REVISIONS[-2])
    with pytest.raises(DatabaseNotMigrated) as refused:
        check_migrated(settings)
    engine.dispose()
    assert REVISIONS[-2] in refused.value.cause
    assert "pexbc migrate" in refused.value.fix


def test_a_process_goes_on_with_a_schema_that_is_newer(service: Steps) -> None:
    engine = service.services.database.engine
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE worklist ADD COLUMN of_a_newer_version TEXT")
    stamp(engine, NEWER)
    check_migrated(service.services.settings)
    migrate(engine)
    assert current_revision(engine) == NEWER
    new = service.purchase("-99.00")
    assert service.sync()[new] == "posted"
    stamp(engine, str(newest_revision()))


def test_only_newer_schemas_and_its_own_serve_a_process() -> None:
    assert [serves(revision) for revision in (None, *REVISIONS[:-1])] == [False] * len(REVISIONS)
    assert serves(REVISIONS[-1])
    assert serves(NEWER)


def test_a_command_of_an_older_version_leaves_a_newer_schema_alone(sqlite_url: str) -> None:
    engine = make_engine(sqlite_url)
    stamp(engine, NEWER)
    program = str(Path(sys.executable).parent / "pexbc")
    done = subprocess.run(  # noqa: S603 - the command under test
        [program, "migrate"],
        env={"PEXBC_DATABASE_URL": sqlite_url, "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert current_revision(engine) == NEWER
    engine.dispose()
