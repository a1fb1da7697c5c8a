"""Ties a sign-in that goes by way of another site to the browser that began it.

The browser takes along a secret in a cookie. Whoever comes back without it, a person who was led
here by somebody else's link for one, completes nothing.
"""

from dataclasses import dataclass
from datetime import timedelta
from secrets import token_urlsafe
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from litestar import Request
from litestar.datastructures import Cookie

from application.kept_once import KeptOnce
from entrypoints.composition import Services
from entrypoints.http.refusals import NotBegunHere
from entrypoints.http.security import is_encrypted

LASTING = timedelta(hours=1)
LOOPBACK = ("localhost", "127.0.0.1", "::1")
_RANDOM_BYTES = 32


@dataclass(frozen=True, slots=True)
class Errand:
    """What a browser set out for.

    Attributes:
        by: the actor, empty where nobody was signed in.
        connection_id: whose sign-in it is; None for none yet.
        onward: where to go on afterwards, in this service.
    """

    by: str
    connection_id: UUID | None
    onward: str


def set_out(services: Services, errand: Errand) -> tuple[str, Cookie]:
    """Keep an errand: the secret to bind the sign-in to, and the cookie that takes it along."""
    secret = token_urlsafe(_RANDOM_BYTES)
    connection = str(errand.connection_id or "")
    texts = {"by": errand.by, "connection": connection, "onward": errand.onward}
    _kept(services).put(secret, texts)
    return secret, _cookie(services, secret, int(LASTING.total_seconds()))


def come_back(services: Services, request: Request[Any, Any, Any], by: str) -> tuple[str, Errand]:
    """The errand of this browser, once, and the secret that it brought along.

    Raises:
        NotBegunHere: this browser, or the person who uses it now, began none.
    """
    secret = request.cookies.get(_name(services), "")
    kept = _kept(services).take(secret) if secret else None
    if kept is None or kept["by"] != by:
        raise NotBegunHere
    connection_id = UUID(kept["connection"]) if kept["connection"] else None
    return secret, Errand(kept["by"], connection_id, kept["onward"])


def way_back(services: Services, request: Request[Any, Any, Any], path: str) -> str:
    """The address that other sites send the browser back to.

    It is the public one; on one's own machine the very one that the browser is at, since
    `localhost` and `127.0.0.1` are two hosts to its cookies.
    """
    public = services.settings.public_url.rstrip("/")
    here = f"http://{request.headers.get('host', '')}"
    if public.startswith("http:") and _is_loopback(public) and _is_loopback(here):
        return here + path
    return public + path


def _is_loopback(address: str) -> bool:
    try:
        return urlsplit(address).hostname in LOOPBACK
    except ValueError:
        return False


def over(services: Services) -> Cookie:
    """Takes the cookie back."""
    return _cookie(services, "", 0)


def _kept(services: Services) -> KeptOnce:
    return KeptOnce(services.vault, services.clock, "browser_errand", LASTING)


def _name(services: Services) -> str:
    return "__Host-pexbc-errand" if is_encrypted(services) else "pexbc-errand"


def _cookie(services: Services, secret: str, seconds: int) -> Cookie:
    """Lax: it has to come along when another site sends the browser back to a page of ours."""
    return Cookie(
        key=_name(services),
        value=secret,
        path="/",
        max_age=seconds,
        httponly=True,
        secure=is_encrypted(services),
        samesite="lax",
    )
