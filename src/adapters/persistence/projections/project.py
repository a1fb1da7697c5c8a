"""From events to the views' rows, event by event in the order of the log.

The views at a position are a function of the events up to it, however they were cut into pages.
"""

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa

from adapters.persistence.projections.replay import Replay
from adapters.persistence.projections.rows import (
    Row,
    connection_row,
    receipt_rows,
    report_rows,
    run_row,
    settings_row,
    tag_option_rows,
    write,
)
from adapters.persistence.projections.transactions import (
    Change,
    apply_changes,
    posting_change,
    report_changes,
)
from adapters.persistence.read_model_tables import (
    connections,
    receipts,
    run_rows,
    runs,
    settings_versions,
    tag_options,
)
from application.ports.event_log import RecordedEvent
from domain.connection import Connection
from domain.posted_transaction import PostedTransaction
from domain.sync_run import RunPage, SyncRun
from domain.tag_option_history import TagOptionPage
from domain.transaction_receipts import TransactionReceipts

CHANGES_HELD = 2_000
"""How many rows are held back before they are written; a page of events may hold far more."""


class _Draft:
    """What events change, held back to be written together."""

    def __init__(self, connection: sa.Connection, replay: Replay) -> None:
        self.replay = replay
        self.changes: list[Change] = []
        self._connection = connection
        self._rows: dict[sa.Table, dict[tuple[Any, ...], Row]] = {}
        self._held = 0

    def put(self, table: sa.Table, row: Row) -> None:
        """Hold a row, in place of an older one of the same key."""
        key = tuple(row[column.name] for column in table.primary_key)
        self._rows.setdefault(table, {})[key] = row
        self._held += 1

    def write(self, *, at_least: int = 1) -> None:
        """Write what is held, where it is enough."""
        if self._held + len(self.changes) < at_least:
            return
        for table, rows in self._rows.items():
            write(self._connection, table, rows.values())
        apply_changes(self._connection, self.changes)
        self._rows, self.changes, self._held = {}, [], 0


def project(connection: sa.Connection, replay: Replay, page: Sequence[RecordedEvent]) -> None:
    """Bring the views up to date with the next events of the log."""
    draft = _Draft(connection, replay)
    for recorded in page:
        apply = _BY_AGGREGATE.get(recorded.topic.partition(".")[0])
        if apply is not None:
            apply(draft, recorded)
            draft.write(at_least=CHANGES_HELD)
    draft.write()


def _connection(draft: _Draft, recorded: RecordedEvent) -> None:
    aggregate = draft.replay.apply(Connection, recorded)
    draft.put(connections, connection_row(aggregate))
    if recorded.topic == "connection.settings_saved":
        event: Any = recorded.event
        draft.put(settings_versions, settings_row(aggregate, event.actor))


def _run(draft: _Draft, recorded: RecordedEvent) -> None:
    draft.put(runs, run_row(draft.replay.apply(SyncRun, recorded)))


def _run_page(draft: _Draft, recorded: RecordedEvent) -> None:
    page = draft.replay.apply(RunPage, recorded)
    for row in report_rows(page):
        draft.put(run_rows, row)
    draft.changes.extend(report_changes(page))


def _tag_option_page(draft: _Draft, recorded: RecordedEvent) -> None:
    for row in tag_option_rows(draft.replay.apply(TagOptionPage, recorded)):
        draft.put(tag_options, row)


def _posting(draft: _Draft, recorded: RecordedEvent) -> None:
    draft.changes.append(posting_change(draft.replay.apply(PostedTransaction, recorded)))


def _receipts(draft: _Draft, recorded: RecordedEvent) -> None:
    for row in receipt_rows(draft.replay.apply(TransactionReceipts, recorded)):
        draft.put(receipts, row)


_BY_AGGREGATE: dict[str, Callable[[_Draft, RecordedEvent], None]] = {
    Connection.TOPIC: _connection,
    SyncRun.TOPIC: _run,
    RunPage.TOPIC: _run_page,
    TagOptionPage.TOPIC: _tag_option_page,
    PostedTransaction.TOPIC: _posting,
    TransactionReceipts.TOPIC: _receipts,
}
