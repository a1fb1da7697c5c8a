"""The figures behind the pictures (M36), added up by the database in one query.

Amounts stand as text in the views, and SQLite has no decimals. So each amount is read as a whole
number of hundredths of a cent before any are added: sums are whole numbers, and exact.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any
from uuid import UUID

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
POSTED, WAITING, SPENT = "posted", "waiting", "spent"


def figures_query(dialect: str, connection_id: UUID, days: SyncWindow) -> sa.Select[Any]:
    """Rows of `part, day, name, outcome, number, total`; what a part does not have is NULL."""
    ours = (
        transactions.c.connection_id == connection_id,
        transactions.c.day.between(days.start, days.end),
    )
    parts = sa.union_all(
        _posted().where(*ours), _waiting().where(*ours), _spent(dialect).where(*ours)
    )
    return sa.select(parts.subquery())


def figures(rows: Iterable[Any]) -> Figures:
    """The figures from the query's rows, each part in its order."""
    found: dict[str, list[Any]] = {POSTED: [], WAITING: [], SPENT: []}
    for row in rows:
        found[row.part].append(row)
    kinds = {kind.value: place for place, kind in enumerate(Kind)}
    return Figures(
        tuple(
            PostedOnDay(row.day, Kind(row.name), row.number, _money(row.total))
            for row in sorted(found[POSTED], key=lambda row: (row.day, kinds[row.name]))
        ),
        tuple(
            WaitingFor(Outcome(row.outcome), row.name, row.number, _money(row.total))
            for row in sorted(found[WAITING], key=lambda row: (-row.number, row.name or ""))
        ),
        tuple(
            SpentOn(row.name, row.number, _money(row.total))
            for row in sorted(found[SPENT], key=lambda row: (-row.total, row.name))
        ),
    )


def _money(parts: Any) -> Money:
    return Money(Decimal(int(parts)) / PARTS)


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


def _spent(dialect: str) -> sa.Select[Any]:
    """The G/L lines of purchases and fees but for the last, which is the PEX account's."""
    rows, line, is_last = _lines(dialect)
    account = line["account_number"].as_string()
    return (
        sa.select(
            sa.literal_column(f"'{SPENT}'"),
            sa.cast(sa.null(), sa.Date()),
            account,
            sa.cast(sa.null(), sa.Text()),
            sa.func.count(),
            _total(line["amount", "amount"].as_string()),
        )
        .select_from(transactions.join(rows, sa.true()))
        .where(
            transactions.c.outcome == Outcome.POSTED.value,
            transactions.c.kind.in_(SPENDING),
            line["account_type"].as_string() == AccountType.GL.value,
            ~is_last,
        )
        .group_by(account)
    )


def _lines(dialect: str) -> tuple[sa.FromClause, Any, sa.ColumnElement[bool]]:
    """The lines of each entry: as rows, the line as JSON, and whether it is its entry's last."""
    entry = transactions.c.entry
    if dialect == "postgresql":
        lines = sa.cast(entry, sa.JSON())["lines"]
        rows = sa.func.json_array_elements(lines).table_valued(
            sa.column("line", sa.JSON()), with_ordinality="place", name="lines"
        )
        rows = rows.render_derived()
        return rows, rows.c.line, rows.c.place == sa.func.json_array_length(lines)
    rows = sa.func.json_each(entry, "$.lines").table_valued(
        sa.column("value", sa.JSON()), "key", name="lines"
    )
    return rows, rows.c.value, rows.c.key == sa.func.json_array_length(entry, "$.lines") - 1


def _total(amount: sa.ColumnElement[str]) -> sa.Label[Any]:
    parts = sa.func.round(sa.cast(amount, sa.Numeric()) * sa.literal_column(str(PARTS)))
    return sa.func.sum(sa.cast(parts, sa.BigInteger())).label("total")
