"""What stands in the logs, and what must never stand there."""

import json
import logging
import sys
from collections.abc import Callable, Iterator
from io import StringIO
from typing import Any

import pytest
import structlog

from adapters.telemetry.logs import QUIET, configure_logging

CANARY = "canary-5e1f0c"
JWT = "eyJhbGciOiJub25lIn0.eyJjYW5hcnkiOiI1ZTFmMGMifQ.c2lnbmVk"

Written = Callable[[], str]


@pytest.fixture
def stderr(monkeypatch: pytest.MonkeyPatch) -> Iterator[StringIO]:
    """Standard error, for a time in which logs may be configured anew."""
    stream = StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    loggers = [logging.getLogger(name) for name in ("", *QUIET)]
    levels = [one.level for one in loggers]
    handlers, loud = loggers[0].handlers[:], logging.raiseExceptions
    yield stream
    structlog.reset_defaults()
    loggers[0].handlers[:] = handlers
    logging.raiseExceptions = loud
    for one, level in zip(loggers, levels, strict=True):
        one.setLevel(level)


@pytest.fixture(params=["json", "console"])
def written(request: pytest.FixtureRequest, stderr: StringIO) -> Written:
    """Log as the service does, in either form; what was written so far."""
    configure_logging("info", request.param)
    return stderr.getvalue


@pytest.fixture
def lines(stderr: StringIO) -> Callable[[], list[dict[str, Any]]]:
    """Log as JSON; the lines so far, read again."""
    configure_logging("info", "json")
    return lambda: [json.loads(line) for line in stderr.getvalue().splitlines()]


@pytest.mark.parametrize(
    "name",
    [
        "token",
        "access_token",
        "refresh_token",
        "client_secret",
        "password",
        "Authorization",
        "set-cookie",
        "api_key",
        "code_verifier",
        "client_assertion",
        "code",
    ],
)
def test_a_value_is_masked_by_the_name_of_its_key_at_any_depth(written: Written, name: str) -> None:
    log = structlog.get_logger("test")
    log.info("plain", **{name: CANARY})
    log.info("deep", answer={"list": [{name: CANARY}], "whole": {name: {"inner": CANARY}}})
    text = written()
    assert "plain" in text
    assert "***" in text
    assert CANARY not in text


@pytest.mark.parametrize(
    "text",
    [
        f"sent Authorization: Bearer {CANARY}",
        f"sent authorization: token {CANARY}",
        f"got {JWT} back",
        f"GET /callback?code={CANARY}&state={CANARY}",
        f"POST client_id=1&client_secret={CANARY}&grant_type=x",
        f"pexbc_{CANARY}aaaaaaaaaa was given",
        f"connecting to amqp://guest:{CANARY}@broker:5672/vhost",
        f"cannot open redis://:{CANARY}@127.0.0.1/0",
    ],
)
def test_a_secret_is_masked_by_its_look_wherever_it_stands(written: Written, text: str) -> None:
    structlog.get_logger("test").info(text, told=text, nested=[{"told": text}])
    logging.getLogger("library").warning("it said: %s", text)
    seen = written()
    assert seen.count("***") >= 4
    assert CANARY not in seen
    assert JWT not in seen


def test_an_exception_is_told_without_its_variables_and_without_secrets(written: Written) -> None:
    def fail(held: str) -> None:
        raise ValueError(f"refused with Bearer {CANARY}")

    try:
        fail(held=CANARY)
    except ValueError:
        structlog.get_logger("test").exception("it failed")
        logging.getLogger("library").exception("it failed too")
    text = written()
    assert "ValueError" in text
    assert "it failed too" in text
    assert CANARY not in text


def test_libraries_that_log_addresses_are_kept_quiet(written: Written) -> None:
    for name in ("httpx", "httpcore", "msal"):
        logging.getLogger(name).info("GET https://example.test/?sig=%s", CANARY)
    assert written() == ""


def test_every_line_bears_time_level_logger_and_the_bound_ids(
    lines: Callable[[], list[dict[str, Any]]],
) -> None:
    with structlog.contextvars.bound_contextvars(run_id="r1", connection_id="c1"):
        structlog.get_logger("ours").info("step", transaction_id="t1")
        logging.getLogger("theirs").warning("step of %s", "theirs")
    ours, theirs = lines()
    assert ours | {"timestamp": ""} == {
        "event": "step",
        "level": "info",
        "logger": "ours",
        "run_id": "r1",
        "connection_id": "c1",
        "transaction_id": "t1",
        "timestamp": "",
    }
    assert ours["timestamp"].endswith("Z")
    assert theirs["event"] == "step of theirs"
    assert (theirs["run_id"], theirs["logger"]) == ("r1", "theirs")


def test_nothing_below_the_level_is_written(lines: Callable[[], list[dict[str, Any]]]) -> None:
    structlog.get_logger("ours").debug("small talk")
    logging.getLogger("theirs").debug("small talk")
    assert lines() == []


def test_no_other_handler_sees_more_than_the_text_does(written: Written) -> None:
    seen: list[str] = []

    class Other(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            seen.append(repr(record.msg))

    logging.getLogger().addHandler(Other())
    structlog.get_logger("test").info("plain", token=CANARY)
    assert "plain" in seen[0]
    assert CANARY not in seen[0]


def test_a_line_that_cannot_be_written_is_dropped_rather_than_shown_bare(
    stderr: StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = StringIO()
    monkeypatch.setattr(sys, "stderr", closed)
    configure_logging("info", "json")
    closed.close()
    monkeypatch.setattr(sys, "stderr", stderr)
    structlog.get_logger("test").info("plain", token=CANARY)
    assert stderr.getvalue() == ""
