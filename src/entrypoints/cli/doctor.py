"""`pexbc doctor`: what is wrong with a set-up, and what to do."""

import sys
from collections.abc import Callable, Iterator

import click
import sqlalchemy as sa
from pydantic import ValidationError
from rich.console import Console

from adapters.persistence.engine import make_engine
from adapters.persistence.schema import current_revision, serves
from adapters.persistence.vault import SecretKeyRefusedError, parse_keys
from adapters.telemetry.tracing import tracing_to
from adapters.wakeups.brokers import BrokerWatch
from application.ports.pex_sign_in import PexSignInNotConfigured
from application.ports.read_models import ConnectionView
from domain.refusals import Refusal
from entrypoints.cli.context import FAILED, NoWakeups, unreadable_variables
from entrypoints.composition import Services, build
from entrypoints.settings import Settings

Finding = tuple[bool, str, str]


@click.command()
def doctor() -> None:
    """Check configuration, database, sign-ins and journals; exit 1 where something is wrong."""
    out = Console(highlight=False)
    ill = False
    for well, what, to_do in _findings():
        ill = ill or not well
        mark = "[green]ok[/green]  " if well else "[red]bad[/red] "
        out.print(f"{mark}{what}" + (f"\n      {to_do}" if to_do else ""))
    if ill:
        sys.exit(FAILED)


def _findings() -> Iterator[Finding]:
    try:
        settings = Settings()
    except ValidationError as error:
        for words in unreadable_variables(error):
            yield False, f"configuration: {words}", "Correct this variable."
        return
    yield True, "configuration: every variable can be read", ""
    yield from _configuration(settings)
    yield from _broker(settings)
    sound = True
    for finding in (*_traces(settings), *_database(settings)):
        sound = sound and finding[0]
        yield finding
    if sound:
        yield from _connections(settings)


def _configuration(settings: Settings) -> Iterator[Finding]:
    try:
        parse_keys(settings.sealing_keys())
    except OSError as error:
        yield (
            False,
            f"sealing key: the file beside the database: {error.strerror}",
            "Let PEXBC_DATABASE_URL name a folder that exists and can be written to.",
        )
    except (Refusal, SecretKeyRefusedError) as error:
        yield False, f"sealing key: {error}", "Set PEXBC_SECRET_KEY to at least 32 characters."
    else:
        yield True, "sealing key: there is one", ""
    if settings.entra_client_id and settings.entra_client_secret.get_secret_value():
        yield True, "Microsoft app: configured", ""
    else:
        yield (
            False,
            "Microsoft app: PEXBC_ENTRA_CLIENT_ID or PEXBC_ENTRA_CLIENT_SECRET is empty",
            "Register an app in Entra ID and set both.",
        )


def _traces(settings: Settings) -> Iterator[Finding]:
    """Whether traces can be told, where a collector is set; it is not asked whether it is there."""
    if settings.otlp_endpoint:
        packages = "traces: the packages are installed"
        yield _tried(packages, lambda: tracing_to(settings.otlp_endpoint).close())


def _broker(settings: Settings) -> Iterator[Finding]:
    if not settings.broker_url:
        yield True, "broker: none, calls stay in the process", ""
        return
    trouble = BrokerWatch(settings.broker_url).trouble()
    if trouble is None:
        yield True, "broker: reachable", ""
    else:
        yield False, f"broker: {trouble.cause}", trouble.fix


def _database(settings: Settings) -> Iterator[Finding]:
    try:
        engine = make_engine(settings.database_url)
        revision = current_revision(engine)
        engine.dispose()
    except (sa.exc.SQLAlchemyError, ImportError, ValueError) as error:
        yield (
            False,
            f"database: not reachable ({type(error).__name__})",
            "Check PEXBC_DATABASE_URL and the server.",
        )
        return
    if not serves(revision):
        yield False, f"database: at revision {revision or 'none'}", "Run `pexbc migrate`."
    else:
        yield True, "database: reachable and migrated", ""


def _connections(settings: Settings) -> Iterator[Finding]:
    services = build(settings, NoWakeups())
    try:
        yield _pex_sign_in(services)
        found = services.read_models.connections(None, 1000).items
        if not found:
            yield True, "connections: none yet", "Connect a PEX business; the README shows how."
        for view in found:
            yield from _connection(services, view)
    finally:
        services.close()


def _pex_sign_in(services: Services) -> Finding:
    """Whether people can sign in with PEX in the browser; API tokens work without that."""
    what = "PEX sign-in in the browser"
    try:
        services.pex_sign_in.check()
    except PexSignInNotConfigured as refusal:
        return True, f"{what}: not configured, API tokens alone", refusal.fix
    except Refusal as refusal:
        return False, f"{what}: {refusal.cause}", refusal.fix
    return True, f"{what}: configured, and PEX tells where", ""


def _connection(services: Services, view: ConnectionView) -> Iterator[Finding]:
    name = f"{view.business_name} ({view.business_id})"
    if view.microsoft is None:
        yield False, f"{name}: {view.status}", "Sign in with Microsoft, and with PEX if need be."
        return
    microsoft, company_id = view.microsoft, view.company_id
    yield _tried(f"{name}: PEX sign-in", lambda: services.pex.of(view.id).business())
    data = services.business_central.company_data(
        view.id, microsoft.tenant_id, microsoft.environment
    )
    yield _tried(f"{name}: Microsoft sign-in and Business Central", data.companies)
    if company_id is None:
        yield False, f"{name}: no settings", "Choose a company and save the settings."
        return
    journal = services.business_central.general_journal(
        view.id, microsoft.tenant_id, microsoft.environment, company_id
    )
    yield _tried(f"{name}: journal PEX Card", journal.resolve)


def _tried(what: str, attempt: Callable[[], object]) -> Finding:
    try:
        attempt()
    except Refusal as refusal:
        return False, f"{what}: {refusal.cause}", refusal.fix
    return True, what, ""
