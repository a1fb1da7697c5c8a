"""Which wake-up calls are under way, so that repeated ones cost little and never multiply."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Protocol
from uuid import UUID, uuid4


class Calls(Protocol):
    """Keeps at most one valid call for each run or connection, the subject."""

    def begin(self, subject: UUID, due_at: datetime) -> str:
        """Number a new call that is to be heard at `due_at`; those before it are stale now."""

    def remind(self, subject: UUID, now: datetime, unheard_for: timedelta) -> str | None:
        """The number to call with because nothing is expected; None while a call is under way.

        A call that was due for longer than `unheard_for` may be lost, and is repeated under its
        own number: so whichever of the two arrives first is heard, and the other is stale.
        """

    def is_valid(self, subject: UUID, number: str) -> bool:
        """Whether this is the call that was last numbered."""

    def end(self, subject: UUID, number: str) -> None:
        """Expect no further call, unless a newer one has been numbered."""


@dataclass(slots=True)
class _Call:
    number: str
    due_at: datetime


class CallsInMemory:
    """Fulfils `Calls` for a process that calls nobody but itself."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._calls: dict[UUID, _Call] = {}

    def begin(self, subject: UUID, due_at: datetime) -> str:
        """Number a new call."""
        with self._lock:
            return self._numbered(subject, due_at)

    def remind(self, subject: UUID, now: datetime, unheard_for: timedelta) -> str | None:
        """The number to call with, or None."""
        with self._lock:
            call = self._calls.get(subject)
            if call is None:
                return self._numbered(subject, now)
            if call.due_at + unheard_for >= now:
                return None
            call.due_at = now
            return call.number

    def is_valid(self, subject: UUID, number: str) -> bool:
        """Whether this is the call that was last numbered."""
        with self._lock:
            call = self._calls.get(subject)
            return call is not None and call.number == number

    def end(self, subject: UUID, number: str) -> None:
        """Expect no further call."""
        with self._lock:
            call = self._calls.get(subject)
            if call is not None and call.number == number:
                del self._calls[subject]

    def _numbered(self, subject: UUID, due_at: datetime) -> str:
        number = uuid4().hex
        self._calls[subject] = _Call(number, due_at)
        return number
