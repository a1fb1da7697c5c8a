"""PEX's limit on calls per minute, kept on our side for each token (PEX contract 8.1)."""

import threading
import time
from collections.abc import Callable


class TokenBucket:
    """Lets calls through at a steady pace, a third of a minute's calls at once to begin with.

    So in no minute are there more than four thirds of `per_minute`: with the default of 90, never
    more than the 120 that PEX allows.
    """

    def __init__(
        self,
        per_minute: int,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._per_second = per_minute / 60
        self._size = max(1.0, per_minute / 3)
        self._monotonic = monotonic
        self._sleep = sleep
        self._lock = threading.Lock()
        self._left = self._size
        self._at = monotonic()

    def take(self) -> None:
        """Wait until a call is allowed, and take it."""
        self._sleep_for(self._reserve())

    def _reserve(self) -> float:
        """Take a call, which may lie ahead; the seconds until then. Callers are let in in turn."""
        with self._lock:
            now = self._monotonic()
            self._left = min(self._size, self._left + (now - self._at) * self._per_second)
            self._at = now
            self._left -= 1
            return max(0.0, -self._left / self._per_second)

    def _sleep_for(self, seconds: float) -> None:
        if seconds > 0:
            self._sleep(seconds)
