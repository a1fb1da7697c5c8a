"""The odd rows of PEX contract 3.10, always the same ones, on top of the ordinary rows."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from sandbox import company
from sandbox.pex.draw import Draw
from sandbox.pex.rows import movement_row, purchase_row, tag_entry, tags_member
from sandbox.pex.seed_card_tags import tag_ids
from sandbox.pex.seed_cards import Entry
from sandbox.pex.wire import wall_text
from sandbox.pex.world import Row

ODD_SETTLED = 6
"""Odd rows that can be posted: month end, forced, vendor bill, two nights, prefix of an id."""

_HOLDER = company.CARDHOLDERS[0][0]
_CLOSED = company.CARDHOLDERS[-1][0]


def card_rows(draw: Draw) -> list[Entry]:
    """Pending, declined, zero, unknown, load legs, month-end, daylight-saving and vendor rows."""
    ago = _Ago(draw.today)
    month_end = draw.today.replace(day=1) - timedelta(days=1)
    if (draw.today - month_end).days < 3:  # noqa: PLR2004 - it must have settled by now
        month_end = month_end.replace(day=1) - timedelta(days=1)
    found = [
        _purchase(ago(1, 18), None, "-31.75", IsPending=True, Description="Pending purchase"),
        _purchase(ago(2, 9), None, "-8.40", IsPending=True, PaddingAmount=Decimal("1.26")),
        _purchase(ago(5, 12), None, "-960.00", IsDecline=True, Description="Insufficient funds"),
        _purchase(ago(6, 12), ago(4, 3), "0.00", Description="Address check"),
        _purchase(
            datetime.combine(month_end, time(21, 47, 9)),
            datetime.combine(month_end + timedelta(days=2), time(3, 12)),
            "-112.35",
            **_approved(draw),
        ),
        _purchase(ago(9, 15), ago(8, 3), "-20.15", AcctId=_CLOSED, AuthTransactionId=None),
        _vendor_bill(draw, ago),
        _leg(_HOLDER, ago(30, 10), "500.00", "CardFunding", draw.business.id),
        _leg(_HOLDER, ago(12, 10), "-120.00", None, draw.business.id),
        _leg(_HOLDER, ago(29, 10), "75.00", "CardFunding", 0, TransactionType="Load"),
        _leg(_HOLDER, ago(28, 10), "-3.00", None, 0, TransactionType="Invalid", Description=None),
    ]
    return [(row, []) for row in [*found, *_clock_changes(draw)]]


def business_rows(draw: Draw) -> list[Entry]:
    """The business legs of the card loads, and categories that nobody knows."""
    ago, business = _Ago(draw.today), draw.business.id
    found = [
        _leg(business, ago(30, 10), "-500.00", "CardFunding", _HOLDER),
        _leg(business, ago(12, 10), "120.00", None, _HOLDER),
        _leg(business, ago(20, 11), "-14.50", "NetworkAdjustment", 0, Description="Adjustment"),
        _leg(business, ago(19, 11), "6.25", None, 0, Description=None),
    ]
    return [(row, []) for row in found]


def prefix_row(draw: Draw, number: int) -> Row:
    """A purchase whose id is the beginning of other rows' ids."""
    ago = _Ago(draw.today)
    row = _purchase(ago(15, 11), ago(13, 3), "-17.17", **_approved(draw))
    return row | {"TransactionId": number, "NetworkTransactionId": number}


class _Ago:
    """Eastern wall times told as days back and an hour."""

    def __init__(self, today: date) -> None:
        self._today = today

    def __call__(self, days: int, hour: int) -> datetime:
        return datetime.combine(self._today - timedelta(days=days), time(hour, 12, 30))


def _purchase(at: datetime, settled: datetime | None, amount: str, **members: Any) -> Row:
    return purchase_row(
        {
            "AcctId": _HOLDER,
            "TransactionTime": wall_text(at),
            "MerchantLocalTime": wall_text(at),
            "HoldTime": None if members.get("IsDecline") else wall_text(at),
            "SettlementTime": wall_text(settled) if settled else None,
            "TransactionAmount": Decimal(amount),
            **members,
        }
    )


def _leg(
    account: int, at: datetime, amount: str, category: str | None, other: int, **members: Any
) -> Row:
    return movement_row(
        {
            "AcctId": account,
            "TransactionTime": wall_text(at),
            "SettlementTime": wall_text(at),
            "TransactionAmount": Decimal(amount),
            "TransactionTypeCategory": category,
            "TransferToOrFromAccountId": other,
            "Description": "Card funding",
            **members,
        }
    )


def _approved(draw: Draw) -> dict[str, Any]:
    tag = draw.business.tags[tag_ids(draw)["account"]]
    return {
        "MetadataApprovalStatus": "Approved",
        "TransactionTags": tags_member([tag_entry(tag, "63200")], "odd"),
    }


def _vendor_bill(draw: Draw, ago: _Ago) -> Row:
    row = _purchase(ago(11, 9), ago(10, 3), "-240.00", MerchantName="PAYPAL *PRINTSHOP")
    vendor = next(account.id for account in draw.business.accounts if account.kind == "Vendor")
    return row | {"AcctId": vendor, "MerchantNameNormalized": "Printshop", "_vendor_bill": True}


def _clock_changes(draw: Draw) -> list[Row]:
    """Purchases in the nights on which daylight saving began and ended last."""
    nights = []
    for month, nth, at in ((3, 2, time(1, 59, 59)), (11, 1, time(1, 30))):
        for year in (draw.today.year, draw.today.year - 1):
            night = _sunday(year, month, nth)
            if (draw.today - night).days >= 3:  # noqa: PLR2004 - it must have settled by now
                nights.append(datetime.combine(night, at))
                break
    return [
        _purchase(
            night,
            datetime.combine(night.date() + timedelta(days=2), time(3)),
            "-24.24",
            **_approved(draw),
        )
        for night in nights
    ]


def _sunday(year: int, month: int, nth: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(6 - first.weekday()) % 7 + 7 * (nth - 1))
