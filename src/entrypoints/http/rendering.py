"""From views to the API's answers: money as text, instants in UTC."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec

from application.configure import Choices
from application.ports.event_log import RecordedEvent
from application.ports.pex import Tag
from application.ports.read_models import (
    ConnectionView,
    Page,
    ReceiptView,
    RunView,
    TransactionView,
)
from domain.chart import Chart
from domain.journal_entry import JournalEntry, JournalLine
from domain.pex_snapshot import notices
from domain.refusals import fix_for
from domain.sync_run import TAG_OPTIONS, Outcome, Reported, RunStatus
from domain.tag_option_history import ReportedOption
from entrypoints.http import answers, receipt_answers, run_answers

T = TypeVar("T")
A = TypeVar("A")
L = TypeVar("L")


def page(into: Callable[[list[A], str | None], L], item: Callable[[T], A], of: Page[T]) -> L:
    """A list's page, each of its items rendered."""
    return into([item(one) for one in of.items], of.next_cursor)


def connection(view: ConnectionView) -> answers.ConnectionAnswer:
    """A connection, with what to do about its status."""
    microsoft = view.microsoft
    company_id = view.company_id
    return answers.ConnectionAnswer(
        id=view.id,
        business=answers.BusinessAnswer(view.business_id, view.business_name, view.funding),
        status=view.status,
        status_code=view.status_code,
        status_reason=view.status_reason,
        status_fix=_fix(view.status_code),
        microsoft=answers.MicrosoftAnswer(
            microsoft.mode.value,
            microsoft.tenant_id,
            microsoft.environment,
            microsoft.user,
            microsoft.linked_to,
        )
        if microsoft
        else None,
        company=answers.CompanyAnswer(company_id, view.company_name) if company_id else None,
        last_sync_at=_utc(view.last_sync_at) if view.last_sync_at else None,
        auto_sync=answers.AutoSyncAnswer(
            view.auto_sync, _utc(view.next_at) if view.next_at else None
        ),
        callbacks=answers.CallbacksAnswer(view.callbacks),
        settings_version=view.settings_version,
        active_run=view.active_run,
    )


def choices(found: Choices) -> answers.ChoicesAnswer:
    """What can be chosen; everything but the companies only once one is named."""
    companies = [answers.CompanyAnswer(one.id, one.name) for one in found.companies]
    if found.chart is None:
        return answers.ChoicesAnswer(companies)
    return _whole_choices(companies, found.chart, found.tags)


def _whole_choices(
    companies: list[answers.CompanyAnswer], chart: Chart, tags: tuple[Tag, ...]
) -> answers.ChoicesAnswer:
    return answers.ChoicesAnswer(
        companies=companies,
        accounts=[
            answers.AccountChoice(
                one.id, one.number, one.name, one.category, one.unusable_because is None
            )
            for one in chart.accounts
        ],
        bank_accounts=[
            answers.BankAccountChoice(one.id, one.number, one.name, one.currency, one.blocked)
            for one in chart.bank_accounts
        ],
        vendors=[
            answers.VendorChoice(one.id, one.number, one.name, one.blocked) for one in chart.vendors
        ],
        tax_codes=[answers.CodeChoice(one.id, one.code, one.name) for one in chart.tax_codes],
        dimensions=[
            answers.DimensionChoice(
                one.id,
                one.code,
                one.name,
                [answers.CodeChoice(value.id, value.code, value.name) for value in one.values],
            )
            for one in chart.dimensions.values()
        ],
        pex_tags=[_tag(one) for one in tags],
    )


def _tag(tag: Tag) -> answers.TagChoice:
    options = [answers.TagOptionChoice(one.value, one.name, one.enabled) for one in tag.options]
    return answers.TagChoice(tag.id, tag.name, tag.kind, tag.enabled, options)


def run(view: RunView) -> run_answers.RunAnswer:
    """A run with its counts and how far it is."""
    counts, end = view.counts, view.finished_at
    return run_answers.RunAnswer(
        id=view.id,
        connection_id=view.connection_id,
        trigger=view.trigger,
        preview=view.preview,
        kinds=[f"{kind.value}s" for kind in view.kinds]
        + ([TAG_OPTIONS] if view.tag_options else []),
        window=run_answers.WindowAnswer(view.window.start, view.window.end),
        status=view.status,
        code=view.code,
        detail=view.cause,
        fix=_fix(view.code),
        started_at=_utc(view.started_at),
        finished_at=_utc(end) if end else None,
        duration_seconds=(end - view.started_at).total_seconds() if end else None,
        settings_version=view.settings_version,
        actor=view.actor,
        counts=run_answers.CountsAnswer(
            seen=counts.seen,
            posted=counts.posted,
            already_posted=counts.already_posted,
            skipped=counts.skipped,
            failed=counts.failed,
            in_doubt=counts.in_doubt,
            would_post=counts.would_post,
            tags_synced=counts.tags_synced,
            tag_fields_failed=counts.tag_fields_failed,
            receipts=counts.receipts,
            receipts_failed=counts.receipts_failed,
        ),
        progress=_progress(view),
    )


