"""Amounts of money: US dollars, the only currency in which PEX settles (PEX contract 10, U21)."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Self

CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An amount in US dollars. What its sign means is said where it is used."""

    amount: Decimal

    def __post_init__(self) -> None:
        if not isinstance(self.amount, Decimal) or not self.amount.is_finite():
            raise TypeError(f"money is a finite Decimal, not {self.amount!r}")

    @classmethod
    def of(cls, text: str | int) -> Self:
        """Read an amount from its digits, such as "-48.60"."""
        return cls(Decimal(text))

    @property
    def is_zero(self) -> bool:
        """True for 0.00."""
        return self.amount == 0

    @property
    def is_whole_cents(self) -> bool:
        """False for an amount that no ledger can hold, such as 0.005."""
        return self.amount == self.amount.quantize(CENT)

    def __add__(self, other: "Money") -> "Money":
        return Money(self.amount + other.amount)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.amount - other.amount)

    def __neg__(self) -> "Money":
        return Money(-self.amount)

    def __abs__(self) -> "Money":
        return Money(abs(self.amount))

    def __str__(self) -> str:
        return f"{self.amount:.2f}" if self.is_whole_cents else str(self.amount)


ZERO = Money(Decimal(0))


def total(amounts: Iterable[Money]) -> Money:
    """The sum, 0.00 of none."""
    return Money(sum((money.amount for money in amounts), Decimal(0)))
