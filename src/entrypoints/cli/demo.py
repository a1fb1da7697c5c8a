"""`pexbc demo`: the whole main job on a machine without any account."""

import signal
import sys
import tempfile
import threading
from pathlib import Path

import click
from rich.console import Console

from adapters.telemetry.logs import configure_logging
from entrypoints.cli.context import FAILED, explained
from entrypoints.demo.company import DemoFailed
from entrypoints.demo.story import Story
from entrypoints.serving import in_background
from entrypoints.settings import Settings
from sandbox import company
from sandbox.program import Sandbox


@click.command()
@click.option("--once", is_flag=True, help="End after the check instead of going on to serve.")
@click.option("--port", default=8000, show_default=True)
@click.option("--purchases", default=200, show_default=True, help="How many transactions.")
@explained
def demo(once: bool, port: int, purchases: int) -> None:
    """Sync a made-up company's two businesses, check every entry, and show what became of it."""
    out = Console(highlight=False)
    configure_logging("warning", "console")
    with Sandbox(purchases=purchases) as sandbox, tempfile.TemporaryDirectory() as folder:
        database = f"sqlite:///{Path(folder) / 'demo.db'}"
        settings = Settings.of(
            sandbox.environment(),
            database_url=database,
            now=sandbox.clock.now(),
        )
        with in_background(settings, "127.0.0.1", 0 if once else port) as (url, services):
            try:
                Story(sandbox, services, url, out).tell()
            except DemoFailed as failed:
                out.print(f"[red]The demo failed:[/red] {failed}")
                sys.exit(FAILED)
            if not once:
                out.print(
                    f"\nLook at it at {url}: sign in with the API token {company.PREPAID_TOKEN}. "
                    f"The API is described at {url}/docs. Ctrl-C ends it all."
                )
                _wait_for_interrupt()


def _wait_for_interrupt() -> None:
    over = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: over.set())
    over.wait()
