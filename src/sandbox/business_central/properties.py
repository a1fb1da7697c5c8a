"""Properties of entities: how their values are read from JSON and written to it.

Contract 2 (lengths, upper case), 3.3 and 3.4 (bodies, enum encoding).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from enum import Enum, auto
from operator import attrgetter
from typing import Any, Final

from sandbox.business_central.refusals import Refusal
from sandbox.business_central.state import Books

_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_ENCODED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_CENT = Decimal("0.01")
_INT32 = 2**31


class Kind(Enum):
    """The type of a property."""

    GUID = auto()
    CODE = auto()
    TEXT = auto()
    INT = auto()
    DECIMAL = auto()
    DATE = auto()
    INSTANT = auto()
    BOOL = auto()
    ENUM = auto()
    STREAM = auto()


class Write(Enum):
    """When a caller may send a property; IGNORED is accepted at creation without effect."""

    NEVER = auto()
    ZERO = auto()  # at creation, and only as an all-zero GUID
    IGNORED = auto()
    CREATE = auto()
    ALWAYS = auto()


@dataclass(frozen=True, slots=True)
class Property:
    """A property; `get` takes its value from the books and a row.

    Attributes:
        length: characters that a text may have, 0 for any.
        options: captions of an enum's members; the blank one is the empty text.
        attribute: the row's attribute that it is kept in, where it is kept as it is shown.
    """

    name: str
    kind: Kind
    get: Callable[[Books, Any], Any]
    write: Write = Write.NEVER
    length: int = 0
    options: tuple[str, ...] = ()
    attribute: str = ""


def field(
    name: str,
    kind: Kind,
    attribute: str,
    write: Write = Write.NEVER,
    length: int = 0,
    options: tuple[str, ...] = (),
) -> Property:
    """A property that is an attribute of its row."""
    get = attrgetter(attribute)
    return Property(name, kind, lambda _books, row: get(row), write, length, options, attribute)


ID: Final = field("id", Kind.GUID, "id", Write.ZERO)
MODIFIED: Final = field("lastModifiedDateTime", Kind.INSTANT, "modified")


def encode(value: Any, kind: Kind, *, enum_encoding: bool) -> Any:
    """A value as JSON shows it."""
    if kind is Kind.DATE:
        return value.isoformat()
    if kind is Kind.INSTANT:
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if kind is Kind.ENUM:
        return encode_caption(value) if enum_encoding else value or " "
    return value


def encode_caption(caption: str) -> str:
    """An enum member's name on the wire."""
    return "".join(
        char if char.isalnum() or char == "_" else f"_x{ord(char):04X}_" for char in caption or " "
    )


def decode_caption(text: str) -> str:
    """The caption behind an encoded or plain name; the blank member is the empty text."""
    return _ENCODED.sub(lambda found: chr(int(found[1], 16)), text).strip()


def decode(prop: Property, value: Any) -> Any:
    """A JSON value as the tables keep it; raises Refusal for what the property cannot hold."""
    return _DECODERS[prop.kind](prop, value)


def _text(prop: Property, value: Any) -> str:
    if not isinstance(value, str):
        raise _bad(prop, value)
    text = value.strip().upper() if prop.kind is Kind.CODE else value
    if prop.length and units(text) > prop.length:
        raise Refusal("too_long", length=units(text), most=prop.length, value=text)
    return text


def units(text: str) -> int:
    """The length of a text as BC counts it, in units of UTF-16."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _guid(_prop: Property, value: Any) -> str:
    if not isinstance(value, str) or not _GUID.fullmatch(value):
        raise Refusal("no_guid", value=value)
    return value.lower()


def _integer(prop: Property, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise _bad(prop, value)
    if not -_INT32 <= value < _INT32:
        raise _bad(prop, value)
    return value


def _decimal(prop: Property, value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise _bad(prop, value)
    return rounded(Decimal(value))


def rounded(amount: Decimal) -> Decimal:
    """An amount at the local currency's precision of 0.01, halves away from zero."""
    return amount.quantize(_CENT, ROUND_HALF_UP)


def _date(prop: Property, value: Any) -> date:
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        raise _bad(prop, value)
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise _bad(prop, value) from None


def _instant(prop: Property, value: Any) -> datetime:
    try:
        instant = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise _bad(prop, value) from None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def _boolean(prop: Property, value: Any) -> bool:
    if not isinstance(value, bool):
        raise _bad(prop, value)
    return value


def _option(prop: Property, value: Any) -> str:
    caption = decode_caption(value) if isinstance(value, str) else None
    for option in prop.options:
        if caption is not None and option.casefold() == caption.casefold():
            return option
    options = ",".join(option or " " for option in prop.options)
    raise Refusal("no_option", value=value, options=options)


def _stream(prop: Property, _value: Any) -> Any:
    raise Refusal("bad_request", detail=f"The content of '{prop.name}' has its own address.")


def _bad(prop: Property, value: Any) -> Refusal:
    detail = f"Cannot convert the value '{value}' to the type of the property '{prop.name}'."
    return Refusal("bad_request", detail=detail)


_DECODERS: Final[dict[Kind, Callable[[Property, Any], Any]]] = {
    Kind.GUID: _guid,
    Kind.CODE: _text,
    Kind.TEXT: _text,
    Kind.INT: _integer,
    Kind.DECIMAL: _decimal,
    Kind.DATE: _date,
    Kind.INSTANT: _instant,
    Kind.BOOL: _boolean,
    Kind.ENUM: _option,
    Kind.STREAM: _stream,
}
