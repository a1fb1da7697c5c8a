"""Which vendor of BC a merchant is: the name it bears, and when two names are the same (M22)."""

import re
import unicodedata

from domain.name_casing import recased
from domain.name_noise import without_noise
from domain.name_places import Place
from domain.name_words import listed
from domain.pex_transaction import PexTransaction
from domain.text import cut, one_line

VENDOR_NAME_LENGTH = 100

# What tells a firm's legal form. "SpA" stands below: without its dots it is a spa.
LEGAL_FORMS = listed(
    """
    ab ag bv co company corp corporation gmbh inc incorporated kg limited llc llp lp ltd nv oy pc
    plc pllc pte pty sa sarl srl
    """
)
_DOTTED_SPA = re.compile(r"\bs\.\s?p\.\s?a\b\.?\s*$", re.IGNORECASE)
# Letters that stand for a Latin one and are none of its accented forms.
_PLAIN_LETTERS = str.maketrans(
    {
        "\N{LATIN SMALL LETTER DOTLESS I}": "i",
        "\N{LATIN SMALL LETTER O WITH STROKE}": "o",
        "\N{LATIN SMALL LETTER L WITH STROKE}": "l",
        "\N{LATIN SMALL LETTER D WITH STROKE}": "d",
        "\N{LATIN SMALL LETTER AE}": "ae",
        "\N{LATIN SMALL LIGATURE OE}": "oe",
    }
)
_JOINING = re.compile(r"['.\N{RIGHT SINGLE QUOTATION MARK}\N{LEFT SINGLE QUOTATION MARK}`]")
_LONGEST_SPACED_FORM = 4


def standardized(raw: str, city: str | None = None, state: str | None = None) -> str:
    """A raw name of the card network as an accountant would write the vendor (M22).

    It cleans and does not invent: no words are added, none longer than they were. It is never
    empty unless the raw name is blank, and the same again for its own result. City and state are
    the merchant's as PEX tells them; they make it safe to take them off the name's end.
    """
    place = Place(one_line(city or ""), one_line(state or ""))
    name = raw
    while True:
        better = recased(without_noise(name, place))
        if better == name:
            return name or raw.strip()
        name = better


def match_key(name: str) -> str:
    """What two names share if they are the same vendor's (M22); empty for a blank name alone.

    Case, accents, punctuation, spacing, a leading "The" and legal forms at the end do not count,
    and "&" is "and". Letters that are not Latin keep their marks, which make other letters.
    """
    words = _words(_DOTTED_SPA.sub("", name)) or _words(name)
    if len(words) > 1 and words[0] == "the":
        words = words[1:]
    while (shorter := _without_legal_form(words)) != words:
        words = shorter
    return "".join(words) or "".join(name.casefold().split())


def vendor_name(text: str) -> str:
    """A name as BC's Text[100] takes it: printable, on one line, 100 units of UTF-16 at most."""
    return cut(one_line(text), VENDOR_NAME_LENGTH)


def merchant_vendor_name(row: PexTransaction, *, standardized_names: bool) -> str:
    """The merchant's name as a vendor; empty where the row names none, as a dispute credit's.

    The row's description tells what happened and is never a vendor.
    """
    raw, normalized = (
        (name or "").strip() if one_line(name or "") else ""
        for name in (row.merchant_name, row.merchant_name_normalized)
    )
    if standardized_names:
        return normalized or standardized(raw, row.merchant_city, row.merchant_state)
    return raw or normalized


def _words(name: str) -> list[str]:
    """The words of a name, folded; dots and apostrophes join, other punctuation parts."""
    joined = _JOINING.sub("", name).replace("&", " and ").replace("+", " plus ")
    letters = "".join(mark if _counts(mark) else " " for mark in _folded(joined))
    return letters.split()


def _folded(name: str) -> str:
    """Without case, and without marks on Latin letters."""
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name).casefold())
    kept, base = [], ""
    for mark in decomposed.translate(_PLAIN_LETTERS):
        if not unicodedata.combining(mark):
            base = mark
        elif base.isascii():
            continue
        kept.append(mark)
    return unicodedata.normalize("NFC", "".join(kept))


def _counts(mark: str) -> bool:
    return unicodedata.category(mark)[0] in "LMN"


def _without_legal_form(words: list[str]) -> list[str]:
    """Without one legal form at the end, also one told letter by letter, if a name remains."""
    for length in range(1, min(_LONGEST_SPACED_FORM, len(words) - 1) + 1):
        tail = words[-length:]
        spelt = length == 1 or all(len(word) == 1 for word in tail)
        if spelt and "".join(tail) in LEGAL_FORMS:
            kept = words[:-length]
            return kept[:-1] if len(kept) > 1 and kept[-1] == "and" else kept
    return words
