"""A process's part in the limits that it shares with others: few questions, many requests."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import uuid4

from adapters.business_central.shared_limits import LASTING, SharedLimits, SharedLimitsAway
from application.ports.company_data import BusinessCentralUnavailable

BATCH_REQUESTS = 20
BATCH_OPERATIONS = 200
PERMITS_LAST_SECONDS = 10.0
SLICE_SECONDS = 0.25
IDLE_SECONDS = 0.5
RENEW_SECONDS = LASTING.total_seconds() / 3
PATIENCE_SECONDS = 20.0
COME_BACK_SECONDS = 5.0
USED_UP = "its limits are used up for now"


@dataclass(slots=True, eq=False)
class _Slot:
    """A slot that this process holds; `number` None where what is shared was away."""

    number: int | None
    taken_at: float
    kept_at: float
    idle_since: float = 0.0


class SharedThrottle:
    """Slots are kept between requests and permits fetched in batches, so few requests cost a trip.

    A slot goes back when it is idle, or after a moment when another process waits for one. Where
    the shared limits cannot be reached, the process's own throttle alone holds.
    """

    def __init__(
        self,
        limits: SharedLimits,
        user: str,
        in_flight: int,
        budget: int,
        *,
        patience_seconds: float = PATIENCE_SECONDS,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._limits = limits
        self._user = user
        self._in_flight = in_flight
        self._budget = budget
        self._patience = patience_seconds
        self._monotonic = monotonic
        self._sleep = sleep
        self._owner = uuid4().hex
        self._lock = threading.Lock()
        self._free: list[_Slot] = []
        self._busy: list[_Slot] = []
        self._keeper: threading.Thread | None = None
        self._closed = threading.Event()
        self._others_wait = False
        self._permits_lock = threading.Lock()
        self._left = 0
        self._left_until = 0.0
        self._by_operations = False
        self._uncounted = 0

    @contextmanager
    def slot(self, operations: int) -> Iterator[None]:
        """Wait for budget and for a slot, and hold it while the block runs.

        Raises:
            BusinessCentralUnavailable: there is none for longer than a worker should wait.
        """
        self._spend(operations)
        slot = self._taken()
        try:
            yield
        finally:
            self._leave(slot)

    def learn_from_429(self) -> None:
        """Tell the others, and ask anew what counts."""
        try:
            self._limits.learn(self._user, self._budget)
        except SharedLimitsAway:
            return
        with self._permits_lock:
            self._left = 0

    def close(self) -> None:
        """Give back what is not in use, and end the thread that keeps the rest."""
        self._closed.set()
        with self._lock:
            free, self._free = self._free, []
            keeper = self._keeper
        if keeper is not None:
            keeper.join()
        for slot in free:
            self._given_back(slot)

    # --- budget --------------------------------------------------------------------------------

    def _spend(self, operations: int) -> None:
        end = self._monotonic() + self._patience
        while True:
            with self._permits_lock:
                wait = self._wait_for(operations)
            if wait is None:
                return
            if self._monotonic() + wait > end:
                raise BusinessCentralUnavailable(USED_UP, wait)
            self._sleep(max(wait, 0.01))

    def _wait_for(self, operations: int) -> float | None:
        """Spend from the permits at hand, or fetch some: seconds to wait where there are none."""
        if self._monotonic() >= self._left_until or self._left < self._cost(operations):
            try:
                self._fetch(operations)
            except SharedLimitsAway:
                return None
        if self._left < self._cost(operations):
            return max(self._left_until - self._monotonic(), 0.0)
        self._left -= self._cost(operations)
        self._uncounted += 1 if self._by_operations else operations
        return None

    def _fetch(self, operations: int) -> None:
        for _ in range(2):  # a second time where something else counts than was thought
            counted, cost = self._by_operations, self._cost(operations)
            batch = BATCH_OPERATIONS if counted else BATCH_REQUESTS
            permits = self._limits.reserve(
                self._user,
                self._budget,
                cost,
                max(cost, batch),
                by_operations=counted,
                uncounted=self._uncounted,
            )
            self._uncounted = 0
            self._by_operations = permits.by_operations
            self._left = permits.granted
            lasting = PERMITS_LAST_SECONDS if permits.granted else permits.wait_seconds
            self._left_until = self._monotonic() + lasting
            if counted == permits.by_operations:
                return

    def _cost(self, operations: int) -> int:
        """What a request costs; one that is larger than all of the budget is sent by itself."""
        return min(max(1, operations), self._budget) if self._by_operations else 1

    # --- slots ---------------------------------------------------------------------------------

    def _taken(self) -> _Slot:
        end = self._monotonic() + self._patience
        while True:
            slot = self._kept() or self._fetched()
            if slot is not None:
                return slot
            if self._monotonic() > end:
                raise BusinessCentralUnavailable(USED_UP, COME_BACK_SECONDS)
            self._sleep(random.uniform(0.02, 0.06))  # noqa: S311 - jitter, no secret

    def _kept(self) -> _Slot | None:
        with self._lock:
            lost = self._monotonic() - LASTING.total_seconds()
            self._free = [slot for slot in self._free if slot.kept_at > lost]
            if not self._free:
                return None
            slot = self._free.pop()
            self._busy.append(slot)
            return slot

    def _fetched(self) -> _Slot | None:
        asked_at = self._monotonic()
        try:
            number = self._limits.take_slot(self._user, self._owner, self._in_flight)
        except SharedLimitsAway:
            return _Slot(None, asked_at, asked_at)
        if number is None:
            return None
        slot = _Slot(number, asked_at, asked_at)
        with self._lock:
            self._busy.append(slot)
            if self._keeper is None:
                self._keeper = threading.Thread(target=self._keep, name="bc-slots", daemon=True)
                self._keeper.start()
        return slot

    def _leave(self, slot: _Slot) -> None:
        if slot.number is None:
            return
        now = self._monotonic()
        with self._lock:
            self._busy.remove(slot)
            wanted = self._others_wait and now - slot.taken_at >= SLICE_SECONDS
            if not wanted:
                slot.idle_since = now
                self._free.append(slot)
        if wanted:
            self._given_back(slot)

    def _keep(self) -> None:
        """Renew what is in use, give back what is not, until nothing is held any more."""
        while not self._closed.wait(SLICE_SECONDS):
            try:
                self._others_wait = self._limits.is_waited_for(self._user)
            except SharedLimitsAway:
                self._others_wait = False
            now = self._monotonic()
            with self._lock:
                idle = [one for one in self._free if self._is_idle(one, now)]
                self._free = [one for one in self._free if one not in idle]
                ageing = [
                    one for one in (*self._busy, *self._free) if now - one.kept_at >= RENEW_SECONDS
                ]
            for slot in idle:
                self._given_back(slot)
            for slot in ageing:
                self._renew(slot)
            with self._lock:
                # The last thing it does: whoever closes waits for it until here.
                if not self._busy and not self._free:
                    self._keeper = None
                    return

    def _is_idle(self, slot: _Slot, now: float) -> bool:
        return now - slot.idle_since >= (0 if self._others_wait else IDLE_SECONDS)

    def _renew(self, slot: _Slot) -> None:
        now = self._monotonic()
        try:
            if slot.number is not None and self._limits.keep_slot(
                self._user, self._owner, slot.number
            ):
                slot.kept_at = now
        except SharedLimitsAway:
            return

    def _given_back(self, slot: _Slot) -> None:
        try:
            if slot.number is not None:
                self._limits.give_back(self._user, self._owner, slot.number)
        except SharedLimitsAway:
            return  # it runs out by itself
