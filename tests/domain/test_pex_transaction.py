"""PEX rows and the one kind that each of them is (PEX contract 3.7 and 3.10)."""

from datetime import date

import pytest
from hypothesis import given

from builders.generated import any_rows
from builders.rows import (
    business_fee,
    business_row,
    but,
    card_fee,
    card_load,
    card_load_leg,
    dispute_credit,
    eastern,
    invoice,
    purchase,
    rebate,
    refund,
    row,
    transfer,
)
from domain.pex_transaction import POSTABLE, Kind, PexTransaction, Record, classify


@pytest.mark.parametrize(
    ("transaction", "kind"),
    [
        pytest.param(purchase(), Kind.PURCHASE, id="purchase"),
        pytest.param(refund(), Kind.PURCHASE, id="refund"),
        pytest.param(dispute_credit(), Kind.PURCHASE, id="dispute credit"),
        pytest.param(card_fee(), Kind.FEE, id="card fee"),
        pytest.param(card_fee("0.97", description="ISA Fee Adjustment"), Kind.FEE, id="fee back"),
        pytest.param(card_load(), Kind.INTERNAL, id="card load"),
        pytest.param(card_load("-500.00"), Kind.INTERNAL, id="card unload"),
        pytest.param(row(category=None), Kind.PURCHASE, id="network without category"),
        pytest.param(row(transaction_type="Load"), Kind.INTERNAL, id="load"),
        pytest.param(row(transaction_type="Invalid"), Kind.INTERNAL, id="invalid"),
        pytest.param(transfer(), Kind.TRANSFER, id="funding"),
        pytest.param(transfer("-750.00"), Kind.TRANSFER, id="withdrawal"),
        pytest.param(business_fee(), Kind.FEE, id="business fee"),
        pytest.param(business_fee("25.00"), Kind.FEE, id="business fee reversal"),
        pytest.param(rebate(), Kind.REBATE, id="rebate by category"),
        pytest.param(rebate("-31.40"), Kind.REBATE, id="rebate taken back"),
        pytest.param(card_load_leg(), Kind.INTERNAL, id="card load leg"),
        pytest.param(
            card_load_leg(transaction_type="Load"), Kind.INTERNAL, id="card load leg as load"
        ),
        pytest.param(business_row("-3.00", "Novelty"), Kind.UNCLASSIFIED, id="unknown category"),
        pytest.param(business_row("-3.00", None), Kind.UNCLASSIFIED, id="no category"),
        pytest.param(invoice(), Kind.BILL_PAYMENT, id="invoice"),
    ],
)
def test_every_row_of_the_contract_is_of_its_kind(transaction: PexTransaction, kind: Kind) -> None:
    assert classify(transaction) is kind


@pytest.mark.parametrize(
    "description", ["Rebate Credit", "Rebate Credit Reversal", "Rebate payout"]
)
def test_a_rebate_by_description_alone_is_no_transfer(description: str) -> None:
    assert classify(transfer("18.00", description=description)) is Kind.REBATE
    assert classify(business_row("18.00", None, description=description)) is Kind.REBATE


@pytest.mark.parametrize("description", ["rebate credit", "Rebate Credits", "", "A Rebate payout"])
def test_a_description_that_only_resembles_a_rebate_is_none(description: str) -> None:
    assert classify(transfer(description=description)) is Kind.TRANSFER


def test_the_descriptions_of_rebates_can_be_chosen() -> None:
    funding = transfer(description="Cash back")
    assert classify(funding, {"Cash back"}) is Kind.REBATE
    assert classify(transfer(description="Rebate payout"), {"Cash back"}) is Kind.TRANSFER


@pytest.mark.parametrize(
    ("category", "kind"),
    [
        ("BUSINESSFUNDING", Kind.TRANSFER),
        ("businessaccountfee", Kind.FEE),
        ("businessrebate", Kind.UNCLASSIFIED),
    ],
)
def test_case_matters_for_rebates_and_not_for_fees_and_transfers(category: str, kind: Kind) -> None:
    assert classify(business_row("-1.00", category)) is kind


