"""Workers as processes of their own, beside the sandbox and whoever measures."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import sqlalchemy as sa

from adapters.persistence.engine import Database
from adapters.persistence.tables import events

LOOK_SECONDS = 0.1
ENDED = "sync_run.finished"
Process = subprocess.Popen[str]


@contextmanager
def worker(variables: Mapping[str, str], threads: int = 3) -> Iterator[Process]:
    """A worker that is ready, while the block runs."""
    with subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-m", "benchmarks.worker", str(threads)],
        env={**os.environ, **variables, "PEXBC_LOG_LEVEL": "warning"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n", "the worker did not start"
            yield process
        finally:
            process.terminate()


def peak_mib(process: Process) -> float:
    """The most memory that a running process had resident at a time."""
    status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert found is not None
    return int(found[1]) / 1024


def wait_for_ends(database: Database, runs: list[UUID]) -> float:
    """Wait until all runs are over, by a look that costs the measured next to nothing.

    How many seconds it took.
    """
    began = time.perf_counter()
    waited_for = set(runs)
    while waited_for:
        time.sleep(LOOK_SECONDS)
        with database.reading() as connection:
            waited_for = {one for one in waited_for if _newest(connection, one) != ENDED}
    return time.perf_counter() - began


def _newest(connection: sa.Connection, run_id: UUID) -> str | None:
    query = sa.select(events.c.topic).where(events.c.stream_id == run_id)
    return connection.scalar(query.order_by(events.c.version.desc()).limit(1))
