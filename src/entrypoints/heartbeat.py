"""What a worker and a scheduler leave of themselves, so that others can tell that they work."""

import socket
import time
from collections.abc import Callable
from uuid import uuid4

import structlog

from adapters.persistence.heartbeats import Role, SqlHeartbeats

log = structlog.get_logger(__name__)

BEAT_SECONDS = 10.0
STANDS_STILL_SECONDS = 120.0


class Heartbeat:
    """One process's, in one role; called by the loop that does the work, and by no timer.

    So a process that lives and does not work falls silent.
    """

    def __init__(
        self,
        heartbeats: SqlHeartbeats,
        role: Role,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._heartbeats = heartbeats
        self._role = role
        self._process = uuid4()
        self._monotonic = monotonic
        self._turned_at = monotonic()
        self._beat_at: float | None = None

    @property
    def is_turning(self) -> bool:
        """Whether the loop has turned lately, were it in vain since the database is away."""
        return self._monotonic() - self._turned_at < STANDS_STILL_SECONDS

    def turn(self, *, well: bool) -> None:
        """Note that the loop has turned, and tell others unless that was done a moment ago.

        Others are told of a turn that went well alone. Raises nothing: a beat that is lost is made
        up for by the next.
        """
        now = self._turned_at = self._monotonic()
        if not well or (self._beat_at is not None and now - self._beat_at < BEAT_SECONDS):
            return
        try:
            self._heartbeats.beat(self._process, self._role, socket.gethostname())
        except Exception as error:  # noqa: BLE001 - the next one makes up for it
            log.warning("a heartbeat was lost", reason=type(error).__name__)
        else:
            self._beat_at = now

    def leave(self) -> None:
        """Be forgotten at once, rather than within the minute."""
        try:
            self._heartbeats.leave(self._process)
        except Exception as error:  # noqa: BLE001 - it falls silent all the same
            log.warning("a process could not say that it ends", reason=type(error).__name__)
