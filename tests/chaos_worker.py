"""A worker process that dies by SIGKILL at a numbered step boundary."""

import os
import signal
import time
from datetime import datetime, timedelta
from uuid import UUID

from application.ports.event_log import StreamConflict
from entrypoints.cli.context import NoWakeups
from entrypoints.composition import build
from entrypoints.settings import Settings

LEASE = timedelta(seconds=0.15)


def work(variables: dict[str, str], run_id: str, die_at: int) -> None:
    """Step through a run until it is over, or until boundary number `die_at` is reached."""
    passed = 0

    def boundary(_name: str) -> None:
        nonlocal passed
        passed += 1
        if passed == die_at:
            os.kill(os.getpid(), signal.SIGKILL)

    settings = Settings.of(variables)
    services = build(settings, NoWakeups(), boundary=boundary, lease=LEASE, slots=LEASE)
    over = False
    while not over:
        try:
            step = services.advance_run.step(UUID(run_id))
        except StreamConflict:
            continue
        over = step is not None and step.at is None
        _pause(services.clock.now(), step.at if step else None)
    services.close()


def _pause(now: datetime, at: datetime | None) -> None:
    wait = (at - now).total_seconds() if at is not None else 0.05
    time.sleep(min(max(wait, 0.0), 0.1))
