"""Secrets are sealed, bound to their row, versioned, and can change keys."""

from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from adapters.persistence.engine import Database
from adapters.persistence.tables import secrets
from adapters.persistence.vault import SecretKeyRefusedError, Vault, parse_keys
from application.ports import vault as ports
from application.ports.vault import SecretUnreadableError, StaleSecretError

OLD, NEW = "an old key of at least 32 characters", "a new key of at least 32 characters"
OWNER = UUID(int=1)
CANARY = b"canary-refresh-token"


@pytest.fixture
def vault(database: Database) -> Vault:
    return Vault(database, parse_keys(OLD))


def sealed_rows(database: Database) -> list[bytes]:
    with database.reading() as connection:
        rows = connection.scalars(sa.select(secrets.c.sealed)).all()
    return [bytes(sealed) for sealed in rows if sealed is not None]


def test_it_fulfils_the_port(vault: Vault) -> None:
    port: ports.Vault = vault
    assert port.get(OWNER, "pex") is None


def test_a_secret_comes_back_and_lies_sealed(database: Database, vault: Vault) -> None:
    assert vault.put(OWNER, "pex", CANARY) == 1
    assert vault.get(OWNER, "pex") == (CANARY, 1)
    assert not any(CANARY in sealed for sealed in sealed_rows(database))


def test_the_same_secret_is_never_sealed_the_same_way_twice(
    database: Database, vault: Vault
) -> None:
    vault.put(OWNER, "pex", CANARY)
    vault.put(OWNER, "microsoft", CANARY)
    one, other = sealed_rows(database)
    assert one[9:] != other[9:]


def test_owners_and_purposes_are_kept_apart(vault: Vault) -> None:
    other = uuid4()
    vault.put(OWNER, "pex", b"1")
    vault.put(OWNER, "microsoft", b"2")
    vault.put(other, "pex", b"3")
    assert vault.get(OWNER, "pex") == (b"1", 1)
    assert vault.get(OWNER, "microsoft") == (b"2", 1)
    assert vault.get(other, "pex") == (b"3", 1)


def test_versions_count_up(vault: Vault) -> None:
    assert [vault.put(OWNER, "pex", CANARY) for _ in range(3)] == [1, 2, 3]


def test_a_stale_write_is_refused_and_changes_nothing(vault: Vault) -> None:
    vault.put(OWNER, "pex", b"first")
    assert vault.put(OWNER, "pex", b"second", expected_version=1) == 2
    for stale in (0, 1, 3):
        with pytest.raises(StaleSecretError):
            vault.put(OWNER, "pex", b"stale", expected_version=stale)
    assert vault.get(OWNER, "pex") == (b"second", 2)


def test_a_first_write_may_insist_on_being_the_first(vault: Vault) -> None:
    with pytest.raises(StaleSecretError):
        vault.put(OWNER, "pex", CANARY, expected_version=1)
    assert vault.get(OWNER, "pex") is None
    assert vault.put(OWNER, "pex", CANARY, expected_version=0) == 1


def test_a_refused_write_leaves_the_transaction_around_it_usable(
    database: Database, vault: Vault
) -> None:
    with database.transaction():
        vault.put(OWNER, "pex", CANARY)
        with pytest.raises(StaleSecretError):
            vault.put(OWNER, "microsoft", CANARY, expected_version=4)
    assert vault.get(OWNER, "pex") == (CANARY, 1)
    assert vault.get(OWNER, "microsoft") is None


def test_a_forgotten_secret_is_gone_and_cannot_be_brought_back_by_an_old_holder(
    database: Database, vault: Vault
) -> None:
    vault.put(OWNER, "pex", CANARY)
    vault.delete(OWNER, "pex")
    assert vault.get(OWNER, "pex") is None
    assert sealed_rows(database) == []
    for held in (1, 2):
        with pytest.raises(StaleSecretError):
            vault.put(OWNER, "pex", b"stale", expected_version=held)
    assert vault.put(OWNER, "pex", b"new", expected_version=0) == 3
    assert vault.get(OWNER, "pex") == (b"new", 3)


