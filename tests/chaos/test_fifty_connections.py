"""Fifty connections on three workers and two schedulers, and everything restarts in the middle.

PostgreSQL and the broker drop every connection and let none through for a while, and a worker is
killed with SIGKILL. Every eligible transaction must stand in the books exactly once.
"""

import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import NoReturn

import pytest
import sqlalchemy as sa

from broker_fleet import Fleet, fleet_on, until
from domain.sync_run import RunStatus, Trigger
from running_brokers import RunningBroker, running_broker
from severed_wire import Wire, wire_to

pytestmark = [pytest.mark.chaos, pytest.mark.postgres]

CONNECTIONS = 50
PURCHASES = int(os.environ.get("PEXBC_CHAOS_PURCHASES", "12"))
AWAY_SECONDS = 0.3


@pytest.fixture
def broker(leave_out: Callable[[str, str], NoReturn]) -> Iterator[RunningBroker]:
    with running_broker("rabbitmq", leave_out) as broker:
        yield broker


@pytest.fixture
def wire(postgres_url: str) -> Iterator[Wire]:
    url = sa.make_url(postgres_url)
    if not url.host:
        pytest.skip("left out: a PostgreSQL on a port (the server answers on a socket alone)")
    with wire_to(url.host, url.port or 5432) as wire:
        yield wire


@pytest.fixture
def fleet(
    broker: RunningBroker, wire: Wire, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Fleet]:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    through_wire = sa.make_url(postgres_url).set(host="127.0.0.1", port=wire.port)
    address = through_wire.render_as_string(hide_password=False)
    with fleet_on(broker, postgres_url, [PURCHASES] * CONNECTIONS, address) as fleet:
        yield fleet


def restart(wire: Wire) -> None:
    wire.cut()
    time.sleep(AWAY_SECONDS)
    wire.mend()


def share_posted(fleet: Fleet) -> float:
    return sum(run.counts.posted for run in fleet.runs()) / len(fleet.wanted)


def test_every_connection_is_synced_once_whatever_restarts(
    fleet: Fleet, broker: RunningBroker, wire: Wire
) -> None:
    fleet.make_due()
    for scheduler in (True, True, False):
        fleet.add_worker(scheduler=scheduler)
    until(lambda: share_posted(fleet) > 0, "a first entry")
    restart(broker.wire)
    until(lambda: share_posted(fleet) > 1 / 4, "a quarter of all entries")
    victim = fleet.workers[0]
    assert victim.pid is not None
    os.kill(victim.pid, signal.SIGKILL)
    until(lambda: share_posted(fleet) > 1 / 2, "half of all entries")
    restart(wire)

    def over() -> bool:
        runs = fleet.runs()
        return len(runs) >= CONNECTIONS and all(run.finished_at is not None for run in runs)

    until(over, "the end of all runs")
    assert fleet.in_the_books() == Counter(fleet.wanted)
    runs = fleet.runs()
    assert Counter(run.connection_id for run in runs) == dict.fromkeys(fleet.connections, 1)
    assert {(run.trigger, run.status) for run in runs} == {(Trigger.AUTO, RunStatus.SUCCEEDED)}
