"""Which transactions a run may post, and the day that their entries bear (M8, M11, M13, M18)."""

from collections.abc import Collection
from datetime import date

from domain.bill_payment import check_closed
from domain.pex_transaction import Kind, PexTransaction, Record
from domain.refusals import (
    ComesWithBillPayment,
    Declined,
    InternalMovement,
    KindOff,
    NotApproved,
    OutsideWindow,
    Pending,
    Unclassified,
    ZeroAmount,
)
from domain.settings import PostingDate, Settings
from domain.sync_window import SyncWindow


def posting_date(row: PexTransaction, settings: Settings) -> date:
    """The day of its entry: the same rule for every kind (M13)."""
    return posting_day(row.record, row.purchase_date, row.settlement_date, settings)


def posting_day(record: Record, purchased_on: date, settled_on: date, settings: Settings) -> date:
    """Which of PEX's two days is the posting date."""
    by_purchase = settings.purchases.posting_date is PostingDate.PURCHASE
    return purchased_on if by_purchase and record is not Record.INVOICE else settled_on


def kinds_on(settings: Settings) -> frozenset[Kind]:
    """The kinds that the settings sync."""
    switches = {
        Kind.PURCHASE: settings.purchases.enabled,
        Kind.FEE: settings.fees.enabled,
        Kind.TRANSFER: settings.transfers.enabled,
        Kind.REBATE: settings.rebates.enabled,
        Kind.BILL_PAYMENT: settings.bill_payments.enabled,
    }
    return frozenset(kind for kind, on in switches.items() if on)


def check_money_moved(row: PexTransaction, kind: Kind) -> None:
    """Let only settled money of a known kind pass, that crossed the border of PEX (M18, M19).

    Raises:
        Skip: the row is pending, declined, of 0.00, internal to PEX, of no kind, or an invoice that
            is not closed.
    """
    unsettled = row.settled_at is None and row.transaction_type == "Network"
    if row.is_decline:
        raise Declined
    if row.is_pending or unsettled:
        raise Pending
    if row.amount.is_zero:
        raise ZeroAmount
    if row.bill is not None:
        check_closed(row.amount, row.bill)
    if kind is Kind.INTERNAL:
        raise InternalMovement
    if kind is Kind.UNCLASSIFIED:
        raise Unclassified(row.category)


def check_program(kind: Kind, funding: str) -> None:
    """Let nothing pass twice: a credit business's invoices hold its rebates and incoming money.

    This holds whatever the settings say, since a business may change how it pays (PEX contract
    9.1).

    Raises:
        ComesWithBillPayment: a rebate or transfer among the rows of a credit business.
    """
    if funding == "credit" and kind in (Kind.REBATE, Kind.TRANSFER):
        raise ComesWithBillPayment(kind.value)


def check_wanted(
    row: PexTransaction,
    kind: Kind,
    settings: Settings,
    kinds: Collection[Kind],
    window: SyncWindow,
) -> None:
    """Let only what the settings and the run ask for pass.

    Approval speaks of purchases only (M13).

    Raises:
        Skip: its kind is off, its day is outside the window, or it is not approved.
    """
    if kind not in kinds:
        raise KindOff(kind.value)
    day = posting_date(row, settings)
    if day not in window:
        raise OutsideWindow(day, window.start, window.end)
    if kind is Kind.PURCHASE and settings.purchases.approved_only and not row.is_approved:
        raise NotApproved(row.approval)
