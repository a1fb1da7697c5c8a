"""`$batch`: many operations in one request, in three modes (contract 4)."""

import json
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final
from urllib.parse import unquote

from sandbox.business_central.reading import Answer
from sandbox.business_central.refusals import Refusal
from sandbox.business_central.service import Operation, Service

MOST_OPERATIONS: Final = 100
_JSON: Final = "application/json; odata.metadata=minimal"


@dataclass(frozen=True, slots=True)
class Inner:
    """One operation of a `$batch` and the id that its answer carries."""

    id: str | None
    operation: Operation


def read_requests(body: bytes) -> list[Any]:
    """The list of requests in a JSON `$batch`; raises Refusal where there is none."""
    try:
        payload = json.loads(body, parse_float=Decimal)
    except ValueError:
        raise Refusal("bad_request", detail="The request body is not valid JSON.") from None
    requests = payload.get("requests") if isinstance(payload, dict) else None
    if not isinstance(requests, list):
        raise Refusal("bad_request", detail="The body has no list of requests.")
    return requests


def run(service: Service, outer: Operation, requests: list[Any]) -> Answer:
    """Carry out a `$batch`; the outer answer is 200 whatever the inner ones are."""
    if len(requests) > MOST_OPERATIONS:
        raise Refusal("too_many_operations", count=len(requests), most=MOST_OPERATIONS)
    snapshot = outer.headers.get("isolation", "").lower() == "snapshot"
    go_on = _continues(outer.headers.get("prefer", ""))
    if snapshot and go_on:
        detail = "Isolation: snapshot cannot be combined with continue-on-error."
        raise Refusal("bad_request", detail=detail)
    inners = [_inner(outer, request) for request in requests]
    if snapshot:
        return Answer(payload={"responses": _in_one_transaction(service, inners)})
    answers: list[dict[str, Any]] = []
    for inner in inners:
        answers.append(_answer(service, inner))
        if _failed(answers[-1]) and not go_on:
            break
    return Answer(payload={"responses": answers})


def _continues(prefer: str) -> bool:
    wish = prefer.lower().replace(" ", "")
    return "continue-on-error" in wish and "continue-on-error=false" not in wish


def _in_one_transaction(service: Service, inners: list[Inner]) -> list[dict[str, Any]]:
    """All or nothing; what was done before a failure is still answered as if it had lasted."""
    history, answers = service.world.history, list[dict[str, Any]]()
    with history.transaction():
        for inner in inners:
            answers.append(_answer(service, inner))
            if _failed(answers[-1]):
                undone = history.roll_back()
                dirty = service.world.switches.dirty_read_seconds
                if dirty and undone:
                    history.ghost = (service.world.now() + timedelta(seconds=dirty), undone)
                break
    return answers


def _failed(answer: dict[str, Any]) -> bool:
    return int(answer["status"]) >= 400  # noqa: PLR2004 - errors begin there


def _inner(outer: Operation, request: Any) -> Inner:
    if not isinstance(request, dict) or not isinstance(request.get("url"), str):
        raise Refusal("bad_request", detail="A request of the batch has no url.")
    headers = {
        str(name).lower(): str(value) for name, value in (request.get("headers") or {}).items()
    }
    if "data-access-intent" not in headers and "data-access-intent" in outer.headers:
        headers["data-access-intent"] = outer.headers["data-access-intent"]
    path, _, query = request["url"].partition("?")
    operation = Operation(
        method=str(request.get("method", "")).upper(),
        path=unquote(path),
        raw_query=query,
        headers=headers,
        body=request.get("body"),
        user=outer.user,
        root=outer.root,
        company=headers.get("companyid") or headers.get("company") or outer.company,
    )
    key = request.get("id")
    return Inner(None if key is None else str(key), operation)


def _answer(service: Service, inner: Inner) -> dict[str, Any]:
    headers = {"content-type": _JSON, "odata-version": "4.0"}
    try:
        answer = service.perform(inner.operation)
    except Refusal as refusal:
        return {
            "id": inner.id,
            "status": status_of(service, refusal),
            "headers": headers,
            "body": refusal.body(language(service, inner.operation.headers)),
        }
    found: dict[str, Any] = {
        "id": inner.id,
        "status": answer.status,
        "headers": headers | dict(answer.headers),
    }
    if answer.payload is not None:
        found["body"] = answer.payload
    elif answer.raw is not None:
        found["body"] = answer.raw.decode("utf-8", "replace")
    return found


def status_of(service: Service, refusal: Refusal) -> int:
    """The status that a refusal has by the switches."""
    switches = service.world.switches
    if refusal.key == "same_key":
        return switches.duplicate_key_status
    return switches.denied_status if refusal.key == "denied" else refusal.status


def language(service: Service, headers: Any) -> str:
    """The language of messages: the switch, or else what the caller accepts."""
    return service.world.switches.language or str(headers.get("accept-language", ""))
