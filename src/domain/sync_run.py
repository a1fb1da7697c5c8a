"""One sync of one connection, from its start to its report (M16, M26)."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID, uuid5

from eventsourcing.domain import Aggregate, event

from domain.connection import Microsoft
from domain.journal_entry import JournalLine
from domain.money import Money
from domain.pex_transaction import Kind, Record
from domain.settings import Settings
from domain.sync_window import SyncWindow
from domain.tag_option_history import ReportedOption, TagOptionPage, option_pages
from domain.tag_options import Change, fold

_NAMESPACE = UUID("5d0c7a52-2b0e-4c3e-9f6a-1f1f0d6b7a04")
TAG_OPTIONS = "tag_options"
"""What a run's kinds call the sync of tag options, beside the kinds of transactions (M16)."""


class Trigger(StrEnum):
    """Who started a run."""

    MANUAL = "manual"
    AUTO = "auto"


class RunStatus(StrEnum):
    """How a run stands."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    PARTLY_FAILED = "partly_failed"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


class Outcome(StrEnum):
    """How a transaction ends in a run; `would_post` in a preview only."""

    POSTED = "posted"
    ALREADY_POSTED = "already_posted"
    SKIPPED = "skipped"
    FAILED = "failed"
    IN_DOUBT = "in_doubt"
    WOULD_POST = "would_post"


@dataclass(frozen=True, slots=True)
class Reported:
    """A transaction's line in a run's report; `day` is its posting date, a US Eastern day.

    `new_vendor` names the vendor that would be created for it, in a preview only.
    """

    record: Record
    pex_id: int
    kind: Kind
    day: date
    merchant: str
    amount: Money
    outcome: Outcome
    code: str | None = None
    cause: str | None = None
    document_number: str | None = None
    lines: tuple[JournalLine, ...] = ()
    new_vendor: str | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """How many transactions were seen and how they ended, and what became of what belongs to them.

    Attributes:
        tags_synced: tag options that were touched.
        tag_fields: fields whose tag options are up to date.
        tag_fields_failed: fields whose tag options are not.
        receipts: files that were attached, whatever became of their transactions in this run.
        receipts_failed: receipts that could not be attached.
        to_ask_for_receipts: posted purchases that the run wanted to ask PEX about, once known.
        asked_for_receipts: how many of them it has asked about.
    """

    seen: int = 0
    posted: int = 0
    already_posted: int = 0
    skipped: int = 0
    failed: int = 0
    in_doubt: int = 0
    would_post: int = 0
    tags_synced: int = 0
    tag_fields: int = 0
    tag_fields_failed: int = 0
    receipts: int = 0
    receipts_failed: int = 0
    to_ask_for_receipts: int = 0
    asked_for_receipts: int = 0

    def with_tag_field(self, reported: tuple[ReportedOption, ...]) -> "Counts":
        """These counts and one field's tag options."""
        failed = any(row.change is Change.FAILED for row in reported)
        touched = {fold(row.value) for row in reported if row.change is not Change.FAILED}
        return replace(
            self,
            tags_synced=self.tags_synced + len(touched),
            tag_fields=self.tag_fields + (not failed),
            tag_fields_failed=self.tag_fields_failed + failed,
        )

    def with_outcomes(self, reported: tuple[Reported, ...]) -> "Counts":
        """These counts and a page of a report."""
        more = {
            outcome.value: getattr(self, outcome.value)
            + sum(row.outcome is outcome for row in reported)
            for outcome in Outcome
        }
        return replace(self, **more)

    @property
    def ended(self) -> int:
        """How many have an outcome."""
        return sum(getattr(self, outcome.value) for outcome in Outcome)


