"""Sign in and out: with a PEX API token, or with an API token of pexbc."""

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import FromQuery, URLEncodedBody
from litestar.response import Redirect

from adapters.persistence.api_tokens import PREFIX
from adapters.persistence.browser_sessions import LASTING
from domain.refusals import Refusal
from entrypoints.composition import Services
from entrypoints.http.limits import SIGN_INS, attempting, take
from entrypoints.http.pages.connecting import begin_session
from entrypoints.http.pages.problems import SEE_OTHER
from entrypoints.http.pages.rendering import html
from entrypoints.http.permissions import PUBLIC, SIGNED_IN
from entrypoints.http.problems import status_of
from entrypoints.http.refusals import TooManyAttempts, Unauthenticated
from entrypoints.http.security import (
    Principal,
    by_session,
    check_same_origin,
    is_encrypted,
    session_cookie,
)


class TokenForm(msgspec.Struct):
    """A pasted token, and where to go on."""

    token: Annotated[str, msgspec.Meta(max_length=4000)] = ""
    next: str = "/"


@get("/sign-in", sync_to_thread=True, opt=PUBLIC)
def sign_in_page(
    request: Request[Any, Any, Any],
    services: NamedDependency[Services],
    next: FromQuery[str] = "/",  # noqa: A002 - the address's own word
) -> Response[str]:
    """The ways to sign in."""
    return sign_in_again(request, services, next)


@post("/sign-in", sync_to_thread=True, opt=PUBLIC)
def sign_in(
    request: Request[Any, Any, Any],
    services: NamedDependency[Services],
    data: URLEncodedBody[TokenForm],
) -> Response[str] | Redirect:
    """Take a token for a session; a wrong one leaves everything as it was."""
    check_same_origin(services, request)
    try:
        secret, onward = _begin(request, services, data.token.strip(), data.next)
    except TooManyAttempts:
        raise
    except Refusal as refusal:
        return sign_in_again(request, services, data.next, refusal)
    return signed_in(request, services, secret, onward)


@post("/sign-out", sync_to_thread=True, opt=SIGNED_IN)
def sign_out(
    services: NamedDependency[Services], principal: NamedDependency[Principal]
) -> Redirect:
    """End the session for good."""
    if principal.by_session:
        services.browser_sessions.end(principal.id)
    return Redirect("/sign-in", status_code=SEE_OTHER, cookies=[_cookie(services, "", 0)])


def _begin(
    request: Request[Any, Any, Any], services: Services, token: str, onward: str
) -> tuple[str, str]:
    """A session for a token's bearer, and where to go on; raises what refuses it."""
    if not token.startswith(PREFIX):
        with attempting(services, request):
            identity = services.sign_in_with_pex.identify(token)
        return begin_session(services, identity, onward)
    known = services.api_tokens.find(token)
    if known is None:
        take(services, SIGN_INS, request)
        raise Unauthenticated
    secret = services.browser_sessions.begin(
        known.name,
        known.role,
        known.businesses,
        services.clock.now(),
        limited=known.limited,
        token_id=known.id,
    )
    return secret, onward


def signed_in(
    request: Request[Any, Any, Any],
    services: Services,
    secret: str,
    onward: str,
    *cookies: Cookie,
) -> Redirect:
    """Go on with a session, to a page of ours and nowhere else; the browser's former one ends."""
    former = by_session(services, request)
    if former is not None:
        services.browser_sessions.end(former.id)
    cookie = _cookie(services, secret, int(LASTING.total_seconds()))
    return Redirect(inside(onward), status_code=SEE_OTHER, cookies=[cookie, *cookies])


def inside(onward: str) -> str:
    """An address to go on to, or the first page where it is none of ours."""
    ours = onward.startswith("/") and not onward.startswith(("//", "/\\"))
    return onward if ours else "/"


def _cookie(services: Services, secret: str, seconds: int) -> Cookie:
    return Cookie(
        key=session_cookie(services),
        value=secret,
        path="/",
        max_age=seconds,
        httponly=True,
        secure=is_encrypted(services),
        samesite="lax",
    )


def sign_in_again(
    request: Request[Any, Any, Any],
    services: Services,
    onward: str,
    refusal: Refusal | None = None,
) -> Response[str]:
    """The page to sign in at, with what was refused last."""
    context = {
        "next": onward,
        "refusal": refusal,
        "pex_sign_in": bool(services.settings.pex_client_id),
    }
    return html(request, "sign_in.html", context, status=status_of(refusal) if refusal else 200)


HANDLERS = [sign_in_page, sign_in, sign_out]
