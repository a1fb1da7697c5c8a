"""Numbers that are texts: BC's increment (contract 6.4.2)."""

import re

_LAST_DIGITS = re.compile(r"(\d+)(\D*)$")
_MINUS = re.compile(r"(?:^|[^\w])-$")


def incremented(text: str) -> str:
    """The text with the digit group nearest its end one up; without digits the empty text.

    A minus sign before the digits counts as a sign, unless it is a hyphen after a letter or digit.
    """
    found = _LAST_DIGITS.search(text)
    if not found:
        return ""
    digits, tail = found.groups()
    head = text[: found.start()]
    if _MINUS.search(head) and int(digits):
        below = int(digits) - 1
        sign = head if below else head[:-1]
        return f"{sign}{below:0{len(digits)}d}{tail}"
    return f"{head}{int(digits) + 1:0{len(digits)}d}{tail}"
