"""Business Central's limits per user, kept on our side (contract 5)."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

BUDGET = 6_000
WINDOW_SECONDS = 300.0


class Throttle:
    """At most so many requests in flight, and a budget over a sliding five minutes.

    Nobody knows whether BC counts the operations inside a `$batch` (contract 9, 6): requests are
    counted, until a 429 below the budget teaches to count operations.
    """

    def __init__(
        self,
        in_flight: int,
        *,
        budget: int = BUDGET,
        window_seconds: float = WINDOW_SECONDS,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._slots = threading.BoundedSemaphore(in_flight)
        self._budget = budget
        self._window = window_seconds
        self._monotonic = monotonic
        self._sleep = sleep
        self._lock = threading.Lock()
        self._spent: deque[tuple[float, int]] = deque()
        self._counts_operations = False

    @contextmanager
    def slot(self, operations: int = 1) -> Iterator[None]:
        """Wait for a free slot and for budget, and hold the slot while the block runs."""
        with self._slots:
            self._spend(operations)
            yield

    def learn_from_429(self) -> None:
        """Count operations from now on, if requests alone would have fitted the budget."""
        with self._lock:
            self._forget_old()
            if len(self._spent) < self._budget:
                self._counts_operations = True

    def _spend(self, operations: int) -> None:
        while True:
            with self._lock:
                self._forget_old()
                cost = operations if self._counts_operations else 1
                used = sum(self._cost(ops) for _, ops in self._spent)
                if used + cost <= self._budget or not self._spent:
                    self._spent.append((self._monotonic(), operations))
                    return
                wait = self._spent[0][0] + self._window - self._monotonic()
            self._sleep(max(wait, 0.01))

    def _cost(self, operations: int) -> int:
        return operations if self._counts_operations else 1

    def _forget_old(self) -> None:
        horizon = self._monotonic() - self._window
        while self._spent and self._spent[0][0] <= horizon:
            self._spent.popleft()
