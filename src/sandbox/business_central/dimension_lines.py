"""`dimensions`, `dimensionValues` and `dimensionSetLines` (contract 2.7 and 2.9)."""

import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from msgspec.structs import replace

from sandbox.business_central.entity import (
    Body,
    Call,
    EntitySet,
    Parent,
    TableSet,
    etag_of,
    named,
)
from sandbox.business_central.journal_lines import check_unlocked
from sandbox.business_central.odata_filter import Filter, demanded
from sandbox.business_central.properties import ID, MODIFIED, Kind, Property, Write, field
from sandbox.business_central.refusals import Refusal
from sandbox.business_central.rows import ZERO_GUID, Dimension, Line, Value
from sandbox.business_central.state import Books
from sandbox.business_central.tables import Table

PARENT_TYPES = ("", "Journal Line", "General Ledger Entry")


class DimensionTable(TableSet):
    """`dimensions`."""

    name: ClassVar = "dimensions"
    type: ClassVar = "dimension"
    table: ClassVar = "Dimension"
    number: ClassVar = "code"
    properties: ClassVar = named(
        ID,
        field("code", Kind.CODE, "code", length=20),
        field("displayName", Kind.TEXT, "name", length=30),
        Property("consolidationCode", Kind.CODE, lambda _books, _row: "", length=20),
        MODIFIED,
    )

    def source(self, books: Books) -> Table[Dimension]:
        """All dimensions, blocked ones included."""
        return books.dimensions


def _dimension_id(books: Books, value: Value) -> str:
    found = books.dimensions.first("code", value.dimension)
    return found.id if found else ZERO_GUID


class DimensionValues(TableSet):
    """`dimensionValues`; type and blocking are not shown."""

    name: ClassVar = "dimensionValues"
    type: ClassVar = "dimensionValue"
    table: ClassVar = "Dimension Value"
    properties: ClassVar = named(
        ID,
        field("code", Kind.CODE, "code", length=20),
        Property("dimensionId", Kind.GUID, _dimension_id),
        field("displayName", Kind.TEXT, "name", length=50),
        Property("consolidationCode", Kind.CODE, lambda _books, _row: "", length=20),
        MODIFIED,
    )

    def source(self, books: Books) -> Table[Value]:
        """All values of all dimensions."""
        return books.values

    def rows(self, call: Call, parent: Parent | None, where: Filter | None) -> Iterable[Value]:
        """The values of one dimension where the address or the filter names it."""
        wanted = parent.id if parent else demanded(where, "dimensionId")
        if wanted is None:
            return call.books.values
        dimension = call.books.dimensions.get(wanted)
        return call.books.values.find("dimension", dimension.code) if dimension else ()

    def order(self, row: Value) -> Any:
        """By dimension and code."""
        return (row.dimension, row.code)


@dataclass(frozen=True, slots=True)
class SetLine:
    """A row of the buffer: one dimension of a line or entry."""

    parent: str
    parent_type: str
    dimension: Dimension
    value: Value

    @property
    def id(self) -> str:
        """The dimension's SystemId, the key inside the parent."""
        return self.dimension.id

    @property
    def version(self) -> int:
        """Changes with the value alone, since the buffer has no row of its own."""
        return zlib.crc32(f"{self.parent}{self.dimension.id}{self.value.code}".encode())


