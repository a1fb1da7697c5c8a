"""Secrets in memory, unsealed."""

from uuid import UUID


class FakeVault:
    """Keeps secrets by owner and purpose."""

    def __init__(self) -> None:
        self._kept: dict[tuple[UUID, str], tuple[bytes, int]] = {}

    def put(
        self, owner: UUID, purpose: str, secret: bytes, expected_version: int | None = None
    ) -> int:
        version = self._kept.get((owner, purpose), (b"", 0))[1] + 1
        self._kept[owner, purpose] = (secret, version)
        return version

    def get(self, owner: UUID, purpose: str) -> tuple[bytes, int] | None:
        return self._kept.get((owner, purpose))

    def delete(self, owner: UUID, purpose: str) -> None:
        self._kept.pop((owner, purpose), None)
