"""A set-up with connections that a test breaks, and the doctor's findings about it."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from shutil import copyfile
from sqlite3 import Connection as File
from sqlite3 import connect
from typing import Any
from uuid import UUID

from docs.doctor_page import codes
from entrypoints.cli.context import NoWakeups
from entrypoints.composition import Services, build
from entrypoints.demo.company import settings_body
from entrypoints.demo.credit import credit_settings_body
from entrypoints.doctor.diagnosis import diagnose
from entrypoints.doctor.finding import Examined, State
from entrypoints.doctor.set_up import SetUp
from entrypoints.doctor.variables import Variables
from entrypoints.settings import Settings
from entrypoints.settings_body import decode_settings
from fakes.machine import FakeMachine
from sandbox import company
from sandbox.program import Sandbox

KEY = "canary-key-0123456789-0123456789-abcdef"
ACTOR = "test:doctor"
DAY = "2026-01-01"
DEPARTMENT_OF_FEES = "ADM"
Change = Callable[[dict[str, Any]], Any]


@dataclass
class Patient:
    """A sandbox, the database of a set-up on it, and its variables."""

    sandbox: Sandbox
    database: Path
    variables: dict[str, str]
    machine: FakeMachine = field(default_factory=FakeMachine)

    def settings(self, **changes: Any) -> Settings:
        return Settings.of(self.variables, **changes)

    def copied(self, folder: Path) -> "Patient":
        """The same set-up on the same sandbox, over a copy of the database."""
        database = folder / "copy.db"
        with self.file() as file, closing(connect(database)) as copy:
            file.backup(copy)
        variables = self.variables | {"PEXBC_DATABASE_URL": f"sqlite:///{database}"}
        return Patient(self.sandbox, database, variables)

    @contextmanager
    def open(self) -> Iterator[Services]:
        """The service's own parts, as they would work on it."""
        services = build(self.settings(), NoWakeups())
        try:
            yield services
        finally:
            services.close()

    def file(self) -> closing[File]:
        return closing(connect(self.database, isolation_level=None))

    def connect(self, token: str = company.PREPAID_TOKEN, user: str = "") -> UUID:
        """Connect a business; with the app's own sign-in, or with that of a user."""
        with self.open() as services:
            made, _ = services.connect.with_pex_token(token, ACTOR)
            if not user:
                services.connect.with_service(made, company.TENANT, company.ENVIRONMENT, ACTOR)
                return made
            back = "http://localhost:8000/microsoft/callback"
            address = services.connect.begin_delegated(made, company.ENVIRONMENT, back, ACTOR)
            answer = self.sandbox.entra.sign_in(address, user).fields
            services.connect.complete_delegated(answer["state"], answer)
            return made

    def configure(self, connection: UUID, change: Change = lambda _body: None) -> None:
        """Save the demo's settings, after a change to them; what is on credit is told by PEX."""
        with self.open() as services:
            choices = services.configure.choices(connection, company.COMPANY_ID)
            assert choices.chart is not None
            accounts = {one.number: one.id for one in choices.chart.accounts}
            banks = {one.number: one.id for one in choices.chart.bank_accounts}
            is_credit = services.pex.of(connection).business().funding.value == "credit"
            body_of = credit_settings_body if is_credit else settings_body
            body = body_of(company.COMPANY_ID, accounts, banks, "")
            body["start_date"] = None
            body["fees"]["dimensions"] = {"DEPARTMENT": DEPARTMENT_OF_FEES}
            change(body)
            services.configure.save(
                connection, decode_settings(json.dumps(body).encode()), 0, ACTOR
            )

    def switch_auto_sync_on(self, connection: UUID) -> None:
        with self.open() as services:
            services.configure.switch_auto_sync(connection, enabled=True, actor=ACTOR)

    def plan(self, next_at: datetime) -> None:
        """Let every daily job be due at an instant."""
        with self.file() as file:
            told = next_at.strftime("%Y-%m-%d %H:%M:%S.%f")
            file.execute("UPDATE schedule SET next_at = ?", (told,))

    def diagnosis(self, only: UUID | None = None, **changes: Any) -> tuple[Examined, ...]:
        variables = Variables(self.settings(**changes), {})
        with SetUp(variables, self.machine) as set_up:
            diagnosis = tuple(diagnose(set_up, only))
        for one in diagnosis:
            assert {finding.code for finding in one.findings} <= codes(one.name), "not on the page"
        return diagnosis

    def found(self, only: UUID | None = None, **changes: Any) -> list[tuple[str, str]]:
        """The checks that are ill, each with the code of one finding."""
        return [
            (one.name, finding.code)
            for one in self.diagnosis(only, **changes)
            for finding in one.findings
        ]

    def everything(self) -> tuple[list[str], Mapping[str, Any], Mapping[str, Any]]:
        """All that the database, Business Central and PEX hold."""
        with self.file() as file:
            rows = list(file.iterdump())
        return rows, self.sandbox.business_central.dump(), self.sandbox.pex.dump()["businesses"]


@contextmanager
def patient_in(folder: Path, template: Path) -> Iterator[Patient]:
    """A set-up without a connection, over a migrated database."""
    database = folder / "pexbc.db"
    copyfile(template, database)
    with Sandbox(purchases=1) as sandbox:
        variables = sandbox.environment() | {
            "PEXBC_DATABASE_URL": f"sqlite:///{database}",
            "PEXBC_SECRET_KEY": KEY,
        }
        yield Patient(sandbox, database, variables)


def unchecked(diagnosis: tuple[Examined, ...]) -> dict[str, str]:
    """Why which checks were not made."""
    return {one.name: one.why for one in diagnosis if one.state is State.UNCHECKED}
