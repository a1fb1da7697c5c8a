"""Health: what a probe is told of the broker."""

from collections.abc import Callable
from dataclasses import replace
from typing import NoReturn

import pytest
from litestar.testing import TestClient

from adapters.wakeups.brokers import LOOK_AGAIN_SECONDS, BrokerUnreachable, BrokerWatch
from entrypoints.http.app import create_app
from http_running import Running
from running_brokers import KINDS, running_broker


@pytest.mark.parametrize("kind", KINDS)
def test_a_broker_that_goes_away_is_told_of_while_the_service_stays_ready(
    running: Running, kind: str, leave_out: Callable[[str, str], NoReturn]
) -> None:
    now = 0.0
    with running_broker(kind, leave_out) as broker:
        watch = BrokerWatch(broker.url, monotonic=lambda: now)
        with TestClient(create_app(replace(running.services, broker=watch))) as client:
            assert client.get("/health/ready").json()["parts"]["broker"] == {"state": "well"}
            broker.wire.cut()
            now += LOOK_AGAIN_SECONDS
            answer = client.get("/health/ready")
            assert answer.status_code == 200
            assert answer.json()["parts"]["broker"]["state"] == "ill"
            assert answer.json()["code"] == "BROKER_UNREACHABLE"
            assert "PEXBC_BROKER_URL" in answer.json()["fix"]
            broker.wire.mend()
            now += LOOK_AGAIN_SECONDS
            assert client.get("/health/ready").json()["parts"]["broker"] == {"state": "well"}


def test_the_broker_is_asked_once_in_a_while_however_many_probes_there_are() -> None:
    asked: list[str] = []
    now = 0.0

    def ask(url: str) -> None:
        asked.append(url)
        raise BrokerUnreachable("ConnectionRefusedError")

    watch = BrokerWatch("amqp://somewhere", ask, lambda: now)
    for _ in range(100):
        assert watch.trouble() is not None
    assert len(asked) == 1
    now = LOOK_AGAIN_SECONDS
    assert watch.trouble() is not None
    assert len(asked) == 2
