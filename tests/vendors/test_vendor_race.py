"""Of several processes that want the same vendors at once, each vendor is created by one (M22)."""

import subprocess
import sys
from collections import Counter as Tally
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.persistence.engine import Database
from adapters.persistence.event_log import SqlEventLog
from domain.merchant_vendor import MerchantVendor, VendorState
from domain.vendor_name import match_key
from entrypoints.composition import AGGREGATES
from fakes.clock import FakeClock
from fakes.leases import FakeLeases
from sandbox import company
from sandbox.business_central import BusinessCentralSandbox
from sandbox.clock import SandboxClock
from sandbox.faults import Fault
from sandbox.web import Server
from vendors.vendor_racer import HORIZON, NAMES, TOKEN, Racer

RACER = Path(__file__).with_name("vendor_racer.py")
PROCESSES = 3


@pytest.fixture
def bc() -> BusinessCentralSandbox:
    bc = BusinessCentralSandbox(SandboxClock(), lambda token: token if token == TOKEN else None)
    bc.switch(max_concurrent=0, rate_limit=0)
    return bc


@pytest.fixture
def server(bc: BusinessCentralSandbox) -> Iterator[Server]:
    with Server(bc.application) as server:
        yield server


def race(database_url: str, bc_url: str, leases: str) -> None:
    """Let the processes wait for each other, then ask for the same vendors."""
    processes = [
        subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, str(RACER), database_url, bc_url, leases],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(PROCESSES)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        process.communicate(timeout=120)
    assert [process.returncode for process in processes] == [0] * PROCESSES


def times_created(bc: BusinessCentralSandbox) -> Tally[str]:
    books = next(one for one in bc.dump()["companies"] if one["id"] == company.COMPANY_ID)
    return Tally(one["displayName"] for one in books["vendors"] if one["displayName"] in NAMES)


@pytest.mark.parametrize("leases", ["held", "none"])
def test_processes_that_want_the_same_vendors_create_each_once(
    bc: BusinessCentralSandbox, server: Server, database: Database, database_url: str, leases: str
) -> None:
    bc.faults.plant(Fault("POST", r"/vendors$", nth=3, moment="after", status=504))
    race(database_url, server.url, leases)
    assert set(times_created(bc).values()) <= {1}
    clock = FakeClock(SandboxClock().now() + HORIZON)  # whatever is in doubt is settled by then
    last = Racer(database, server.url, FakeLeases(), clock)
    last.add_all(rounds=4)
    last.access.close()
    assert last.missing() == []
    assert times_created(bc) == dict.fromkeys(NAMES, 1)
    log = SqlEventLog(database, AGGREGATES)
    streams = [
        MerchantVendor.create_id(company.ENVIRONMENT, company.COMPANY_ID, match_key(name))
        for name in NAMES
    ]
    known = log.find_many(MerchantVendor, streams)
    assert {one.state for one in known.values()} == {VendorState.KNOWN}
    assert len({one.vendor.number for one in known.values() if one.vendor}) == len(NAMES)