def test_a_dispute_is_a_transfer_of_exactly_that_category() -> None:
    assert classify(dispute_credit(category="dispute")) is Kind.INTERNAL
    assert classify(dispute_credit(transaction_type="Load")) is Kind.INTERNAL


def test_a_card_fee_comes_before_a_purchase_whatever_its_type_is() -> None:
    assert classify(card_fee(transaction_type="Network")) is Kind.FEE
    assert classify(card_fee(category="CARDACCOUNTFEE", transaction_type="Invalid")) is Kind.FEE


def test_a_rebate_comes_before_a_business_fee() -> None:
    assert classify(business_fee(description="Rebate Credit Reversal")) is Kind.REBATE


def test_what_the_business_account_calls_a_purchase_is_not_guessed() -> None:
    assert classify(row(record=Record.BUSINESS, category="Spend")) is Kind.UNCLASSIFIED


def test_a_movement_without_other_side_is_no_card_leg() -> None:
    assert classify(card_load_leg(counterpart_account_id=0)) is Kind.UNCLASSIFIED
    assert classify(card_load_leg(transaction_type="Network")) is Kind.UNCLASSIFIED


@given(any_rows())
def test_the_kind_never_depends_on_amount_sign_or_state(transaction: PexTransaction) -> None:
    kind = classify(transaction)
    turned = but(transaction, amount=-transaction.amount, is_pending=not transaction.is_pending)
    assert classify(turned) is kind


@given(any_rows())
def test_only_card_rows_are_purchases_and_only_business_rows_rebates_or_transfers(
    transaction: PexTransaction,
) -> None:
    kind = classify(transaction)
    allowed = {
        Record.CARD: {Kind.PURCHASE, Kind.FEE, Kind.INTERNAL},
        Record.BUSINESS: {
            Kind.FEE, Kind.TRANSFER, Kind.REBATE, Kind.INTERNAL, Kind.UNCLASSIFIED,
        },
        Record.INVOICE: {Kind.BILL_PAYMENT},
    }  # fmt: skip
    assert kind in allowed[transaction.record]


def test_internal_and_unclassified_rows_are_never_posted() -> None:
    assert set(Kind) - set(POSTABLE) == {Kind.INTERNAL, Kind.UNCLASSIFIED}


# --- what a row says of itself ---------------------------------------------------------------


@pytest.mark.parametrize("status", ["Approved", "approved", "APPROVED"])
def test_approved_is_approved_in_any_case(status: str) -> None:
    assert purchase(approval=status).is_approved


@pytest.mark.parametrize("status", [None, "", "Rejected", "Ignored", "NotReviewed", "NoReceipt"])
def test_anything_but_approved_is_not(status: str | None) -> None:
    assert not purchase(approval=status).is_approved


def test_a_merchant_is_called_by_the_cleaned_name() -> None:
    raw = purchase(merchant_name="GULF OIL 00918", merchant_name_normalized="Gulf Oil ")
    assert raw.merchant == "Gulf Oil"


@pytest.mark.parametrize("cleaned", [None, "", "   "])
def test_a_merchant_without_cleaned_name_is_called_by_the_raw_one(cleaned: str | None) -> None:
    named = purchase(merchant_name=" GULF OIL 00918 ", merchant_name_normalized=cleaned)
    assert named.merchant == "GULF OIL 00918"


@pytest.mark.parametrize("raw", [None, "", "  "])
def test_a_row_without_merchant_is_called_by_its_description(raw: str | None) -> None:
    assert dispute_credit(merchant_name=raw).merchant == "Dispute credit"
    assert dispute_credit(merchant_name=raw, description=" ").merchant == ""


def test_dates_are_the_days_that_pex_tells() -> None:
    late = purchase(
        transacted_at=eastern("2026-01-31", "23:59:59"),
        settled_at=eastern("2026-02-02", "00:00:00"),
    )
    assert late.purchase_date == date(2026, 1, 31)
    assert late.settlement_date == date(2026, 2, 2)


def test_a_row_without_settlement_time_settles_on_the_day_it_came() -> None:
    assert transfer().settlement_date == date(2026, 2, 3)
