"""The doctor as a command: on a healthy set-up, and on one that is broken all over."""

import os
import pty
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from cli.conftest import Journey
from cli.shell import PEXBC, SECONDS, Result, Shell
from doctors_patient import Patient, patient_in
from sandbox import company
from sandbox.entra.state import SECOND_USER

NAME = f"{company.PREPAID_NAME} ({company.PREPAID_BUSINESS})"
NOBODY = "127.0.0.1:1"
ANOTHER_TOKEN = "sandbox-another-token"
ANOTHER = 52399


def test_a_healthy_set_up_is_found_well(journey: Journey) -> None:
    lines = journey.shell.well("doctor").out.splitlines()
    assert not [line for line in lines if line.startswith("bad")]
    assert "ok   database" in lines
    assert "ok   PEX sign-in in the browser" in lines
    assert f"ok   {NAME}: PEX sign-in" in lines
    assert f"ok   {NAME}: Microsoft sign-in" in lines
    assert f"ok   {NAME}: Business Central" in lines
    assert f"ok   {NAME}: journal PEX Card" in lines
    assert f"ok   {NAME}: settings" in lines
    assert "--   broker: none is set, and calls stay in the process" in lines


# --- one set-up, broken all over ------------------------------------------------------------


@dataclass(frozen=True)
class Wreck:
    """A set-up with three connections, all of it broken; what it held before the doctor came."""

    patient: Patient
    shell: Shell
    prepaid: UUID
    credit: UUID
    another: UUID
    diagnosis: Result
    untouched: bool


VARIABLES = {
    "PEXBC_BC_CONCURRENCY": "99",
    "PEXBC_DATABSE_URL": "canary",
    "PEXBC_PUBLIC_URL": "http://books.example",
    "PEXBC_BROKER_URL": f"amqp://someone:pw-canary@{NOBODY}",
    "PEXBC_NOTIFY_WEBHOOK_URL": f"http://{NOBODY}/hook",
    "PEXBC_NOTIFY_WEBHOOK_SECRET": "canary " * 8,
    "PEXBC_NOTIFY_SMTP_URL": f"smtp://someone:pw-canary@{NOBODY}",
    "PEXBC_NOTIFY_FROM": "pexbc@harbor.example",
    "PEXBC_NOTIFY_TO": "dana@harbor.example",
    "PEXBC_SECRET_KEY": "",
}


def connected(patient: Patient) -> tuple[UUID, UUID, UUID]:
    """Three connections that are well: by the app, by a user, and by the app again."""
    patient.sandbox.pex.add_business(ANOTHER, "Another", ANOTHER_TOKEN)
    prepaid = patient.connect()
    patient.configure(prepaid)
    credit = patient.connect(company.CREDIT_TOKEN, SECOND_USER)
    patient.configure(credit)
    another = patient.connect(ANOTHER_TOKEN)
    patient.configure(another, on_tags_of_credit)
    return prepaid, credit, another


def on_tags_of_credit(body: dict[str, dict[str, list[dict[str, dict[str, str]]]]]) -> None:
    for mapping in body["purchases"]["mappings"]:
        mapping["source"]["tag_id"] = f"74{mapping['source']['tag_id'][2:]}"


def broken(patient: Patient, prepaid: UUID) -> None:
    pex, books = patient.sandbox.pex, patient.sandbox.business_central
    pex.expire_token(company.PREPAID_TOKEN)
    pex.switch(company.CREDIT_BUSINESS, permissions={"ManageCardholder": False})
    pex.world.businesses[ANOTHER].tags.pop(f"74{company.CLASS_TAG[2:]}")
    books.hide_company(SECOND_USER)
    books.delete_journal()
    books.change_account("10950", blocked=True)
    books.delete_dimension_value("DEPARTMENT", "ADM")
    patient.switch_auto_sync_on(prepaid)
    patient.plan(datetime.now(UTC) - timedelta(hours=1))
    patient.database.with_suffix(".db.key").chmod(0o644)


@pytest.fixture(scope="module")
def wreck(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Wreck]:
    with patient_in(tmp_path_factory.mktemp("wreck"), sqlite_template) as patient:
        key = patient.database.with_suffix(".db.key")
        key.write_text(patient.variables["PEXBC_SECRET_KEY"])
        prepaid, credit, another = connected(patient)
        broken(patient, prepaid)
        wrong = {"PEXBC_PEX_OAUTH_URL": f"{patient.sandbox.url}/elsewhere"}
        shell = Shell(patient.database.parent, patient.variables | VARIABLES | wrong)
        before = patient.everything()
        diagnosis = shell.run("doctor", "--json")
        untouched = patient.everything() == before
        yield Wreck(patient, shell, prepaid, credit, another, diagnosis, untouched)