def test_forgetting_what_was_never_there_is_allowed(vault: Vault) -> None:
    vault.delete(OWNER, "pex")
    assert vault.put(OWNER, "pex", CANARY) == 1


@pytest.mark.parametrize(("owner", "purpose"), [(UUID(int=2), "pex"), (OWNER, "microsoft")])
def test_a_secret_moved_to_another_row_does_not_open(
    database: Database, vault: Vault, owner: UUID, purpose: str
) -> None:
    vault.put(OWNER, "pex", CANARY)
    with database.transaction() as connection:
        connection.execute(sa.update(secrets).values(owner=owner, purpose=purpose))
    with pytest.raises(SecretUnreadableError):
        vault.get(owner, purpose)


@pytest.mark.parametrize("place", [0, 1, 9, 21, -1])
def test_a_changed_byte_is_noticed(database: Database, vault: Vault, place: int) -> None:
    vault.put(OWNER, "pex", CANARY)
    changed = bytearray(sealed_rows(database)[0])
    changed[place] ^= 1
    with database.transaction() as connection:
        connection.execute(sa.update(secrets).values(sealed=bytes(changed)))
    with pytest.raises(SecretUnreadableError):
        vault.get(OWNER, "pex")


def test_keys_are_rotated_once_and_the_old_one_is_not_needed_any_more(
    database: Database, vault: Vault
) -> None:
    vault.put(OWNER, "pex", CANARY)
    vault.put(OWNER, "microsoft", b"other")
    vault.delete(OWNER, "microsoft")
    both = Vault(database, parse_keys(f"{NEW}, {OLD}"))
    both.put(uuid4(), "pex", b"sealed with the new key already")
    assert both.get(OWNER, "pex") == (CANARY, 1)
    assert both.rotate() == 1
    assert both.rotate() == 0
    assert Vault(database, parse_keys(NEW)).get(OWNER, "pex") == (CANARY, 1)
    with pytest.raises(SecretUnreadableError):
        vault.get(OWNER, "pex")


def test_a_rotation_that_cannot_open_a_secret_changes_nothing(
    database: Database, vault: Vault
) -> None:
    vault.put(OWNER, "pex", CANARY)
    with pytest.raises(SecretUnreadableError):
        Vault(database, parse_keys(NEW)).rotate()
    assert vault.get(OWNER, "pex") == (CANARY, 1)


@pytest.mark.parametrize("text", ["", " , ", "x" * 31, f"{OLD},short"])
def test_keys_too_short_to_be_safe_are_refused_without_being_told(text: str) -> None:
    with pytest.raises(SecretKeyRefusedError) as refused:
        parse_keys(text)
    assert "short" not in str(refused.value).replace("too short", "")


def test_keys_are_derived_the_same_way_every_time() -> None:
    assert parse_keys(f" {OLD} ,{NEW},") == (*parse_keys(OLD), *parse_keys(NEW))
    assert [len(key) for key in parse_keys(f"{OLD},{NEW}")] == [32, 32]
    assert parse_keys(OLD) != parse_keys(NEW)


def test_a_vault_needs_keys_of_32_bytes(database: Database) -> None:
    for keys in ([], [b"short"]):
        with pytest.raises(SecretKeyRefusedError):
            Vault(database, keys)


def test_neither_keys_nor_secrets_show_in_texts(vault: Vault) -> None:
    vault.put(OWNER, "pex", CANARY)
    with pytest.raises(StaleSecretError) as stale:
        vault.put(OWNER, "pex", CANARY, expected_version=9)
    shown = f"{vault!r} {stale.value!r} {stale.value}"
    assert "canary" not in shown
    assert parse_keys(OLD)[0].hex() not in shown
