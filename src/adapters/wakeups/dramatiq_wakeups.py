"""Wake-up calls as Dramatiq messages. Losing or repeating any of them does no harm."""

from collections.abc import Callable
from uuid import UUID

import dramatiq
import structlog
from dramatiq.brokers.stub import StubBroker
from dramatiq.middleware import AgeLimit, Middleware, ShutdownNotifications, TimeLimit

from application.advance_run import NextStep
from application.ports.clock import Clock

log = structlog.get_logger(__name__)

STEP_LIMIT_MS = 15 * 60 * 1000
AGE_LIMIT_MS = 60 * 60 * 1000
QUEUE = "pexbc"


def in_process_broker() -> dramatiq.Broker:
    """A broker that lives and dies with the process, for the embedded default (M42)."""
    return StubBroker(middleware=_middleware())


def _middleware() -> list[Middleware]:
    """No retries: the sweeper finds again whatever a task left undone."""
    return [
        AgeLimit(max_age=AGE_LIMIT_MS),
        TimeLimit(time_limit=STEP_LIMIT_MS),
        ShutdownNotifications(),
    ]


class DramatiqWakeups:
    """Sends wake-up calls, and answers them once the services are there to be called."""

    def __init__(self, broker: dramatiq.Broker, clock: Clock) -> None:
        self.broker = broker
        self._clock = clock
        self._advance: Callable[[UUID], NextStep | None] | None = None
        self._check: Callable[[UUID], None] | None = None
        self._fault: Callable[[UUID, Exception], None] | None = None
        self._run = dramatiq.actor(actor_name="advance_run", queue_name=QUEUE, broker=broker)(
            self._on_run
        )
        self._connection = dramatiq.actor(
            actor_name="check_connection", queue_name=QUEUE, broker=broker
        )(self._on_connection)

    def answer_with(
        self,
        advance: Callable[[UUID], NextStep | None],
        check: Callable[[UUID], None],
        fault: Callable[[UUID, Exception], None],
    ) -> None:
        """Say what a call for a run and for a connection do, and who hears of a fault in a run."""
        self._advance, self._check, self._fault = advance, check, fault

    def run(self, run_id: UUID, delay_seconds: float = 0) -> None:
        """Call for a run's next step."""
        delay = int(delay_seconds * 1000) or None
        self._run.send_with_options(args=(str(run_id),), delay=delay)

    def connection(self, connection_id: UUID) -> None:
        """Call for a connection's check."""
        self._connection.send(str(connection_id))

    def _on_run(self, run: str) -> None:
        """Take one step; call again for the next. A run that another worker holds is its matter."""
        run_id = UUID(run)
        if self._advance is None or self._fault is None:
            return
        with structlog.contextvars.bound_contextvars(run_id=run):
            try:
                step = self._advance(run_id)
            except Exception as error:
                log.exception("a step of the run failed")
                self._fault(run_id, error)
                return
        if step is not None and step.at is not None:
            self.run(run_id, max(0.0, (step.at - self._clock.now()).total_seconds()))

    def _on_connection(self, connection: str) -> None:
        if self._check is None:
            return
        with structlog.contextvars.bound_contextvars(connection_id=connection):
            try:
                self._check(UUID(connection))
            except Exception:
                log.exception("the check of the connection failed")
