"""A purchase as its parts: one for each split, or the whole as a single one (M20, M21)."""

from collections.abc import Mapping
from dataclasses import dataclass

from domain.money import ZERO, Money, total
from domain.pex_transaction import PexTransaction, TagValue
from domain.refusals import AmountNotInCents, SplitsDoNotAddUp, SplitUnreadable


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a purchase: its signed amount, and its tag values by tag id in lower case."""

    amount: Money
    tags: Mapping[str, str]


def shares(row: PexTransaction) -> tuple[Share, ...]:
    """The parts of a purchase, adding up to its amount to the cent.

    As soon as one split is there, tags beside the splits do not count (PEX contract 4.4). Parts of
    0.00 are left out.

    Raises:
        SplitUnreadable: a split has no readable amount.
        SplitsDoNotAddUp: the parts do not make up the amount (M21).
        AmountNotInCents: they do, but with fractions of cents, which BC would round apart.
    """
    if not row.allocations:
        return (Share(row.amount, _by_id(row.tags)),)
    parts = []
    for allocation in row.allocations:
        if allocation.amount is None:
            raise SplitUnreadable
        amount = Money(allocation.amount)
        parts.append(Share(-amount if row.amount < ZERO else amount, _by_id(allocation.tags)))
    whole = total(part.amount for part in parts)
    if whole != row.amount:
        raise SplitsDoNotAddUp(abs(whole), abs(row.amount))
    for part in parts:
        if not part.amount.is_whole_cents:
            raise AmountNotInCents(f"{abs(part.amount)} of a split")
    return tuple(part for part in parts if not part.amount.is_zero)


def _by_id(tags: tuple[TagValue, ...]) -> dict[str, str]:
    return {tag.field_id.casefold(): tag.value for tag in tags if tag.value.strip()}
