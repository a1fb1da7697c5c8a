"""The control API of the sandbox as a whole: its clock, its health, and how to use it."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sandbox.clock import SandboxClock
from sandbox.web import Request, Response, Router, reply


class Control:
    """Answers `/health`, `/environment` and `/clock`; what makes no sense is answered 400."""

    def __init__(self, clock: SandboxClock, environment: Callable[[], Mapping[str, str]]) -> None:
        self._clock = clock
        self._router = Router()
        routes: list[tuple[str, str, Callable[[Request], Response]]] = [
            ("GET", "/health", lambda _request: reply({"status": "ready"})),
            ("GET", "/environment", lambda _request: reply(environment())),
            ("GET", "/clock", lambda _request: self._now()),
            ("PUT", "/clock", self._set),
            ("POST", "/clock/advance", self._advance),
        ]
        for method, path, handler in routes:
            self._router.add(method, path, handler)

    def __call__(self, request: Request) -> Response:
        """Carry out one control request."""
        match = self._router.match(request)
        if isinstance(match, int):
            return reply({"message": "no such control"}, match)
        handler, _ = match
        try:
            return handler(request)
        except (ValueError, OverflowError) as error:
            return reply({"message": str(error)}, 400)

    def _now(self) -> Response:
        return reply({"now": self._clock.now().isoformat()})

    def _set(self, request: Request) -> Response:
        """`{"now": "2026-08-15T16:00:00Z"}`: an instant with its zone."""
        self._clock.set(datetime.fromisoformat(str(_body(request).get("now"))))
        return self._now()

    def _advance(self, request: Request) -> Response:
        """Any of `days`, `hours`, `minutes` and `seconds`; negative to go back."""
        body = _body(request)
        unknown = set(body) - {"days", "hours", "minutes", "seconds"}
        if unknown or not body:
            raise ValueError("say how far, in days, hours, minutes or seconds")
        self._clock.advance(timedelta(**{name: float(value) for name, value in body.items()}))
        return self._now()


def _body(request: Request) -> dict[str, Any]:
    body = request.json() if request.body else {}
    if not isinstance(body, dict):
        raise ValueError("the body is not an object")  # noqa: TRY004 - answered as a bad request
    return body
