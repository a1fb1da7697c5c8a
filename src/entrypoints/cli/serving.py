"""`pexbc serve`, its parts apart, `migrate` and `sandbox`."""

import os
import signal
import sys
import threading
from types import FrameType
from typing import NoReturn

import click
from litestar import Litestar

from adapters.telemetry.logs import configure_logging
from entrypoints.cli.context import FAILED, explained
from entrypoints.serving import (
    STOP_SECONDS,
    check_migrated,
    embedded,
    prepare,
    scheduler_alone,
    server,
    web_alone,
    worker_alone,
)
from entrypoints.settings import Settings
from sandbox.program import run

address = click.option("--host", default="127.0.0.1", show_default=True)
port_number = click.option("--port", default=8000, show_default=True)


@click.command()
@address
@port_number
@explained
def serve(host: str, port: int) -> None:
    """Serve the API and the pages with worker and scheduler in one process; migrates first."""
    settings = _begun()
    prepare(settings)
    _serve(embedded(settings)[0], host, port)


@click.command()
@address
@port_number
@explained
def web(host: str, port: int) -> None:
    """Serve the API and the pages alone.

    What it is asked to do is done by a `pexbc worker` on the same database. Without a broker the
    worker finds a run within five seconds, and a connection to check within a minute.
    """
    settings = _begun()
    check_migrated(settings)
    _serve(web_alone(settings)[0], host, port)


@click.command()
@explained
def worker() -> None:
    """Take the steps of runs and check connections, without web and scheduler.

    Without a broker it looks into the database for what other processes began: every five seconds
    for runs, every minute for connections.
    """
    settings = _begun()
    check_migrated(settings)
    with worker_alone(settings):
        _wait_to_be_told()


@click.command()
@explained
def scheduler() -> None:
    """Start automatic syncs, keep sign-ins alive and send news, without web and worker.

    Several may run at once: what is due is done by one of them. The runs that it starts are
    worked on by a `pexbc worker` on the same database, without a broker within five seconds.
    """
    settings = _begun()
    check_migrated(settings)
    with scheduler_alone(settings):
        _wait_to_be_told()


def _begun() -> Settings:
    """The settings, once the process ends quietly when it is told to, and writes its logs."""
    # A server that has stopped as it was told raises the signal again, and that is no failure.
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, _told_to_end)
    settings = Settings()
    configure_logging(settings.log_level, settings.log_format)
    return settings


def _told_to_end(*_signal: object) -> NoReturn:
    _end_in_time()
    sys.exit(0)


def _end_in_time() -> None:
    """End the process by force where a request that does not come back would hold it up.

    What was under way is left to its lease, as after any other death.
    """
    end = threading.Timer(STOP_SECONDS - 0.5, os._exit, (0,))
    end.daemon = True
    end.start()


def _serve(app: Litestar, host: str, port: int) -> None:
    running = server(app, host, port)
    stop = running.handle_exit

    def told_to_end(sig: int, frame: FrameType | None) -> None:
        _end_in_time()
        stop(sig, frame)

    running.handle_exit = told_to_end  # type: ignore[method-assign]
    try:
        running.run()
    except SystemExit as end:  # the server's own code for a failed start means something else here
        sys.exit(FAILED if end.code else 0)


def _wait_to_be_told() -> None:
    threading.Event().wait()


@click.command()
@explained
def migrate() -> None:
    """Prepare the database, or bring it up to date."""
    prepare(Settings())


@click.command()
@click.option("--port", default=8900, show_default=True)
@click.option("--seed", default=1, show_default=True)
@click.option("--purchases", default=200, show_default=True)
@explained
def sandbox(port: int, seed: int, purchases: int) -> None:
    """Simulate PEX, Entra ID and Business Central."""
    run(port, port + 1, seed, purchases)
