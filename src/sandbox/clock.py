"""The sandbox's own clock, which its control API can set, advance and let run."""

import threading
import time
from datetime import UTC, datetime, timedelta


class SandboxClock:
    """Runs at the machine's pace from the instant it was last set to. Always UTC."""

    def __init__(self, start: datetime | None = None) -> None:
        self._lock = threading.Lock()
        self.set(start or datetime.now(UTC))

    def now(self) -> datetime:
        """The sandbox's current instant, in UTC."""
        with self._lock:
            return self._start + timedelta(seconds=time.monotonic() - self._since)

    def set(self, instant: datetime) -> None:
        """Go on from `instant`, which must carry a time zone."""
        if instant.tzinfo is None:
            raise ValueError("the clock needs an instant with a time zone")
        with self._lock:
            self._start, self._since = instant.astimezone(UTC), time.monotonic()

    def advance(self, by: timedelta) -> None:
        """Move on by `by`."""
        self.set(self.now() + by)
