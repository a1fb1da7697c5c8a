"""What a run knows of Business Central between its steps: the chart, the journal, what it holds."""

from collections.abc import Callable, Sized
from uuid import UUID

from application.look import NEAR, look_around
from application.merchants import Merchants
from application.ports.clock import Clock
from application.ports.company_data import BusinessCentralAccess
from application.ports.event_log import EventLog
from application.ports.general_journal import GeneralJournal, Journal, Journals
from application.retried import retried
from domain.chart import Chart
from domain.connection import Connection, NotReady
from domain.findings import Look
from domain.journal_numbers import JournalNumbers
from domain.pex_transaction import Kind
from domain.posted_transaction import Target
from domain.refusals import Refusal
from domain.settings import TAX_CODE, VENDOR
from domain.sync_run import SyncRun
from domain.tag_option_fields import for_tag_options_alone


class CurrencyNotUsd(Refusal):
    """The company keeps its books in another currency (contract 7)."""

    code = "CURRENCY_NOT_USD"
    fix = "Connect a company that keeps its books in USD."

    def __init__(self, currency: str) -> None:
        super().__init__(f"The company keeps its books in {currency}, PEX settles in USD.")


class RunSession:
    """One run's view of the company, read once and kept while the same worker goes on.

    `letter` is what tells the business's entries from those of others in the same journal (M5).
    `numbers` are reserved for its next lines, `numbers_at_once` so many were at the last time;
    `flows` is whether the last pack met with nothing that others would meet with too;
    `surely_missing` names the transactions that wait to be sent again and of which this session has
    itself learned that they are nowhere.
    """

    def __init__(
        self, target: Target, journal: Journal, port: GeneralJournal, chart: Chart, letter: str
    ) -> None:
        self.target = target
        self.journal = journal
        self.port = port
        self.chart = chart
        self.letter = letter
        self.unknown_in_a_row = 0
        self.flows = False
        self.numbers: tuple[int, ...] = ()
        self.numbers_at_once = 0
        self.surely_missing: set[UUID] = set()
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


KEPT_ROWS = 100_000
MOST_KEPT = 64


class RunSessions:
    """Opens a run's session, and keeps the newest."""

    def __init__(
        self,
        access: BusinessCentralAccess,
        journals: Journals,
        log: EventLog,
        clock: Clock,
        keep: int = KEPT_ROWS,
    ) -> None:
        """`keep` is how many accounts, vendors and the like the kept charts may hold together."""
        self._access = access
        self._log = log
        self._clock = clock
        self._journals = journals
        self._keep = keep
        self._sessions: dict[UUID, RunSession] = {}
        self._charts: dict[UUID, Chart] = {}

    def of(self, run: SyncRun) -> RunSession:
        """The session of a run; raises what BC refuses."""
        session = self._sessions.get(run.id)
        if session is None:
            session = self._open(run)
            self._sessions[run.id] = session
            self._forget_some()
        return session

    def _forget_some(self) -> None:
        """Let go of the oldest; runs that take turns would else open theirs at every step."""
        for kept in (self._sessions, self._charts):
            while len(kept) > MOST_KEPT:
                del kept[next(iter(kept))]
        while len(self._charts) > 1 and sum(map(_size, self._charts.values())) > self._keep:
            oldest = next(iter(self._charts))
            self.close(oldest)

    def close(self, run_id: UUID) -> None:
        """Forget a session: its run is over, or what it knows may be out of date."""
        self._sessions.pop(run_id, None)
        self._charts.pop(run_id, None)

    def chart(self, run: SyncRun) -> Chart:
        """The company as far as a run needs it, whether or not it has a journal; read once."""
        chart = self._charts.get(run.id)
        if chart is None:
            chart = self._charts[run.id] = self._read_chart(run)
            self._forget_some()
        return chart

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
        chart = self.chart(run)
        if chart.currency != "USD":
            raise CurrencyNotUsd(chart.currency)
        target = Target(microsoft.tenant_id, microsoft.environment, company_id, journal.code)
        letter = self._letter(run, target, lambda: port.highest_line_number(journal))
        return RunSession(target, journal, port, chart, letter)

    def _read_chart(self, run: SyncRun) -> Chart:
        microsoft, company_id = run.microsoft, run.settings.company_id
        if company_id is None:
            raise NotReady("The settings name no company.")
        data = self._access.company_data(
            run.connection_id, microsoft.tenant_id, microsoft.environment
        )
        settings = run.settings if run.kinds else for_tag_options_alone(run.settings)
        purchases = settings.purchases
        per_merchant = purchases.vendor_per_merchant and Kind.PURCHASE in run.kinds
        return data.chart(
            company_id,
            dimensions=settings.dimension_codes(),
            vendors=per_merchant or purchases.mapping(VENDOR) is not None,
            bank_accounts=not {Kind.TRANSFER, Kind.BILL_PAYMENT}.isdisjoint(run.kinds),
            tax_codes=purchases.mapping(TAX_CODE) is not None,
        )

    def _letter(self, run: SyncRun, target: Target, highest: Callable[[], int]) -> str:
        """The business's letter in the journal, for good before anything is looked up by it."""
        business_id = self._log.load(Connection, run.connection_id).business_id
        if run.preview:
            numbers = self._log.find(JournalNumbers, numbers_of(target))
            return "" if numbers is None else numbers.letter_for(business_id)

        def join() -> str:
            numbers = open_numbers(self._log, self._clock, target, highest)
            letter = numbers.join(business_id, self._clock.now())
            self._log.save(numbers)
            return letter

        return retried(join)


def _size(chart: Chart) -> int:
    plain: tuple[Sized, ...] = (chart.accounts, chart.bank_accounts, chart.vendors, chart.tax_codes)
    return sum(map(len, plain)) + sum(len(one.values) for one in chart.dimensions.values())


def numbers_of(target: Target) -> UUID:
    """The stream of a journal's numbers."""
    return JournalNumbers.create_id(target.environment, target.company_id, target.journal)


def open_numbers(
    log: EventLog, clock: Clock, target: Target, highest: Callable[[], int]
) -> JournalNumbers:
    """The journal's counter, opened above the journal's highest number at its first use."""
    numbers = log.find(JournalNumbers, numbers_of(target))
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
