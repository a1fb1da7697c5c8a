"""`pexbc tokens`: API tokens, shown once."""

from uuid import UUID

import click

from domain.roles import Role
from entrypoints.cli.context import actor, explained, print_json, services


@click.group()
def tokens() -> None:
    """Create, list and revoke API tokens."""


@tokens.command()
@click.option("--role", required=True, type=click.Choice([role.value for role in Role]))
@click.option("--name", required=True, help="Who or what will use it; stands in every event.")
@click.option("--business", "businesses", multiple=True, type=int, help="PEX business id.")
@explained
def create(role: str, name: str, businesses: tuple[int, ...]) -> None:
    """Print a new API token, once and alone."""
    service = services()
    _, secret = service.api_tokens.create(name, role, businesses, actor(), service.clock.now())
    click.echo(secret)


@tokens.command("list")
@explained
def list_tokens() -> None:
    """List the tokens, without the tokens themselves."""
    print_json(services().api_tokens.list())


@tokens.command()
@click.argument("token_id", type=click.UUID)
@explained
def revoke(token_id: UUID) -> None:
    """Take a token's power away at once."""
    service = services()
    if not service.api_tokens.revoke(token_id, actor(), service.clock.now()):
        raise click.ClickException("There is no such token, or it was revoked before.")
