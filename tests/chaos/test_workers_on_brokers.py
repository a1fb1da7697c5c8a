"""Several workers on a real broker and PostgreSQL, ten connections, and trouble in the middle.

The broker's connections are cut, a worker is killed with SIGKILL, and every database connection
is ended. In the end every eligible transaction must stand in the books exactly once.
"""

import multiprocessing
import os
import re
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from multiprocessing.context import ForkServerProcess
from typing import Any, NoReturn
from uuid import UUID

import msgspec
import pytest
import sqlalchemy as sa

from application.start_run import RunRequest
from broker_worker import work
from domain.settings import Settings as ChosenSettings
from domain.sync_run import RunStatus
from entrypoints.composition import Services, build
from entrypoints.demo.company import settings_body
from entrypoints.settings import Settings
from entrypoints.waking import calling
from running_brokers import KINDS, RunningBroker, running_broker
from sandbox import company
from sandbox.pex.seed_tags import credit_tag
from sandbox.program import Sandbox

pytestmark = [pytest.mark.chaos, pytest.mark.postgres]

SMALL, LARGE = 20, 300
PATIENCE_SECONDS = 240
WORKERS = 3
FIRST_BUSINESS = 53001


@dataclass
class Fleet:
    """Ten connections, what they are to post, and the workers at it."""

    sandbox: Sandbox
    services: Services
    variables: dict[str, str]
    connections: list[UUID]
    wanted: set[int]
    workers: list[ForkServerProcess]

    def add_purchases(self, business: int, count: int) -> None:
        for cents in range(count):
            amount = f"-{10 + cents / 100:.2f}"
            row = self.sandbox.pex.add_row({"TransactionAmount": amount}, business=business)
            self.wanted.add(int(row["TransactionId"]))

    def start_runs(self) -> list[UUID]:
        start = self.services.start_run.start
        return [start(RunRequest(one, "admin:test")) for one in self.connections]

    def add_worker(self) -> None:
        process = multiprocessing.get_context("forkserver").Process(
            target=work, args=(self.variables,)
        )
        process.start()
        self.workers.append(process)

    def posted(self, run_id: UUID) -> int:
        run = self.services.read_models.run(run_id)
        return run.counts.posted if run is not None else 0

    def is_over(self, run_id: UUID) -> bool:
        run = self.services.read_models.run(run_id)
        return run is not None and run.finished_at is not None

    def end(self, run_id: UUID) -> datetime:
        run = self.services.read_models.run(run_id)
        assert run is not None
        assert run.finished_at is not None
        return run.finished_at

    def in_the_books(self) -> Counter[int]:
        """How often each transaction's PEX side stands in the journal."""
        dump = self.sandbox.business_central.dump()
        books = next(one for one in dump["companies"] if one["id"] == company.COMPANY_ID)
        journal = next(one for one in books["journals"] if one["code"] == "PEX CARD")
        rows: list[dict[str, Any]] = [*journal["lines"], *books["entries"]]
        return Counter(
            int(re.sub("^PEX[A-Z]*", "", row["externalDocumentNumber"]))
            for row in rows
            if row["accountNumber"] == "10950"
        )


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
    multiprocessing.get_context("forkserver").set_forkserver_preload(["broker_worker"])
    with Sandbox(purchases=1) as sandbox:
        sandbox.business_central.switch(rate_limit=0)
        sandbox.pex.empty()
        variables = {
            **sandbox.environment(),
            "PEXBC_DATABASE_URL": postgres_url,
            "PEXBC_BROKER_URL": broker.url,
            "PEXBC_BROKER_PREFIX": broker.prefix,
            "PEXBC_SECRET_KEY": "a key that is only good for this test run",
            "PEXBC_BC_IN_DOUBT_SECONDS": "0.5",
        }
        settings = Settings.of(variables)
        wakeups, leave = calling(settings)
        services = build(settings, wakeups)
        fleet = Fleet(sandbox, services, variables, [], set(), [])
        with closing(services), _ended(fleet):
            for number in range(10):
                _connect(fleet, FIRST_BUSINESS + number, LARGE if number == 0 else SMALL)
            yield fleet
        leave()


@contextmanager
def _ended(fleet: Fleet) -> Iterator[None]:
    try:
        yield
    finally:
        for process in fleet.workers:
            process.kill()
            process.join()


def _connect(fleet: Fleet, business: int, purchases: int) -> None:
    token = f"token-of-{business}-for-tests"
    fleet.sandbox.pex.add_business(business, f"Branch {business}", token)
    fleet.add_purchases(business, purchases)
    services = fleet.services
    connection_id, _ = services.connect.with_pex_token(token, "admin:test")
    services.connect.with_service(connection_id, company.TENANT, company.ENVIRONMENT, "admin:test")
    chart = services.configure.choices(connection_id, company.COMPANY_ID).chart
    assert chart is not None
    body = settings_body(
        company.COMPANY_ID,
        {account.number: account.id for account in chart.accounts},
        {bank.number: bank.id for bank in chart.bank_accounts},
        (services.clock.now().date()).replace(day=1).isoformat(),
    )
    for mapping in body["purchases"]["mappings"]:
        mapping["source"]["tag_id"] = credit_tag(mapping["source"]["tag_id"])
    services.configure.save(connection_id, msgspec.convert(body, ChosenSettings), 0, "admin:test")
    services.check_connection.check(connection_id)
    fleet.connections.append(connection_id)


def until(happened: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not happened():
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.1)


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
