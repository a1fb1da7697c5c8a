"""What the API answers about runs and transactions, by name, as in `answers`."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from domain.pex_transaction import Kind, Record
from domain.posted_transaction import Place, State
from domain.sync_run import Outcome, RunStatus, Trigger
from domain.tag_options import Change
from entrypoints.http.receipt_answers import ReceiptAnswer


class WindowAnswer(msgspec.Struct):
    """The posting dates that a run covers, both ends included."""

    start_date: date
    end_date: date


class CountsAnswer(msgspec.Struct):
    """How many transactions were seen and how they ended; `would_post` in a preview only.

    `tags_synced` counts tag options that were touched, `tag_fields_failed` fields whose were not.
    `receipts` counts files attached, to entries of earlier runs too; `receipts_failed` those that
    could not be. They have no part in the run's status: the next run tries them again.
    """

    seen: int
    posted: int
    already_posted: int
    skipped: int
    failed: int
    in_doubt: int
    would_post: int
    receipts: int = 0
    receipts_failed: int = 0
    tags_synced: int = 0
    tag_fields_failed: int = 0


class ProgressAnswer(msgspec.Struct):
    """How far a run is: transactions with an outcome, of those seen so far.

    `phase` is queued, working, receipts, waiting (until `waiting_until`) or over. In `receipts`
    the figures are the posted purchases that PEX was asked about, of those it is to be asked about.
    """

    phase: str
    done: int
    total: int
    waiting_until: datetime | None


class RunAnswer(msgspec.Struct):
    """A run; `code`, `detail` and `fix` say why it ended otherwise than well, or waits."""

    id: UUID
    connection_id: UUID
    trigger: Trigger
    preview: bool
    kinds: list[str]
    window: WindowAnswer
    status: RunStatus
    code: str | None
    detail: str | None
    fix: str | None
    started_at: datetime
    finished_at: datetime | None
    duration_seconds: float | None
    settings_version: int
    actor: str
    counts: CountsAnswer
    progress: ProgressAnswer


class RunEvent(msgspec.Struct):
    """A server-sent event named `run`: its `data` is the run as it stands, as JSON."""

    event: str
    data: str


class RunList(msgspec.Struct):
    """A page of runs, newest first."""

    items: list[RunAnswer]
    next_cursor: str | None = None


class LineAnswer(msgspec.Struct):
    """A journal line: a positive amount is a debit, a negative one a credit."""

    account_type: str
    account_number: str
    amount: str
    description: str
    comment: str
    tax_code: str
    dimensions: dict[str, str]


class ReportedAnswer(msgspec.Struct):
    """A row of a run's report; in a preview with the lines that would be posted.

    `new_vendor` names the vendor that would be created for it; its lines say `(new)` till then.
    """

    pex_id: int
    record: Record
    kind: Kind
    date: date
    merchant: str
    amount: str
    outcome: Outcome
    code: str | None
    detail: str | None
    fix: str | None
    document_number: str | None
    lines: list[LineAnswer]
    new_vendor: str | None = None


class ReportedList(msgspec.Struct):
    """A page of a run's report."""

    items: list[ReportedAnswer]
    next_cursor: str | None = None


class TagOptionChange(msgspec.Struct):
    """A change of a PEX tag's options; `code` and `fix` where a field's options failed."""

    tag_id: str
    field: str
    option: str
    value: str
    change: Change
    code: str | None
    detail: str | None
    fix: str | None


class TagOptionChangeList(msgspec.Struct):
    """A page of a run's changes of tag options."""

    items: list[TagOptionChange]
    next_cursor: str | None = None


class ChangeAnswer(msgspec.Struct):
    """What PEX tells otherwise than when it was posted, and since when.

    `field` is amount, settled_on, purchased_on, merchant, approval, status and payments (of an
    invoice), splits, or `tag:` with a tag's id, which `name` then calls as PEX does; null stands
    for nothing.
    """

    field: str
    name: str | None
    before: str | None
    after: str | None
    since: datetime


class NoticeAnswer(msgspec.Struct):
    """What a person should know of a posted transaction, and what to do."""

    code: str
    detail: str
    fix: str


class TransactionAnswer(msgspec.Struct):
    """A transaction with its newest outcome.

    `changes`, `missing_in_pex` (since when) and `notices` (the same in words) tell what became of
    it in PEX after it was posted; the entry stays as it is.
    """

    pex_id: int
    record: Record
    kind: Kind
    date: date
    merchant: str
    cardholder: str | None
    amount: str
    outcome: Outcome
    state: State | None
    code: str | None
    detail: str | None
    fix: str | None
    run_id: UUID
    document_number: str | None
    first_seen_at: datetime
    changed_at: datetime
    changes: list[ChangeAnswer]
    missing_in_pex: datetime | None
    notices: list[NoticeAnswer]


class TransactionList(msgspec.Struct):
    """A page of transactions, newest posting date first."""

    items: list[TransactionAnswer]
    next_cursor: str | None = None


class NumberedLineAnswer(LineAnswer):
    """A journal line with its number, once one is reserved; `id` is Business Central's."""

    line_number: int | None
    id: str | None


class TargetAnswer(msgspec.Struct):
    """The journal that a transaction was sent to."""

    tenant_id: str
    environment: str
    company_id: str
    journal: str


class TransactionInFull(TransactionAnswer):
    """A transaction with its lines, where they are, and what was tried."""

    external_document_number: str | None
    lines: list[NumberedLineAnswer]
    place: Place | None
    target: TargetAnswer | None
    attempts: int
    receipts: list[ReceiptAnswer]


class EventAnswer(msgspec.Struct):
    """An event as it stands in the log."""

    position: int
    version: int
    topic: str
    recorded_at: datetime
    data: dict[str, Any]


class EventList(msgspec.Struct):
    """A transaction's events, oldest first."""

    items: list[EventAnswer]
    next_cursor: str | None = None
