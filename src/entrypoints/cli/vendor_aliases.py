"""`pexbc connections aliases`, `alias` and `unalias`: the vendor of a merchant by name (M22)."""

from typing import Final
from uuid import UUID

import click

from entrypoints.cli.context import actor, explained, print_json, services


@click.command()
@click.argument("connection_id", type=click.UUID)
@explained
def aliases(connection_id: UUID) -> None:
    """List the merchants whose vendors are named by hand."""
    print_json(services().alias_vendors.all(connection_id))


@click.command()
@click.argument("connection_id", type=click.UUID)
@click.argument("merchant")
@click.argument("vendor")
@explained
def alias(connection_id: UUID, merchant: str, vendor: str) -> None:
    """Name the vendor of a merchant by its number or id, whatever the merchant is called."""
    print_json(services().alias_vendors.put(connection_id, merchant, vendor, actor()))


@click.command()
@click.argument("connection_id", type=click.UUID)
@click.argument("merchant")
@explained
def unalias(connection_id: UUID, merchant: str) -> None:
    """Let a merchant go by its name again."""
    services().alias_vendors.remove(connection_id, merchant, actor())


COMMANDS: Final = (aliases, alias, unalias)
