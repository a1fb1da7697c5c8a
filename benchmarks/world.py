"""A service over a sandbox with nothing but the purchases that a measurement asks for."""

import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import msgspec

from application.ports.read_models import RunView
from application.start_run import RunRequest
from domain.eastern_time import eastern_day
from domain.settings import Settings as SyncSettings
from entrypoints.cli.context import NoWakeups
from entrypoints.composition import Services, build
from entrypoints.demo.company import settings_body
from entrypoints.serving import prepare
from entrypoints.settings import Settings
from sandbox import company
from sandbox.program import Sandbox

DAYS_BACK = 60
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass
class World:
    """One company, and what its servers counted."""

    sandbox: Sandbox
    services: Services
    connection_id: UUID
    variables: dict[str, str]
    """The environment by which another process works on the same."""

    def purchases(self, count: int, *, merchants: int = 1, receipts: bool = False) -> None:
        """Let approved purchases settle, two mapped dimensions on each, over two months.

        They are made at so many merchants in turn, and bear a loaded receipt each where asked.
        """
        tags = {
            "Tags": [
                {"FieldId": company.EXPENSE_TAG, "Value": "62400", "Name": "Expense Account"},
                {"FieldId": company.DEPARTMENT_TAG, "Value": "OPS", "Name": "Department"},
                {"FieldId": company.CLASS_TAG, "Value": "GEN", "Name": "Class"},
            ],
            "State": "Selected",
            "FieldsVersion": "0" * 24,
        }
        today = eastern_day(self.services.clock.now())
        for number in range(count):
            day = today - timedelta(days=1 + number % (DAYS_BACK - 2))
            row = self.sandbox.pex.add_row(
                {
                    "TransactionTime": f"{day.isoformat()}T10:00:00",
                    "SettlementTime": f"{day.isoformat()}T12:00:00",
                    "TransactionAmount": f"-{10 + number % 90}.{number % 100:02}",
                    "MetadataApprovalStatus": "Approved",
                    "TransactionTags": tags,
                    "MerchantName": f"Merchant {LETTERS[number % merchants]}",
                }
            )
            if receipts:
                self.sandbox.pex.add_receipt(row["TransactionId"])

    def start(self) -> UUID:
        """Begin a run, which any process may take up."""
        return self.services.start_run.start(RunRequest(self.connection_id, "bench"))

    def sync(self) -> RunView:
        """Run once, in this process."""
        run_id = self.start()
        while True:
            step = self.services.advance_run.step(run_id)
            if step is not None and step.at is None:
                break
            if step is not None and step.at is not None:
                time.sleep(max((step.at - self.services.clock.now()).total_seconds(), 0))
        run = self.services.read_models.run(run_id)
        assert run is not None
        return run

    def forget_requests(self) -> None:
        """Begin to count anew."""
        for plan in (
            self.sandbox.pex.faults,
            self.sandbox.entra.faults,
            self.sandbox.business_central.faults,
        ):
            plan.clear()

    def forget_token(self) -> None:
        """Throw the token at hand away, so that a fresh one is counted too."""
        kept = self.services.vault.get(self.connection_id, "microsoft_sign_in")
        assert kept is not None
        self.services.vault.delete(UUID(json.loads(kept[0])["holder"]), "microsoft_cache")

    @property
    def microsoft_requests(self) -> int:
        """HTTP requests that reached Entra ID and Business Central."""
        entra = len(self.sandbox.entra.faults.journal)
        return entra + len(self.sandbox.business_central.faults.journal)

    @property
    def pex_requests(self) -> int:
        """HTTP requests that reached PEX."""
        return len(self.sandbox.pex.faults.journal)


@contextmanager
def fresh_world(*, receipts: bool = False, vendors: bool = False) -> Iterator[World]:
    """A connected and configured company without transactions, sign-in not yet used."""
    with tempfile.TemporaryDirectory() as folder, Sandbox(purchases=1) as sandbox:
        sandbox.business_central.switch(rate_limit=0)
        sandbox.pex.empty()
        variables = {
            **sandbox.environment(),
            "PEXBC_DATABASE_URL": f"sqlite:///{Path(folder) / 'bench.db'}",
        }
        settings = Settings.of(variables)
        prepare(settings)
        first = build(settings, NoWakeups())
        connection_id = _configure(first, receipts=receipts, vendors=vendors)
        first.close()
        services = build(settings, NoWakeups())  # a new process, as it were
        world = World(sandbox, services, connection_id, variables)
        world.forget_requests()
        yield world
        services.close()


def _configure(services: Services, *, receipts: bool, vendors: bool) -> UUID:
    connection_id, _ = services.connect.with_pex_token(company.PREPAID_TOKEN, "bench")
    services.connect.with_service(connection_id, company.TENANT, company.ENVIRONMENT, "bench")
    chart = services.configure.choices(connection_id, company.COMPANY_ID).chart
    assert chart is not None
    start = eastern_day(services.clock.now()) - timedelta(days=DAYS_BACK)
    body = settings_body(
        company.COMPANY_ID,
        {account.number: account.id for account in chart.accounts},
        {bank.number: bank.id for bank in chart.bank_accounts},
        start.isoformat(),
    )
    for kind in ("fees", "transfers", "rebates"):
        body[kind]["enabled"] = False
    body["purchases"] |= {
        "attachments": receipts,
        "vendor_per_merchant": vendors,
        "add_vendor_to_company": vendors,
    }
    settings = msgspec.convert(body, SyncSettings)
    services.configure.save(connection_id, settings, 0, "bench")
    return connection_id
