"""The hash chain over the event log, by which a change to it shows (M40).

The digest of an event is the SHA-256, in lower-case hexadecimal, of the UTF-8 text

    previous digest, stream id (with hyphens), version, topic, payload

joined by line feeds. The first event takes 64 zeros for the previous digest. Neither of the first
four holds a line feed, so no two events share a text.

The chain alone does not show that its end was cut off, or that all of it was written anew. A head
that was kept elsewhere does: hand it to `verify_chain`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from adapters.persistence.engine import Database
from adapters.persistence.tables import events

GENESIS = "0" * 64
_PAGE = 2_000


class ChainHead(NamedTuple):
    """The digest at a position; of an empty log position 0 and 64 zeros."""

    position: int
    digest: str


EMPTY = ChainHead(0, GENESIS)


@dataclass(frozen=True, slots=True)
class Verification:
    """What a check of the chain found.

    Attributes:
        checked: how many events were read and found right.
        head: the last position found right.
        first_bad: the first position that is not what was recorded there; None where all is well.
    """

    checked: int
    head: ChainHead
    first_bad: int | None

    @property
    def intact(self) -> bool:
        """Whether nothing was changed, added or taken away."""
        return self.first_bad is None


def link(previous: str, stream: UUID, version: int, topic: str, payload: str) -> str:
    """The digest of an event behind the event that bears the digest `previous`."""
    return sha256(f"{previous}\n{stream}\n{version}\n{topic}\n{payload}".encode()).hexdigest()


def read_head(connection: sa.Connection, through: int | None = None) -> ChainHead:
    """The last event's digest, or the last one's up to a position."""
    query = sa.select(events.c.position, events.c.digest).order_by(events.c.position.desc())
    if through is not None:
        query = query.where(events.c.position <= through)
    row = connection.execute(query.limit(1)).one_or_none()
    return EMPTY if row is None else ChainHead(row.position, row.digest)


def chain_head(database: Database) -> ChainHead:
    """The head of the chain as it stands; keep it elsewhere, as evidence."""
    with database.reading() as connection:
        return read_head(connection)


def verify_chain(
    database: Database, from_position: int = 1, kept: Iterable[ChainHead] = ()
) -> Verification:
    """Recompute the chain from a position to the end; what lies before is taken as it is.

    `kept` are heads from earlier days, which must still be there with their digests.
    """
    awaited = sorted(head for head in set(kept) if head.position >= max(from_position, 1))
    awaited.reverse()
    with database.reading() as connection:
        head, checked = read_head(connection, through=from_position - 1), 0
        for row in _rows(connection, from_position):
            if awaited and awaited[-1].position < row.position:
                break
            digest = link(head.digest, row.stream_id, row.version, row.topic, row.payload)
            if row.digest != digest:
                return Verification(checked, head, row.position)
            while awaited and awaited[-1].position == row.position:
                if awaited.pop().digest != digest:
                    return Verification(checked, head, row.position)
            head, checked = ChainHead(row.position, digest), checked + 1
    return Verification(checked, head, awaited[-1].position if awaited else None)


def _rows(connection: sa.Connection, first: int) -> Iterator[sa.Row[Any]]:
    query = sa.select(events).order_by(events.c.position).limit(_PAGE)
    while True:
        page = connection.execute(query.where(events.c.position >= first)).all()
        yield from page
        if len(page) < _PAGE:
            return
        first = page[-1].position + 1
