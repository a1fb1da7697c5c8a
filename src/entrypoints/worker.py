"""The worker: answers wake-up calls in threads, and sweeps for what no call was heard of."""

import threading
import time
from collections.abc import Callable

import dramatiq
import structlog

from adapters.wakeups.dramatiq_wakeups import DramatiqWakeups
from entrypoints.composition import Services

log = structlog.get_logger(__name__)

THREADS = 3
SWEEP_SECONDS = 5.0
CHECK_EVERY_SWEEPS = 12


class Worker:
    """Runs beside the web server in one process, or alone."""

    def __init__(
        self,
        services: Services,
        wakeups: DramatiqWakeups,
        threads: int = THREADS,
        sweep_seconds: float = SWEEP_SECONDS,
    ) -> None:
        self._services = services
        self._wakeups = wakeups
        self._threads = threads
        self._sweep_seconds = sweep_seconds
        self._over = threading.Event()
        self._worker: dramatiq.Worker | None = None
        self._sweeper = threading.Thread(target=self._sweep, name="sweeper", daemon=True)

    def start(self) -> None:
        """Begin to work, first with what an earlier process left undone."""
        services = self._services
        self._wakeups.answer_with(
            services.advance_run.step,
            services.check_connection.check,
            services.advance_run.note_fault,
        )
        self._worker = dramatiq.Worker(
            self._wakeups.broker, worker_threads=self._threads, worker_timeout=100
        )
        # What a worker fetches beyond its threads would wait for it while others are free.
        self._worker.queue_prefetch = self._threads
        self._worker.start()
        self._sweeper.start()

    def stop(self, timeout_seconds: float = 10) -> None:
        """Let steps under way end, within the time given; the rest goes on elsewhere."""
        end = time.monotonic() + timeout_seconds
        self._over.set()
        self._services.pace.end()
        if self._worker is not None:
            self._worker.stop(timeout=int(timeout_seconds * 1000))
        self._sweeper.join(timeout=max(0.0, end - time.monotonic()))

    def _sweep(self) -> None:
        sweeps = 0
        while True:
            self._quietly(self._services.sweep.runs)
            if sweeps % CHECK_EVERY_SWEEPS == 0:
                self._quietly(self._services.sweep.connections)
            sweeps += 1
            if self._over.wait(self._sweep_seconds):
                return

    def _quietly(self, look: Callable[[], int]) -> None:
        """A sweep that fails is tried again at the next; the database may be back by then."""
        try:
            look()
        except Exception:
            log.exception("a sweep failed")
