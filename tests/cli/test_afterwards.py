"""What changed in PEX after posting, and what is about to leave, as a terminal tells it."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from cli.conftest import Journey, journal_lines
from cli.shell import Shell
from domain.eastern_time import eastern_day
from domain.sync_window import AUTO_MONTHS, months_back

AMOUNT = "-51.37"


def posted_id(shell: Shell) -> int:
    with shell.open() as database:
        query = "SELECT pex_id FROM view_transactions WHERE state = 'posted' AND kind = 'purchase'"
        return int(database.execute(query).fetchone()[0])


@pytest.fixture(scope="module")
def afterwards(
    journey: Journey, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Shell, int, int]]:
    """A synced copy after a tip and a purchase that nobody approved; both ids."""
    shell = journey.shell.copied(tmp_path_factory.mktemp("afterwards"))
    pex = journey.sandbox.pex
    changed = posted_id(shell)
    before = dict(pex.row(changed))
    first_day = months_back(eastern_day(journey.sandbox.clock.now()), AUTO_MONTHS)
    at = f"{first_day + timedelta(days=2)}T12:00:00"
    row = {"TransactionTime": at, "SettlementTime": at, "MetadataApprovalStatus": None}
    unapproved = int(pex.add_row(row)["TransactionId"])
    pex.change_row(changed, {"TransactionAmount": AMOUNT})
    shell.run("sync", journey.connection, "--wait")
    yield shell, changed, unapproved
    pex.change_row(changed, before)
    pex.remove_row(unapproved)


def test_a_transaction_that_changed_says_so_with_what_to_do(
    journey: Journey, afterwards: tuple[Shell, int, int]
) -> None:
    shell, changed, _ = afterwards
    shown = shell.well("show", journey.connection, changed).json
    (notice,) = shown["notices"]
    assert notice["code"] == "CHANGED_AFTER_POSTING"
    assert re.match(
        rf"After posting, PEX changed: amount -[\d.]+ -> {AMOUNT} \(\d{{4}}-", notice["detail"]
    )
    assert "resync" in notice["fix"]
    assert shown["events"][-1]["topic"] == "posted_transaction.changed_in_pex"
    assert journal_lines(journey.sandbox) == journey.lines_after_sync


def test_the_backlog_says_what_leaves_when_and_what_to_do(
    journey: Journey, afterwards: tuple[Shell, int, int]
) -> None:
    shell, _, unapproved = afterwards
    text = shell.well("backlog", journey.connection).out
    found = re.search(rf"^\S+ purchase {unapproved} -48\.60 .+$\n.+$", text, re.MULTILINE)
    assert found
    assert re.search(r": leaves on \d{4}-\d\d-\d\d, \d days? left\n", found[0])
    assert "NOT_APPROVED: " in found[0]
    assert found[0].endswith("Approve it in PEX; the next sync takes it.")
    rows = shell.well("backlog", journey.connection, "--json").json
    row = next(one for one in rows if one["transaction"]["pex_id"] == unapproved)
    assert (row["left"], row["fix"]) == (False, "Approve it in PEX; the next sync takes it.")
    assert row["days_left"] > 0


def test_there_is_no_backlog_of_a_connection_that_does_not_exist(
    journey: Journey, tmp_path: Path
) -> None:
    nobody = "00000000-0000-4000-8000-000000000000"
    refused = journey.shell.copied(tmp_path).run("backlog", nobody)
    assert refused.code == 1
    assert refused.err.startswith("NOT_FOUND")
