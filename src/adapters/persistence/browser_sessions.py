"""Sessions of people who are signed in with a browser: their secrets are kept as hashes alone."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_urlsafe
from uuid import UUID, uuid4

import msgspec
import sqlalchemy as sa

from adapters.persistence.engine import Database
from adapters.persistence.tables import api_tokens, browser_sessions

LASTING = timedelta(hours=12)
_RANDOM_BYTES = 32


@dataclass(frozen=True, slots=True)
class BrowserSession:
    """Who is signed in, and what they administer; `limited` as for API tokens."""

    id: UUID
    name: str
    role: str
    businesses: tuple[int, ...]
    limited: bool


class SqlBrowserSessions:
    """Begins, finds and ends sessions.

    A session is found by a secret that was made here at its beginning, and by nothing that a
    browser brought along before: it cannot be fixated.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(
        self,
        name: str,
        role: str,
        businesses: Collection[int],
        now: datetime,
        *,
        limited: bool = False,
        token_id: UUID | None = None,
    ) -> str:
        """Begin a session: the secret for its cookie, which nobody can read again.

        Sessions that are over are thrown away on the way. With `token_id` the session ends when
        that API token is revoked.
        """
        secret = token_urlsafe(_RANDOM_BYTES)
        row = {
            "id": uuid4(),
            "hash": _hash(secret),
            "name": name,
            "role": role,
            "businesses": _list(businesses),
            "limited": limited,
            "token_id": token_id,
            "began_at": now,
            "ends_at": now + LASTING,
        }
        with self._database.transaction() as connection:
            connection.execute(sa.delete(browser_sessions).where(browser_sessions.c.ends_at <= now))
            connection.execute(sa.insert(browser_sessions).values(row))
        return secret

    def find(self, secret: str, now: datetime) -> BrowserSession | None:
        """The session of a cookie's secret; None where it is unknown, over or ended."""
        query = (
            sa.select(browser_sessions)
            .outerjoin(api_tokens, api_tokens.c.id == browser_sessions.c.token_id)
            .where(
                browser_sessions.c.hash == _hash(secret),
                browser_sessions.c.ends_at > now,
                api_tokens.c.revoked_at.is_(None),
            )
        )
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return None
        businesses = msgspec.json.decode(row.businesses, type=tuple[int, ...])
        return BrowserSession(row.id, row.name, row.role, businesses, row.limited)

    def add_business(self, session_id: UUID, business_id: int) -> None:
        """Let a session see one business more, which its bearer has proven to administer."""
        with self._database.transaction() as connection:
            where = browser_sessions.c.id == session_id
            kept = connection.scalar(
                sa.select(browser_sessions.c.businesses).where(where).with_for_update()
            )
            if kept is not None:
                businesses = {*msgspec.json.decode(kept, type=list[int]), business_id}
                connection.execute(
                    sa.update(browser_sessions).where(where).values(businesses=_list(businesses))
                )

    def end(self, session_id: UUID) -> None:
        """End a session for good."""
        with self._database.transaction() as connection:
            connection.execute(
                sa.delete(browser_sessions).where(browser_sessions.c.id == session_id)
            )


def _hash(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()


def _list(businesses: Collection[int]) -> str:
    return msgspec.json.encode(sorted(set(businesses))).decode()
