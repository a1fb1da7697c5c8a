"""Traces of a running service: its parts linked step by step, and no secret among them."""

import json
import logging
import signal
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from io import StringIO
from pathlib import Path
from uuid import UUID

import httpx
import pytest
import structlog

from adapters.telemetry.logs import QUIET, configure_logging
from cli.shell import Shell
from cli.test_services import STOP_SECONDS, free_port, ready, started
from entrypoints.demo.company import ApiUser
from entrypoints.serving import in_background
from entrypoints.settings import Settings
from sandbox import company
from sandbox.program import Sandbox
from small_collector import Collector, Told, running_collector

KEY = "canary-key-0123456789-0123456789-abcdef"
CANARY = "canary-77f03a"


@dataclass(frozen=True)
class Traced:
    """A run that was traced from the request to the books, and what was logged meanwhile."""

    collector: Collector
    spans: list[Told]
    lines: list[dict[str, str]]
    connection_id: str
    run_id: str
    token: str

    def named(self, name: str) -> list[Told]:
        return [span for span in self.spans if span.name == name]

    def above(self, span: Told) -> list[str]:
        """The names of what a span stands in, the nearest first."""
        by_id = {one.id: one for one in self.spans}
        names = []
        while span.parent:
            span = by_id[span.parent]
            names.append(span.name)
        return names


@pytest.fixture(scope="module")
def logged() -> Iterator[StringIO]:
    stream = StringIO()
    loggers = [logging.getLogger(name) for name in ("", *QUIET)]
    levels, handlers = [one.level for one in loggers], loggers[0].handlers[:]
    loud, kept = logging.raiseExceptions, sys.stderr
    sys.stderr = stream
    configure_logging("info", "json")
    structlog.configure(cache_logger_on_first_use=False)
    sys.stderr = kept
    yield stream
    structlog.reset_defaults()
    loggers[0].handlers[:] = handlers
    logging.raiseExceptions = loud
    for one, level in zip(loggers, levels, strict=True):
        one.setLevel(level)


@pytest.fixture(scope="module")
def traced(tmp_path_factory: pytest.TempPathFactory, logged: StringIO) -> Traced:
    folder: Path = tmp_path_factory.mktemp("traced")
    with running_collector() as collector, Sandbox(purchases=20) as sandbox:
        settings = Settings.of(
            sandbox.environment(),
            database_url=f"sqlite:///{folder / 'pexbc.db'}",
            secret_key=KEY,
            pex_requests_per_minute=1_000_000,
            otlp_endpoint=f"{collector.url}/",
        )
        with in_background(settings, "127.0.0.1", 0) as (url, services):
            token = services.api_tokens.create(
                "an admin", "admin", (), "test", services.clock.now()
            )[1]
            user = ApiUser(url, token)
            connection_id = user.connect()
            start = services.clock.now().date() - timedelta(days=40)
            user.configure(connection_id, start.isoformat())
            run = user.run(connection_id, preview=False, watch=lambda _run: None)
            user.close()
            headers = {"Authorization": f"Bearer {token}", "Cookie": f"session={CANARY}"}
            with httpx.Client(base_url=url, headers=headers) as client:
                client.get(f"/api/v1/connections/{connection_id}/transactions?q={CANARY}")
                client.get(f"/api/v1/runs/{UUID(int=0)}?secret={CANARY}")
                client.get(f"/no/such/page/{CANARY}")
                client.get("/health/ready")
                client.get("/metrics")
        lines = [json.loads(line) for line in logged.getvalue().splitlines()]
        return Traced(collector, collector.spans, lines, connection_id, run["id"], token)


