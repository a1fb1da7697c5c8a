"""Taking off what the card network adds to a merchant's name (M22).

A name that lost its meaning is worse than one with a number left, so a rule takes away only what
is no name by its form: something must remain, and a number that may be part of a name stays.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from domain.name_words import (
    BEFORE_A_CITY,
    BEFORE_ITS_NUMBER,
    BEFORE_STORE,
    COUNTRIES,
    GOOGLE,
    LABELS,
    MEANS_LITTLE_ALONE,
    NUMBERS_WITH_A_MEANING,
    ORDER_WORDS,
    PROCESSORS,
    PROVINCES,
    STATES,
)
from domain.text import one_line

LONGEST_CITY = 4
LONGEST_OWN_NUMBER = 4
LONGEST_SURE = 2

_REGIONS = STATES | PROVINCES | COUNTRIES
_TOP_LEVEL = r"\.(?:ai|app|co|com|de|edu|fr|gov|io|net|org|tv|uk|us)"
_MONTHS = "JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC"


def _pattern(*choices: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{choice})" for choice in choices), re.IGNORECASE)


_PROCESSOR = _pattern(rf"^(?:{'|'.join(map(re.escape, PROCESSORS))})\s?\*\s*", r"^SP (?!PLUS\b)")
_OF_GOOGLE = _pattern(rf"^GOOGLE\s?\*\s*(?:{'|'.join(GOOGLE)})")
_ADDRESS = _pattern(
    r"(?:https?|www\.)\S+",
    r"\S+@\S+\.\S+",
    rf"[\w-]{{2,}}\.[\w-]{{2,}}{_TOP_LEVEL}\S*",
    rf"[\w-]+{_TOP_LEVEL}/\S*",
)
_HASHED = _pattern(r"#[A-Z]{0,2}-?\d[\w-]*")
_CERTAIN = _pattern(r"0\d{2,}", r"\d{5,}", r"\(#?\d{3,}\)", r"(?=(?:\D*\d){5})\+?\d+(?:[-.]\d+)+")
_PLAIN = _pattern(r"\d{3,}")
_CODE = _pattern(r"[A-Z]{1,2}-?\d{3,}", r"(?=(?:\D*\d){2})(?=\w*\d[A-Z]+\d)[A-Z\d]{5,}")
_VANITY = _pattern(r"(?:1-)?8(?:00|33|44|55|66|77|88)-[A-Z][A-Z-]{3,}")
_DATE = _pattern(
    r"(?:0[1-9]|1[0-2])/(?:[0-2]\d|3[01])(?:/\d{2,4})?",
    r"\d{4}-\d{2}-\d{2}",
    r"\d{1,2}[-/]\d{1,2}[-/](?:\d{4}|\d{2})",
    rf"\d{{1,2}}(?:{_MONTHS})(?:\d{{4}}|\d{{2}})",
    r"\d{1,2}:\d{2}(?:[AP]M)?",
)
_WEEKDAY = _pattern(r"\s(?:SUN|MON|TUE|WED|THU|FRI|SAT)\s\d{1,2}(?::\d{2})?\s?[AP]M$")
_PHONE_IN_PARTS = _pattern(r"(?<=\s)\(?\d{3}[) -]\s?\d{3}[ -]\d{4}(?=\s|$)")
_RUN_ON = re.compile(r"(?<=[^\W\d_])\d{5,}$")
_ZIP = re.compile(r"\d{5}(?:-\d{4})?")
_SIDES = frozenset(["INSIDE", "OUTSIDE"])


@dataclass(frozen=True, slots=True)
class Place:
    """Where PEX says the merchant is; both may be empty."""

    city: str = ""
    state: str = ""


def without_noise(raw: str, place: Place) -> str:
    """The name without the network's additions, in the case it is told in.

    Nothing remains of a blank name alone.
    """
    name = one_line(_without_column(raw, place))
    rules: tuple[Callable[[str], str], ...] = (
        _joined,
        _without_processor,
        _without_order,
        _without_path,
        lambda told: _without_place(told, place),
        _without_end,
        _without_repeated_address,
        _without_inner_number,
    )
    while True:
        shorter = next(filter(None, (_applied(rule, name) for rule in rules)), None)
        if shorter is None:
            return name
        name = shorter


def _applied(rule: Callable[[str], str], name: str) -> str | None:
    """What a rule makes of a name; None where that is the same, or no name any more."""
    made = _tidy(rule(name))
    return made if made != name and _is_name(made) else None


def _is_name(text: str) -> bool:
    return any(mark.isalnum() for mark in text)


def _tidy(name: str) -> str:
    return " ".join(name.split()).lstrip("*-,:;/|_ ").rstrip("*-,:;/|_#( ")


def _without_column(raw: str, place: Place) -> str:
    """Without a city in a column of its own, that is behind three blanks or more."""
    for gap in reversed([*re.finditer(r"\s{3,}", raw)]):
        name, rest = raw[: gap.start()], raw[gap.end() :].split()
        if _is_name(name) and len(rest) > 0 and _is_place(rest, place, least=2):
            return name
    return raw


def _joined(name: str) -> str:
    """A number that the network wrote in parts as one word, and a stuck one by itself."""
    name = name.replace("&amp;", "&").replace("&#39;", "'")
    name = _PHONE_IN_PARTS.sub(lambda found: re.sub(r"\D", "", found.group()), name)
    name = re.sub(r"#\s+(?=\d)", "#", name)
    name = re.sub(r"(?<=[^\W_])#(?=\d{2})", " #", name)
    return _RUN_ON.sub("", name)


def _without_processor(name: str) -> str:
    rest = _PROCESSOR.sub("", name)
    if _OF_GOOGLE.match(name) or not any(mark.isalpha() for mark in rest):
        return name
    return name if _is_code(rest.split()[0]) else rest


def _without_order(name: str) -> str:
    """What stands behind an asterisk, less the order and its codes; "E*TRADE" is a name."""
    head, star, tail = name.partition("*")
    if not star or len(head) <= 1:
        return name
    words = [_RUN_ON.sub("", word) for word in _WEEKDAY.sub("", f" {tail}").split()]
    while words and _tells_order(words[-1]):
        words.pop()
    return f"{head} {' '.join(words)}"


def _tells_order(word: str) -> bool:
    has_digit = any(mark.isdecimal() for mark in word)
    return word.upper() in ORDER_WORDS or has_digit or bool(_ADDRESS.fullmatch(word))


def _without_path(name: str) -> str:
    """A name that is itself an address as "Name.com"."""
    name = re.sub(r"^(?:https?://)?(?:www\.)(?=\w)", "", name, flags=re.IGNORECASE)
    return re.sub(rf"^([\w-]+{_TOP_LEVEL})/\S*", r"\1", name, flags=re.IGNORECASE)


# --- numbers and places ----------------------------------------------------------------------


def _is_code(word: str) -> bool:
    return any(
        kind.fullmatch(word) is not None for kind in (_HASHED, _CERTAIN, _PLAIN, _CODE, _ADDRESS)
    )


def _is_number(words: list[str], place: int) -> bool:
    """Whether the word is a number, code, phone number or address and not part of the name."""
    word, before = words[place], words[place - 1].upper()
    if place == 0 or word in NUMBERS_WITH_A_MEANING or before in BEFORE_ITS_NUMBER:
        return False
    if _VANITY.fullmatch(word):
        return before != "THE"
    own = place == 1 and before in MEANS_LITTLE_ALONE and len(word) <= LONGEST_OWN_NUMBER
    return _is_code(word) and not (own and word.isdecimal())


def _before(words: list[str], number: int) -> list[str]:
    """What stands before a number, less the word that announces it."""
    kept = words[:number]
    label = kept[-1].upper().rstrip(".:")
    if len(kept) == 1 or label not in LABELS:
        return kept
    is_name = label == "STORE" and kept[-2].upper() in BEFORE_STORE
    return kept if is_name else kept[:-1]


def _is_place(words: list[str], place: Place, least: int = 1) -> bool:
    """Whether the words are a city, its state or both, with or without the ZIP and country."""
    words = [word.strip(",") for word in words]
    if len(words) > least and words[-1] in COUNTRIES | {"US", "CA"} and words[-2] in _REGIONS:
        words = words[:-1]
    if len(words) > least and _ZIP.fullmatch(words[-1]):
        words = words[:-1]
    if " ".join(words).casefold() == place.city.casefold() != "":
        return True
    city = words[:-1]
    return (
        least <= len(words) <= LONGEST_CITY + 1
        and words[-1] in _REGIONS
        and all(word[:1].isalpha() for word in city)
    )


def _without_place(name: str, place: Place) -> str:
    """Without a city and state that something tells from the name: a number, or PEX itself."""
    words = name.split()
    for number in range(1, len(words) - 1):
        if _is_number(words, number) and _goes_with_number(words[number + 1 :], place):
            return " ".join(_before(words, number))
    return _without_told_city(words, place) or _without_zip(words) or _without_comma(name)


def _goes_with_number(rest: list[str], place: Place) -> bool:
    alone = len(rest) == 1 and (len(rest[0]) == 1 or rest[0].upper() in _SIDES)
    return alone or _is_place(rest, place)


def _without_told_city(words: list[str], place: Place) -> str | None:
    """Without the city that PEX tells, where its state follows it, unless a name needs it."""
    ending = [*place.city.split(), ""]
    for number in range(1, len(words) - len(ending) + 1):
        rest = [word.strip(",").casefold() for word in words[number:]]
        named = rest[: len(ending) - 1] == [word.casefold() for word in ending[:-1]]
        if (
            place.city
            and named
            and words[number - 1].upper() not in BEFORE_A_CITY
            and _is_place(words[number:], place, least=2)
        ):
            return " ".join(words[:number])
    return None


def _without_zip(words: list[str]) -> str | None:
    """Without state and ZIP; where the city begins before them, nobody can tell."""
    is_told = len(words) > LONGEST_SURE and _ZIP.fullmatch(words[-1]) and words[-2] in STATES
    return " ".join(words[:-2]) if is_told else None


def _without_comma(name: str) -> str:
    """Without ", CITY, ST"; a firm's partners and its form (PA, CO) look the same."""
    found = re.fullmatch(r"(.+?),\s*([^\W\d_][\w .'-]*),\s*([A-Z]{2})", name)
    is_told = found and found[3] in STATES - {"PA", "CO"}
    return found[1] if found and is_told else name


def _without_end(name: str) -> str:
    """Without numbers, codes, addresses and dates at the end."""
    name = _WEEKDAY.sub("", name)
    words = name.split()
    last = len(words) - 1
    if last > 0 and _DATE.fullmatch(words[last]):
        return " ".join(words[:last])
    return " ".join(_before(words, last)) if last > 0 and _is_number(words, last) else name


def _without_repeated_address(name: str) -> str:
    """Without an address that says the name once more: "Netflix NETFLIX.COM"."""
    found = re.fullmatch(rf"(.+) ([\w-]{{3,}}){_TOP_LEVEL}(?: [A-Z]{{2}})?", name, re.IGNORECASE)
    if found is None:
        return name
    said = re.sub(r"[\W_]", "", found[1]).casefold()
    return found[1] if said.startswith(found[2].casefold()) else name


def _without_inner_number(name: str) -> str:
    """Without a number amid the name, where its form or the word before it tells that it is one."""
    words = name.split()
    for number in range(1, len(words) - 1):
        sure = any(kind.fullmatch(words[number]) for kind in (_HASHED, _CERTAIN, _ADDRESS))
        before = _before(words, number)
        if _is_number(words, number) and (sure or len(before) < number):
            return " ".join(before + words[number + 1 :])
    return name
