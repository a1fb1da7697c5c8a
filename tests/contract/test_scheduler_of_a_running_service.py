"""The scheduler's own threads over the real adapters: they start runs, keep watch, and tell."""

import json
from collections.abc import Callable, Iterator
from uuid import UUID

import pytest
from structlog.testing import capture_logs

from domain.connection import Status
from domain.schedule import Job, next_slot
from domain.sync_run import Trigger
from entrypoints.cli.context import NoWakeups
from entrypoints.composition import Services, build
from entrypoints.demo.company import wait_until
from entrypoints.scheduler import Scheduler
from entrypoints.serving import prepare
from entrypoints.settings import Settings
from sandbox import company
from sandbox.pex.tokens import issue
from sandbox.program import Sandbox
from sandbox_company import configure
from small_mail_server import MailServer


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(purchases=1) as sandbox:
        yield sandbox


@pytest.fixture
def mailbox() -> Iterator[MailServer]:
    with MailServer() as server:
        yield server


@pytest.fixture
def start(
    sandbox: Sandbox, mailbox: MailServer, service_url: str
) -> Iterator[Callable[..., Services]]:
    """Starts processes, which end with the test."""
    settings = Settings.of(
        sandbox.environment(),
        database_url=service_url,
        pex_requests_per_minute=1_000_000,
        notify_smtp_url=f"smtp://127.0.0.1:{mailbox.port}",
        notify_from="pexbc@books.example",
        notify_to="dana@books.example",
    )
    prepare(settings)
    started: list[Services] = []

    def process(**changes: object) -> Services:
        started.append(build(settings.model_copy(update=changes), NoWakeups()))
        return started[-1]

    yield process
    for services in started:
        services.close()


@pytest.fixture
def connection_id(start: Callable[..., Services]) -> UUID:
    services = start()
    connection_id = configure(services)
    services.configure.switch_auto_sync(connection_id, enabled=True, actor="admin:test")
    services.scheduling.plan.plan()
    return connection_id


def test_two_schedulers_start_one_run_when_its_time_has_come(
    start: Callable[..., Services], sandbox: Sandbox, connection_id: UUID
) -> None:
    at = next_slot(connection_id, Job.SYNC, sandbox.clock.now())
    sandbox.clock.set(at)
    both = [start(now=at) for _ in range(2)]
    schedulers = [Scheduler(services, look_seconds=0.02) for services in both]
    for scheduler in schedulers:
        scheduler.start()
    runs = both[0].read_models.runs
    wait_until(lambda: len(runs(connection_id, 10).items) > 0, "a run")
    for scheduler in schedulers:
        scheduler.stop()
    assert [run.trigger for run in runs(connection_id, 10).items] == [Trigger.AUTO]


def test_a_dead_token_is_noticed_told_once_and_told_as_mended(
    start: Callable[..., Services],
    sandbox: Sandbox,
    mailbox: MailServer,
    connection_id: UUID,
) -> None:
    at = next_slot(connection_id, Job.KEEP_ALIVE, sandbox.clock.now())
    sandbox.pex.expire_token(company.PREPAID_TOKEN)
    sandbox.clock.set(at)
    services = start(now=at)
    scheduler = Scheduler(services, look_seconds=0.02)
    with capture_logs() as lines:
        scheduler.start()
        wait_until(lambda: len(mailbox.messages) == 1, "a mail")
        view = services.read_models.connection(connection_id)
        assert view is not None
        assert view.status is Status.ACTION_REQUIRED
        fresh = issue(sandbox.pex.world, company.PREPAID_BUSINESS).value
        services.connect.with_pex_token(fresh, "admin:test")
        wait_until(lambda: len(mailbox.messages) == 2, "another mail")
        scheduler.stop()
    first, second = mailbox.messages
    assert "PEX_TOKEN_REFUSED" in first
    assert "well again" in second
    told = [line["event"] for line in lines if line.get("refusal") == "PEX_TOKEN_REFUSED"]
    assert told.count("the connection needs a person") == 1
    assert told.count("the connection is well again") == 1
    everything = json.dumps(lines, default=str) + first + second
    assert company.PREPAID_TOKEN not in everything
    assert fresh not in everything
    assert company.CLIENT_SECRET not in everything
