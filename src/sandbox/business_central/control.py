"""The control API: the operations on the simulator as JSON over HTTP, for tests and demos.

Bodies are objects; `company` and `journal` may be left out. Other members are fields of the row,
by the names that the dump's rows have in this package (`posting_date`, `amount`, ...).
"""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from sandbox.business_central.limits import Limits, Usage
from sandbox.business_central.operations import Operations
from sandbox.business_central.refusals import Refusal
from sandbox.faults import FaultPlan, fault_of
from sandbox.web import Request, Response, Router, reply


class Control:
    """Answers control requests; what makes no sense is answered 400 with BC's error object."""

    def __init__(self, operations: Operations, faults: FaultPlan, limits: Limits) -> None:
        self._do, self._faults, self._limits = operations, faults, limits
        self._router = Router()
        for method, path, handler in self._routes():
            self._router.add(method, path, handler)

    def _routes(self) -> list[tuple[str, str, Callable[..., Response]]]:
        do = self._do
        return [
            ("GET", "/dump", lambda _request: reply(do.dump())),
            ("GET", "/journal", lambda _request: reply(list(self._faults.journal))),
            ("DELETE", "/journal", self._clear_journal),
            ("GET", "/usage", lambda _request: reply(asdict(self._limits.usage))),
            ("DELETE", "/usage", self._clear_usage),
            ("POST", "/faults", self._plant),
            ("DELETE", "/faults", self._clear_faults),
            ("PATCH", "/switches", self._switch),
            ("POST", "/post", self._post),
            ("POST", "/schedule", _done(do.schedule_posting)),
            ("POST", "/lines", _row(do.add_line)),
            ("PATCH", "/lines/{line_id}", _row(do.edit_line)),
            ("DELETE", "/lines/{line_id}", _done(do.delete_line)),
            ("POST", "/journals", _row(do.create_journal)),
            ("PATCH", "/journals/{journal}", _row(do.change_journal)),
            ("DELETE", "/journals/{journal}", _done(do.delete_journal)),
            ("POST", "/journals/{journal}/balancing", _row(do.set_balancing_account)),
            ("POST", "/journals/{journal}/series", _row(do.set_series)),
            ("POST", "/journals/{journal}/approval", _row(do.request_approval)),
            ("DELETE", "/journals/{journal}/approval", _row(do.end_approval)),
            ("PATCH", "/templates/{template}", _done(do.change_template)),
            ("POST", "/series", _done(do.add_series)),
            ("POST", "/accounts", _counted(do.add_accounts)),
            ("PATCH", "/accounts/{number}", _done(do.change_account)),
            ("POST", "/accounts/{number}/dimensions", _done(do.set_default_dimension)),
            ("PATCH", "/banks/{number}", _done(do.change_bank)),
            ("POST", "/vendors", _counted(do.add_vendors)),
            ("PATCH", "/vendors/{number}", _done(do.change_vendor)),
            ("POST", "/dimensions/{dimension}/values", _counted(do.add_dimension_values)),
            ("PATCH", "/dimensions/{dimension}/values/{code}", _done(do.change_dimension_value)),
            ("DELETE", "/dimensions/{dimension}/values/{code}", _done(do.delete_dimension_value)),
            ("DELETE", "/tax-groups/{code}", _done(do.delete_tax_group)),
            ("POST", "/combinations", _done(do.forbid_combination)),
            ("PATCH", "/set-up", _done(do.change_set_up)),
            ("POST", "/period", _done(do.allow_posting)),
            ("POST", "/access", _done(do.hide_company)),
        ]

    def __call__(self, request: Request) -> Response:
        """Carry out one control request."""
        match = self._router.match(request)
        if isinstance(match, int):
            return reply({"error": {"code": "Control", "message": "no such control"}}, match)
        handler, parts = match
        try:
            return handler(request, **parts)
        except Refusal as refusal:
            return refusal.response("en-US")
        except (TypeError, ValueError) as error:
            return reply({"error": {"code": "Control", "message": str(error)}}, 400)

    def _clear_journal(self, _request: Request) -> Response:
        self._faults.journal.clear()
        return Response(204)

    def _clear_usage(self, _request: Request) -> Response:
        self._limits.usage = Usage()
        return Response(204)

    def _plant(self, request: Request) -> Response:
        self._faults.plant(fault_of(_body(request)))
        return Response(204)

    def _clear_faults(self, _request: Request) -> Response:
        self._faults.clear()
        return Response(204)

    def _switch(self, request: Request) -> Response:
        self._do.switch(**_body(request))
        return reply(asdict(self._do.world.switches))

    def _post(self, request: Request) -> Response:
        return reply({"entries": self._do.post(**_body(request))})


def _row(operation: Callable[..., Any]) -> Callable[..., Response]:
    return lambda request, **parts: reply(operation(**_body(request), **parts))


def _done(operation: Callable[..., Any]) -> Callable[..., Response]:
    def handle(request: Request, **parts: str) -> Response:
        operation(**_body(request), **parts)
        return Response(204)

    return handle


def _counted(operation: Callable[..., int]) -> Callable[..., Response]:
    return lambda request, **parts: reply({"added": operation(**_body(request), **parts)})


def _body(request: Request) -> dict[str, Any]:
    """The JSON object sent; an empty body is an empty object."""
    given = request.json() if request.body else {}
    if not isinstance(given, dict):
        raise ValueError("the body is not an object")  # noqa: TRY004 - answered as a bad request
    return given
