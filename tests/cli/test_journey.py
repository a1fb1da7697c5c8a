"""A whole sync by commands alone, and what can be read about it afterwards."""

import re
from uuid import UUID

import pytest

from cli.conftest import Journey, journal_lines
from cli.shell import Shell
from sandbox import company


def test_connecting_prints_the_connections_id_alone(journey: Journey) -> None:
    assert journey.results["pex"].out == f"{UUID(journey.connection)}\n"


def test_signing_in_with_microsoft_leaves_the_connection_ready(journey: Journey) -> None:
    view = journey.shell.well("connections", "show", journey.connection).json
    assert view["status"] == "connected_ready"
    assert view["business_id"] == company.PREPAID_BUSINESS
    assert view["company_id"] == company.COMPANY_ID


def test_the_choices_name_companies_accounts_dimensions_and_tags(journey: Journey) -> None:
    offered = journey.results["choices"].json
    assert company.COMPANY_ID in {one["id"] for one in offered["companies"]}
    assert "10950" in {one["number"] for one in offered["accounts"]}
    assert "CHECKING" in {one["number"] for one in offered["bank_accounts"]}
    assert "DEPARTMENT" in {one["code"] for one in offered["dimensions"]}
    assert company.EXPENSE_TAG in {one["id"] for one in offered["pex_tags"]}


def test_settings_are_saved_from_a_file_and_can_be_saved_as_they_were_read(
    journey: Journey, copy: Shell
) -> None:
    assert journey.results["set"].err == "saved as version 1\n"
    read = copy.well("settings", "get", journey.connection)
    assert read.json["purchases"]["mappings"][0]["field"] == "expense_account"
    again = copy.well("settings", "set", journey.connection, "-", stdin=read.out)
    assert again.err.startswith("saved as version ")


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ('{"purchases": {"approved": true}}', "/purchases/approved: MEMBER_UNKNOWN: "),
        ("company: 1", "/: BODY_NOT_JSON: "),
        (f'{{"company_id": "{company.COMPANY_ID}", "pex_account_id": "404"}}', "/pex_account_id: "),
    ],
)
def test_a_wrong_settings_file_is_refused_by_pointer_and_code(
    journey: Journey, content: str, named: str
) -> None:
    refused = journey.shell.run("settings", "set", journey.connection, "-", stdin=content)
    assert refused.code == 1
    assert refused.err.startswith(named) or f"\n{named}" in refused.err
    assert refused.out == ""


def test_a_preview_tells_what_would_be_posted_and_writes_nothing(journey: Journey) -> None:
    preview = journey.results["preview"]
    assert preview.code == 3
    assert re.search(r"purchase +│ would_post", preview.err)
    assert journey.lines_after_preview == 0


def test_a_sync_that_could_not_post_everything_exits_with_3_and_names_the_reasons(
    journey: Journey,
) -> None:
    sync = journey.results["sync"]
    assert sync.code == 3
    assert "Run partly_failed" in sync.err
    assert re.search(r"purchase +│ posted", sync.err)
    assert re.search(r"purchase +│ failed +│ [A-Z_]+ ", sync.err)
    assert re.search(r"Receipts attached: [1-9]", sync.err)
    assert journey.lines_after_sync > 0


def test_a_second_sync_posts_nothing_and_prints_itself_as_json(journey: Journey) -> None:
    again = journey.results["again"].json
    assert again["counts"]["posted"] == 0
    assert again["counts"]["already_posted"] > 0
    assert again["trigger"] == "manual"
    assert journal_lines(journey.sandbox) == journey.lines_after_sync


def test_a_sync_without_waiting_prints_the_runs_id_and_leaves_it_to_a_server(
    journey: Journey, copy: Shell
) -> None:
    started = copy.well("sync", journey.connection, "--kinds", "fees,transfers")
    assert started.out == f"{UUID(started.out.strip())}\n"
    assert "pexbc serve" in started.err


def test_the_history_lists_the_runs_newest_first(journey: Journey) -> None:
    text = journey.shell.well("history", journey.connection).out.splitlines()
    assert len(text) == 3
    assert " preview " in text[2]
    assert journey.results["again"].json["id"] in text[0]
    assert [" partly_failed " in line for line in text] == [True, True, True]


def posted_id(shell: Shell) -> int:
    with shell.open() as database:
        query = "SELECT pex_id FROM view_transactions WHERE state = 'posted' AND kind = 'purchase'"
        return int(database.execute(query).fetchone()[0])


def test_a_transaction_is_shown_with_every_event_of_it(journey: Journey) -> None:
    pex_id = posted_id(journey.shell)
    shown = journey.shell.well("show", journey.connection, pex_id).json
    assert shown["transaction"]["pex_id"] == pex_id
    assert shown["transaction"]["state"] == "posted"
    assert len(shown["events"]) >= 2
    positions = [event["position"] for event in shown["events"]]
    assert positions == sorted(positions)
    assert all(event["data"] and event["recorded_at"] for event in shown["events"])


def test_a_transaction_is_shown_with_its_receipts_and_where_they_are(journey: Journey) -> None:
    with journey.shell.open() as database:
        query = "SELECT pex_id FROM view_receipts WHERE status = 'attached'"
        pex_id = int(database.execute(query).fetchone()[0])
    shown = journey.shell.well("show", journey.connection, pex_id).json
    receipt = shown["receipts"][0]["receipt"]
    assert receipt["file_name"].startswith(f"PEX-{pex_id}-1.")
    assert receipt["parent_id"] == shown["transaction"]["line_ids"][-1]
    assert "transaction_receipts.attached" in [event["topic"] for event in shown["events"]]


def test_a_transaction_that_nobody_saw_cannot_be_shown(journey: Journey) -> None:
    unseen = journey.shell.run("show", journey.connection, 7)
    assert unseen.code == 1
    assert "No transaction 7 has been seen." in unseen.err


def test_the_database_holds_no_secret_in_the_clear(journey: Journey) -> None:
    for file in journey.shell.folder.glob("pexbc.db*"):
        content = file.read_bytes()
        for secret in (company.PREPAID_TOKEN, company.CLIENT_SECRET):
            assert secret.encode() not in content
