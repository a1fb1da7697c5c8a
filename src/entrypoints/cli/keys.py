"""`pexbc keys`: the keys that seal secrets at rest."""

import click

from entrypoints.cli.context import explained, services


@click.group()
def keys() -> None:
    """Manage the keys that seal tokens."""


@keys.command()
@explained
def rotate() -> None:
    """Seal everything anew with the first key of PEXBC_SECRET_KEY.

    Put the new key in front of the old one, run this, then drop the old one.
    """
    count = services().vault.rotate()
    click.echo(f"sealed {count} secrets anew", err=True)
