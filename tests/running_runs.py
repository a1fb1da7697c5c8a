"""The real service without its worker: tests take a run's steps themselves, against a sandbox."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from adapters.persistence.leases import LASTING
from application.start_run import RunRequest
from domain.settings import FieldMapping, Source
from domain.sync_run import Reported
from entrypoints.cli.context import NoWakeups
from entrypoints.composition import Services, build
from entrypoints.serving import prepare
from entrypoints.settings import Settings
from sandbox import company
from sandbox.program import Sandbox
from sandbox_company import configure

IN_DOUBT_SECONDS = 0.3
KEY = "a key that is only good for this test run"
LONGEST_PAUSE = 0.2


class Killed(BaseException):
    """The worker died at a boundary."""


@dataclass
class Steps:
    """A connected company, its service, and what they were asked.

    `on_boundary` is told each boundary's name, and may raise `Killed`.
    """

    sandbox: Sandbox
    services: Services
    connection_id: UUID
    requests: list[tuple[str, str, int, int]] = field(default_factory=list)
    on_boundary: Callable[[str], None] = lambda _name: None

    def sync(self) -> dict[int, str]:
        """Start a run and see it through; the outcome of each PEX id, with its code if any."""
        run_id = self.services.start_run.start(RunRequest(self.connection_id, "admin:test"))
        return self.see_through(run_id)

    def see_through(self, run_id: UUID) -> dict[int, str]:
        """Take a run's steps until it is over."""
        while True:
            step = self.services.advance_run.step(run_id)
            if step is not None and step.at is None:
                break
            if step is not None and step.at is not None:
                wait = (step.at - self.services.clock.now()).total_seconds()
                time.sleep(min(max(wait, 0.0), LONGEST_PAUSE))
        rows = self.services.read_models.report(run_id, None, 1000).items
        return {row.pex_id: _outcome(row) for row in rows}

    def purchase(self, amount: str = "-48.60", **tags: str) -> int:
        """A settled, approved purchase that is tagged; its PEX id."""
        row = self.sandbox.pex.add_row({"TransactionAmount": amount})
        ids = {
            "expense": company.EXPENSE_TAG,
            "department": company.DEPARTMENT_TAG,
            "classed": company.CLASS_TAG,
        }
        number = int(row["TransactionId"])
        self.sandbox.pex.retag(number, {ids[name]: value for name, value in tags.items()})
        return number

    def map_tax_code(self, source: Source) -> None:
        """Let purchases bear a tax code."""
        connection = self.services.read_models.settings_versions(self.connection_id)[0]
        chosen, version = connection.settings, connection.version
        tax = FieldMapping("tax_code", source)
        purchases = replace(chosen.purchases, mappings=(*chosen.purchases.mappings, tax))
        changed = replace(chosen, purchases=purchases)
        self.services.configure.save(self.connection_id, changed, version, "admin:test")

    @property
    def books(self) -> dict[str, Any]:
        """The company as the simulator holds it."""
        dump = self.sandbox.business_central.dump()
        found: dict[str, Any] = next(
            one for one in dump["companies"] if one["id"] == company.COMPANY_ID
        )
        return found

    def lines(self, pex_id: int) -> list[dict[str, Any]]:
        """The unposted lines of a transaction."""
        journal = next(one for one in self.books["journals"] if one["code"] == "PEX CARD")
        return [one for one in journal["lines"] if one["externalDocumentNumber"] == f"PEX{pex_id}"]

    def dimensions(self, pex_id: int) -> dict[str, str]:
        """What a transaction's expense line bears."""
        (line,) = (one for one in self.lines(pex_id) if one["accountNumber"] != "10950")
        found: dict[str, str] = line["dimensions"]
        return found

    def entries(self, pex_id: int) -> list[dict[str, Any]]:
        """The ledger entries of a transaction."""
        key = f"PEX{pex_id}"
        return [one for one in self.books["entries"] if one["externalDocumentNumber"] == key]

    def batches(self) -> list[int]:
        """How many operations each `$batch` since the last call carried, reads included."""
        counts = [
            count
            for method, path, _, count in self.requests
            if (method, path) == ("POST", "$batch")
        ]
        self.requests.clear()
        return counts


def _outcome(row: Reported) -> str:
    return f"{row.outcome}:{row.code}" if row.code else str(row.outcome)


@contextmanager
def steps(database_url: str, lease: timedelta = LASTING) -> Iterator[Steps]:
    """A service over this database, connected to a company without transactions."""
    requests: list[tuple[str, str, int, int]] = []
    told: list[Steps] = []
    with Sandbox(purchases=1) as sandbox:
        sandbox.pex.empty()
        settings = Settings.of(
            sandbox.environment(),
            database_url=database_url,
            secret_key=KEY,
            bc_in_doubt_seconds=IN_DOUBT_SECONDS,
            pex_requests_per_minute=1_000_000,
        )
        prepare(settings)
        services = build(
            settings,
            NoWakeups(),
            boundary=lambda name: told[0].on_boundary(name) if told else None,
            lease=lease,
            on_request=lambda *request: requests.append(request),
        )
        told.append(Steps(sandbox, services, configure(services), requests))
        yield told[0]
        services.close()
