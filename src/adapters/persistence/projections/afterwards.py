"""Queries over the ledger: what is posted on some days (M27), and what waits for somebody (M29)."""

from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from adapters.persistence.projections.paging import Number, Order
from adapters.persistence.read_model_tables import transactions
from application.ports.read_models import BacklogFilter
from domain.pex_transaction import Record
from domain.posted_transaction import State
from domain.refusals import NotApproved
from domain.sync_run import Outcome
from domain.sync_window import SyncWindow

_WHICH = (transactions.c.day, transactions.c.pex_id, transactions.c.record)
WAITS_FOR_SOMEBODY = sa.or_(
    transactions.c.outcome == Outcome.FAILED.value,
    sa.and_(
        transactions.c.outcome == Outcome.SKIPPED.value, transactions.c.code == NotApproved.code
    ),
)


def posted_within(connection_id: UUID, days: SyncWindow) -> sa.Select[Any]:
    """What is posted by its own stream and not noted as missing, without its entry."""
    return sa.select(transactions.c.kind, *_WHICH).where(
        transactions.c.connection_id == connection_id,
        transactions.c.outcome == Outcome.POSTED.value,
        transactions.c.state == State.POSTED.value,
        transactions.c.missing_in_pex.is_(None),
        transactions.c.day.between(days.start, days.end),
    )


def backlog(connection_id: UUID, wanted: BacklogFilter) -> tuple[sa.Select[Any], Order]:
    """What would be posted if somebody acted; by day, what left behind what is about to."""
    days = wanted.days
    left = sa.case((transactions.c.day < days.reached, 1), else_=0).label("left")
    query = sa.select(transactions, left).where(
        transactions.c.connection_id == connection_id,
        WAITS_FOR_SOMEBODY,
        transactions.c.kind.in_(sorted(wanted.kinds)),
        transactions.c.day.between(days.oldest, days.newest),
    )
    return query, Order((left, *_WHICH), tuple[Number, date, Number, Record], newest_first=False)
