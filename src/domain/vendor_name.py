"""Names of vendors: how a merchant is called, and which names mean the same (M22)."""

import unicodedata

from domain.pex_transaction import PexTransaction

VENDOR_NAME_LENGTH = 100


def match_key(name: str) -> str:
    """What two names that mean the same vendor have in common: no case, punctuation or spacing."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join(mark for mark in folded if mark.isalnum())


def vendor_name(text: str) -> str:
    """A name as Business Central takes it: one line of at most 100 UTF-16 units."""
    printable = "".join(mark if mark.isprintable() else " " for mark in text)
    units = " ".join(printable.split()).encode("utf-16-le", "surrogatepass")
    return units[: 2 * VENDOR_NAME_LENGTH].decode("utf-16-le", "ignore").rstrip()


def merchant_vendor_name(row: PexTransaction, *, standardized_names: bool) -> str:
    """The name of a row's merchant; empty where it names none."""
    normalized = row.merchant_name_normalized if standardized_names else None
    return vendor_name(normalized or row.merchant_name or "")
