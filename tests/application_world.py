"""The application wired to fakes, as the composition root wires it to the real things."""

import copy
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TypeVar
from uuid import UUID

from application.add_vendors import AddVendors
from application.advance_run import AdvanceRun, NextStep
from application.attach_receipts import AttachReceipts
from application.complete_dimensions import CompleteDimensions
from application.fetch_rows import FetchRows
from application.gather_receipts import GatherReceipts
from application.notice_missing import NoticeMissing
from application.pace import Pace
from application.post_entries import PostEntries
from application.post_transactions import PostTransactions
from application.run_session import RunSessions
from application.send_pack import SendPack
from application.send_packs import SendPacks
from application.settle_doubt import SettleDoubt
from application.start_run import RunRequest, StartRun
from application.store_receipts import StoreReceipts
from application.sync_tag_options import SyncTagOptions
from application.undo_entries import UndoEntries
from application.verify import compare
from application.want_receipts import WantReceipts
from domain.chart import (
    Account,
    BankAccount,
    Catalogue,
    Chart,
    Dimension,
    DimensionValue,
    TaxCode,
    Vendor,
)
from domain.connection import Connection, Microsoft, MicrosoftMode
from domain.eastern_time import EASTERN
from domain.money import Money
from domain.pack import CAPACITY
from domain.pex_transaction import PexTransaction, Record, TagValue
from domain.posted_transaction import UNSETTLED, PostedTransaction, State
from domain.settings import Fees, FieldMapping, Purchases, Rebates, Settings, Source, Transfers
from domain.sync_run import Reported, RunPage, SyncRun
from fakes.clock import FakeClock
from fakes.company_data import FakeBusinessCentralAccess
from fakes.event_log import FakeEventLog
from fakes.general_journal import FakeGeneralJournal, FakeJournals
from fakes.leases import FakeLeases
from fakes.parallel import FakeOverlap
from fakes.pex import FakePexAccess, FakePexAccount
from fakes.read_models import FakeReadModels
from fakes.receipt_checks import FakeReceiptChecks
from fakes.receipt_files import FakeReceiptFiles, FakeReceiptFilesAccess
from fakes.vendors import FakeVendorAccess, FakeVendors
from fakes.wakeups import FakeWakeups
from fakes.worklist import FakeWorklist

T = TypeVar("T")
R = TypeVar("R")
EXPENSE_TAG = "tag-expense"
DEPARTMENT_TAG = "tag-department"
PEX_ACCOUNT = "10950"


def chart() -> Chart:
    """A small company's chart."""
    return Chart(
        "company",
        "USD",
        Catalogue(
            [
                Account("a1", PEX_ACCOUNT, "PEX card account", "Assets"),
                Account("a2", "62400", "Meals", "Expense"),
                Account("a3", "61100", "Office supplies", "Expense"),
                Account("a4", "66900", "Old project", "Expense", blocked=True),
                Account("a5", "68000", "Card fees", "Expense"),
                Account("a6", "48000", "Rebates", "Income"),
            ]
        ),
        Catalogue([BankAccount("b1", "CHECKING", "Checking")]),
        Catalogue([Vendor("v1", "10010", "Corner Deli")]),
        Catalogue([TaxCode("t1", "TAXABLE", "Taxable")]),
        {
            "DEPARTMENT": Dimension(
                "d1",
                "DEPARTMENT",
                "Department",
                Catalogue([DimensionValue("dv1", "OPS", "Operations")]),
            )
        },
    )


def settings() -> Settings:
    """Everything on, the expense account by tag with a default."""
    return Settings(
        company_id="company",
        pex_account_id="a1",
        purchases=Purchases(
            mappings=(
                FieldMapping("expense_account", Source("tag", tag_id=EXPENSE_TAG, default="61100")),
                FieldMapping("dimension:DEPARTMENT", Source("tag", tag_id=DEPARTMENT_TAG)),
            )
        ),
        fees=Fees(enabled=True, account_id="a5"),
        transfers=Transfers(enabled=True, bank_account_id="b1"),
        rebates=Rebates(enabled=True, account_id="a6"),
    )


