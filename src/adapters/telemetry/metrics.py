"""Figures for Prometheus: this process's requests, and what the database knows of all (M46).

No figure bears a business, a person or an amount: whoever reads them learns how well pexbc works,
and nothing of anybody's books.
"""

from collections import Counter as Counts
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from importlib.metadata import version

import sqlalchemy as sa
from prometheus_client import CollectorRegistry, Counter, generate_latest
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from adapters.persistence.engine import Database
from adapters.persistence.heartbeats import Heard, Role
from adapters.telemetry.figures import by, figures, gauge
from application.ports.clock import Clock

OnRequest = Callable[[str, str, int, int], None]
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
KEPT = timedelta(seconds=15)
PACKAGE = "pex-business-central"


class Metrics:
    """One process's registry.

    `heard` tells the processes that are heard of, `is_broker_away` whether a broker that is set
    does not answer.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        heard: Callable[[], Sequence[Heard]],
        is_broker_away: Callable[[], bool],
    ) -> None:
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
        self._store = StoreCollector(database, clock, heard, is_broker_away)
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

    def __init__(
        self,
        database: Database,
        clock: Clock,
        heard: Callable[[], Sequence[Heard]],
        is_broker_away: Callable[[], bool],
    ) -> None:
        self._database = database
        self._clock = clock
        self._heard = heard
        self._is_broker_away = is_broker_away
        self._read: tuple[datetime, list[Metric]] | None = None

    def forget(self) -> None:
        """Read anew when it is asked the next time."""
        self._read = None

    def describe(self) -> Iterable[Metric]:
        """Nothing is read when the registry is made."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """The figures as of now or of a moment ago; of the database none while it is away."""
        yield by("pexbc_build", "The version that runs.", "version", {version(PACKAGE): 1})
        yield gauge(
            "pexbc_broker_away",
            "1 where a broker is set and does not answer.",
            self._is_broker_away(),
        )
        try:
            found = self._found()
        except sa.exc.SQLAlchemyError:
            found = None
        yield gauge("pexbc_database_away", "1 where the database does not answer.", found is None)
        yield from found or ()

    def _found(self) -> list[Metric]:
        now = self._clock.now()
        if self._read is None or not timedelta() <= now - self._read[0] < KEPT:
            with self._database.reading() as connection:
                found = [*figures(connection, now)]
            self._read = (now, [*found, _processes(self._heard())])
        return self._read[1]


def _processes(heard: Sequence[Heard]) -> Metric:
    counts = Counts(one.role for one in heard)
    return by(
        "pexbc_processes_heard",
        "Processes that were heard of within a minute, by role.",
        "role",
        {role.value: float(counts[role]) for role in Role},
    )
