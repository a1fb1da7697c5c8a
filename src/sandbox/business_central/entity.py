"""What all entity sets share: reading, bodies, etags and their refusals (contract 2, 3.3, 3.6)."""

import base64
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from msgspec.structs import replace

from sandbox.business_central.odata_filter import Filter
from sandbox.business_central.properties import Kind, Property, Write, decode, encode
from sandbox.business_central.refusals import Refusal
from sandbox.business_central.rows import ZERO_GUID
from sandbox.business_central.state import Books, World
from sandbox.business_central.tables import Table

_ETAG: Final = re.compile(r'W/"([A-Za-z0-9+/=]+)"')
_ETAG_INSIDE: Final = re.compile(r"'19;\d+;00;'")


@dataclass(frozen=True, slots=True)
class Call:
    """One operation's surroundings: who asks, of which company, below which address."""

    world: World
    books: Books
    user: str
    root: str
    language: str = ""

    @property
    def address(self) -> str:
        """The company's address."""
        return f"{self.root}/companies({self.books.id})"


@dataclass(frozen=True, slots=True)
class Parent:
    """The entity that an address goes through; `row` is None where it no longer exists."""

    set: "EntitySet"
    id: str
    row: Any

    def existing(self) -> Any:
        """The row; raises Refusal (404) where there is none."""
        if self.row is None:
            raise Refusal("not_found", table=self.set.table, id=self.id)
        return self.row


@dataclass(frozen=True, slots=True)
class Body:
    """A decoded request body: values in the order sent, and nested collections apart."""

    values: tuple[tuple[Property, Any], ...]
    nested: Mapping[str, list[Any]]

    def get(self, name: str) -> Any:
        """The value of a property, or None where it was not sent."""
        return next((value for prop, value in self.values if prop.name == name), None)

    def sent(self, name: str) -> bool:
        """Whether a property was sent."""
        return any(prop.name == name for prop, _ in self.values)


def named(*properties: Property) -> dict[str, Property]:
    """Properties by name, in the order in which they are shown."""
    return {prop.name: prop for prop in properties}


class EntitySet:
    """An entity set: read only unless a subclass says otherwise.

    Attributes:
        name: in addresses.
        type: in messages about properties.
        table: the table's caption in messages.
        children: entity sets that can be reached through a row of this one.
        deep: children that may be nested in a POST, in the order in which they are inserted.
    """

    name: ClassVar[str]
    type: ClassVar[str]
    table: ClassVar[str]
    properties: ClassVar[Mapping[str, Property]]
    creates: ClassVar[bool] = False
    changes: ClassVar[bool] = False
    removes: ClassVar[bool] = False
    deep: ClassVar[tuple[str, ...]] = ()

    def __init__(self) -> None:
        self.children: dict[str, EntitySet] = {}

    def rows(self, call: Call, parent: Parent | None, where: Filter | None) -> Iterable[Any]:
        """Rows among which the matching ones are; `where` may be used to look at fewer."""
        raise NotImplementedError

    def get(self, call: Call, parent: Parent | None, key: str) -> Any | None:
        """The row with this key, or None."""
        raise NotImplementedError

    def order(self, row: Any) -> Any:
        """The sort key of a listing without `$orderby`."""
        raise NotImplementedError

    def create(self, call: Call, parent: Parent | None, body: Body) -> Any:
        """Insert, nested collections not included."""
        raise NotImplementedError

    def created(self, call: Call, parent: Parent | None, row: Any) -> Any:
        """The row that a POST answers, after nested collections were inserted."""
        return self.get(call, parent, self.key(row)) or row

    def change(self, call: Call, parent: Parent | None, row: Any, body: Body) -> Any:
        """Update."""
        raise NotImplementedError

    def remove(self, call: Call, parent: Parent | None, row: Any) -> None:
        """Delete."""
        raise NotImplementedError

    def etag(self, row: Any) -> str:
        """The row's concurrency token."""
        return etag_of(row.version)

    def links(self, _call: Call, _row: Any) -> dict[str, str]:
        """Annotations that follow the properties."""
        return {}

    def key(self, row: Any) -> str:
        """The key of a row in addresses."""
        return str(row.id)

    def check_read(self, _call: Call, parent: Parent | None, _where: Filter | None) -> None:
        """Refuse a listing that BC refuses; the parent must exist."""
        if parent is not None:
            parent.existing()

    def check_key(self, parent: Parent | None, key: str, method: str) -> None:
        """Refuse an address with a key that BC does not serve."""

    def body(self, raw: Any, *, creating: bool) -> Body:
        """Decode a JSON body; raises Refusal at the first member that is not acceptable."""
        if not isinstance(raw, dict):
            raise Refusal("bad_request", detail="The request body must be a JSON object.")
        values: list[tuple[Property, Any]] = []
        nested: dict[str, list[Any]] = {}
        for name, value in raw.items():
            if "@odata." in name:
                continue
            if name in self.children:
                nested[name] = self._nested(name, value, creating=creating)
            elif name in self.properties:
                self._take(self.properties[name], value, values, creating=creating)
            else:
                raise Refusal("bad_property", name=name, type=self.type)
        return Body(tuple(values), nested)

    def _nested(self, name: str, value: Any, *, creating: bool) -> list[Any]:
        if not creating or name not in self.deep or not isinstance(value, list):
            raise Refusal("bad_request", detail=f"'{name}' cannot be written here.")
        return value

    def _take(
        self, prop: Property, value: Any, values: list[tuple[Property, Any]], *, creating: bool
    ) -> None:
        if prop.write is Write.ALWAYS or (creating and prop.write is Write.CREATE):
            values.append((prop, decode(prop, value)))
        elif creating and prop.write is Write.IGNORED:
            decode(prop, value)
        elif not (creating and prop.write is Write.ZERO and value == ZERO_GUID):
            self.refuse_read_only(prop)

    def refuse_read_only(self, prop: Property) -> None:
        """Refuse a write to a property that cannot be written (contract 2)."""
        raise Refusal("read_only", name=prop.name)


