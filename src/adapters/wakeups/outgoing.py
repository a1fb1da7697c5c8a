"""Messages on their way to a broker, sent by a thread of its own so that no caller waits for it."""

import threading
from collections.abc import Callable
from queue import Empty, Full, Queue

import dramatiq
import structlog

log = structlog.get_logger(__name__)

LONGEST_QUEUE = 10_000

Enqueue = Callable[[dramatiq.Message[None], int | None], object]
Item = tuple[dramatiq.Message[None], int | None]


class Outgoing:
    """Sends in order; while the broker is away messages are dropped, since a sweep repeats them.

    One thread means one connection to the broker, however many threads of the process call.
    """

    def __init__(self, enqueue: Enqueue, away: tuple[type[Exception], ...]) -> None:
        """`away` is what `enqueue` raises when the broker cannot be reached."""
        self._enqueue = enqueue
        self._away = away
        self._waiting: Queue[Item | None] = Queue(LONGEST_QUEUE)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._is_away = False

    def put(self, message: dramatiq.Message[None], delay_ms: int | None) -> None:
        """Hand a message over; never waits and never fails."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._send, name="outgoing", daemon=True)
                self._thread.start()
        try:
            self._waiting.put_nowait((message, delay_ms))
        except Full:
            self._tell_away("the queue before it is full")

    def close(self, timeout_seconds: float) -> bool:
        """Send what waits, within the time given; what is left is repeated by a sweep.

        Whether the thread has ended, so that its connection may be closed.
        """
        if self._thread is None:
            return True
        try:
            self._waiting.put_nowait(None)
        except Full:
            return False
        self._thread.join(timeout_seconds)
        return not self._thread.is_alive()

    def _send(self) -> None:
        while True:
            item = self._waiting.get()
            if item is None:
                return
            try:
                self._enqueue(*item)
            except self._away as error:
                self._tell_away(type(error).__name__)
                if self._drop_waiting():
                    return
            except Exception:
                log.exception("a wake-up call could not be sent")
            else:
                if self._is_away:
                    log.info("the broker is back")
                self._is_away = False

    def _drop_waiting(self) -> bool:
        """Forget what waits, since each attempt would take its time; whether the end was in it."""
        try:
            while True:
                if self._waiting.get_nowait() is None:
                    return True
        except Empty:
            return False

    def _tell_away(self, why: str) -> None:
        if not self._is_away:
            log.warning("the broker is away; the sweep calls again", reason=why)
        self._is_away = True
