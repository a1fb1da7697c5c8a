"""API tokens: shown once, kept as hashes, gone when they are revoked."""

import re
from hashlib import sha256
from pathlib import Path

import pytest

from cli.shell import KEY, Result, Shell


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    return Shell(tmp_path_factory.mktemp("tokens"), {"PEXBC_SECRET_KEY": KEY})


@pytest.fixture(scope="module")
def created(shell: Shell) -> Result:
    words = ("tokens", "create", "--role", "support", "--name", "help desk", "--business", "52311")
    return shell.well(*words)


@pytest.fixture(scope="module")
def listed(shell: Shell, created: Result) -> Result:
    return shell.well("tokens", "list")


def stored(shell: Shell) -> list[tuple[str, ...]]:
    with shell.open() as database:
        rows: list[tuple[str, ...]] = database.execute("SELECT * FROM api_tokens").fetchall()
        return rows


def test_creating_prints_the_token_and_nothing_else(created: Result) -> None:
    assert re.fullmatch(r"pexbc_[\w-]{43}\n", created.out)
    assert created.err == ""


def test_a_token_is_stored_as_its_hash_alone(shell: Shell, created: Result) -> None:
    token = created.out.strip()
    assert sha256(token.encode()).hexdigest() in stored(shell)[0]
    for file in shell.folder.iterdir():
        assert token.encode() not in file.read_bytes()


def test_the_list_says_whose_a_token_is_and_hides_the_token(
    created: Result, listed: Result
) -> None:
    assert created.out.strip() not in listed.out
    assert sha256(created.out.strip().encode()).hexdigest() not in listed.out
    one = listed.json[0]
    assert (one["name"], one["role"], one["businesses"]) == ("help desk", "support", [52311])
    assert one["created_by"].startswith("cli:")


def test_a_token_is_revoked_once(
    shell: Shell, listed: Result, created: Result, tmp_path: Path
) -> None:
    copy = shell.copied(tmp_path)
    token_id = listed.json[0]["id"]
    copy.well("tokens", "revoke", token_id)
    with copy.open() as database:
        query = "SELECT revoked_at, revoked_by FROM api_tokens"
        revoked_at, revoked_by = database.execute(query).fetchone()
    assert revoked_at is not None
    assert revoked_by.startswith("cli:")
    again = copy.run("tokens", "revoke", token_id)
    assert again.code == 1
    assert "no such token" in again.err