class DimensionSetLines(EntitySet):
    """The dimensions of a journal line or, read only, of a ledger entry."""

    name: ClassVar = "dimensionSetLines"
    type: ClassVar = "dimensionSetLine"
    table: ClassVar = "Dimension Set Entry Buffer"
    creates: ClassVar = True
    changes: ClassVar = True
    removes: ClassVar = True
    properties: ClassVar = named(
        field("id", Kind.GUID, "dimension.id", Write.ALWAYS),
        field("code", Kind.CODE, "dimension.code", Write.ALWAYS, 20),
        Property("consolidationCode", Kind.CODE, lambda _books, _row: "", length=20),
        field("parentId", Kind.GUID, "parent"),
        field("parentType", Kind.ENUM, "parent_type", options=PARENT_TYPES),
        field("displayName", Kind.TEXT, "dimension.name", length=30),
        field("valueId", Kind.GUID, "value.id", Write.ALWAYS),
        field("valueCode", Kind.CODE, "value.code", Write.ALWAYS, 20),
        Property("valueConsolidationCode", Kind.CODE, lambda _books, _row: "", length=20),
        field("valueDisplayName", Kind.TEXT, "value.name", length=50),
    )

    def check_read(self, call: Call, parent: Parent | None, where: Filter | None) -> None:
        """Refuse a listing that names no parent."""
        super().check_read(call, parent, where)
        if parent is None and not (demanded(where, "parentId") and demanded(where, "parentType")):
            raise Refusal("dimension_parent_get")

    def check_key(self, parent: Parent | None, _key: str, _method: str) -> None:
        """A dimension set line has no address of its own."""
        if parent is None:
            raise Refusal("dimension_parent_get")

    def rows(self, call: Call, parent: Parent | None, where: Filter | None) -> Iterable[SetLine]:
        """The dimensions of one parent."""
        owner, owner_type = _owner(call.books, parent, where)
        if owner is None:
            return
        for code, value_code in owner.dimensions:
            dimension = call.books.dimensions.first("code", code)
            value = call.books.values.first("key", (code, value_code))
            if dimension and value:
                yield SetLine(owner.id, owner_type, dimension, value)

    def get(self, call: Call, parent: Parent | None, key: str) -> SetLine | None:
        """The parent's line for the dimension with this SystemId."""
        return next((row for row in self.rows(call, parent, None) if row.id == key), None)

    def order(self, row: SetLine) -> Any:
        """By dimension code."""
        return row.dimension.code

    def etag(self, row: SetLine) -> str:
        """Changes with the value."""
        return etag_of(row.version)

    def create(self, call: Call, parent: Parent | None, body: Body) -> SetLine:
        """Put a dimension on a journal line that does not have it yet, not even by default."""
        line = _line(call.books, parent, "dimension_parent_create")
        dimension = value = None
        for prop, sent in body.values:
            if prop.name in ("id", "code"):
                dimension = _dimension(call.books, prop.name, sent)
            else:
                value = _value(call.books, dimension, prop.name, sent)
        if dimension is None:
            raise Refusal("dimension_named")
        if value is None:
            raise Refusal("dimension_valued")
        if dimension.code in dict(line.dimensions):
            raise Refusal("dimension_exists")
        return _put(call.books, line, dimension, value)

    def change(self, call: Call, parent: Parent | None, row: SetLine, body: Body) -> SetLine:
        """Give a dimension of a journal line another value."""
        line, value = _line(call.books, parent, "dimension_parent_get"), row.value
        for prop, sent in body.values:
            if prop.name in ("id", "code"):
                raise Refusal("dimension_fixed")
            value = _value(call.books, row.dimension, prop.name, sent)
        return _put(call.books, line, row.dimension, value)

    def remove(self, call: Call, parent: Parent | None, row: SetLine) -> None:
        """Take a dimension off a journal line."""
        line = _line(call.books, parent, "dimension_parent_get")
        kept = tuple(pair for pair in line.dimensions if pair[0] != row.dimension.code)
        call.books.lines.change(replace(line, dimensions=kept))


def _owner(books: Books, parent: Parent | None, where: Filter | None) -> tuple[Any, str]:
    if parent is not None:
        posted = parent.set.name == "generalLedgerEntries"
        return parent.row, PARENT_TYPES[2 if posted else 1]
    key, owner_type = demanded(where, "parentId"), demanded(where, "parentType")
    if owner_type == PARENT_TYPES[1].casefold():
        return books.lines.get(key), PARENT_TYPES[1]
    return books.entries.get(key), PARENT_TYPES[2]


def _line(books: Books, parent: Parent | None, refusal: str) -> Line:
    if parent is None:
        raise Refusal(refusal)
    if parent.set.name == "generalLedgerEntries":
        raise Refusal("dimension_posted")
    parent.existing()
    line = books.lines.get(parent.id)  # as it is now: an earlier nested row may have changed it
    if line is None:
        raise Refusal("not_found", table=parent.set.table, id=parent.id)
    check_unlocked(books, line)
    return line


def _dimension(books: Books, name: str, sent: str) -> Dimension:
    found = books.dimensions.get(sent) if name == "id" else books.dimensions.first("code", sent)
    if found is None:
        raise Refusal("dimension_id" if name == "id" else "dimension_code")
    return found


def _value(books: Books, dimension: Dimension | None, name: str, sent: str) -> Value:
    """The value inside the current dimension, which must have been named before it."""
    code = dimension.code if dimension else ""
    if name == "valueId":
        found = books.values.get(sent)
        if found is None or found.dimension != code:
            raise Refusal("dimension_value_id")
        return found
    found = books.values.first("key", (code, sent))
    if found is None:
        raise Refusal("dimension_value_code")
    return found


def _put(books: Books, line: Line, dimension: Dimension, value: Value) -> SetLine:
    changed = dict(line.dimensions) | {dimension.code: value.code}
    books.lines.change(replace(line, dimensions=tuple(sorted(changed.items()))))
    return SetLine(line.id, PARENT_TYPES[1], dimension, value)
