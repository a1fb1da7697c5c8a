"""Secrets in memory, unsealed."""

from threading import Lock
from uuid import UUID

from application.ports.vault import StaleSecretError


class FakeVault:
    """Keeps secrets by owner and purpose; versions only grow, as a forgotten one leaves its own."""

    def __init__(self) -> None:
        self._kept: dict[tuple[UUID, str], tuple[bytes | None, int]] = {}
        self._lock = Lock()

    def put(
        self, owner: UUID, purpose: str, secret: bytes, expected_version: int | None = None
    ) -> int:
        with self._lock:
            held, version = self._kept.get((owner, purpose), (None, 0))
            if expected_version not in (None, 0 if held is None else version):
                raise StaleSecretError(owner, purpose)
            self._kept[owner, purpose] = (secret, version + 1)
            return version + 1

    def get(self, owner: UUID, purpose: str) -> tuple[bytes, int] | None:
        secret, version = self._kept.get((owner, purpose), (None, 0))
        return None if secret is None else (secret, version)

    def delete(self, owner: UUID, purpose: str) -> None:
        with self._lock:
            _, version = self._kept.get((owner, purpose), (None, 0))
            self._kept[owner, purpose] = (None, version + 1)
