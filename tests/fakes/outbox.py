"""News on their way, in memory."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from application.ports.outbox import Outgoing


class FakeOutbox:
    """Keeps what was told last and what is still to be sent."""

    def __init__(self) -> None:
        self.codes: dict[UUID, str] = {}
        self.rows: dict[tuple[UUID, str], Outgoing] = {}

    def told(self) -> Mapping[UUID, str]:
        return dict(self.codes)

    def tell(
        self,
        connection_id: UUID,
        before: str | None,
        code: str | None,
        outgoing: Sequence[Outgoing] = (),
    ) -> bool:
        if self.codes.get(connection_id) != before:
            return False
        self.codes.pop(connection_id, None)
        if code is not None:
            self.codes[connection_id] = code
        self.rows.update({_key(one): one for one in outgoing})
        return True

    def due(self, now: datetime, limit: int) -> Sequence[Outgoing]:
        late = [one for one in self.rows.values() if one.due_at <= now]
        return sorted(late, key=lambda one: (one.due_at, *_key(one)))[:limit]

    def take(self, outgoing: Outgoing, until: datetime) -> Outgoing | None:
        held = self.rows.get(_key(outgoing))
        if held is None or held.due_at != outgoing.due_at:
            return None
        taken = self.rows[_key(outgoing)] = replace(held, due_at=until, tries=held.tries + 1)
        return taken

    def put_off(self, outgoing: Outgoing, until: datetime) -> None:
        held = self.rows[_key(outgoing)]
        self.rows[_key(outgoing)] = replace(held, due_at=until)

    def done(self, outgoing: Outgoing) -> None:
        self.rows.pop(_key(outgoing), None)


def _key(outgoing: Outgoing) -> tuple[UUID, str]:
    return outgoing.notice.id, outgoing.channel
