"""Whether the servers' addresses lead to them, and what time it is there.

Each is asked once and without any sign-in, so that a wrong address is one fault, and not one for
every connection.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import httpx

from adapters.entra.transport import rewriting
from application.addresses import is_this_machine
from application.ports.pex import PexUnavailable
from application.ports.pex_sign_in import PexSignInNotConfigured, PexSignInUnusable
from entrypoints.doctor import faults_elsewhere as faults
from entrypoints.doctor.finding import Finding, Unchecked
from entrypoints.doctor.set_up import SetUp

MOST_OFF = timedelta(seconds=60)
DISCOVERY = "organizations/v2.0/.well-known/openid-configuration"
SERVER_ERROR = 500


def pex(set_up: SetUp) -> Iterator[Finding]:
    """PEX's API answers its ping (PEX contract 1.1)."""
    address = set_up.settings.pex_api_url
    asked = f"{address.rstrip('/')}/Ping"
    return _leads(set_up, address, asked, faults.PexUnreachable, lambda answer: answer.is_success)


def microsoft(set_up: SetUp) -> Iterator[Finding]:
    """Microsoft's sign-in tells of itself."""
    address = set_up.settings.entra_authority
    rewriting(address)  # raises where the app's secret would go out in the clear
    asked = f"{address.rstrip('/')}/{DISCOVERY}"
    kind = faults.MicrosoftUnreachable
    return _leads(set_up, address, asked, kind, lambda answer: answer.is_success)


def business_central(set_up: SetUp) -> Iterator[Finding]:
    """Something answers in Business Central's place; without a sign-in it tells no more."""
    address = set_up.settings.bc_api_url
    asked = f"{address.rstrip('/')}/v2.0"
    kind = faults.BusinessCentralUnreachable
    return _leads(set_up, address, asked, kind, lambda answer: answer.status_code < SERVER_ERROR)


def _leads(
    set_up: SetUp,
    address: str,
    asked: str,
    kind: type[faults.ServerUnreachable],
    is_it: Callable[[httpx.Response], bool],
) -> Iterator[Finding]:
    if _is_in_the_clear(address):
        raise faults.AddressInsecure
    try:
        answer = set_up.http.get(asked)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise kind(type(error).__name__) from error
    _note_time(set_up, answer)
    if not is_it(answer):
        raise kind(f"it answers {answer.status_code}")
    yield from ()


def _is_in_the_clear(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return parts.scheme == "http" and not is_this_machine(parts.hostname or "")
    except ValueError:
        return False  # which no request can be sent to either


def _note_time(set_up: SetUp, answer: httpx.Response) -> None:
    try:
        there = parsedate_to_datetime(answer.headers.get("date", ""))
    except ValueError:
        return
    set_up.ahead.append((set_up.machine.now() - there).total_seconds())


def clock(set_up: SetUp) -> Iterator[Finding]:
    """The machine's clock agrees with one of the servers' at least."""
    if not set_up.ahead:
        raise Unchecked("no server has told its time")
    off = timedelta(seconds=min(set_up.ahead, key=abs))
    if abs(off) > MOST_OFF:
        yield Finding.of(faults.ClockOff(off))


def pex_in_browser(set_up: SetUp) -> Iterator[Finding]:
    """People can sign in with PEX in the browser."""
    try:
        set_up.pex_sign_in.check()
    except PexSignInNotConfigured as refusal:
        raise Unchecked(f"no PEX app is set, and API tokens do without; {refusal.fix}") from refusal
    except PexUnavailable as refusal:
        raise PexSignInUnusable(refusal.cause) from refusal
    yield from ()
