"""Wake-up calls as Dramatiq messages. Losing or repeating any of them does no harm."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from uuid import UUID

import dramatiq
import structlog
from dramatiq.brokers.stub import StubBroker

from adapters.wakeups.brokers import AWAY
from adapters.wakeups.calls import Calls, CallsInMemory
from adapters.wakeups.outgoing import Outgoing
from application.advance_run import NextStep
from application.ports.clock import Clock

log = structlog.get_logger(__name__)

PREFIX = "pexbc"
UNHEARD_FOR = timedelta(seconds=4)
"""A call that was due for so long may be lost, and the next sweep repeats it."""
CHECKED_WITHIN = timedelta(seconds=50)
"""How long the check of a connection holds, however many workers sweep."""
LONGEST_DELAY_SECONDS = 600.0
"""RabbitMQ closes the channel of whoever holds a message for half an hour; an early call only
asks for another."""


Around = Callable[[UUID], AbstractContextManager[object]]


def nothing_around(_run_id: UUID) -> AbstractContextManager[object]:
    """Surround a step with nothing."""
    return nullcontext()


class DramatiqWakeups:
    """Sends wake-up calls, and answers them once the services are there to be called.

    A message holds the id of a run or of a connection and the number of the call, nothing else.
    Each step numbers the run's next call, so a repeated, reordered or old message is recognised
    as stale with one look, and what waits on the broker stays in proportion to what runs.
    """

    def __init__(
        self,
        broker: dramatiq.Broker,
        clock: Clock,
        calls: Calls | None = None,
        prefix: str = PREFIX,
    ) -> None:
        self.broker = broker
        self._clock = clock
        self._calls = calls or CallsInMemory()
        self._outgoing = None if isinstance(broker, StubBroker) else Outgoing(self._enqueue, AWAY)
        self._advance: Callable[[UUID], NextStep | None] | None = None
        self._check: Callable[[UUID], None] | None = None
        self._fault: Callable[[UUID, Exception], None] | None = None
        self._around: Around = nothing_around
        self._run = dramatiq.actor(actor_name="advance_run", queue_name=prefix, broker=broker)(
            self._on_run
        )
        self._connection = dramatiq.actor(
            actor_name="check_connection", queue_name=prefix, broker=broker
        )(self._on_connection)

    def answer_with(
        self,
        advance: Callable[[UUID], NextStep | None],
        check: Callable[[UUID], None],
        fault: Callable[[UUID, Exception], None],
        around: Around = nothing_around,
    ) -> None:
        """Say what a call for a run and for a connection do, and who hears of a fault in a run.

        `around` surrounds each step of a run and what is logged of it.
        """
        self._advance, self._check, self._fault = advance, check, fault
        self._around = around

    def run(self, run_id: UUID, delay_seconds: float = 0) -> None:
        """Call for a run's next step."""
        delay = min(delay_seconds, LONGEST_DELAY_SECONDS)
        due_at = self._clock.now() + timedelta(seconds=delay)
        self._send(self._run, run_id, self._calls.begin(run_id, due_at), delay)

    def remind_run(self, run_id: UUID) -> None:
        """Call for a run's next step, unless a call for it is under way."""
        number = self._calls.remind(run_id, self._clock.now(), UNHEARD_FOR)
        if number is not None:
            self._send(self._run, run_id, number)

    def connection(self, connection_id: UUID) -> None:
        """Call for a connection's check."""
        number = self._calls.begin(connection_id, self._clock.now())
        self._send(self._connection, connection_id, number)

    def remind_connection(self, connection_id: UUID) -> None:
        """Call for a connection's check, unless it was called for a moment ago."""
        number = self._calls.remind(connection_id, self._clock.now(), CHECKED_WITHIN)
        if number is not None:
            self._send(self._connection, connection_id, number)

    def close(self, timeout_seconds: float = 1) -> None:
        """Send what waits, and leave the broker; one that hangs is left when the process ends."""
        if self._outgoing is None or self._outgoing.close(timeout_seconds):
            self.broker.close()

    def _send(
        self,
        actor: dramatiq.Actor[[str, str], None],
        subject: UUID,
        number: str,
        delay_seconds: float = 0,
    ) -> None:
        message = actor.message(str(subject), number)
        delay = int(delay_seconds * 1000) or None
        if self._outgoing is None:
            self._enqueue(message, delay)
        else:
            self._outgoing.put(message, delay)

    def _enqueue(self, message: dramatiq.Message[None], delay_ms: int | None) -> None:
        self.broker.enqueue(message, delay=delay_ms)

    def _on_run(self, run: str, number: str) -> None:
        """Take one step; call again for the next. A run that another worker holds is its matter."""
        run_id = UUID(run)
        if self._advance is None or self._fault is None or not self._calls.is_valid(run_id, number):
            return
        with structlog.contextvars.bound_contextvars(run_id=run), self._around(run_id):
            try:
                step = self._advance(run_id)
            except Exception as error:
                log.exception("a step of the run failed")
                self._fault(run_id, error)
                return
        if step is None:
            return
        if step.at is None:
            self._calls.end(run_id, number)
        else:
            self.run(run_id, max(0.0, (step.at - self._clock.now()).total_seconds()))

    def _on_connection(self, connection: str, number: str) -> None:
        connection_id = UUID(connection)
        if self._check is None or not self._calls.is_valid(connection_id, number):
            return
        with structlog.contextvars.bound_contextvars(connection_id=connection):
            try:
                self._check(connection_id)
            except Exception:
                log.exception("the check of the connection failed")
