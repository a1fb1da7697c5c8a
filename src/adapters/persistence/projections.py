"""From events to the views' rows.

A view of an aggregate is a function of the aggregate, so the rules stay in the domain: a page of
the log names the streams that changed, and their rows are written anew from what they are now.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from adapters.persistence.engine import upsert
from adapters.persistence.read_model_tables import (
    connections,
    run_rows,
    runs,
    settings_versions,
    transactions,
)
from application.ports.event_log import EventLog, RecordedEvent
from domain.connection import Connection
from domain.posted_transaction import PostedTransaction, State
from domain.sync_run import Outcome, Reported, RunPage, SyncRun

OUTCOMES = {
    State.SEEN: Outcome.SKIPPED,
    State.SKIPPED: Outcome.SKIPPED,
    State.FAILED: Outcome.FAILED,
    State.HELD: Outcome.FAILED,
    State.RESERVED: Outcome.IN_DOUBT,
    State.SUBMITTED: Outcome.IN_DOUBT,
    State.IN_DOUBT: Outcome.IN_DOUBT,
    State.POSTED: Outcome.POSTED,
}
ROWS_A_PAGE = 100_000
Row = dict[str, Any]


def to_text(value: object) -> str:
    """A value as JSON text."""
    return msgspec.json.encode(value).decode()


def project(connection: sa.Connection, log: EventLog, page: Sequence[RecordedEvent]) -> None:
    """Bring the views up to date with a page of the log."""
    _write(connection, connections, _changed(log, Connection, page, "connection.", _connection))
    for recorded in page:
        if recorded.topic == "connection.settings_saved":
            _write(connection, settings_versions, [_settings(recorded)])
    _write(connection, runs, _changed(log, SyncRun, page, "sync_run.", _run))
    postings = _changed(log, PostedTransaction, page, "posted_transaction.", _transaction)
    _write(connection, transactions, [row for row in postings if row["entry"]])
    # Where there is no entry yet, the day comes from the run's report.
    _write(connection, transactions, [row for row in postings if not row["entry"]], keep=("day",))
    for run_page in _loaded(log, RunPage, page, "run_page."):
        _report(connection, run_page)


def _loaded(log: EventLog, kind: type[Any], page: Iterable[RecordedEvent], topic: str) -> list[Any]:
    streams = {one.stream: None for one in page if one.topic.startswith(topic)}
    return list(log.find_many(kind, list(streams)).values())


def _changed(
    log: EventLog,
    kind: type[Any],
    page: Iterable[RecordedEvent],
    topic: str,
    row: Callable[[Any], Row],
) -> list[Row]:
    return [row(aggregate) for aggregate in _loaded(log, kind, page, topic)]


def _write(
    connection: sa.Connection, table: sa.Table, rows: list[Row], keep: tuple[str, ...] = ()
) -> None:
    """Insert rows, or replace them; columns to keep are only set where the row is new."""
    if not rows:
        return
    insert = upsert(connection, table)
    keys = [column.name for column in table.primary_key]
    replaced = {
        name: insert.excluded[name] for name in rows[0] if name not in keys and name not in keep
    }
    connection.execute(insert.on_conflict_do_update(index_elements=keys, set_=replaced), rows)


def _connection(aggregate: Connection) -> Row:
    code, reason = aggregate.trouble or (None, None)
    return {
        "id": aggregate.id,
        "business_id": aggregate.business_id,
        "business_name": aggregate.name,
        "funding": aggregate.funding,
        "status": aggregate.status.value,
        "status_code": code,
        "status_reason": reason,
        "microsoft": to_text(aggregate.microsoft) if aggregate.microsoft else None,
        "company_id": aggregate.settings.company_id,
        "company_name": aggregate.company_name or None,
        "auto_sync": aggregate.auto_sync,
        "settings_version": aggregate.settings_version,
        "active_run": aggregate.active_run,
    }


def _settings(recorded: RecordedEvent) -> Row:
    event: Any = recorded.event
    return {
        "connection_id": recorded.stream,
        "version": event.version,
        "settings": to_text(event.settings),
        "saved_at": event.timestamp,
        "actor": event.actor,
    }


def _run(aggregate: SyncRun) -> Row:
    return {
        "id": aggregate.id,
        "connection_id": aggregate.connection_id,
        "trigger": aggregate.trigger.value,
        "preview": aggregate.preview,
        "kinds": to_text(aggregate.kinds),
        "first_day": aggregate.window.start,
        "last_day": aggregate.window.end,
        "status": aggregate.status.value,
        "code": aggregate.code,
        "cause": aggregate.cause,
        "started_at": aggregate.started_at,
        "finished_at": aggregate.finished_at,
        "settings_version": aggregate.settings_version,
        "counts": to_text(aggregate.counts),
        "waiting_until": aggregate.stalled_until,
        "actor": aggregate.actor,
    }


def _transaction(posting: PostedTransaction) -> Row:
    facts, entry = posting.facts, posting.entry
    return {
        "connection_id": posting.connection_id,
        "record": posting.record.value,
        "pex_id": posting.pex_id,
        "stream": posting.id,
        "kind": facts.kind.value,
        "day": entry.posting_date if entry else facts.settled_on,
        "merchant": facts.merchant,
        "cardholder": facts.cardholder,
        "search": f"{facts.merchant} {facts.cardholder or ''}".casefold(),
        "amount": str(facts.amount.amount),
        "outcome": OUTCOMES[posting.state].value,
        "state": posting.state.value,
        "code": posting.code,
        "cause": posting.cause,
        "run_id": posting.run_id,
        "entry": to_text(entry) if entry else None,
        "line_numbers": to_text(posting.line_numbers),
        "line_ids": to_text(posting.line_ids),
        "target": to_text(posting.target) if posting.target else None,
        "place": posting.place.value if posting.place else None,
        "attempts": posting.attempts,
        "first_seen_at": posting.created_on,
        "changed_at": posting.modified_on,
    }


def _report(connection: sa.Connection, page: RunPage) -> None:
    first = page.number * ROWS_A_PAGE
    rows = [
        {
            "run_id": page.run_id,
            "sequence": first + index,
            "connection_id": page.connection_id,
            "record": row.record.value,
            "pex_id": row.pex_id,
            "outcome": row.outcome.value,
            "body": to_text(row),
        }
        for index, row in enumerate(page.reported)
    ]
    _write(connection, run_rows, rows)
    if not page.preview:
        _report_transactions(connection, page)


def _report_transactions(connection: sa.Connection, page: RunPage) -> None:
    """What a run says of transactions: all there is of those without a stream of their own."""
    rows = [_seen(page, reported) for reported in page.reported]
    if not rows:
        return
    insert = upsert(connection, transactions)
    told = ("kind", "day", "merchant", "search", "amount", "outcome", "code", "cause", "run_id")
    keys = [column.name for column in transactions.primary_key]
    connection.execute(
        insert.on_conflict_do_update(
            index_elements=keys,
            set_={name: insert.excluded[name] for name in (*told, "changed_at")},
            where=transactions.c.stream.is_(None),
        ),
        rows,
    )
    connection.execute(
        sa.update(transactions)
        .where(
            transactions.c.connection_id == sa.bindparam("of_connection"),
            transactions.c.record == sa.bindparam("of_record"),
            transactions.c.pex_id == sa.bindparam("of_pex_id"),
            transactions.c.stream.is_not(None),
            transactions.c.entry.is_(None),
        )
        .values(day=sa.bindparam("told_day")),
        [
            {
                "of_connection": row["connection_id"],
                "of_record": row["record"],
                "of_pex_id": row["pex_id"],
                "told_day": row["day"],
            }
            for row in rows
        ],
    )


def _seen(page: RunPage, reported: Reported) -> Row:
    posted = reported.outcome is Outcome.ALREADY_POSTED
    return {
        "connection_id": page.connection_id,
        "record": reported.record.value,
        "pex_id": reported.pex_id,
        "kind": reported.kind.value,
        "day": reported.day,
        "merchant": reported.merchant,
        "search": reported.merchant.casefold(),
        "amount": str(reported.amount.amount),
        "outcome": Outcome.POSTED.value if posted else reported.outcome.value,
        "code": reported.code,
        "cause": reported.cause,
        "run_id": page.run_id,
        "line_numbers": "[]",
        "line_ids": "[]",
        "attempts": 0,
        "first_seen_at": page.created_on,
        "changed_at": page.created_on,
    }