def test_a_step_of_a_run_is_one_trace_down_to_each_request(traced: Traced) -> None:
    (pack,) = traced.named("pack")
    assert pack.attributes["pexbc.run_id"] == traced.run_id
    assert pack.attributes["pexbc.connection_id"] == traced.connection_id
    assert int(pack.attributes["pexbc.entries"]) > 0
    assert traced.above(pack) == ["post", "run step"]
    sent = [span for span in traced.named("bc POST $batch") if span.parent == pack.id]
    assert [span.attributes["http.response.status_code"] for span in sent] == [200]
    (post,) = (one for one in traced.named("post") if one.id == pack.parent)
    assert "sent" in post.events
    fetched = [span for span in traced.spans if traced.above(span)[:1] == ["fetch"]]
    assert "pex GET Details/AllCardholderTransactions" in {span.name for span in fetched}
    for step in traced.named("run step"):
        assert step.parent == ""
        assert step.attributes == {
            "pexbc.run_id": traced.run_id,
            "pexbc.connection_id": traced.connection_id,
        }
    assert len({step.trace for step in traced.named("run step")}) > 1


def test_a_request_is_named_for_its_route_and_bears_ids_as_attributes_alone(
    traced: Traced,
) -> None:
    (listed,) = traced.named("GET /api/v1/connections/{connection_id}/transactions")
    assert listed.attributes["pexbc.connection_id"] == traced.connection_id
    assert listed.attributes["http.response.status_code"] == 200
    missing = traced.named("GET /api/v1/runs/{run_id}")[-1]
    assert missing.attributes["http.response.status_code"] == 404
    assert not missing.failed
    assert traced.named("GET unknown")
    names = {span.name for span in traced.spans}
    assert not [name for name in names if traced.connection_id in name or traced.run_id in name]
    assert not [name for name in names if "/health/" in name or "/metrics" in name]


def test_requests_to_business_central_and_microsoft_name_no_tenant_company_or_record(
    traced: Traced,
) -> None:
    forms = {span.attributes.get("url.template", "") for span in traced.spans}
    assert "{}/oauth2/v2.0/token" in forms
    assert not [form for form in forms if company.TENANT in str(form)]
    assert not [form for form in forms if company.COMPANY_ID in str(form)]
    assert not [form for form in forms if "?" in str(form)]


def test_no_secret_is_among_what_the_collector_is_told(traced: Traced) -> None:
    told = b"".join(traced.collector.raw) + "".join(traced.collector.headers).encode()
    secrets = (KEY, CANARY, traced.token, company.PREPAID_TOKEN, company.CLIENT_SECRET)
    assert len(told) > 10_000
    assert not [one for one in secrets if one.encode() in told]
    assert traced.collector.paths == {"/v1/traces"}
    assert traced.collector.resource["service.name"] == "pexbc"


def test_log_lines_bear_the_trace_that_they_belong_to(traced: Traced) -> None:
    traces = {span.trace for span in traced.spans}
    requests = [line for line in traced.lines if line["event"] == "request"]
    assert len(requests) > 3
    assert {line["trace_id"] for line in requests if line["level"] == "info"} <= traces
    (ended,) = (line for line in traced.lines if line["event"] == "the run has ended")
    assert (ended["run_id"], ended["connection_id"]) == (traced.run_id, traced.connection_id)
    assert ended["status"] in {"partly_failed", "succeeded"}
    assert ended["trace_id"] in traces


def test_a_service_whose_collector_hangs_serves_and_ends_in_time_all_the_same(
    tmp_path: Path,
) -> None:
    port = free_port()
    with running_collector() as collector:
        collector.holds = threading.Event()
        variables = {"PEXBC_SECRET_KEY": KEY, "PEXBC_OTLP_ENDPOINT": collector.url}
        with started(Shell(tmp_path, variables), "serve", "--port", port) as process:
            assert ready(port, process).status_code == 200
            for _ in range(3):
                answer = httpx.get(f"http://127.0.0.1:{port}/api/v1/connections", timeout=30)
                assert answer.status_code == 401
            process.send_signal(signal.SIGTERM)
            _, err = process.communicate(timeout=STOP_SECONDS)
            assert process.returncode == 0
        assert "Traceback" not in err
        assert collector.raw == []
