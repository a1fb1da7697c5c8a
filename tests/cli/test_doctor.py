"""The doctor, on a healthy set-up and on broken ones."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cli.conftest import Journey
from cli.shell import Shell, towards
from sandbox import company
from sandbox.program import Sandbox

NAME = f"{company.PREPAID_NAME} ({company.PREPAID_BUSINESS})"


@pytest.fixture
def breakable() -> Iterator[Sandbox]:
    """A sandbox of the test's own: the same company, and nobody else minds what breaks."""
    with Sandbox(purchases=1) as sandbox:
        yield sandbox


def test_a_healthy_set_up_is_found_well(journey: Journey) -> None:
    healthy = journey.shell.well("doctor").out
    assert "bad" not in healthy
    assert "ok  PEX sign-in in the browser: configured" in healthy
    assert f"ok  {NAME}: PEX sign-in" in healthy
    assert f"ok  {NAME}: Microsoft sign-in and Business Central" in healthy
    assert f"ok  {NAME}: journal PEX Card" in healthy


def expired(sandbox: Sandbox) -> None:
    sandbox.pex.expire_token(company.PREPAID_TOKEN)


def without_journal(sandbox: Sandbox) -> None:
    sandbox.business_central.delete_journal()


@pytest.mark.parametrize(
    ("harm", "named"),
    [(expired, f"bad {NAME}: PEX sign-in: "), (without_journal, f"bad {NAME}: journal PEX Card: ")],
)
def test_what_broke_outside_is_named_alone_and_with_what_to_do(
    journey: Journey,
    breakable: Sandbox,
    tmp_path: Path,
    harm: Callable[[Sandbox], None],
    named: str,
) -> None:
    harm(breakable)
    diagnosis = journey.shell.copied(tmp_path, **towards(breakable)).run("doctor")
    assert diagnosis.code == 1
    lines = diagnosis.out.splitlines()
    bad = [line for line in lines if line.startswith("bad")]
    assert len(bad) == 1
    assert bad[0].startswith(named)
    assert lines[lines.index(bad[0]) + 1].startswith("      ")


def test_an_empty_entra_app_and_a_strange_secret_key_are_named(
    journey: Journey, copy: Shell
) -> None:
    diagnosis = copy.run("doctor", PEXBC_ENTRA_CLIENT_SECRET="", PEXBC_SECRET_KEY="another " * 5)
    assert diagnosis.code == 1
    assert "bad Microsoft app: PEXBC_ENTRA_CLIENT_ID or PEXBC_ENTRA_CLIENT_SECRET" in diagnosis.out
    assert f"bad {NAME}: PEX sign-in: The stored 'pex_credential' of" in diagnosis.out
    assert "behind the new one" in diagnosis.out


def test_a_set_up_without_a_pex_app_is_well_and_told_what_it_lacks(
    journey: Journey, copy: Shell
) -> None:
    diagnosis = copy.run("doctor", PEXBC_PEX_CLIENT_ID="")
    assert diagnosis.code == 0
    assert "ok  PEX sign-in in the browser: not configured" in diagnosis.out
    assert "Set PEXBC_PEX_CLIENT_ID" in diagnosis.out


def test_a_sign_in_with_pex_that_tells_nothing_of_itself_is_named(
    journey: Journey, copy: Shell
) -> None:
    elsewhere = journey.shell.variables["PEXBC_PEX_OAUTH_URL"] + "/elsewhere"
    diagnosis = copy.run("doctor", PEXBC_PEX_OAUTH_URL=elsewhere)
    assert diagnosis.code == 1
    assert "bad PEX sign-in in the browser: PEX's sign-in cannot be used" in diagnosis.out
    assert "Check PEXBC_PEX_OAUTH_URL" in diagnosis.out


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("postgresql://someone:pw-canary@127.0.0.1:1/books", "bad database: not reachable"),
        ("sqlite:////no/such/folder/pexbc.db", "bad database: not reachable"),
        ("books", "bad configuration: PEXBC_DATABASE_URL: "),
    ],
)
def test_a_database_out_of_reach_is_named_without_its_password(
    tmp_path: Path, url: str, named: str
) -> None:
    diagnosis = Shell(tmp_path).run("doctor", PEXBC_DATABASE_URL=url)
    assert diagnosis.code == 1
    assert named in diagnosis.out
    assert "pw-canary" not in diagnosis.out + diagnosis.err
    assert "Traceback" not in diagnosis.err


def test_a_short_key_and_a_database_that_was_never_migrated_are_named(tmp_path: Path) -> None:
    fresh = Shell(tmp_path).run("doctor", PEXBC_SECRET_KEY="too short")
    assert fresh.code == 1
    assert "bad sealing key: " in fresh.out
    assert "bad database: at revision none" in fresh.out
    assert "Run `pexbc migrate`." in fresh.out
