"""Views as the API shows them: snake_case, money as decimal strings, instants in UTC with Z."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from application.configure import Choices
from application.ports.event_log import RecordedEvent
from application.ports.read_models import ConnectionView, Page, RunView, TransactionView
from domain.journal_entry import JournalEntry, JournalLine
from domain.money import Money
from domain.refusals import fix_for
from domain.sync_run import Outcome, Reported, RunStatus

Json = dict[str, Any]


def instant(moment: datetime | None) -> str | None:
    """An instant in UTC."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def money(amount: Money) -> str:
    """An amount with its two decimals."""
    return str(amount)


def page(of: Page[Any], item: Any) -> Json:
    """A list's page."""
    return {"items": [item(one) for one in of.items], "next_cursor": of.next_cursor}


def connection(view: ConnectionView) -> Json:
    """A connection."""
    microsoft = view.microsoft
    return {
        "id": str(view.id),
        "business": {
            "id": view.business_id,
            "name": view.business_name,
            "funding": view.funding,
        },
        "status": view.status.value,
        "status_code": view.status_code,
        "status_reason": view.status_reason,
        "status_fix": fix_for(view.status_code) if view.status_code else None,
        "microsoft": {
            "mode": microsoft.mode.value,
            "tenant_id": microsoft.tenant_id,
            "environment": microsoft.environment,
            "user": microsoft.user,
        }
        if microsoft
        else None,
        "company": {"id": view.company_id, "name": view.company_name} if view.company_id else None,
        "last_sync_at": instant(view.last_sync_at),
        "auto_sync": {"enabled": view.auto_sync, "next_at": None},
        "settings_version": view.settings_version,
        "active_run": str(view.active_run) if view.active_run else None,
    }


def choices(found: Choices) -> Json:
    """What can be chosen; everything but the companies only once one is named."""
    body: Json = {"companies": [{"id": one.id, "name": one.name} for one in found.companies]}
    chart = found.chart
    if chart is None:
        return body
    body["accounts"] = [
        {
            "id": one.id,
            "number": one.number,
            "name": one.name,
            "category": one.category,
            "usable": one.unusable_because is None,
        }
        for one in chart.accounts
    ]
    body["bank_accounts"] = [
        {
            "id": one.id,
            "number": one.number,
            "name": one.name,
            "currency": one.currency,
            "blocked": one.blocked,
        }
        for one in chart.bank_accounts
    ]
    body["vendors"] = [
        {"id": one.id, "number": one.number, "name": one.name, "blocked": one.blocked}
        for one in chart.vendors
    ]
    body["tax_codes"] = [
        {"id": one.id, "code": one.code, "name": one.name} for one in chart.tax_codes
    ]
    body["dimensions"] = [
        {
            "id": one.id,
            "code": one.code,
            "name": one.name,
            "values": [
                {"id": value.id, "code": value.code, "name": value.name} for value in one.values
            ],
        }
        for one in chart.dimensions.values()
    ]
    body["pex_tags"] = [
        {
            "id": tag.id,
            "name": tag.name,
            "kind": tag.kind,
            "enabled": tag.enabled,
            "options": [
                {"value": one.value, "name": one.name, "enabled": one.enabled}
                for one in tag.options
            ],
        }
        for tag in found.tags
    ]
    return body


def run(view: RunView) -> Json:
    """A run with its counts and how far it is."""
    counts = view.counts
    end = view.finished_at
    return {
        "id": str(view.id),
        "connection_id": str(view.connection_id),
        "trigger": view.trigger.value,
        "preview": view.preview,
        "kinds": [f"{kind.value}s" for kind in view.kinds],
        "window": {
            "start_date": view.window.start.isoformat(),
            "end_date": view.window.end.isoformat(),
        },
        "status": view.status.value,
        "code": view.code,
        "detail": view.cause,
        "fix": fix_for(view.code) if view.code else None,
        "started_at": instant(view.started_at),
        "finished_at": instant(end),
        "duration_seconds": (end - view.started_at).total_seconds() if end else None,
        "settings_version": view.settings_version,
        "actor": view.actor,
        "counts": {
            "seen": counts.seen,
            "posted": counts.posted,
            "already_posted": counts.already_posted,
            "skipped": counts.skipped,
            "failed": counts.failed,
            "in_doubt": counts.in_doubt,
            "would_post": counts.would_post,
            "receipts": 0,
            "tags_synced": 0,
        },
        "progress": progress(view),
    }


