"""Callback subscriptions: kept and listed, nothing is ever delivered (PEX contract 7)."""

from typing import Any

from sandbox.pex.access import Call
from sandbox.pex.wire import Members, Refusal, wall_text
from sandbox.web import Response, Router, reply

_TYPES = (
    "Card",
    "Cardorder",
    "CardOrderVirtual",
    "CardTokenCreated",
    "AuthRealtime",
    "PinRealtime",
    "DeclineRealtime",
    "ReversalRealtime",
    "SettlementPostedRealtime",
)
_STATUSES = ("Active", "Inactive")
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
    """An enum member sent by number (from 1) or by name; raises Refusal (400)."""
    if isinstance(value, int) and 1 <= value <= len(names):
        return names[value - 1]
    for name in names:
        if str(value).lower() == name.lower():
            return name
    raise Refusal(400, f"{member} is not valid")


def _content(body: Members) -> dict[str, Any]:
    url = body.text("Url")
    if not url.startswith("https://"):
        raise Refusal(400, "Url must be https")
    return {
        "CallbackType": _named(_TYPES, body.get("CallbackType"), "CallbackType"),
        "Status": _named(_STATUSES, body.get("Status"), "Status"),
        "Url": url,
        "Name": body.get("Name"),
        "Description": body.get("Description"),
    }


def _types(_call: Call) -> Response:
    return reply(list(_TYPES))


def _list(call: Call) -> Response:
    wanted = call.query.get("type")
    kind = None
    if wanted:
        kind = _named(_TYPES, int(wanted) if wanted.isdecimal() else wanted, "type")
    found = call.business.callbacks.values()
    return reply([item for item in found if kind in (None, item["CallbackType"])])


def _find(call: Call, number: str) -> dict[str, Any]:
    found = call.business.callbacks.get(int(number)) if number.isdecimal() else None
    if found is None:
        raise Refusal(404, "Callback subscription does not exist")
    return found


def _create(call: Call) -> Response:
    number = next(call.world.small_ids)
    created = {
        "Id": number,
        "BusinessAccountId": call.business.id,
        "Username": call.business.username,
        "CreatedDate": wall_text(call.world.now()),
        **_content(call.body),
    }
    call.business.callbacks[number] = created
    return reply(created, 201)


def _read(call: Call, number: str) -> Response:
    return reply(_find(call, number))


def _update(call: Call, number: str) -> Response:
    found = _find(call, number)
    found |= _content(call.body)
    return reply(found)


def _delete(call: Call, number: str) -> Response:
    del call.business.callbacks[_find(call, number)["Id"]]
    return Response(200)
