"""A worker process on a broker, with a short lease, until it is killed or told to end."""

import signal
import threading
from datetime import timedelta

from entrypoints.composition import build
from entrypoints.scheduler import Scheduler
from entrypoints.settings import Settings
from entrypoints.waking import wakeups_of
from entrypoints.worker import THREADS, Worker

LEASE = timedelta(seconds=3)


def work(
    variables: dict[str, str],
    scheduled: bool,  # noqa: FBT001 - by position only
    threads: int = THREADS,
) -> None:
    """Answer calls and sweep, with a scheduler beside where wanted."""
    over = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: over.set())
    settings = Settings.of(variables)
    wakeups, leave = wakeups_of(settings)
    services = build(settings, wakeups, lease=LEASE)
    worker, scheduler = Worker(services, wakeups, threads, sweep_seconds=1), Scheduler(services, 1)
    worker.start()
    if scheduled:
        scheduler.start()
    over.wait()
    if scheduled:
        scheduler.stop(2)
    worker.stop(4)
    services.close()
    leave()
