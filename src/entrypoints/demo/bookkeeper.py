"""A bookkeeper who enters the made-up company's transactions by hand, to check the demo.

He knows the demo's settings and PEX's rows, and nothing of the product: what he would enter is
compared with the lines that stand in the simulated Business Central.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sandbox import company

PEX = "10950"
FEES = "68000"
REBATES = "48000"
BANK = "CHECKING"
UNCODED = "69900"
VENDOR = "a vendor"  # which one, `vendor_differences` tells
REBATE_TEXTS = ("Rebate Credit", "Rebate Credit Reversal", "Rebate payout")
USABLE = {one.number for one in company.ACCOUNTS if one.direct_posting and not one.blocked}
VALUES = {code: {value for value, _ in values} for code, (_, values) in company.DIMENSIONS.items()}
TAGS = {"DEPARTMENT": company.DEPARTMENT_TAG, "CLASS": company.CLASS_TAG}

Line = tuple[str, Decimal, tuple[tuple[str, str], ...]]


@dataclass(frozen=True, slots=True)
class Hand:
    """An entry as made by hand: its day, and its lines as account, amount and dimensions."""

    day: date
    lines: tuple[Line, ...]


class CannotEnter(Exception):
    """Not to be entered, or not without asking somebody."""


def by_hand(
    business: Mapping[str, Any], first: date, last: date, *, vendors: bool = False
) -> dict[str, Hand]:
    """What belongs in the journal, by PEX id, of a business as the simulator dumps it.

    With `vendors` each purchase stands on its merchant's vendor too, once there and once back.
    """
    entries: dict[str, Hand] = {}
    for where in ("card", "business"):
        for row in business["rows"][where]:
            try:
                lines = (*_lines(row, where), *(_vendor_lines(row, where) if vendors else ()))
            except CannotEnter:
                continue
            day = date.fromisoformat((row["SettlementTime"] or row["TransactionTime"])[:10])
            if first <= day <= last:
                entries[str(row["TransactionId"])] = Hand(day, tuple(sorted(lines)))
    return entries


def _lines(row: Mapping[str, Any], where: str) -> Iterator[Line]:
    amount = Decimal(str(row["TransactionAmount"]))
    unsettled = row["TransactionType"] == "Network" and not row["SettlementTime"]
    if row["IsPending"] or row["IsDecline"] or unsettled or amount == 0:
        raise CannotEnter
    yield PEX, amount, ()
    account = _account_of(row, where)
    if account is not None:
        yield account, -amount, ()
        return
    if (row["MetadataApprovalStatus"] or "").lower() != "approved":
        raise CannotEnter
    yield from _coded(row, amount)


def _vendor_lines(row: Mapping[str, Any], where: str) -> Iterator[Line]:
    """Two lines that cancel out; none for what is no purchase or names no merchant."""
    if where == "card" and _account_of(row, where) is None and row["MerchantName"]:
        amount = Decimal(str(row["TransactionAmount"]))
        yield VENDOR, amount, ()
        yield VENDOR, -amount, ()


def _account_of(row: Mapping[str, Any], where: str) -> str | None:
    """The other account of everything but a purchase."""
    category = row["TransactionTypeCategory"] or ""
    if where == "business":
        if category == "BusinessRebate" or row["Description"] in REBATE_TEXTS:
            return REBATES
        known = {"businessaccountfee": FEES, "businessfunding": BANK}
        if category.lower() not in known:
            raise CannotEnter
        return known[category.lower()]
    if category.lower() == "cardaccountfee":
        return FEES
    if row["TransactionType"] != "Network" and category != "Dispute":
        raise CannotEnter
    return None


def _coded(row: Mapping[str, Any], amount: Decimal) -> Iterator[Line]:
    tags = (row["TransactionTags"] or {}).get("Tags") or []
    splits = [_split(tag["Value"]) for tag in tags if tag["FieldId"] == company.ALLOCATION_TAG]
    if not splits:
        yield _expense({tag["FieldId"]: tag["Value"] for tag in tags}, amount)
        return
    sign = 1 if amount > 0 else -1
    if sum(part for part, _ in splits) != abs(amount):
        raise CannotEnter
    for part, values in splits:
        yield _expense(values, sign * part)


def _split(value: Any) -> tuple[Decimal, dict[str, str]]:
    split = json.loads(value, parse_float=Decimal) if isinstance(value, str) else value
    return Decimal(str(split["Amount"])), {
        one["TagId"]: one["Value"] for one in split["Allocation"]
    }


def _expense(values: Mapping[str, Any], amount: Decimal) -> Line:
    account = str(values.get(company.EXPENSE_TAG) or UNCODED)
    if account not in USABLE:
        raise CannotEnter
    dimensions = tuple(
        sorted((code, str(values[tag])) for code, tag in TAGS.items() if values.get(tag))
    )
    if any(value not in VALUES[code] for code, value in dimensions):
        raise CannotEnter
    return account, -amount, dimensions


def compare(expected: Mapping[str, Hand], lines: Sequence[Mapping[str, Any]]) -> list[str]:
    """Everything in which the journal's lines differ from the entries made by hand."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for line in lines:
        found.setdefault(line["externalDocumentNumber"], []).append(line)
    differences: list[str] = []
    for pex_id, hand in expected.items():
        differences.extend(_differences(pex_id, hand, found.pop(f"PEX{pex_id}", [])))
    differences.extend(f"{key}: nobody would have entered this" for key in found)
    return differences


def _differences(pex_id: str, hand: Hand, lines: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    there = tuple(
        sorted(
            (
                VENDOR if line["accountType"] == "Vendor" else line["accountNumber"],
                Decimal(str(line["amount"])),
                tuple(sorted((code.upper(), value) for code, value in line["dimensions"].items())),
            )
            for line in lines
        )
    )
    if there != hand.lines:
        yield f"{pex_id}: expected {hand.lines}, found {there}"
    for line in lines:
        if line["postingDate"] != hand.day.isoformat():
            yield f"{pex_id}: posted on {line['postingDate']}, not {hand.day}"
        if line["documentNumber"] != f"PEX-{pex_id}-X1":
            yield f"{pex_id}: document number {line['documentNumber']}"
        if not line["description"].endswith(f"PEX {pex_id}"):
            yield f"{pex_id}: described as {line['description']!r}"
