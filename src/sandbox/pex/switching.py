"""Checks and sets switches; what does not exist or makes no sense is refused."""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any

from sandbox.pex.wire import Refusal
from sandbox.pex.world import PERMISSIONS, Business, Switches

_CHOICES = {
    "window_tests": ("TransactionTime", "SettlementTime"),
    "callback_enums": ("name", "label", "number"),
    "callback_body": ("whole", "malformed", "empty", "foreign"),
    "user_type": ("Admin", "Cardholder"),
    "status": ("OPEN", "CLOSED"),
    "tags_enabled": (True, False),
}
_LEAST = {"page_size": 1, "callback_copies": 0, "callback_delay_ms": 0}
_STANDARD: dict[str, Any] = {field.name: field.default for field in fields(Switches)}


def apply(switches: Switches, owners: Iterable[Business], values: Mapping[str, Any]) -> None:
    """Set all of the values or, where one is refused (400), none."""
    for name, value in values.items():
        _check(name, value)
    for name, value in values.items():
        if name in _STANDARD:
            setattr(switches, name, value)
            continue
        for owner in owners:
            if name == "permissions":
                owner.permissions.update(value)
            else:
                setattr(owner, name, value)


def _check(name: str, value: Any) -> None:
    if name == "permissions":
        unknown = set(value) - set(PERMISSIONS)
        if unknown:
            raise Refusal(400, f"unknown permissions: {', '.join(sorted(unknown))}")
    elif name in _CHOICES:
        if value not in _CHOICES[name]:
            raise Refusal(400, f"{name} must be one of {_CHOICES[name]}")
    elif name == "callback_secret":
        if not isinstance(value, str):
            raise Refusal(400, "callback_secret must be a text")
    elif name not in _STANDARD:
        raise Refusal(400, f"unknown switch: {name}")
    elif type(value) is not type(_STANDARD[name]):
        raise Refusal(400, f"{name} must be like {_STANDARD[name]!r}")
    elif name in _LEAST and value < _LEAST[name]:
        raise Refusal(400, f"{name} must be at least {_LEAST[name]}")