class SyncRun(Aggregate):
    """A run: what it was asked to do, how far it is, and how it ended."""

    TOPIC = "sync_run"

    @staticmethod
    def create_id(connection_id: UUID, number: int) -> UUID:
        """A connection's runs are numbered, so that none can be started twice."""
        return uuid5(_NAMESPACE, f"{connection_id}/{number}")

    @event("Created", topic="sync_run.started")
    def __init__(
        self,
        timestamp: datetime,
        connection_id: UUID,
        number: int,
        trigger: Trigger,
        preview: bool,  # noqa: FBT001 - the event's own member
        kinds: tuple[Kind, ...],
        window: SyncWindow,
        settings: Settings,
        settings_version: int,
        microsoft: Microsoft,
        actor: str,
        funding: str = "prepaid",
        tag_options: bool = False,  # noqa: FBT001, FBT002 - the event's own member
    ) -> None:
        self.connection_id = connection_id
        self.trigger = trigger
        self.preview = preview
        self.kinds = kinds
        self.tag_options = tag_options
        self.window = window
        self.settings = settings
        self.settings_version = settings_version
        self.microsoft = microsoft
        self.actor = actor
        self.funding = funding
        self.started_at = timestamp
        self.finished_at: datetime | None = None
        self.status = RunStatus.QUEUED
        self.code: str | None = None
        self.cause: str | None = None
        self.counts = Counts()
        self.pages = 0
        self.tag_option_pages = 0
        self.tag_fields_done: tuple[str, ...] = ()
        self.fetched: dict[str, datetime | None] = {}
        self.receipts_sought = False
        self.stalled = 0
        self.stalled_until: datetime | None = None
        self.stalled_by: tuple[str, str] | None = None

    @event("Fetched", topic="sync_run.fetched")
    def fetched_page(
        self, timestamp: datetime, record: Record, rows: int, next_start: datetime | None
    ) -> None:
        """Rows of one list were laid on the worklist; `next_start` is None behind the last page."""
        self.status = RunStatus.RUNNING
        self.fetched = {**self.fetched, record.value: next_start}
        self.counts = replace(self.counts, seen=self.counts.seen + rows)
        self.stalled = 0
        self.stalled_until = None

    def report(self, reported: tuple[Reported, ...], timestamp: datetime) -> "RunPage":
        """Add a page to the report; the page is a stream of its own, to be saved with the run."""
        counts = self.counts.with_outcomes(reported)
        page = RunPage(
            timestamp, self.id, self.pages + 1, self.connection_id, self.preview, reported
        )
        self._reported(timestamp, self.pages + 1, counts)
        return page

    @event("Reported", topic="sync_run.reported")
    def _reported(self, timestamp: datetime, page: int, counts: Counts) -> None:
        self.status = RunStatus.RUNNING
        self.pages = page
        self.counts = counts
        self.stalled = 0
        self.stalled_until = None

    def report_tag_options(
        self, field: str, reported: tuple[ReportedOption, ...], timestamp: datetime
    ) -> tuple[TagOptionPage, ...]:
        """Note that a field's tag options are done; the pages are to be saved with the run."""
        behind, counts = self.tag_option_pages, self.counts.with_tag_field(reported)
        pages = option_pages(self.id, self.connection_id, behind, reported, timestamp)
        self._tag_options_reported(timestamp, field, behind + len(pages), counts)
        return pages

    @event("TagOptionsReported", topic="sync_run.tag_options_reported")
    def _tag_options_reported(
        self, timestamp: datetime, field: str, page: int, counts: Counts
    ) -> None:
        self.status = RunStatus.RUNNING
        self.tag_fields_done = (*self.tag_fields_done, field)
        self.tag_option_pages = page
        self.counts = counts
        self.stalled = 0
        self.stalled_until = None

    @event("ReceiptsSought", topic="sync_run.receipts_sought")
    def seek_receipts(self, timestamp: datetime, transactions: int) -> None:
        """So many posted purchases wait to be asked for their receipts (M24)."""
        self.receipts_sought = True
        self.counts = replace(self.counts, to_ask_for_receipts=transactions)
        self.stalled = 0
        self.stalled_until = None

    @event("ReceiptsTended", topic="sync_run.receipts_tended")
    def tend_receipts(self, timestamp: datetime, asked: int, attached: int, failed: int) -> None:
        """So many more transactions were asked, and so many of their receipts are attached."""
        self.counts = replace(
            self.counts,
            asked_for_receipts=self.counts.asked_for_receipts + asked,
            receipts=self.counts.receipts + attached,
            receipts_failed=self.counts.receipts_failed + failed,
        )
        self.stalled = 0
        self.stalled_until = None

    @event("Stalled", topic="sync_run.stalled")
    def stall(self, timestamp: datetime, code: str, cause: str, until: datetime) -> None:
        """A service is away: the run waits until then and goes on where it stopped (M30)."""
        self.status = RunStatus.RUNNING
        self.stalled += 1
        self.stalled_until = until
        self.stalled_by = (code, cause)

    def finish(self, timestamp: datetime) -> None:
        """End it with the status that its counts earn."""
        counts = self.counts
        failed = counts.failed + counts.tag_fields_failed
        done = counts.posted + counts.already_posted + counts.tag_fields
        if counts.in_doubt or (failed and done):
            status = RunStatus.PARTLY_FAILED
        elif failed:
            status = RunStatus.PARTLY_FAILED if counts.would_post else RunStatus.FAILED
        else:
            status = RunStatus.SUCCEEDED
        self._finished(timestamp, status, None, None)

    def break_off(self, status: RunStatus, code: str, cause: str, timestamp: datetime) -> None:
        """End it early: `failed` where nothing can be done, `interrupted` where a later run can."""
        self._finished(timestamp, status, code, cause)

    @event("Finished", topic="sync_run.finished")
    def _finished(
        self, timestamp: datetime, status: RunStatus, code: str | None, cause: str | None
    ) -> None:
        self.status = status
        self.code = code
        self.cause = cause
        self.finished_at = timestamp

    @property
    def trouble(self) -> tuple[str | None, str | None]:
        """Code and cause of what ended it early, or of what it waits for at the moment."""
        if self.stalled_until is not None and self.stalled_by is not None and not self.is_over:
            return self.stalled_by
        return self.code, self.cause

    @property
    def is_over(self) -> bool:
        """Whether it has ended."""
        return self.finished_at is not None


class RunPage(Aggregate):
    """A page of a run's report, so that no run's stream grows with its transactions."""

    TOPIC = "run_page"

    @staticmethod
    def create_id(run_id: UUID, number: int) -> UUID:
        """One stream for each page."""
        return uuid5(_NAMESPACE, f"{run_id}/{number}")

    @event("Created", topic="run_page.written")
    def __init__(
        self,
        timestamp: datetime,
        run_id: UUID,
        number: int,
        connection_id: UUID,
        preview: bool,  # noqa: FBT001 - the event's own member
        reported: tuple[Reported, ...],
    ) -> None:
        self.run_id = run_id
        self.number = number
        self.connection_id = connection_id
        self.preview = preview
        self.reported = reported
