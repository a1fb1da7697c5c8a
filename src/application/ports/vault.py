"""Secrets, sealed at rest."""

from typing import ClassVar, Protocol
from uuid import UUID

from domain.refusals import Refusal


class StaleSecretError(Exception):
    """Somebody else stored a newer secret in between."""

    def __init__(self, owner: UUID, purpose: str) -> None:
        super().__init__(f"the secret {purpose!r} of {owner} has another version by now")


class SecretUnreadableError(Refusal):
    """Sealed under a key that is not at hand, changed, or taken from another row."""

    code: ClassVar[str] = "SECRET_UNREADABLE"
    fix: ClassVar[str] = (
        "Put the earlier key into PEXBC_SECRET_KEY behind the new one, or sign in again."
    )

    def __init__(self, owner: UUID, purpose: str) -> None:
        super().__init__(f"The stored {purpose!r} of {owner} cannot be opened with these keys.")


class Vault(Protocol):
    """Keeps secrets by owner and purpose; what it returns is never logged."""

    def put(
        self, owner: UUID, purpose: str, secret: bytes, expected_version: int | None = None
    ) -> int:
        """Seal a secret; the new version. With an expected version, 0 for none, refuse a stale one.

        Raises:
            StaleSecretError: another version is stored by now.
        """

    def get(self, owner: UUID, purpose: str) -> tuple[bytes, int] | None:
        """A secret and its version; None where there is none.

        Raises:
            SecretUnreadableError: it cannot be opened.
        """

    def delete(self, owner: UUID, purpose: str) -> None:
        """Forget a secret."""
