"""API tokens: shown once when they are made, kept as hashes alone."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_urlsafe
from typing import Any
from uuid import UUID, uuid4

import msgspec
import sqlalchemy as sa

from adapters.persistence.engine import Database
from adapters.persistence.tables import api_tokens

PREFIX = "pexbc_"
USE_TOLD_EVERY = timedelta(minutes=5)
_RANDOM_BYTES = 32


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A token as it is known afterwards.

    A limited one was made for its businesses alone. An admin's that is not may grow by every
    business that its bearer proves to administer (M45).
    """

    id: UUID
    name: str
    role: str
    businesses: tuple[int, ...]
    limited: bool
    created_at: datetime
    created_by: str
    revoked_at: datetime | None
    revoked_by: str | None = None
    last_used_at: datetime | None = None


class SqlApiTokens:
    """Makes, finds, lists and revokes tokens.

    A token carries 256 random bits, so its plain SHA-256 tells nothing of it, and looking that up
    in an index gives no timing by which to guess.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(
        self, name: str, role: str, businesses: Collection[int], created_by: str, now: datetime
    ) -> tuple[ApiToken, str]:
        """Make a token: what is known of it, and the token itself, which nobody can read again."""
        secret = PREFIX + token_urlsafe(_RANDOM_BYTES)
        own = tuple(sorted(set(businesses)))
        token = ApiToken(uuid4(), name, role, own, bool(own), now, created_by, None)
        with self._database.transaction() as connection:
            connection.execute(
                sa.insert(api_tokens).values(
                    id=token.id,
                    name=name,
                    role=role,
                    businesses=msgspec.json.encode(token.businesses).decode(),
                    limited=token.limited,
                    hash=_hash(secret),
                    created_at=now,
                    created_by=created_by,
                )
            )
        return token, secret

    def find(self, secret: str) -> ApiToken | None:
        """The token behind what a caller sent; None where it is unknown or revoked."""
        query = sa.select(api_tokens).where(
            api_tokens.c.hash == _hash(secret), api_tokens.c.revoked_at.is_(None)
        )
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else _token(row)

    def list(self) -> Sequence[ApiToken]:
        """All tokens, revoked ones too, oldest first."""
        query = sa.select(api_tokens).order_by(api_tokens.c.created_at, api_tokens.c.id)
        with self._database.reading() as connection:
            return [_token(row) for row in connection.execute(query)]

    def add_business(self, token_id: UUID, business_id: int) -> None:
        """Let a token administer one business more, which its bearer proved to administer."""
        with self._database.transaction() as connection:
            where = api_tokens.c.id == token_id
            row = connection.execute(sa.select(api_tokens).where(where)).one()
            businesses = tuple(sorted({*_token(row).businesses, business_id}))
            connection.execute(
                sa.update(api_tokens)
                .where(where)
                .values(businesses=msgspec.json.encode(businesses).decode())
            )

    def note_use(self, token: ApiToken, now: datetime) -> None:
        """Keep when a token was used, to a few minutes, so that reading costs few writes."""
        if token.last_used_at is not None and now - token.last_used_at < USE_TOLD_EVERY:
            return
        with self._database.transaction() as connection:
            connection.execute(
                sa.update(api_tokens).where(api_tokens.c.id == token.id).values(last_used_at=now)
            )

    def revoke(self, token_id: UUID, revoked_by: str, now: datetime) -> bool:
        """Take a token's power away at once; False where it is unknown or was revoked before."""
        revoke = (
            sa.update(api_tokens)
            .where(api_tokens.c.id == token_id, api_tokens.c.revoked_at.is_(None))
            .values(revoked_at=now, revoked_by=revoked_by)
            .returning(api_tokens.c.id)
        )
        with self._database.transaction() as connection:
            return connection.scalar(revoke) is not None


def _hash(secret: str) -> str:
    return sha256(secret.encode(errors="replace")).hexdigest()


def _token(row: sa.Row[Any]) -> ApiToken:
    return ApiToken(
        id=row.id,
        name=row.name,
        role=row.role,
        businesses=msgspec.json.decode(row.businesses, type=tuple[int, ...]),
        limited=row.limited,
        created_at=row.created_at,
        created_by=row.created_by,
        revoked_at=row.revoked_at,
        revoked_by=row.revoked_by,
        last_used_at=row.last_used_at,
    )
