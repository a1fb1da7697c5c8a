"""PEX's limit on calls per minute, kept on our side for each token (PEX contract 8.1)."""

import threading
import time
from collections.abc import Callable


class TokenBucket:
    """Lets a full minute's calls through at once, then one at a time as they grow back."""

    def __init__(
        self,
        per_minute: int,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._per_second = per_minute / 60
        self._size = float(per_minute)
        self._monotonic = monotonic
        self._sleep = sleep
        self._lock = threading.Lock()
        self._left = self._size
        self._at = monotonic()

    def take(self) -> None:
        """Wait until a call is allowed, and take it."""
        while (wait := self._try()) > 0:
            self._sleep(wait)

    def _try(self) -> float:
        with self._lock:
            now = self._monotonic()
            self._left = min(self._size, self._left + (now - self._at) * self._per_second)
            self._at = now
            if self._left >= 1:
                self._left -= 1
                return 0.0
            return (1 - self._left) / self._per_second
