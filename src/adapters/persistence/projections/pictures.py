"""The figures behind the pictures (M36), from one query.

The database adds up what is posted and what waits. Amounts stand as text in the views, and SQLite
has no decimals: so each amount is read as a whole number of hundredths of a cent before any are
added, and sums are exact. Journal lines are added up here, from the entries: reading those is
several times faster than letting a database look into each of them as JSON.
"""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from adapters.persistence.projections.afterwards import WAITS_FOR_SOMEBODY
from adapters.persistence.read_model_tables import transactions
from application.ports.pictures import Figures, PostedOnDay, SpentOn, WaitingFor
from domain.journal_entry import AccountType
from domain.money import Money
from domain.pex_transaction import Kind
from domain.sync_run import Outcome
from domain.sync_window import SyncWindow

PARTS = 10_000
"""Parts of a dollar in which is counted, exact for any amount below 900 billion dollars."""
SPENDING = (Kind.PURCHASE.value, Kind.FEE.value)
POSTED, WAITING, ENTRY = "posted", "waiting", "entry"
ROWS_AT_ONCE = 2_000


class _Amount(msgspec.Struct):
    amount: Decimal


class _Line(msgspec.Struct):
    account_type: AccountType
    account_number: str
    amount: _Amount


class _Entry(msgspec.Struct):
    """As much of a journal entry as spending is told from."""

    lines: tuple[_Line, ...]


def figures(connection: sa.Connection, connection_id: UUID, days: SyncWindow) -> Figures:
    """The figures of some days; entries are read a few at a time."""
    query = _query(connection_id, days)
    rows = connection.execute(query, execution_options={"yield_per": ROWS_AT_ONCE})
    posted: list[Any] = []
    waiting: list[Any] = []
    spending = _Spending()
    for row in rows:
        if row.part == ENTRY:
            spending.add(row.name)
        else:
            (posted if row.part == POSTED else waiting).append(row)
    return Figures(_posted_on_days(posted), _waiting_for(waiting), spending.by_account())


class _Spending:
    """Adds up journal lines by account, but for each entry's last, which is the PEX account's."""

    def __init__(self) -> None:
        self._amounts: dict[str, Decimal] = defaultdict(Decimal)
        self._lines: dict[str, int] = defaultdict(int)
        self._decoder = msgspec.json.Decoder(_Entry)

    def add(self, entry: str) -> None:
        for line in self._decoder.decode(entry).lines[:-1]:
            if line.account_type is AccountType.GL:
                self._amounts[line.account_number] += line.amount.amount
                self._lines[line.account_number] += 1

    def by_account(self) -> tuple[SpentOn, ...]:
        largest_first = sorted(self._amounts.items(), key=lambda item: (-item[1], item[0]))
        return tuple(
            SpentOn(account, self._lines[account], Money(amount))
            for account, amount in largest_first
        )


def _posted_on_days(rows: Iterable[Any]) -> tuple[PostedOnDay, ...]:
    kinds = {kind.value: place for place, kind in enumerate(Kind)}
    return tuple(
        PostedOnDay(row.day, Kind(row.name), row.number, _money(row.total))
        for row in sorted(rows, key=lambda row: (row.day, kinds[row.name]))
    )


def _waiting_for(rows: Iterable[Any]) -> tuple[WaitingFor, ...]:
    return tuple(
        WaitingFor(Outcome(row.outcome), row.name, row.number, _money(row.total))
        for row in sorted(rows, key=lambda row: (-row.number, row.name or ""))
    )


def _money(parts: Any) -> Money:
    return Money(Decimal(int(parts)) / PARTS)


def _query(connection_id: UUID, days: SyncWindow) -> sa.CompoundSelect[Any]:
    """Rows of `part, day, name, outcome, number, total`; what a part does not have is NULL."""
    ours = (
        transactions.c.connection_id == connection_id,
        transactions.c.day.between(days.start, days.end),
    )
    parts = (_posted(), _waiting(), _entries())
    return sa.union_all(*(part.where(*ours) for part in parts))


def _posted() -> sa.Select[Any]:
    day, kind = transactions.c.day, transactions.c.kind
    return (
        sa.select(
            sa.literal_column(f"'{POSTED}'").label("part"),
            day.label("day"),
            kind.label("name"),
            sa.cast(sa.null(), sa.Text()).label("outcome"),
            sa.func.count().label("number"),
            _total(transactions.c.amount),
        )
        .where(transactions.c.outcome == Outcome.POSTED.value)
        .group_by(day, kind)
    )


def _waiting() -> sa.Select[Any]:
    code, outcome = transactions.c.code, transactions.c.outcome
    return (
        sa.select(
            sa.literal_column(f"'{WAITING}'"),
            sa.cast(sa.null(), sa.Date()),
            code,
            outcome,
            sa.func.count(),
            _total(transactions.c.amount),
        )
        .where(WAITS_FOR_SOMEBODY)
        .group_by(code, outcome)
    )


def _entries() -> sa.Select[Any]:
    return sa.select(
        sa.literal_column(f"'{ENTRY}'"),
        sa.cast(sa.null(), sa.Date()),
        transactions.c.entry,
        sa.cast(sa.null(), sa.Text()),
        sa.cast(sa.null(), sa.BigInteger()),
        sa.cast(sa.null(), sa.Numeric()),
    ).where(
        transactions.c.outcome == Outcome.POSTED.value,
        transactions.c.kind.in_(SPENDING),
        transactions.c.entry.is_not(None),
    )


def _total(amount: sa.ColumnElement[str]) -> sa.Label[Any]:
    parts = sa.func.round(sa.cast(amount, sa.Numeric()) * sa.literal_column(str(PARTS)))
    return sa.func.sum(sa.cast(parts, sa.BigInteger())).label("total")
