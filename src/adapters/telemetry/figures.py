"""What the database knows of all processes' work, as figures (M46).

No figure bears a business, a person or an amount. They are read from the views as they stand, and
the views are brought up to date by every reader and by each worker's sweep.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import TypeVar

import sqlalchemy as sa
from prometheus_client.core import GaugeMetricFamily, Metric

from adapters.persistence.projections.afterwards import WAITS_FOR_SOMEBODY
from adapters.persistence.read_model_tables import connections, runs, transactions
from adapters.persistence.tables import events, notices, schedule, tracking, worklist
from adapters.persistence.worklist import PENDING
from domain.connection import Status
from domain.eastern_time import eastern_day
from domain.posted_transaction import OPEN, State
from domain.schedule import Job
from domain.sync_run import Outcome, RunStatus
from domain.sync_window import AUTO_MONTHS, months_back

Moment = TypeVar("Moment", date, datetime)
IN_DOUBT = sorted(state.value for state in OPEN)
FAILED = (RunStatus.FAILED.value, RunStatus.INTERRUPTED.value)
WELL = (RunStatus.SUCCEEDED.value, RunStatus.PARTLY_FAILED.value)
_REAL = runs.c.preview.is_(sa.false())
_IS_IN_DOUBT = transactions.c.state.in_(IN_DOUBT)


def events_behind(connection: sa.Connection) -> tuple[int, int]:
    """How many events there are, and how many of them the views do not show yet."""
    head = connection.scalar(sa.select(sa.func.max(events.c.position))) or 0
    read = connection.scalar(sa.select(sa.func.min(tracking.c.position))) or 0
    return head, head - read


def figures(connection: sa.Connection, now: datetime) -> Iterable[Metric]:
    """All of them, as of now by the product's clock."""
    for part in (_of_connections, _of_transactions, _of_time, _of_what_waits):
        yield from part(connection, now)


def gauge(name: str, told: str, value: float | None) -> Metric:
    """A figure without labels; 0 where there is none."""
    return GaugeMetricFamily(name, told, value=value or 0)


def by(name: str, told: str, label: str, values: dict[str, float]) -> Metric:
    """A figure for each value of a label."""
    family = GaugeMetricFamily(name, told, labels=[label])
    for one in sorted(values):
        family.add_metric([one], values[one])
    return family


def _of_connections(connection: sa.Connection, now: datetime) -> Iterable[Metric]:
    yield _counted(
        connection,
        "pexbc_connections",
        "Connections by status.",
        connections.c.status,
        {status.value for status in Status},
    )
    yield _counted(
        connection,
        "pexbc_runs",
        "Runs by status, all that ever were.",
        runs.c.status,
        {status.value for status in RunStatus},
    )
    newest = (
        sa.select(runs.c.connection_id, sa.func.max(runs.c.finished_at).label("at"))
        .where(_REAL)
        .group_by(runs.c.connection_id)
        .subquery()
    )
    failing = sa.select(sa.func.count(sa.distinct(runs.c.connection_id))).where(
        runs.c.connection_id == newest.c.connection_id,
        runs.c.finished_at == newest.c.at,
        _REAL,
        runs.c.status.in_(FAILED),
    )
    yield gauge(
        "pexbc_connections_failing",
        "Connections whose newest run that ended has failed or was interrupted.",
        connection.scalar(failing),
    )
    yield gauge(
        "pexbc_sync_lag_seconds",
        "The longest time since a run ended well, of the connections that sync automatically.",
        _seconds_since(_longest_synced(connection), now),
    )


def _longest_synced(connection: sa.Connection) -> datetime | None:
    """Of connections that are ready; one that never had such a run yet is not counted."""
    ended = (
        sa.select(sa.func.max(runs.c.finished_at).label("at"))
        .join(connections, connections.c.id == runs.c.connection_id)
        .where(
            _REAL,
            runs.c.status.in_(WELL),
            connections.c.auto_sync.is_(sa.true()),
            connections.c.status == Status.CONNECTED_READY.value,
        )
        .group_by(runs.c.connection_id)
        .subquery()
    )
    found: datetime | None = connection.scalar(sa.select(sa.func.min(ended.c.at)))
    return found


