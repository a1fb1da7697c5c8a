"""A request's id, and its one line in the log, which holds no query, header or body."""

import re
import time
from typing import Any
from uuid import uuid4

import structlog
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from adapters.telemetry.tracing import CONNECTION, RUN, Span, Tracing, Way

log = structlog.get_logger(__name__)

HEADER = "x-request-id"
KEY = "request_id"
_ACCEPTED = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_PROBES = ("/health/", "/metrics")
_UNTRACED = (*_PROBES, "/static/")
_SERVER_ERROR = 500


def observed(app: ASGIApp, tracing: Tracing) -> ASGIApp:
    """Give each request an id, bind it to every log line, trace it, and log how it ended.

    A caller's own `X-Request-ID` is kept where it is short and plain.
    """

    async def observe(scope: Scope, receive: Receive, send: Send) -> None:
        answered: dict[str, Any] = {"status": None}

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                answered["status"] = message["status"]
            await send(message)

        async def answer() -> None:
            began = time.perf_counter()
            try:
                await app(scope, receive, noting)
            finally:
                _tell(scope, answered["status"], time.perf_counter() - began)

        with structlog.contextvars.bound_contextvars(request_id=request_id(scope)):
            if scope["path"].startswith(_UNTRACED):
                await answer()
                return
            told = {"pexbc.request_id": request_id(scope)}
            with tracing.span("request", told, Way.IN) as span:
                try:
                    await answer()
                finally:
                    _name(span, scope, answered["status"])

    return observe


def request_id(scope: Any) -> str:
    """The id of a request, the same for as long as it lasts."""
    state: dict[str, Any] = scope["state"]
    if KEY not in state:
        given = next((value for name, value in scope["headers"] if name == HEADER.encode()), b"")
        state[KEY] = given.decode() if _ACCEPTED.fullmatch(given) else uuid4().hex
    found: str = state[KEY]
    return found


def _name(span: Span, scope: Any, status: int | None) -> None:
    """Name a span for the route, which is known once the request was answered."""
    route = scope.get("path_template") or "unknown"
    span.rename(f"{scope['method']} {route}")
    ids = scope.get("path_params", {})
    named = ((RUN, ids.get("run_id")), (CONNECTION, ids.get("connection_id")))
    span.note({key: str(value) for key, value in named if value is not None})
    span.note({"http.request.method": scope["method"], "http.route": route})
    if status is not None:
        span.note({"http.response.status_code": status})
    if status is None or status >= _SERVER_ERROR:
        span.fail(str(status or "no answer"))


def _tell(scope: Any, status: int | None, seconds: float) -> None:
    ids = {name: str(value) for name, value in scope.get("path_params", {}).items()}
    tell = log.debug if scope["path"].startswith(_PROBES) else log.info
    tell(
        "request",
        method=scope["method"],
        route=scope.get("path_template") or "unknown",
        status=status,
        milliseconds=round(seconds * 1000, 1),
        **ids,
    )
