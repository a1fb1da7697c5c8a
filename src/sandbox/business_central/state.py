"""The simulator's state: companies with their tables, switches, and one history for all."""

import itertools
import random
from bisect import bisect_right, insort
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from threading import RLock
from uuid import UUID

from sandbox.business_central import rows
from sandbox.business_central.tables import History, Table
from sandbox.clock import SandboxClock


@dataclass(slots=True)
class Switches:
    """What tests may set about the server (contract 3, 5, 9 and 10).

    Attributes:
        page_size: rows a page holds at most.
        enum_encoding: write enum members encoded (`G_x002F_L_x0020_Account`), or as captions.
        language: `en-US` or `de-DE` for all messages; empty follows Accept-Language.
        company_kind: `vat` or `sales_tax`, for all companies.
        replica_lag_seconds: how far reads without `Data-Access-Intent: ReadWrite` lag behind.
        dirty_read_seconds: how long rows of a rolled-back transaction stay visible to reads.
        doomed_writes: so many next writes are answered 504 and then rolled back.
        xml_401: answer a bad token in XML.
        rate_limit: requests a user may make in a sliding 5 minutes; 0 for no limit.
        count_operations: count the operations of a `$batch`, not the `$batch`, for that limit.
        retry_after: Retry-After of a 429 in seconds; -1 sends none.
        max_concurrent: requests of a user that run at once; 0 for no limit.
        queue_length: requests of a user that may wait; more are answered 429.
        queue_seconds: how long one may wait in the queue before it gets a 503.
        duplicate_key_status: 400 or 409 for a key that is taken.
        latency_ms: what each request costs, in milliseconds.
        operation_latency_ms: what each operation costs on top of that.
        expire_skip_tokens: refuse to go on with any listing.
        body_limit: bytes that a request's body may have.
        denied: actions that permissions forbid, such as `POST journalLines`.
        denied_status: the status of those, 400, 401 or 403.
    """

    page_size: int = 20_000
    enum_encoding: bool = True
    language: str = ""
    company_kind: str = "sales_tax"
    replica_lag_seconds: float = 0.0
    dirty_read_seconds: float = 0.0
    doomed_writes: int = 0
    xml_401: bool = False
    rate_limit: int = 6_000
    count_operations: bool = False
    retry_after: int = -1
    max_concurrent: int = 5
    queue_length: int = 95
    queue_seconds: float = 480.0
    duplicate_key_status: int = 400
    latency_ms: float = 0.0
    operation_latency_ms: float = 0.0
    expire_skip_tokens: bool = False
    body_limit: int = 350 * 1024 * 1024
    denied: list[str] = field(default_factory=list)
    denied_status: int = 403


class LineTable(Table[rows.Line]):
    """Journal lines, with each journal's numbers in order and its running balance at hand."""

    def __init__(self, history: History) -> None:
        self._numbers: defaultdict[str, list[int]] = defaultdict(list)
        self._balance: defaultdict[str, Decimal] = defaultdict(Decimal)
        super().__init__(
            history,
            journal=lambda line: line.journal,
            key=lambda line: (line.journal, line.number),
            external=lambda line: (line.journal, line.external_number.casefold()),
            document=lambda line: (line.journal, line.document_number.casefold()),
            incoming=lambda line: line.incoming,
        )

    def swap(self, old: rows.Line | None, new: rows.Line | None) -> None:
        """Also keep the order and the balance."""
        super().swap(old, new)
        if old is not None:
            self._numbers[old.journal].remove(old.number)
            self._balance[old.journal] -= old.balance
        if new is not None:
            insort(self._numbers[new.journal], new.number)
            self._balance[new.journal] += new.balance

    def balance(self, journal: str) -> Decimal:
        """What the lines of a journal add up to."""
        return self._balance[journal]

    def last(self, journal: str) -> rows.Line | None:
        """The line with the highest number."""
        numbers = self._numbers[journal]
        return self.first("key", (journal, numbers[-1])) if numbers else None

    def after(self, journal: str, number: int) -> rows.Line | None:
        """The first line with a number above this one."""
        numbers = self._numbers[journal]
        at = bisect_right(numbers, number)
        return self.first("key", (journal, numbers[at])) if at < len(numbers) else None

    def in_order(self, journal: str) -> list[rows.Line]:
        """All lines of a journal, by number."""
        return sorted(self.find("journal", journal), key=lambda line: line.number)


