"""What a run changed in tags, for `pexbc sync` and `pexbc history`."""

from collections.abc import Iterable
from uuid import UUID

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from application.ports.read_models import RunView
from domain.refusals import fix_for
from domain.tag_option_history import ReportedOption
from domain.tag_options import Change
from entrypoints.cli.context import print_json, services
from entrypoints.composition import Services

CHANGES_SHOWN = 20


def print_tag_options(service: Services, run: RunView, out: Console) -> None:
    """How much changed, every field that failed, and the first of the changes."""
    changes = _all_changes(service, run.id)
    failed = [one for one in changes if one.change is Change.FAILED]
    others = [one for one in changes if one.change is not Change.FAILED]
    counts = run.counts
    title = f"Tag options: {counts.tags_synced} changed, {counts.tag_fields_failed} fields failed"
    if not changes:
        out.print(title)
        return
    out.print(_table(title, [*failed, *others[:CHANGES_SHOWN]]))
    if len(others) > CHANGES_SHOWN:
        rest = len(others) - CHANGES_SHOWN
        out.print(f"... and {rest} more: pexbc history {run.connection_id} --tag-options {run.id}")


def show_tag_options(connection_id: UUID, run_id: UUID, *, as_json: bool) -> None:
    """All that one run of a connection changed, a line each."""
    service = services()
    run = service.read_models.run(run_id)
    if run is None or run.connection_id != connection_id:
        raise click.ClickException(f"The connection has no run {run_id}.")
    changes = _all_changes(service, run_id)
    if as_json:
        print_json(changes)
        return
    for one in changes:
        click.echo(" ".join(filter(None, _words(one))))


def _all_changes(service: Services, run_id: UUID) -> list[ReportedOption]:
    rows: list[ReportedOption] = []
    cursor: str | None = None
    while True:
        page = service.read_models.tag_options(run_id, 1000, cursor)
        rows.extend(page.items)
        cursor = page.next_cursor
        if cursor is None:
            return rows


def _table(title: str, changes: Iterable[ReportedOption]) -> Table:
    table = Table("Field", "Change", "Option", "Name", "Detail", title=title)
    for one in changes:
        table.add_row(*map(escape, _words(one)))
    return table


def _words(one: ReportedOption) -> tuple[str, str, str, str, str]:
    """Field, change, value, name, and why; for a failure also what to do."""
    why = one.detail or ""
    if one.code:
        why = f"{one.code}: {why} {fix_for(one.code)}"
    return one.field, one.change.value, one.value, one.option, why
