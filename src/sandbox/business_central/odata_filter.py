"""What a `$filter` says, as expressions that can be held against rows (contract 3.2)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from sandbox.business_central.properties import Kind, Property
from sandbox.business_central.state import Books

OPERATORS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "eq": lambda left, right: bool(left == right),
    "ne": lambda left, right: bool(left != right),
    "gt": lambda left, right: bool(left > right),
    "ge": lambda left, right: bool(left >= right),
    "lt": lambda left, right: bool(left < right),
    "le": lambda left, right: bool(left <= right),
}
SEARCHES: Final[dict[str, Callable[[str, str], bool]]] = {
    "contains": lambda text, part: part in text,
    "startswith": lambda text, part: text.startswith(part),
    "endswith": lambda text, part: text.endswith(part),
}
TEXTS: Final = frozenset({Kind.TEXT, Kind.CODE, Kind.ENUM})


@dataclass(frozen=True, slots=True)
class Comparison:
    """A property against a value; `operator` may also be `contains` and its kin."""

    prop: Property
    operator: str
    value: Any

    def matches(self, books: Books, row: Any) -> bool:
        """Whether the row passes; texts compare without case."""
        found = self.prop.get(books, row)
        if self.prop.kind in TEXTS:
            found = found.casefold()
        compare = OPERATORS.get(self.operator) or SEARCHES[self.operator]
        return compare(found, self.value)

    def names(self) -> set[str]:
        """The properties that the expression speaks of."""
        return {self.prop.name}

    def demands(self) -> Iterator["Comparison"]:
        """The comparisons that every matching row must pass."""
        yield self


@dataclass(frozen=True, slots=True)
class Both:
    """`and`."""

    left: "Filter"
    right: "Filter"

    def matches(self, books: Books, row: Any) -> bool:
        """Whether the row passes both sides."""
        return self.left.matches(books, row) and self.right.matches(books, row)

    def names(self) -> set[str]:
        """The properties of both sides."""
        return self.left.names() | self.right.names()

    def demands(self) -> Iterator[Comparison]:
        """The demands of both sides."""
        yield from self.left.demands()
        yield from self.right.demands()


@dataclass(frozen=True, slots=True)
class Either:
    """`or`, on one property alone."""

    left: "Filter"
    right: "Filter"

    def matches(self, books: Books, row: Any) -> bool:
        """Whether the row passes one side."""
        return self.left.matches(books, row) or self.right.matches(books, row)

    def names(self) -> set[str]:
        """The properties of both sides."""
        return self.left.names() | self.right.names()

    def demands(self) -> Iterator[Comparison]:
        """None: each side may fail."""
        yield from ()


@dataclass(frozen=True, slots=True)
class Negation:
    """`not`."""

    inner: "Filter"

    def matches(self, books: Books, row: Any) -> bool:
        """Whether the row fails the inner expression."""
        return not self.inner.matches(books, row)

    def names(self) -> set[str]:
        """The properties of the inner expression."""
        return self.inner.names()

    def demands(self) -> Iterator[Comparison]:
        """None."""
        yield from ()


Filter = Comparison | Both | Either | Negation


def demanded(where: Filter | None, name: str) -> Any:
    """The value that the property must equal in every match, or None."""
    if where is None:
        return None
    found = (c.value for c in where.demands() if c.prop.name == name and c.operator == "eq")
    return next(found, None)