def _of_transactions(connection: sa.Connection, now: datetime) -> Iterable[Metric]:
    columns = (transactions.c.kind, transactions.c.outcome, transactions.c.code)
    family = GaugeMetricFamily(
        "pexbc_transactions",
        "Transactions by kind, newest outcome and code.",
        labels=["kind", "outcome", "code"],
    )
    for kind, outcome, code, count in connection.execute(
        sa.select(*columns, sa.func.count()).group_by(*columns)
    ):
        family.add_metric([kind, outcome, code or ""], count)
    yield family
    yield gauge(
        "pexbc_transactions_in_doubt",
        "Transactions whose answer was lost; Business Central is still to be asked.",
        _count(connection, transactions, _IS_IN_DOUBT),
    )
    yield gauge(
        "pexbc_oldest_in_doubt_seconds",
        "How long the transaction that is longest in doubt has been so.",
        _seconds_since(_least(connection, transactions.c.changed_at, _IS_IN_DOUBT), now),
    )
    yield gauge(
        "pexbc_transactions_held",
        "Transactions that wait for a person to decide.",
        _count(connection, transactions, transactions.c.state == State.HELD.value),
    )
    failed = transactions.c.outcome == Outcome.FAILED.value
    yield gauge(
        "pexbc_oldest_failed_days",
        "Days since the posting date of the oldest failed transaction.",
        _days_since(_least(connection, transactions.c.day, failed), eastern_day(now)),
    )
    today = eastern_day(now)
    unsynced = (
        sa.or_(WAITS_FOR_SOMEBODY, transactions.c.outcome == Outcome.IN_DOUBT.value),
        transactions.c.day >= months_back(today, AUTO_MONTHS),
    )
    yield gauge(
        "pexbc_oldest_unsynced_days",
        "Days since the posting date of the oldest transaction that failed, is in doubt or not"
        " approved, of the two months that automatic syncs reach.",
        _days_since(_least(connection, transactions.c.day, *unsynced), today),
    )


def _of_time(connection: sa.Connection, now: datetime) -> Iterable[Metric]:
    yield gauge(
        "pexbc_oldest_active_run_seconds",
        "How long the oldest run that has not ended has been going on.",
        _seconds_since(_least(connection, runs.c.started_at, runs.c.finished_at.is_(None)), now),
    )
    yield gauge(
        "pexbc_last_sync_seconds",
        "Since the end of the last run that was no preview; 0 where there was none yet.",
        _seconds_since(
            connection.scalar(sa.select(sa.func.max(runs.c.finished_at)).where(_REAL)), now
        ),
    )
    late = {
        job.value: _seconds_since(
            _least(connection, schedule.c.next_at, schedule.c.job == job.value), now
        )
        for job in Job
    }
    yield by(
        "pexbc_schedule_late_seconds",
        "How long the job that is longest due has been due, by job.",
        "job",
        late,
    )
    yield gauge(
        "pexbc_sign_ins_not_kept",
        "Connections whose sign-in with PEX could not be kept alive when it was last tried.",
        _count(
            connection,
            schedule,
            schedule.c.job == Job.KEEP_ALIVE.value,
            schedule.c.skipped_code.is_not(None),
        ),
    )


def _of_what_waits(connection: sa.Connection, now: datetime) -> Iterable[Metric]:
    yield gauge(
        "pexbc_queue_runs",
        "Runs that have not ended and wait for nothing but a worker.",
        _count(
            connection,
            runs,
            runs.c.finished_at.is_(None),
            sa.or_(runs.c.waiting_until.is_(None), runs.c.waiting_until <= now),
        ),
    )
    yield gauge(
        "pexbc_queue_rows",
        "Rows that were fetched from PEX and are not decided yet.",
        _count(connection, worklist, worklist.c.state == PENDING),
    )
    yield gauge(
        "pexbc_notices_waiting",
        "Notices to people that are not handed over yet.",
        _count(connection, notices),
    )
    yield gauge(
        "pexbc_notices_late_seconds",
        "How long the notice that is longest due has been due.",
        _seconds_since(_least(connection, notices.c.due_at), now),
    )
    yield gauge(
        "pexbc_notices_tries",
        "The most tries that a notice has had which still waits.",
        connection.scalar(sa.select(sa.func.max(notices.c.tries))),
    )
    head, behind = events_behind(connection)
    yield gauge("pexbc_events", "Events in the log.", head)
    yield gauge("pexbc_views_behind_events", "Events that the views do not show yet.", behind)


def _counted(
    connection: sa.Connection, name: str, told: str, column: sa.Column[str], known: set[str]
) -> Metric:
    """How many rows bear each value; 0 for those that none bears."""
    query = sa.select(column, sa.func.count()).group_by(column)
    found = {str(value): float(count) for value, count in connection.execute(query)}
    return by(name, told, column.name, dict.fromkeys(known, 0.0) | found)


def _count(
    connection: sa.Connection, table: sa.Table, *where: sa.ColumnElement[bool]
) -> int | None:
    return connection.scalar(sa.select(sa.func.count()).select_from(table).where(*where))


def _least(
    connection: sa.Connection, column: sa.Column[Moment], *where: sa.ColumnElement[bool]
) -> Moment | None:
    return connection.scalar(sa.select(sa.func.min(column)).where(*where))


def _days_since(day: date | None, today: date) -> int:
    return max((today - day).days, 0) if day else 0


def _seconds_since(moment: datetime | None, now: datetime) -> float:
    return max((now - moment).total_seconds(), 0) if moment else 0
