"""The query options of a read: `$select`, `$expand`, `$orderby`, `$top`, `$skip`, `$count`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote_plus

from sandbox.business_central.refusals import Refusal

_KNOWN: Final = frozenset(
    {"$filter", "$select", "$expand", "$orderby", "$top", "$skip", "$count", "$skiptoken"}
)
_IGNORED: Final = frozenset({"$apply", "$schemaversion", "$format"})


@dataclass(slots=True)
class Query:
    """Options of one read, texts not yet checked against an entity; None and empty are unsent."""

    filter: str = ""
    select: tuple[str, ...] = ()
    expand: Mapping[str, "Query"] = field(default_factory=dict)
    order: tuple[tuple[str, bool], ...] = ()  # property, whether descending
    top: int | None = None
    skip: int = 0
    count: bool = False
    token: str = ""
    company: str = ""


def parse_query(raw: str) -> Query:
    """Read a raw query string; raises Refusal for an option that OData does not know."""
    pairs = (part.partition("=") for part in raw.split("&") if part)
    return _query((unquote_plus(name), unquote_plus(value)) for name, _, value in pairs)


def _query(pairs: Iterable[tuple[str, str]]) -> Query:
    query = Query()
    for name, value in pairs:
        if name == "company":
            query.company = value.strip("'\"")
        elif name in _KNOWN:
            _set(query, name[1:], value)
        elif name.startswith("$") and name not in _IGNORED:
            detail = f"The query parameter '{name}' is not supported."
            raise Refusal("bad_request", detail=detail)
    return query


def _set(query: Query, name: str, value: str) -> None:
    if name == "select":
        query.select = tuple(part.strip() for part in value.split(",") if part.strip())
    elif name == "expand":
        query.expand = dict(_expansion(part) for part in split_outside(value, ","))
    elif name == "orderby":
        query.order = tuple(_order(part) for part in value.split(",") if part.strip())
    elif name in ("top", "skip"):
        setattr(query, name, _natural(name, value))
    elif name == "count":
        query.count = value.lower() == "true"
    elif name == "skiptoken":
        query.token = value
    else:
        query.filter = value


def _natural(name: str, value: str) -> int:
    if not value.isdecimal():
        raise Refusal("bad_request", detail=f"'{value}' is no value for ${name}.")
    return int(value)


def _order(part: str) -> tuple[str, bool]:
    name, _, direction = part.strip().partition(" ")
    if direction.strip() not in ("", "asc", "desc"):
        raise Refusal("bad_request", detail=f"'{part}' is no order.")
    return name, direction.strip() == "desc"


def _expansion(part: str) -> tuple[str, Query]:
    name, _, options = part.strip().partition("(")
    pairs = (option.partition("=") for option in split_outside(options.removesuffix(")"), ";"))
    return name, _query((key.strip(), value) for key, _, value in pairs)


def split_outside(text: str, mark: str) -> list[str]:
    """Split at the marks that stand outside of parentheses and quotes; blanks are dropped."""
    parts, depth, quoted, start = [], 0, False, 0
    for at, char in enumerate(text):
        if char == "'":
            quoted = not quoted
        elif not quoted:
            depth += (char == "(") - (char == ")")
            if char == mark and depth == 0:
                parts.append(text[start:at])
                start = at + 1
    parts.append(text[start:])
    return [part for part in parts if part.strip()]
