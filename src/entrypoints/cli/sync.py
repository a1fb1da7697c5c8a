"""`pexbc sync`, `history` and `show`: run a sync and read what became of it."""

import sys
import time
from datetime import date
from uuid import UUID

import click
import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from application.ports.event_log import StreamNotFound
from application.ports.read_models import RunView
from application.start_run import RunRequest
from domain.pex_snapshot import notices
from domain.pex_transaction import POSTABLE, Kind
from domain.posted_transaction import PostedTransaction
from domain.refusals import fix_for
from domain.sync_run import TAG_OPTIONS, Outcome, Reported, RunStatus
from domain.transaction_receipts import TransactionReceipts
from entrypoints.cli.context import (
    FAILED,
    PARTLY_FAILED,
    actor,
    console,
    explained,
    print_json,
    services,
)
from entrypoints.cli.summary import summary_table
from entrypoints.cli.tag_options import print_tag_options, show_tag_options
from entrypoints.composition import Services

PLURALS = {f"{kind.value}s": kind for kind in POSTABLE}
CHOICES = (*PLURALS, TAG_OPTIONS)
BUSY_PAUSE = 0.2
LONGEST_PAUSE = 1.0


@click.command()
@click.argument("connection_id", type=click.UUID)
@click.option("--kinds", default="", help=f"Comma-separated: {', '.join(CHOICES)}.")
@click.option("--from", "start", type=click.DateTime(["%Y-%m-%d"]), help="First US Eastern day.")
@click.option("--to", "end", type=click.DateTime(["%Y-%m-%d"]), help="Last US Eastern day.")
@click.option("--preview", is_flag=True, help="Show what would be posted; write nothing.")
@click.option("--wait", is_flag=True, help="Work on the run here, until it is over.")
@click.option("--json", "as_json", is_flag=True, help="Print the run as JSON.")
@explained
def sync(
    connection_id: UUID,
    kinds: str,
    start: date | None,
    end: date | None,
    preview: bool,
    wait: bool,
    as_json: bool,
) -> None:
    """Sync a connection: 0 all well, 1 failed, 3 partly failed."""
    service = services()
    chosen, tag_options = _kinds(kinds)
    request = RunRequest(
        connection_id,
        actor(),
        kinds=chosen,
        tag_options=tag_options,
        start=_day(start),
        end=_day(end),
        preview=preview,
    )
    run_id = service.start_run.start(request)
    if not (wait or preview):
        click.echo(run_id)
        click.echo("Started; a running `pexbc serve` works on it.", err=True)
        return
    run = see_through(service, run_id, console())
    if as_json:
        print_json(run)
    else:
        print_summary(service, run, console())
    sys.exit(exit_code(run))


def _kinds(text: str) -> tuple[tuple[Kind, ...] | None, bool]:
    """The kinds of transactions, None for all that is on, and whether tag options were named."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in names if name not in CHOICES]
    if unknown:
        raise click.UsageError(f"unknown kinds: {', '.join(unknown)}")
    kinds = tuple(PLURALS[name] for name in names if name != TAG_OPTIONS)
    return (kinds if names else None), TAG_OPTIONS in names


def _day(moment: date | None) -> date | None:
    return date(moment.year, moment.month, moment.day) if moment else None


def see_through(service: Services, run_id: UUID, out: Console) -> RunView:
    """Work on a run until it is over, with a bar of how far it is."""
    columns = (
        TextColumn("[bold]{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=out) as bar:
        task = bar.add_task("syncing", total=None)
        while True:
            step = service.advance_run.step(run_id)
            run = _run(service, run_id)
            counts, waiting = run.counts, run.waiting_until is not None
            completed, total, description = counts.ended, counts.seen, "syncing"
            if counts.to_ask_for_receipts > counts.asked_for_receipts:
                completed, total = counts.asked_for_receipts, counts.to_ask_for_receipts
                description = "receipts"
            bar.update(
                task,
                completed=completed,
                total=max(total, completed) or None,
                description="waiting" if waiting else description,
            )
            if run.finished_at is not None:
                return run
            if step is None or step.at is None:
                time.sleep(BUSY_PAUSE)
            else:
                pause = (step.at - service.clock.now()).total_seconds()
                time.sleep(min(max(pause, 0.0), LONGEST_PAUSE))


def _run(service: Services, run_id: UUID) -> RunView:
    run = service.read_models.run(run_id)
    if run is None:
        raise StreamNotFound(run_id)
    return run


def whole_report(service: Services, run_id: UUID, outcome: Outcome | None = None) -> list[Reported]:
    """All rows of a run's report."""
    rows: list[Reported] = []
    cursor: str | None = None
    while True:
        page = service.read_models.report(run_id, outcome, 1000, cursor)
        rows.extend(page.items)
        cursor = page.next_cursor
        if cursor is None:
            return rows


