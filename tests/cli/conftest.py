"""One company, connected, configured and synced by commands alone; later tests look at it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from cli import shell as shells
from cli.shell import Result, Shell, towards
from domain.eastern_time import eastern_day
from entrypoints.demo.company import settings_body
from sandbox import company
from sandbox.program import Sandbox

PURCHASES = 40
DAYS_BACK = 75
BLOCKED = "62400"
"""An account that purchases are coded with, and that is blocked before the first sync."""


@dataclass(frozen=True)
class Journey:
    """The way to a synced company: what each command said, and where it was run.

    Nothing may write to its database any more; whoever wants to takes a copy.
    """

    shell: Shell
    sandbox: Sandbox
    connection: str
    settings_file: Path
    results: dict[str, Result]
    lines_after_preview: int
    lines_after_sync: int


def journal_lines(sandbox: Sandbox) -> int:
    books = sandbox.business_central.dump()["companies"]
    chosen = next(one for one in books if one["id"] == company.COMPANY_ID)
    return sum(len(journal["lines"]) for journal in chosen["journals"])


def written_settings(choices: Result, sandbox: Sandbox, file: Path) -> None:
    """Settings as an admin would write them from the choices."""
    offered = choices.json
    start = eastern_day(sandbox.clock.now()) - timedelta(days=DAYS_BACK)
    body = settings_body(
        company.COMPANY_ID,
        {one["number"]: one["id"] for one in offered["accounts"]},
        {one["number"]: one["id"] for one in offered["bank_accounts"]},
        start.isoformat(),
    )
    file.write_text(json.dumps(body), encoding="utf-8")


@pytest.fixture(scope="session", autouse=True)
def databases(service_databases: shells.Databases | None) -> Iterator[None]:
    """Let shells keep their databases where the tests are to run."""
    shells.on_a_server = service_databases
    yield
    shells.on_a_server = None


@pytest.fixture(scope="session")
def journey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Journey]:
    folder = tmp_path_factory.mktemp("terminal")
    with Sandbox(purchases=PURCHASES) as sandbox:
        shell = Shell(folder, towards(sandbox))
        said = {"pex": shell.well("connections", "pex", stdin=company.PREPAID_TOKEN + "\n")}
        made = said["pex"].out.strip()
        said["microsoft"] = shell.well("connections", "microsoft", made, "--tenant", company.TENANT)
        choose = ("connections", "choices", made, "--company", company.COMPANY_ID)
        said["choices"] = shell.well(*choose)
        file = folder / "settings.json"
        written_settings(said["choices"], sandbox, file)
        said["set"] = shell.well("settings", "set", made, file)
        sandbox.business_central.change_account(BLOCKED, blocked=True)
        said["preview"] = shell.run("sync", made, "--preview")
        after_preview = journal_lines(sandbox)
        said["sync"] = shell.run("sync", made, "--wait")
        after_sync = journal_lines(sandbox)
        said["again"] = shell.run("sync", made, "--wait", "--json")
        yield Journey(shell, sandbox, made, file, said, after_preview, after_sync)


@pytest.fixture
def copy(journey: Journey, tmp_path: Path) -> Shell:
    """A terminal over a copy of the synced database."""
    return journey.shell.copied(tmp_path)
