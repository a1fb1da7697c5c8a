"""A journal entry: lines that balance to the cent, or no entry at all (M20)."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from domain.money import ZERO, Money, total

DESCRIPTION_LENGTH = 100
COMMENT_LENGTH = 250
DOCUMENT_NUMBER_LENGTH = 20


class AccountType(StrEnum):
    """The account types that entries use, by BC's captions (contract 2.3.3)."""

    GL = "G/L Account"
    VENDOR = "Vendor"
    BANK = "Bank Account"


@dataclass(frozen=True, slots=True)
class DimensionCode:
    """A dimension on a line: the dimension's code and the value's code."""

    code: str
    value: str


@dataclass(frozen=True, slots=True)
class JournalLine:
    """One line; the amount is positive on the debit side, negative on the credit side."""

    account_type: AccountType
    account_number: str
    amount: Money
    description: str
    comment: str = ""
    tax_code: str = ""
    dimensions: tuple[DimensionCode, ...] = ()


class UnbalancedEntryError(ValueError):
    """Lines that no accountant would call an entry; a fault of the program, never of the data."""


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """All lines of one PEX transaction under one document number.

    The last line is the PEX account's: on a purchase the credit line, which takes the receipts.

    Raises:
        UnbalancedEntryError: the lines do not add up to 0.00, are fewer than two, or are of 0.00.
    """

    posting_date: date
    document_number: str
    external_document_number: str
    lines: tuple[JournalLine, ...]

    def __post_init__(self) -> None:
        balance = total(line.amount for line in self.lines)
        empty = any(line.amount.is_zero for line in self.lines)
        if not balance.is_zero or len(self.lines) < 2 or empty:  # noqa: PLR2004 - debit and credit
            raise UnbalancedEntryError(f"{self.document_number} is out of balance by {balance}")

    @property
    def amount(self) -> Money:
        """The sum of the debit side."""
        return total(line.amount for line in self.lines if line.amount > ZERO)
