"""Which posted purchases a run asks about first, and how many (M24)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from application.ports.receipt_checks import Check
from application.ports.worklist import RowKey
from application.want_receipts import fingerprint, in_order
from application_world import EXPENSE_TAG, purchase
from domain.pex_transaction import Record, TagValue

NOW = datetime(2026, 8, 15, 14, 0, tzinfo=UTC)

checks = st.dictionaries(
    st.tuples(st.just(Record.CARD), st.integers(1, 40)),
    st.builds(
        Check,
        st.integers(0, 1000).map(lambda minutes: NOW - timedelta(minutes=minutes)),
        st.booleans(),
        st.sampled_from(["same", "old"]),
    ),
)
rows = st.dictionaries(
    st.tuples(st.just(Record.CARD), st.integers(1, 40)), st.just("same"), max_size=40
)


def card(pex_id: int) -> RowKey:
    return (Record.CARD, pex_id)


def check(minutes_ago: int, fingerprint: str = "same", *, unsettled: bool = False) -> Check:
    return Check(NOW - timedelta(minutes=minutes_ago), unsettled, fingerprint)


def test_new_ones_come_first_then_unsettled_then_changed_then_the_longest_unasked() -> None:
    seen = {card(pex_id): "same" for pex_id in range(1, 8)}
    known = {
        card(1): check(10),
        card(2): check(90),
        card(3): check(5, "before"),
        card(4): check(1, unsettled=True),
        card(5): check(50, "before"),
    }
    assert [pex_id for _, pex_id in in_order(seen, known)] == [6, 7, 4, 5, 3, 2, 1]


def test_of_what_is_settled_only_so_many_are_asked_again() -> None:
    seen = {card(pex_id): "same" for pex_id in range(1, 11)}
    known = {card(pex_id): check(pex_id) for pex_id in range(1, 9)}
    assert [pex_id for _, pex_id in in_order(seen, known, most=3)] == [9, 10, 8, 7, 6]


@given(rows, checks, st.integers(0, 10))
def test_whatever_was_never_asked_or_is_unsettled_is_always_asked(
    seen: dict[RowKey, str], known: dict[RowKey, Check], most: int
) -> None:
    order = in_order(seen, known, most)
    assert len(set(order)) == len(order)
    assert set(order) <= seen.keys()
    must = {key for key in seen if key not in known or known[key].unsettled}
    assert set(order[: len(must)]) == must
    assert len(order) == min(len(seen), len(must) + most)


@given(rows, st.integers(1, 5))
def test_after_enough_runs_every_settled_one_was_asked_again(
    seen: dict[RowKey, str], most: int
) -> None:
    known = {key: check(500 + pex_id) for key in seen for pex_id in [key[1]]}
    asked: set[RowKey] = set()
    for run in range(-(-len(seen) // most)):
        for key in in_order(seen, known, most):
            asked.add(key)
            known[key] = check(-run)
    assert asked == seen.keys()


def test_a_rows_look_follows_approval_notes_and_tags_and_nothing_else() -> None:
    row = purchase(1)
    look = fingerprint(row)
    assert fingerprint(replace(row, approval="NotReviewed")) != look
    assert fingerprint(replace(row, notes=("receipt follows",))) != look
    assert fingerprint(replace(row, tags=(TagValue(EXPENSE_TAG, "61100"),))) != look
    assert fingerprint(replace(row, merchant_name_normalized="Deli", cardholder="Ann")) == look


def test_the_order_of_a_rows_tags_is_no_change() -> None:
    tags = (TagValue("a", "1"), TagValue("b", "2"))
    assert fingerprint(replace(purchase(1), tags=tags)) == fingerprint(
        replace(purchase(1), tags=tags[::-1])
    )
