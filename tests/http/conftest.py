"""A running service on a running sandbox, once for a test module."""

import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog

from entrypoints.demo.company import ApiUser
from entrypoints.serving import in_background
from entrypoints.settings import Settings
from http_running import Running
from sandbox.program import Sandbox


@pytest.fixture(scope="module", autouse=True)
def quiet() -> Iterator[None]:
    """No line for each request in the tests' own output."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="module")
def running(
    tmp_path_factory: pytest.TempPathFactory, service_database: Callable[[Path], str]
) -> Iterator[Running]:
    folder: Path = tmp_path_factory.mktemp("service")
    with Sandbox(purchases=60) as sandbox:
        settings = Settings.of(
            sandbox.environment(),
            database_url=service_database(folder),
            pex_requests_per_minute=1_000_000,
            trusted_proxies="127.0.0.1",
        )
        with in_background(settings, "127.0.0.1", 0) as (url, services):
            yield Running(url, services, sandbox)


@pytest.fixture(scope="module")
def user(running: Running) -> Iterator[ApiUser]:
    user = ApiUser(running.url, running.token("admin"))
    yield user
    user.close()


@pytest.fixture(scope="module")
def connected(user: ApiUser) -> str:
    """A connection that is configured, by its id."""
    connection_id = user.connect()
    start = datetime.now(UTC).date() - timedelta(days=65)
    user.configure(connection_id, start.isoformat())
    return connection_id


@pytest.fixture
def anonymous(running: Running) -> Iterator[httpx.Client]:
    with running.client() as client:
        yield client


@pytest.fixture
def problem() -> Callable[[httpx.Response], dict[str, Any]]:
    """Read a problem document, and check that it is a whole one."""

    def read(response: httpx.Response) -> dict[str, Any]:
        assert response.headers["content-type"] == "application/problem+json"
        body: dict[str, Any] = response.json()
        assert {"type", "title", "status", "detail", "code", "fix"} <= body.keys()
        assert body["status"] == response.status_code
        return body

    return read
