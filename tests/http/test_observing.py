"""Request ids, the one line a request leaves in the log, and what a fault tells and hides."""

import json
import logging
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from io import StringIO
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest
import structlog
from litestar.testing import TestClient

from adapters.telemetry.logs import configure_logging
from application.ports.read_models import ReadModels
from entrypoints.composition import Services
from entrypoints.demo.company import ApiUser, wait_until
from entrypoints.http.app import create_app
from http_running import Running
from sandbox import company

Problem = Callable[[httpx.Response], dict[str, Any]]
Lines = Callable[[int], list[dict[str, Any]]]
CANARY = "canary-4410ab"


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[StringIO]:
    """The log as the service writes it."""
    stream, root = StringIO(), logging.getLogger()
    handlers, level, kept = root.handlers[:], root.level, structlog.get_config()
    loud = logging.raiseExceptions
    monkeypatch.setattr(sys, "stderr", stream)
    configure_logging("debug", "json")
    structlog.configure(cache_logger_on_first_use=False)
    yield stream
    structlog.configure(**kept)
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.raiseExceptions = loud


@pytest.fixture
def requests(log: StringIO) -> Lines:
    """The lines about requests, once there are so many: each is written after its answer."""

    def read() -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in log.getvalue().splitlines()]
        return [line for line in lines if line["event"] == "request"]

    def wait(count: int) -> list[dict[str, Any]]:
        wait_until(lambda: len(read()) >= count, f"{count} lines about requests")
        return read()

    return wait


def _broken(services: Services) -> Services:
    """The same services, with a read model that fails as no one foresaw."""

    def fail(*_: object) -> None:
        raise ValueError(f"no such table, Bearer {CANARY}")

    return replace(services, read_models=cast("ReadModels", SimpleNamespace(connections=fail)))


def test_every_answer_bears_an_id_of_its_own(anonymous: httpx.Client) -> None:
    paths = ("/health/live", "/nowhere", "/api/v1/connections", "/docs")
    ids = [anonymous.get(path).headers["x-request-id"] for path in paths]
    assert len(set(ids)) == len(paths)


def test_a_plain_id_of_the_caller_is_kept_and_an_odd_one_is_not(anonymous: httpx.Client) -> None:
    def answered(given: str) -> str:
        headers = {"X-Request-ID": given}
        return anonymous.get("/health/live", headers=headers).headers["x-request-id"]

    assert answered("trace-1.a_B") == "trace-1.a_B"
    assert answered("two words") != "two words"
    assert answered("x" * 65) != "x" * 65


def test_a_request_is_logged_with_its_route_and_ids_and_nothing_secret(
    running: Running, user: ApiUser, connected: str, requests: Lines, log: StringIO
) -> None:
    token = running.token("admin", company.PREPAID_BUSINESS)
    with running.client(token) as client:
        headers = {"X-Request-ID": "trace-7", "Cookie": f"session={CANARY}"}
        client.get(f"/api/v1/connections/{connected}?q={CANARY}", headers=headers)
        client.get(f"/api/v1/microsoft/callback?code={CANARY}&state={CANARY}")
        client.post("/api/v1/connections", json={"pex": {"token": CANARY}})
    shown = {line["route"]: line for line in requests(3)}
    line = shown["/api/v1/connections/{connection_id}"]
    assert (line["method"], line["status"], line["request_id"]) == ("GET", 200, "trace-7")
    assert line["connection_id"] == connected
    assert shown["/api/v1/microsoft/callback"]["status"] == 422
    assert shown["/api/v1/connections"]["status"] == 422
    for secret in (CANARY, token, company.PREPAID_TOKEN):
        assert secret not in log.getvalue()


def test_probes_are_logged_for_debugging_only(anonymous: httpx.Client, requests: Lines) -> None:
    anonymous.get("/health/live")
    assert [line["level"] for line in requests(1)] == ["debug"]


def test_a_fault_is_told_by_a_reference_alone_and_logged_under_it(
    running: Running, problem: Problem, log: StringIO
) -> None:
    secret = running.token("support")
    app = create_app(_broken(running.services))
    with TestClient(app, raise_server_exceptions=False) as client:
        headers = {"Authorization": f"Bearer {secret}"}
        failed = client.get("/api/v1/connections", headers=headers)
    assert failed.status_code == 500
    told = problem(failed)
    assert told["code"] == "INTERNAL"
    assert "table" not in failed.text
    assert failed.headers["x-content-type-options"] == "nosniff"
    reference = failed.headers["x-request-id"]
    assert reference in told["detail"]
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    fault = next(line for line in lines if line["event"] == "a request failed")
    assert (fault["reference"], fault["request_id"]) == (reference, reference)
    assert fault["exception"][0]["exc_type"] == "ValueError"
    assert CANARY not in log.getvalue()
    assert secret not in log.getvalue()


def test_what_a_handler_logs_bears_the_ids_of_the_request(
    running: Running, connected: str, log: StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = running.services

    class Telling:
        def choices(self, *_: object) -> None:
            structlog.get_logger("application").info("reading")
            raise ValueError

    app = create_app(replace(services, configure=cast("Any", Telling())))
    with TestClient(app, raise_server_exceptions=False) as client:
        headers = {"Authorization": f"Bearer {running.token('support')}", "X-Request-ID": "t-9"}
        client.get(f"/api/v1/connections/{connected}/choices", headers=headers)
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    reading = next(line for line in lines if line["event"] == "reading")
    assert (reading["request_id"], reading["connection_id"]) == ("t-9", connected)
