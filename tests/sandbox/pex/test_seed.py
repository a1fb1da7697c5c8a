"""The made-up company's rows: how many of each kind, and the odd ones among them."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from sandbox.clock import SandboxClock
from sandbox.company import (
    ACCOUNTS,
    ALLOCATION_TAG,
    CREDIT_BUSINESS,
    DEPARTMENT_TAG,
    DIMENSIONS,
    EXPENSE_TAG,
)
from sandbox.pex import PexSandbox
from sandbox.pex.seed_odd import ODD_SETTLED
from sandbox.pex.world import STATES, Row

START = datetime(2026, 11, 24, 15, tzinfo=UTC)
REBATES = {"Rebate Credit", "Rebate Credit Reversal", "Rebate payout"}
Rows = list[Row]


def seeded(purchases: int = 200, seed: int = 1, start: datetime = START) -> PexSandbox:
    return PexSandbox(SandboxClock(start), purchases=purchases, seed=seed)


def kind(row: Row, where: str) -> str:
    """The kind by PEX's own predicates, `ignored` for what cannot be posted."""
    category, text = row["TransactionTypeCategory"], row["Description"]
    if row["IsPending"] or row["IsDecline"] or row["TransactionAmount"] == 0:
        return "ignored"
    if where == "business":
        if category == "BusinessRebate" or text in REBATES:
            return "rebate"
        kinds = {"BusinessFunding": "transfer", "BusinessAccountFee": "fee"}
        return kinds.get(str(category), "ignored")
    if category == "CardAccountFee":
        return "fee"
    spent = row["TransactionType"] == "Network"
    return "purchase" if spent or category == "Dispute" else "ignored"


def kinds(pex: PexSandbox) -> Counter[str]:
    rows = pex.business().rows
    return Counter(kind(row, where) for where in rows for row in rows[where].values())


def cards(pex: PexSandbox) -> Rows:
    return list(pex.business().rows["card"].values())


def purchases(pex: PexSandbox) -> Rows:
    return [row for row in cards(pex) if row["TransactionType"] == "Network"]


@pytest.mark.parametrize("count", [0, 1, 10, 39, 40, 41, 200, 1000])
def test_there_are_exactly_as_many_settled_rows_as_asked_for_and_the_odd_ones(count: int) -> None:
    found = kinds(seeded(count))
    assert found.total() - found["ignored"] == count + ODD_SETTLED


def test_most_rows_are_purchases_and_every_kind_occurs() -> None:
    found = kinds(seeded())
    assert found["purchase"] > 160
    assert min(found[name] for name in ("fee", "transfer", "rebate")) >= 3


def test_the_same_seed_count_and_day_give_the_same_world_at_any_hour() -> None:
    def state(pex: PexSandbox) -> str:
        return json.dumps(pex.dump()["businesses"], default=str)

    assert state(seeded()) == state(seeded(start=START + timedelta(hours=6)))
    assert state(seeded()) != state(seeded(seed=2))
    assert state(seeded()) != state(seeded(start=START + timedelta(days=1)))


@pytest.mark.parametrize(
    "start",
    [
        datetime(2026, 1, 1, 4, 59, tzinfo=UTC),
        datetime(2026, 3, 1, 12, tzinfo=UTC),
        datetime(2026, 3, 2, 12, tzinfo=UTC),
        datetime(2026, 3, 10, 12, tzinfo=UTC),
        datetime(2026, 11, 2, 12, tzinfo=UTC),
        datetime(2028, 2, 29, 12, tzinfo=UTC),
        START,
    ],
)
def test_nothing_happens_on_the_first_day_or_after_it(start: datetime) -> None:
    pex = seeded(60, start=start)
    today = pex.world.wall().date().isoformat()
    for business in pex.world.businesses.values():
        for rows in business.rows.values():
            for row in rows.values():
                assert row["TransactionTime"] < today
                assert (row["SettlementTime"] or "") < today
                assert (row["SettlementTime"] or "9") >= row["TransactionTime"]
    created = [r.created for rs in pex.business().receipts.values() for r in rs]
    assert max(created) < pex.dump()["now"]


