"""Answers reads: one row, a listing with its pages, a count (contract 3.2 and 3.5)."""

import re
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import uuid4

from sandbox.business_central.addresses import Target
from sandbox.business_central.entity import Call, EntitySet, Parent, present
from sandbox.business_central.odata_filter import Filter
from sandbox.business_central.odata_parser import parse
from sandbox.business_central.odata_query import Query
from sandbox.business_central.properties import Kind
from sandbox.business_central.refusals import Refusal

MOST_ROWS: Final = 20_000
_REMEMBERED: Final = 10_000
_MAX_PAGE: Final = re.compile(r"odata\.maxpagesize\s*=\s*(\d+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Answer:
    """What an operation answers: a JSON payload, or raw bytes of their own type."""

    status: int = 200
    payload: dict[str, Any] | None = None
    raw: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


class Reader:
    """Reads for all users; remembers the tokens that it gave out for further pages."""

    def __init__(self) -> None:
        self._tokens: OrderedDict[str, tuple[str, int]] = OrderedDict()

    def one(self, target: Target, query: Query) -> Answer:
        """A single row."""
        row = existing(target)
        payload = {"@odata.context": f"{_context(target)}/$entity"}
        return Answer(payload=payload | shown(target.call, target.set, row, query))

    def listing(self, target: Target, query: Query, address: str, prefer: str) -> Answer:
        """A page of rows; `address` is the request's own, to which a token is added."""
        _check_names(target.set, query)
        rows = matching(target.call, target.set, target.parent, query)
        payload: dict[str, Any] = {"@odata.context": _context(target)}
        if query.count:
            payload["@odata.count"] = len(rows)
        rows = rows[query.skip :]
        if query.top is not None:
            rows = rows[: query.top]
        size, headers = _page_size(target.call, prefer)
        start = self._start(target.call, query.token, address)
        page = rows[start : start + size]
        payload["value"] = [shown(target.call, target.set, row, query) for row in page]
        if start + size < len(rows):
            payload["@odata.nextLink"] = self._next_link(address, start + size)
        return Answer(payload=payload, headers=headers)

    def count(self, target: Target, query: Query) -> Answer:
        """The number of rows as plain text, a byte order mark before it."""
        rows = matching(target.call, target.set, target.parent, query)
        text = f"\ufeff{len(rows)}".encode()
        return Answer(raw=text, headers={"content-type": "text/plain"})

    def _start(self, call: Call, token: str, address: str) -> int:
        if not token:
            return 0
        found = self._tokens.get(token)
        if found is None or call.world.switches.expire_skip_tokens or found[0] != _plain(address):
            raise Refusal("stale_page")
        return found[1]

    def _next_link(self, address: str, start: int) -> str:
        token = uuid4().hex
        plain = _plain(address)
        self._tokens[token] = (plain, start)
        while len(self._tokens) > _REMEMBERED:
            self._tokens.popitem(last=False)
        return f"{plain}{'&' if '?' in plain else '?'}$skiptoken={token}"


def existing(target: Target) -> Any:
    """The row that an address with a key names; raises Refusal (404) where there is none."""
    row = target.set.get(target.call, target.parent, target.key or "")
    if row is None:
        raise Refusal("not_found", table=target.set.table, id=target.key)
    return row


def shown(call: Call, entity_set: EntitySet, row: Any, query: Query) -> dict[str, Any]:
    """A row as JSON with what the query selects and expands."""
    _check_names(entity_set, query)
    payload = present(call, entity_set, row, query.select)
    for name, inner in query.expand.items():
        child = entity_set.children.get(name)
        if child is None:
            raise Refusal("bad_property", name=name, type=entity_set.type)
        parent = Parent(entity_set, entity_set.key(row), row)
        found = matching(call, child, parent, inner)
        kept = found[inner.skip :][: inner.top if inner.top is not None else len(found)]
        payload[name] = [shown(call, child, one, inner) for one in kept]
    return payload


def matching(call: Call, entity_set: EntitySet, parent: Parent | None, query: Query) -> list[Any]:
    """All rows that match the query's filter, in its order."""
    where: Filter | None = None
    if query.filter:
        where = parse(query.filter, entity_set.properties, entity_set.type)
    entity_set.check_read(call, parent, where)
    found = entity_set.rows(call, parent, where)
    rows = [row for row in found if where is None or where.matches(call.books, row)]
    rows.sort(key=entity_set.order)
    for name, descending in reversed(query.order):
        prop = entity_set.properties.get(name)
        if prop is None:
            raise Refusal("bad_property", name=name, type=entity_set.type)
        get, texts = prop.get, prop.kind in (Kind.TEXT, Kind.CODE, Kind.ENUM)
        rows.sort(
            key=lambda row: get(call.books, row).casefold() if texts else get(call.books, row),
            reverse=descending,
        )
    return rows


def _check_names(entity_set: EntitySet, query: Query) -> None:
    for name in query.select:
        if name not in entity_set.properties:
            raise Refusal("bad_property", name=name, type=entity_set.type)


def _page_size(call: Call, prefer: str) -> tuple[int, dict[str, str]]:
    size = call.world.switches.page_size
    found = _MAX_PAGE.search(prefer)
    if not found:
        return size, {}
    wanted = int(found[1])
    if wanted > MOST_ROWS:
        raise Refusal("page_too_long")
    headers = {"preference-applied": f"odata.maxpagesize={wanted}"}
    return max(1, min(size, wanted)), headers


def _context(target: Target) -> str:
    place = f"companies({target.call.books.id})/" if target.set.name != "companies" else ""
    if target.parent:
        place += f"{target.parent.set.name}({target.parent.id})/"
    return f"{target.call.root}/$metadata#{place}{target.set.name}"


def _plain(address: str) -> str:
    """The address without its token."""
    path, _, query = address.partition("?")
    kept = [
        part
        for part in query.split("&")
        if part and not part.replace("%24", "$").startswith("$skiptoken=")
    ]
    return f"{path}?{'&'.join(kept)}" if kept else path
