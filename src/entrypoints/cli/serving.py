"""`pexbc serve`, `migrate` and `sandbox`."""

import signal
import sys

import click

from adapters.telemetry.logs import configure_logging
from entrypoints.cli.context import FAILED, explained
from entrypoints.serving import embedded, prepare, server
from entrypoints.settings import Settings
from sandbox.program import run


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True)
@explained
def serve(host: str, port: int) -> None:
    """Serve the API with worker and sweep in one process."""
    # A server that has stopped as it was told raises the signal again, and that is no failure.
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: sys.exit(0))
    settings = Settings()
    configure_logging(settings.log_level, settings.log_format)
    prepare(settings)
    app, _ = embedded(settings)
    try:
        server(app, host, port).run()
    except SystemExit as end:  # the server's own code for a failed start means something else here
        sys.exit(FAILED if end.code else 0)


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
