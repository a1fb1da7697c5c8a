"""Checks and sets the switches; what does not exist or makes no sense is refused."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import timedelta
from typing import Any, Final

from sandbox.business_central.state import Switches, World

_STANDARD: Final = Switches()
_CHOICES: Final[dict[str, tuple[Any, ...]]] = {
    "language": ("", "en-US", "de-DE"),
    "company_kind": ("vat", "sales_tax"),
    "duplicate_key_status": (400, 409),
    "denied_status": (400, 401, 403),
}


def apply(world: World, values: Mapping[str, Any]) -> None:
    """Set all of the values or, where one is refused by a ValueError, none."""
    for name, value in values.items():
        _check(name, value)
    for name, value in values.items():
        like = getattr(_STANDARD, name)
        setattr(world.switches, name, float(value) if isinstance(like, float) else value)
    world.history.keep = timedelta(seconds=world.switches.replica_lag_seconds)


def _check(name: str, value: Any) -> None:
    if name not in {field.name for field in fields(Switches)}:
        raise ValueError(f"unknown switch: {name}")
    like = getattr(_STANDARD, name)
    if name in _CHOICES and value not in _CHOICES[name]:
        raise ValueError(f"{name} must be one of {_CHOICES[name]}")
    if isinstance(like, bool) != isinstance(value, bool):
        raise ValueError(f"{name} must be like {like!r}")
    if isinstance(like, float):
        _check_seconds(name, value)
    elif type(value) is not type(like):
        raise ValueError(f"{name} must be like {like!r}")
    elif name == "page_size" and value < 1:
        raise ValueError("page_size must be positive")


def _check_seconds(name: str, value: Any) -> None:
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be a number") from None
    if seconds < 0:
        raise ValueError(f"{name} must not be negative")
