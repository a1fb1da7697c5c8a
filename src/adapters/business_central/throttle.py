"""Business Central's limits per user, kept on our side (contract 5): first in this process."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext

from adapters.business_central.shared_throttle import SharedThrottle
from application.ports.company_data import BusinessCentralUnavailable

BUDGET = 6_000
WINDOW_SECONDS = 300.0
PATIENCE_SECONDS = 20.0


class Throttle:
    """At most so many requests in flight, and a budget over a sliding five minutes.

    Nobody knows whether BC counts the operations inside a `$batch` (contract 9, 6): requests are
    counted, until a 429 below the budget teaches to count operations, those of the past too.
    `shared` is the second stage, in which all processes keep the same limits together.
    """

    def __init__(
        self,
        in_flight: int,
        *,
        budget: int = BUDGET,
        window_seconds: float = WINDOW_SECONDS,
        patience_seconds: float = PATIENCE_SECONDS,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        shared: SharedThrottle | None = None,
    ) -> None:
        self._slots = threading.BoundedSemaphore(in_flight)
        self._budget = budget
        self._window = window_seconds
        self._patience = patience_seconds
        self._monotonic = monotonic
        self._sleep = sleep
        self._shared = shared
        self._lock = threading.Lock()
        self._spent: deque[tuple[float, int]] = deque()
        self._counts_operations = False

    @contextmanager
    def slot(self, operations: int = 1) -> Iterator[None]:
        """Wait for a free slot and for budget, and hold the slot while the block runs.

        Raises:
            BusinessCentralUnavailable: there is no budget for longer than a worker should wait.
        """
        with self._slots:
            self._spend(operations)
            with self._shared.slot(operations) if self._shared else nullcontext():
                yield

    def close(self) -> None:
        """Let other processes have what this one held for its next requests."""
        if self._shared is not None:
            self._shared.close()

    def learn_from_429(self) -> None:
        """Count operations from now on, if requests alone would have fitted the budget."""
        with self._lock:
            self._forget_old()
            if len(self._spent) < self._budget:
                self._counts_operations = True
        if self._shared is not None:
            self._shared.learn_from_429()

    def _spend(self, operations: int) -> None:
        while True:
            with self._lock:
                wait = self._wait_for(operations)
                if wait is None:
                    self._spent.append((self._monotonic(), operations))
                    return
            if wait > self._patience:
                raise BusinessCentralUnavailable("its limits are used up for now", wait)
            self._sleep(max(wait, 0.01))

    def _wait_for(self, operations: int) -> float | None:
        """Seconds until the budget has room for so many operations; None where it has by now."""
        self._forget_old()
        excess = sum(self._cost(spent) for _, spent in self._spent) - self._budget
        excess += self._cost(operations)
        wait = None
        for moment, spent in self._spent:  # oldest first; more than all of it is never waited for
            if excess <= 0:
                break
            excess -= self._cost(spent)
            wait = moment + self._window - self._monotonic()
        return wait

    def _cost(self, operations: int) -> int:
        return operations if self._counts_operations else 1

    def _forget_old(self) -> None:
        horizon = self._monotonic() - self._window
        while self._spent and self._spent[0][0] <= horizon:
            self._spent.popleft()
