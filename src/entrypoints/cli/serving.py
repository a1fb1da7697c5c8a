"""`pexbc serve`, `migrate` and `sandbox`."""

import click

from adapters.telemetry.logs import configure_logging
from entrypoints.cli.context import explained
from entrypoints.serving import embedded, prepare, server
from entrypoints.settings import Settings
from sandbox.program import run


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True)
@explained
def serve(host: str, port: int) -> None:
    """Serve the API with worker and sweep in one process."""
    settings = Settings()
    configure_logging(settings.log_level, settings.log_format)
    prepare(settings)
    app, _ = embedded(settings)
    server(app, host, port).run()


@click.command()
@explained
def migrate() -> None:
    """Prepare the database, or bring it up to date."""
    prepare(Settings())


@click.command()
@click.option("--port", default=8900, show_default=True)
@click.option("--seed", default=1, show_default=True)
@click.option("--purchases", default=200, show_default=True)
def sandbox(port: int, seed: int, purchases: int) -> None:
    """Simulate PEX, Entra ID and Business Central."""
    run(port, port + 1, seed, purchases)