def _progress(view: RunView) -> run_answers.ProgressAnswer:
    waiting = view.waiting_until if view.finished_at is None else None
    counts, done = view.counts, view.counts.ended
    at_receipts = counts.to_ask_for_receipts > counts.asked_for_receipts
    phase = "receipts" if at_receipts else "working"
    if waiting:
        phase = "waiting"
    if view.status is RunStatus.QUEUED:
        phase = "queued"
    if view.finished_at is not None:
        phase = "over"
    total = max(counts.seen, done)
    if phase == "receipts":
        done, total = counts.asked_for_receipts, counts.to_ask_for_receipts
    return run_answers.ProgressAnswer(phase, done, total, _utc(waiting) if waiting else None)


def reported(row: Reported) -> run_answers.ReportedAnswer:
    """A row of a run's report."""
    return run_answers.ReportedAnswer(
        pex_id=row.pex_id,
        record=row.record,
        kind=row.kind,
        date=row.day,
        merchant=row.merchant,
        amount=str(row.amount),
        outcome=row.outcome,
        code=row.code,
        detail=row.cause,
        fix=_fix(row.code),
        document_number=row.document_number,
        lines=[run_answers.LineAnswer(**_line(one)) for one in row.lines],
        new_vendor=row.new_vendor,
    )


def tag_option(row: ReportedOption) -> run_answers.TagOptionChange:
    """A change of a tag's options, or a field that failed."""
    return run_answers.TagOptionChange(
        row.tag_id,
        row.field,
        row.option,
        row.value,
        row.change,
        row.code,
        row.detail,
        _fix(row.code),
    )


def transaction(view: TransactionView) -> run_answers.TransactionAnswer:
    """A transaction of the ledger of everything seen."""
    return run_answers.TransactionAnswer(**_transaction(view))


def transaction_in_full(
    view: TransactionView, receipts: Sequence[ReceiptView]
) -> run_answers.TransactionInFull:
    """A transaction with its lines, where they are, what was tried, and its receipts."""
    entry, target = view.entry, view.target
    return run_answers.TransactionInFull(
        **_transaction(view),
        external_document_number=entry.external_document_number if entry else None,
        lines=_numbered(entry, view) if entry else [],
        place=view.place,
        target=run_answers.TargetAnswer(
            target.tenant_id, target.environment, target.company_id, target.journal
        )
        if target
        else None,
        attempts=view.attempts,
        receipts=[receipt_answers.rendered(one) for one in receipts],
    )


def event(recorded: RecordedEvent) -> run_answers.EventAnswer:
    """An event as it stands in the log."""
    return run_answers.EventAnswer(
        position=recorded.position,
        version=recorded.version,
        topic=recorded.topic,
        recorded_at=_utc(recorded.recorded_at),
        data=msgspec.json.decode(recorded.payload),
    )


def _transaction(view: TransactionView) -> dict[str, Any]:
    return {
        "pex_id": view.pex_id,
        "record": view.record,
        "kind": view.kind,
        "date": view.day,
        "merchant": view.merchant,
        "cardholder": view.cardholder,
        "amount": str(view.amount),
        "outcome": view.outcome,
        "state": view.state,
        "code": view.code,
        "detail": view.cause,
        "fix": _fix(view.code),
        "run_id": view.run_id,
        "document_number": view.entry.document_number if view.entry else None,
        "first_seen_at": _utc(view.first_seen_at),
        "changed_at": _utc(view.changed_at),
        "changes": [
            run_answers.ChangeAnswer(
                one.field, one.name or None, one.before, one.after, _utc(one.since)
            )
            for one in view.changes
        ],
        "missing_in_pex": _utc(view.missing_in_pex) if view.missing_in_pex else None,
        "notices": [
            run_answers.NoticeAnswer(one.code, one.cause, one.fix)
            for one in notices(view.changes, view.missing_in_pex)
        ],
    }


def _line(one: JournalLine) -> dict[str, Any]:
    return {
        "account_type": one.account_type.value,
        "account_number": one.account_number,
        "amount": str(one.amount),
        "description": one.description,
        "comment": one.comment,
        "tax_code": one.tax_code,
        "dimensions": {dimension.code: dimension.value for dimension in one.dimensions},
    }


def _numbered(entry: JournalEntry, view: TransactionView) -> list[run_answers.NumberedLineAnswer]:
    """The lines with their numbers; ids only where each line has its own."""
    posted = view.outcome is Outcome.POSTED and len(view.line_ids) == len(entry.lines)
    nothing = (None,) * len(entry.lines)
    ids = view.line_ids if posted else nothing
    numbers = view.line_numbers or nothing
    return [
        run_answers.NumberedLineAnswer(**_line(one), line_number=number, id=line_id)
        for one, number, line_id in zip(entry.lines, numbers, ids, strict=False)
    ]


def _fix(code: str | None) -> str | None:
    return fix_for(code) if code else None


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)
