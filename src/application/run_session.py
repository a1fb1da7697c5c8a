"""What a run knows of Business Central between its steps: the chart, the journal, what it holds."""

from collections.abc import Callable
from uuid import UUID

from application.look import NEAR, look_around
from application.merchants import Merchants
from application.ports.clock import Clock
from application.ports.company_data import BusinessCentralAccess
from application.ports.event_log import EventLog
from application.ports.general_journal import GeneralJournal, Journal, Journals
from domain.chart import Chart
from domain.connection import NotReady
from domain.findings import Look
from domain.journal_numbers import JournalNumbers
from domain.pex_transaction import Kind
from domain.posted_transaction import Target
from domain.refusals import Refusal
from domain.settings import TAX_CODE, VENDOR
from domain.sync_run import SyncRun


class CurrencyNotUsd(Refusal):
    """The company keeps its books in another currency (contract 7)."""

    code = "CURRENCY_NOT_USD"
    fix = "Connect a company that keeps its books in USD."

    def __init__(self, currency: str) -> None:
        super().__init__(f"The company keeps its books in {currency}, PEX settles in USD.")


class RunSession:
    """One run's view of the company, read once and kept while the same worker goes on."""

    def __init__(
        self, target: Target, journal: Journal, port: GeneralJournal, chart: Chart
    ) -> None:
        self.target = target
        self.journal = journal
        self.port = port
        self.chart = chart
        self.unknown_in_a_row = 0
        self.merchants: Merchants | None = None
        self._look: Look | None = None

    def look_before_writing(self, run: SyncRun) -> Look:
        """What journal and ledger held before the run's first write, for its whole window at once.

        Read only when there is something to write (contract 6.6, step 2).
        """
        if self._look is None:
            days = (run.window.start, run.window.end)
            self._look = look_around(self.port, self.journal, days, NEAR)
        return self._look


class RunSessions:
    """Opens a run's session, and keeps the newest few."""

    def __init__(self, access: BusinessCentralAccess, journals: Journals, keep: int = 8) -> None:
        self._access = access
        self._journals = journals
        self._keep = keep
        self._sessions: dict[UUID, RunSession] = {}

    def of(self, run: SyncRun) -> RunSession:
        """The session of a run; raises what BC refuses."""
        session = self._sessions.get(run.id)
        if session is None:
            session = self._open(run)
            self._sessions[run.id] = session
            while len(self._sessions) > self._keep:
                del self._sessions[next(iter(self._sessions))]
        return session

    def close(self, run_id: UUID) -> None:
        """Forget a session: its run is over, or what it knows may be out of date."""
        self._sessions.pop(run_id, None)

    def journal(self, run: SyncRun, target: Target) -> tuple[GeneralJournal, Journal]:
        """The journal that an earlier run wrote to, by this run's sign-in."""
        session = self._sessions.get(run.id)
        if session is not None and session.target == target:
            return session.port, session.journal
        port = self._journals.general_journal(
            run.connection_id, target.tenant_id, target.environment, target.company_id
        )
        return port, port.resolve()

    def _open(self, run: SyncRun) -> RunSession:
        microsoft, company_id = run.microsoft, run.settings.company_id
        if company_id is None:
            raise NotReady("The settings name no company.")
        port = self._journals.general_journal(
            run.connection_id, microsoft.tenant_id, microsoft.environment, company_id
        )
        journal = port.resolve()
        data = self._access.company_data(
            run.connection_id, microsoft.tenant_id, microsoft.environment
        )
        purchases = run.settings.purchases
        chart = data.chart(
            company_id,
            dimensions=run.settings.dimension_codes(),
            vendors=purchases.vendor_per_merchant or purchases.mapping(VENDOR) is not None,
            bank_accounts=Kind.TRANSFER in run.kinds,
            tax_codes=purchases.mapping(TAX_CODE) is not None,
        )
        if chart.currency != "USD":
            raise CurrencyNotUsd(chart.currency)
        target = Target(microsoft.tenant_id, microsoft.environment, company_id, journal.code)
        return RunSession(target, journal, port, chart)


def open_numbers(
    log: EventLog, clock: Clock, target: Target, highest: Callable[[], int]
) -> JournalNumbers:
    """The journal's counter, opened above the journal's highest number at its first use."""
    stream = JournalNumbers.create_id(
        target.tenant_id, target.environment, target.company_id, target.journal
    )
    numbers = log.find(JournalNumbers, stream)
    if numbers is not None:
        return numbers
    return JournalNumbers(
        clock.now(),
        target.tenant_id,
        target.environment,
        target.company_id,
        target.journal,
        highest(),
    )
