"""Card rows in realistic proportions: purchases, refunds, dispute credits and card fees."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import chain
from typing import Any

from sandbox.pex.draw import Draw
from sandbox.pex.rows import (
    movement_row,
    note_member,
    purchase_row,
)
from sandbox.pex.seed_card_tags import tagged
from sandbox.pex.seed_merchants import FOREIGN, MERCHANTS, ODD_MERCHANTS, Merchant
from sandbox.pex.wire import wall_text
from sandbox.pex.world import Receipt, Row

Entry = tuple[Row, list[Receipt]]


_TAGGING = {
    "usual": 0.0,  # whatever the others leave
    "null": 0.03,
    "initial": 0.03,
    "split": 0.05,
    "split_object": 0.005,
    "split_wrong": 0.005,
    "unknown_account": 0.01,
    "blocked_account": 0.005,
    "unknown_department": 0.01,
    "no_account": 0.03,
}
_APPROVAL = {
    "Approved": 0.0,
    "NotReviewed": 0.14,
    "Rejected": 0.05,
    "Ignored": 0.01,
    "NoReceipt": 0.03,
    "null": 0.07,
}
_RECEIPTS = {
    "none": 0.0,
    "Loaded": 0.50,
    "two": 0.04,
    "NotLoaded": 0.02,
    "Deleted": 0.01,
    "HasMalware": 0.01,
    "LoadFailed": 0.01,
}
_NOTES = {"none": 0.0, "user": 0.10, "system": 0.03, "both": 0.02, "null": 0.10}
_TEXTS = (
    "Paint for the boathouse door",
    "Lunch with the harbor committee, 6 people",
    'Order no. "A-1187", keep the warranty',
    "Fuel for the trip to Boston",
    "Réunion à Québec, taxi included",
)


def rows(draw: Draw, counts: Mapping[str, int]) -> list[Entry]:
    """As many card rows of each kind as `counts` says."""
    purchases = counts["purchase"]
    dealt = zip(
        draw.deck(purchases, _TAGGING),
        draw.deck(purchases, _APPROVAL),
        draw.deck(purchases, _RECEIPTS),
        draw.deck(purchases, _NOTES),
        _merchants(draw, purchases),
        strict=True,
    )
    return [
        *(purchase(draw, merchant, *cards) for *cards, merchant in dealt),
        *(_refund(draw) for _ in range(counts["refund"])),
        *(_dispute(draw) for _ in range(counts["dispute"])),
        *(_fee(draw, -1, "ISA Fee") for _ in range(counts["card_fee"])),
        *(_fee(draw, +1, "ISA Fee Adjustment") for _ in range(counts["card_fee_adjustment"])),
    ]


def _merchants(draw: Draw, count: int) -> list[Merchant]:
    odd = max(1, count // 100) if count >= len(ODD_MERCHANTS) else 0
    chosen = list(chain.from_iterable([merchant] * odd for merchant in ODD_MERCHANTS))
    chosen += draw.random.choices(MERCHANTS, k=count - len(chosen))
    draw.random.shuffle(chosen)
    return chosen


def purchase(
    draw: Draw, merchant: Merchant, tagging: str, approval: str, receipts: str, notes: str
) -> Entry:
    """A settled purchase with the traits that were dealt to it."""
    at = draw.moment()
    row = _at_merchant(draw, merchant, at, -draw.cents(250, 24_000))
    row["TransactionTags"] = tagged(draw, tagging, merchant, row)
    row["MetadataApprovalStatus"] = None if approval == "null" else approval
    row["TransactionNotes"] = _notes(draw, notes, at)
    return row, _receipts(draw, receipts, row, at)


def _at_merchant(draw: Draw, merchant: Merchant, at: datetime, amount: Decimal) -> Row:
    account = draw.random.choice(draw.business.accounts[:5])
    return purchase_row(
        {
            "AcctId": account.id,
            "TransactionTime": wall_text(at),
            "MerchantLocalTime": wall_text(at - timedelta(seconds=draw.random.randint(-40, 40))),
            "HoldTime": wall_text(at + timedelta(seconds=1)),
            "SettlementTime": wall_text(draw.settlement(at)),
            "TransactionAmount": amount,
            "MerchantName": merchant.raw,
            "MerchantNameNormalized": merchant.normalised or None,
            "MerchantCity": merchant.city,
            "MerchantState": merchant.state,
            "MerchantZip": None if merchant.country != "US" else "04101 ",
            "MerchantCountry": merchant.country,
            "MCCCode": merchant.mcc,
            "AuthIdentityResponseCode": f"{draw.random.randint(100_000, 999_999)}",
            "MerchantId": f"55120{merchant.mcc}{len(merchant.raw):02}  ",
            **_foreign(merchant, amount),
        }
    )


def _foreign(merchant: Merchant, amount: Decimal) -> dict[str, Any]:
    if merchant.country not in FOREIGN:
        return {}
    currency, number, rate = FOREIGN[merchant.country]
    return {
        "SourceCurrencyCodeDescription": currency,
        "SourceCurrencyNumericCode": number,
        "SourceAmount": round(abs(amount) / Decimal(rate), 2),
    }


def _notes(draw: Draw, notes: str, at: datetime) -> list[dict[str, Any]] | None:
    if notes == "null":
        return None
    written = wall_text(at + timedelta(minutes=1))
    members = []
    if notes in ("user", "both"):
        text = draw.random.choice(_TEXTS)
        members.append(note_member(next(draw.note_ids), text, written, username="m.ortiz"))
    if notes in ("system", "both"):
        text = "Receipt was matched automatically"
        members.append(note_member(next(draw.note_ids), text, written, username="PEX", system=True))
    return members


def _receipts(draw: Draw, receipts: str, row: Row, at: datetime) -> list[Receipt]:
    if receipts == "none":
        return []
    states = ["Loaded", "Loaded"] if receipts == "two" else [receipts]
    caption = f"{row['MerchantName']} {abs(row['TransactionAmount'])}"
    taken = min(
        at + timedelta(minutes=draw.random.randint(5, 600)),
        datetime.combine(draw.today, datetime.min.time()) - timedelta(seconds=1),
    )
    return [
        draw.receipt(draw.random.choice(("jpg", "jpg", "png", "pdf")), state, taken, caption)
        for state in states
    ]


def _refund(draw: Draw) -> Entry:
    merchant = draw.random.choice(MERCHANTS)
    at = draw.moment()
    row = _at_merchant(draw, merchant, at, draw.cents(250, 6_000))
    row["Description"] = "Merchandise return"
    row["TransactionTags"] = tagged(draw, "usual", merchant, row)
    row["MetadataApprovalStatus"] = draw.random.choice(("Approved", "Approved", "NotReviewed"))
    return row, _receipts(draw, draw.random.choice(("none", "Loaded")), row, at)


def _dispute(draw: Draw) -> Entry:
    at = draw.moment()
    members = {
        "AcctId": draw.random.choice(draw.business.accounts[:5]).id,
        "TransactionTime": wall_text(at),
        "SettlementTime": wall_text(draw.settlement(at)),
        "TransactionAmount": draw.cents(1_000, 9_000),
        "TransactionTypeCategory": "Dispute",
        "Description": "Dispute credit",
        "MetadataApprovalStatus": draw.random.choice(("Approved", "Approved", None)),
    }
    return movement_row(members), []


def _fee(draw: Draw, sign: int, description: str) -> Entry:
    at = draw.moment()
    members = {
        "AcctId": draw.random.choice(draw.business.accounts[:5]).id,
        "TransactionTime": wall_text(at),
        "SettlementTime": wall_text(at) if draw.random.random() < 0.5 else None,  # noqa: PLR2004 - half
        "TransactionAmount": sign * draw.cents(30, 700),
        "TransactionTypeCategory": "CardAccountFee",
        "Description": description,
    }
    return movement_row(members), []
