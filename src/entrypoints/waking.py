"""Who is called when there may be something to do, by the settings."""

from collections.abc import Callable

from adapters.clock import SystemClock
from adapters.persistence.calls import SqlCalls
from adapters.persistence.engine import Database, make_engine
from adapters.wakeups.brokers import make_broker
from adapters.wakeups.calls import CallsInMemory
from adapters.wakeups.dramatiq_wakeups import DramatiqWakeups
from application.ports.wakeups import Wakeups
from entrypoints.cli.context import NoWakeups
from entrypoints.settings import Settings

Leave = Callable[[], None]


def wakeups_of(settings: Settings) -> tuple[DramatiqWakeups, Leave]:
    """For a process that answers calls itself, and how it leaves the broker at its end."""
    broker = make_broker(settings.broker_url, settings.broker_prefix)
    clock = SystemClock(settings.now)
    if not settings.broker_url:
        wakeups = DramatiqWakeups(broker, clock, CallsInMemory(), settings.broker_prefix)
        return wakeups, wakeups.close
    database = Database(
        make_engine(settings.database_url, pool_size=2, max_overflow=settings.database_pool)
    )
    wakeups = DramatiqWakeups(broker, clock, SqlCalls(database), settings.broker_prefix)

    def leave() -> None:
        wakeups.close()
        database.dispose()

    return wakeups, leave


def calling(settings: Settings) -> tuple[Wakeups, Leave]:
    """For a process that only calls: workers by the broker, or nobody where there is none."""
    if settings.broker_url:
        return wakeups_of(settings)
    return NoWakeups(), lambda: None