def progress(view: RunView) -> Json:
    """How far a run is: transactions with an outcome, of those seen so far."""
    over = view.finished_at is not None
    waiting = view.waiting_until is not None and not over
    phase = "over" if over else "waiting" if waiting else "working"
    if view.status is RunStatus.QUEUED:
        phase = "queued"
    return {
        "phase": phase,
        "done": view.counts.ended,
        "total": max(view.counts.seen, view.counts.ended),
        "waiting_until": instant(view.waiting_until) if waiting else None,
    }


def line(one: JournalLine) -> Json:
    """A journal line: a positive amount is a debit, a negative one a credit."""
    return {
        "account_type": one.account_type.value,
        "account_number": one.account_number,
        "amount": money(one.amount),
        "description": one.description,
        "comment": one.comment,
        "tax_code": one.tax_code,
        "dimensions": {dimension.code: dimension.value for dimension in one.dimensions},
    }


def reported(row: Reported) -> Json:
    """A row of a run's report."""
    return {
        "pex_id": row.pex_id,
        "record": row.record.value,
        "kind": row.kind.value,
        "date": row.day.isoformat(),
        "merchant": row.merchant,
        "amount": money(row.amount),
        "outcome": row.outcome.value,
        "code": row.code,
        "detail": row.cause,
        "fix": fix_for(row.code) if row.code else None,
        "document_number": row.document_number,
        "lines": [line(one) for one in row.lines],
    }


def transaction(view: TransactionView) -> Json:
    """A transaction of the ledger of everything seen."""
    entry = view.entry
    return {
        "pex_id": view.pex_id,
        "record": view.record.value,
        "kind": view.kind.value,
        "date": view.day.isoformat(),
        "merchant": view.merchant,
        "cardholder": view.cardholder,
        "amount": money(view.amount),
        "outcome": view.outcome.value,
        "state": view.state.value if view.state else None,
        "code": view.code,
        "detail": view.cause,
        "fix": fix_for(view.code) if view.code else None,
        "run_id": str(view.run_id),
        "document_number": entry.document_number if entry else None,
        "first_seen_at": instant(view.first_seen_at),
        "changed_at": instant(view.changed_at),
    }


def transaction_in_full(view: TransactionView) -> Json:
    """A transaction with its lines, where they are, and what was tried."""
    return {
        **transaction(view),
        "external_document_number": view.entry.external_document_number if view.entry else None,
        "lines": _numbered(view.entry, view) if view.entry else [],
        "place": view.place.value if view.place else None,
        "target": msgspec.to_builtins(view.target) if view.target else None,
        "attempts": view.attempts,
        "receipts": [],
    }


def _numbered(entry: JournalEntry, view: TransactionView) -> list[Json]:
    posted = view.outcome is Outcome.POSTED and len(view.line_ids) == len(entry.lines)
    ids = view.line_ids if posted else ("",) * len(entry.lines)
    numbers = view.line_numbers or (0,) * len(entry.lines)
    return [
        {**line(one), "line_number": number, "id": line_id or None}
        for one, number, line_id in zip(entry.lines, numbers, ids, strict=False)
    ]


def event(recorded: RecordedEvent) -> Json:
    """An event as it stands in the log."""
    return {
        "position": recorded.position,
        "version": recorded.version,
        "topic": recorded.topic,
        "recorded_at": instant(recorded.recorded_at),
        "data": msgspec.json.decode(recorded.payload),
    }
