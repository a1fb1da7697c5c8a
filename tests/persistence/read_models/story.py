"""Tells connections, runs and postings to an event log, as the application does."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from uuid import UUID

from application.ports.event_log import EventLog
from domain.connection import Connection, Microsoft, MicrosoftMode
from domain.default_dimensions import DefaultDimensions
from domain.journal_entry import AccountType, JournalEntry, JournalLine
from domain.journal_numbers import JournalNumbers
from domain.money import Money
from domain.pex_snapshot import PexSnapshot
from domain.pex_transaction import Kind, Record
from domain.posted_transaction import Facts, PostedTransaction, Target
from domain.settings import Settings
from domain.sync_run import Outcome, Reported, RunPage, SyncRun, Trigger
from domain.sync_window import SyncWindow
from domain.tag_option_history import ReportedOption, TagOptionPage, TagOptions
from domain.transaction_receipts import TransactionReceipts

AGGREGATES = (
    Connection,
    SyncRun,
    RunPage,
    TagOptions,
    TagOptionPage,
    PostedTransaction,
    TransactionReceipts,
    JournalNumbers,
    DefaultDimensions,
)
MORNING = datetime(2026, 9, 1, 14, tzinfo=UTC)
DAY = date(2026, 8, 3)
ADMIN = "admin:dana"
MICROSOFT = Microsoft(MicrosoftMode.SERVICE, "tenant", "Production", "app")
TARGET = Target("tenant", "Production", "company", "PEX CARD")
SETTINGS = Settings(company_id="company", pex_account_id="a1")
WINDOW = SyncWindow(date(2026, 7, 1), date(2026, 9, 1))


def entry(pex_id: int, amount: str = "48.60", day: date = DAY) -> JournalEntry:
    debit = JournalLine(AccountType.GL, "62400", Money.of(amount), "Corner Deli")
    credit = JournalLine(AccountType.GL, "10950", -Money.of(amount), "Corner Deli")
    return JournalEntry(day, f"PEX-{pex_id}", f"PEX{pex_id}", (debit, credit))


def row(
    pex_id: int,
    outcome: Outcome,
    code: str | None = None,
    *,
    record: Record = Record.CARD,
    kind: Kind = Kind.PURCHASE,
    day: date = DAY,
    merchant: str = "Corner Deli",
    amount: str = "-48.60",
) -> Reported:
    """A line of a report."""
    cause = f"because of {code}" if code else None
    return Reported(record, pex_id, kind, day, merchant, Money.of(amount), outcome, code, cause)


def snapshot(amount: str) -> PexSnapshot:
    """A purchase as PEX tells it."""
    return PexSnapshot(Money.of(amount), DAY - timedelta(days=2), DAY, "Corner Deli", "Approved")


class Story:
    """Saves what happens; each thing happens a second after the one before."""

    def __init__(self, log: EventLog) -> None:
        self.log = log
        self._seconds = count()

    def now(self) -> datetime:
        return MORNING + timedelta(seconds=next(self._seconds))

    def open(self, business_id: int = 1001, name: str = "Harbor Lights") -> Connection:
        """A connection without any sign-in."""
        connection = Connection(self.now(), business_id, name, "prepaid", ADMIN)
        self.log.save(connection)
        return connection

    def connect(self, business_id: int = 1001, name: str = "Harbor Lights") -> Connection:
        """A connection with both sign-ins and settings."""
        connection = self.open(business_id, name)
        connection.pex_signed_in(self.now(), name, "prepaid", "dana.k", ADMIN)
        connection.microsoft_signed_in(self.now(), MICROSOFT, ADMIN)
        self.log.save(connection)
        self.save_settings(connection, SETTINGS)
        return connection

    def save_settings(self, connection: Connection, settings: Settings, actor: str = ADMIN) -> None:
        version = connection.settings_version
        connection.save_settings(settings, "Harbor Supply Inc.", version, actor, self.now())
        self.log.save(connection)

    def start(
        self, connection: Connection, *, preview: bool = False, tag_options: bool = False
    ) -> SyncRun:
        """Begin a run."""
        number = connection.runs + 1
        run_id = SyncRun.create_id(connection.id, number)
        now = self.now()
        connection.begin_run(run_id, now)
        kinds = (Kind.PURCHASE, Kind.FEE)
        version = connection.settings_version
        run = SyncRun(
            now,
            connection.id,
            number,
            Trigger.MANUAL,
            preview,
            kinds,
            WINDOW,
            connection.settings,
            version,
            MICROSOFT,
            ADMIN,
            tag_options=tag_options,
        )
        self.log.save(connection, run)
        return run

    def report(self, run: SyncRun, *rows: Reported) -> None:
        page = run.report(rows, self.now())
        self.log.save(run, page)

    def report_tag_options(self, run: SyncRun, field: str, *rows: ReportedOption) -> None:
        pages = run.report_tag_options(field, rows, self.now())
        self.log.save(run, *pages)

    def end(self, connection: Connection, run: SyncRun) -> None:
        """End a run and free its place."""
        now = self.now()
        run.finish(now)
        connection.end_run(run.id, now)
        self.log.save(run, connection)

    def reported(self, connection: Connection, *rows: Reported) -> SyncRun:
        """A whole run with one page of a report."""
        run = self.start(connection)
        self.report(run, *rows)
        self.end(connection, run)
        return run

    def see(
        self,
        connection: Connection,
        run_id: UUID,
        pex_id: int,
        *,
        record: Record = Record.CARD,
        kind: Kind = Kind.PURCHASE,
        merchant: str = "Corner Deli",
        cardholder: str | None = "Ann Lee",
    ) -> PostedTransaction:
        """A transaction's stream, not saved yet."""
        facts = Facts(kind, Money.of("-48.60"), DAY - timedelta(days=2), DAY, merchant, cardholder)
        business_id = connection.business_id
        return PostedTransaction(
            self.now(), connection.id, business_id, record, pex_id, facts, run_id
        )

    def submit(self, posting: PostedTransaction, run_id: UUID, day: date = DAY) -> None:
        """Reserve and submit it, in one save."""
        now, pex_id = self.now(), posting.pex_id
        numbers = (pex_id * 10_000, pex_id * 10_000 + 1)
        posting.reserve(
            entry(pex_id, day=day),
            numbers,
            TARGET,
            1,
            "hash",
            run_id,
            now,
            snapshot=snapshot("-48.60"),
        )
        posting.submit(run_id, now)
        self.log.save(posting)

    def change(self, posting: PostedTransaction, run_id: UUID, amount: str) -> datetime:
        """PEX tells an amount of a posted transaction; the instant at which that was seen."""
        now = self.now()
        posting.compare(snapshot(amount), run_id, now)
        self.log.save(posting)
        return now

    def post(
        self, connection: Connection, run: SyncRun, pex_id: int, day: date = DAY
    ) -> PostedTransaction:
        """A transaction that is seen, posted and reported."""
        posting = self.see(connection, run.id, pex_id)
        self.submit(posting, run.id, day)
        posting.confirm((f"line-{pex_id}a", f"line-{pex_id}b"), run.id, self.now())
        page = run.report((replace(row(pex_id, Outcome.POSTED), day=day),), self.now())
        self.log.save(posting, run, page)
        return posting
