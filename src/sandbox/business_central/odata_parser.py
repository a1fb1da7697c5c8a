"""A parser for the part of `$filter` that Business Central understands (contract 3.2)."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from sandbox.business_central.odata_filter import (
    OPERATORS,
    SEARCHES,
    TEXTS,
    Both,
    Comparison,
    Either,
    Filter,
    Negation,
)
from sandbox.business_central.properties import Kind, Property, decode, decode_caption, units
from sandbox.business_central.refusals import Refusal

_TOKEN: Final = re.compile(
    r"""\s*(?:
    (?P<string>'(?:[^']|'')*')
    | (?P<guid>[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})
    | (?P<instant>\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)?)
    | (?P<date>\d{4}-\d\d-\d\d)
    | (?P<number>-?\d+(?:\.\d+)?)
    | (?P<name>[A-Za-z_][\w.]*)
    | (?P<mark>[(),])
    )""",
    re.VERBOSE,
)
_LITERALS: Final[dict[Kind, tuple[str, ...]]] = {
    Kind.GUID: ("guid",),
    Kind.CODE: ("string",),
    Kind.TEXT: ("string",),
    Kind.ENUM: ("string",),
    Kind.INT: ("number",),
    Kind.DECIMAL: ("number",),
    Kind.DATE: ("date",),
    Kind.INSTANT: ("instant", "date"),
    Kind.BOOL: ("name",),
    Kind.STREAM: (),
}


def parse(text: str, properties: Mapping[str, Property], type_name: str) -> Filter:
    """Parse a filter; raises Refusal for what BC would not take."""
    parser = _Parser(_tokens(text), properties, type_name)
    where = parser.alternatives()
    parser.end()
    return where


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens, at = [], 0
    text = text.rstrip()
    while at < len(text):
        found = _TOKEN.match(text, at)
        if not found or not found.lastgroup:
            raise Refusal("bad_request", detail=f"Syntax error at position {at} in '{text}'.")
        tokens.append((found.lastgroup, found[found.lastgroup]))
        at = found.end()
    return tokens


class _Parser:
    def __init__(
        self, tokens: list[tuple[str, str]], properties: Mapping[str, Property], type_name: str
    ) -> None:
        self._tokens, self._at = tokens, 0
        self._properties, self._type = properties, type_name

    def alternatives(self) -> Filter:
        left = self._conjunction()
        while self._skip("or"):
            left = Either(left, self._conjunction())
            if len(left.names()) > 1:
                raise Refusal("or_on_distinct_fields")
        return left

    def end(self) -> None:
        if self._at < len(self._tokens):
            raise self._wrong()

    def _conjunction(self) -> Filter:
        left = self._single()
        while self._skip("and"):
            left = Both(left, self._single())
        return left

    def _single(self) -> Filter:
        if self._skip("not"):
            return Negation(self._single())
        if self._skip("("):
            inner = self.alternatives()
            self._need(")")
            return inner
        word = self._peek()[1]
        return self._search() if word in SEARCHES else self._comparison()

    def _search(self) -> Filter:
        function = self._next()[1]
        self._need("(")
        prop = self._operand()
        if prop.kind not in TEXTS:
            raise Refusal("bad_request", detail=f"'{function}' needs a text.")
        self._need(",")
        value = self._value(prop, search=True)
        self._need(")")
        return Comparison(prop, function, value)

    def _comparison(self) -> Filter:
        prop = self._operand()
        operator = self._next()[1]
        if operator == "in":
            raise Refusal("not_implemented", detail="'in' needs schema version 2.1.")
        if operator not in OPERATORS:
            raise self._wrong()
        return Comparison(prop, operator, self._value(prop))

    def _operand(self) -> Property:
        kind, word = self._next()
        if word in ("tolower", "toupper"):
            self._need("(")
            prop = self._operand()
            self._need(")")
            return prop
        if kind != "name":
            raise self._wrong()
        if word not in self._properties:
            raise Refusal("bad_property", name=word, type=self._type)
        return self._properties[word]

    def _value(self, prop: Property, *, search: bool = False) -> Any:
        if self._peek()[1] in ("tolower", "toupper"):
            self._next()
            self._need("(")
            value = self._value(prop, search=search)
            self._need(")")
            return value
        kind, word = self._next()
        if kind not in _LITERALS[prop.kind]:
            detail = f"Found operand types that do not fit '{prop.name}'."
            raise Refusal("bad_request", detail=detail)
        if kind == "string":
            return _text_value(prop, word[1:-1].replace("''", "'"), search=search)
        return _other_value(prop, kind, word)

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._at] if self._at < len(self._tokens) else ("end", "")

    def _next(self) -> tuple[str, str]:
        token = self._peek()
        self._at += 1
        return token

    def _skip(self, word: str) -> bool:
        kind, found = self._peek()
        if found != word or kind == "string":
            return False
        self._at += 1
        return True

    def _need(self, mark: str) -> None:
        if not self._skip(mark):
            raise self._wrong()

    def _wrong(self) -> Refusal:
        return Refusal("bad_request", detail=f"Syntax error at '{self._peek()[1]}' in the filter.")


def _text_value(prop: Property, text: str, *, search: bool) -> str:
    if prop.length and units(text) > prop.length:
        raise Refusal(
            "filter_error", value=text, name=prop.name, length=units(text), most=prop.length
        )
    if prop.kind is Kind.ENUM:
        caption = decode_caption(text)
        return (caption if search else str(decode(prop, caption))).casefold()
    return text.casefold()


def _other_value(prop: Property, kind: str, word: str) -> Any:
    if prop.kind is Kind.BOOL:
        if word not in ("true", "false"):
            raise Refusal("bad_request", detail=f"'{word}' is neither true nor false.")
        return word == "true"
    if kind == "number":
        return Decimal(word)
    return decode(prop, word)
