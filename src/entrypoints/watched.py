"""What stands around parts of a run so that log lines bear its ids and traces tell its parts."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from uuid import UUID

import structlog

from adapters.telemetry.tracing import CONNECTION, RUN, Tracing
from application.ports.clock import Clock
from application.ports.event_log import EventLog
from application.ports.general_journal import Answer
from application.ports.read_models import ReadModels
from application.run_session import RunSession
from application.send_pack import SendPack
from application.turn import Phase, Turn
from domain.posted_transaction import PostedTransaction

log = structlog.get_logger(__name__)

KEPT = 256


def marking(tracing: Tracing, boundary: Callable[[str], None]) -> Callable[[str], None]:
    """A boundary that traces tell as well."""
    if not tracing.is_on:
        return boundary

    def told(name: str) -> None:
        tracing.mark(name)
        boundary(name)

    return told


class WatchedPhase:
    """Fulfils `Phase` by another. One that has nothing to do shows as a span of no length."""

    def __init__(self, tracing: Tracing, name: str, phase: Phase) -> None:
        self._tracing = tracing
        self._name = name
        self._phase = phase

    def step(self, turn: Turn) -> datetime | None:
        """Take a step of the phase."""
        ids = {RUN: str(turn.run.id), CONNECTION: str(turn.run.connection_id)}
        with self._tracing.span(self._name, ids):
            return self._phase.step(turn)


class WatchedSendPack(SendPack):
    """Sends packs, each told as a span with the number of its entries, from whatever thread."""

    def __init__(self, log: EventLog, clock: Clock, tracing: Tracing) -> None:
        super().__init__(log, clock)
        self._tracing = tracing

    def answer_to(self, session: RunSession, pack: Sequence[PostedTransaction]) -> Answer:
        """Send a pack that was just submitted in the log."""
        ids = {RUN: str(pack[0].run_id), CONNECTION: str(pack[0].connection_id)}
        with self._tracing.span("pack", {**ids, "pexbc.entries": len(pack)}):
            return super().answer_to(session, pack)


class RunIds:
    """The connections of runs, for log lines and spans of steps; none where it cannot be told."""

    def __init__(self, read_models: ReadModels, tracing: Tracing) -> None:
        self._read_models = read_models
        self._tracing = tracing
        self._connection = lru_cache(KEPT)(self._look)

    @contextmanager
    def around(self, run_id: UUID) -> Iterator[None]:
        """Let a step's log lines bear the connection, and tell it as a span."""
        told, bound = {RUN: str(run_id)}, {}
        try:
            told[CONNECTION] = bound["connection_id"] = self._connection(run_id)
        except Exception as error:  # noqa: BLE001 - the step itself meets it again, and tells it
            log.debug("the connection of a run is not known", reason=type(error).__name__)
        with (
            structlog.contextvars.bound_contextvars(**bound),
            self._tracing.span("run step", told),
        ):
            yield

    def _look(self, run_id: UUID) -> str:
        run = self._read_models.run(run_id)
        if run is None:
            raise LookupError
        return str(run.connection_id)
