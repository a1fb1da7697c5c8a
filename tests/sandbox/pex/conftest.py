"""A PEX without rows, and ways to call it and its control API in process."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from sandbox.clock import SandboxClock
from sandbox.company import PREPAID_TOKEN
from sandbox.pex import PexSandbox
from sandbox.web import Application, Request, dump

Ask = Callable[..., tuple[int, Any]]


class StandingClock(SandboxClock):
    """Moves only when it is set or advanced, so that no test depends on the machine's pace."""

    def now(self) -> datetime:
        """The instant that was set last."""
        return self._start


@pytest.fixture
def clock() -> SandboxClock:
    """Ten in the morning, Eastern, on 24 November 2026, until a test moves it."""
    return StandingClock(datetime(2026, 11, 24, 15, tzinfo=UTC))


@pytest.fixture
def pex(clock: SandboxClock) -> PexSandbox:
    """Both businesses, their tags and tokens, but no rows."""
    sandbox = PexSandbox(clock, purchases=0)
    sandbox.empty()
    return sandbox


def _asker(application: Application, standard: dict[str, str]) -> Ask:
    def ask(
        method: str, path: str, query: str = "", body: object = None, **headers: str
    ) -> tuple[int, Any]:
        content = b"" if body is None else dump(body)
        sent = {name: text for name, text in (standard | headers).items() if text}
        answer = application(Request(method, path, sent, content, query))
        if "json" not in answer.headers.get("content-type", "") or not answer.body:
            return answer.status, None
        return answer.status, json.loads(answer.body, parse_float=Decimal)

    return ask


@pytest.fixture
def ask(pex: PexSandbox) -> Ask:
    """Calls the resource API: `(status, JSON)`; `authorization=""` for none."""
    return _asker(pex.application, {"authorization": f"token {PREPAID_TOKEN}"})


@pytest.fixture
def control(pex: PexSandbox) -> Ask:
    """Calls the control API: `(status, JSON)`."""
    return _asker(pex.control, {})
