"""What a Business Central company offers to code entries with: accounts, vendors, dimensions."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Generic, Protocol, TypeVar


@dataclass(frozen=True, slots=True)
class Account:
    """A G/L account; category and type carry BC's captions, such as `Assets` and `Posting`."""

    id: str
    number: str
    name: str
    category: str
    account_type: str = "Posting"
    blocked: bool = False
    direct_posting: bool = True

    @property
    def key(self) -> str:
        """Its number."""
        return self.number

    @property
    def unusable_because(self) -> str | None:
        """Why no journal line can use it; None where one can (contract 2.4)."""
        if self.blocked:
            return "it is blocked"
        if self.account_type != "Posting":
            return f"it is a {self.account_type.lower()} account"
        return None if self.direct_posting else "direct posting is off"


@dataclass(frozen=True, slots=True)
class BankAccount:
    """A bank account; `currency` is the code that BC tells, the company's own included."""

    id: str
    number: str
    name: str
    currency: str = "USD"
    blocked: bool = False

    @property
    def key(self) -> str:
        """Its number."""
        return self.number


@dataclass(frozen=True, slots=True)
class Vendor:
    """A vendor; `blocked` is empty, `Payment` or `All`; `currency` empty for the company's own."""

    id: str
    number: str
    name: str
    blocked: str = ""
    currency: str = "USD"

    @property
    def key(self) -> str:
        """Its number."""
        return self.number


@dataclass(frozen=True, slots=True)
class TaxCode:
    """A tax group, or a VAT product posting group, by company kind (contract 2.3.7)."""

    id: str
    code: str
    name: str

    @property
    def key(self) -> str:
        """Its code."""
        return self.code


@dataclass(frozen=True, slots=True)
class DimensionValue:
    """A value; its code is unique within its dimension only."""

    id: str
    code: str
    name: str

    @property
    def key(self) -> str:
        """Its code."""
        return self.code


class Choice(Protocol):
    """Anything that a setting or a tag value can name."""

    @property
    def id(self) -> str:
        """BC's id."""

    @property
    def key(self) -> str:
        """Number or code, as option values carry it."""

    @property
    def name(self) -> str:
        """Display name."""


C = TypeVar("C", bound=Choice)


class Catalogue(Generic[C]):
    """Choices that a value names by number or code, else by id, else by exact display name."""

    def __init__(self, choices: Iterable[C] = ()) -> None:
        self.choices = tuple(choices)
        backwards = self.choices[::-1]  # of two of one name, the first is found
        self._by_key = {choice.key.casefold(): choice for choice in backwards}
        self._by_id = {choice.id.casefold(): choice for choice in backwards}
        self._by_name = {choice.name: choice for choice in backwards}

    def find(self, value: str) -> C | None:
        """The choice that a tag value or setting names; None where there is none (M12)."""
        name = value.strip()
        if not name:
            return None  # or a choice without a display name would be found
        folded = name.casefold()
        return self._by_key.get(folded) or self._by_id.get(folded) or self._by_name.get(name)

    def __iter__(self) -> Iterator[C]:
        return iter(self.choices)

    def __len__(self) -> int:
        return len(self.choices)


@dataclass(frozen=True, slots=True)
class Dimension:
    """A dimension; its values are empty where they were not asked for."""

    id: str
    code: str
    name: str
    values: Catalogue[DimensionValue]


@dataclass(frozen=True, slots=True)
class Chart:
    """One company, as far as coding needs it, at one moment.

    Attributes:
        currency: the company's own currency, such as `USD`.
        dimensions: by code in upper case.
        posting_from: first day on which the company allows posting; None for no limit.
        posting_to: last such day; None for no limit.
    """

    company_id: str
    currency: str
    accounts: Catalogue[Account] = field(default_factory=Catalogue)
    bank_accounts: Catalogue[BankAccount] = field(default_factory=Catalogue)
    vendors: Catalogue[Vendor] = field(default_factory=Catalogue)
    tax_codes: Catalogue[TaxCode] = field(default_factory=Catalogue)
    dimensions: Mapping[str, Dimension] = field(default_factory=dict)
    posting_from: date | None = None
    posting_to: date | None = None
