"""Callback subscriptions of a business (PEX contract 7).

What the contract leaves open, and how it is here: only an administrator's token is let in, and
writing needs `EditBusinessProfile`. An `http` address is taken where it leads to this machine
itself, which PEX would not do: it is the simulator's own leniency, for trials without a
certificate. Of the nine types, settlements alone are ever delivered (see `deliveries`).
"""

from typing import Any

from sandbox.pex.access import Call
from sandbox.pex.loopback import address_of, loopback_host
from sandbox.pex.wire import Members, Refusal, wall_text
from sandbox.web import Response, Router, reply

SETTLEMENT = "SettlementPostedRealtime"
ACTIVE = "Active"

_LABELS = {
    "Card": "CARD",
    "Cardorder": "CARDORDER",
    "CardOrderVirtual": "CARD-ORDER-VIRTUAL",
    "CardTokenCreated": "CARD-TOKEN-CREATED",
    "AuthRealtime": "AUTH-REALTIME",
    "PinRealtime": "PIN-REALTIME",
    "DeclineRealtime": "DECLINE-REALTIME",
    "ReversalRealtime": "REVERSAL-REALTIME",
    SETTLEMENT: "SETTLEMENT-POSTED-REALTIME",
}
_TYPES = tuple(_LABELS)
_STATUSES = (ACTIVE, "Inactive")
_ROOT = "/v4/Callback-Subscription"


def add_routes(router: Router) -> None:
    """Serve the subscriptions."""
    router.add("GET", f"{_ROOT}/types", _types)
    router.add("GET", _ROOT, _list)
    router.add("POST", _ROOT, _create)
    router.add("GET", f"{_ROOT}/{{number}}", _read)
    router.add("PUT", f"{_ROOT}/{{number}}", _update)
    router.add("DELETE", f"{_ROOT}/{{number}}", _delete)


def _named(names: tuple[str, ...], value: object, member: str) -> str:
    """An enum member sent by number (from 1), name or label; raises Refusal (400)."""
    if type(value) is int and 1 <= value <= len(names):
        return names[value - 1]
    for name in names:
        if str(value).lower() in (name.lower(), _LABELS.get(name, name).lower()):
            return name
    raise Refusal(400, f"{member} is not valid")


def _url(body: Members) -> str:
    url = body.text("Url")
    try:
        address = address_of(url)
    except ValueError:
        raise Refusal(400, "Url is not valid") from None
    local = address.scheme == "http" and loopback_host(address)
    if address.scheme != "https" and not local:
        raise Refusal(400, "Url must be https")
    return url


def _optional_text(body: Members, name: str) -> str | None:
    value = body.get(name)
    if value is not None and not isinstance(value, str):
        raise Refusal(400, f"{name} must be a text")
    return value


def _content(body: Members) -> dict[str, Any]:
    return {
        "CallbackType": _named(_TYPES, body.get("CallbackType"), "CallbackType"),
        "Status": _named(_STATUSES, body.get("Status"), "Status"),
        "Url": _url(body),
        "Name": _optional_text(body, "Name"),
        "Description": _optional_text(body, "Description"),
    }


def _written(call: Call, name: str) -> str | int:
    """A type as the switch has it answered."""
    forms: dict[str, str | int] = {
        "name": name,
        "label": _LABELS[name],
        "number": _TYPES.index(name) + 1,
    }
    return forms[call.world.switches.callback_enums]


def _shown(call: Call, subscription: dict[str, Any]) -> dict[str, Any]:
    kind, status = subscription["CallbackType"], subscription["Status"]
    if call.world.switches.callback_enums == "number":
        status = _STATUSES.index(status) + 1
    return {**subscription, "CallbackType": _written(call, kind), "Status": status}


def _may_read(call: Call) -> None:
    if call.account is not None:
        raise Refusal(403, "User is not an admin")


def _may_write(call: Call) -> None:
    _may_read(call)
    call.need("EditBusinessProfile")


def _types(call: Call) -> Response:
    _may_read(call)
    return reply([_written(call, name) for name in _TYPES])


def _list(call: Call) -> Response:
    _may_read(call)
    wanted = call.query.get("type")
    kind = None
    if wanted:
        kind = _named(_TYPES, int(wanted) if wanted.isdecimal() else wanted, "type")
    found = call.business.callbacks.values()
    return reply([_shown(call, item) for item in found if kind in (None, item["CallbackType"])])


def _find(call: Call, number: str) -> dict[str, Any]:
    found = call.business.callbacks.get(int(number)) if number.isdecimal() else None
    if found is None:
        raise Refusal(404, "Callback subscription does not exist")
    return found


def _create(call: Call) -> Response:
    _may_write(call)
    number = next(call.world.small_ids)
    created = {
        "Id": number,
        "BusinessAccountId": call.business.id,
        "Username": call.business.username,
        "CreatedDate": wall_text(call.world.now()),
        **_content(call.body),
    }
    call.business.callbacks[number] = created
    return reply(_shown(call, created), 201)


def _read(call: Call, number: str) -> Response:
    _may_read(call)
    return reply(_shown(call, _find(call, number)))


def _update(call: Call, number: str) -> Response:
    _may_write(call)
    found = _find(call, number)
    found |= _content(call.body)
    return reply(_shown(call, found))


def _delete(call: Call, number: str) -> Response:
    _may_write(call)
    del call.business.callbacks[_find(call, number)["Id"]]
    return Response(200)
