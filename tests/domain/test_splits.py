"""A purchase as its parts (M20, M21; PEX contract 4.4)."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders.generated import CENTS, SIGNS, dollars, split_purchases
from builders.rows import TAG_IDS, but, purchase, refund, tagged
from domain.money import Money, total
from domain.pex_transaction import Allocation, PexTransaction
from domain.refusals import AmountNotInCents, Failure, SplitsDoNotAddUp, SplitUnreadable
from domain.splits import shares

EXPENSE = TAG_IDS["expense"]
DEPARTMENT = TAG_IDS["department"]


def test_an_unsplit_purchase_is_a_single_part_with_its_tags() -> None:
    (part,) = shares(purchase("-48.60", tags={"expense": "62400", "department": "OPS"}))
    assert part.amount == Money.of("-48.60")
    assert part.tags == {EXPENSE: "62400", DEPARTMENT: "OPS"}


def test_a_purchase_without_tags_is_a_single_part_without_tags() -> None:
    (part,) = shares(purchase(tags={}))
    assert part.tags == {}


def test_splits_bear_the_sign_of_a_purchase() -> None:
    split = purchase("-48.60", splits=[("20.00", {}), ("28.60", {})])
    assert [str(part.amount) for part in shares(split)] == ["-20.00", "-28.60"]


def test_splits_bear_the_sign_of_a_refund() -> None:
    split = refund("48.60", splits=[("20.00", {}), ("28.60", {})])
    assert [str(part.amount) for part in shares(split)] == ["20.00", "28.60"]


def test_tags_beside_a_split_do_not_count() -> None:
    split = purchase(
        "-48.60",
        tags={"expense": "62400", "department": "OPS"},
        splits=[("48.60", {"expense": "61100"})],
    )
    (part,) = shares(split)
    assert part.tags == {EXPENSE: "61100"}


def test_tag_ids_are_told_apart_without_case() -> None:
    (part,) = shares(purchase(tags={EXPENSE.upper(): "62400"}))
    assert part.tags == {EXPENSE: "62400"}


@pytest.mark.parametrize("blank", ["", "   "])
def test_a_tag_with_a_blank_value_is_no_tag(blank: str) -> None:
    (part,) = shares(purchase(tags={"expense": blank}))
    assert part.tags == {}


@pytest.mark.parametrize("second", ["28.59", "28.61", "0.00", "-28.60"])
def test_splits_that_do_not_add_up_are_refused_with_both_sums(second: str) -> None:
    with pytest.raises(SplitsDoNotAddUp) as refused:
        shares(purchase("-48.60", splits=[("20.00", {}), (second, {})]))
    assert refused.value.code == "SPLITS_DO_NOT_ADD_UP"
    assert "48.60" in refused.value.cause


def test_a_split_without_readable_amount_is_refused() -> None:
    with pytest.raises(SplitUnreadable):
        shares(purchase("-48.60", splits=[("48.60", {}), (None, {})]))


def test_a_split_of_nothing_is_left_out() -> None:
    split = purchase("-48.60", splits=[("0.00", {}), ("48.60", {}), ("0", {})])
    assert [str(part.amount) for part in shares(split)] == ["-48.60"]


@given(split_purchases())
def test_the_parts_add_up_to_the_whole_and_bear_its_sign(split: PexTransaction) -> None:
    parts = shares(split)
    assert total(part.amount for part in parts) == split.amount
    nothing = Money.of(0)
    assert all((part.amount < nothing) == (split.amount < nothing) for part in parts)


@given(split_purchases(), st.integers(-100, 100).filter(bool), st.data())
def test_one_cent_too_many_or_too_few_is_refused(
    split: PexTransaction, cents: int, data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(split.allocations) - 1))
    wrong = split.allocations[at]
    assert wrong.amount is not None
    changed = Allocation(wrong.amount + dollars(cents), wrong.tags)
    allocations = (*split.allocations[:at], changed, *split.allocations[at + 1 :])
    with pytest.raises(SplitsDoNotAddUp):
        shares(but(split, allocations=allocations))


@given(st.lists(st.none() | CENTS.map(dollars), min_size=1, max_size=6), CENTS, SIGNS)
def test_splits_make_up_the_amount_or_are_refused_as_a_failure(
    parts: list[Decimal | None], cents: int, sign: int
) -> None:
    split = purchase(dollars(sign * cents), splits=[(part, {}) for part in parts])
    try:
        whole = total(part.amount for part in shares(split))
    except Failure:
        whole = None
    assert whole in (None, split.amount)


def test_a_split_keeps_every_tag_of_its_own() -> None:
    own = {"expense": "62400", "project": "PIER"}
    split = but(purchase("-1.00"), allocations=(Allocation(Decimal("1.00"), tagged(own)),))
    (part,) = shares(split)
    assert part.tags == {EXPENSE: "62400", TAG_IDS["project"]: "PIER"}


def test_splits_finer_than_a_cent_are_refused_even_if_they_add_up() -> None:
    with pytest.raises(AmountNotInCents, match=r"24\.305 of a split"):
        shares(purchase("-48.60", splits=[("24.305", {}), ("24.295", {})]))
