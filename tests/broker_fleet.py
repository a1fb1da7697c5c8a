"""Connected companies and the workers at them, on a real broker: what the chaos is made in."""

import multiprocessing
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from multiprocessing.context import ForkServerProcess
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from adapters.persistence.tables import schedule
from application.ports.read_models import RunView
from application.start_run import RunRequest
from broker_worker import work
from domain.schedule import Job
from domain.settings import Settings as ChosenSettings
from entrypoints.composition import Services, build
from entrypoints.demo.company import settings_body
from entrypoints.settings import Settings
from entrypoints.waking import calling
from entrypoints.worker import THREADS
from running_brokers import RunningBroker
from sandbox import company
from sandbox.business_central import BusinessCentralSandbox
from sandbox.pex.seed_tags import credit_tag
from sandbox.program import Sandbox

PATIENCE_SECONDS = 240
FIRST_BUSINESS = 53001
COMPANIES = (company.COMPANY_ID, company.SECOND_COMPANY_ID)
"""Two, since one journal takes 26 PEX businesses."""

Customers = Callable[[Sandbox], AbstractContextManager[tuple[dict[str, str], Sequence[str]]]]


@dataclass
class Fleet:
    """The connections, what they are to post, and the workers at it."""

    sandbox: Sandbox
    services: Services
    variables: dict[str, str]
    connections: list[UUID]
    wanted: set[int]
    workers: list[ForkServerProcess]
    tenants: Sequence[str] = (company.TENANT,)

    def add_purchases(self, business: int, count: int) -> None:
        for cents in range(count):
            amount = f"-{10 + cents / 100:.2f}"
            row = self.sandbox.pex.add_row({"TransactionAmount": amount}, business=business)
            self.wanted.add(int(row["TransactionId"]))

    def start_runs(self) -> list[UUID]:
        start = self.services.start_run.start
        return [start(RunRequest(one, "admin:test")) for one in self.connections]

    def make_due(self) -> None:
        """Switch automatic syncs on, and let the schedule call for all of them now."""
        for one in self.connections:
            self.services.configure.switch_auto_sync(one, enabled=True, actor="admin:test")
        self.services.scheduling.plan.plan()
        now = self.services.clock.now()
        with self.services.database.transaction() as connection:
            syncs = schedule.c.job == Job.SYNC.value
            connection.execute(sa.update(schedule).where(syncs).values(next_at=now))

    def runs(self) -> list[RunView]:
        """Every run of every connection."""
        found = self.services.read_models.runs
        return [run for one in self.connections for run in found(one, 10).items]

    def add_worker(self, *, scheduler: bool = True, threads: int = THREADS) -> None:
        process = multiprocessing.get_context("forkserver").Process(
            target=work, args=(self.variables, scheduler, threads)
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
        rows: list[dict[str, Any]] = []
        for books in self.sandbox.business_central.dump()["companies"]:
            journal = next(one for one in books["journals"] if one["code"] == "PEX CARD")
            rows += [*journal["lines"], *books["entries"]]
        return Counter(
            int(re.sub("^PEX[A-Z]*", "", row["externalDocumentNumber"]))
            for row in rows
            if row["accountNumber"] == "10950"
        )


@contextmanager
def one_customer(sandbox: Sandbox) -> Iterator[tuple[dict[str, str], Sequence[str]]]:
    """The sandbox as it is: its environment, and its one tenant."""
    yield sandbox.environment(), (company.TENANT,)


@contextmanager
def fleet_on(
    broker: RunningBroker,
    database_url: str,
    purchases: Sequence[int],
    workers_database_url: str | None = None,
    customers: Customers = one_customer,
) -> Iterator[Fleet]:
    """A connection for each number of purchases; its workers are ended behind the block.

    `customers` tells by which environment and tenants the connections reach Microsoft.
    """
    multiprocessing.get_context("forkserver").set_forkserver_preload(["broker_worker"])
    with Sandbox(purchases=1) as sandbox, customers(sandbox) as (environment, tenants):
        prepare_books(sandbox.business_central)
        sandbox.pex.empty()
        variables = {
            **environment,
            "PEXBC_DATABASE_URL": database_url,
            "PEXBC_BROKER_URL": broker.url,
            "PEXBC_BROKER_PREFIX": broker.prefix,
            "PEXBC_SECRET_KEY": "a key that is only good for this test run",
            "PEXBC_BC_IN_DOUBT_SECONDS": "0.5",
        }
        settings = Settings.of(variables)
        wakeups, leave = calling(settings)
        services = build(settings, wakeups)
        theirs = {"PEXBC_DATABASE_URL": workers_database_url or database_url}
        fleet = Fleet(sandbox, services, variables | theirs, [], set(), [], tenants)
        with closing(services), _ended(fleet):
            for number, count in enumerate(purchases):
                _connect(fleet, FIRST_BUSINESS + number, count)
            yield fleet
        leave()


def prepare_books(bc: BusinessCentralSandbox) -> None:
    """Two companies that may be posted to, without a limit."""
    bc.switch(rate_limit=0)
    bc.change_set_up(COMPANIES[1], currency="USD")
    bc.create_journal(company=COMPANIES[1])


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
    tenant = fleet.tenants[business % len(fleet.tenants)]
    services.connect.with_service(connection_id, tenant, company.ENVIRONMENT, "admin:test")
    company_id = COMPANIES[business % 2]
    chart = services.configure.choices(connection_id, company_id).chart
    assert chart is not None
    body = settings_body(
        company_id,
        {account.number: account.id for account in chart.accounts},
        {bank.number: bank.id for bank in chart.bank_accounts},
        (services.clock.now().date() - timedelta(days=30)).isoformat(),
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
