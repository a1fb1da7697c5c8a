"""Secrets, sealed at rest with AES-GCM and bound to the row in which they lie."""

from collections.abc import Sequence
from hashlib import sha256
from os import urandom
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from adapters.persistence.engine import Database, upsert
from adapters.persistence.tables import secrets
from application.ports.vault import SecretUnreadableError, StaleSecretError

SHORTEST = 32
_KEY_BYTES = 32
_FORMAT = b"\x01"
_ID_BYTES = 8
_NONCE_BYTES = 12
_HEAD_BYTES = len(_FORMAT) + _ID_BYTES


class SecretKeyRefusedError(ValueError):
    """`PEXBC_SECRET_KEY` names no key, or one that is too short to be safe."""

    def __init__(self) -> None:
        super().__init__(
            f"every key in PEXBC_SECRET_KEY needs at least {SHORTEST} characters; "
            "separate several by commas, the newest first"
        )


def parse_keys(text: str) -> tuple[bytes, ...]:
    """Derive a 32-byte key from each of the comma-separated strings; the first one seals.

    Raises:
        SecretKeyRefusedError: none at all, or one shorter than 32 characters.
    """
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not parts or any(len(part) < SHORTEST for part in parts):
        raise SecretKeyRefusedError
    return tuple(
        HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=None, info=b"pexbc vault 1").derive(
            part.encode()
        )
        for part in parts
    )


class Vault:
    """Fulfils the port `Vault`.

    A sealed secret is a format byte, 8 bytes that name the key, 12 of nonce, and the ciphertext.
    Owner and purpose are authenticated with it, so that it opens in no other row.
    """

    def __init__(self, database: Database, keys: Sequence[bytes]) -> None:
        if not keys or any(len(key) != _KEY_BYTES for key in keys):
            raise SecretKeyRefusedError
        self._database = database
        self._ciphers = {sha256(key).digest()[:_ID_BYTES]: AESGCM(key) for key in keys}
        self._newest = next(iter(self._ciphers))

    def put(
        self, owner: UUID, purpose: str, secret: bytes, expected_version: int | None = None
    ) -> int:
        """Seal a secret; the new version, which only ever grows.

        An expected version must be the stored one, 0 where there is none.

        Raises:
            StaleSecretError: it is not.
        """
        sealed = self._seal(owner, purpose, secret)
        with self._database.attempt() as connection:
            insert = upsert(connection, secrets).values(
                owner=owner, purpose=purpose, version=1, sealed=sealed
            )
            store = insert.on_conflict_do_update(
                index_elements=[secrets.c.owner, secrets.c.purpose],
                set_={"version": secrets.c.version + 1, "sealed": sealed},
                where=_unchanged(expected_version),
            )
            version: int | None = connection.scalar(store.returning(secrets.c.version))
            # A first version where another one was expected means that the row was never there.
            if version is None or (expected_version and version != expected_version + 1):
                raise StaleSecretError(owner, purpose)
            return version

    def get(self, owner: UUID, purpose: str) -> tuple[bytes, int] | None:
        """A secret and its version.

        Raises:
            SecretUnreadableError: it cannot be opened.
        """
        query = sa.select(secrets.c.sealed, secrets.c.version).where(
            secrets.c.owner == owner, secrets.c.purpose == purpose, secrets.c.sealed.is_not(None)
        )
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else (self._open(owner, purpose, row.sealed), row.version)

    def delete(self, owner: UUID, purpose: str) -> None:
        """Forget a secret; whoever still holds its version cannot bring it back."""
        forget = sa.update(secrets).values(sealed=None, version=secrets.c.version + 1)
        with self._database.transaction() as connection:
            connection.execute(forget.where(secrets.c.owner == owner, secrets.c.purpose == purpose))

    def rotate(self) -> int:
        """Seal everything that older keys sealed with the first key; how many that were.

        Versions stay as they are, since the secrets do.

        Raises:
            SecretUnreadableError: one cannot be opened; then nothing was changed.
        """
        query = sa.select(secrets).where(secrets.c.sealed.is_not(None)).with_for_update()
        with self._database.attempt() as connection:
            old = [
                row
                for row in connection.execute(query)
                if row.sealed[len(_FORMAT) : _HEAD_BYTES] != self._newest
            ]
            for row in old:
                secret = self._open(row.owner, row.purpose, row.sealed)
                connection.execute(
                    sa.update(secrets)
                    .where(secrets.c.owner == row.owner, secrets.c.purpose == row.purpose)
                    .values(sealed=self._seal(row.owner, row.purpose, secret))
                )
        return len(old)

    def unreadable(self) -> tuple[int, int]:
        """How many secrets cannot be opened with the keys at hand, and how many there are."""
        with self._database.reading() as connection:
            kept = connection.execute(sa.select(secrets).where(secrets.c.sealed.is_not(None))).all()
        return sum(not self._opens(row) for row in kept), len(kept)

    def _opens(self, row: sa.Row[Any]) -> bool:
        try:
            self._open(row.owner, row.purpose, row.sealed)
        except SecretUnreadableError:
            return False
        return True

    def _seal(self, owner: UUID, purpose: str, secret: bytes) -> bytes:
        head, nonce = _FORMAT + self._newest, urandom(_NONCE_BYTES)
        place = _place(head, owner, purpose)
        return head + nonce + self._ciphers[self._newest].encrypt(nonce, secret, place)

    def _open(self, owner: UUID, purpose: str, sealed: bytes) -> bytes:
        head, body = sealed[:_HEAD_BYTES], sealed[_HEAD_BYTES:]
        cipher = self._ciphers.get(head[len(_FORMAT) :])
        if cipher is None or not head.startswith(_FORMAT):
            raise SecretUnreadableError(owner, purpose)
        nonce, ciphertext = body[:_NONCE_BYTES], body[_NONCE_BYTES:]
        try:
            return cipher.decrypt(nonce, ciphertext, _place(head, owner, purpose))
        except (InvalidTag, ValueError):
            raise SecretUnreadableError(owner, purpose) from None


def _unchanged(expected_version: int | None) -> sa.ColumnElement[bool]:
    if expected_version is None:
        return sa.true()
    if expected_version == 0:
        return secrets.c.sealed.is_(None)
    return sa.and_(secrets.c.version == expected_version, secrets.c.sealed.is_not(None))


def _place(head: bytes, owner: UUID, purpose: str) -> bytes:
    return head + owner.bytes + purpose.encode()
