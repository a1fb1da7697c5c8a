"""Repeatable draws for the seeded data: quotas, days, amounts, receipts."""

import itertools
import math
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random

from sandbox.pex.wire import EASTERN, hex_id, utc_text
from sandbox.pex.world import Business, Receipt

DAYS = 70
KINDS = {
    "purchase": 0.0,  # whatever the others leave
    "refund": 0.03,
    "dispute": 0.01,
    "card_fee": 0.03,
    "card_fee_adjustment": 0.005,
    "funding": 0.03,
    "withdrawal": 0.01,
    "business_fee": 0.015,
    "business_fee_reversal": 0.005,
    "rebate": 0.01,
    "rebate_by_description": 0.005,
    "rebate_reversal": 0.005,
}
_EVERY_KIND_FROM = 40


class Draw:
    """A pack of made-up chance for one business.

    Attributes:
        today: the Eastern day on which the clock starts; every drawn moment is before it.
        note_ids: numbers for notes, no two alike in both businesses.
    """

    def __init__(self, random: Random, business: Business, today: date) -> None:
        self.random, self.business, self.today = random, business, today
        self._receipts = 0
        self.note_ids = itertools.count(100_001 if business.funding == "Prepaid" else 2_500_001)

    def quotas(self, count: int, shares: Mapping[str, float]) -> dict[str, int]:
        """Split `count` by shares, exactly; the first name takes what the others leave.

        From 40 on every share gets at least one.
        """
        rounding = math.ceil if count >= _EVERY_KIND_FROM else math.floor
        first, *others = shares
        split = {name: rounding(count * shares[name]) for name in others}
        return {first: count - sum(split.values()), **split}

    def deck(self, count: int, shares: Mapping[str, float]) -> list[str]:
        """`count` cards in those shares, shuffled."""
        cards = [name for name, copies in self.quotas(count, shares).items() for _ in range(copies)]
        self.random.shuffle(cards)
        return cards

    def moment(self, latest: int = 2) -> datetime:
        """An Eastern wall time from 70 to `latest` days back, rarely at night."""
        day = self.today - timedelta(days=self.random.randint(latest, DAYS))
        seconds = min(self.random.randint(6 * 3600, 26 * 3600), 86_399)
        return datetime.combine(day, time()) + timedelta(seconds=seconds)

    def settlement(self, authorised: datetime) -> datetime:
        """One to three days after, in the small hours, never later than yesterday."""
        day = authorised.date() + timedelta(days=self.random.randint(1, 3))
        day = min(day, self.today - timedelta(days=1))
        night = timedelta(hours=3, seconds=self.random.randint(0, 5_000))
        return max(datetime.combine(day, time()) + night, authorised)

    def cents(self, low: int, high: int) -> Decimal:
        """An amount between two figures in cents."""
        return Decimal(self.random.randint(low, high)).scaleb(-2)

    def receipt(self, kind: str, state: str, taken: datetime, caption: str) -> Receipt:
        """A receipt taken at an Eastern wall time; its bytes are made when someone asks."""
        self._receipts += 1
        created = utc_text(taken.replace(tzinfo=EASTERN).astimezone(UTC))
        key = hex_id("receipt", self.business.id, self._receipts)
        return Receipt(key, kind, "Pdf" if kind == "pdf" else "Image", state, created, caption)
