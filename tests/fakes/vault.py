"""Secrets in memory, unsealed."""

from threading import Lock
from uuid import UUID

from application.ports.vault import StaleSecretError


class FakeVault:
    """Keeps secrets by owner and purpose; versions only grow, even over a secret's end."""

    def __init__(self) -> None:
        self._kept: dict[tuple[UUID, str], tuple[bytes, int]] = {}
        self._versions: dict[tuple[UUID, str], int] = {}
        self._lock = Lock()

    def put(
        self, owner: UUID, purpose: str, secret: bytes, expected_version: int | None = None
    ) -> int:
        row = owner, purpose
        with self._lock:
            held = self._kept[row][1] if row in self._kept else 0
            if expected_version not in (None, held):
                raise StaleSecretError(owner, purpose)
            version = self._versions[row] = self._versions.get(row, 0) + 1
            self._kept[row] = (secret, version)
            return version

    def get(self, owner: UUID, purpose: str) -> tuple[bytes, int] | None:
        return self._kept.get((owner, purpose))

    def delete(self, owner: UUID, purpose: str) -> None:
        with self._lock:
            self._kept.pop((owner, purpose), None)
            self._versions[owner, purpose] = self._versions.get((owner, purpose), 0) + 1
