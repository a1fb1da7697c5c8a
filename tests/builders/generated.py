"""Hypothesis strategies for the domain's values."""

from decimal import Decimal

from hypothesis import strategies as st

from builders.rows import TAG_IDS, but, purchase, row, tagged
from domain.pex_transaction import Allocation, PexTransaction, Record

CENTS = st.integers(1, 10**11)
SIGNS = st.sampled_from([1, -1])
PEX_IDS = st.integers(1, 10**12 - 1)
TEXTS = st.text(max_size=40) | st.text(alphabet="Dé 京🍕\n", min_size=60, max_size=300)


def dollars(cents: int) -> Decimal:
    """An amount of money from whole cents, without a float in between."""
    return Decimal(cents).scaleb(-2)


@st.composite
def split_purchases(draw: st.DrawFn, expenses: tuple[str, ...] = ("62400",)) -> PexTransaction:
    """A purchase or refund whose splits add up; each split has tags of its own."""
    parts = draw(st.lists(CENTS, min_size=1, max_size=12))
    sign = draw(SIGNS)
    return purchase(
        dollars(sign * sum(parts)),
        splits=[(dollars(part), {"expense": draw(st.sampled_from(expenses))}) for part in parts],
        pex_id=draw(PEX_IDS),
    )


@st.composite
def any_rows(draw: st.DrawFn) -> PexTransaction:
    """A row as PEX might send any day, odd ones included."""
    categories = (
        None, "Spend", "Dispute", "CardAccountFee", "cardaccountfee", "BusinessAccountFee",
        "BusinessFunding", "BUSINESSFUNDING", "BusinessRebate", "businessrebate", "Novelty",
    )  # fmt: skip
    descriptions = ("", "Purchase", "Rebate Credit", "Rebate Credit Reversal", "Rebate payout")
    return row(
        dollars(draw(st.integers(-(10**9), 10**9))),
        record=draw(st.sampled_from(Record)),
        transaction_type=draw(st.sampled_from(["Network", "Transfer", "Load", "Invalid", ""])),
        category=draw(st.sampled_from(categories)),
        description=draw(st.sampled_from(descriptions)),
        counterpart_account_id=draw(st.sampled_from([0, 52311])),
        is_pending=draw(st.booleans()),
        is_decline=draw(st.booleans()),
    )


@st.composite
def mapped_purchases(draw: st.DrawFn) -> PexTransaction:
    """A purchase or refund, split or whole, whose tags all lead somewhere, with any text."""
    values = {
        "expense": st.sampled_from(["62400", "61100", "51000"]),
        "vendor": st.sampled_from(["10010", "10020", "10030"]),
        "department": st.sampled_from(["OPS", "SALES"]),
        "tax": st.just("TAXABLE"),
    }
    tags = st.fixed_dictionaries(values)
    parts = draw(st.lists(CENTS, max_size=20))
    whole = dollars(draw(SIGNS) * (sum(parts) or draw(CENTS)))
    return but(
        purchase(whole, merchant=draw(TEXTS), tags=draw(tags), pex_id=draw(PEX_IDS)),
        description=draw(TEXTS),
        cardholder=draw(st.none() | TEXTS),
        notes=tuple(draw(st.lists(TEXTS, max_size=4))),
        allocations=tuple(Allocation(dollars(part), tagged(draw(tags))) for part in parts),
    )


__all__ = [
    "CENTS",
    "PEX_IDS",
    "SIGNS",
    "TAG_IDS",
    "TEXTS",
    "any_rows",
    "dollars",
    "mapped_purchases",
    "split_purchases",
]
