"""What entries settings would make of recent transactions, before they are saved (M12, M17).

Nothing is written. Each row goes through the rules that a run decides it by, save that what
Business Central holds already is not looked up.
"""

import threading
from collections import Counter, OrderedDict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from uuid import UUID

from application.ports.clock import Clock
from application.ports.event_log import EventLog
from application.ports.pex import PexAccess, PexAccount
from domain.chart import Chart
from domain.connection import Connection
from domain.document_keys import DocumentKeys
from domain.eastern_time import EASTERN, eastern_day
from domain.eligibility import (
    check_money_moved,
    check_program,
    check_wanted,
    kinds_on,
    posting_date,
)
from domain.journal_entry import JournalEntry
from domain.mapping import map_transaction
from domain.pex_transaction import Kind, PexTransaction, Record, classify
from domain.refusals import Refusal, Skip
from domain.settings import Settings
from domain.sync_window import SyncWindow, sync_window
from domain.vendor_aliases import VendorAliases
from domain.vendors import MissingVendor, VendorDirectory, merchant_vendor

LASTING = timedelta(minutes=10)
SPANS = tuple(timedelta(days=days) for days in (7, 30, 92))
KEPT_ROWS = 200
KEPT_CONNECTIONS = 20
SHOWN = 10
SHOWN_OF_OTHER_KINDS = 2


@dataclass(frozen=True, slots=True)
class Previewed:
    """A transaction with its entry, or with what refuses it.

    `new_vendor` names the vendor that a sync would create.
    """

    row: PexTransaction
    kind: Kind
    day: date
    entry: JournalEntry | None = None
    refusal: Refusal | None = None
    new_vendor: str | None = None


@dataclass(frozen=True, slots=True)
class SettingsPreview:
    """The newest transactions that the settings want, and how many others each code leaves out."""

    shown: tuple[Previewed, ...]
    left_out: tuple[tuple[Refusal, int], ...]


class PreviewSettings:
    """Maps a few recent rows, which are read from PEX once in some minutes."""

    def __init__(self, pex: PexAccess, log: EventLog, clock: Clock) -> None:
        self._pex = pex
        self._log = log
        self._clock = clock
        self._lock = threading.Lock()
        self._rows: OrderedDict[UUID, tuple[datetime, tuple[PexTransaction, ...]]] = OrderedDict()

    def preview(self, connection_id: UUID, settings: Settings, chart: Chart) -> SettingsPreview:
        """At most ten entries or refusals, newest first.

        Raises:
            PexTokenRefused: PEX takes the sign-in no longer.
            PexUnavailable: PEX does not answer.
        """
        connection = self._log.load(Connection, connection_id)
        rows = self._recent(connection_id, connection.funding)
        today = eastern_day(self._clock.now())
        window = sync_window(settings.start_date, settings.end_date, today, automatic=False)
        wanted, left_out = _sorted_out(rows, settings, window, connection.funding)
        table = self._log.find(VendorAliases, VendorAliases.create_id(connection_id))
        aliases = table.of(chart.company_id) if table else ()
        directory = VendorDirectory(
            chart.vendors, chart.currency, [(one.key, one.vendor_id) for one in aliases]
        )
        shown = tuple(_mapped(row, settings, chart, directory) for row in _chosen(wanted))
        return SettingsPreview(shown, left_out)

    def _recent(self, connection_id: UUID, funding: str) -> tuple[PexTransaction, ...]:
        now = self._clock.now()
        with self._lock:
            kept = self._rows.get(connection_id)
        if kept is not None and now - kept[0] < LASTING:
            return kept[1]
        rows = _read(self._pex.of(connection_id), funding, now)
        with self._lock:
            self._rows[connection_id] = (now, rows)
            self._rows.move_to_end(connection_id)
            while len(self._rows) > KEPT_CONNECTIONS:
                self._rows.popitem(last=False)
        return rows


def _read(account: PexAccount, funding: str, now: datetime) -> tuple[PexTransaction, ...]:
    """The newest rows by which money moved: of the shortest span that holds ten of a list."""
    records = (Record.CARD, Record.INVOICE if funding == "credit" else Record.BUSINESS)
    found = [row for record in records for row in _of_list(account, record, funding, now)]
    names = account.cardholder_names() if found else {}
    rows = (
        replace(row, cardholder=names.get(row.account_id)) if row.record is Record.CARD else row
        for row in found
    )
    return tuple(sorted(rows, key=lambda row: row.settlement_date, reverse=True))


def _of_list(
    account: PexAccount, record: Record, funding: str, now: datetime
) -> Sequence[PexTransaction]:
    today = eastern_day(now)
    moved: list[PexTransaction] = []
    for span in SPANS:
        first = today - span
        if record is Record.INVOICE:
            page = account.bill_payments(first, today)
        else:
            start = datetime.combine(first, time.min, EASTERN)
            page = account.rows(record, start, now.astimezone(EASTERN))
        moved = [row for row in page.rows if _is_money(row, funding)]
        if len(moved) >= SHOWN:
            break
    return moved[-KEPT_ROWS:]


def _is_money(row: PexTransaction, funding: str) -> bool:
    try:
        kind = classify(row)
        check_money_moved(row, kind)
        check_program(kind, funding)
    except Skip:
        return False
    return True


def _sorted_out(
    rows: Sequence[PexTransaction], settings: Settings, window: SyncWindow, funding: str
) -> tuple[list[PexTransaction], tuple[tuple[Refusal, int], ...]]:
    """The rows that the settings want, and what the others are left out for."""
    kinds: Collection[Kind] = kinds_on(settings)
    wanted: list[PexTransaction] = []
    reasons: dict[str, Refusal] = {}
    counts: Counter[str] = Counter()
    for row in rows:
        try:
            check_program(classify(row), funding)
            check_wanted(row, classify(row), settings, kinds, window)
        except Skip as refusal:
            cause = refusal.cause if refusal.code == "KIND_OFF" else refusal.code
            reasons.setdefault(cause, refusal)
            counts[cause] += 1
        else:
            wanted.append(row)
    return wanted, tuple((reasons[cause], number) for cause, number in counts.most_common())


def _chosen(rows: Sequence[PexTransaction]) -> Iterator[PexTransaction]:
    """At most ten in their order, of which a few of each other kind leave room for purchases."""
    others: Counter[Kind] = Counter()
    room = SHOWN
    for row in rows:
        kind = classify(row)
        others[kind] += 1
        few = kind is Kind.PURCHASE or others[kind] <= SHOWN_OF_OTHER_KINDS
        if few and room:
            room -= 1
            yield row


def _mapped(
    row: PexTransaction, settings: Settings, chart: Chart, directory: VendorDirectory
) -> Previewed:
    kind, day = classify(row), posting_date(row, settings)
    purchases = settings.purchases
    vendor = None
    try:
        if kind is Kind.PURCHASE and purchases.vendor_per_merchant:
            vendor = merchant_vendor(row, purchases, directory)
        new = vendor.name if isinstance(vendor, MissingVendor) else None
        merchant = vendor.placeholder if isinstance(vendor, MissingVendor) else vendor
        keys = DocumentKeys.of(row.record, row.pex_id)
        entry = map_transaction(row, kind, settings, chart, keys, merchant)
    except Refusal as refusal:
        return Previewed(row, kind, day, refusal=refusal)
    return Previewed(row, kind, day, entry, new_vendor=new)
