"""Who calls, what the role may, and the headers that every answer bears (M45)."""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from litestar.connection import ASGIConnection
from litestar.datastructures import MutableScopeHeaders
from litestar.handlers.base import BaseRouteHandler
from litestar.types import Message, Scope

from application.ports.read_models import ConnectionView, RunView
from entrypoints.composition import Services
from entrypoints.http.problems import Forbidden, NotFound, TooManyAttempts, Unauthenticated

ADMIN, SUPPORT, OPERATOR = "admin", "support", "operator"
EVERYBODY = (ADMIN, SUPPORT, OPERATOR)
READERS = (ADMIN, SUPPORT)
ATTEMPTS_A_MINUTE = 30

HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'self'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
    "cross-origin-resource-policy": "same-origin",
}


@dataclass(frozen=True, slots=True)
class Principal:
    """Who calls: the API token's name, role and businesses (none: see `sees`)."""

    token_id: UUID
    name: str
    role: str
    businesses: tuple[int, ...]
    limited: bool

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
        if self.role == ADMIN or self.businesses:
            return self.businesses
        return None

    def sees(self, connection: ConnectionView) -> bool:
        """Whether a connection is within the scope."""
        return self.scope is None or connection.business_id in self.scope


class FailedAttempts:
    """Counts wrong tokens by client address over a minute, in this process."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._times: dict[str, deque[float]] = {}

    def check(self, address: str) -> None:
        """Refuse an address that failed too often."""
        with self._lock:
            if len(self._recent(address)) >= ATTEMPTS_A_MINUTE:
                raise TooManyAttempts

    def note(self, address: str) -> None:
        """Count a failure."""
        with self._lock:
            self._recent(address).append(self._monotonic())

    def _recent(self, address: str) -> deque[float]:
        times = self._times.setdefault(address, deque())
        while times and times[0] < self._monotonic() - 60:
            times.popleft()
        return times


def guard(services: Services) -> Callable[[ASGIConnection[Any, Any, Any, Any], Any], None]:
    """The guard that every route with `roles` in its options passes."""
    failed = FailedAttempts()

    def check(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
        roles = handler.opt.get("roles")
        if roles is None:
            return
        address = connection.client.host if connection.client else ""
        failed.check(address)
        scheme, _, secret = connection.headers.get("authorization", "").partition(" ")
        token = services.api_tokens.find(secret.strip()) if scheme.lower() == "bearer" else None
        if token is None:
            failed.note(address)
            raise Unauthenticated
        if token.role not in roles:
            raise Forbidden(token.role)
        connection.scope["state"]["principal"] = Principal(
            token.id, token.name, token.role, token.businesses, token.limited
        )

    return check


def visible_connection(
    services: Services, principal: Principal, connection_id: UUID
) -> ConnectionView:
    """The connection, or NotFound where it is not there or another tenant's."""
    view = services.read_models.connection(connection_id)
    if view is None or not principal.sees(view):
        raise NotFound("connection")
    return view


def visible_run(services: Services, principal: Principal, run_id: UUID) -> RunView:
    """The run, or NotFound where it is not there or another tenant's."""
    run = services.read_models.run(run_id)
    if run is None:
        raise NotFound("run")
    visible_connection(services, principal, run.connection_id)
    return run


async def add_headers(message: Message, _scope: Scope) -> None:
    """Put the security headers on every answer, errors included."""
    if message["type"] == "http.response.start":
        headers = MutableScopeHeaders.from_message(message)
        for name, value in HEADERS.items():
            headers.setdefault(name, value)
