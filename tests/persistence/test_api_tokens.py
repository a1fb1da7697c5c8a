"""API tokens are shown once, found by what callers send, and revoked at once."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa

from adapters.persistence.api_tokens import SqlApiTokens
from adapters.persistence.engine import Database

NOON = datetime(2026, 4, 1, 12, tzinfo=UTC)


@pytest.fixture
def tokens(database: Database) -> SqlApiTokens:
    return SqlApiTokens(database)


def test_a_token_is_found_by_what_was_shown(tokens: SqlApiTokens) -> None:
    token, secret = tokens.create("nightly", "admin", {7, 3}, "ann", NOON)
    assert secret.startswith("pexbc_")
    assert len(secret) == len("pexbc_") + 43
    assert tokens.find(secret) == token
    assert (token.name, token.role, token.businesses) == ("nightly", "admin", (3, 7))
    assert (token.created_at, token.created_by, token.revoked_at) == (NOON, "ann", None)


def test_every_token_is_another(tokens: SqlApiTokens) -> None:
    secrets = {tokens.create("same", "admin", (), "ann", NOON)[1] for _ in range(20)}
    assert len(secrets) == 20


@pytest.mark.parametrize("guess", ["", "pexbc_", "pexbc_" + "A" * 43, "\ud800"])
def test_an_unknown_token_is_not_found(tokens: SqlApiTokens, guess: str) -> None:
    tokens.create("nightly", "admin", (), "ann", NOON)
    assert tokens.find(guess) is None


def test_the_token_itself_is_stored_nowhere(database: Database, tokens: SqlApiTokens) -> None:
    token, secret = tokens.create("nightly", "admin", (), "ann", NOON)
    with database.reading() as connection:
        row = connection.execute(sa.text("SELECT * FROM api_tokens")).one()
    assert not any(secret.removeprefix("pexbc_") in str(value) for value in row)
    assert secret not in repr(token)


def test_a_revoked_token_opens_nothing_and_stays_listed(tokens: SqlApiTokens) -> None:
    token, secret = tokens.create("nightly", "support", (), "ann", NOON)
    later = NOON + timedelta(days=1)
    assert tokens.revoke(token.id, "bob", later)
    assert tokens.find(secret) is None
    (listed,) = tokens.list()
    assert (listed.revoked_at, listed.revoked_by) == (later, "bob")
    assert not tokens.revoke(token.id, "eve", later + timedelta(days=1))
    assert tokens.list() == [listed]


def test_revoking_an_unknown_token_says_so(tokens: SqlApiTokens) -> None:
    assert not tokens.revoke(uuid4(), "bob", NOON)


def test_tokens_are_listed_oldest_first(tokens: SqlApiTokens) -> None:
    second, _ = tokens.create("b", "operator", (), "ann", NOON + timedelta(hours=1))
    first, _ = tokens.create("a", "admin", (1,), "ann", NOON)
    assert tokens.list() == [first, second]


def test_a_tokens_last_use_is_kept_to_a_few_minutes(tokens: SqlApiTokens) -> None:
    _, secret = tokens.create("nightly", "admin", (), "ann", NOON)

    def used(minutes: int) -> datetime | None:
        token = tokens.find(secret)
        assert token is not None
        tokens.note_use(token, NOON + timedelta(minutes=minutes))
        return tokens.list()[0].last_used_at

    assert tokens.list()[0].last_used_at is None
    assert used(1) == NOON + timedelta(minutes=1)
    assert used(5) == NOON + timedelta(minutes=1)
    assert used(6) == NOON + timedelta(minutes=6)
