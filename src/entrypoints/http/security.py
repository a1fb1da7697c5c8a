"""Who calls, what the role may, and the headers that every answer bears (M45)."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import sqlalchemy as sa
import structlog
from litestar.connection import ASGIConnection
from litestar.datastructures import MutableScopeHeaders
from litestar.handlers.base import BaseRouteHandler
from litestar.types import Message, Scope

from adapters.persistence.api_tokens import ApiToken
from application.ports.read_models import ConnectionView, RunView
from domain.roles import MAY, Permission, Role
from entrypoints.composition import Services
from entrypoints.http.limits import WRONG_TOKENS, Use, take
from entrypoints.http.observing import HEADER, request_id
from entrypoints.http.permissions import permission_of
from entrypoints.http.refusals import (
    Forbidden,
    ForeignOrigin,
    NotFound,
    Unauthenticated,
)

log = structlog.get_logger(__name__)

SAFE = ("GET", "HEAD", "OPTIONS")

HEADERS = {
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
}
HSTS = {"strict-transport-security": "max-age=31536000; includeSubDomains"}


@dataclass(frozen=True, slots=True)
class Principal:
    """Who calls: name, role and businesses (none: see `sees`) of an API token or a session.

    `id` is the token's, or the browser session's where `by_session`.
    """

    id: UUID
    name: str
    role: Role
    businesses: tuple[int, ...]
    limited: bool
    by_session: bool = False

    @property
    def actor(self) -> str:
        """As it stands in events."""
        return f"{self.role}:{self.name}"

    @property
    def scope(self) -> tuple[int, ...] | None:
        """The businesses whose connections are visible; None for all of them.

        An admin sees the businesses that the token names, and no other; support and operators see
        all, unless their token names some.
        """
        if self.role is Role.ADMIN or self.businesses:
            return self.businesses
        return None

    def may(self, permission: Permission | str) -> bool:
        """Whether the role has a permission; templates name it by its value."""
        return Permission(permission) in MAY[self.role]

    def sees(self, connection: ConnectionView) -> bool:
        """Whether a connection is within the scope."""
        return self.scope is None or connection.business_id in self.scope


def guard(services: Services) -> Callable[[ASGIConnection[Any, Any, Any, Any], Any], None]:
    """The guard of every route: who calls, and whether they may what the route asks for."""
    use = Use(services.settings.api_requests_per_minute)

    def check(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
        permission = permission_of(handler)
        if permission is None:
            return
        principal = by_session(services, connection)
        if principal is None:
            principal = _by_token(services, connection)
        elif connection.scope.get("method") not in SAFE:
            check_same_origin(services, connection)
        use.take(principal.id)
        if not principal.may(permission):
            raise Forbidden(principal.role)
        connection.scope["state"]["principal"] = principal

    return check


def _by_token(services: Services, connection: ASGIConnection[Any, Any, Any, Any]) -> Principal:
    scheme, _, given = connection.headers.get("authorization", "").partition(" ")
    secret = given.strip() if scheme.lower() == "bearer" else ""
    if not secret:
        raise Unauthenticated
    token = services.api_tokens.find(secret)
    if token is None:
        take(services, WRONG_TOKENS, connection)
        raise Unauthenticated
    _note_use(services, token)
    return Principal(token.id, token.name, Role(token.role), token.businesses, token.limited)


def _note_use(services: Services, token: ApiToken) -> None:
    """Keep that a token is used; one who reads is not refused where that cannot be written."""
    try:
        services.api_tokens.note_use(token, services.clock.now())
    except sa.exc.DBAPIError as error:
        log.warning("the use of an API token could not be kept", exc_info=error)


def by_session(
    services: Services, connection: ASGIConnection[Any, Any, Any, Any]
) -> Principal | None:
    """Who is signed in with this browser; None where a token is sent, or nobody is."""
    secret = connection.cookies.get(session_cookie(services))
    if not secret or "authorization" in connection.headers:
        return None
    session = services.browser_sessions.find(secret, services.clock.now())
    if session is None:
        return None
    return Principal(
        session.id,
        session.name,
        Role(session.role),
        session.businesses,
        session.limited,
        by_session=True,
    )


def session_cookie(services: Services) -> str:
    """The session cookie's name; its prefix keeps other hosts of the domain from setting it."""
    return "__Host-pexbc" if is_encrypted(services) else "pexbc"


def is_encrypted(services: Services) -> bool:
    """Whether browsers reach the service by https alone."""
    return services.settings.public_url.startswith("https:")


def check_same_origin(services: Services, connection: ASGIConnection[Any, Any, Any, Any]) -> None:
    """Let only this service's own pages change something in a browser's name.

    Browsers tell the origin of every request that is not merely read, and no page can forge it.

    Raises:
        ForeignOrigin: the request comes from elsewhere, or does not say from where.
    """
    ours = {connection.headers.get("host", ""), urlsplit(services.settings.public_url).netloc}
    if connection.headers.get("origin", "").partition("://")[2] not in ours - {""}:
        raise ForeignOrigin


def let_see(services: Services, principal: Principal, business_id: int) -> None:
    """Let whoever calls see a business from now on that they have proven to administer."""
    if principal.by_session:
        services.browser_sessions.add_business(principal.id, business_id)
    else:
        services.api_tokens.add_business(principal.id, business_id)


def visible_connection(
    services: Services, principal: Principal, connection_id: UUID
) -> ConnectionView:
    """The connection, or NotFound where it is not there or another tenant's.

    From here on every log line of the request bears its id.
    """
    structlog.contextvars.bind_contextvars(connection_id=str(connection_id))
    view = services.read_models.connection(connection_id)
    if view is None or not principal.sees(view):
        raise NotFound("connection")
    return view


def visible_run(services: Services, principal: Principal, run_id: UUID) -> RunView:
    """The run, or NotFound where it is not there or another tenant's; its id goes to the log."""
    return visible_run_of(services, principal, run_id)[0]


def visible_run_of(
    services: Services, principal: Principal, run_id: UUID
) -> tuple[RunView, ConnectionView]:
    """The same with its connection."""
    structlog.contextvars.bind_contextvars(run_id=str(run_id))
    run = services.read_models.run(run_id)
    view = services.read_models.connection(run.connection_id) if run else None
    if run is None or view is None or not principal.sees(view):
        raise NotFound("run")
    structlog.contextvars.bind_contextvars(connection_id=str(view.id))
    return run, view


def adding_headers(*, encrypted: bool) -> Callable[[Message, Scope], Awaitable[None]]:
    """A hook that puts the request's id and the security headers on every answer, errors included.

    `encrypted` tells that the service is reached by https alone, so that browsers keep to it.
    """
    always = {**HEADERS, **(HSTS if encrypted else {})}

    async def add_headers(message: Message, scope: Scope) -> None:
        if message["type"] != "http.response.start":
            return
        headers = MutableScopeHeaders.from_message(message)
        headers[HEADER] = request_id(scope)
        headers.setdefault("cache-control", "no-store")
        for name, value in always.items():
            headers.setdefault(name, value)

    return add_headers
