"""Callbacks about settlements: what they say, to whom they go, what became of them.

PEX contract 7. Where that is silent: a business without a shared secret gets the header with an
empty one; rows other than card purchases and refunds (`Network`) settle without a callback; any
2xx counts as delivered, and nothing is tried twice.
"""

import base64
from collections.abc import Callable
from typing import Any

from sandbox.pex.callbacks import ACTIVE, SETTLEMENT
from sandbox.pex.people import balance_of
from sandbox.pex.postman import Letter
from sandbox.pex.wire import EASTERN
from sandbox.pex.world import Business, Row, World
from sandbox.web import dump

_FROM_ROW = (
    "NetworkTransactionId",
    "TransactionId",
    "AcctId",
    "TransactionTime",
    "MerchantLocalTime",
    "HoldTime",
    "SettlementTime",
    "AuthTransactionId",
    "TransactionAmount",
    "PaddingAmount",
    "Description",
    "TransactionNotes",
    "MerchantName",
    "MerchantNameNormalized",
    "MerchantCity",
    "MerchantState",
    "MerchantZip",
    "MerchantCountry",
    "MCCCode",
)
_WAITING, _LOST = "waiting", "lost"


def is_settlement(row: Row) -> bool:
    """Whether the row is one that a settlement callback is sent about."""
    unsettled = row["IsPending"] or row["IsDecline"] or row["SettlementTime"] is None
    return row["TransactionType"] == "Network" and not unsettled


def announce(world: World, owner: Business, row: Row) -> int:
    """Send word of a settled row to every active subscription; says to how many.

    Called under the world's lock; what is sent is what the row says at this moment.
    """
    hooks = [
        hook
        for hook in owner.callbacks.values()
        if hook["Status"] == ACTIVE and hook["CallbackType"] == SETTLEMENT
    ]
    if hooks:
        body = _body(world, owner, row)
        for hook in hooks:
            _send(world, owner, hook, row["TransactionId"], body)
    return len(hooks)


def _send(
    world: World, owner: Business, hook: dict[str, Any], transaction: int, body: bytes
) -> None:
    switches = world.switches
    letter = Letter(hook["Url"], _headers(world, owner), body, switches.callback_delay_ms / 1000)
    for _ in range(max(1, switches.callback_copies)):
        delivery = {
            "subscription": hook["Id"],
            "transaction": transaction,
            "outcome": _WAITING if switches.callback_copies else _LOST,
            "detail": "",
        }
        owner.deliveries.append(delivery)
        if switches.callback_copies:
            world.postman.post(letter, _noting(world, delivery))


def _noting(world: World, delivery: dict[str, Any]) -> Callable[[str, str], None]:
    def note(outcome: str, detail: str) -> None:
        with world.lock:
            delivery.update(outcome=outcome, detail=detail)

    return note


def _headers(world: World, owner: Business) -> dict[str, str]:
    secret = owner.callback_secret
    if world.switches.callback_wrong_secret:
        secret = f"{secret}-never-issued"
    return {
        "Authorization": f"Basic {base64.b64encode(secret.encode()).decode()}",
        "Content-Type": "application/json; charset=utf-8",
        "X-PEX-Version": "4.0",
    }


def _body(world: World, owner: Business, row: Row) -> bytes:
    match world.switches.callback_body:
        case "malformed":
            return b'{"CallbackTime":"2026-'
        case "empty":
            return b""
        case "foreign":
            return b'{"Event":"Settled","Items":[1,null]}'
    now = world.now().astimezone(EASTERN).isoformat(timespec="milliseconds")
    return dump({"CallbackTime": now, "Data": _data(world, owner, row)})


def _data(world: World, owner: Business, row: Row) -> dict[str, Any]:
    """The row as the network list (T5) has it: no business, no tags, no approval."""
    balance = balance_of(owner, row["AcctId"])
    amount = row["TransactionAmount"]
    if amount is not None and world.switches.callback_reversed:
        amount = -amount
    return {name: row[name] for name in _FROM_ROW} | {
        "TransactionAmount": amount,
        "AvailableBalance": balance,
        "LedgerBalance": balance,
        "TransactionType": "NETWORK",
        "ReferencedTranId": None,
        "ReferencedTransactionTime": None,
        "NetworkType": "Settlement",
        "NetworkStatus": "Approved",
        "IsCardPresent": True,
        "Message": None,
        "MessageCode": None,
        "MerchantRequestedAmount": amount,
    }
