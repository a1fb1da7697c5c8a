"""`pexbc worker` on a real broker: it ends in time, and leaves its run to another at once."""

import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn
from uuid import UUID

import pytest

from application.start_run import RunRequest
from cli.shell import CANARIES, Shell, towards
from cli.test_services import STOP_SECONDS, started
from entrypoints.composition import Services, build
from entrypoints.settings import Settings
from entrypoints.waking import calling
from running_brokers import KINDS, RunningBroker, running_broker
from sandbox.program import Sandbox
from sandbox_company import configure

PATIENCE_SECONDS = 60


@pytest.fixture(params=KINDS)
def broker(
    request: pytest.FixtureRequest, leave_out: Callable[[str, str], NoReturn]
) -> Iterator[RunningBroker]:
    with running_broker(request.param, leave_out) as broker:
        yield broker


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(purchases=150) as sandbox:
        yield sandbox


@pytest.fixture
def shell(tmp_path: Path, sandbox: Sandbox, broker: RunningBroker, sqlite_url: str) -> Shell:
    variables = {
        "PEXBC_DATABASE_URL": sqlite_url,
        "PEXBC_BROKER_URL": broker.url,
        "PEXBC_BROKER_PREFIX": broker.prefix,
    }
    return Shell(tmp_path, towards(sandbox) | variables)


@pytest.fixture
def services(shell: Shell) -> Iterator[Services]:
    settings = Settings.of(shell.variables)
    wakeups, leave = calling(settings)
    services = build(settings, wakeups)
    yield services
    services.close()
    leave()


def until(happened: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.05)


def is_over(services: Services, run_id: UUID) -> bool:
    run = services.read_models.run(run_id)
    return run is not None and run.finished_at is not None


def test_a_worker_that_is_told_to_end_leaves_its_run_to_the_next_one(
    sandbox: Sandbox, shell: Shell, services: Services
) -> None:
    connection_id = configure(services)
    sandbox.business_central.switch(latency_ms=100.0)
    run_id = services.start_run.start(RunRequest(connection_id, "admin:test"))
    asked = sandbox.business_central.faults.journal
    asked.clear()
    with started(shell, "worker") as first:
        until(lambda: len(asked) > 0)
        first.send_signal(signal.SIGTERM)
        out, err = first.communicate(timeout=STOP_SECONDS)
        assert first.returncode == 0, err
    assert not is_over(services, run_id)
    assert not [canary for canary in CANARIES if canary in out + err]
    assert "Traceback" not in err
    sandbox.business_central.switch(latency_ms=0.0)
    with started(shell, "worker") as second:
        until(lambda: is_over(services, run_id))
        second.send_signal(signal.SIGTERM)
        second.communicate(timeout=STOP_SECONDS)
        assert second.returncode == 0


def test_a_worker_whose_broker_and_requests_hang_ends_in_time_all_the_same(
    sandbox: Sandbox, broker: RunningBroker, shell: Shell, services: Services
) -> None:
    connection_id = configure(services)
    sandbox.business_central.switch(latency_ms=12_000.0)
    services.start_run.start(RunRequest(connection_id, "admin:test"))
    asked = sandbox.business_central.faults.journal
    asked.clear()
    with started(shell, "worker") as process:
        until(lambda: len(asked) > 0)
        broker.wire.cut()
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=STOP_SECONDS)
        assert process.returncode == 0
