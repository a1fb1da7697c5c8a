"""What all operations on the simulator stand on: the world, and doing things at once."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

import msgspec

from sandbox.business_central.refusals import Refusal
from sandbox.business_central.state import Books, World
from sandbox.business_central.tables import Row
from sandbox.company import COMPANY_ID

_Row = TypeVar("_Row", bound=Row)
_Method = TypeVar("_Method", bound=Callable[..., Any])


def at_once(method: _Method) -> _Method:
    """Hold the world's lock, and leave nothing half done."""

    @wraps(method)
    def locked(self: "Actor", /, *args: Any, **kwargs: Any) -> Any:
        with self.world.lock, self.world.history.transaction():
            return method(self, *args, **kwargs)

    return cast("_Method", locked)


def checked(row: _Row) -> _Row:
    """The row with each field of its declared type, read from JSON's texts and numbers if needed.

    Raises msgspec.ValidationError, a ValueError, for what does not fit.
    """
    return msgspec.convert(msgspec.to_builtins(row), type(row), strict=False)


class Actor:
    """Acts on the world past the API."""

    def __init__(self, world: World) -> None:
        self.world = world

    def books(self, company: str = COMPANY_ID) -> Books:
        """A company's tables."""
        for found in self.world.companies.values():
            if company.casefold() in (found.id, found.name.casefold()):
                return found
        raise Refusal("no_company", company=company)
