"""`pexbc demo`: the whole main job on a machine without any account."""

import signal
import sys
import tempfile
import threading
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from adapters.telemetry.logs import configure_logging
from domain.eastern_time import eastern_day
from entrypoints.cli.context import FAILED, explained
from entrypoints.cli.summary import summary_table
from entrypoints.composition import Services
from entrypoints.demo.bookkeeper import by_hand, compare
from entrypoints.demo.company import ApiUser, DemoFailed
from entrypoints.serving import in_background
from entrypoints.settings import Settings
from sandbox import company
from sandbox.program import Sandbox

DAYS_BACK = 75


@click.command()
@click.option("--once", is_flag=True, help="End after the check instead of going on to serve.")
@click.option("--port", default=8000, show_default=True)
@click.option("--purchases", default=200, show_default=True, help="How many transactions.")
@explained
def demo(once: bool, port: int, purchases: int) -> None:
    """Sync a made-up company twice, check every entry, and show what became of it."""
    out = Console(highlight=False)
    configure_logging("warning", "console")
    with Sandbox(purchases=purchases) as sandbox, tempfile.TemporaryDirectory() as folder:
        database = f"sqlite:///{Path(folder) / 'demo.db'}"
        settings = Settings.of(
            sandbox.environment(), database_url=database, now=sandbox.clock.now()
        )
        with in_background(settings, "127.0.0.1", 0 if once else port) as (url, services):
            try:
                _show(sandbox, services, url, out)
            except DemoFailed as failed:
                out.print(f"[red]The demo failed:[/red] {failed}")
                sys.exit(FAILED)
            if not once:
                out.print(f"\nThe API is at {url}/docs until you press Ctrl-C.")
                _wait_for_interrupt()


def _show(sandbox: Sandbox, services: Services, url: str, out: Console) -> None:
    _, secret = services.api_tokens.create("demo", "admin", (), "demo", services.clock.now())
    user = ApiUser(url, secret)
    try:
        today = eastern_day(services.clock.now())
        first = today - timedelta(days=DAYS_BACK)
        connection_id = user.connect()
        user.configure(connection_id, first.isoformat())
        out.print(f"Connected {company.PREPAID_NAME} with {company.COMPANY_DISPLAY_NAME}.")
        preview = _run(user, connection_id, "preview", out)
        out.print(f"The preview would post {preview['counts']['would_post']} and wrote nothing.")
        if _lines(sandbox):
            raise DemoFailed("the preview wrote to the journal")
        run = _run(user, connection_id, "sync", out)
        rows = user.items(f"/runs/{run['id']}/transactions")
        groups = (
            ((row["kind"], row["outcome"], row["code"] or ""), Decimal(row["amount"]))
            for row in rows
        )
        out.print(summary_table("What became of the transactions", groups))
        _check(sandbox, first, today, out)
        again = _run(user, connection_id, "second sync", out)
        posted = again["counts"]["posted"]
        out.print(f"The second sync posted {posted} and found {_already(again)} posted already.")
        if posted:
            raise DemoFailed("the second sync posted something")
        _check(sandbox, first, today, out)
    finally:
        user.close()


def _run(user: ApiUser, connection_id: str, name: str, out: Console) -> dict[str, Any]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=out) as bar:
        task = bar.add_task(name, total=None)

        def watch(run: dict[str, Any]) -> None:
            progress = run["progress"]
            bar.update(task, completed=progress["done"], total=progress["total"] or None)

        run = user.run(connection_id, preview=name == "preview", watch=watch)
    if run["status"] not in ("succeeded", "partly_failed"):
        raise DemoFailed(f"the {name} ended as {run['status']}: {run['detail']}")
    return run


def _already(run: dict[str, Any]) -> int:
    return int(run["counts"]["already_posted"])


def _lines(sandbox: Sandbox) -> list[dict[str, Any]]:
    books = sandbox.business_central.dump()["companies"]
    chosen = next(one for one in books if one["id"] == company.COMPANY_ID)
    journal = next(one for one in chosen["journals"] if one["code"] == "PEX CARD")
    return [dict(line, postingDate=str(line["postingDate"])) for line in journal["lines"]]


def _check(sandbox: Sandbox, first: date, last: date, out: Console) -> None:
    """Compare the simulated books with the entries that a bookkeeper would have made by hand."""
    business = next(
        one for one in sandbox.pex.dump()["businesses"] if one["id"] == company.PREPAID_BUSINESS
    )
    expected = by_hand(business, first, last)
    differences = compare(expected, _lines(sandbox))
    if differences:
        raise DemoFailed("the books are wrong:\n  " + "\n  ".join(differences[:20]))
    out.print(
        f"[green]Checked:[/green] the journal PEX Card holds exactly one balanced entry for each "
        f"of {len(expected)} eligible transactions, rightly coded, and nothing else."
    )


def _wait_for_interrupt() -> None:
    over = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: over.set())
    over.wait()
