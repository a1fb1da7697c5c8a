"""Addresses below the API root: which entity set, row, collection or action they name."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sandbox.business_central.entity import Call, EntitySet, Parent
from sandbox.business_central.refusals import Refusal
from sandbox.business_central.state import Books, World

_SEGMENT: Final = re.compile(r"([$\w.]+)(?:\(([^()]*)\))?")
_GUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
COUNT: Final = "$count"
POST_ACTION: Final = "microsoft.nav.post"
CONTENT: Final = "attachmentContent"


@dataclass(frozen=True, slots=True)
class Target:
    """What an address names; `tail` is blank, `$count`, the content stream or an action."""

    call: Call
    set: EntitySet
    parent: Parent | None
    key: str | None
    tail: str = ""


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, below which root, in which language, and the company named beside the path."""

    user: str
    root: str
    language: str = ""
    company: str = ""


def resolve(world: World, sets: Mapping[str, EntitySet], asker: Asker, path: str) -> Target:
    """Find what `path`, relative to the API root, names; raises Refusal for what is not there."""
    segments = [_segment(text) for text in path.split("/")]
    name, key = segments[0]
    if name == "companies":
        call = Call(world, _any_books(world), asker.user, asker.root, asker.language)
        if key is None:
            return _walk(call, sets["companies"], segments)
        books = _company(world, asker.user, key)
        if len(segments) == 1:
            return Target(call, sets["companies"], None, key)
        segments = segments[1:]
    else:
        if name not in sets:
            raise Refusal("no_segment", segment=name)
        books = _company(world, asker.user, asker.company)
    call = Call(world, books, asker.user, asker.root, asker.language)
    return _walk(call, _known(sets["companies"], segments[0][0]), segments)


def _walk(call: Call, found: EntitySet, segments: list[tuple[str, str | None]]) -> Target:
    parent: Parent | None = None
    key = segments[0][1]
    for at, (name, next_key) in enumerate(segments[1:], start=2):
        if at == len(segments) and _is_tail(found, name, key):
            tail = POST_ACTION if name.lower() == POST_ACTION else name
            return Target(call, found, parent, key, tail)
        if key is None:
            raise Refusal("no_segment", segment=name)
        child = _known(found, name)
        parent = Parent(found, key, found.get(call, parent, key))
        found, key = child, next_key
    return Target(call, found, parent, key)


def _is_tail(found: EntitySet, name: str, key: str | None) -> bool:
    if name == COUNT:
        return key is None
    if name == CONTENT:
        return found.name == "attachments" and key is not None
    return name.lower() == POST_ACTION and found.name == "journals" and key is not None


def _segment(text: str) -> tuple[str, str | None]:
    found = _SEGMENT.fullmatch(text)
    if not found:
        raise Refusal("bad_url")
    name, key = found.groups()
    if key is not None and not _GUID.fullmatch(key):
        raise Refusal("bad_url")
    return name, key.lower() if key else key


def _known(found: EntitySet, name: str) -> EntitySet:
    if name not in found.children:
        raise Refusal("no_segment", segment=name)
    return found.children[name]


def _company(world: World, user: str, named: str) -> Books:
    """By id, or by name; one that the user may not see is as good as absent (1.3)."""
    for books in world.companies.values():
        if named.casefold() in (books.id, books.name.casefold()) and user not in books.hidden_from:
            return books
    raise Refusal("no_company", company=named)


def _any_books(world: World) -> Books:
    return next(iter(world.companies.values()))
