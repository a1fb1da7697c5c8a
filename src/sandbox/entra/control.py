"""The control API: the switchboard as JSON over HTTP, for tests and demos."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any, Protocol

from sandbox.entra.state import Switches
from sandbox.faults import FaultPlan, fault_of
from sandbox.web import Request, Response, Router, reply


class Switchboard(Protocol):
    """What can be controlled of the simulator."""

    faults: FaultPlan

    @property
    def switches(self) -> Switches:
        """How the switches stand."""

    def switch(self, **changes: Any) -> None:
        """Set switches by name."""

    def revoke_refresh_tokens(self) -> None:
        """Revoke every refresh token."""

    def revoke_everything(self) -> None:
        """Revoke every token."""


class Control:
    """Answers control requests; what makes no sense is answered 400 with a `message`."""

    def __init__(self, entra: Switchboard) -> None:
        self._entra = entra
        self._router = Router()
        routes: list[tuple[str, str, Callable[[Request], Response]]] = [
            ("GET", "/switches", lambda _request: reply(asdict(entra.switches))),
            ("PATCH", "/switches", self._switch),
            ("POST", "/revoke", self._revoke),
            ("GET", "/journal", lambda _request: reply(list(entra.faults.journal))),
            ("DELETE", "/journal", self._clear_journal),
            ("POST", "/faults", self._plant),
            ("DELETE", "/faults", self._clear_faults),
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
        except ValueError as error:
            return reply({"message": str(error)}, 400)

    def _switch(self, request: Request) -> Response:
        self._entra.switch(**_body(request))
        return reply(asdict(self._entra.switches))

    def _revoke(self, request: Request) -> Response:
        """`{"what": "refresh"}`, or everything where nothing is said."""
        what = _body(request).get("what", "everything")
        if what not in ("refresh", "everything"):
            raise ValueError("what is either refresh or everything")
        if what == "refresh":
            self._entra.revoke_refresh_tokens()
        else:
            self._entra.revoke_everything()
        return Response(204)

    def _clear_journal(self, _request: Request) -> Response:
        self._entra.faults.journal.clear()
        return Response(204)

    def _plant(self, request: Request) -> Response:
        self._entra.faults.plant(fault_of(_body(request)))
        return Response(204)

    def _clear_faults(self, _request: Request) -> Response:
        self._entra.faults.clear()
        return Response(204)


def _body(request: Request) -> dict[str, Any]:
    """The JSON object sent; an empty body counts as an empty object."""
    body = request.json() if request.body else {}
    if not isinstance(body, dict):
        raise ValueError("the body is not an object")  # noqa: TRY004 - answered as a bad request
    return body
