"""PostgreSQL goes away and comes back in the middle of a run, twice."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from application.start_run import RunRequest
from domain.sync_run import RunStatus
from entrypoints.composition import Services, build
from entrypoints.settings import Settings
from entrypoints.waking import wakeups_of
from entrypoints.worker import Worker
from sandbox import company
from sandbox.program import Sandbox
from sandbox_company import configure
from severed_wire import Wire, wire_to

pytestmark = [pytest.mark.chaos, pytest.mark.postgres]

PURCHASES = 300
PATIENCE_SECONDS = 120


@pytest.fixture
def wire(postgres_url: str) -> Iterator[Wire]:
    url = sa.make_url(postgres_url)
    if not url.host:
        pytest.skip("left out: a PostgreSQL on a port (the server answers on a socket alone)")
    with wire_to(url.host, url.port or 5432) as wire:
        yield wire


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(purchases=1) as sandbox:
        sandbox.pex.empty()
        for cents in range(PURCHASES):
            sandbox.pex.add_row({"TransactionAmount": f"-{10 + cents / 100:.2f}"})
        yield sandbox


@pytest.fixture
def services(sandbox: Sandbox, wire: Wire, postgres_url: str) -> Iterator[Services]:
    address = sa.make_url(postgres_url).set(host="127.0.0.1", port=wire.port)
    settings = Settings.of(
        sandbox.environment(),
        database_url=address.render_as_string(hide_password=False),
        secret_key="a key that is only good for this test run",
        bc_in_doubt_seconds=0.3,
    )
    wakeups, leave = wakeups_of(settings)
    services = build(settings, wakeups, lease=timedelta(seconds=1))
    worker = Worker(services, wakeups, sweep_seconds=0.5)
    worker.start()
    yield services
    worker.stop()
    services.close()
    leave()


def answered(ask: Callable[[], Any]) -> Any:
    """What is asked of the database, None while it is away."""
    try:
        return ask()
    except sa.exc.OperationalError:
        return None


def until(happened: Callable[[], Any], what: str) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not answered(happened):
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.02)


def test_a_run_outlives_its_database_and_posts_nothing_twice(
    services: Services, sandbox: Sandbox, wire: Wire
) -> None:
    connection_id = configure(services)
    run_id = services.start_run.start(RunRequest(connection_id, "admin:test"))
    view = services.read_models.run
    for share in (1, PURCHASES // 2):

        def far_enough(share: int = share) -> bool:
            run = view(run_id)
            return run is not None and run.counts.posted >= share

        until(far_enough, f"{share} entries")
        wire.cut()
        time.sleep(0.2)
        wire.mend()

    def over() -> bool:
        run = view(run_id)
        return run is not None and run.finished_at is not None

    until(over, "the run's end")
    run = view(run_id)
    assert run is not None
    assert run.status is RunStatus.SUCCEEDED
    dump = sandbox.business_central.dump()
    books = next(one for one in dump["companies"] if one["id"] == company.COMPANY_ID)
    journal = next(one for one in books["journals"] if one["code"] == "PEX CARD")
    sides = [one for one in journal["lines"] if one["accountNumber"] == "10950"]
    times = Counter(one["externalDocumentNumber"] for one in sides)
    assert len(times) == PURCHASES
    assert set(times.values()) == {1}
