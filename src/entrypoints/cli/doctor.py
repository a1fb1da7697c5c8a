"""`pexbc doctor`: what is wrong with a set-up, and what to do."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import click
from rich.live import Live
from rich.spinner import Spinner

from adapters.telemetry.logs import configure_logging
from entrypoints.cli.context import FAILED, console, print_json
from entrypoints.doctor.diagnosis import diagnose
from entrypoints.doctor.finding import Check, Examined, State
from entrypoints.doctor.machine import ThisMachine
from entrypoints.doctor.set_up import SetUp
from entrypoints.doctor.variables import read_variables

MARKS = {State.WELL: ("ok", "green"), State.ILL: ("bad", "red"), State.UNCHECKED: ("--", "yellow")}
INDENT = " " * 5


@click.command()
@click.option("--connection", type=click.UUID, help="Of the connections, check this one alone.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def doctor(connection: UUID | None, as_json: bool) -> None:
    """Check the whole set-up, and say what to do about each fault.

    Checks configuration, database, keys, broker, servers and notices, and of every connection both
    sign-ins, the company, the journal and the settings. Nothing is changed. Ends with 1 where
    something is wrong.
    """
    configure_logging("critical", "json")  # what a check meets is told as its finding
    examined: list[Examined] = []
    with SetUp(read_variables(), ThisMachine()) as set_up, _progress() as progress:
        for one in diagnose(set_up, connection, progress.began):
            progress.ended()
            examined.append(one)
            if not as_json:
                _print(one)
    ill = any(one.state is State.ILL for one in examined)
    if as_json:
        print_json({"well": not ill, "checks": [_told(one) for one in examined]})
    if ill:
        sys.exit(FAILED)


class _Progress:
    """What is being checked, on a terminal alone; gone before anything else is printed there."""

    def __init__(self) -> None:
        self._spinner = Spinner("dots")
        self._live = Live(
            self._spinner,
            console=console(),
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )

    def began(self, check: Check) -> None:
        """Show a check that begins."""
        self._spinner.update(text=_title(check.business, check.name))
        self._live.start(refresh=True)

    def ended(self) -> None:
        """Clear the line."""
        self._live.stop()


@contextmanager
def _progress() -> Iterator[_Progress]:
    progress = _Progress()
    try:
        yield progress
    finally:
        progress.ended()


def _print(one: Examined) -> None:
    mark, color = MARKS[one.state]
    title = _title(one.business, one.name)
    shown = click.style(mark.ljust(len(INDENT)), fg=color)
    if one.state is State.UNCHECKED:
        click.echo(f"{shown}{title}: {one.why}")
    elif one.state is State.WELL:
        click.echo(f"{shown}{title}")
    for finding in one.findings:
        click.echo(f"{shown}{title}: {finding.code}: {finding.cause}\n{INDENT}{finding.fix}")


def _title(business: str, name: str) -> str:
    return f"{business}: {name}" if business else name


def _told(one: Examined) -> dict[str, Any]:
    return {
        "name": one.name,
        "connection_id": one.connection,
        "business": one.business or None,
        "state": one.state,
        "findings": one.findings,
        "why": one.why or None,
    }
