"""Rows of connections, settings, runs and reports; each is a function of its aggregate."""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
import sqlalchemy as sa

from adapters.persistence.engine import upsert
from domain.connection import Connection
from domain.receipts import ReceiptStatus
from domain.sync_run import TAG_OPTIONS, RunPage, SyncRun
from domain.tag_option_history import TagOptionPage
from domain.transaction_receipts import TransactionReceipts

ROWS_A_PAGE = 100_000
"""More rows than a page of a report ever has: the place of a row is page times this, plus index."""

Row = dict[str, Any]


def to_text(value: object) -> str:
    """A value as JSON text."""
    return msgspec.json.encode(value).decode()


def write(connection: sa.Connection, table: sa.Table, rows: Iterable[Row]) -> None:
    """Insert rows, all of the same columns, or replace those that are there."""
    rows = list(rows)
    if not rows:
        return
    insert = upsert(connection, table)
    keys = [column.name for column in table.primary_key]
    replaced = {name: insert.excluded[name] for name in rows[0] if name not in keys}
    connection.execute(insert.on_conflict_do_update(index_elements=keys, set_=replaced), rows)


def connection_row(aggregate: Connection) -> Row:
    """A connection with the status that the domain gives it (M4)."""
    code, reason = aggregate.trouble or (None, None)
    return {
        "id": aggregate.id,
        "business_id": aggregate.business_id,
        "business_name": aggregate.name,
        "funding": aggregate.funding,
        "status": aggregate.status.value,
        "status_code": code,
        "status_reason": reason,
        "pex_signed_in": aggregate.pex_user is not None,
        "microsoft": to_text(aggregate.microsoft) if aggregate.microsoft else None,
        "company_id": aggregate.settings.company_id,
        "company_name": aggregate.company_name or None,
        "auto_sync": aggregate.auto_sync,
        "settings_version": aggregate.settings_version,
        "active_run": aggregate.active_run,
        "opened_at": aggregate.created_on,
        "callbacks": aggregate.callbacks or None,
    }


def settings_row(aggregate: Connection, actor: str) -> Row:
    """The version that was just saved, and who saved it (M15)."""
    return {
        "connection_id": aggregate.id,
        "version": aggregate.settings_version,
        "settings": to_text(aggregate.settings),
        "saved_at": aggregate.modified_on,
        "actor": actor,
    }


def run_row(aggregate: SyncRun) -> Row:
    """A run with its counts, and while it waits with what it waits for (M30, M32)."""
    code, cause = aggregate.trouble
    return {
        "id": aggregate.id,
        "connection_id": aggregate.connection_id,
        "trigger": aggregate.trigger.value,
        "preview": aggregate.preview,
        "kinds": to_text([*aggregate.kinds, *([TAG_OPTIONS] if aggregate.tag_options else [])]),
        "first_day": aggregate.window.start,
        "last_day": aggregate.window.end,
        "status": aggregate.status.value,
        "code": code,
        "cause": cause,
        "started_at": aggregate.started_at,
        "finished_at": aggregate.finished_at,
        "settings_version": aggregate.settings_version,
        "counts": to_text(aggregate.counts),
        "waiting_until": None if aggregate.is_over else aggregate.stalled_until,
        "actor": aggregate.actor,
    }


def receipt_rows(aggregate: TransactionReceipts) -> Iterator[Row]:
    """A transaction's receipts (M24), and under an empty id the trouble with their list."""
    key = {
        "connection_id": aggregate.connection_id,
        "record": aggregate.record.value,
        "pex_id": aggregate.pex_id,
    }
    for one in aggregate.receipts.values():
        attached = one.status is ReceiptStatus.ATTACHED
        yield {
            **key,
            "receipt_id": one.id,
            "number": one.number,
            "status": one.status.value,
            "code": one.code,
            "cause": one.cause,
            "file_name": one.file.file_name if one.file else None,
            "size": one.file.size if one.file else None,
            "sha256": one.file.sha256 if one.file else None,
            "file_id": one.file_id,
            "place": one.holder.place.value if one.holder and attached else None,
            "parent_id": one.holder.id if one.holder and attached else None,
            "at": one.at,
            "gone_from_pex": one.gone_from_pex,
        }
    code, cause = aggregate.trouble or (None, None)
    nothing = dict.fromkeys(("file_name", "size", "sha256", "file_id", "place", "parent_id"))
    yield {
        **key,
        "receipt_id": "",
        "number": 0,
        "status": ReceiptStatus.FAILED.value if code else None,
        "code": code,
        "cause": cause,
        **nothing,
        "at": aggregate.trouble_noted_at,
        "gone_from_pex": False,
    }


def report_rows(page: RunPage) -> Iterator[Row]:
    """A page of a run's report, in report order."""
    first = page.number * ROWS_A_PAGE
    for index, reported in enumerate(page.reported):
        yield {
            "run_id": page.run_id,
            "sequence": first + index,
            "connection_id": page.connection_id,
            "record": reported.record.value,
            "pex_id": reported.pex_id,
            "outcome": reported.outcome.value,
            "body": to_text(reported),
        }


def tag_option_rows(page: TagOptionPage) -> Iterator[Row]:
    """A page of what a run changed in tags."""
    first = page.number * ROWS_A_PAGE
    for index, reported in enumerate(page.reported):
        yield {"run_id": page.run_id, "sequence": first + index, "body": to_text(reported)}