def purchase(
    pex_id: int,
    amount: str = "-48.60",
    *,
    expense: str | None = "62400",
    approval: str | None = "Approved",
    day: date = date(2026, 8, 3),
    merchant: str | None = "Corner Deli",
) -> PexTransaction:
    """A settled card purchase."""
    at = datetime(day.year, day.month, day.day, 21, 47, tzinfo=EASTERN)
    tags = (TagValue(EXPENSE_TAG, expense),) if expense else ()
    return PexTransaction(
        Record.CARD,
        pex_id,
        Money(Decimal(amount)),
        at,
        at,
        "Network",
        "Spend",
        account_id=88104,
        merchant_name=merchant and f"{merchant.upper()} 00231",
        merchant_name_normalized=merchant,
        approval=approval,
        tags=tags,
    )


def one_by_one(task: Callable[[T], R], things: Sequence[T], /) -> list[R]:
    """What threads would do at the same time."""
    return [task(thing) for thing in things]


class Crash(BaseException):
    """The worker died."""


class Worker:
    """One process: its own sessions over the shared store; `capacity` is a pack's, in lines."""

    def __init__(self, world: "World", capacity: int = CAPACITY) -> None:
        self.crash_after = 0
        self.world = world
        log, clock, atomically = world.log, world.clock, world.atomically
        access = FakeBusinessCentralAccess(world.chart, world.vendors.everything)
        sessions = RunSessions(access, FakeJournals(world.journal), log, clock)
        self.overlap = FakeOverlap()
        self.pace = Pace(lambda: 1)
        pack = SendPack(log, clock, capacity)
        send = SendPacks(log, pack, self.overlap, self.pace, self.boundary)
        in_doubt = timedelta(seconds=720)
        undo = UndoEntries(log, sessions, clock, self.boundary)
        complete = CompleteDimensions(log, sessions, undo, clock, self.boundary)
        doubts = SettleDoubt(log, world.unfinished, sessions, clock, in_doubt)
        pex = FakePexAccess(world.pex)
        vendors = AddVendors(
            log, world.leases, FakeVendorAccess(world.vendors), clock, in_doubt, self.boundary
        )
        self.advance = AdvanceRun(
            log,
            world.leases,
            clock,
            atomically,
            world.worklist,
            sessions,
            (
                SyncTagOptions(pex, log, clock, self.boundary),
                FetchRows(pex, world.worklist, log, clock, atomically, self.boundary),
                PostTransactions(
                    doubts,
                    complete,
                    send,
                    PostEntries(
                        world.worklist, log, clock, atomically, vendors, self.boundary, capacity
                    ),
                    clock,
                    self.boundary,
                ),
                NoticeMissing(
                    FakePexAccess(world.pex),
                    FakeReadModels(log),
                    world.worklist,
                    log,
                    clock,
                    self.boundary,
                ),
                AttachReceipts(
                    WantReceipts(
                        world.worklist, world.read_models, world.checks, log, clock, atomically
                    ),
                    world.checks,
                    GatherReceipts(pex, log, clock, in_doubt),
                    StoreReceipts(log, clock, in_doubt, one_by_one, self.boundary),
                    FakeReceiptFilesAccess(world.files),
                    log,
                    clock,
                    atomically,
                    self.boundary,
                ),
            ),
            doubts,
            self.boundary,
        )

    def boundary(self, name: str) -> None:
        """Die here, when it is the boundary that the test chose."""
        self.crash_after -= 1
        if self.crash_after == 0:
            raise Crash(name)

    def step(self, run_id: UUID, *, crash_after: int = 0) -> NextStep | None:
        """One step, which may end in the worker's death after so many boundaries."""
        self.crash_after = crash_after
        try:
            return self.advance.step(run_id)
        except Crash:
            return None


