"""The sync of a business on a line of credit: bills instead of transfers and rebates (M20)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from application.ports.pex import PexUnavailable
from application_world import Worker, World, purchase, settings
from builders.invoices import any_invoices
from builders.rows import but, invoice
from domain.chart import Account, Catalogue
from domain.eastern_time import EASTERN
from domain.money import Money
from domain.pex_transaction import Kind, PexTransaction, Record
from domain.settings import BillPayments, PostingDate, Rebates, Settings, Transfers
from domain.sync_run import RunStatus

CREDIT_LINE = "20950"
BANK, REBATES, FEES = "CHECKING", "48000", "68000"


def credit_settings(**changes: object) -> Settings:
    chosen = replace(
        settings(),
        pex_account_id="a9",
        transfers=Transfers(),
        rebates=Rebates(),
        bill_payments=BillPayments(enabled=True, bank_account_id="b1", rebate_account_id="a6"),
    )
    return replace(chosen, **changes)  # type: ignore[arg-type]


def credit_world() -> World:
    """A business on a line of credit, with everything on."""
    world = World()
    liability = Account("a9", CREDIT_LINE, "PEX credit line", "Liabilities")
    world.chart = replace(world.chart, accounts=Catalogue([*world.chart.accounts, liability]))
    world.worker = Worker(world)
    connection, now = world.connection, world.clock.now()
    connection.pex_signed_in(now, "Harbor Lights", "credit", "ines.m", "admin:a")
    world.log.save(connection)
    world.save_settings(credit_settings())
    return world


@pytest.fixture
def credit() -> World:
    return credit_world()


def bill(
    number: int, amount: str, *payments: tuple[str, str], day: date = date(2026, 8, 3), **told: str
) -> PexTransaction:
    due = datetime.combine(day, time(), EASTERN)
    row = invoice(amount, *payments, **told)  # type: ignore[arg-type]
    return but(row, pex_id=number, transacted_at=due, settled_at=due)


def business_row(number: int, amount: str, category: str) -> PexTransaction:
    return but(
        purchase(number, amount),
        record=Record.BUSINESS,
        transaction_type="Transfer",
        category=category,
        tags=(),
    )


def balance(world: World, account: str) -> Decimal:
    """What the journal's lines on an account come to; debits are positive."""
    lines = world.journal.by_number.values()
    return sum((line.amount.amount for line in lines if line.account_number == account), Decimal(0))


def test_purchases_and_fees_raise_the_debt_and_bill_payments_lower_it(credit: World) -> None:
    credit.pex.all_rows = [
        purchase(1, "-700.00"),
        business_row(2, "-25.00", "BusinessAccountFee"),
        bill(5001, "690.00", ("PEXTransfer", "650.00"), ("RebateCredit", "40.00")),
    ]
    run = credit.sync()
    assert credit.outcomes(run.id) == {1: "posted", 2: "posted", 5001: "posted"}
    assert balance(credit, CREDIT_LINE) == Decimal("-35.00")
    assert balance(credit, BANK) == Decimal("-650.00")
    assert balance(credit, REBATES) == Decimal("-40.00")
    assert balance(credit, FEES) == Decimal("25.00")
    assert run.status is RunStatus.SUCCEEDED


def test_rebates_and_money_among_the_rows_come_with_the_bill_and_are_not_posted_too(
    credit: World,
) -> None:
    credit.pex.all_rows = [
        business_row(1, "40.00", "BusinessRebate"),
        business_row(2, "650.00", "BusinessFunding"),
        bill(5001, "690.00", ("PEXTransfer", "650.00"), ("RebateCredit", "40.00")),
    ]
    outcomes = credit.outcomes(credit.sync().id)
    assert outcomes[1] == outcomes[2] == "skipped:COMES_WITH_BILL_PAYMENT"
    assert outcomes[5001] == "posted"
    assert balance(credit, CREDIT_LINE) == Decimal("690.00")


def test_this_holds_even_where_old_settings_still_sync_transfers_and_rebates(
    credit: World,
) -> None:
    stale = replace(settings(), pex_account_id="a9")
    credit.save_settings(stale)
    credit.pex.all_rows = [
        business_row(1, "40.00", "BusinessRebate"),
        business_row(2, "650.00", "BusinessFunding"),
    ]
    outcomes = credit.outcomes(credit.sync().id)
    assert set(outcomes.values()) == {"skipped:COMES_WITH_BILL_PAYMENT"}


def test_a_prepaid_business_goes_on_syncing_transfers_and_rebates(world: World) -> None:
    world.pex.all_rows = [
        business_row(1, "40.00", "BusinessRebate"),
        business_row(2, "650.00", "BusinessFunding"),
    ]
    assert set(world.outcomes(world.sync().id).values()) == {"posted"}


