"""What PEX tells of a transaction at one time, and how it differs at another (M27).

Only what the books or the decision to post rest on is compared, and only what it means: neither the
order of tags and splits, nor the case of field ids, nor empty tags make a difference.
"""

import dataclasses
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar

from domain.bill_payment import Payment
from domain.eastern_time import eastern_day
from domain.money import Money
from domain.pex_transaction import Allocation, PexTransaction, TagValue
from domain.refusals import Refusal

TAG = "tag:"
_NOT_REVIEWED = "NotReviewed"
_APPROVALS = {
    name.casefold(): name
    for name in ("Approved", "Rejected", "Ignored", _NOT_REVIEWED, "NoReceipt")
}
_IN_WORDS = {
    "settled_on": "settlement date",
    "purchased_on": "purchase date",
    "status": "invoice status",
}


@dataclass(frozen=True, slots=True)
class PexSnapshot:
    """A transaction as PEX told it; dates are US Eastern days.

    Attributes:
        amount: money out of the PEX account is negative.
        approval: one of PEX contract 5; `NotReviewed` where PEX tells none.
        tags: by field id in lower case, sorted; none where there are splits, since tags beside
            splits do not count (PEX contract 4.4).
        splits: sorted by amount and tags, parts of 0.00 left out.
        status: an invoice's, empty for every other row.
        payments: what paid an invoice, each such as `PEXTransfer 700.00`, sorted.
    """

    amount: Money
    purchased_on: date
    settled_on: date
    merchant: str
    approval: str
    tags: tuple[TagValue, ...] = ()
    splits: tuple[Allocation, ...] = ()
    status: str = ""
    payments: tuple[str, ...] = ()

    @classmethod
    def of(cls, row: PexTransaction) -> "PexSnapshot":
        """What a row tells."""
        parts = [
            Allocation(part.amount, _tags(part.tags))
            for part in row.allocations
            if part.amount is None or part.amount != 0
        ]
        return cls(
            row.amount,
            row.purchase_date,
            row.settlement_date,
            " ".join(row.merchant.split()),
            _approval(row.approval),
            () if row.allocations else _tags(row.tags),
            tuple(sorted(parts, key=_order)),
            row.bill.status if row.bill else "",
            tuple(sorted(map(_payment, row.bill.payments))) if row.bill else (),
        )


@dataclass(frozen=True, slots=True)
class Difference:
    """What a field was and is, as text; None for nothing.

    The field is `amount`, `settled_on`, `purchased_on`, `merchant`, `approval`, `status`,
    `payments`, `splits`, or `tag:` with the field id of a tag; `name` is what PEX calls that tag.
    """

    field: str
    before: str | None
    after: str | None
    name: str = dataclasses.field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Change:
    """A difference between what was posted and what PEX tells now, and since when it stands."""

    field: str
    before: str | None
    after: str | None
    since: datetime
    name: str = dataclasses.field(default="", compare=False)


def differences(before: PexSnapshot, after: PexSnapshot) -> tuple[Difference, ...]:
    """What differs between two snapshots; the same the other way round, with its sides changed."""
    if before == after:
        return ()
    return tuple(_differences(before, after))


def standing(
    posted: PexSnapshot, now: PexSnapshot, known: tuple[Change, ...], at: datetime
) -> tuple[Change, ...]:
    """All that differs from what was posted; what was known before keeps its time."""
    since = {(change.field, change.after): change.since for change in known}
    return tuple(
        Change(one.field, one.before, one.after, since.get((one.field, one.after), at), one.name)
        for one in differences(posted, now)
    )


class ChangedAfterPosting(Refusal):
    """PEX changed what is in the books already; the entry stays as it is (M27)."""

    code: ClassVar[str] = "CHANGED_AFTER_POSTING"
    fix: ClassVar[str] = (
        "Correct the entry in Business Central by hand; or reverse it there, "
        "then ask support for a resync."
    )

    def __init__(self, changes: tuple[Change, ...]) -> None:
        super().__init__(f"After posting, PEX changed: {'; '.join(map(_told, changes))}.")


