"""Sign in with PEX in the browser: to PEX, and back into a session (M2, PEX contract 1.4)."""

import hmac
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import URLEncodedBody
from litestar.response import Redirect

from application.pex_identity import PexIdentity
from domain.refusals import Refusal
from domain.roles import Permission
from entrypoints.composition import Services
from entrypoints.http.limits import SET_OUTS, take
from entrypoints.http.pages.connect_view import Tab, Trouble
from entrypoints.http.pages.connecting import NEW, begin_session, connect_business, tab_address
from entrypoints.http.pages.errands import Errand, come_back, over, set_out, way_back
from entrypoints.http.pages.new_connection import new_connection_page
from entrypoints.http.pages.problems import SEE_OTHER
from entrypoints.http.pages.sign_in import inside, sign_in_again, signed_in
from entrypoints.http.permissions import PUBLIC
from entrypoints.http.refusals import NotBegunHere, NotFound
from entrypoints.http.security import (
    Principal,
    by_session,
    check_same_origin,
    let_see,
    visible_connection,
)

CALLBACK = "/pex/callback"


class BeginForm(msgspec.Struct):
    """Where to go on afterwards, or the connection whose PEX side signs in again."""

    next: Annotated[str, msgspec.Meta(max_length=2000)] = "/"
    connection: Annotated[str, msgspec.Meta(max_length=36)] = ""


@post("/sign-in/pex", sync_to_thread=True, opt=PUBLIC)
def begin(
    request: Request[Any, Any, Any],
    services: NamedDependency[Services],
    data: URLEncodedBody[BeginForm],
) -> Response[str] | Redirect:
    """To PEX's own page; a few times, since each is kept until the browser is back."""
    check_same_origin(services, request)
    take(services, SET_OUTS, request)
    principal = _admin(services, request)
    errand = Errand(
        principal.actor if principal else "", _connection(services, principal, data), data.next
    )
    bound_to, cookie = set_out(services, errand)
    try:
        to_pex = services.sign_in_with_pex.begin(
            errand.by, bound_to, way_back(services, request, CALLBACK)
        )
    except Refusal as refusal:
        return _refused(request, services, principal, errand, refusal)
    return Redirect(to_pex, status_code=SEE_OTHER, cookies=[cookie])


@get(CALLBACK, sync_to_thread=True, opt=PUBLIC)
def come_back_from_pex(
    request: Request[Any, Any, Any], services: NamedDependency[Services]
) -> Response[str] | Redirect:
    """Take PEX's answer, where this is the browser, and the person, that set out for it."""
    principal = _admin(services, request)
    bound_to, errand = come_back(services, request, principal.actor if principal else "")
    try:
        identity = _identity(services, dict(request.query_params), bound_to)
        return _welcome(request, services, principal, errand, identity)
    except Refusal as refusal:
        return _refused(request, services, principal, errand, refusal)


def _identity(services: Services, answer: dict[str, str], bound_to: str) -> PexIdentity:
    """Who signed in; a sign-in of another browser is thrown away, at PEX too."""
    done = services.sign_in_with_pex.complete(answer.get("state", ""), answer)
    if not hmac.compare_digest(done.bound_to.encode(), bound_to.encode()):
        if done.identity.credential.refresh_token:
            services.pex_sign_in.revoke(done.identity.credential.refresh_token)
        raise NotBegunHere
    return done.identity


def _welcome(
    request: Request[Any, Any, Any],
    services: Services,
    principal: Principal | None,
    errand: Errand,
    identity: PexIdentity,
) -> Redirect:
    """Connect the business where that was the errand; begin a session where there is none."""
    leave = over(services)
    connects = errand.connection_id is not None or errand.onward == NEW
    if principal is None or (principal.limited and not connects):
        secret, onward = begin_session(services, identity, errand.onward)
        return signed_in(request, services, secret, onward, leave)
    if connects:
        connected = connect_business(services, principal, identity, errand.connection_id)
        onward = tab_address(connected, "pex")
    else:
        let_see(services, principal, identity.business.id)
        onward = inside(errand.onward)
    return Redirect(onward, status_code=SEE_OTHER, cookies=[leave])


def _refused(
    request: Request[Any, Any, Any],
    services: Services,
    principal: Principal | None,
    errand: Errand,
    refusal: Refusal,
) -> Response[str]:
    """The page that the sign-in was begun from, with what refused it."""
    if principal is None:
        return sign_in_again(request, services, errand.onward, refusal)
    request.scope["state"]["principal"] = principal
    if errand.connection_id is not None:
        tab = Tab.of(request, services, principal, errand.connection_id)
        return tab.page(Trouble("pex", refusal))
    if errand.onward == NEW:
        return new_connection_page(request, services, refusal)
    return sign_in_again(request, services, errand.onward, refusal)


def _admin(services: Services, request: Request[Any, Any, Any]) -> Principal | None:
    """The admin who is signed in with this browser; for anybody else a session begins anew."""
    principal = by_session(services, request)
    return (
        principal if principal is not None and principal.may(Permission.CHANGE_CONNECTION) else None
    )


def _connection(services: Services, principal: Principal | None, form: BeginForm) -> UUID | None:
    if not form.connection:
        return None
    try:
        connection_id = UUID(form.connection)
    except ValueError:
        raise NotFound("connection") from None
    if principal is None:
        raise NotFound("connection")
    return visible_connection(services, principal, connection_id).id


HANDLERS = [begin, come_back_from_pex]
