"""Rows of the ledger of everything seen: each event changes the row that the one before left.

What a transaction's own stream says and what runs report of it meet in one row, and the newer word
holds; only from `posted` no report leads away (M25, M26).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from uuid import UUID

import sqlalchemy as sa

from adapters.persistence.projections.rows import Row, to_text, write
from adapters.persistence.read_model_tables import transactions
from domain.posted_transaction import PostedTransaction, State
from domain.sync_run import Outcome, Reported, RunPage

OUTCOMES = {
    State.SEEN: Outcome.SKIPPED,
    State.SKIPPED: Outcome.SKIPPED,
    State.FAILED: Outcome.FAILED,
    State.HELD: Outcome.FAILED,
    State.RESERVED: Outcome.IN_DOUBT,  # released, and waiting to be sent again
    State.SUBMITTED: Outcome.IN_DOUBT,
    State.IN_DOUBT: Outcome.IN_DOUBT,
    State.BARE: Outcome.IN_DOUBT,  # whether its dimensions will be taken is not known yet
    State.COMPLETING: Outcome.IN_DOUBT,
    State.UNDOING: Outcome.IN_DOUBT,
    State.POSTED: Outcome.POSTED,
}
STANDS_IN_BOOKS = frozenset({Outcome.POSTED, Outcome.ALREADY_POSTED})
KEYS_A_QUERY = 500

Key = tuple[UUID, str, int]
Change = tuple[Key, Callable[[Row | None], Row]]


def posting_change(posting: PostedTransaction) -> Change:
    """What the newest event of a transaction's stream does to its row."""
    key = (posting.connection_id, posting.record.value, posting.pex_id)
    told, first = _posting(posting), posting.version == 1
    facts = _facts(posting) if first else {}
    if posting.entry is not None:
        facts["day"] = posting.entry.posting_date

    def change(row: Row | None) -> Row:
        earlier = {"first_seen_at": row["first_seen_at"]} if row else {}
        return _row(key, {**(row or {}), **told, **facts, **earlier})

    return key, change


def _facts(posting: PostedTransaction) -> Row:
    facts = posting.facts
    return {
        "kind": facts.kind.value,
        "day": facts.settled_on,
        "merchant": facts.merchant,
        "cardholder": facts.cardholder,
        "amount": str(facts.amount.amount),
        "first_seen_at": posting.created_on,
    }


def _posting(posting: PostedTransaction) -> Row:
    return {
        "stream": posting.id,
        "outcome": OUTCOMES[posting.state].value,
        "state": posting.state.value,
        "code": posting.code,
        "cause": posting.cause,
        "run_id": posting.run_id,
        "entry": to_text(posting.entry) if posting.entry else None,
        "line_numbers": to_text(posting.line_numbers),
        "line_ids": to_text(posting.line_ids),
        "target": to_text(posting.target) if posting.target else None,
        "place": posting.place.value if posting.place else None,
        "attempts": posting.attempts,
        "changed_at": posting.modified_on,
        "changes": to_text(posting.changes) if posting.changes else None,
        "missing_in_pex": posting.missing_since,
        "differs": True if posting.changes or posting.missing_since else None,
    }


def report_changes(page: RunPage) -> Iterable[Change]:
    """What a page of a report does to the rows; a preview does nothing (M17)."""
    return () if page.preview else (_report_change(page, reported) for reported in page.reported)


def _report_change(page: RunPage, reported: Reported) -> Change:
    key = (page.connection_id, reported.record.value, reported.pex_id)
    in_books = reported.outcome in STANDS_IN_BOOKS

    def change(row: Row | None) -> Row:
        if row is None:
            return _row(key, {**_untouched(page), **_told(page, reported)})
        # Its own stream alone says that it is posted; a report only repeats that.
        if row["outcome"] == Outcome.POSTED or (in_books and row["stream"] is not None):
            return row
        return _row(key, {**row, **_told(page, reported)})

    return key, change


def _untouched(page: RunPage) -> Row:
    """A transaction without a stream: it was only ever left alone."""
    nothing = dict.fromkeys(
        (
            "stream",
            "cardholder",
            "state",
            "entry",
            "target",
            "place",
            "changes",
            "missing_in_pex",
            "differs",
        )
    )
    return {
        **nothing,
        "line_numbers": "[]",
        "line_ids": "[]",
        "attempts": 0,
        "first_seen_at": page.created_on,
    }


def _told(page: RunPage, reported: Reported) -> Row:
    in_books = reported.outcome in STANDS_IN_BOOKS
    return {
        "kind": reported.kind.value,
        "day": reported.day,
        "merchant": reported.merchant,
        "amount": str(reported.amount.amount),
        "outcome": Outcome.POSTED.value if in_books else reported.outcome.value,
        "code": reported.code,
        "cause": reported.cause,
        "run_id": page.run_id,
        "changed_at": page.created_on,
    }


def _row(key: Key, values: Row) -> Row:
    connection_id, record, pex_id = key
    # The line feed keeps a search from matching across the two.
    search = f"{values['merchant']}\n{values['cardholder'] or ''}".casefold()
    keys = {"connection_id": connection_id, "record": record, "pex_id": pex_id}
    return {**values, **keys, "search": search}


def apply_changes(connection: sa.Connection, changes: Sequence[Change]) -> None:
    """Apply changes in order to the rows as they stand, and write those that are new."""
    rows = _stored(connection, {key for key, _ in changes})
    changed: dict[Key, Row] = {}
    for key, change in changes:
        before = rows.get(key)
        after = change(before)
        if after is not before:
            rows[key] = changed[key] = after
    write(connection, transactions, changed.values())


def _stored(connection: sa.Connection, keys: Iterable[Key]) -> dict[Key, Row]:
    groups: dict[tuple[UUID, str], list[int]] = defaultdict(list)
    for connection_id, record, pex_id in keys:
        groups[connection_id, record].append(pex_id)
    found: dict[Key, Row] = {}
    for (connection_id, record), ids in groups.items():
        for first in range(0, len(ids), KEYS_A_QUERY):
            query = sa.select(transactions).where(
                transactions.c.connection_id == connection_id,
                transactions.c.record == record,
                transactions.c.pex_id.in_(ids[first : first + KEYS_A_QUERY]),
            )
            for row in connection.execute(query).mappings():
                found[connection_id, record, row["pex_id"]] = dict(row)
    return found