class World:
    """PEX, Business Central, the store, and workers.

    With `beside` another PEX business on the same store and the same journal.
    """

    def __init__(self, beside: "World | None" = None, business_id: int = 52311) -> None:
        self.clock: FakeClock = beside.clock if beside else FakeClock()
        self.log: FakeEventLog = beside.log if beside else FakeEventLog()
        self.worklist = FakeWorklist()
        self.leases = FakeLeases()
        self.pex = FakePexAccount(business_id)
        self.chart = chart()
        self.journal: FakeGeneralJournal = (
            beside.journal if beside else FakeGeneralJournal(self.clock.now)
        )
        self.vendors = FakeVendors(self.clock.now, self.chart.vendors)
        self.files = FakeReceiptFiles(self.journal, self.clock.now)
        self.checks = FakeReceiptChecks()
        self.read_models = FakeReadModels(self.log)
        self.wakeups = FakeWakeups()
        self.starter = StartRun(self.log, self.clock, self.wakeups)
        self.connection_id = self._connect(settings())
        self.worker = Worker(self)

    def _connect(self, chosen: Settings) -> UUID:
        now = self.clock.now()
        connection = Connection(now, self.pex.business_id, "Harbor Lights", "prepaid", "admin:a")
        connection.pex_signed_in(now, "Harbor Lights", "prepaid", "dana.k", "admin:a")
        microsoft = Microsoft(MicrosoftMode.SERVICE, "tenant", "Production", "app")
        connection.microsoft_signed_in(now, microsoft, "admin:a")
        connection.save_settings(chosen, "Harbor Supply Inc.", 0, "admin:a", now)
        self.log.save(connection)
        return connection.id

    def save_settings(self, chosen: Settings) -> None:
        connection = self.connection
        connection.save_settings(
            chosen, "Harbor Supply Inc.", connection.settings_version, "admin:a", self.clock.now()
        )
        self.log.save(connection)

    @property
    def connection(self) -> Connection:
        return self.log.load(Connection, self.connection_id)

    @contextmanager
    def atomically(self) -> Iterator[None]:
        """Undo worklist and checks as a database would; the log undoes itself."""
        both = (self.worklist, self.checks)
        before = [copy.deepcopy(one.__dict__) for one in both]
        try:
            yield
        except BaseException:
            for one, then in zip(both, before, strict=True):
                one.__dict__.update(then)
            raise

    def unfinished(self, connection_id: UUID) -> list[UUID]:
        states = {State.RESERVED, *UNSETTLED}
        return [
            one.id
            for one in self.log.all_of(PostedTransaction)
            if one.connection_id == connection_id and one.state in states
        ]

    def start(self, **asked: object) -> UUID:
        request = RunRequest(self.connection_id, "admin:a", **asked)  # type: ignore[arg-type]
        return self.starter.start(request)

    def run(self, run_id: UUID) -> SyncRun:
        return self.log.load(SyncRun, run_id)

    def finish(self, run_id: UUID, worker: Worker | None = None, limit: int = 400) -> SyncRun:
        """Step until the run is over, letting time pass where it waits."""
        for _ in range(limit):
            step = (worker or self.worker).step(run_id)
            if step is not None and step.at is None:
                return self.run(run_id)
            if step is not None and step.at is not None and step.at > self.clock.now():
                self.clock.time = step.at
        raise AssertionError("the run does not come to an end")

    def sync(self, **asked: object) -> SyncRun:
        """Start a run and see it through."""
        return self.finish(self.start(**asked))

    def report(self, run_id: UUID) -> list[Reported]:
        pages = [page for page in self.log.all_of(RunPage) if page.run_id == run_id]
        return [row for page in sorted(pages, key=lambda one: one.number) for row in page.reported]

    def outcomes(self, run_id: UUID) -> dict[int, str]:
        """The outcome of each PEX id in a run, with its code where there is one."""
        return {
            row.pex_id: f"{row.outcome}:{row.code}" if row.code else str(row.outcome)
            for row in self.report(run_id)
        }

    def posting(self, pex_id: int, record: Record = Record.CARD) -> PostedTransaction:
        stream = PostedTransaction.create_id(self.pex.business_id, record, pex_id)
        return self.log.load(PostedTransaction, stream)

    def times_in_books(self, pex_id: int) -> int:
        """How often the PEX side of a transaction stands in journal and ledger together."""
        return self.all_times_in_books()[pex_id]

    def all_times_in_books(self) -> Counter[int]:
        """The same of every transaction at once, by PEX id."""
        times: Counter[int] = Counter()
        for line in self.journal.by_number.values():
            if line.account_number == PEX_ACCOUNT:
                ours = re.search(r" / PEX (\d+)$", line.description)
                key = re.search(r"^PEX(\d+)$", line.external_document_number)
                times.update({int(found[1]) for found in (ours, key) if found})
        for entry in self.journal.ledger:
            if entry.account_number == PEX_ACCOUNT:
                ours = re.search(r"(?:^|\s)PEX (\d+)$", entry.description)
                times.update(int(found[1]) for found in (ours,) if found)
        return times


Check = Callable[[World], None]
__all__ = ["Crash", "Worker", "World", "chart", "compare", "purchase", "settings"]
