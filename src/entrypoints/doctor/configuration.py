"""Whether the environment variables can be what somebody meant."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from adapters.entra.sign_in import MicrosoftAppMissing
from adapters.telemetry.collector import tracing_to
from application.addresses import is_this_machine
from entrypoints.doctor import faults
from entrypoints.doctor.finding import Finding, Unchecked
from entrypoints.doctor.set_up import SetUp
from entrypoints.doctor.variables import unknown


def variables(set_up: SetUp) -> Iterator[Finding]:
    """Every variable can be read, and none is misspelt."""
    for name, why in set_up.variables.unreadable.items():
        yield Finding.of(faults.VariableUnreadable(f"PEXBC_{name.upper()}", why))
    for misspelt, nearest in unknown(set_up.machine.variables()):
        yield Finding.of(faults.VariableUnknown(misspelt, nearest))
    if set_up.settings.now is not None:
        yield Finding.of(faults.ClockSet(set_up.settings.now))


def public_url(set_up: SetUp) -> Iterator[Finding]:
    """Browsers and sign-ins can come back to the public address."""
    set_up.requires_variable("public_url")
    why = _unfit(set_up.settings.public_url)
    if why is not None:
        yield Finding.of(faults.PublicUrlUnfit(why))


def _unfit(url: str) -> str | None:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return "is no address"
    if parts.scheme not in {"http", "https"} or not host:
        return "is no address that begins with https://"
    if parts.query or parts.fragment or parts.username:
        return "has more in it than a host, a port and a path"
    if parts.scheme == "http" and not is_this_machine(host):
        return "is plain http on a host that is not this machine"
    return None


def microsoft_app(set_up: SetUp) -> Iterator[Finding]:
    """The Entra app is named."""
    settings = set_up.settings
    if not (settings.entra_client_id and settings.entra_client_secret.get_secret_value()):
        yield Finding.of(MicrosoftAppMissing())


def traces(set_up: SetUp) -> Iterator[Finding]:
    """Traces can be told, where a collector is set; whether it is there is not asked."""
    set_up.requires_variable("otlp_endpoint")
    if not set_up.settings.otlp_endpoint:
        raise Unchecked("no collector is set")
    tracing_to(set_up.settings.otlp_endpoint).close()
    yield from ()
