"""`pexbc backlog`: what should be approved, tagged or mended in time (M29)."""

from collections.abc import Iterator
from uuid import UUID

import click

from application.backlog import Waiting
from domain.refusals import fix_for
from entrypoints.cli.context import explained, print_json, services
from entrypoints.composition import Services

A_PAGE = 1000


@click.command()
@click.argument("connection_id", type=click.UUID)
@click.option("--json", "as_json", is_flag=True)
@explained
def backlog(connection_id: UUID, as_json: bool) -> None:
    """List what is not in the books and about to leave the days of automatic syncs.

    From 10 days before it leaves, the nearest first; behind it what left within the year, which a
    manual sync still reaches. What no sync has seen yet is not listed.
    """
    waiting = list(_all(services(), connection_id))
    if as_json:
        print_json(
            [
                {
                    "transaction": one.transaction,
                    "fix": _fix(one),
                    "leaves_on": one.leaves_on,
                    "days_left": one.days_left,
                    "left": one.has_left,
                }
                for one in waiting
            ]
        )
        return
    for one in waiting:
        click.echo(_line(one))
    if not waiting:
        click.echo("Nothing is about to leave.", err=True)


def _all(service: Services, connection_id: UUID) -> Iterator[Waiting]:
    cursor: str | None = None
    while True:
        page = service.backlog.of(connection_id, A_PAGE, cursor)
        yield from page.items
        cursor = page.next_cursor
        if cursor is None:
            return


def _line(one: Waiting) -> str:
    view = one.transaction
    who = " / ".join(filter(None, (view.merchant, view.cardholder)))
    when = f"left on {one.leaves_on}"
    if not one.has_left:
        days = "1 day" if one.days_left == 1 else f"{one.days_left} days"
        when = f"leaves on {one.leaves_on}, {days} left"
    return (
        f"{view.day} {view.kind} {view.pex_id} {view.amount} {who}: {when}\n"
        f"    {view.code}: {view.cause} {_fix(one)}"
    )


def _fix(one: Waiting) -> str:
    return fix_for(one.transaction.code) if one.transaction.code else ""
