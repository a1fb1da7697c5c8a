"""The doctor's vault reads what is stored, and stores nothing."""

from uuid import UUID

import pytest

from application.ports.vault import StaleSecretError, Vault
from entrypoints.doctor.forgetful_vault import ForgetfulVault
from fakes.vault import FakeVault

OWNER = UUID(int=1)


@pytest.fixture
def stored() -> FakeVault:
    vault = FakeVault()
    vault.put(OWNER, "microsoft", b"stored")
    return vault


def test_what_is_stored_is_read(stored: FakeVault) -> None:
    vault: Vault = ForgetfulVault(stored)
    assert vault.get(OWNER, "microsoft") == (b"stored", 1)
    assert vault.get(OWNER, "pex") is None


def test_what_is_put_or_deleted_counts_here_alone(stored: FakeVault) -> None:
    vault = ForgetfulVault(stored)
    assert vault.put(OWNER, "microsoft", b"new", 1) == 2
    assert vault.put(OWNER, "pex", b"first", 0) == 1
    assert vault.get(OWNER, "microsoft") == (b"new", 2)
    vault.delete(OWNER, "microsoft")
    assert vault.get(OWNER, "microsoft") is None
    assert stored.get(OWNER, "microsoft") == (b"stored", 1)
    assert stored.get(OWNER, "pex") is None


@pytest.mark.parametrize("expected", [0, 2])
def test_a_stale_secret_is_refused_as_elsewhere(stored: FakeVault, expected: int) -> None:
    with pytest.raises(StaleSecretError):
        ForgetfulVault(stored).put(OWNER, "microsoft", b"new", expected)
