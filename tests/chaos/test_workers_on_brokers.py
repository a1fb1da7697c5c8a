"""Several workers on a real broker and PostgreSQL, ten connections, and trouble in the middle.

The broker's connections are cut, a worker is killed with SIGKILL, and every database connection
is ended. In the end every eligible transaction must stand in the books exactly once.
"""

import os
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from typing import NoReturn

import pytest
import sqlalchemy as sa

from broker_fleet import FIRST_BUSINESS, Fleet, fleet_on, until
from domain.sync_run import RunStatus
from entrypoints.composition import Services
from running_brokers import KINDS, RunningBroker, running_broker

pytestmark = [pytest.mark.chaos, pytest.mark.postgres]

SMALL, LARGE = 20, 300
WORKERS = 3


@pytest.fixture(params=KINDS)
def broker(
    request: pytest.FixtureRequest, leave_out: Callable[[str, str], NoReturn]
) -> Iterator[RunningBroker]:
    with running_broker(request.param, leave_out) as broker:
        yield broker


@pytest.fixture
def fleet(
    broker: RunningBroker, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Fleet]:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    with fleet_on(broker, postgres_url, [LARGE, *[SMALL] * 9]) as fleet:
        yield fleet


def _cut_database(services: Services) -> None:
    """End every connection to this database but the one that asks."""
    with services.database.transaction() as connection:
        connection.execute(
            sa.text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )


def test_nothing_is_lost_or_doubled_when_broker_worker_and_database_fail_in_the_middle(
    fleet: Fleet, broker: RunningBroker
) -> None:
    runs = fleet.start_runs()
    for _ in range(WORKERS):
        fleet.add_worker()
    until(lambda: any(fleet.posted(run) for run in runs), "a first entry")
    broker.wire.flicker()
    victim = fleet.workers[0]
    assert victim.pid is not None
    os.kill(victim.pid, signal.SIGKILL)
    _cut_database(fleet.services)
    until(lambda: all(fleet.is_over(run) for run in runs), "the end of all runs")
    again = fleet.start_runs()
    until(lambda: all(fleet.is_over(run) for run in again), "the end of the second runs")
    assert fleet.in_the_books() == Counter(fleet.wanted)
    endings = [fleet.services.read_models.run(run) for run in again]
    assert {run.status for run in endings if run is not None} == {RunStatus.SUCCEEDED}


def test_a_connection_with_many_rows_holds_up_no_other(fleet: Fleet) -> None:
    fleet.add_purchases(FIRST_BUSINESS, 1_200)
    large, *small = fleet.start_runs()
    for _ in range(WORKERS):
        fleet.add_worker()
    until(lambda: fleet.is_over(large), "the end of the large run")
    assert all(fleet.end(run) < fleet.end(large) for run in small)
    assert fleet.in_the_books() == Counter(fleet.wanted)
