"""PEX rows that read like bookkeeping; each is as in PEX contract 3.10 unless told otherwise."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from domain.bill_payment import Bill, Payment
from domain.eastern_time import EASTERN
from domain.money import Money
from domain.pex_transaction import Allocation, PexTransaction, Record, TagValue

BUSINESS_ACCOUNT = 52311
CARD_ACCOUNT = 88104
TAG_IDS = {
    "expense": "64b0c1d2e3f4a5b6c7d8e901",
    "vendor": "64b0c1d2e3f4a5b6c7d8e902",
    "tax": "64b0c1d2e3f4a5b6c7d8e903",
    "department": "64b0c1d2e3f4a5b6c7d8e904",
    "project": "64b0c1d2e3f4a5b6c7d8e905",
}

Split = tuple[str | Decimal | None, Mapping[str, str]]


def eastern(day: str | date, at: str = "12:00:00") -> datetime:
    """A wall time in the US East."""
    on = date.fromisoformat(day) if isinstance(day, str) else day
    return datetime.combine(on, time.fromisoformat(at), EASTERN)


def tagged(tags: Mapping[str, str]) -> tuple[TagValue, ...]:
    """Tag values by the short names of `TAG_IDS`; any other name stands for itself."""
    return tuple(TagValue(TAG_IDS.get(name, name), value) for name, value in tags.items())


def row(amount: str | Decimal = "-48.60", **members: Any) -> PexTransaction:
    """A card row of the network, bought on 3 February 2026 and settled two days later."""
    told: dict[str, Any] = {
        "record": Record.CARD,
        "pex_id": 918273645,
        "transacted_at": eastern("2026-02-03", "21:47:09"),
        "settled_at": eastern("2026-02-05", "03:12:00"),
        "transaction_type": "Network",
    }
    return PexTransaction(amount=Money(Decimal(amount)), **(told | members))


def purchase(
    amount: str | Decimal = "-48.60",
    *,
    merchant: str | None = "Corner Deli",
    tags: Mapping[str, str] | None = None,
    splits: Sequence[Split] = (),
    **members: Any,
) -> PexTransaction:
    """`purchase("-48.60", tags={"expense": "62400"})`; splits are pairs of amount and tags."""
    told = {
        "category": "Spend",
        "description": "Purchase",
        "account_id": CARD_ACCOUNT,
        "merchant_name": merchant and merchant.upper(),
        "merchant_name_normalized": merchant,
        "approval": "Approved",
        "tags": tagged({"expense": "62400"} if tags is None else tags),
        "allocations": tuple(
            Allocation(None if part is None else Decimal(part), tagged(own)) for part, own in splits
        ),
    }
    return row(amount, **(told | members))


def refund(amount: str | Decimal = "12.15", **members: Any) -> PexTransaction:
    """Goods given back: a purchase with the opposite sign."""
    return purchase(amount, **members)


def dispute_credit(amount: str = "48.60", **members: Any) -> PexTransaction:
    """Money that the network gives back; it names no merchant."""
    told: dict[str, Any] = {
        "transaction_type": "Transfer",
        "category": "Dispute",
        "description": "Dispute credit",
    }
    return purchase(amount, merchant=None, **(told | members))


def card_fee(amount: str = "-0.97", **members: Any) -> PexTransaction:
    """A fee on a card, such as the international service assessment."""
    told: dict[str, Any] = {
        "transaction_type": "Transfer",
        "category": "CardAccountFee",
        "description": "ISA Fee",
        "account_id": CARD_ACCOUNT,
    }
    return row(amount, **(told | members))


def card_load(amount: str = "500.00", **members: Any) -> PexTransaction:
    """The card's side of a card load."""
    told: dict[str, Any] = {
        "transaction_type": "Transfer",
        "category": "CardAccountTransfer",
        "description": "Card load",
        "account_id": CARD_ACCOUNT,
        "counterpart_account_id": BUSINESS_ACCOUNT,
    }
    return row(amount, **(told | members))


def business_row(amount: str, category: str | None, **members: Any) -> PexTransaction:
    """A row of the business account, without a settlement time."""
    told: dict[str, Any] = {
        "record": Record.BUSINESS,
        "transaction_type": "Transfer",
        "category": category,
        "settled_at": None,
        "account_id": BUSINESS_ACCOUNT,
    }
    return row(amount, **(told | members))


def transfer(amount: str = "5000.00", **members: Any) -> PexTransaction:
    """Money from the bank; a negative amount is a withdrawal."""
    return business_row(amount, "BusinessFunding", **({"description": "ACH credit"} | members))


def business_fee(amount: str = "-25.00", **members: Any) -> PexTransaction:
    """A fee on the business account; a positive amount is its reversal."""
    return business_row(amount, "BusinessAccountFee", **({"description": "Monthly fee"} | members))


def rebate(amount: str = "31.40", **members: Any) -> PexTransaction:
    """A rebate by category; a negative amount is its reversal."""
    return business_row(amount, "BusinessRebate", **({"description": "Rebate"} | members))


def card_load_leg(amount: str = "-500.00", **members: Any) -> PexTransaction:
    """The business account's side of a card load."""
    told = {"description": "Card load", "counterpart_account_id": CARD_ACCOUNT}
    return business_row(amount, "CardAccountTransfer", **(told | members))


def invoice(
    amount: str | Decimal = "750.00",
    *payments: tuple[str, str | Decimal | None],
    allocated: Sequence[str | Decimal | None] = (),
    status: str = "Closed",
    rejected: bool = False,
    **members: Any,
) -> PexTransaction:
    """A paid invoice of a credit business, by bank transfer unless payments are told.

    `invoice("100.00", ("PEXTransfer", "90.00"), ("RebateCredit", "10.00"))`; it was due on
    5 February 2026. `rejected` is told of every payment.
    """
    due = eastern("2026-02-05", "00:00:00")
    paid = payments or (("PEXTransfer", amount),)
    bill = Bill(
        status,
        tuple(
            Payment(47110 + at, kind, None if part is None else Decimal(part), rejected)
            for at, (kind, part) in enumerate(paid, 1)
        ),
        tuple(None if part is None else Decimal(part) for part in allocated),
    )
    told: dict[str, Any] = {
        "record": Record.INVOICE,
        "pex_id": 4711,
        "transacted_at": due,
        "settled_at": due,
        "transaction_type": "Invoice",
        "description": "Bill payment",
        "bill": bill,
    }
    return row(amount, **(told | members))


def but(transaction: PexTransaction, **members: Any) -> PexTransaction:
    """The same row, save for some members."""
    return replace(transaction, **members)
