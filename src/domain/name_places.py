"""Telling the city and state that the card network adds to a merchant's name from it (M22).

A city may be as many words as it likes, and half of all names end with a word that is a city too.
So one is taken off only where something tells where it begins: a number, a column of its own,
commas, or PEX, which names the merchant's city.
"""

import re
from dataclasses import dataclass

from domain.name_numbers import before_number, is_number, is_surely_code
from domain.name_words import COUNTRIES, JOINING, PROVINCES, STATES

LONGEST_CITY = 4
SHORTEST_WITH_ZIP = 3

_REGIONS = STATES | PROVINCES | COUNTRIES
_AFTER_STATE = COUNTRIES | {"US", "CA"}
_ZIP = re.compile(r"\d{5}(?:-\d{4})?")
_COLUMN_GAP = re.compile(r"\s{3,}")
# At the pump, or at which register: what may follow a store's number.
_WHERE_IN_STORE = re.compile(r"INSIDE|OUTSIDE|\w|[A-Z]\d{1,3}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Place:
    """Where PEX says the merchant is; both may be empty."""

    city: str = ""
    state: str = ""


def without_column(raw: str, place: Place) -> str:
    """Without a city in a column of its own, that is behind three blanks or more."""
    for gap in reversed([*_COLUMN_GAP.finditer(raw)]):
        name, rest = raw[: gap.start()], raw[gap.end() :].split()
        if rest and any(mark.isalnum() for mark in name) and _is_place(rest, place, least=2):
            return name
    return raw


def without_place(name: str, place: Place) -> str:
    """Without the city and state at the end, where something tells them from the name."""
    words = name.split()
    for number in range(1, len(words) - 1):
        if is_number(words, number) and _goes_with_number(words, number, place):
            return " ".join(before_number(words, number))
    return _without_told_city(words, place) or _without_zip(words) or _without_comma(name)


def _goes_with_number(words: list[str], number: int, place: Place) -> bool:
    rest = words[number + 1 :]
    if len(rest) == 1 and _WHERE_IN_STORE.fullmatch(rest[0]):
        return True
    is_company = rest[-1] == "CO" and not is_surely_code(words[number])
    return _is_place(rest, place) and not is_company


def _is_place(words: list[str], place: Place, least: int = 1) -> bool:
    """Whether the words are a city, its state or both, with or without the ZIP and country."""
    words = [word.strip(",") for word in words]
    if len(words) > least and words[-1] in _AFTER_STATE and words[-2] in _REGIONS:
        words = words[:-1]
    if len(words) > least and _ZIP.fullmatch(words[-1]):
        words = words[:-1]
    if place.city and " ".join(words).casefold() == place.city.casefold():
        return True
    return (
        least <= len(words) <= LONGEST_CITY + 1
        and words[-1] in _REGIONS | {place.state}
        and all(word[:1].isalpha() for word in words[:-1])
    )


def _without_told_city(words: list[str], place: Place) -> str | None:
    """Without the city that PEX tells, where its state follows it, unless a name needs it."""
    city = place.city.casefold().split()
    for start in range(1, len(words) - len(city)):
        end = start + len(city)
        is_told = [word.strip(",").casefold() for word in words[start:end]] == city
        if city and is_told and _is_place(words[start:], place, least=2):
            needed = words[start - 1].upper() in JOINING
            return " ".join(words[: end if needed else start])
    return None


def _without_zip(words: list[str]) -> str | None:
    """Without state and ZIP; where the city begins before them, nobody can tell."""
    if len(words) < SHORTEST_WITH_ZIP or not _ZIP.fullmatch(words[-1]):
        return None
    return " ".join(words[:-2]) if words[-2] in STATES - {"CO"} else None


def _without_comma(name: str) -> str:
    """Without ", CITY, ST"; a firm's partners and its form (PA, CO) look the same."""
    found = re.fullmatch(r"(.+?),\s*([^\W\d_][\w .'-]*),\s*([A-Z]{2})", name)
    return found[1] if found and found[3] in STATES - {"PA", "CO"} else name
