"""The worker: answers wake-up calls in threads, and sweeps for what no call was heard of."""

import threading
import time
from collections.abc import Callable
from uuid import UUID

import dramatiq
import structlog

from adapters.persistence.heartbeats import Role
from adapters.telemetry.tracing import CONNECTION
from adapters.wakeups.dramatiq_wakeups import DramatiqWakeups
from application.advance_run import NextStep
from domain.sync_run import RunStatus
from entrypoints.composition import Services
from entrypoints.heartbeat import Heartbeat

log = structlog.get_logger(__name__)

THREADS = 3
SWEEP_SECONDS = 5.0
CHECK_EVERY_SWEEPS = 12
ILL = (RunStatus.FAILED, RunStatus.INTERRUPTED)


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
        self.heartbeat = Heartbeat(services.heartbeats, Role.WORKER)
        self._over = threading.Event()
        self._worker: dramatiq.Worker | None = None
        self._sweeper = threading.Thread(target=self._sweep, name="sweeper", daemon=True)

    def start(self) -> None:
        """Begin to work, first with what an earlier process left undone."""
        services = self._services
        self._wakeups.answer_with(
            self._advance,
            self._check,
            services.advance_run.note_fault,
            services.run_ids.around,
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
        self.heartbeat.leave()

    def _advance(self, run_id: UUID) -> NextStep | None:
        step = self._services.advance_run.step(run_id)
        if step is not None and step.at is None:
            self._tell_end(run_id)
        return step

    def _tell_end(self, run_id: UUID) -> None:
        run = self._services.read_models.run(run_id)
        if run is None:
            return
        counts = run.counts
        tell = log.warning if run.status in ILL else log.info
        tell(
            "the run has ended",
            status=run.status.value,
            # Not under `code`, which stands for a sign-in's and is masked.
            refusal=run.code,
            reason=run.cause,
            posted=counts.posted,
            failed=counts.failed,
            in_doubt=counts.in_doubt,
        )

    def _check(self, connection_id: UUID) -> None:
        with self._services.tracing.span("connection check", {CONNECTION: str(connection_id)}):
            self._services.check_connection.check(connection_id)

    def _sweep(self) -> None:
        sweeps = 0
        while True:
            self.heartbeat.turn(well=self._quietly(self._services.sweep.runs))
            if sweeps % CHECK_EVERY_SWEEPS == 0:
                self._quietly(self._services.sweep.connections)
            sweeps += 1
            if self._over.wait(self._sweep_seconds):
                return

    def _quietly(self, look: Callable[[], int]) -> bool:
        """Whether it went well; a sweep that fails is tried again at the next."""
        try:
            look()
        except Exception:  # such as a database that is away, and back by then
            log.exception("a sweep failed")
            return False
        return True
