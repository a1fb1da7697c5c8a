"""Months go by without anybody signing in, through the real adapters against the sandbox."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from application.keep_alive import Kept
from application.pex_credential import PEX_CREDENTIAL
from domain.connection import Status
from domain.schedule import Job
from entrypoints.cli.context import NoWakeups
from entrypoints.composition import Services, build
from entrypoints.serving import prepare
from entrypoints.settings import Settings
from sandbox import company
from sandbox.program import Sandbox
from sandbox_company import configure

DAY = timedelta(days=1)


@dataclass
class Months:
    """A connected company, and days that pass."""

    sandbox: Sandbox
    settings: Settings
    connection_id: UUID
    now: datetime

    @contextmanager
    def process(self) -> Iterator[Services]:
        self.sandbox.clock.set(self.now)
        services = build(self.settings.model_copy(update={"now": self.now}), NoWakeups())
        try:
            yield services
        finally:
            services.close()

    def keep(self, services: Services) -> Kept | None:
        services.scheduling.plan.plan()
        keeper = services.scheduling.sign_ins
        found = [keeper.keep(due) for due in keeper.due()]
        return found[0] if found else None

    def day(self, days: int = 1) -> Kept | None:
        """Let days pass, and look once."""
        self.now += timedelta(days=days)
        with self.process() as services:
            return self.keep(services)

    @property
    def token(self) -> str:
        with self.process() as services:
            kept = services.vault.get(self.connection_id, PEX_CREDENTIAL)
            assert kept is not None
            return str(json.loads(kept[0])["token"])

    @property
    def expires_at(self) -> datetime:
        with self.process() as services:
            expires = services.pex.of(self.connection_id).business().token_expires_at
            assert expires is not None
            return expires

    @property
    def status(self) -> tuple[Status, str | None]:
        with self.process() as services:
            view = services.read_models.connection(self.connection_id)
            assert view is not None
            return view.status, view.status_code


@pytest.fixture
def months(service_url: str) -> Iterator[Months]:
    start = datetime(2026, 8, 15, 14, tzinfo=UTC)
    with Sandbox(purchases=1, now=start) as sandbox:
        settings = Settings.of(
            sandbox.environment(),
            database_url=service_url,
            pex_requests_per_minute=1_000_000,
            now=start,
        )
        prepare(settings)
        services = build(settings, NoWakeups())
        connection_id = configure(services)
        services.scheduling.plan.plan()
        services.close()
        yield Months(sandbox, settings, connection_id, start)


@pytest.mark.parametrize("kills", [False, True], ids=["old one lives", "old one dies"])
def test_a_token_is_renewed_once_in_its_last_month_and_the_connection_stays_ready(
    months: Months, *, kills: bool
) -> None:
    months.sandbox.pex.switch(renewing_kills=kills)
    first_end = months.expires_at
    months.now = first_end - timedelta(days=33)
    renewals = []
    for _ in range(8):
        kept = months.day()
        assert kept is not None
        assert kept.code is None
        if kept.renewed:
            renewals.append(months.now)
    (renewed,) = renewals
    assert timedelta(days=27) < first_end - renewed < timedelta(days=31)
    assert months.token != company.PREPAID_TOKEN
    assert months.expires_at > first_end + timedelta(days=140)
    months.now = first_end + DAY
    assert months.day() is not None
    assert months.status == (Status.CONNECTED_READY, None)


def test_a_token_that_ran_out_unseen_requires_a_person(months: Months) -> None:
    months.now = months.expires_at
    kept = months.day()
    assert kept is not None
    assert kept.code == "PEX_TOKEN_REFUSED"
    assert months.status == (Status.ACTION_REQUIRED, "PEX_TOKEN_REFUSED")


def test_two_processes_renew_a_token_once(months: Months) -> None:
    months.now = months.expires_at - timedelta(days=20)
    with months.process() as one, months.process() as other:
        seen = other.scheduling.sign_ins.due()
        assert months.keep(one) is not None
        assert [other.scheduling.sign_ins.keep(due) for due in seen] == [None]
        history = one.log.history(months.connection_id)
    topics = [recorded.topic for recorded in history]
    assert topics.count("connection.pex_token_renewed") == 1


def test_no_token_stands_in_any_event(months: Months) -> None:
    months.now = months.expires_at - timedelta(days=20)
    kept = months.day()
    assert kept is not None
    assert kept.renewed
    token = months.token
    with months.process() as services:
        payloads = "".join(one.payload for one in services.log.history(months.connection_id))
    assert token not in payloads
    assert company.PREPAID_TOKEN not in payloads


def test_a_persons_microsoft_sign_in_outlives_its_90_idle_days(months: Months) -> None:
    # Shorter than any token is used for, so that every use renews what lies behind it.
    months.sandbox.entra.switch(token_seconds=120)
    with months.process() as services:
        address = services.connect.begin_delegated(
            months.connection_id, company.ENVIRONMENT, "http://127.0.0.1/callback", "admin:test"
        )
        fields = dict(months.sandbox.entra.sign_in(address).fields)
        services.connect.complete_delegated(fields["state"], fields)
        services.check_connection.check(months.connection_id)
    for _ in range(6):
        kept = months.day(20)
        assert kept is not None
        assert kept.code is None
        assert months.status == (Status.CONNECTED_READY, None)


def test_the_keep_alive_is_planned_for_every_connection_with_auto_sync_off_too(
    months: Months,
) -> None:
    with months.process() as services:
        from_schedule = services.scheduling.plan
        assert from_schedule.plan() == 0
        view = services.read_models.connection(months.connection_id)
        assert view is not None
        assert (view.auto_sync, view.next_at) == (False, None)
        with services.database.reading() as connection:
            rows = connection.exec_driver_sql("SELECT job FROM schedule").all()
    assert [row.job for row in rows] == [Job.KEEP_ALIVE.value]
