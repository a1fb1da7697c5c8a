"""Runs whose steps a test takes itself, so that a page can be looked at in between."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import date, datetime, timedelta
from uuid import UUID

from adapters.persistence.leases import LASTING, HeldLeases, SqlLeases
from application.start_run import RunRequest
from domain.connection import Connection, Microsoft, MicrosoftMode, Status
from domain.money import Money
from domain.pex_transaction import POSTABLE, Kind, Record
from domain.settings import Settings
from domain.sync_run import Outcome, Reported, SyncRun, Trigger
from domain.sync_window import SyncWindow
from domain.tag_option_history import ReportedOption
from entrypoints.composition import Services

DAY = date(2026, 10, 5)
WINDOW = SyncWindow(date(2026, 9, 1), date(2026, 10, 31))


class ByHand:
    """A run of a connection, told what becomes of it."""

    def __init__(self, services: Services, run_id: UUID) -> None:
        self._services = services
        self.id = run_id

    @property
    def address(self) -> str:
        return f"/runs/{self.id}"

    def fetch(self, rows: int) -> None:
        run = self._run()
        run.fetched_page(self._now(), Record.CARD, rows, None)
        self._services.log.save(run)

    def report(self, *rows: Reported) -> None:
        run = self._run()
        self._services.log.save(run, run.report(rows, self._now()))

    def report_tag_options(self, field: str, *rows: ReportedOption) -> None:
        run = self._run()
        pages = run.report_tag_options(field, rows, self._now())
        self._services.log.save(run, *pages)

    def stall(self, code: str, cause: str) -> None:
        run = self._run()
        run.stall(self._now(), code, cause, self._now() + timedelta(minutes=5))
        self._services.log.save(run)

    def finish(self) -> None:
        run = self._run()
        connection = self._services.log.load(Connection, run.connection_id)
        run.finish(self._now())
        connection.end_run(run.id, self._now())
        self._services.log.save(run, connection)

    @property
    def over(self) -> bool:
        return self._run().is_over

    def _run(self) -> SyncRun:
        return self._services.log.load(SyncRun, self.id)

    def _now(self) -> datetime:
        return self._services.clock.now()


def is_ready(services: Services, connection_id: str) -> bool:
    """Whether a connection is ready after another check; a check under way may know less."""
    services.check_connection.check(UUID(connection_id))
    view = services.read_models.connection(UUID(connection_id))
    return view is not None and view.status is Status.CONNECTED_READY


def _keep_workers_out(services: Services, connection_id: str, stack: ExitStack) -> None:
    """Hold the connection's lease, which a worker may be about to give back."""
    leases = HeldLeases(SqlLeases(services.database), services.clock, LASTING)
    while not stack.enter_context(leases.hold(f"connection:{connection_id}")):
        time.sleep(0.05)


@contextmanager
def by_hand(services: Services, connection_id: str, *, preview: bool = False) -> Iterator[ByHand]:
    """A run under way that no worker touches; it is over at the end."""
    with ExitStack() as stack:
        _keep_workers_out(services, connection_id, stack)
        request = RunRequest(UUID(connection_id), "admin:dana.k", preview=preview)
        run = ByHand(services, services.start_run.start(request))
        try:
            yield run
        finally:
            if not run.over:
                run.finish()


def row(
    pex_id: int, outcome: Outcome = Outcome.POSTED, code: str | None = None, merchant: str = "Deli"
) -> Reported:
    cause = f"It has the trouble {code}." if code else None
    amount = Money.of("-12.50")
    return Reported(Record.CARD, pex_id, Kind.PURCHASE, DAY, merchant, amount, outcome, code, cause)


def past_run(
    services: Services, connection_id: str, number: int, *rows: Reported, a_page: int = 500
) -> UUID:
    """A run that is over, with these rows, written into the log at once; its number is high."""
    now = services.clock.now()
    run = SyncRun(
        now,
        UUID(connection_id),
        number,
        Trigger.AUTO,
        False,  # noqa: FBT003 - the event's own member
        POSTABLE,
        WINDOW,
        Settings(),
        1,
        Microsoft(MicrosoftMode.SERVICE, "tenant", "Production", "app"),
        "admin:dana.k",
    )
    pages = [run.report(rows[at : at + a_page], now) for at in range(0, len(rows), a_page)]
    run.finish(now)
    services.log.save(run, *pages)
    return run.id
