"""`pexbc connections` and `pexbc settings`: connect, look, configure."""

import sys
from pathlib import Path
from uuid import UUID

import click

from application.ports.event_log import StreamNotFound
from domain.connection import Connection
from entrypoints.cli.context import actor, explained, print_json, services
from entrypoints.settings_body import decode_settings, encode_settings


@click.group()
def connections() -> None:
    """Connect PEX businesses with Business Central."""


@connections.command("list")
@explained
def list_connections() -> None:
    """List all connections with their status."""
    print_json(services().read_models.connections(None, 1000).items)


@connections.command()
@click.argument("connection_id", type=click.UUID)
@explained
def show(connection_id: UUID) -> None:
    """Show one connection."""
    view = services().read_models.connection(connection_id)
    if view is None:
        raise StreamNotFound(connection_id)
    print_json(view)


@connections.command()
@explained
def pex() -> None:
    """Connect a PEX business: reads its API token from standard input."""
    token = sys.stdin.readline().strip()
    connection_id, _ = services().connect.with_pex_token(token, actor())
    click.echo(connection_id)


@connections.command()
@click.argument("connection_id", type=click.UUID)
@click.option("--tenant", required=True, help="Tenant id of the Microsoft Entra directory.")
@click.option("--environment", default="Production", show_default=True)
@explained
def microsoft(connection_id: UUID, tenant: str, environment: str) -> None:
    """Sign in with the app's own credentials, and see whether everything is ready."""
    service = services()
    service.connect.with_service(connection_id, tenant, environment, actor())
    service.check_connection.check(connection_id)


@connections.command()
@click.argument("connection_id", type=click.UUID)
@click.argument("other_id", type=click.UUID)
@click.option("--environment", default=None, help="Another environment than the other one's.")
@explained
def link(connection_id: UUID, other_id: UUID, environment: str | None) -> None:
    """Use the Microsoft sign-in of OTHER_ID, and see whether everything is ready."""
    service = services()
    service.connect.with_link(connection_id, other_id, environment, actor())
    service.check_connection.check(connection_id)


@connections.command()
@click.argument("connection_id", type=click.UUID)
@click.option("--company", default=None, help="Company id: lists its accounts and so on too.")
@explained
def choices(connection_id: UUID, company: str | None) -> None:
    """List what can be chosen in the settings."""
    found = services().configure.choices(connection_id, company)
    chart = found.chart
    print_json(
        {
            "companies": found.companies,
            "accounts": chart.accounts.choices if chart else (),
            "bank_accounts": chart.bank_accounts.choices if chart else (),
            "vendors": chart.vendors.choices if chart else (),
            "tax_codes": chart.tax_codes.choices if chart else (),
            "dimensions": [
                {"code": one.code, "name": one.name, "values": one.values.choices}
                for one in (chart.dimensions.values() if chart else ())
            ],
            "pex_tags": found.tags,
        }
    )


@connections.command("create-journal")
@click.argument("connection_id", type=click.UUID)
@explained
def create_journal(connection_id: UUID) -> None:
    """Create the journal PEX Card in the chosen company."""
    service = services()
    click.echo(service.connect.create_journal(connection_id, actor()).code)
    service.check_connection.check(connection_id)


@connections.command("auto-sync")
@click.argument("connection_id", type=click.UUID)
@click.argument("switch", type=click.Choice(["on", "off"]))
@explained
def auto_sync(connection_id: UUID, switch: str) -> None:
    """Switch the daily sync on or off; says when the next one is due."""
    service = services()
    service.configure.switch_auto_sync(connection_id, enabled=switch == "on", actor=actor())
    view = service.read_models.connection(connection_id)
    due = view.next_at if view else None
    click.echo(f"on, next at {due:%Y-%m-%d %H:%M} UTC" if due else "off")


@connections.command()
@click.argument("connection_id", type=click.UUID)
@click.argument("switch", type=click.Choice(["on", "off"]))
@explained
def callbacks(connection_id: UUID, switch: str) -> None:
    """Let PEX call back about settlements, or not: reads the secret from standard input.

    An empty line stands for the secret that is kept already.
    """
    callbacks = services().subscribe_to_callbacks
    if switch == "on":
        callbacks.subscribe(connection_id, actor(), sys.stdin.readline())
    else:
        callbacks.unsubscribe(connection_id, actor())
    click.echo(switch)


@connections.command()
@click.argument("connection_id", type=click.UUID)
@click.confirmation_option(prompt="History and posted marks stay. Disconnect?")
@explained
def disconnect(connection_id: UUID) -> None:
    """Forget both sign-ins; connecting again never posts anything twice."""
    services().connect.disconnect(connection_id, actor())


@click.group()
def settings() -> None:
    """Read and save a connection's settings."""


@settings.command()
@click.argument("connection_id", type=click.UUID)
@explained
def get(connection_id: UUID) -> None:
    """Print the settings as JSON."""
    connection = services().log.load(Connection, connection_id)
    print_json(encode_settings(connection.settings))


@settings.command("set")
@click.argument("connection_id", type=click.UUID)
@click.argument("file", type=click.Path(exists=True, path_type=Path, allow_dash=True))
@explained
def set_settings(connection_id: UUID, file: Path) -> None:
    """Check and save settings from a JSON file, or from standard input with `-`."""
    body = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    service = services()
    current = service.log.load(Connection, connection_id).settings_version
    version = service.configure.save(connection_id, decode_settings(body), current, actor())
    click.echo(f"saved as version {version}", err=True)
