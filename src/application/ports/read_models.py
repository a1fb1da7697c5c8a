"""What people and programs read: views over the events, never the source of a decision's truth.

Every query first brings the views up to date, so that a reader sees what was just written.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Generic, Protocol, TypeVar
from uuid import UUID

from application.ports.pictures import Figures
from domain.connection import Microsoft, Status
from domain.journal_entry import JournalEntry
from domain.money import Money
from domain.pex_snapshot import Change
from domain.pex_transaction import Kind, Record
from domain.posted_transaction import Place, State, Target
from domain.receipts import ReceiptStatus
from domain.refusals import Refusal
from domain.settings import Settings
from domain.sync_run import Counts, Outcome, Reported, RunStatus, Trigger
from domain.sync_window import LeavingDays, SyncWindow
from domain.tag_option_history import ReportedOption

T = TypeVar("T")


class CursorRefused(Refusal):
    """A cursor that no page handed out."""

    code = "CURSOR_REFUSED"
    fix = "Begin at the first page again, without a cursor."

    def __init__(self) -> None:
        super().__init__("The cursor cannot be read.")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A page of a list; `next_cursor` is opaque, None on the last page."""

    items: tuple[T, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class ConnectionView:
    """A connection as its admins see it.

    `next_at` is when the next automatic sync is due, in UTC; None while they are off. `callbacks`
    tells whether PEX calls back about settlements, which brings that sync forward.
    """

    id: UUID
    business_id: int
    business_name: str
    funding: str
    status: Status
    status_code: str | None
    status_reason: str | None
    microsoft: Microsoft | None
    company_id: str | None
    company_name: str | None
    last_sync_at: datetime | None
    auto_sync: bool
    settings_version: int
    active_run: UUID | None
    next_at: datetime | None = None
    callbacks: bool = False


@dataclass(frozen=True, slots=True)
class SettingsVersion:
    """One saved version of a connection's settings."""

    version: int
    settings: Settings
    saved_at: datetime
    actor: str


@dataclass(frozen=True, slots=True)
class RunView:
    """A run with its counts; `window` holds US Eastern days.

    `code` and `cause` tell why it ended early, or what it waits for until `waiting_until`.
    """

    id: UUID
    connection_id: UUID
    trigger: Trigger
    preview: bool
    kinds: tuple[Kind, ...]
    window: SyncWindow
    status: RunStatus
    code: str | None
    cause: str | None
    started_at: datetime
    finished_at: datetime | None
    settings_version: int
    counts: Counts
    waiting_until: datetime | None
    actor: str
    tag_options: bool = False


@dataclass(frozen=True, slots=True)
class TransactionView:
    """A transaction with its newest outcome, whether it was posted or not.

    `entry` and what follows are empty for one that was never reserved. `changes` is what differs in
    PEX from what was posted, `missing_in_pex` since when PEX does not list it any more (M27).
    """

    connection_id: UUID
    record: Record
    pex_id: int
    kind: Kind
    day: date
    merchant: str
    cardholder: str | None
    amount: Money
    outcome: Outcome
    state: State | None
    code: str | None
    cause: str | None
    run_id: UUID
    entry: JournalEntry | None
    line_numbers: tuple[int, ...]
    line_ids: tuple[str, ...]
    target: Target | None
    place: Place | None
    attempts: int
    first_seen_at: datetime
    changed_at: datetime
    changes: tuple[Change, ...] = ()
    missing_in_pex: datetime | None = None


@dataclass(frozen=True, slots=True)
class ReceiptView:
    """A receipt of a transaction, and where it is.

    Attributes:
        number: 0 with an empty id and status `failed` where PEX does not list the receipts at all.
        size: in bytes, of the file.
        file_id: Business Central's, once it is attached.
        place: whether the file hangs on a journal line or a ledger entry, once it is attached.
        at: when it came to this status.
        gone_from_pex: whether PEX has lost it since it was attached.
    """

    receipt_id: str
    number: int
    status: ReceiptStatus
    code: str | None
    cause: str | None
    file_name: str | None
    size: int | None
    sha256: str | None
    file_id: str | None
    place: Place | None
    parent_id: str | None
    at: datetime
    gone_from_pex: bool


@dataclass(frozen=True, slots=True)
class TransactionFilter:
    """Which transactions a list shows; None or empty for no limit.

    `text` searches the merchant, the cardholder and the PEX id; `changed` asks for those that
    changed in PEX or vanished from it after posting, or for all others.
    """

    outcome: Outcome | None = None
    kind: Kind | None = None
    start: date | None = None
    end: date | None = None
    text: str = ""
    changed: bool | None = None


@dataclass(frozen=True, slots=True)
class PostedKey:
    """What a posted transaction is called, and its kind."""

    record: Record
    pex_id: int
    kind: Kind


@dataclass(frozen=True, slots=True)
class BacklogFilter:
    """Which kinds and posting dates a backlog is about."""

    kinds: frozenset[Kind]
    days: LeavingDays


class ReadModels(Protocol):
    """Queries. Lists are newest first; a cursor comes from the page before."""

    def connections(
        self, business_ids: Collection[int] | None, limit: int, cursor: str | None = None
    ) -> Page[ConnectionView]:
        """Connections of these businesses, or all for None."""

    def connection(self, connection_id: UUID) -> ConnectionView | None:
        """One connection."""

    def settings_versions(self, connection_id: UUID) -> Sequence[SettingsVersion]:
        """All saved versions, newest first."""

    def runs(self, connection_id: UUID, limit: int, cursor: str | None = None) -> Page[RunView]:
        """The runs of a connection."""

    def run(self, run_id: UUID) -> RunView | None:
        """One run."""

    def active_runs(self) -> Sequence[UUID]:
        """Runs that have not ended."""

    def unready_connections(self) -> Sequence[UUID]:
        """Connections with both sign-ins that are not ready, or need action."""

    def report(
        self, run_id: UUID, outcome: Outcome | None, limit: int, cursor: str | None = None
    ) -> Page[Reported]:
        """A run's rows in report order; posted ones with their document number and lines."""

    def tag_options(
        self, run_id: UUID, limit: int, cursor: str | None = None
    ) -> Page[ReportedOption]:
        """What a run changed in tags, and the fields that failed, in the order that it did."""

    def transactions(
        self,
        connection_id: UUID,
        wanted: TransactionFilter,
        limit: int,
        cursor: str | None = None,
    ) -> Page[TransactionView]:
        """The ledger of everything seen."""

    def transaction(
        self, connection_id: UUID, kind_or_record: str, pex_id: int
    ) -> TransactionView | None:
        """One transaction, named by its kind or by the PEX record that it comes from."""

    def backlog(
        self, connection_id: UUID, wanted: BacklogFilter, limit: int, cursor: str | None = None
    ) -> Page[TransactionView]:
        """What would be posted if somebody acted: not approved, failed, or held (M29).

        Oldest posting date first, those that left behind those that are about to.
        """

    def figures(self, connection_id: UUID, days: SyncWindow) -> Figures:
        """What is posted, what waits for somebody and what was spent, by posting date (M36)."""

    def posted_within(
        self, connection_id: UUID, days: SyncWindow, limit: int, cursor: str | None = None
    ) -> Page[PostedKey]:
        """What is posted on some days by its own stream and not noted as missing in PEX."""

    def receipts(self, connection_id: UUID, record: Record, pex_id: int) -> Sequence[ReceiptView]:
        """A transaction's receipts, by their numbers."""

    def posted_purchases(
        self, connection_id: UUID, start: date, end: date
    ) -> Collection[tuple[Record, int]]:
        """Purchases in the books whose posting date lies within these days, both included."""

    def unfinished(self, connection_id: UUID) -> Sequence[UUID]:
        """Streams that are reserved, submitted, in doubt, or without their dimensions yet."""

    def rebuild(self) -> None:
        """Throw the views away and build them from the first event on (M37)."""

    def differences(self) -> list[str]:
        """What a full replay would show otherwise; empty where all is well (M37)."""

    def posted(self, connection_id: UUID) -> Sequence[UUID]:
        """Streams of a connection's posted transactions."""
