"""PEX calls a running service back: what settled is in the books soon, and once."""

import base64
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
import structlog
from structlog.testing import capture_logs

from application.ports.read_models import ConnectionView
from domain.connection import Connection
from domain.schedule import AT_REST, QUARTER, Job, next_slot
from domain.sync_run import RunStatus, Trigger
from entrypoints.cli.context import NoWakeups
from entrypoints.composition import Services, build
from entrypoints.serving import in_background
from entrypoints.settings import Settings
from http_running import forget_attempts
from sandbox import company
from sandbox.program import Sandbox
from sandbox_company import amounts_in_journal, configure, times_in_journal

CONNECTION = Connection.create_id(company.PREPAID_BUSINESS)
BEGIN = next_slot(CONNECTION, Job.SYNC, datetime(2026, 11, 24, tzinfo=UTC)) + timedelta(hours=6)
"""Far from the connection's own slot, so that only callbacks start a sync."""
PENDING = {"IsPending": True, "SettlementTime": None}
TAGS = {company.EXPENSE_TAG: "62400", company.DEPARTMENT_TAG: "OPS"}


@dataclass
class Called:
    """A service at its public address, with a connection that syncs by itself."""

    sandbox: Sandbox
    settings: Settings
    services: Services
    connection_id: UUID

    @property
    def view(self) -> ConnectionView:
        view = self.services.read_models.connection(self.connection_id)
        assert view is not None
        return view

    @property
    def own_slot(self) -> datetime:
        return next_slot(self.connection_id, Job.SYNC, self.services.clock.now())

    def runs(self) -> int:
        return len(self.services.read_models.runs(self.connection_id, 100).items)

    def settle(self, amount: str) -> int:
        """A purchase settles, and PEX says so to whoever asked; its id."""
        pending = self.sandbox.pex.add_row(PENDING | {"TransactionAmount": amount})
        self.sandbox.pex.retag(int(pending["TransactionId"]), TAGS)
        return int(self.sandbox.pex.settle(int(pending["TransactionId"]))["TransactionId"])

    def outcomes(self) -> list[str]:
        """What PEX was answered to the callbacks since this was asked last."""
        assert self.sandbox.pex.called_back()
        deliveries = self.sandbox.pex.business().deliveries
        told = [item["detail"] for item in deliveries]
        deliveries.clear()
        return told

    def let_time_pass(self) -> None:
        """Come to the next sync: a scheduler at that time starts it, and it is seen through."""
        assert self.view.next_at is not None
        then = self.view.next_at + timedelta(seconds=1)
        later = build(self.settings.model_copy(update={"now": then}), NoWakeups())
        syncs = later.scheduling.syncs
        for slot in [syncs.start(due) for due in syncs.due()]:
            assert slot is not None
            assert slot.run_id is not None
            while not self.is_over(slot.run_id):
                later.advance_run.step(slot.run_id)
        later.close()

    def is_over(self, run_id: UUID) -> bool:
        run = self.services.read_models.run(run_id)
        return run is not None and run.finished_at is not None


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@pytest.fixture(scope="module")
def served(
    tmp_path_factory: pytest.TempPathFactory, service_database: Callable[[Path], str]
) -> Iterator[Called]:
    folder: Path = tmp_path_factory.mktemp("service")
    port = free_port()
    with Sandbox(purchases=1, now=BEGIN) as sandbox:
        sandbox.pex.empty()
        settings = Settings.of(
            sandbox.environment(),
            database_url=service_database(folder),
            public_url=f"http://127.0.0.1:{port}",
            secret_key="a key of more than thirty-two characters",
            now=BEGIN,
        )
        with in_background(settings, "127.0.0.1", port) as (_, services):
            yield Called(sandbox, settings, services, configure(services))


@pytest.fixture
def called(served: Called) -> Iterator[Called]:
    """Nothing planned but the connection's own slot, and PEX as it is without switches."""
    forget_attempts(served.services)
    served.services.subscribe_to_callbacks.subscribe(
        served.connection_id, "admin:test", company.PREPAID_CALLBACK_SECRET
    )
    served.services.configure.switch_auto_sync(
        served.connection_id, enabled=True, actor="admin:test"
    )
    yield served
    served.sandbox.pex.switch(
        callback_copies=1,
        callback_delay_ms=0,
        callback_wrong_secret=False,
        callback_body="whole",
        callback_reversed=False,
    )
    served.services.configure.switch_auto_sync(
        served.connection_id, enabled=False, actor="admin:test"
    )
    served.outcomes()


