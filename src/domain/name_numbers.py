"""Telling the network's numbers, codes and addresses from those of a merchant's name (M22)."""

import re

from domain.name_words import (
    BEFORE_ITS_NUMBER,
    BEFORE_STORE,
    JOINING,
    LABELS,
    MEANS_LITTLE_ALONE,
    NUMBERS_WITH_A_MEANING,
)

LONGEST_NUMBER_OF_A_NAME = 4
TOP_LEVEL = r"\.(?:ai|app|co|com|de|edu|fr|gov|io|net|org|tv|uk|us)"

_MONTHS = "JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC"


def pattern(*choices: str) -> re.Pattern[str]:
    """Any of these, in any case."""
    return re.compile("|".join(f"(?:{choice})" for choice in choices), re.IGNORECASE)


ADDRESS = pattern(
    r"(?:https?|www\.)\S+",
    r"\S+@\S+\.\S+",
    rf"[\w-]{{2,}}\.[\w-]{{2,}}{TOP_LEVEL}\S*",
    rf"[\w-]+{TOP_LEVEL}/\S*",
    TOP_LEVEL,
)
_HOST = pattern(rf"[\w-]+{TOP_LEVEL}")
_HASHED = pattern(r"#[A-Z]{0,2}-?\d[\w-]*")
_CERTAIN = pattern(r"0\d{2,}", r"\d{5,}", r"\(#?\d{3,}\)", r"(?=(?:\D*\d){5})\+?\d+(?:[-.]\d+)+")
_PLAIN = pattern(r"\d{3,}")
_CODE = pattern(
    r"[A-Z]{1,2}-?\d{3,}", r"(?=(?:\D*\d){2})(?=\w*(?:\d[A-Z]+\d|[A-Z]\d+[A-Z]))[A-Z\d]{5,}"
)
_PHONE_IN_LETTERS = pattern(r"(?:1-)?8(?:00|33|44|55|66|77|88)-[A-Z][A-Z-]{3,}")
_DATE = pattern(
    r"(?:0[1-9]|1[0-2])/(?:[0-2]\d|3[01])(?:/\d{2,4})?",
    r"\d{4}-\d{2}-\d{2}",
    r"\d{1,2}[-/]\d{1,2}[-/](?:\d{4}|\d{2})",
    rf"\d{{1,2}}(?:{_MONTHS})(?:\d{{4}}|\d{{2}})",
    r"\d{1,2}:\d{2}(?:[AP]M)?",
)
_WEEKDAY = pattern(r"\s(?:SUN|MON|TUE|WED|THU|FRI|SAT)\s\d{1,2}(?::\d{2})?\s?[AP]M$")
_PHONE_IN_PARTS = pattern(
    r"(?<=\s)\(?\d{3}[) -]\s?\d{3}[ -]\d{4}(?=\s|$)", r"(?<=\s)\+\d[\d ()-]{7,}\d(?=\s|$)"
)
_RUN_ON = re.compile(r"(?:(?<=[^\W\d_]{3})|(?<=^[^\W\d_]{2}))\d{5,}$")


def with_numbers_as_words(name: str) -> str:
    """With a phone number written in parts as one word, and "BP#4711" as two."""
    name = _PHONE_IN_PARTS.sub(lambda found: re.sub(r"\D", "", found.group()), name)
    name = re.sub(r"#\s+(?=\d)", "#", name)
    return re.sub(r"(?<=[^\W_])#(?=[A-Z]{0,2}\d{2})", " #", name)


def without_run_on(name: str) -> str:
    """Without a long number stuck to the last word."""
    return _RUN_ON.sub("", name)


def without_weekday(name: str) -> str:
    """Without a day and hour at the end, such as "SUN 6PM"."""
    return _WEEKDAY.sub("", name)


def is_code(word: str) -> bool:
    """Whether the word has the form of a number, a code or an address."""
    return is_surely_code(word) or bool(_PLAIN.fullmatch(word) or _CODE.fullmatch(word))


def is_surely_code(word: str) -> bool:
    """Whether it is one also amid a name, or before a word that may be more of the name."""
    return any(kind.fullmatch(word) for kind in (_HASHED, _CERTAIN, ADDRESS))


def is_number(words: list[str], place: int) -> bool:
    """Whether the word at a place is such a number or code and not part of the name."""
    word, before = words[place], words[place - 1].upper()
    if place == 0 or word in NUMBERS_WITH_A_MEANING or before in BEFORE_ITS_NUMBER | JOINING:
        return False
    if _PHONE_IN_LETTERS.fullmatch(word):
        return True
    if _HOST.fullmatch(word) and word.islower() and " ".join(words[:place]).isupper():
        return True
    is_short = word.isdecimal() and len(word) <= LONGEST_NUMBER_OF_A_NAME
    is_own = place == 1 and before in MEANS_LITTLE_ALONE and is_short
    return is_code(word) and not is_own


def before_number(words: list[str], number: int) -> list[str]:
    """What stands before the number at a place, less the word that announces it."""
    kept = words[:number]
    label = kept[-1].upper().rstrip(".:")
    if len(kept) == 1 or label not in LABELS:
        return kept
    is_name = label == "STORE" and kept[-2].upper() in BEFORE_STORE
    return kept if is_name else kept[:-1]


def without_end(name: str) -> str:
    """Without a number, code, address or date at the end."""
    words = without_weekday(name).split()
    last = len(words) - 1
    if last > 0 and _DATE.fullmatch(words[last]):
        return " ".join(words[:last])
    if last > 0 and is_number(words, last):
        return " ".join(before_number(words, last))
    return " ".join(words)


def without_repeated_address(name: str) -> str:
    """Without an address that says the name once more: "Netflix NETFLIX.COM"."""
    found = re.fullmatch(rf"(.+) ([\w-]{{3,}}){TOP_LEVEL}(?: [A-Z]{{2}})?", name, re.IGNORECASE)
    if found is None:
        return name
    said = re.sub(r"[\W_]", "", found[1]).casefold()
    return found[1] if said.startswith(found[2].casefold()) else name


def without_inner_number(name: str) -> str:
    """Without a number amid the name, where its form or the word before it tells that it is one."""
    words = name.split()
    for number in range(1, len(words) - 1):
        before = before_number(words, number)
        is_told = is_surely_code(words[number]) or len(before) < number
        if is_told and is_number(words, number):
            return " ".join(before + words[number + 1 :])
    return name
