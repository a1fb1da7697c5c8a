"""Real processes killed with SIGKILL at every step boundary, against the sandbox over HTTP.

Between the kills Business Central misbehaves and its user posts the journal. In the end every
eligible transaction must stand in the books exactly once, and each of its receipts beside it.
"""

import contextlib
import multiprocessing
import os
import sys
from collections.abc import Iterator
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest

from application.start_run import RunRequest
from chaos_worker import work
from domain.eastern_time import eastern_day
from entrypoints.cli.context import NoWakeups
from entrypoints.composition import Services, build
from entrypoints.demo.bookkeeper import by_hand
from entrypoints.serving import prepare
from entrypoints.settings import Settings
from receipt_books import receipt_books
from sandbox import company
from sandbox.business_central.refusals import Refusal
from sandbox.faults import Fault
from sandbox.program import Sandbox
from sandbox_company import configure

pytestmark = pytest.mark.chaos

KILLS = {"sqlite": 100, "postgres": 30}
LAST_BOUNDARY = 20
IN_DOUBT_SECONDS = 0.3
SETTLING = (60, 160)
"""New purchases a run: of two packs, and of so many that several are in flight at once."""


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(purchases=120) as sandbox:
        sandbox.business_central.switch(rate_limit=0)
        yield sandbox


@pytest.fixture
def variables(sandbox: Sandbox, database_url: str) -> dict[str, str]:
    return {
        **sandbox.environment(),
        "PEXBC_DATABASE_URL": database_url,
        "PEXBC_SECRET_KEY": "a key that is only good for this test run",
        "PEXBC_BC_IN_DOUBT_SECONDS": str(IN_DOUBT_SECONDS),
        "PEXBC_PEX_REQUESTS_PER_MINUTE": "1000000",
    }


@pytest.fixture
def services(variables: dict[str, str]) -> Iterator[Services]:
    settings = Settings.of(variables)
    prepare(settings)
    services = build(settings, NoWakeups())
    yield services
    services.close()


def test_no_kill_doubles_or_loses_a_transaction(
    sandbox: Sandbox,
    services: Services,
    variables: dict[str, str],
    database_kind: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wanted = int(os.environ.get("PEXBC_CHAOS_KILLS", KILLS[database_kind]))
    random = Random(7)  # noqa: S311 - repeatable, no secret
    connection_id = configure(services, days_back=75)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))  # so that it imports only once
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["chaos_worker"])
    kills = 0
    while kills < wanted:
        run_id = services.start_run.start(RunRequest(connection_id, "admin:chaos"))
        while not _over(services, run_id):
            _interfere(sandbox, random)
            child = processes.Process(
                target=work, args=(variables, str(run_id), random.randint(1, LAST_BOUNDARY))
            )
            child.start()
            child.join(60)
            assert child.exitcode in (-9, 0), child.exitcode
            kills += child.exitcode == -9
        _new_purchases(sandbox, random)
    sandbox.business_central.faults.clear()
    last = services.start_run.start(RunRequest(connection_id, "admin:chaos"))
    work(variables, str(last), die_at=0)
    _check_books(sandbox, services)
    books = receipt_books(sandbox)
    assert books.found == books.expected
    assert not books.empty


def _over(services: Services, run_id: UUID) -> bool:
    run = services.read_models.run(run_id)
    return run is not None and run.finished_at is not None


def _interfere(sandbox: Sandbox, random: Random) -> None:
    faults = sandbox.business_central.faults
    what = random.randint(0, 19)
    if what == 0:
        faults.plant(Fault("POST", r"\$batch", moment="after", kind="status", status=504))
    elif what == 1:
        faults.plant(Fault("POST", r"\$batch", moment="after", kind="cut"))
    elif what == 2:
        faults.plant(Fault("POST", r"\$batch", moment="before", kind="status", status=503))
    elif what == 3:
        faults.plant(
            Fault("POST", r"\$batch", moment="later", kind="status", status=504, commit_delay=0.1)
        )
    elif what == 4:
        with contextlib.suppress(Refusal):  # there is nothing to post
            sandbox.business_central.post("PEX CARD")
    elif what == 5:
        faults.plant(Fault("PATCH", "attachmentContent", moment="after", kind="cut"))


def _new_purchases(sandbox: Sandbox, random: Random) -> None:
    for number in range(random.choice(SETTLING)):
        amount = f"-{random.randint(100, 99999) / 100:.2f}"
        row = {"TransactionAmount": amount, "MetadataApprovalStatus": "Approved"}
        pex_id = int(sandbox.pex.add_row(row)["TransactionId"])
        for _ in range(random.randint(0, 2) if number < SETTLING[0] else 0):
            sandbox.pex.add_receipt(pex_id, random.choice(("png", "jpg", "pdf")))
        sandbox.pex.approve(pex_id)


def _check_books(sandbox: Sandbox, services: Services) -> None:
    business = next(
        one for one in sandbox.pex.dump()["businesses"] if one["id"] == company.PREPAID_BUSINESS
    )
    today = eastern_day(services.clock.now())
    expected = by_hand(business, today - timedelta(days=75), today)
    found = _times_in_books(sandbox)
    doubles = {key: times for key, times in found.items() if times != 1}
    assert not doubles
    assert found.keys() == {f"PEX{pex_id}" for pex_id in expected}


def _times_in_books(sandbox: Sandbox) -> dict[str, int]:
    """How often each transaction's PEX side stands in journal and ledger together."""
    books = next(
        one
        for one in sandbox.business_central.dump()["companies"]
        if one["id"] == company.COMPANY_ID
    )
    journal = next(one for one in books["journals"] if one["code"] == "PEX CARD")
    times: dict[str, int] = {}
    rows: list[dict[str, Any]] = [*journal["lines"], *books["entries"]]
    for row in rows:
        if row["accountNumber"] == "10950" and row["externalDocumentNumber"].startswith("PEX"):
            key = row["externalDocumentNumber"]
            times[key] = times.get(key, 0) + 1
    return times