class Books:
    """One company: its tables, and the users who may see it (None for everybody)."""

    def __init__(self, company_id: str, name: str, display_name: str, world: "World") -> None:
        self.id, self.name, self.display_name = company_id, name, display_name
        history, self.switches = world.history, world.switches
        self.hidden_from: set[str] = set()
        self.history = history
        self.entry_numbers = itertools.count(1)
        self.vendor_entry_numbers = itertools.count(1)
        self.incoming_numbers = itertools.count(1)
        self.forbidden_combinations: set[frozenset[str]] = set()
        self.set_up: Table[rows.SetUp] = Table(history)
        self.periods: Table[rows.Period] = Table(history)
        self.templates: Table[rows.Template] = Table(history, name=lambda row: row.name)
        self.journals: Table[rows.Journal] = Table(
            history, template=lambda row: row.template, key=lambda row: (row.template, row.code)
        )
        self.lines = LineTable(history)
        self.ledgers: Table[rows.Ledger] = Table(history, number=lambda row: row.number)
        self.banks: Table[rows.Bank] = Table(history, number=lambda row: row.number)
        self.customers: Table[rows.Customer] = Table(history, number=lambda row: row.number)
        self.vendors: Table[rows.Vendor] = Table(
            history, number=lambda row: row.number, name=lambda row: row.name.casefold()
        )
        self.series: Table[rows.Series] = Table(history, code=lambda row: row.code)
        self.dimensions: Table[rows.Dimension] = Table(history, code=lambda row: row.code)
        self.values: Table[rows.Value] = Table(
            history,
            dimension=lambda row: row.dimension,
            key=lambda row: (row.dimension, row.code),
        )
        self.defaults: Table[rows.DefaultDimension] = Table(
            history, account=lambda row: (row.account_type, row.account_number)
        )
        self.tax_groups: Table[rows.TaxGroup] = Table(history, code=lambda row: row.code)
        self.vat_rates: Table[rows.VatRate] = Table(
            history, key=lambda row: (row.business, row.product)
        )
        self.incoming: Table[rows.Incoming] = Table(
            history,
            number=lambda row: row.number,
            posted=lambda row: (row.document_number, row.posting_date),
        )
        self.attached: Table[rows.Attached] = Table(history, incoming=lambda row: row.incoming)
        self.entries: Table[rows.Entry] = Table(
            history,
            document=lambda row: row.document_number.casefold(),
            posting_date=lambda row: row.posting_date,
        )
        self.vendor_entries: Table[rows.VendorEntry] = Table(history, vendor=lambda row: row.vendor)

    @property
    def vat(self) -> bool:
        """Whether this is a VAT company; else it knows sales tax (contract 2.3.7)."""
        return self.switches.company_kind == "vat"

    @property
    def settings(self) -> rows.SetUp:
        """The company's set-up row."""
        return next(iter(self.set_up))


class World:
    """All companies behind one lock, on one clock."""

    def __init__(self, clock: SandboxClock, seed: int = 1) -> None:
        self.clock = clock
        self.lock = RLock()
        self.switches = Switches()
        self.history = History(clock.now)
        self.companies: dict[str, Books] = {}
        self._random = random.Random(seed)  # noqa: S311 - identifiers, no secrets

    def now(self) -> datetime:
        """The present, in UTC."""
        return self.clock.now()

    def new_id(self) -> str:
        """A fresh SystemId."""
        return str(UUID(int=self._random.getrandbits(128), version=4))
