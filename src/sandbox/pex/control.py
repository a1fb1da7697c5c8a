"""The control API: the operations on the simulator as JSON over HTTP, for tests and demos."""

import base64
import binascii
from collections.abc import Callable
from typing import Any

from sandbox.faults import FaultPlan, fault_of
from sandbox.pex.operations import Operations
from sandbox.pex.wire import Refusal
from sandbox.pex.world import Row
from sandbox.web import Request, Response, Router, reply


class Control:
    """Answers control requests; what is refused is answered as PEX refuses, `{"Message"}`."""

    def __init__(self, operations: Operations, faults: FaultPlan) -> None:
        self._do, self._faults = operations, faults
        self._router = Router()
        for method, path, handler in self._routes():
            self._router.add(method, path, handler)

    def _routes(self) -> list[tuple[str, str, Callable[..., Response]]]:
        do = self._do
        return [
            ("GET", "/dump", lambda _request: reply(do.dump())),
            ("GET", "/journal", lambda _request: reply(self._faults.journal)),
            ("DELETE", "/journal", self._clear_journal),
            ("POST", "/faults", self._plant),
            ("DELETE", "/faults", self._clear_faults),
            ("POST", "/businesses", self._add_business),
            ("POST", "/rows", self._add_row),
            ("PATCH", "/rows/{transaction}", self._change_row),
            ("DELETE", "/rows/{transaction}", self._remove_row),
            ("POST", "/rows/{transaction}/settle", self._settle),
            ("POST", "/rows/{transaction}/approve", _on_row(do.approve)),
            ("POST", "/rows/{transaction}/reject", _on_row(do.reject)),
            ("POST", "/rows/{transaction}/reset", _on_row(do.reset)),
            ("POST", "/rows/{transaction}/tags", self._retag),
            ("POST", "/rows/{transaction}/split", self._split),
            ("POST", "/rows/{transaction}/receipts", self._add_receipt),
            ("POST", "/callbacks/deliver", self._call_back),
            ("POST", "/invoices", self._add_invoice),
            ("PATCH", "/invoices/{invoice}", self._change_invoice),
            ("PATCH", "/receipts/{receipt}", self._set_receipt),
            ("POST", "/tokens/{token}/expire", self._expire),
            ("PATCH", "/switches", self._switch),
            ("DELETE", "/tags/{tag}", self._delete_tag),
            ("PATCH", "/tags/{tag}/options/{value}", self._set_option),
            ("DELETE", "/tags/{tag}/options/{value}", self._remove_option),
            ("POST", "/empty", self._empty),
        ]

    def __call__(self, request: Request) -> Response:
        """Carry out one control request."""
        match = self._router.match(request)
        if isinstance(match, int):
            return reply({"Message": "no such control"}, match)
        handler, parts = match
        with self._do.world.lock:
            try:
                return handler(request, **parts)
            except Refusal as refusal:
                return refusal.response()

    def _clear_journal(self, _request: Request) -> Response:
        self._faults.journal.clear()
        return Response(204)

    def _plant(self, request: Request) -> Response:
        try:
            fault = fault_of(_body(request))
        except ValueError as error:
            raise Refusal(400, str(error)) from error
        self._faults.plant(fault)
        return Response(204)

    def _clear_faults(self, _request: Request) -> Response:
        self._faults.clear()
        return Response(204)

    def _add_business(self, request: Request) -> Response:
        body = _body(request)
        number, token = body.get("id"), body.get("token")
        if not isinstance(number, int) or not isinstance(token, str):
            raise Refusal(400, "id must be a number and token a text")
        self._do.add_business(number, str(body.get("name", f"Business {number}")), token)
        return Response(204)

    def _add_row(self, request: Request) -> Response:
        body = _body(request)
        options: dict[str, Any] = {"where": body.get("list", "card")}
        for name in ("business", "vendor_bill"):
            if name in body:
                options[name] = body[name]
        return reply(self._do.add_row(body.get("members") or {}, **options), 201)

    def _change_row(self, request: Request, transaction: str) -> Response:
        return reply(self._do.change_row(_number(transaction), _body(request)))

    def _remove_row(self, _request: Request, transaction: str) -> Response:
        self._do.remove_row(_number(transaction))
        return Response(204)

    def _settle(self, request: Request, transaction: str) -> Response:
        amount = _body(request).get("amount")
        return reply(self._do.settle(_number(transaction), amount), 201)

    def _retag(self, request: Request, transaction: str) -> Response:
        return reply(self._do.retag(_number(transaction), _body(request).get("values")))

    def _split(self, request: Request, transaction: str) -> Response:
        body = _body(request)
        parts, as_text = body.get("parts") or [], body.get("as_text", True)
        return reply(self._do.split(_number(transaction), parts, as_text=as_text))

    def _add_receipt(self, request: Request, transaction: str) -> Response:
        body = _body(request)
        options: dict[str, Any] = {
            name: body[name] for name in ("kind", "state", "type") if name in body
        }
        if body.get("content") is not None:
            options["content"] = _bytes(body["content"])
        receipt = self._do.add_receipt(_number(transaction), **options)
        return reply({"id": receipt.id, "state": receipt.state, "sha256": receipt.sha256}, 201)

    def _call_back(self, request: Request) -> Response:
        """Any of `business` and `transaction`; the outcome is in the dump."""
        body = _body(request)
        options = {name: body[name] for name in ("business", "transaction") if name in body}
        return reply({"subscriptions": self._do.call_back(**options)}, 202)

    def _add_invoice(self, request: Request) -> Response:
        body = _body(request)
        options = {"business": body["business"]} if "business" in body else {}
        parts = body.get("payments"), body.get("allocations") or ()
        return reply(self._do.add_invoice(body.get("members"), *parts, **options), 201)

    def _change_invoice(self, request: Request, invoice: str) -> Response:
        body = _body(request)
        parts = body.get("payments"), body.get("allocations")
        return reply(self._do.change_invoice(_number(invoice), body.get("members"), *parts))

    def _set_receipt(self, request: Request, receipt: str) -> Response:
        changed = self._do.set_receipt_state(receipt, str(_body(request).get("state")))
        return reply({"id": changed.id, "state": changed.state, "sha256": changed.sha256})

    def _expire(self, request: Request, token: str) -> Response:
        self._do.expire_token(token, _body(request).get("how", "expired"))
        return Response(204)

    def _switch(self, request: Request) -> Response:
        self._do.switch(**_body(request))
        return reply(self._do.dump()["switches"])

    def _delete_tag(self, _request: Request, tag: str) -> Response:
        self._do.delete_tag(tag)
        return Response(204)

    def _set_option(self, request: Request, tag: str, value: str) -> Response:
        enabled = _body(request).get("enabled") is True
        self._do.disable_option(tag, value, enabled=enabled)
        return Response(204)

    def _remove_option(self, _request: Request, tag: str, value: str) -> Response:
        self._do.remove_option(tag, value)
        return Response(204)

    def _empty(self, request: Request) -> Response:
        self._do.empty(_body(request).get("business"))
        return Response(204)


def _on_row(operation: Callable[[int], Row]) -> Callable[..., Response]:
    return lambda _request, transaction: reply(operation(_number(transaction)))


def _number(transaction: str) -> int:
    if not transaction.isdecimal():
        raise Refusal(404, "Transaction does not exist")
    return int(transaction)


def _body(request: Request) -> dict[str, Any]:
    """The JSON object sent, names as they are; an empty body counts as an empty object."""
    try:
        body = request.json() if request.body else {}
    except ValueError:
        raise Refusal(400, "the body is not JSON") from None
    if not isinstance(body, dict):
        raise Refusal(400, "the body is not an object")
    return body


def _bytes(content: object) -> bytes:
    try:
        return base64.b64decode(str(content), validate=True)
    except binascii.Error:
        raise Refusal(400, "content is not base64") from None
