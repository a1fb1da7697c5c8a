"""Watching a run: one event a change, signs of life in between, and an end."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID, uuid4

import pytest
from litestar.response import ServerSentEventMessage

from application.ports.read_models import RunView
from domain.pex_transaction import Kind
from domain.sync_run import Counts, RunStatus, Trigger
from domain.sync_window import SyncWindow
from entrypoints.composition import Services
from entrypoints.http import runs

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
RUN = RunView(
    id=uuid4(),
    connection_id=uuid4(),
    trigger=Trigger.MANUAL,
    preview=False,
    kinds=(Kind.PURCHASE,),
    window=SyncWindow(date(2026, 10, 1), date(2026, 10, 31)),
    status=RunStatus.QUEUED,
    code=None,
    cause=None,
    started_at=NOON,
    finished_at=None,
    settings_version=1,
    counts=Counts(),
    waiting_until=None,
    actor="admin:a",
)
WORKING = replace(RUN, status=RunStatus.RUNNING, counts=Counts(seen=4, posted=1))
WAITING = replace(WORKING, waiting_until=NOON + timedelta(minutes=1))
OVER = replace(
    WORKING,
    status=RunStatus.SUCCEEDED,
    counts=Counts(seen=4, posted=4),
    finished_at=NOON + timedelta(seconds=3),
)


def _watch(monkeypatch: pytest.MonkeyPatch, *views: RunView | None) -> list[ServerSentEventMessage]:
    """All messages of a stream over a run that is seen in these views, one after the other."""
    monkeypatch.setattr(runs, "POLL_SECONDS", 0.001)
    seen = iter(views)

    def run(_id: UUID) -> RunView | None:
        return next(seen)

    services = cast("Services", SimpleNamespace(read_models=SimpleNamespace(run=run)))

    async def collect() -> list[ServerSentEventMessage]:
        return [message async for message in runs.changes(services, RUN.id)]

    return asyncio.run(collect())


def _shown(message: ServerSentEventMessage) -> dict[str, Any]:
    assert message.event == "run"
    shown: dict[str, Any] = json.loads(str(message.data))
    return shown


def test_each_change_is_told_once_and_the_end_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    messages = _watch(monkeypatch, RUN, RUN, WORKING, WORKING, WAITING, OVER)
    shown = [_shown(message) for message in messages]
    assert [one["progress"]["phase"] for one in shown] == ["queued", "working", "waiting", "over"]
    assert shown[1]["progress"] == {
        "phase": "working",
        "done": 1,
        "total": 4,
        "waiting_until": None,
    }
    assert shown[2]["progress"]["waiting_until"] == "2026-11-02T12:01:00Z"
    assert shown[3]["duration_seconds"] == 3
    assert shown[3]["finished_at"] == "2026-11-02T12:00:03Z"


def test_a_run_that_is_over_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [_shown(one)["status"] for one in _watch(monkeypatch, OVER)] == ["succeeded"]


def test_a_long_silence_is_broken_by_a_comment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "SILENCE_SECONDS", 0.003)
    messages = _watch(monkeypatch, *[WORKING] * 6, OVER)
    assert [message.event for message in messages] == ["run", None, "run"]
    assert messages[1].comment


def test_a_run_that_is_gone_ends_the_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _watch(monkeypatch, None) == []
