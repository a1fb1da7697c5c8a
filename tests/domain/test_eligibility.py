"""Which transactions a run may post, and on which day (M8, M11, M13, M18)."""

from datetime import date
from typing import Any

import pytest

from builders.company import settings
from builders.rows import (
    business_fee,
    business_row,
    card_fee,
    card_load,
    dispute_credit,
    eastern,
    invoice,
    purchase,
    rebate,
    refund,
    transfer,
)
from domain.eligibility import (
    check_money_moved,
    check_program,
    check_wanted,
    kinds_on,
    posting_date,
)
from domain.pex_transaction import POSTABLE, Kind, PexTransaction, classify
from domain.refusals import (
    ComesWithBillPayment,
    Declined,
    InternalMovement,
    KindOff,
    NotApproved,
    OutsideWindow,
    Pending,
    Skip,
    Unclassified,
    ZeroAmount,
)
from domain.settings import BillPayments, PostingDate, Purchases, Settings
from domain.sync_window import SyncWindow

FEBRUARY = SyncWindow(date(2026, 2, 1), date(2026, 2, 28))


def moved(row: PexTransaction) -> None:
    check_money_moved(row, classify(row))


def wanted(row: PexTransaction, chosen: Settings | None = None, **changes: Any) -> None:
    check_wanted(
        row,
        classify(row),
        chosen or settings(),
        changes.get("kinds", POSTABLE),
        changes.get("window", FEBRUARY),
    )


@pytest.mark.parametrize(
    "row",
    [
        purchase(), refund(), dispute_credit(), dispute_credit(settled_at=None), card_fee(),
        transfer(), transfer("-750.00"), business_fee(), business_fee("25.00"), rebate(), invoice(),
    ],
)  # fmt: skip
def test_settled_money_that_crossed_the_border_of_pex_passes(row: PexTransaction) -> None:
    moved(row)


@pytest.mark.parametrize(
    ("row", "refusal"),
    [
        (purchase(is_pending=True, settled_at=None), Pending),
        (purchase(is_pending=True), Pending),
        (purchase(settled_at=None), Pending),
        (transfer(is_pending=True), Pending),
        (purchase(is_decline=True), Declined),
        (purchase("0.00"), ZeroAmount),
        (transfer("0"), ZeroAmount),
        (card_load(), InternalMovement),
        (business_row("-3.00", "Novelty"), Unclassified),
    ],
)
def test_anything_else_is_skipped_with_its_reason(row: PexTransaction, refusal: type[Skip]) -> None:
    with pytest.raises(refusal):
        moved(row)


def test_a_decline_is_called_a_decline_even_while_it_is_pending() -> None:
    with pytest.raises(Declined):
        moved(purchase("0.00", is_decline=True, is_pending=True))


def test_an_unclassified_row_is_named_by_its_category() -> None:
    with pytest.raises(Unclassified, match="Novelty"):
        moved(business_row("-3.00", "Novelty"))
    with pytest.raises(Unclassified, match="nothing"):
        moved(business_row("-3.00", None))


@pytest.mark.parametrize("row", [rebate(), rebate("-3.00"), transfer(), transfer("-750.00")])
def test_rebates_and_incoming_money_of_a_credit_business_come_with_its_bills(
    row: PexTransaction,
) -> None:
    check_program(classify(row), "prepaid")
    with pytest.raises(ComesWithBillPayment, match="part of the bill payment"):
        check_program(classify(row), "credit")


@pytest.mark.parametrize("row", [purchase(), refund(), card_fee(), business_fee(), invoice()])
@pytest.mark.parametrize("funding", ["prepaid", "credit"])
def test_everything_else_may_pass_however_the_business_pays(
    row: PexTransaction, funding: str
) -> None:
    check_program(classify(row), funding)


# --- what the settings and the run ask for ----------------------------------------------------


@pytest.mark.parametrize(
    "row", [purchase(), refund(), card_fee(), business_fee(), transfer(), rebate()]
)
def test_what_is_switched_on_settled_and_approved_is_wanted(row: PexTransaction) -> None:
    wanted(row)


def test_a_kind_that_was_not_chosen_is_skipped_by_name() -> None:
    with pytest.raises(KindOff, match="rebate"):
        wanted(rebate(), kinds=(Kind.PURCHASE, Kind.FEE))


@pytest.mark.parametrize("status", [None, "", "Rejected", "NotReviewed", "Ignored", "NoReceipt"])
@pytest.mark.parametrize("row", [purchase, refund, dispute_credit])
def test_an_unapproved_purchase_refund_or_dispute_credit_waits(
    row: Any, status: str | None
) -> None:
    with pytest.raises(NotApproved):
        wanted(row(approval=status))


def test_an_unapproved_purchase_passes_where_all_are_wanted() -> None:
    wanted(purchase(approval=None), settings(rules={"approved_only": False}))


@pytest.mark.parametrize("row", [card_fee(), business_fee(), transfer(), rebate(), invoice()])
def test_approval_speaks_of_purchases_only(row: PexTransaction) -> None:
    wanted(row)


@pytest.mark.parametrize("day", ["2026-01-31", "2026-03-01"])
def test_a_posting_date_outside_the_window_is_skipped(day: str) -> None:
    with pytest.raises(OutsideWindow, match=day):
        wanted(purchase(settled_at=eastern(day)))


@pytest.mark.parametrize("day", ["2026-02-01", "2026-02-28"])
def test_the_first_and_the_last_day_of_the_window_are_wanted(day: str) -> None:
    wanted(purchase(settled_at=eastern(day, "23:59:59")))


def test_the_window_is_tested_against_the_day_that_will_be_posted() -> None:
    late = purchase(
        transacted_at=eastern("2026-01-31", "23:30:00"), settled_at=eastern("2026-02-02")
    )
    wanted(late)
    with pytest.raises(OutsideWindow, match="2026-01-31"):
        wanted(late, settings(rules={"posting_date": PostingDate.PURCHASE}))


# --- posting date -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "row", [purchase(), refund(), card_fee(), dispute_credit()], ids=lambda row: row.description
)
def test_an_entry_bears_the_settlement_or_the_purchase_date_as_chosen(row: PexTransaction) -> None:
    assert posting_date(row, settings()) == date(2026, 2, 5)
    by_purchase = settings(rules={"posting_date": PostingDate.PURCHASE})
    assert posting_date(row, by_purchase) == date(2026, 2, 3)


@pytest.mark.parametrize("mode", PostingDate)
def test_a_row_without_settlement_time_bears_the_day_it_came(mode: PostingDate) -> None:
    chosen = settings(rules={"posting_date": mode})
    assert posting_date(transfer(), chosen) == date(2026, 2, 3)


@pytest.mark.parametrize("mode", PostingDate)
def test_a_bill_payment_always_bears_its_due_date(mode: PostingDate) -> None:
    chosen = settings(rules={"posting_date": mode})
    assert posting_date(invoice(settled_at=eastern("2026-02-20")), chosen) == date(2026, 2, 20)


def test_the_kinds_of_a_sync_are_those_switched_on() -> None:
    assert kinds_on(Settings()) == {Kind.PURCHASE}
    assert kinds_on(Settings(purchases=Purchases(enabled=False))) == frozenset()
    assert kinds_on(settings()) == {Kind.PURCHASE, Kind.FEE, Kind.TRANSFER, Kind.REBATE}
    assert Kind.BILL_PAYMENT in kinds_on(settings(bill_payments=BillPayments(enabled=True)))