def print_summary(service: Services, run: RunView, out: Console) -> None:
    """A run's transactions by kind, outcome and reason."""
    rows = whole_report(service, run.id)
    groups = (
        ((row.kind.value, row.outcome.value, row.code or ""), row.amount.amount) for row in rows
    )
    title = f"Run {run.status}, {run.window.start} to {run.window.end}"
    out.print(summary_table(title, groups))
    if run.tag_options:
        print_tag_options(service, run, out)
    new_vendors = sorted({row.new_vendor for row in rows if row.new_vendor})
    if new_vendors:
        out.print(f"Vendors that would be created: {', '.join(new_vendors)}", markup=False)
    receipts, failed = run.counts.receipts, run.counts.receipts_failed
    if receipts or failed:
        out.print(f"Receipts attached: {receipts}" + (f", failed: {failed}" if failed else ""))
    if run.code:
        out.print(f"{run.code}: {run.cause}\n{fix_for(run.code)}")


def exit_code(run: RunView) -> int:
    """0 succeeded, 3 partly failed, 1 otherwise."""
    codes = {RunStatus.SUCCEEDED: 0, RunStatus.PARTLY_FAILED: PARTLY_FAILED}
    return codes.get(run.status, FAILED)


@click.command()
@click.argument("connection_id", type=click.UUID)
@click.option("--limit", default=20, show_default=True)
@click.option("--tag-options", "run_id", type=click.UUID, help="What this run changed in tags.")
@click.option("--json", "as_json", is_flag=True)
@explained
def history(connection_id: UUID, limit: int, run_id: UUID | None, as_json: bool) -> None:
    """List a connection's runs, newest first, or what one of them changed in tags."""
    if run_id is not None:
        show_tag_options(connection_id, run_id, as_json=as_json)
        return
    runs = services().read_models.runs(connection_id, limit).items
    if as_json:
        print_json(runs)
        return
    for run in runs:
        counts = run.counts
        click.echo(
            f"{run.started_at:%Y-%m-%d %H:%M:%S}Z {run.id} "
            f"{'preview' if run.preview else run.trigger:<7} {run.status:<13} "
            f"seen {counts.seen}, posted {counts.posted}, skipped {counts.skipped}, "
            f"failed {counts.failed}, receipts {counts.receipts}, "
            f"tag options {counts.tags_synced}"
        )


@click.command()
@click.argument("connection_id", type=click.UUID)
@click.argument("pex_id", type=int)
@click.option("--kind", default="", help="Kind or record, where the id alone is not enough.")
@explained
def show(connection_id: UUID, pex_id: int, kind: str) -> None:
    """Show one transaction: where it is, why, its receipts, and every event of them."""
    service = services()
    names = (kind,) if kind else ("card", "business", "invoice")
    found = (service.read_models.transaction(connection_id, name, pex_id) for name in names)
    view = next((one for one in found if one is not None), None)
    if view is None:
        raise click.ClickException(f"No transaction {pex_id} has been seen.")
    business = service.read_models.connection(connection_id)
    key = (view.record, view.pex_id)
    streams = (
        kind.create_id(business.business_id, *key)
        for kind in (PostedTransaction, TransactionReceipts)
        if business is not None
    )
    events = sorted(
        (event for stream in streams for event in service.log.history(stream)),
        key=lambda event: event.position,
    )
    print_json(
        {
            "transaction": view,
            "fix": fix_for(view.code) if view.code else None,
            "notices": [
                {"code": one.code, "detail": one.cause, "fix": one.fix}
                for one in notices(view.changes, view.missing_in_pex)
            ],
            "receipts": [
                {"receipt": one, "fix": fix_for(one.code) if one.code else None}
                for one in service.read_models.receipts(connection_id, *key)
            ],
            "events": [
                {
                    "position": one.position,
                    "topic": one.topic,
                    "recorded_at": one.recorded_at,
                    "data": msgspec.json.decode(one.payload),
                }
                for one in events
            ],
        }
    )
