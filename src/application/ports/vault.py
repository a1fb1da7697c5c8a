"""Secrets, sealed at rest."""

from typing import Protocol
from uuid import UUID


class Vault(Protocol):
    """Keeps secrets by owner and purpose; what it returns is never logged."""

    def put(
        self, owner: UUID, purpose: str, secret: bytes, expected_version: int | None = None
    ) -> int:
        """Seal a secret; the new version. With an expected version, refuse a stale write."""

    def get(self, owner: UUID, purpose: str) -> tuple[bytes, int] | None:
        """A secret and its version."""

    def delete(self, owner: UUID, purpose: str) -> None:
        """Forget a secret."""
