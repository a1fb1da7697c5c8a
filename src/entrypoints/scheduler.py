"""The scheduler: starts what is due, in threads; any number of processes may each have one."""

import threading
import time
from collections.abc import Callable

import structlog

from adapters.persistence.heartbeats import Role
from adapters.telemetry.tracing import CONNECTION
from application.ports.outbox import Outgoing
from application.ports.schedule import Planned
from entrypoints.composition import Services
from entrypoints.heartbeat import Heartbeat

log = structlog.get_logger(__name__)

LOOK_SECONDS = 10.0
PLAN_EVERY_LOOKS = 6


class Scheduler:
    """Runs beside the web server in one process, or alone."""

    def __init__(self, services: Services, look_seconds: float = LOOK_SECONDS) -> None:
        self._services = services
        self._look_seconds = look_seconds
        self.heartbeat = Heartbeat(services.heartbeats, Role.SCHEDULER)
        self._over = threading.Event()
        self._threads = [
            threading.Thread(target=self._look, args=(task,), name=name, daemon=True)
            for name, task in (
                ("schedule", self._schedule),
                ("sign-ins", self._sign_ins),
                ("news", self._news),
            )
        ]

    def start(self) -> None:
        """Begin to look, first for what became due while nobody did."""
        for thread in self._threads:
            thread.start()

    def stop(self, timeout_seconds: float = 10) -> None:
        """Let what is under way end, within the time given for all of it."""
        end = time.monotonic() + timeout_seconds
        self._over.set()
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))
        self.heartbeat.leave()

    def _look(self, task: Callable[[int], None]) -> None:
        looks = 0
        while True:
            self._quietly(task, looks)
            looks += 1
            if self._over.wait(self._look_seconds):
                return

    def _quietly(self, task: Callable[..., object], *given: object) -> bool:
        """Whether it went well; what fails is tried again at a later look."""
        try:
            task(*given)
        except Exception:  # such as a database that is away, and back by then
            log.exception("a look at the schedule failed")
            return False
        return True

    def _schedule(self, looks: int) -> None:
        self.heartbeat.turn(well=self._quietly(self._syncs, looks))

    def _syncs(self, looks: int) -> None:
        scheduling = self._services.scheduling
        if looks % PLAN_EVERY_LOOKS == 0:
            self._quietly(scheduling.plan.plan)
        for due in scheduling.syncs.due():
            if self._over.is_set():
                return
            with structlog.contextvars.bound_contextvars(connection_id=str(due.connection_id)):
                self._quietly(self._traced, "automatic sync", self._sync, due)

    def _traced(self, name: str, task: Callable[[Planned], None], due: Planned) -> None:
        with self._services.tracing.span(name, {CONNECTION: str(due.connection_id)}):
            task(due)

    def _sync(self, due: Planned) -> None:
        slot = self._services.scheduling.syncs.start(due)
        if slot is None:
            return
        next_at = slot.next_at.isoformat()
        if slot.run_id is not None:
            log.info("automatic sync started", run_id=str(slot.run_id), next_at=next_at)
        else:
            # Not under `code`, which stands for a sign-in's and is masked.
            log.warning(
                "automatic sync not started",
                refusal=slot.code,
                reason=slot.cause,
                next_at=next_at,
            )

    def _sign_ins(self, _looks: int) -> None:
        """One after the other: none of them is in a hurry, and all together would be a burst."""
        sign_ins = self._services.scheduling.sign_ins
        for due in sign_ins.due():
            with structlog.contextvars.bound_contextvars(connection_id=str(due.connection_id)):
                self._quietly(self._traced, "keep sign-ins alive", self._keep, due)

    def _keep(self, due: Planned) -> None:
        kept = self._services.scheduling.sign_ins.keep(due)
        if kept is None:
            return
        if kept.code is not None:
            log.warning(
                "sign-ins not kept alive",
                refusal=kept.code,
                reason=kept.cause,
                next_at=kept.next_at.isoformat(),
            )
        elif kept.renewed:
            log.info("the PEX token was renewed")

    def _news(self, _looks: int) -> None:
        news = self._services.scheduling.news
        news.note()
        for outgoing in news.due():
            if self._over.is_set():
                return
            self._quietly(self._send, outgoing)

    def _send(self, outgoing: Outgoing) -> None:
        undelivered = self._services.scheduling.news.send(outgoing)
        if undelivered is not None:
            log.warning(
                "a notice was not delivered",
                channel=outgoing.channel,
                connection_id=str(outgoing.notice.connection_id),
                reason=undelivered.why,
                given_up=undelivered.given_up,
            )
