"""Taking off what the card network adds to a merchant's name (M22).

A name that lost its meaning is worse than one with a number left, so a rule takes away only what
is no name by its form: something must remain, and a number that may be part of a name stays.
"""

import re
from collections.abc import Callable

from domain.name_numbers import (
    ADDRESS,
    TOP_LEVEL,
    is_code,
    pattern,
    with_numbers_as_words,
    without_end,
    without_inner_number,
    without_repeated_address,
    without_run_on,
    without_weekday,
)
from domain.name_places import Place, without_column, without_place
from domain.name_words import GOOGLE, NUMBERS_WITH_A_MEANING, ORDER_WORDS, PROCESSORS
from domain.text import one_line

# Networks tell a few dozen characters; on what is far longer no rule would be worth its time.
LONGEST_TOLD = 250

_PROCESSOR = pattern(
    rf"^(?:{'|'.join(map(re.escape, PROCESSORS))})\s?\*\s*", r"^(?-i:SP) (?!PLUS\b)"
)
_OF_GOOGLE = pattern(rf"^GOOGLE\s?\*\s*(?:YOUTUBE|(?:{'|'.join(GOOGLE)})(?![A-Z]))")
_BEFORE_ADDRESS = pattern(r"^(?:https?://)?www\.(?=\w)", r"^https?://(?=\w)")
_ADDRESS_WITH_PATH = pattern(rf"^([\w-]+{TOP_LEVEL})/\S*")


def without_noise(raw: str, place: Place) -> str:
    """The name without the network's additions, in the case it is told in.

    Nothing remains of a blank name alone.
    """
    name = one_line(without_column(raw, place))
    if len(name) > LONGEST_TOLD:
        return name
    rules: tuple[Callable[[str], str], ...] = (
        _in_plain_words,
        _without_processor,
        _without_path,
        lambda told: without_place(told, place),
        without_end,
        _without_order,
        without_repeated_address,
        without_inner_number,
    )
    while True:
        shorter = next(filter(None, (_applied(rule, name) for rule in rules)), None)
        if shorter is None:
            return name
        name = shorter


def _applied(rule: Callable[[str], str], name: str) -> str | None:
    """What a rule makes of a name; None where that is the same, or no name any more."""
    made = _tidy(rule(name))
    return made if made != name and any(mark.isalnum() for mark in made) else None


def _tidy(name: str) -> str:
    name = " ".join(name.split()).lstrip("*-,:;/|_ ").rstrip("*-,:;/|_( ")
    return name.removesuffix(" #")


def _in_plain_words(name: str) -> str:
    name = name.replace("&amp;", "&").replace("&#39;", "'").replace("_", " ")
    return without_run_on(with_numbers_as_words(name))


def _without_processor(name: str) -> str:
    """Without the mark of who took the payment, if a name follows it."""
    rest = _PROCESSOR.sub("", name)
    is_named = any(mark.isalpha() for mark in rest) and not all(map(is_code, rest.split()))
    return rest if is_named and not _OF_GOOGLE.match(name) else name


def _without_order(name: str) -> str:
    """With what stands behind an asterisk, less the order and its codes; "E*TRADE" is a name."""
    head, star, tail = name.partition("*")
    if not star or len(head) <= 1:
        return name
    words = without_weekday(f" {tail.replace('*', ' ')}").split()
    words = [without_run_on(word) for word in words]
    if words and words[0].casefold() == head.strip().casefold():
        words = words[1:]
    while words and _tells_order(words[-1]):
        words.pop()
    return f"{head} {' '.join(words)}"


def _tells_order(word: str) -> bool:
    has_digit = any(mark.isdecimal() for mark in word) and word not in NUMBERS_WITH_A_MEANING
    return word.upper() in ORDER_WORDS or has_digit or bool(ADDRESS.fullmatch(word))


def _without_path(name: str) -> str:
    """With an address that is the name itself as "Name.com"."""
    return _ADDRESS_WITH_PATH.sub(r"\1", _BEFORE_ADDRESS.sub("", name))
