"""Rows of the prepaid business account: fundings, withdrawals, fees and rebates."""

from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple

from sandbox.pex.draw import Draw
from sandbox.pex.rows import movement_row
from sandbox.pex.seed_cards import Entry
from sandbox.pex.wire import wall_text


class Movement(NamedTuple):
    """A kind of movement: sign, bounds and step of its amount in cents, category, description."""

    sign: int
    low: int
    high: int
    step: int
    category: str | None
    description: str | None


MOVEMENTS = {
    "funding": Movement(+1, 200_000, 1_000_000, 50_000, "BusinessFunding", "ACH credit"),
    "withdrawal": Movement(-1, 50_000, 150_000, 25_000, "BusinessFunding", "ACH debit"),
    "business_fee": Movement(-1, 500, 2_500, 500, "BusinessAccountFee", "Card shipping fee"),
    "business_fee_reversal": Movement(+1, 500, 2_500, 500, "BusinessAccountFee", "Fee reversal"),
    "rebate": Movement(+1, 1_000, 9_000, 1, "BusinessRebate", "Monthly rebate"),
    "rebate_by_description": Movement(+1, 1_000, 9_000, 1, "BusinessFunding", "Rebate payout"),
    "rebate_reversal": Movement(-1, 100, 900, 1, "BusinessFunding", "Rebate Credit Reversal"),
}


def rows(draw: Draw, counts: Mapping[str, int]) -> list[Entry]:
    """As many movements of each kind as `counts` says; a third have no SettlementTime."""
    return [
        _movement(draw, MOVEMENTS[kind]) for kind in MOVEMENTS for _ in range(counts.get(kind, 0))
    ]


def _movement(draw: Draw, kind: Movement) -> Entry:
    at = wall_text(draw.moment(latest=1))
    cents = kind.sign * draw.random.randrange(kind.low, kind.high + 1, kind.step)
    members = {
        "AcctId": draw.business.id,
        "TransactionTime": at,
        "SettlementTime": draw.random.choice((at, at, None)),
        "TransactionAmount": Decimal(cents).scaleb(-2),
        "TransactionTypeCategory": kind.category,
        "Description": kind.description,
    }
    return movement_row(members), []
