"""The tables and their migrations; workers never create a table, they find it there."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from adapters.persistence import read_model_tables, tables
from adapters.persistence.engine import Database

METADATAS = (tables.metadata, read_model_tables.metadata)
"""Every module's tables. Add another module's metadata here, with a migration that makes it."""

_MIGRATION_LOCK = 0x7065_7862_6302


def migrate(engine: sa.Engine, revision: str = "head") -> None:
    """Bring the schema up to a revision; any number of processes may try at once.

    The first one does the work in one transaction while the others wait, then find it done. A
    schema that a newer version of the product has brought further stays as it is.
    """
    with _alone(engine) as config:
        if not is_newer(_revision(config.attributes["connection"])):
            command.upgrade(config, revision)


def downgrade(engine: sa.Engine, revision: str = "base") -> None:
    """Take migrations back, and with them what their tables hold.

    The last one holds the event log, so beyond the first revision everything is gone.
    """
    with _alone(engine) as config:
        command.downgrade(config, revision)


def current_revision(engine: sa.Engine) -> str | None:
    """The schema's revision; None of an empty database."""
    with Database(engine).reading() as connection:
        return _revision(connection)


def newest_revision() -> str | None:
    """The revision that this version of the product wants."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def serves(revision: str | None) -> bool:
    """Whether this version of the product can work on a schema: on its own, or on a newer one.

    A revision only adds to what the version before it uses, so processes of that version go on
    while an upgrade is under way (ADR 31).
    """
    return revision == newest_revision() or is_newer(revision)


def differences(engine: sa.Engine) -> list[Any]:
    """How the tables differ from what the code says of them; empty where they agree."""
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        # It takes several metadatas, which its annotation does not say.
        return list(compare_metadata(context, list(METADATAS)))  # type: ignore[arg-type]


def _revision(connection: sa.Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def is_newer(revision: str | None) -> bool:
    """Whether it comes after all that this version knows; revisions are numbers of four digits."""
    newest = newest_revision()
    return None not in (revision, newest) and _number(revision) > _number(newest)


def _number(revision: str | None) -> int:
    return int(revision) if revision and revision.isdecimal() else -1


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "adapters.persistence:migrations")
    config.set_main_option("path_separator", "os")
    return config


@contextmanager
def _alone(engine: sa.Engine) -> Iterator[Config]:
    # On SQLite the transaction begins as a writer, which excludes all others; its DDL rolls back
    # like any other statement, and so does PostgreSQL's.
    config = _config()
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MIGRATION_LOCK)))
        config.attributes["connection"] = connection
        yield config