@pytest.mark.parametrize(
    ("row", "outcome"),
    [
        (bill(5001, "300.00", ("PEXTransfer", "250.00")), "failed:INVOICE_DOES_NOT_RECONCILE"),
        (bill(5001, "300.00", ("Reversal", "300.00")), "failed:INVOICE_PAYMENT_TAKEN_BACK"),
        (bill(5001, "300.00", ("Barter", "300.00")), "failed:INVOICE_UNREADABLE"),
        (bill(5001, "300.00", status="Open"), "skipped:INVOICE_NOT_CLOSED"),
        (bill(5001, "300.00", status="Cancelled"), "skipped:INVOICE_NOT_CLOSED"),
        (bill(5001, "0.00"), "skipped:ZERO_AMOUNT"),
        (bill(5001, "-5.00"), "skipped:INVOICE_NEGATIVE"),
    ],
)
def test_an_invoice_that_cannot_be_proved_or_is_not_due_says_why_and_stops_no_other(
    credit: World, row: PexTransaction, outcome: str
) -> None:
    credit.pex.all_rows = [row, bill(5002, "12.00")]
    assert credit.outcomes(credit.sync().id) == {5001: outcome, 5002: "posted"}
    assert balance(credit, CREDIT_LINE) == Decimal("12.00")


def test_an_invoice_that_is_put_right_or_closed_later_is_posted_by_the_next_run(
    credit: World,
) -> None:
    credit.pex.all_rows = [
        bill(5001, "300.00", ("PEXTransfer", "250.00")),
        bill(5002, "90.00", status="Open"),
    ]
    credit.sync()
    credit.pex.all_rows = [bill(5001, "300.00"), bill(5002, "90.00")]
    assert set(credit.outcomes(credit.sync().id).values()) == {"posted"}
    assert balance(credit, CREDIT_LINE) == Decimal("390.00")


def test_a_second_run_posts_nothing(credit: World) -> None:
    credit.pex.all_rows = [bill(5001, "690.00"), purchase(5001)]
    assert credit.sync().counts.posted == 2
    again = credit.sync()
    assert (again.counts.posted, again.counts.already_posted) == (0, 2)


def test_an_invoice_found_in_the_journal_though_no_event_says_so_is_adopted(
    credit: World,
) -> None:
    credit.pex.all_rows = [bill(5001, "690.00", ("PEXTransfer", "650.00"), ("WriteOff", "40.00"))]
    credit.sync()
    forgetful = credit_world()
    forgetful.pex.all_rows = credit.pex.all_rows
    forgetful.journal.by_number = credit.journal.by_number
    assert forgetful.outcomes(forgetful.sync().id) == {5001: "already_posted"}
    assert forgetful.posting(5001, Record.INVOICE).keys.document_number == "PEX-I5001-X1"
    assert balance(forgetful, CREDIT_LINE) == Decimal("690.00")


def test_an_invoice_bears_its_due_date_even_where_purchases_bear_the_purchase_date(
    credit: World,
) -> None:
    by_purchase = replace(settings().purchases, posting_date=PostingDate.PURCHASE)
    credit.save_settings(credit_settings(purchases=by_purchase))
    credit.pex.all_rows = [bill(5001, "690.00", day=date(2026, 8, 9))]
    (row,) = credit.report(credit.sync().id)
    assert (row.kind, row.day, row.amount) == (
        Kind.BILL_PAYMENT,
        date(2026, 8, 9),
        Money.of("690.00"),
    )


def test_only_bill_payments_can_be_chosen_and_nothing_else_is_asked_for(credit: World) -> None:
    credit.pex.all_rows = [purchase(1), bill(5001, "690.00")]
    run = credit.sync(kinds=(Kind.BILL_PAYMENT,))
    assert credit.outcomes(run.id) == {5001: "posted"}
    assert set(run.fetched) == {"invoice"}


def test_a_preview_shows_each_line_and_writes_nothing(credit: World) -> None:
    credit.pex.all_rows = [bill(5001, "690.00", ("PEXTransfer", "650.00"), ("RebateCredit", "40"))]
    (row,) = credit.report(credit.sync(preview=True).id)
    assert [(line.account_number, str(line.amount)) for line in row.lines] == [
        (BANK, "-650.00"),
        (REBATES, "-40.00"),
        (CREDIT_LINE, "690.00"),
    ]
    assert credit.journal.submissions == 0


# --- page by page, whoever dies ---------------------------------------------------------------


def many_bills() -> Sequence[PexTransaction]:
    return [bill(5000 + day, f"{day}.10", day=date(2026, 8, day)) for day in range(1, 15)]