def test_a_purchase_that_settles_is_in_the_books_soon_and_once(called: Called) -> None:
    assert called.view.next_at == called.own_slot
    purchase = called.settle("-21.50")
    assert called.outcomes() == ["204"]
    assert called.view.next_at is not None
    assert called.view.next_at - called.services.clock.now() <= QUARTER + AT_REST
    called.let_time_pass()
    assert times_in_journal(called.sandbox, purchase) == 1
    run = called.services.read_models.runs(called.connection_id, 1).items[0]
    assert (run.trigger, run.status) == (Trigger.AUTO, RunStatus.SUCCEEDED)
    assert called.view.next_at == called.own_slot


@pytest.mark.parametrize(
    "switches",
    [{"callback_copies": 3}, {"callback_reversed": True}, {"callback_body": "foreign"}],
)
def test_copies_turned_signs_and_strange_members_post_nothing_twice_or_otherwise(
    called: Called, switches: dict[str, Any]
) -> None:
    called.sandbox.pex.switch(**switches)
    before, purchase = called.runs(), called.settle("-12.25")
    assert set(called.outcomes()) == {"204"}
    called.let_time_pass()
    assert called.runs() == before + 1
    assert amounts_in_journal(called.sandbox, purchase) == [Decimal("-12.25")]


@pytest.mark.parametrize(
    ("switches", "answer"),
    [
        ({"callback_wrong_secret": True}, "401"),
        ({"callback_body": "malformed"}, "400"),
        ({"callback_body": "empty"}, "400"),
    ],
)
def test_what_is_not_from_pex_or_no_callback_changes_nothing(
    called: Called, switches: dict[str, Any], answer: str
) -> None:
    called.sandbox.pex.switch(**switches)
    before, purchase = called.runs(), called.settle("-3.10")
    assert called.outcomes() == [answer]
    assert called.view.next_at == called.own_slot
    assert called.runs() == before
    assert times_in_journal(called.sandbox, purchase) == 0


def test_a_callback_that_comes_late_finds_everything_done(called: Called) -> None:
    purchase = called.settle("-7.00")
    assert called.outcomes() == ["204"]
    called.let_time_pass()
    assert called.sandbox.pex.call_back(transaction=purchase) == 1
    assert called.outcomes() == ["204"]
    called.let_time_pass()
    assert times_in_journal(called.sandbox, purchase) == 1


def test_callbacks_out_of_order_leave_nothing_out(called: Called) -> None:
    called.sandbox.pex.switch(callback_delay_ms=200)
    first = called.settle("-1.10")
    called.sandbox.pex.switch(callback_delay_ms=0)
    second = called.settle("-2.20")
    assert called.outcomes() == ["204", "204"]
    called.let_time_pass()
    assert [times_in_journal(called.sandbox, one) for one in (first, second)] == [1, 1]


def test_many_at_the_same_moment_start_one_run(called: Called) -> None:
    before = called.runs()
    with ThreadPoolExecutor(4) as pool:
        purchases = list(pool.map(called.settle, ["-1.00"] * 12))
    assert called.outcomes() == ["204"] * 12
    called.let_time_pass()
    assert called.runs() == before + 1
    assert [times_in_journal(called.sandbox, one) for one in purchases] == [1] * 12


def test_the_log_names_the_connection_and_holds_neither_body_nor_secret(called: Called) -> None:
    url = f"{called.settings.public_url}/pex/callbacks/{called.connection_id}"

    def post(secret: str) -> int:
        coded = base64.b64encode(secret.encode()).decode()
        headers = {"Authorization": f"Basic {coded}"}
        body = {"Data": {"MerchantName": "CANARY CAFE", "TransactionAmount": -48.6}}
        return httpx.post(url, json=body, headers=headers).status_code

    with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as lines:
        assert post(company.PREPAID_CALLBACK_SECRET) == 204
        assert post("a-canary-of-a-secret") == 401
    said = {line["event"]: line for line in lines}
    for event in ("PEX called back", "a callback was refused"):
        assert said[event]["connection_id"] == str(called.connection_id)
    everything = str(lines).casefold()
    for canary in ("canary", "48.6", company.PREPAID_CALLBACK_SECRET, "basic"):
        assert canary not in everything


def test_a_disconnected_connection_is_not_called_any_more(called: Called) -> None:
    called.services.connect.disconnect(called.connection_id, "admin:test")
    called.settle("-5.00")
    assert called.outcomes() == []
    configure_again(called)


def configure_again(called: Called) -> None:
    """Sign in on both sides; settings and history are there still."""
    connect, actor = called.services.connect, "admin:test"
    connect.with_pex_token(company.PREPAID_TOKEN, actor)
    connect.with_service(called.connection_id, company.TENANT, company.ENVIRONMENT, actor)
    called.services.check_connection.check(called.connection_id)
