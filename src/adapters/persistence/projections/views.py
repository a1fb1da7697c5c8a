"""From rows to what readers get of them."""

from dataclasses import replace
from typing import Any

import msgspec

from application.ports.read_models import (
    ConnectionView,
    PostedKey,
    ReceiptView,
    RunView,
    SettingsVersion,
    TransactionView,
)
from domain.connection import Microsoft, Status
from domain.journal_entry import JournalEntry
from domain.money import Money
from domain.pex_snapshot import Change
from domain.pex_transaction import Kind, Record
from domain.posted_transaction import Place, State, Target
from domain.receipts import ReceiptStatus
from domain.settings import Settings
from domain.sync_run import TAG_OPTIONS, Counts, Outcome, Reported, RunStatus, Trigger
from domain.sync_window import SyncWindow
from domain.tag_option_history import ReportedOption

_IN_BOOKS = frozenset({Outcome.POSTED, Outcome.ALREADY_POSTED})


def connection_view(row: Any) -> ConnectionView:
    """A connection; `last_sync_at` comes from its runs, `next_at` from the schedule."""
    return ConnectionView(
        row.id,
        row.business_id,
        row.business_name,
        row.funding,
        Status(row.status),
        row.status_code,
        row.status_reason,
        msgspec.json.decode(row.microsoft, type=Microsoft) if row.microsoft else None,
        row.company_id,
        row.company_name,
        row.last_sync_at,
        row.auto_sync,
        row.settings_version,
        row.active_run,
        row.next_at if row.auto_sync else None,
        row.callbacks is True,
    )


def settings_version(row: Any) -> SettingsVersion:
    """A saved version of a connection's settings."""
    settings = msgspec.json.decode(row.settings, type=Settings)
    return SettingsVersion(row.version, settings, row.saved_at, row.actor)


def run_view(row: Any) -> RunView:
    """A run with its counts."""
    kinds = msgspec.json.decode(row.kinds, type=tuple[str, ...])
    return RunView(
        row.id,
        row.connection_id,
        Trigger(row.trigger),
        row.preview,
        tuple(Kind(kind) for kind in kinds if kind != TAG_OPTIONS),
        SyncWindow(row.first_day, row.last_day),
        RunStatus(row.status),
        row.code,
        row.cause,
        row.started_at,
        row.finished_at,
        row.settings_version,
        msgspec.json.decode(row.counts, type=Counts),
        row.waiting_until,
        row.actor,
        TAG_OPTIONS in kinds,
    )


def reported_view(row: Any) -> Reported:
    """A report's line; what stands in the books gets its document number and lines (M33).

    One that failed or is in doubt gets no lines, though there may be an entry that was tried.
    """
    reported = msgspec.json.decode(row.body, type=Reported)
    if reported.lines or not row.entry or reported.outcome not in _IN_BOOKS:
        return reported
    entry = msgspec.json.decode(row.entry, type=JournalEntry)
    return replace(reported, document_number=entry.document_number, lines=entry.lines)


def posted_key(row: Any) -> PostedKey:
    """What a posted transaction is called."""
    return PostedKey(Record(row.record), row.pex_id, Kind(row.kind))


def tag_option_view(row: Any) -> ReportedOption:
    """A change of a tag's options, or a field that failed."""
    return msgspec.json.decode(row.body, type=ReportedOption)


def receipt_view(row: Any) -> ReceiptView:
    """A receipt, and where it is."""
    return ReceiptView(
        row.receipt_id,
        row.number,
        ReceiptStatus(row.status),
        row.code,
        row.cause,
        row.file_name,
        row.size,
        row.sha256,
        row.file_id,
        Place(row.place) if row.place else None,
        row.parent_id,
        row.at,
        row.gone_from_pex,
    )


def transaction_view(row: Any) -> TransactionView:
    """A transaction with its newest outcome."""
    return TransactionView(
        row.connection_id,
        Record(row.record),
        row.pex_id,
        Kind(row.kind),
        row.day,
        row.merchant,
        row.cardholder,
        Money.of(row.amount),
        Outcome(row.outcome),
        State(row.state) if row.state else None,
        row.code,
        row.cause,
        row.run_id,
        msgspec.json.decode(row.entry, type=JournalEntry) if row.entry else None,
        msgspec.json.decode(row.line_numbers, type=tuple[int, ...]),
        msgspec.json.decode(row.line_ids, type=tuple[str, ...]),
        msgspec.json.decode(row.target, type=Target) if row.target else None,
        Place(row.place) if row.place else None,
        row.attempts,
        row.first_seen_at,
        row.changed_at,
        msgspec.json.decode(row.changes, type=tuple[Change, ...]) if row.changes else (),
        row.missing_in_pex,
    )