@pytest.mark.parametrize("crash_after", range(1, 9))
def test_a_worker_that_dies_among_the_pages_loses_and_repeats_nothing(
    credit: World, crash_after: int
) -> None:
    credit.pex.all_rows = list(many_bills())
    credit.pex.invoice_days_at_once = 3
    run_id = credit.start(kinds=(Kind.BILL_PAYMENT,))
    for _ in range(6):
        credit.worker.step(run_id, crash_after=crash_after)
    run = credit.finish(run_id, Worker(credit))
    assert run.counts.seen == len(many_bills())
    assert set(credit.outcomes(run_id).values()) == {"posted"}
    total = sum((row.amount.amount for row in many_bills()), Decimal(0))
    assert balance(credit, CREDIT_LINE) == total


def test_a_run_goes_on_with_the_page_at_which_pex_went_away(credit: World) -> None:
    credit.pex.all_rows = list(many_bills())
    credit.pex.invoice_days_at_once = 5
    run_id = credit.start(kinds=(Kind.BILL_PAYMENT,))
    credit.worker.step(run_id)
    credit.pex.refusals = [PexUnavailable("503")]
    run = credit.finish(run_id)
    assert run.status is RunStatus.SUCCEEDED
    assert run.counts.posted == len(many_bills())


def test_invoices_outside_the_days_of_a_run_are_not_even_seen(credit: World) -> None:
    credit.pex.all_rows = list(many_bills())
    run = credit.sync(start=date(2026, 8, 4), end=date(2026, 8, 6))
    assert set(credit.outcomes(run.id)) == {5004, 5005, 5006}


@given(st.lists(any_invoices(), max_size=8, unique_by=lambda row: row.pex_id), st.data())
def test_whatever_pex_sends_is_posted_once_if_it_is_proved_and_never_otherwise(
    rows: list[PexTransaction], data: st.DataObject
) -> None:
    world = credit_world()
    days = st.dates(date(2026, 7, 1), date(2026, 8, 14))
    world.pex.all_rows = [_due(row, data.draw(days)) for row in rows]
    world.pex.invoice_days_at_once = data.draw(st.integers(1, 4))
    first = world.outcomes(world.sync().id)
    assert first.keys() == {row.pex_id for row in rows}
    proved = [row for row in rows if _is_proved(row)]
    assert {number for number, how in first.items() if how == "posted"} == {
        row.pex_id for row in proved
    }
    assert world.sync().counts.posted == 0
    paid = sum((row.amount.amount for row in proved), Decimal(0))
    assert balance(world, CREDIT_LINE) == paid
    assert balance(world, BANK) + balance(world, REBATES) == -paid
    assert all(line.amount.is_whole_cents for line in world.journal.by_number.values())


def _due(row: PexTransaction, day: date) -> PexTransaction:
    due = datetime.combine(day, time(), EASTERN)
    return but(row, transacted_at=due, settled_at=due)


def _is_proved(row: PexTransaction) -> bool:
    """As an accountant would check it with a pencil."""
    assert row.bill is not None
    payments = row.bill.payments
    sure = all(
        one.amount is not None
        and one.amount >= 0
        and one.amount == round(one.amount, 2)
        and one.type not in ("Reversal", "Barter")
        and not one.rejected
        for one in payments
    )
    if row.bill.status != "Closed" or row.amount.amount <= 0 or not sure:
        return False
    signed = [
        -(one.amount or 0) if one.type == "RebateCreditReversal" else (one.amount or 0)
        for one in payments
    ]
    allocated = row.bill.allocated
    if allocated and (None in allocated or sum(one or 0 for one in allocated) != row.amount.amount):
        return False
    return sum(signed) == row.amount.amount


def test_a_payment_taken_back_after_posting_is_told_and_not_posted(credit: World) -> None:
    credit.pex.all_rows = [bill(5001, "100.00")]
    credit.sync()
    credit.pex.all_rows = [bill(5001, "100.00", ("PEXTransfer", "100.00"), ("Reversal", "100.00"))]
    run = credit.sync()
    assert credit.outcomes(run.id) == {5001: "already_posted:CHANGED_AFTER_POSTING"}
    assert "payments PEXTransfer 100.00 -> PEXTransfer 100.00 + Reversal 100.00" in str(
        credit.report(run.id)[0].cause
    )
    assert credit.journal.submissions == 1


def test_a_posted_invoice_that_vanished_or_moved_is_told(credit: World) -> None:
    credit.pex.all_rows = [bill(number, "100.00") for number in (5001, 5002)]
    credit.sync()
    credit.pex.all_rows = [bill(5002, "100.00", day=date(2026, 9, 20))]
    run = credit.sync(kinds=(Kind.BILL_PAYMENT,))
    assert credit.outcomes(run.id) == {
        5001: "already_posted:MISSING_IN_PEX",
        5002: "already_posted:CHANGED_AFTER_POSTING",
    }
    credit.pex.all_rows = [bill(number, "100.00") for number in (5001, 5002)]
    assert set(credit.outcomes(credit.sync().id).values()) == {"already_posted"}
