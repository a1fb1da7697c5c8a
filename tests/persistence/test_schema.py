"""Migrations: up, down and up again, by many processes at once, and as the code says."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from adapters.persistence.engine import make_engine
from adapters.persistence.schema import (
    current_revision,
    differences,
    downgrade,
    migrate,
    newest_revision,
)

MIGRATE = """
import sys
from adapters.persistence.engine import make_engine
from adapters.persistence.schema import migrate
migrate(make_engine(sys.argv[1]))
"""


@pytest.fixture
def engine(empty_database_url: str) -> Iterator[sa.Engine]:
    engine = make_engine(empty_database_url)
    yield engine
    engine.dispose()


def tables(engine: sa.Engine) -> set[str]:
    return set(sa.inspect(engine).get_table_names()) - {"alembic_version"}


def test_the_schema_goes_up_and_down_and_up_again(engine: sa.Engine) -> None:
    assert current_revision(engine) is None
    migrate(engine)
    created = tables(engine)
    assert current_revision(engine) == newest_revision()
    downgrade(engine)
    assert tables(engine) == set()
    assert current_revision(engine) is None
    migrate(engine)
    assert tables(engine) == created


def test_migrating_a_migrated_database_changes_nothing(engine: sa.Engine) -> None:
    migrate(engine)
    migrate(engine)
    assert current_revision(engine) == newest_revision()


def test_code_and_migrations_agree_on_every_table(engine: sa.Engine) -> None:
    migrate(engine)
    assert differences(engine) == []


def test_a_table_that_the_code_does_not_know_is_reported(engine: sa.Engine) -> None:
    migrate(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE stranger (id INTEGER)")
    assert [difference[0] for difference in differences(engine)] == ["remove_table"]


def test_a_failed_migration_leaves_nothing_behind(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE worklist (id INTEGER)")
    with pytest.raises(sa.exc.DBAPIError):
        migrate(engine)
    assert tables(engine) == {"worklist"}


def test_processes_that_migrate_at_once_all_succeed(empty_database_url: str) -> None:
    command = [sys.executable, "-c", MIGRATE, empty_database_url]
    processes = [subprocess.Popen(command) for _ in range(4)]  # noqa: S603 - our own command
    assert [process.wait(timeout=60) for process in processes] == [0, 0, 0, 0]
    engine = make_engine(empty_database_url)
    assert current_revision(engine) == newest_revision()
    engine.dispose()
