"""Ways to tell people that a connection needs them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID


class NotDelivered(Exception):
    """A notice could not be handed over; it may be tried again. Tells no address and no secret."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A new trouble of a connection, or that the last one is mended.

    Attributes:
        id: the same at every attempt, so that a receiver can tell a repetition.
        business: the PEX business's name.
        code, cause, fix: of the trouble; where it is mended, of the one that was.
        link: the connection's page.
        at: when it was noticed, in UTC.
    """

    id: UUID
    connection_id: UUID
    business: str
    code: str
    cause: str
    fix: str
    link: str
    mended: bool
    at: datetime


class Notifier(Protocol):
    """One way."""

    @property
    def channel(self) -> str:
        """Its name, under which notices wait for it."""

    def send(self, notice: Notice) -> None:
        """Hand a notice over, within seconds; raises NotDelivered."""
