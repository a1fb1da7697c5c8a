"""Traces: to whom they are told, what they leave out, and that nobody waits for a collector."""

import subprocess
import sys
import threading
from collections.abc import Iterator

import httpx
import pytest
import structlog
from pydantic import ValidationError

from adapters.telemetry.collector import TracingNotInstalled, tracing_to
from adapters.telemetry.outgoing import path_form, telling
from adapters.telemetry.tracing import Tracing, Untraced, Way
from entrypoints.settings import Settings
from small_collector import Collector, running_collector

CANARY = "canary-20be71"
OFF = """
import sys
from entrypoints.composition import build
from entrypoints.cli.context import NoWakeups
from entrypoints.settings import Settings
build(Settings.of({"PEXBC_DATABASE_URL": sys.argv[1]}), NoWakeups()).close()
unwanted = ("adapters.telemetry.otlp", "opentelemetry.exporter", "opentelemetry.sdk.trace")
print([name for name in sys.modules if name.startswith(unwanted)])
"""


@pytest.fixture
def collector() -> Iterator[Collector]:
    with running_collector() as collector:
        yield collector


@pytest.fixture
def tracing(collector: Collector) -> Tracing:
    return tracing_to(collector.url)


def test_without_a_collector_nobody_is_told_and_no_library_is_loaded(sqlite_url: str) -> None:
    assert isinstance(tracing_to(""), Untraced)
    assert telling(tracing_to(""), "pex", "https://pex.test") is httpx.Client
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", OFF, sqlite_url], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


@pytest.fixture
def without_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    monkeypatch.delitem(sys.modules, "adapters.telemetry.otlp", raising=False)


def test_a_collector_without_the_packages_is_refused_in_words(without_packages: None) -> None:
    with pytest.raises(TracingNotInstalled) as refused:
        tracing_to("http://127.0.0.1:4318")
    assert "[tracing]" in refused.value.fix


@pytest.mark.parametrize("url", ["collector:4318", "ftp://host", f"http://me:{CANARY}@host"])
def test_an_address_that_is_none_or_bears_a_login_is_refused_without_being_repeated(
    url: str,
) -> None:
    with pytest.raises(ValidationError) as refused:
        Settings.of({"PEXBC_OTLP_ENDPOINT": url})
    assert "http" in str(refused.value)
    assert CANARY not in str(refused.value)


def test_a_block_that_raises_has_failed_by_its_kind_and_its_words_stay_here(
    tracing: Tracing, collector: Collector
) -> None:
    with pytest.raises(ValueError, match=CANARY), tracing.span("outer"), tracing.span("inner"):
        raise ValueError(CANARY)
    tracing.close()
    inner, outer = collector.spans
    assert (inner.name, inner.parent, inner.trace) == ("inner", outer.id, outer.trace)
    assert [one.failed for one in (inner, outer)] == [True, True]
    assert inner.attributes == {"error.type": "ValueError"}
    assert CANARY.encode() not in b"".join(collector.raw)


def test_log_lines_bear_the_trace_while_it_lasts(tracing: Tracing, collector: Collector) -> None:
    with tracing.span("step", {"pexbc.run_id": "r1"}, Way.IN):
        bound = structlog.contextvars.get_contextvars()["trace_id"]
        tracing.mark("sent")
    assert "trace_id" not in structlog.contextvars.get_contextvars()
    tracing.close()
    (step,) = collector.spans
    assert step.trace == bound
    assert step.events == ("sent",)


def test_a_request_without_an_answer_is_told_with_its_kind_of_error(
    tracing: Tracing, collector: Collector
) -> None:
    def refuse(_request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError(CANARY)

    client = telling(tracing, "pex", "https://pex.test/v4")(transport=httpx.MockTransport(refuse))
    with client, pytest.raises(httpx.ConnectError):
        client.get(f"https://pex.test/v4/Token/{CANARY}", headers={"Authorization": CANARY})
    tracing.close()
    (span,) = collector.spans
    assert span.name == "pex GET Token/{}"
    assert span.attributes["error.type"] == "ConnectError"
    assert CANARY.encode() not in b"".join(collector.raw)


def test_of_a_request_to_elsewhere_only_the_host_is_told(
    tracing: Tracing, collector: Collector
) -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200)

    client = telling(tracing, "pex", "https://pex.test/v4")(transport=httpx.MockTransport(answer))
    with client, tracing.span("step"):
        client.get("https://files.test/receipts/of/somebody?sig=1")
    tracing.close()
    assert "traceparent" not in asked[0].headers
    told = next(span for span in collector.spans if span.name != "step")
    assert told.name == "pex GET (elsewhere)"
    assert told.attributes["server.address"] == "files.test"


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/Details/TransactionDetails/123456", "Details/TransactionDetails/{}"),
        ("/companies(0d59de6c-9872-56d0-aff5-e397fb06abd7)/journals", "companies({})/journals"),
        ("/accounts('10 950')/picture", "accounts({})/picture"),
        ("/journals(1)/Microsoft.NAV.post", "journals({})/Microsoft.NAV.post"),
        ("/$batch", "$batch"),
        ("/contoso.onmicrosoft.com/oauth2/v2.0/token", "{}/oauth2/v2.0/token"),
        ("/Token/AbCdEfGhIjKlMnOpQrStUvWxYzAbCdEfGh", "Token/{}"),
        ("/x y/a@b", "{}/{}"),
    ],
)
def test_of_a_path_only_words_are_told(path: str, form: str) -> None:
    assert path_form(path) == form


def test_a_collector_that_hangs_or_is_away_holds_nobody_up(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "3")
    collector.holds = threading.Event()
    hanging, away = tracing_to(collector.url), tracing_to("http://127.0.0.1:1")
    for tracing in (hanging, away):
        with tracing.span("step"):
            pass
        tracing.close()
    # What still sends was left behind, not waited for.
    left = [thread for thread in threading.enumerate() if thread.name == "tracing"]
    assert left
    assert collector.raw == []
    collector.holds.set()
    for thread in left:
        thread.join()
