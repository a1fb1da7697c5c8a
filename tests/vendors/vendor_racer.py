"""One of several processes that want the same vendors: `vendor_racer.py DATABASE BC LEASES`.

With LEASES as `none` nothing keeps the processes apart but the event store.
"""

import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast
from uuid import UUID, uuid4

from adapters.business_central.access import HttpBusinessCentral
from adapters.clock import SystemClock
from adapters.persistence.engine import Database, make_engine
from adapters.persistence.event_log import SqlEventLog
from adapters.persistence.leases import HeldLeases, SqlLeases
from application.add_vendors import AddVendors
from application.merchants import Merchants
from application.ports.clock import Clock
from application.ports.leases import Leases
from application.run_session import RunSession
from domain.chart import Chart
from domain.connection import Microsoft, MicrosoftMode
from domain.posted_transaction import Target
from domain.settings import Settings
from domain.sync_run import SyncRun, Trigger
from domain.sync_window import SyncWindow
from domain.vendors import MissingVendor, VendorDirectory
from entrypoints.composition import AGGREGATES
from sandbox.company import COMPANY_ID, ENVIRONMENT, TENANT

TOKEN = "racer"
NAMES = tuple(f"Shop {number:02}" for number in range(12))
HORIZON = timedelta(seconds=720)
ROUNDS = 5


class StaticSignIn:
    """Hands out the simulator's token."""

    def access_token(self, _connection: UUID, **_renew: bool) -> str:
        return TOKEN


class NoLeases:
    """Whoever asks may go ahead."""

    @contextmanager
    def hold(self, _name: str) -> Iterator[bool]:
        yield True


def unwatched(_boundary: str) -> None:
    """Nobody looks on."""


class Racer:
    """What one run of one process works with."""

    def __init__(self, database: Database, bc_url: str, leases: Leases, clock: Clock) -> None:
        log = SqlEventLog(database, AGGREGATES)
        self.access = HttpBusinessCentral(bc_url, cast("Any", StaticSignIn()), clock)
        self.adding = AddVendors(log, leases, self.access, clock, HORIZON, unwatched)
        self.run = SyncRun(
            timestamp=datetime(2020, 1, 1, tzinfo=UTC),
            connection_id=uuid4(),
            number=1,
            trigger=Trigger.MANUAL,
            preview=False,
            kinds=(),
            window=SyncWindow(date(2020, 1, 1), date(2020, 1, 2)),
            settings=Settings(),
            settings_version=1,
            microsoft=Microsoft(MicrosoftMode.SERVICE, TENANT, ENVIRONMENT, "app"),
            actor="admin:racer",
        )
        target = Target(TENANT, ENVIRONMENT, COMPANY_ID, "PEX CARD")
        nothing = cast("Any", None)
        self.session = RunSession(target, nothing, nothing, Chart(COMPANY_ID, "USD"), "")
        self.merchants = Merchants(VendorDirectory((), "USD"))

    def missing(self) -> list[MissingVendor]:
        """What this process has no vendor for yet."""
        return [MissingVendor(name) for name in NAMES if self.merchants.lack(name)]

    def add_all(self, rounds: int) -> None:
        """Ask for all that is missing, again and again, in an order of its own."""
        for _ in range(rounds):
            missing = self.missing()
            random.shuffle(missing)
            if missing:
                self.adding.add(self.run, self.session, self.merchants, missing)


def main(database_url: str, bc_url: str, leases: str) -> None:
    """Race once everybody is ready."""
    database, clock = Database(make_engine(database_url)), SystemClock()
    held = NoLeases() if leases == "none" else HeldLeases(SqlLeases(database), clock)
    racer = Racer(database, bc_url, held, clock)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    racer.add_all(ROUNDS)
    sys.stdout.write(f"{len(NAMES) - len(racer.missing())}\n")
    racer.access.close()
    database.dispose()


if __name__ == "__main__":
    main(*sys.argv[1:])