class TableSet(EntitySet):
    """An entity set that shows a table's rows as they are."""

    number: ClassVar[str] = "number"

    def source(self, books: Books) -> Table[Any]:
        """The table behind the set."""
        raise NotImplementedError

    def rows(self, call: Call, _parent: Parent | None, _where: Filter | None) -> Iterable[Any]:
        """All rows of the table."""
        return self.source(call.books)

    def get(self, call: Call, _parent: Parent | None, key: str) -> Any | None:
        """By SystemId."""
        return self.source(call.books).get(key)

    def order(self, row: Any) -> Any:
        """By the table's primary key."""
        return getattr(row, self.number)

    def attributes(self, body: Body) -> dict[str, Any]:
        """The row attributes that a body sets."""
        return {prop.attribute: value for prop, value in body.values if prop.attribute}

    def change(self, call: Call, _parent: Parent | None, row: Any, body: Body) -> Any:
        """Set the attributes sent; a renamed key must be free."""
        attributes = self.attributes(body)
        renamed = attributes.get(self.number, getattr(row, self.number))
        if renamed != getattr(row, self.number):
            self.check_free(call, renamed)
        return self.source(call.books).change(replace(row, **attributes))

    def check_free(self, call: Call, key: str) -> None:
        """Refuse a primary key that another row has."""
        if self.source(call.books).find(self.number, key):
            raise Refusal("same_key", table=self.table, key=f"No.='{key}'")

    def remove(self, call: Call, _parent: Parent | None, row: Any) -> None:
        """Delete the row."""
        self.source(call.books).remove(row)


def etag_of(version: int) -> str:
    """A concurrency token as it looks on the wire."""
    inside = base64.b64encode(f"'19;{1_000_000_000 + version};00;'".encode()).decode()
    return f'W/"{inside}"'


def check_match(sent: str | None, current: str, *, needed: bool) -> None:
    """Hold an If-Match header against the current etag (contract 3.6)."""
    if sent is None and not needed:
        return
    if sent in ("*", current):
        return
    found = _ETAG.fullmatch(sent or "")
    if not found or not _is_ours(found[1]):
        raise Refusal("bad_token")
    raise Refusal("changed")


def _is_ours(inside: str) -> bool:
    try:
        text = base64.b64decode(inside, validate=True).decode()
    except ValueError:
        return False
    return _ETAG_INSIDE.fullmatch(text) is not None


def present(call: Call, shown: EntitySet, row: Any, select: Iterable[str] = ()) -> dict[str, Any]:
    """A row as JSON, without context and expansions."""
    chosen = tuple(select)
    encoding = call.world.switches.enum_encoding
    payload: dict[str, Any] = {"@odata.etag": shown.etag(row)}
    for name, prop in shown.properties.items():
        if (chosen and name not in chosen) or prop.kind is Kind.STREAM:
            continue
        payload[name] = encode(prop.get(call.books, row), prop.kind, enum_encoding=encoding)
    return payload | shown.links(call, row)