def test_ordinary_rows_lie_within_seventy_days() -> None:
    pex = seeded(300)
    oldest = (pex.world.wall() - timedelta(days=71)).isoformat()
    older = [row for row in cards(pex) if row["TransactionTime"] < oldest]
    assert [row["TransactionTime"] for row in older] == ["2026-03-08T01:59:59"]


def test_purchases_are_negative_and_refunds_and_dispute_credits_positive() -> None:
    pex = seeded()
    signs = Counter(
        (row["Description"], row["TransactionAmount"] > 0)
        for row in cards(pex)
        if row["Description"] in ("Purchase", "Merchandise return", "Dispute credit")
    )
    assert set(signs) == {
        ("Purchase", False),
        ("Merchandise return", True),
        ("Dispute credit", True),
    }
    assert all(isinstance(row["TransactionAmount"], Decimal) for row in cards(pex))


def test_fees_come_with_adjustments_and_without_an_approval() -> None:
    fees = [row for row in cards(seeded()) if row["TransactionTypeCategory"] == "CardAccountFee"]
    assert {row["TransactionAmount"] > 0 for row in fees} == {True, False}
    assert {row["MetadataApprovalStatus"] for row in fees} == {None}
    assert {row["TransactionType"] for row in fees} == {"Transfer"}


def test_about_seventy_in_a_hundred_purchases_are_approved() -> None:
    states = Counter(row["MetadataApprovalStatus"] for row in purchases(seeded(1000)))
    assert 0.65 < states["Approved"] / states.total() < 0.75
    assert {"NotReviewed", "Rejected", "Ignored", "NoReceipt", None} <= set(states)


def test_receipts_are_on_about_six_in_ten_purchases_in_every_state_and_kind() -> None:
    pex = seeded(1000)
    receipts = pex.business().receipts
    assert 0.5 < len(receipts) / len(purchases(pex)) < 0.65
    assert {r.state for rs in receipts.values() for r in rs} == set(STATES)
    assert {r.kind for rs in receipts.values() for r in rs} == {"png", "jpg", "pdf"}
    assert max(len(rs) for rs in receipts.values()) == 2


def test_all_five_upload_states_occur_in_the_default_world() -> None:
    receipts = seeded().business().receipts
    assert {r.state for rs in receipts.values() for r in rs} == set(STATES)


def tag_values(row: Row) -> dict[str, Any]:
    tags = (row["TransactionTags"] or {}).get("Tags") or []
    return {tag["FieldId"]: tag["Value"] for tag in tags}


def test_tags_hold_account_numbers_and_dimension_codes_and_a_few_unknown_ones() -> None:
    rows = purchases(seeded())
    accounts = {tag_values(row).get(EXPENSE_TAG) for row in rows} - {None}
    departments = {tag_values(row).get(DEPARTMENT_TAG) for row in rows} - {None}
    assert accounts - {account.number for account in ACCOUNTS} == {"77777"}
    assert "66900" in accounts
    assert departments - {code for code, _ in DIMENSIONS["DEPARTMENT"][1]} == {"MKT"}


def test_some_purchases_have_no_tags_or_no_account() -> None:
    rows = purchases(seeded())
    assert any(row["TransactionTags"] is None for row in rows)
    assert any(row["TransactionTags"] and row["TransactionTags"]["Tags"] is None for row in rows)
    untold = [row for row in rows if tag_values(row) and EXPENSE_TAG not in tag_values(row)]
    assert any(ALLOCATION_TAG not in tag_values(row) for row in untold)


def test_splits_add_up_but_for_a_few_and_come_as_text_and_as_objects() -> None:
    wrong, shapes = 0, set[type]()
    for row in purchases(seeded()):
        tags = (row["TransactionTags"] or {}).get("Tags") or []
        parts = [tag["Value"] for tag in tags if tag["FieldId"] == ALLOCATION_TAG]
        if not parts:
            continue
        shapes.update(type(part) for part in parts)
        read = [json.loads(part) if isinstance(part, str) else part for part in parts]
        total = sum(Decimal(part["Amount"]) for part in read)
        assert len(parts) >= 2
        wrong += total != abs(row["TransactionAmount"])
    assert wrong == 1
    assert shapes == {str, dict}


