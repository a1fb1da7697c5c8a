"""What counts as a change in PEX, and what is only told in another way (M27)."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders.generated import mapped_purchases
from builders.rows import but, eastern, invoice, purchase, tagged
from domain.bill_payment import Bill
from domain.pex_snapshot import (
    Change,
    ChangedAfterPosting,
    Difference,
    MissingInPex,
    PexSnapshot,
    differences,
    notices,
    standing,
)
from domain.pex_transaction import Allocation, PexTransaction, TagValue

FIRST = datetime(2026, 11, 3, 17, tzinfo=UTC)
SECOND = datetime(2026, 11, 5, 17, tzinfo=UTC)


def between(before: PexTransaction, after: PexTransaction) -> tuple[Difference, ...]:
    return differences(PexSnapshot.of(before), PexSnapshot.of(after))


@pytest.mark.parametrize(
    ("members", "told"),
    [
        ({"amount": "-52.10"}, Difference("amount", "-48.60", "-52.10")),
        (
            {"settled_at": eastern("2026-02-06", "00:00:01")},
            Difference("settled_on", "2026-02-05", "2026-02-06"),
        ),
        (
            {"transacted_at": eastern("2026-02-02")},
            Difference("purchased_on", "2026-02-03", "2026-02-02"),
        ),
        ({"merchant": "Harbor Fuel"}, Difference("merchant", "Corner Deli", "Harbor Fuel")),
        ({"merchant": None, "description": ""}, Difference("merchant", "Corner Deli", None)),
        ({"approval": "Rejected"}, Difference("approval", "Approved", "Rejected")),
        ({"approval": None}, Difference("approval", "Approved", "NotReviewed")),
    ],
)
def test_a_change_is_told_with_what_was_and_what_is(
    members: dict[str, Any], told: Difference
) -> None:
    assert between(purchase(), purchase(**members)) == (told,)


def test_a_tag_that_changes_comes_or_goes_is_told_by_its_field_id() -> None:
    before = purchase(tags={"expense": "62400", "Old": "x"})
    after = purchase(tags={"expense": "61100", "New": "y"})
    expense = tagged({"expense": ""})[0].field_id
    assert between(before, after) == (
        Difference(f"tag:{expense}", "62400", "61100"),
        Difference("tag:new", None, "y"),
        Difference("tag:old", "x", None),
    )


def test_a_split_that_comes_is_told_with_its_parts_and_not_tag_by_tag() -> None:
    after = purchase(splits=[("20.00", {"T1": "a", "T0": "b"}), ("28.60", {})])
    assert between(purchase(), after) == (Difference("splits", None, "20.00 (t0=b, t1=a) + 28.60"),)


def test_a_split_whose_part_changes_or_cannot_be_read_is_told_whole() -> None:
    before = purchase(splits=[("20.00", {"t": "a"}), ("28.60", {})])
    after = purchase(splits=[("20.00", {"t": "b"}), (None, {})])
    assert between(before, after) == (
        Difference("splits", "20.00 (t=a) + 28.60", "20.00 (t=b) + unreadable"),
    )


def test_tags_beside_splits_do_not_count() -> None:
    splits = [("48.60", {"expense": "62400"})]
    before, after = purchase(splits=splits, tags={"expense": "1"}), purchase(splits=splits, tags={})
    assert between(before, after) == ()


@pytest.mark.parametrize(
    "members",
    [
        {"approval": "APPROVED"},
        {"merchant": "CORNER  deli "},
        {"notes": ("lunch",)},
        {"cardholder": "Ann Lee"},
        {"settled_at": eastern("2026-02-05", "23:59:59")},
        {"amount": "-48.6"},
    ],
)
def test_what_no_entry_rests_on_or_means_the_same_is_no_change(members: dict[str, Any]) -> None:
    assert between(purchase(), purchase(**members)) == ()


@pytest.mark.parametrize("approval", [None, "", " ", "NotReviewed", "Not Reviewed", "notreviewed"])
def test_never_reviewed_is_told_in_many_ways(approval: str | None) -> None:
    assert PexSnapshot.of(purchase(approval=approval)).approval == "NotReviewed"


def test_an_approval_unknown_here_is_told_in_lower_case() -> None:
    assert between(purchase(), purchase(approval="Escalated")) == (
        Difference("approval", "Approved", "escalated"),
    )


@given(row=mapped_purchases(), random=st.randoms(use_true_random=False), upper=st.booleans())
def test_the_same_row_told_in_another_order_and_case_is_the_same(
    row: PexTransaction, random: Any, *, upper: bool
) -> None:
    def shuffled(tags: tuple[TagValue, ...]) -> tuple[TagValue, ...]:
        told = [
            TagValue(tag.field_id.upper() if upper else f" {tag.field_id}", f" {tag.value} ")
            for tag in tags
        ]
        random.shuffle(told)
        return (TagValue("left empty", " "), *told)

    parts = [Allocation(part.amount, shuffled(part.tags)) for part in row.allocations]
    random.shuffle(parts)
    again = but(row, tags=shuffled(row.tags), allocations=tuple(parts))
    assert PexSnapshot.of(again) == PexSnapshot.of(row)
    assert between(row, again) == ()


@given(mapped_purchases(), mapped_purchases())
def test_differences_are_the_same_from_both_sides(
    one: PexTransaction, other: PexTransaction
) -> None:
    there = between(one, other)
    back = between(other, one)
    assert [(of.field, of.before, of.after) for of in there] == [
        (of.field, of.after, of.before) for of in back
    ]
    assert all(of.before != of.after for of in there)


def test_what_stands_keeps_the_time_at_which_it_was_first_seen() -> None:
    posted = PexSnapshot.of(purchase())
    first = standing(posted, PexSnapshot.of(purchase("-52.10")), (), FIRST)
    assert first == (Change("amount", "-48.60", "-52.10", FIRST),)
    more = PexSnapshot.of(purchase("-52.10", approval="Rejected"))
    assert standing(posted, more, first, SECOND) == (
        Change("amount", "-48.60", "-52.10", FIRST),
        Change("approval", "Approved", "Rejected", SECOND),
    )
    further = PexSnapshot.of(purchase("-60.00"))
    assert standing(posted, further, first, SECOND) == (
        Change("amount", "-48.60", "-60.00", SECOND),
    )
    assert standing(posted, posted, first, SECOND) == ()


def test_a_person_reads_what_changed_and_what_to_do() -> None:
    changes = (
        Change("amount", "-48.60", "-52.10", FIRST),
        Change("settled_on", "2026-02-05", "2026-02-06", FIRST),
        Change("tag:64b0", None, "6110", datetime(2026, 11, 4, 3, tzinfo=UTC)),
    )
    changed, missing = notices(changes, FIRST)
    assert changed.cause == (
        "After posting, PEX changed: amount -48.60 -> -52.10 (2026-11-03); settlement date "
        "2026-02-05 -> 2026-02-06 (2026-11-03); tag 64b0 nothing -> 6110 (2026-11-03)."
    )
    assert missing.cause == "It is not in PEX any more since 2026-11-03."
    assert "resync" in ChangedAfterPosting.fix
    assert "by hand" in MissingInPex.fix
    assert notices((), None) == ()


def test_an_invoice_tells_its_status_and_what_paid_it() -> None:
    paid = invoice("100.00", ("PEXTransfer", "90.00"), ("RebateCredit", "10.00"))
    bounced = invoice("100.00", ("PEXTransfer", "100.00"), rejected=True)
    assert between(paid, bounced) == (
        Difference(
            "payments",
            "PEXTransfer 90.00 + RebateCredit 10.00",
            "PEXTransfer 100.00 (rejected)",
        ),
    )
    due = eastern("2026-02-06", "00:00:00")
    opened = invoice("100.00", status="Open", transacted_at=due, settled_at=due)
    unpaid = but(opened, bill=Bill("Open"))
    (day, status, payments) = between(paid, unpaid)
    assert day == Difference("settled_on", "2026-02-05", "2026-02-06")
    assert status == Difference("status", "Closed", "Open")
    assert (payments.field, payments.after) == ("payments", None)
    (change, *_) = standing(PexSnapshot.of(paid), PexSnapshot.of(unpaid), (), FIRST)[1:]
    assert "invoice status Closed -> Open" in ChangedAfterPosting((change,)).cause


def test_payments_told_in_another_order_or_under_other_ids_are_the_same() -> None:
    paid = invoice("100.00", ("PEXTransfer", "90.00"), ("RebateCredit", "10.00"))
    again = invoice("100.00", ("RebateCredit", "10.0"), ("PEXTransfer", "90.000"))
    assert PexSnapshot.of(paid) == PexSnapshot.of(again)


def test_a_tag_is_told_by_the_name_that_pex_tells_for_it() -> None:
    before = PexSnapshot.of(purchase(tags={}))
    named = (TagValue("64B0", "6110", "Expense account"),)
    after = PexSnapshot.of(but(purchase(), tags=named))
    for one, other in ((before, after), (after, before)):
        (change,) = standing(one, other, (), FIRST)
        assert (change.field, change.name) == ("tag:64b0", "Expense account")
    (notice,) = notices(standing(before, after, (), FIRST), None)
    assert 'tag "Expense account" nothing -> 6110 (2026-11-03)' in notice.cause


def test_another_name_of_a_tag_is_no_change() -> None:
    tags = (TagValue("64b0", "6110", "Expense account"),)
    renamed = (TagValue("64b0", "6110", "G/L account"),)
    assert between(but(purchase(), tags=tags), but(purchase(), tags=renamed)) == ()


def test_days_are_us_eastern_days() -> None:
    late = purchase(settled_at=eastern("2026-02-05", "23:30:00"))
    snapshot = PexSnapshot.of(late)
    assert (snapshot.purchased_on, snapshot.settled_on) == (date(2026, 2, 3), date(2026, 2, 5))