class MissingInPex(Refusal):
    """What is in the books is not in PEX any more; the entry stays as it is (M27)."""

    code: ClassVar[str] = "MISSING_IN_PEX"
    fix: ClassVar[str] = (
        "Ask PEX what became of it; if the money never moved, reverse the entry in Business "
        "Central by hand."
    )

    def __init__(self, since: datetime) -> None:
        super().__init__(f"It is not in PEX any more since {eastern_day(since)}.")


def notices(changes: tuple[Change, ...], missing_since: datetime | None) -> tuple[Refusal, ...]:
    """What a person should know of a posted transaction, each with the cause and what to do."""
    told: list[Refusal] = [ChangedAfterPosting(changes)] if changes else []
    if missing_since is not None:
        told.append(MissingInPex(missing_since))
    return tuple(told)


def _differences(before: PexSnapshot, after: PexSnapshot) -> Iterator[Difference]:
    days = ("settled_on",) if before.status and after.status else ("settled_on", "purchased_on")
    for name in ("amount", *days, "approval"):
        was, is_now = getattr(before, name), getattr(after, name)
        if was != is_now:
            yield Difference(name, str(was), str(is_now))
    if before.merchant.casefold() != after.merchant.casefold():
        yield Difference("merchant", before.merchant or None, after.merchant or None)
    if before.status != after.status:
        yield Difference("status", before.status or None, after.status or None)
    if before.payments != after.payments:
        yield Difference("payments", _joined(before.payments), _joined(after.payments))
    if before.splits or after.splits:
        if before.splits != after.splits:
            yield Difference(
                "splits", _joined(map(_part, before.splits)), _joined(map(_part, after.splits))
            )
        return
    yield from _of_tags(_by_id(before.tags), _by_id(after.tags))


def _of_tags(before: dict[str, TagValue], after: dict[str, TagValue]) -> Iterator[Difference]:
    for field_id in sorted({*before, *after}):
        was, is_now = before.get(field_id), after.get(field_id)
        if was != is_now:
            name = next((tag.name for tag in (is_now, was) if tag and tag.name), "")
            yield Difference(f"{TAG}{field_id}", _value(was), _value(is_now), name)


def _value(tag: TagValue | None) -> str | None:
    return tag.value if tag else None


def _approval(text: str | None) -> str:
    compact = "".join((text or _NOT_REVIEWED).split()).casefold()
    return _APPROVALS.get(compact or _NOT_REVIEWED.casefold(), compact)


def _tags(tags: tuple[TagValue, ...]) -> tuple[TagValue, ...]:
    """The last value of each field, as the mapping reads them."""
    told = [TagValue(tag.field_id.strip().casefold(), tag.value.strip(), tag.name) for tag in tags]
    return tuple(tag for _, tag in sorted(_by_id(told).items()) if tag.value)


def _by_id(tags: Iterable[TagValue]) -> dict[str, TagValue]:
    return {tag.field_id: tag for tag in tags}


def _order(part: Allocation) -> tuple[bool, Decimal, list[tuple[str, str]]]:
    tags = [(tag.field_id, tag.value) for tag in part.tags]
    return part.amount is None, part.amount or Decimal(0), tags


def _joined(parts: Iterable[str]) -> str | None:
    """Such as `20.00 (64b0=6110) + 28.60`; None for none."""
    return " + ".join(parts) or None


def _payment(payment: Payment) -> str:
    return f"{payment.type} {_amount(payment.amount)}{' (rejected)' if payment.rejected else ''}"


def _amount(amount: Decimal | None) -> str:
    return "unreadable" if amount is None else str(Money(amount))


def _part(part: Allocation) -> str:
    tags = ", ".join(f"{tag.field_id}={tag.value}" for tag in part.tags)
    return f"{_amount(part.amount)} ({tags})" if tags else _amount(part.amount)


def field_in_words(difference: Difference | Change) -> str:
    """What differs, as a person would name it, such as `settlement date` or `tag "Department"`."""
    field_id = difference.field.removeprefix(TAG)
    of_tag = f'tag "{difference.name}"' if difference.name else f"tag {field_id}"
    return of_tag if field_id != difference.field else _IN_WORDS.get(field_id, field_id)


def _told(change: Change) -> str:
    name = field_in_words(change)
    was, is_now = (text or "nothing" for text in (change.before, change.after))
    return f"{name} {was} -> {is_now} ({eastern_day(change.since)})"