def test_every_fault_of_a_set_up_that_is_broken_all_over_is_named_in_one_run(wreck: Wreck) -> None:
    told = wreck.diagnosis.json
    assert wreck.diagnosis.code == 1
    assert told["well"] is False
    found = {
        (check["connection_id"], check["name"], finding["code"])
        for check in told["checks"]
        for finding in check["findings"]
    }
    prepaid, credit, another = map(str, (wreck.prepaid, wreck.credit, wreck.another))
    assert found == {
        (None, "variables", "VARIABLE_UNREADABLE"),
        (None, "variables", "VARIABLE_UNKNOWN"),
        (None, "public address", "PUBLIC_URL_UNFIT"),
        (None, "sealing keys", "KEY_FILE_OPEN"),
        (None, "broker", "BROKER_UNREACHABLE"),
        (None, "PEX sign-in in the browser", "PEX_SIGN_IN_UNUSABLE"),
        (None, "webhook for notices", "WEBHOOK_UNREACHABLE"),
        (None, "mail server for notices", "MAIL_SERVER_UNREACHABLE"),
        (prepaid, "PEX sign-in", "PEX_TOKEN_REFUSED"),
        (prepaid, "journal PEX Card", "JOURNAL_MISSING"),
        (prepaid, "settings", "ACCOUNT_BLOCKED"),
        (prepaid, "settings", "DIMENSION_VALUE_UNKNOWN"),
        (prepaid, "scheduler", "SCHEDULER_SILENT"),
        (credit, "PEX sign-in", "PEX_PERMISSION_MISSING"),
        (credit, "Business Central", "COMPANY_NOT_FOUND"),
        (another, "journal PEX Card", "JOURNAL_MISSING"),
        (another, "settings", "ACCOUNT_BLOCKED"),
        (another, "settings", "DIMENSION_VALUE_UNKNOWN"),
        (another, "settings", "TAG_UNKNOWN"),
    }
    assert len({code for _, _, code in found}) >= 12
    assert all(map(is_told_in_words, told["checks"]))
    assert "canary" not in wreck.diagnosis.out + wreck.diagnosis.err
    assert "Traceback" not in wreck.diagnosis.err
    assert wreck.untouched, "it writes"


def is_told_in_words(check: dict[str, Any]) -> bool:
    """Whether a check says why it was not made, and of each fault what to do."""
    words = all(one["cause"].strip() and one["fix"].strip() for one in check["findings"])
    return words and (check["why"] is None) == (check["state"] in ("well", "ill"))


def test_one_connection_is_shown_on_a_terminal_with_what_is_being_checked(wreck: Wreck) -> None:
    code, out, progress = run_on_a_terminal(wreck.shell, "--connection", str(wreck.credit))
    lines = out.splitlines()
    assert code == 1
    assert "Business Central" in progress
    assert "COMPANY_NOT_FOUND" not in progress
    ill = [line for line in lines if line.startswith(f"bad  {company.CREDIT_NAME}")]
    assert [line.split(": ")[1:3] for line in ill] == [
        ["PEX sign-in", "PEX_PERMISSION_MISSING"],
        ["Business Central", "COMPANY_NOT_FOUND"],
    ]
    assert all(lines[lines.index(line) + 1].startswith("     ") for line in ill)
    assert not [line for line in lines if company.PREPAID_NAME in line]


def run_on_a_terminal(shell: Shell, *words: str) -> tuple[int, str, str]:
    """Exit code, standard output by a pipe, and what a terminal showed of standard error."""
    near, far = pty.openpty()
    with ThreadPoolExecutor() as beside:
        shown = beside.submit(shown_on, near)
        try:
            done = subprocess.run(  # noqa: S603 - the command under test
                [PEXBC, "doctor", *words],
                stdout=subprocess.PIPE,
                stderr=far,
                check=False,
                timeout=SECONDS,
                cwd=shell.folder,
                env=shell.environment(TERM="xterm"),
            )
        finally:
            os.close(far)
        return done.returncode, done.stdout.decode(), shown.result()


def shown_on(terminal: int) -> str:
    """Everything that is written to a terminal, which ends with an error on Linux."""
    parts = []
    with os.fdopen(terminal, "rb") as near:
        try:
            while part := near.read1(65_536):
                parts.append(part)
        except OSError:
            pass
    return b"".join(parts).decode(errors="replace")
