"""Figures for Prometheus: this process's requests, and what the database knows of all (M46).

No figure bears a business, a person or an amount: whoever reads them learns how well pexbc works,
and nothing of anybody's books.
"""

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from prometheus_client import CollectorRegistry, Counter, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from adapters.persistence.engine import Database
from adapters.persistence.read_model_tables import connections, runs, transactions
from adapters.persistence.tables import events, tracking
from application.ports.clock import Clock
from domain.connection import Status
from domain.eastern_time import eastern_day
from domain.posted_transaction import OPEN, State
from domain.sync_run import Outcome, RunStatus

OnRequest = Callable[[str, str, int, int], None]
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
KEPT = timedelta(seconds=15)
IN_DOUBT = sorted(state.value for state in OPEN)


class Metrics:
    """One process's registry."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "pexbc_requests",
            "Requests to PEX, Business Central and Microsoft; status 0 where no answer came.",
            ("service", "method", "status"),
            registry=self._registry,
        )
        self._operations = Counter(
            "pexbc_operations",
            "Operations that those requests carried; more than one in a $batch.",
            ("service",),
            registry=self._registry,
        )
        self._callbacks = Counter(
            "pexbc_callbacks",
            "Callbacks from PEX; those that were refused bore another secret.",
            ("outcome",),
            registry=self._registry,
        )
        self._store = StoreCollector(database, clock)
        self._registry.register(self._store)

    def counting(self, service: str, also: OnRequest | None = None) -> OnRequest:
        """What an adapter tells of each of its requests; `also` is told of them as well."""

        def on_request(method: str, path: str, status: int, operations: int) -> None:
            self._requests.labels(service, method, str(status)).inc()
            self._operations.labels(service).inc(operations)
            if also is not None:
                also(method, path, status, operations)

        return on_request

    def called_back(self, *, taken: bool) -> None:
        """Count a callback."""
        self._callbacks.labels("taken" if taken else "refused").inc()

    def forget(self) -> None:
        """Let the next reader see the database as it is, not as it was a moment ago."""
        self._store.forget()

    def text(self) -> bytes:
        """All figures in Prometheus' text format."""
        return generate_latest(self._registry)


class StoreCollector(Collector):
    """Reads figures from the database, at most every 15 seconds however often it is asked."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._read: tuple[datetime, list[Metric]] | None = None

    def forget(self) -> None:
        """Read anew when it is asked the next time."""
        self._read = None

    def describe(self) -> Iterable[Metric]:
        """Nothing is read when the registry is made."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """The figures as of now or of a moment ago."""
        now = self._clock.now()
        if self._read is None or not timedelta() <= now - self._read[0] < KEPT:
            with self._database.reading() as connection:
                self._read = (now, [*_figures(connection, now)])
        return self._read[1]


def _figures(connection: sa.Connection, now: datetime) -> Iterable[Metric]:
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
    yield _transactions(connection)
    yield _gauge(
        "pexbc_transactions_in_doubt",
        "Transactions whose answer was lost; Business Central is still to be asked.",
        connection.scalar(
            sa.select(sa.func.count())
            .select_from(transactions)
            .where(transactions.c.state.in_(IN_DOUBT))
        ),
    )
    yield _gauge(
        "pexbc_transactions_held",
        "Transactions that wait for a person to decide.",
        connection.scalar(
            sa.select(sa.func.count())
            .select_from(transactions)
            .where(transactions.c.state == State.HELD.value)
        ),
    )
    yield _gauge(
        "pexbc_oldest_failed_days",
        "Days since the posting date of the oldest failed transaction.",
        _days_since(
            connection.scalar(
                sa.select(sa.func.min(transactions.c.day)).where(
                    transactions.c.outcome == Outcome.FAILED.value
                )
            ),
            eastern_day(now),
        ),
    )
    yield _gauge(
        "pexbc_oldest_active_run_seconds",
        "How long the oldest run that has not ended has been going on.",
        _seconds_since(
            connection.scalar(
                sa.select(sa.func.min(runs.c.started_at)).where(runs.c.finished_at.is_(None))
            ),
            now,
        ),
    )
    yield _gauge(
        "pexbc_last_sync_seconds",
        "Since the end of the last run that was no preview; 0 where there was none yet.",
        _seconds_since(
            connection.scalar(
                sa.select(sa.func.max(runs.c.finished_at)).where(runs.c.preview.is_(sa.false()))
            ),
            now,
        ),
    )
    head = connection.scalar(sa.select(sa.func.max(events.c.position))) or 0
    read = connection.scalar(sa.select(sa.func.min(tracking.c.position))) or 0
    yield _gauge("pexbc_events", "Events in the log.", head)
    yield _gauge("pexbc_views_behind_events", "Events that the views do not show yet.", head - read)


def _counted(
    connection: sa.Connection, name: str, told: str, column: sa.Column[str], known: set[str]
) -> Metric:
    """How many rows bear each value; 0 for those that none bears."""
    query = sa.select(column, sa.func.count()).group_by(column)
    found = {str(value): int(count) for value, count in connection.execute(query)}
    family = GaugeMetricFamily(name, told, labels=[column.name])
    for value in sorted(known | found.keys()):
        family.add_metric([value], found.get(value, 0))
    return family


def _transactions(connection: sa.Connection) -> Metric:
    columns = (transactions.c.kind, transactions.c.outcome, transactions.c.code)
    query = sa.select(*columns, sa.func.count()).group_by(*columns)
    family = GaugeMetricFamily(
        "pexbc_transactions",
        "Transactions by kind, newest outcome and code.",
        labels=["kind", "outcome", "code"],
    )
    for kind, outcome, code, count in connection.execute(query):
        family.add_metric([kind, outcome, code or ""], count)
    return family


def _gauge(name: str, told: str, value: float | None) -> Metric:
    return GaugeMetricFamily(name, told, value=value or 0)


def _days_since(day: date | None, today: date) -> int:
    return max((today - day).days, 0) if day else 0


def _seconds_since(moment: datetime | None, now: datetime) -> float:
    return max((now - moment).total_seconds(), 0) if moment else 0
