"""Limits per user: requests in five minutes, requests at once, and the queue (contract 5)."""

from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Condition
from typing import Final

from sandbox.business_central.refusals import Refusal
from sandbox.business_central.state import World
from sandbox.web import Response

_WINDOW: Final = timedelta(minutes=5)


class Throttled(Exception):
    """The request was not carried out: 429, with an empty body."""

    def __init__(self, retry_after: int) -> None:
        super().__init__("too many requests")
        self.retry_after = retry_after

    def response(self) -> Response:
        """The answer; Retry-After where the switch says so."""
        headers = {"retry-after": str(self.retry_after)} if self.retry_after >= 0 else {}
        return Response(429, b"", headers)


@dataclass(slots=True)
class Usage:
    """What was carried out, for benchmarks; refused and throttled requests are counted too.

    Attributes:
        requests: HTTP requests of signed-in users.
        operations: the same with the operations of a `$batch` in its place.
        busy_seconds: time that the simulated server took, by the latency switches.
        most_running: requests of one user that ran at once.
    """

    requests: int = 0
    operations: int = 0
    busy_seconds: float = 0.0
    most_running: int = 0


class Limits:
    """Counts what each user asks for; an app is one user."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._used: defaultdict[str, deque[tuple[datetime, int]]] = defaultdict(deque)
        self._totals: defaultdict[str, int] = defaultdict(int)
        self._running: defaultdict[str, int] = defaultdict(int)
        self._waiting: defaultdict[str, int] = defaultdict(int)
        self._freed = Condition()
        self.usage = Usage()

    def count(self, user: str, operations: int) -> None:
        """Count a request; raises Throttled where it would go beyond the budget."""
        switches = self._world.switches
        with self._freed:
            self.usage.requests += 1
            self.usage.operations += operations
        if not switches.rate_limit:
            return
        cost = max(1, operations) if switches.count_operations else 1
        now = self._world.now()
        with self._freed:
            used = self._used[user]
            while used and used[0][0] <= now - _WINDOW:
                self._totals[user] -= used.popleft()[1]
            if self._totals[user] + cost > switches.rate_limit:
                raise Throttled(switches.retry_after)
            used.append((now, cost))
            self._totals[user] += cost

    @contextmanager
    def slot(self, user: str) -> Iterator[None]:
        """Hold one of the user's places; waits in the queue for one."""
        self._enter(user)
        try:
            yield
        finally:
            with self._freed:
                self._running[user] -= 1
                self._freed.notify_all()

    def took(self, seconds: float) -> None:
        """Add to the server's busy time."""
        with self._freed:
            self.usage.busy_seconds += seconds

    def _enter(self, user: str) -> None:
        switches = self._world.switches
        with self._freed:
            if switches.max_concurrent and self._running[user] >= switches.max_concurrent:
                self._queue(user)
            self._running[user] += 1
            self.usage.most_running = max(self.usage.most_running, self._running[user])

    def _queue(self, user: str) -> None:
        switches = self._world.switches
        if self._waiting[user] >= switches.queue_length:
            raise Throttled(switches.retry_after)
        self._waiting[user] += 1
        try:
            free = self._freed.wait_for(
                lambda: self._running[user] < max(1, switches.max_concurrent),
                timeout=switches.queue_seconds,
            )
        finally:
            self._waiting[user] -= 1
        if not free:
            raise Refusal("queue_timeout")
