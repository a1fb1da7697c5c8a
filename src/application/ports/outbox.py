"""News that are still to be told, and what was told last, so that only news are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from application.ports.notifier import Notice


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A notice on its way through one channel; `due_at` in UTC, `tries` those that were begun."""

    notice: Notice
    channel: str
    due_at: datetime
    tries: int = 0


class Outbox(Protocol):
    """Keeps notices until they are handed over."""

    def told(self) -> Mapping[UUID, str]:
        """The code of the trouble that each connection was last said to have."""

    def tell(
        self,
        connection_id: UUID,
        before: str | None,
        code: str | None,
        outgoing: Sequence[Outgoing] = (),
    ) -> bool:
        """Note a connection's trouble, None for none, and lay the notices down, both or neither.

        False, and nothing done, where what was told last is not `before` any more.
        """

    def due(self, now: datetime, limit: int) -> Sequence[Outgoing]:
        """Those to be sent by now, the longest due first."""

    def take(self, outgoing: Outgoing, until: datetime) -> Outgoing | None:
        """Begin a try, which nobody else begins before `until`; None where somebody else did."""

    def put_off(self, outgoing: Outgoing, until: datetime) -> None:
        """Let one that was taken wait."""

    def done(self, outgoing: Outgoing) -> None:
        """Forget one that was handed over, or that nobody can be told."""