def test_names_are_long_quoted_foreign_and_missing() -> None:
    rows = purchases(seeded())
    names = {row["MerchantName"] for row in rows}
    assert any(len(name) > 100 for name in names)
    assert any('"' in name for name in names)
    assert any(not name.isascii() for name in names)
    assert any(row["MerchantNameNormalized"] is None for row in rows)


def test_foreign_purchases_carry_their_own_currency() -> None:
    foreign = [row for row in purchases(seeded()) if row["SourceAmount"] is not None]
    assert {row["SourceCurrencyNumericCode"] for row in foreign} == {"124", "392"}


def test_notes_are_by_users_and_by_the_system_and_sometimes_null() -> None:
    rows = purchases(seeded())
    assert any(row["TransactionNotes"] is None for row in rows)
    notes = [note for row in rows for note in row["TransactionNotes"] or []]
    assert {note["SystemGenerated"] for note in notes} == {True, False}
    assert len({note["NoteId"] for note in notes}) == len(notes)


def test_the_odd_card_rows_are_there() -> None:
    rows = cards(seeded(0))
    assert sum(row["IsPending"] for row in rows) == 2
    assert all(row["SettlementTime"] is None for row in rows if row["IsPending"])
    assert sum(row["IsDecline"] for row in rows) == 1
    assert any(row["TransactionAmount"] == 0 and not row["IsDecline"] for row in rows)
    assert {row["TransactionType"] for row in rows} == {"Network", "Transfer", "Load", "Invalid"}
    assert any(row["AuthTransactionId"] == 0 and row["SettlementTime"] for row in rows)
    times = {row["TransactionTime"] for row in rows}
    assert {"2026-03-08T01:59:59", "2026-11-01T01:30:00"} <= times
    months = {(row["TransactionTime"][:7], (row["SettlementTime"] or "")[:7]) for row in rows}
    assert ("2026-10", "2026-11") in months


def test_a_load_has_a_leg_on_the_card_and_one_on_the_business_account() -> None:
    business = seeded(0).business()
    legs = {
        where: {
            row["TransactionAmount"]: row["TransferToOrFromAccountId"]
            for row in rows.values()
            if row["TransferToOrFromAccountId"]
        }
        for where, rows in business.rows.items()
    }
    assert legs == {
        "card": {Decimal("500.00"): business.id, Decimal("-120.00"): business.id},
        "business": {Decimal("-500.00"): 88104, Decimal("120.00"): 88104},
    }


def test_one_id_is_the_beginning_of_others_and_none_occurs_twice() -> None:
    rows = seeded().business().rows
    numbers = [number for listed in rows.values() for number in listed]
    assert len(numbers) == len(set(numbers))
    short = str(min(numbers))
    assert sum(str(number).startswith(short) for number in numbers) > 1


def test_business_rows_have_both_signs_and_rebates_by_category_and_by_description() -> None:
    rows = seeded().business().rows["business"].values()
    found = {
        (row["TransactionTypeCategory"], row["Description"], row["TransactionAmount"] > 0)
        for row in rows
    }
    assert {
        ("BusinessFunding", "ACH credit", True),
        ("BusinessFunding", "ACH debit", False),
        ("BusinessAccountFee", "Card shipping fee", False),
        ("BusinessAccountFee", "Fee reversal", True),
        ("BusinessRebate", "Monthly rebate", True),
        ("BusinessFunding", "Rebate payout", True),
        ("BusinessFunding", "Rebate Credit Reversal", False),
        ("NetworkAdjustment", "Adjustment", False),
        (None, None, True),
    } <= found
    assert any(row["SettlementTime"] is None for row in rows)


def test_the_credit_business_is_smaller_and_has_no_transfers() -> None:
    business = seeded().business(CREDIT_BUSINESS)
    spent = [row for row in business.rows["card"].values() if row["TransactionAmount"] < 0]
    assert 40 <= len(spent) <= 45
    movements = business.rows["business"].values()
    assert {kind(row, "business") for row in movements} == {"fee", "rebate"}
    assert {row["AcctId"] for row in business.rows["card"].values()} == {88204, 88205}


def test_ids_of_the_two_businesses_do_not_meet() -> None:
    pex = seeded()
    prepaid, credit = (
        {number for rows in business.rows.values() for number in rows}
        for business in pex.world.businesses.values()
    )
    assert not prepaid & credit
