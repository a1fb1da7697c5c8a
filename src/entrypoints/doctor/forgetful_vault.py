"""A vault that takes everything and stores nothing."""

from uuid import UUID

from application.ports.vault import StaleSecretError, Vault


class ForgetfulVault:
    """Fulfils the port `Vault`: reads another one, and keeps what is put for itself alone."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._put: dict[tuple[UUID, str], tuple[bytes, int] | None] = {}

    def put(
        self, owner: UUID, purpose: str, secret: bytes, expected_version: int | None = None
    ) -> int:
        """Keep a secret until the process ends."""
        kept = self.get(owner, purpose)
        version = 0 if kept is None else kept[1]
        if expected_version is not None and expected_version != version:
            raise StaleSecretError(owner, purpose)
        self._put[owner, purpose] = (secret, version + 1)
        return version + 1

    def get(self, owner: UUID, purpose: str) -> tuple[bytes, int] | None:
        """What was put here, else what the other vault has."""
        if (owner, purpose) in self._put:
            return self._put[owner, purpose]
        return self._vault.get(owner, purpose)

    def delete(self, owner: UUID, purpose: str) -> None:
        """Forget a secret here alone."""
        self._put[owner, purpose] = None
