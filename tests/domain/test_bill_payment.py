"""What paid an invoice, in cash and otherwise, proved to the cent (M20; PEX contract 9.2)."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders.company import BANK, PEX_CREDIT, REBATES, chart, settings
from builders.generated import dollars
from builders.invoices import COUNTED, any_invoices, paid_invoices
from builders.rows import but, invoice
from domain.bill_payment import Bill, BillParts, PaymentType, bill_parts
from domain.document_keys import DocumentKeys
from domain.eligibility import check_money_moved
from domain.journal_entry import AccountType, JournalEntry
from domain.mapping import map_transaction
from domain.money import ZERO, Money, total
from domain.pex_transaction import Kind, PexTransaction
from domain.refusals import (
    AmountNotInCents,
    Failure,
    InvoiceDoesNotReconcile,
    InvoiceNegative,
    InvoiceNotClosed,
    InvoiceUnreadable,
    NotPostable,
    PaymentTakenBack,
    ValueUnknown,
    ZeroAmount,
)
from domain.settings import BillPayments, Settings


def parts(row: PexTransaction) -> BillParts:
    assert row.bill is not None
    return bill_parts(row.amount, row.bill)


def halves(row: PexTransaction) -> tuple[str, str]:
    """Cash and the rest."""
    found = parts(row)
    return str(found.cash), str(found.non_cash)


def credit(**changes: object) -> Settings:
    members = {"enabled": True, "bank_account_id": BANK, "rebate_account_id": REBATES} | changes
    return settings(pex_account_id=PEX_CREDIT, bill_payments=BillPayments(**members))  # type: ignore[arg-type]


def entry_of(row: PexTransaction, chosen: Settings | None = None) -> JournalEntry:
    keys = DocumentKeys.of(row.record, row.pex_id)
    return map_transaction(row, Kind.BILL_PAYMENT, chosen or credit(), chart(), keys)


def booked(row: PexTransaction) -> list[tuple[str, str]]:
    return [(line.account_number, str(line.amount)) for line in entry_of(row).lines]


# --- cash and the rest ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        pytest.param(invoice("750.00"), ("750.00", "0.00"), id="bank transfer"),
        pytest.param(invoice("9.99", ("SameDayACH", "9.99")), ("9.99", "0.00"), id="same day"),
        pytest.param(
            invoice("980.40", ("SameDayACH", "940.10"), ("RebateCredit", "40.30")),
            ("940.10", "40.30"),
            id="rebate",
        ),
        pytest.param(
            invoice(
                "515.00",
                ("PEXTransfer", "500.00"),
                ("CarryOverCredit", "20.00"),
                ("RebateCreditReversal", "5.00"),
            ),
            ("500.00", "15.00"),
            id="carried over, and a rebate taken back",
        ),
        pytest.param(invoice("12.00", ("RebateCredit", "12.00")), ("0.00", "12.00"), id="no cash"),
        pytest.param(
            invoice("995.00", ("PEXTransfer", "1000.00"), ("RebateCreditReversal", "5.00")),
            ("1000.00", "-5.00"),
            id="more rebates taken back than given",
        ),
        pytest.param(
            invoice("100.00", ("PEXTransfer", "99.90"), ("WriteOff", "0.10")),
            ("99.90", "0.10"),
            id="no bank pays a write-off",
        ),
        pytest.param(
            invoice("100.00", ("PEXTransfer", "75.00"), ("SalesCredit", "25.00")),
            ("75.00", "25.00"),
            id="nor a sales credit",
        ),
        pytest.param(
            invoice("100.00", allocated=("60.00", "38.50", "1.50")), ("100.00", "0.00"), id="fees"
        ),
    ],
)
def test_cash_is_what_left_the_bank_and_the_rest_is_not(
    row: PexTransaction, expected: tuple[str, str]
) -> None:
    assert halves(row) == expected


@pytest.mark.parametrize(
    ("row", "cause"),
    [
        (invoice("300.00", ("PEXTransfer", "250.00")), "payments add up to 250.00"),
        (invoice("300.00", ("PEXTransfer", "300.01")), "payments add up to 300.01"),
        (invoice("5.00", ("RebateCreditReversal", "5.00")), "payments add up to -5.00"),
        (invoice("300.00", allocated=("299.99",)), "allocations add up to 299.99"),
        (invoice("300.00", allocated=("300.00", "0.01")), "allocations add up to 300.01"),
    ],
)
def test_an_invoice_that_its_parts_do_not_prove_is_refused(row: PexTransaction, cause: str) -> None:
    with pytest.raises(InvoiceDoesNotReconcile, match=cause):
        parts(row)


def test_an_invoice_without_payments_is_refused() -> None:
    with pytest.raises(InvoiceDoesNotReconcile):
        parts(but(invoice("1.00"), bill=Bill("Closed")))


def test_an_invoice_that_a_rejected_payment_would_prove_waits_for_a_person() -> None:
    with pytest.raises(PaymentTakenBack, match="bank rejected its payment 47111"):
        parts(invoice("300.00", rejected=True))


def test_an_invoice_with_a_reversed_payment_waits_for_a_person_even_where_it_adds_up() -> None:
    paid_again = (("PEXTransfer", "300.00"), ("Reversal", "0.00"))
    with pytest.raises(PaymentTakenBack, match="47112 reverses another"):
        parts(invoice("300.00", *paid_again))


@pytest.mark.parametrize(
    "row",
    [
        invoice("300.00", ("PEXTransfer", None)),
        invoice("300.00", allocated=(None,)),
        invoice("300.00", ("Barter", "300.00")),
        invoice("300.00", ("9", "300.00")),
        invoice("300.00", ("PEXTransfer", "295.00"), ("RebateCreditReversal", "-5.00")),
    ],
    ids=["amount", "allocation", "unknown type", "unknown number", "negative reversal"],
)
def test_what_cannot_be_read_for_sure_is_refused_and_not_guessed(row: PexTransaction) -> None:
    with pytest.raises(InvoiceUnreadable):
        parts(row)


def test_payments_finer_than_a_cent_are_refused_even_if_they_add_up() -> None:
    with pytest.raises(AmountNotInCents, match=r"99\.995 of a payment"):
        parts(invoice("100.00", ("PEXTransfer", "99.995"), ("RebateCredit", "0.005")))


# --- which invoices ---------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["Open", "Draft", "Cancelled", "", "9"])
def test_an_invoice_that_is_not_closed_is_left_alone(status: str) -> None:
    with pytest.raises(InvoiceNotClosed):
        check_money_moved(invoice(status=status), Kind.BILL_PAYMENT)


def test_an_invoice_over_nothing_or_less_is_left_alone() -> None:
    with pytest.raises(ZeroAmount):
        check_money_moved(invoice("0.00"), Kind.BILL_PAYMENT)
    with pytest.raises(InvoiceNegative, match=r"-5\.00"):
        check_money_moved(invoice("-5.00"), Kind.BILL_PAYMENT)


# --- the entry --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "lines"),
    [
        pytest.param(invoice("750.00"), [(BANK, "-750.00"), (PEX_CREDIT, "750.00")], id="cash"),
        pytest.param(
            invoice("980.40", ("PEXTransfer", "940.10"), ("RebateCredit", "40.30")),
            [(BANK, "-940.10"), (REBATES, "-40.30"), (PEX_CREDIT, "980.40")],
            id="both",
        ),
        pytest.param(
            invoice("12.00", ("RebateCredit", "12.00")),
            [(REBATES, "-12.00"), (PEX_CREDIT, "12.00")],
            id="rebate alone",
        ),
        pytest.param(
            invoice("995.00", ("PEXTransfer", "1000.00"), ("RebateCreditReversal", "5.00")),
            [(BANK, "-1000.00"), (REBATES, "5.00"), (PEX_CREDIT, "995.00")],
            id="rebate taken back",
        ),
        pytest.param(
            invoice(
                "10.00",
                ("PEXTransfer", "10.00"),
                ("RebateCredit", "5.00"),
                ("RebateCreditReversal", "5.00"),
            ),
            [(BANK, "-10.00"), (PEX_CREDIT, "10.00")],
            id="no line over nothing",
        ),
    ],
)
def test_a_bill_payment_debits_pex_and_credits_bank_and_rebates(
    row: PexTransaction, lines: list[tuple[str, str]]
) -> None:
    assert booked(row) == lines


def test_the_entry_names_the_invoice_and_its_payments() -> None:
    entry = entry_of(invoice("980.40", ("PEXTransfer", "940.10"), ("RebateCredit", "40.30")))
    assert entry.document_number == "PEX-I4711-X1"
    assert entry.external_document_number == "PEXI4711"
    assert {line.description for line in entry.lines} == {"Bill payment / PEX I4711"}
    assert {line.comment for line in entry.lines} == {"PEXTransfer 940.10; RebateCredit 40.30"}
    assert str(entry.posting_date) == "2026-02-05"


def test_the_bank_line_is_on_a_bank_account_and_dimensions_are_on_all_lines_but_pexs() -> None:
    row = invoice("980.40", ("PEXTransfer", "940.10"), ("RebateCredit", "40.30"))
    lines = entry_of(row, credit(dimensions={"department": "OPS"})).lines
    assert [line.account_type for line in lines] == [
        AccountType.BANK,
        AccountType.GL,
        AccountType.GL,
    ]
    on_lines = [[(one.code, one.value) for one in line.dimensions] for line in lines]
    assert on_lines == [[("DEPARTMENT", "OPS")], [("DEPARTMENT", "OPS")], []]


def test_an_account_is_asked_for_where_its_part_is_not_nothing() -> None:
    both = invoice("980.40", ("PEXTransfer", "940.10"), ("RebateCredit", "40.30"))
    with pytest.raises(NotPostable, match="rebate account"):
        entry_of(both, credit(rebate_account_id=None))
    with pytest.raises(NotPostable, match="bank account"):
        entry_of(both, credit(bank_account_id=None))
    with pytest.raises(ValueUnknown, match="bank account"):
        entry_of(both, credit(bank_account_id="?"))
    assert len(entry_of(invoice("1.00"), credit(rebate_account_id=None)).lines) == 2


def test_an_invoice_of_which_no_payments_are_told_is_never_posted() -> None:
    with pytest.raises(InvoiceUnreadable):
        entry_of(but(invoice(), bill=None))


# --- for all invoices -------------------------------------------------------------------------


@given(paid_invoices())
def test_every_entry_balances_and_its_pex_line_is_the_invoices_amount(row: PexTransaction) -> None:
    entry, found = entry_of(row), parts(row)
    assert found.cash + found.non_cash == row.amount
    assert found.cash >= ZERO
    assert total(line.amount for line in entry.lines).is_zero
    assert (entry.lines[-1].account_number, entry.lines[-1].amount) == (PEX_CREDIT, row.amount)
    by_account = {line.account_number: line.amount for line in entry.lines[:-1]}
    assert by_account.get(BANK, ZERO) == -found.cash
    assert by_account.get(REBATES, ZERO) == -found.non_cash
    assert all(isinstance(line.amount.amount, Decimal) for line in entry.lines)
    assert all(line.amount.is_whole_cents for line in entry.lines)


@given(paid_invoices(), st.integers(-100, 100).filter(bool))
def test_an_invoice_that_is_a_cent_off_is_never_posted(row: PexTransaction, cents: int) -> None:
    off = but(row, amount=Money(row.amount.amount + dollars(cents)))
    with pytest.raises(InvoiceDoesNotReconcile):
        entry_of(off)


@given(paid_invoices(), st.data())
def test_one_payment_taken_back_keeps_the_whole_invoice_from_the_books(
    row: PexTransaction, data: st.DataObject
) -> None:
    assert row.bill is not None
    payments = list(row.bill.payments)
    at = data.draw(st.integers(0, len(payments) - 1))
    payments[at] = data.draw(
        st.sampled_from(
            [
                replace(payments[at], rejected=True),
                replace(payments[at], type=PaymentType.REVERSAL),
            ]
        )
    )
    with pytest.raises(PaymentTakenBack):
        entry_of(but(row, bill=replace(row.bill, payments=tuple(payments))))


@given(any_invoices())
def test_any_invoice_is_proved_or_refused_as_a_failure(row: PexTransaction) -> None:
    assert row.bill is not None
    try:
        found = bill_parts(row.amount, row.bill)
    except Failure:
        return
    assert found.cash + found.non_cash == row.amount
    assert all(one.type in COUNTED and not one.rejected for one in row.bill.payments)
