"""Whether the database can be used, and shows what was recorded."""

from collections.abc import Iterator

import sqlalchemy as sa

from adapters.persistence.as_it_stands import views_behind
from adapters.persistence.chain import chain_head, verify_chain
from adapters.persistence.engine import Database, make_engine
from adapters.persistence.schema import current_revision, is_newer
from entrypoints.doctor import faults
from entrypoints.doctor.finding import Finding
from entrypoints.doctor.set_up import SetUp
from entrypoints.health import ViewsBehind
from entrypoints.revision import (
    DatabaseNewer,
    DatabaseNotMigrated,
    DatabaseUnreachable,
    check_revision,
)

LEAST_FREE_BYTES = 200_000_000
NEWEST_EVENTS = 1_000
MOST_BEHIND = 1_000


def database(set_up: SetUp) -> Iterator[Finding]:
    """It answers, is at the revision that this version needs, and has room."""
    set_up.requires_variable("database_url")
    file = set_up.settings.database_file()
    if file is not None:
        if not file.absolute().parent.is_dir():
            raise DatabaseUnreachable("its folder is not there")
        if not file.exists():
            raise DatabaseNotMigrated(None)  # to open it would make it
        free = set_up.machine.free_bytes(file.absolute().parent)
        if free < LEAST_FREE_BYTES:
            yield Finding.of(faults.DiskLow(free))
    revision = _open(set_up)
    if is_newer(revision):
        yield Finding.of(DatabaseNewer(revision))


def _open(set_up: SetUp) -> str | None:
    try:
        engine = make_engine(set_up.settings.database_url, pool_size=2)
        revision = current_revision(engine)
    except (sa.exc.SQLAlchemyError, ImportError, ValueError) as error:
        raise DatabaseUnreachable(type(error).__name__) from error
    opened = Database(engine)
    try:
        check_revision(revision)
    except BaseException:
        opened.dispose()
        raise
    set_up.take_database(opened)
    return revision


def events(set_up: SetUp) -> Iterator[Finding]:
    """The newest events are as they were recorded, and the views show the log."""
    opened = set_up.database
    head = chain_head(opened).position
    chain = verify_chain(opened, max(1, head - NEWEST_EVENTS + 1))
    if chain.first_bad is not None:
        yield Finding.of(faults.ChainBroken(chain.first_bad))
    behind = views_behind(opened)
    if behind > MOST_BEHIND:
        yield Finding.of(ViewsBehind(behind))
    elif behind < 0:
        yield Finding.of(faults.ViewsAhead(-behind))
