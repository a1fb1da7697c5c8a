"""Real processes killed with SIGKILL while they create vendors: no merchant ever gets two (M22)."""

import multiprocessing
import os
import sys
from collections import Counter as Tally
from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Any
from uuid import UUID

import pytest

from application.start_run import RunRequest
from chaos_worker import work
from domain.connection import Connection
from domain.sync_run import Outcome
from domain.vendor_name import match_key
from entrypoints.cli.context import NoWakeups
from entrypoints.cli.sync import whole_report
from entrypoints.composition import Services, build
from entrypoints.settings import Settings
from sandbox import company
from sandbox.faults import Fault
from sandbox.program import Sandbox
from sandbox_company import configure

pytestmark = pytest.mark.chaos

KILLS = 60
LAST_BOUNDARY = 16
MERCHANTS_A_RUN = 4


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(purchases=1) as sandbox:
        sandbox.business_central.switch(rate_limit=0)
        sandbox.pex.empty()
        yield sandbox


@pytest.fixture
def variables(sandbox: Sandbox, service_url: str) -> dict[str, str]:
    return {
        **sandbox.environment(),
        "PEXBC_DATABASE_URL": service_url,
        "PEXBC_SECRET_KEY": "a key that is only good for this test run",
        "PEXBC_BC_IN_DOUBT_SECONDS": "0.3",
        "PEXBC_PEX_REQUESTS_PER_MINUTE": "1000000",
    }


@pytest.fixture
def services(variables: dict[str, str]) -> Iterator[Services]:
    services = build(Settings.of(variables), NoWakeups())
    yield services
    services.close()


@pytest.fixture
def connection_id(services: Services) -> UUID:
    connection_id = configure(services)
    settings = services.log.load(Connection, connection_id).settings
    purchases = replace(settings.purchases, vendor_per_merchant=True, add_vendor_to_company=True)
    services.configure.save(connection_id, replace(settings, purchases=purchases), 1, "admin:test")
    return connection_id


def test_no_kill_makes_a_second_vendor_or_loses_a_purchase(
    sandbox: Sandbox,
    services: Services,
    variables: dict[str, str],
    connection_id: UUID,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    random, kills = Random(11), 0  # noqa: S311 - repeatable, no secret
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))  # so that it imports only once
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["chaos_worker"])
    bought: set[int] = set()
    while kills < KILLS:
        bought |= _new_purchases(sandbox, random, first=len(bought))
        run_id = services.start_run.start(RunRequest(connection_id, "admin:chaos"))
        while services.read_models.run(run_id).finished_at is None:  # type: ignore[union-attr]
            _interfere(sandbox, random)
            die_at = random.randint(1, LAST_BOUNDARY)
            child = processes.Process(target=work, args=(variables, str(run_id), die_at))
            child.start()
            child.join(60)
            assert child.exitcode in (-9, 0), child.exitcode
            kills += child.exitcode == -9
    sandbox.business_central.faults.clear()
    last = services.start_run.start(RunRequest(connection_id, "admin:chaos"))
    work(variables, str(last), die_at=0)
    outcomes = {row.pex_id: row.outcome for row in whole_report(services, last)}
    assert set(outcomes) == bought
    assert set(outcomes.values()) <= {Outcome.POSTED, Outcome.ALREADY_POSTED}
    books = _books(sandbox)
    keys = Tally(match_key(vendor["displayName"]) for vendor in books["vendors"])
    assert {key: times for key, times in keys.items() if times > 1} == {}
    (journal,) = (one for one in books["journals"] if one["code"] == "PEX CARD")
    lines = Tally(line["externalDocumentNumber"] for line in journal["lines"])
    assert lines == {f"PEX{pex_id}": 4 for pex_id in bought}


def _new_purchases(sandbox: Sandbox, random: Random, first: int) -> set[int]:
    """Purchases at merchants that are new, each met more than once."""
    merchants = [f"SHOP {first + number}" for number in range(MERCHANTS_A_RUN)]
    rows = [
        sandbox.pex.add_row({"MerchantName": name, "MerchantNameNormalized": None})
        for name in random.choices(merchants, k=3 * MERCHANTS_A_RUN)
    ]
    return {int(row["TransactionId"]) for row in rows}


def _interfere(sandbox: Sandbox, random: Random) -> None:
    """Let the next creation's answer be lost, one way or the other."""
    faults = sandbox.business_central.faults
    what = random.randint(0, 5)
    if what == 0:
        faults.plant(Fault("POST", r"/vendors$", moment="after", status=504))
    elif what == 1:
        faults.plant(Fault("POST", r"/vendors$", moment="before", status=503))
    elif what == 2:
        faults.plant(Fault("POST", r"/vendors$", moment="later", status=504, commit_delay=0.1))


def _books(sandbox: Sandbox) -> dict[str, Any]:
    dumped = sandbox.business_central.dump()["companies"]
    found: dict[str, Any] = next(one for one in dumped if one["id"] == company.COMPANY_ID)
    return found
