"""Tag options by commands: synced alone, told of at once, and read again later."""

import json
from pathlib import Path

import pytest

from cli.conftest import Journey
from cli.shell import Shell


@pytest.fixture
def syncing(journey: Journey, copy: Shell, tmp_path: Path) -> Shell:
    """A terminal over a copy of the company, where every mapped field syncs its options."""
    body = copy.well("settings", "get", journey.connection).json
    for mapping in body["purchases"]["mappings"]:
        mapping["sync_options"] = True
    file = tmp_path / "syncing.json"
    file.write_text(json.dumps(body), encoding="utf-8")
    copy.well("settings", "set", journey.connection, file)
    return copy


def test_tag_options_are_synced_alone_and_listed_afterwards(
    journey: Journey, syncing: Shell
) -> None:
    made = journey.connection
    synced = syncing.well("sync", made, "--kinds", "tag_options", "--wait")
    assert "Tag options: 1 changed, 0 fields failed" in synced.err
    assert "68000" in synced.err
    (newest, *_) = syncing.well("history", made, "--json").json
    assert (newest["tag_options"], newest["kinds"]) == (True, [])
    assert newest["counts"]["tags_synced"] == 1
    assert "tag options 1" in syncing.well("history", made, "--limit", 1).out
    listed = syncing.well("history", made, "--tag-options", newest["id"])
    assert listed.out.startswith("expense_account added 68000 Bank and card fees*")
    again = syncing.well("history", made, "--tag-options", newest["id"], "--json")
    assert [one["change"] for one in again.json] == ["added"]
    nothing = syncing.well("sync", made, "--kinds", "tag_options", "--wait")
    assert "Tag options: 0 changed, 0 fields failed" in nothing.err


def test_a_run_of_another_connection_is_not_shown(journey: Journey) -> None:
    nobody = "00000000-0000-4000-8000-000000000000"
    refused = journey.shell.run("history", journey.connection, "--tag-options", nobody)
    assert refused.code == 1
    assert "no run" in refused.err


def test_tag_options_that_no_field_syncs_are_refused(journey: Journey) -> None:
    refused = journey.shell.run("sync", journey.connection, "--kinds", "tag_options", "--wait")
    assert refused.code == 1
    assert "KIND_NOT_ON" in refused.err
