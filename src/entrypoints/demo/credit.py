"""The made-up company's business on a line of credit: its settings, and its books by hand."""

import json
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from entrypoints.demo.bookkeeper import BANK, PEX, REBATES, Hand, Line, by_hand
from entrypoints.demo.company import SERVICE, ApiUser, Json, settings_body, wait_until
from sandbox import company
from sandbox.pex.seed_tags import credit_tag

CREDIT_LINE = "20100"
BANK_TRANSFERS = ("PEXTransfer", "SameDayACH")
TAGS = (
    company.EXPENSE_TAG,
    company.DEPARTMENT_TAG,
    company.CLASS_TAG,
    company.ALLOCATION_TAG,
)


def credit_settings_body(
    company_id: str, accounts: dict[str, str], banks: dict[str, str], start_date: str
) -> Json:
    """The demo's settings, but for bill payments instead of transfers and rebates."""
    body = settings_body(company_id, accounts, banks, start_date)
    for mapping in body["purchases"]["mappings"]:
        mapping["source"]["tag_id"] = credit_tag(mapping["source"]["tag_id"])
    return body | {
        "pex_account_id": accounts[CREDIT_LINE],
        "transfers": {"enabled": False},
        "rebates": {"enabled": False},
        "bill_payments": {
            "enabled": True,
            "bank_account_id": banks["CHECKING"],
            "rebate_account_id": accounts["48000"],
            "dimensions": {"DEPARTMENT": "ADM"},
        },
    }


def connect_credit(user: ApiUser, linked_to: str | None = None) -> str:
    """Connect the credit business with the simulated Business Central; the connection's id.

    By a sign-in of its own, or by that of the connection `linked_to`.
    """
    body = {"pex": {"token": company.CREDIT_TOKEN}}
    connection_id = str(user.call("POST", "/connections", body).json()["id"])
    path = f"/connections/{connection_id}"
    if linked_to:
        link = {"mode": "link", "connection_id": linked_to}
        user.call("POST", f"{path}/microsoft", link)
    else:
        user.call("POST", f"{path}/microsoft", SERVICE)
    wait_until(lambda: user.get(path)["status"] == "connected_ready", "connected_ready")
    return connection_id


# --- the books by hand ------------------------------------------------------------------------


def credit_by_hand(
    business: Mapping[str, Any],
    first: date,
    last: date,
    letter: str = "",
    *,
    vendors: bool = False,
) -> dict[str, Hand]:
    """What belongs in the journal, by PEX id, invoices with an `I` in front of theirs.

    In front of all stands the business's `letter`, where it is not the journal's first one.

    `business` is the credit business as the simulator dumps it. The bookkeeper knows the product's
    settings and the invoices, and asks somebody where a payment was rejected or reversed.
    """
    entries: dict[str, Hand] = {}
    text = json.dumps(business, default=str)
    for tag in TAGS:
        text = text.replace(credit_tag(tag), tag)
    for pex_id, hand in by_hand(json.loads(text), first, last, vendors=vendors).items():
        accounts = {account for account, _, _ in hand.lines}
        if not accounts & {BANK, REBATES}:
            entries[f"{letter}{pex_id}"] = Hand(
                hand.day, tuple(sorted(map(_on_credit, hand.lines)))
            )
    for invoice in business["invoices"]:
        day = date.fromisoformat(invoice["DueDate"][:10])
        number = str(invoice["InvoiceId"])
        lines = tuple(sorted(_bill(invoice, business["payments"][number])))
        if lines and first <= day <= last:
            entries[f"{letter}I{number}"] = Hand(day, lines)
    return entries


def _on_credit(line: Line) -> Line:
    account, amount, dimensions = line
    return (CREDIT_LINE if account == PEX else account), amount, dimensions


def _bill(invoice: Mapping[str, Any], payments: list[Mapping[str, Any]]) -> Iterator[Line]:
    """The lines of an invoice; none where it is not to be entered."""
    amount = Decimal(str(invoice["InvoiceAmount"]))
    odd = any(one["RejectedByBank"] or one["Type"] == "Reversal" for one in payments)
    if invoice["Status"] != "Closed" or amount <= 0 or odd:
        return
    cash = _sum(one for one in payments if one["Type"] in BANK_TRANSFERS)
    given = _sum(one for one in payments if one["Type"] not in BANK_TRANSFERS)
    taken_back = _sum(one for one in payments if one["Type"] == "RebateCreditReversal")
    other = given - 2 * taken_back
    if cash + other != amount:
        return
    yield CREDIT_LINE, amount, ()
    department = (("DEPARTMENT", "ADM"),)
    if cash:
        yield BANK, -cash, department
    if other:
        yield REBATES, -other, department


def _sum(payments: Iterator[Mapping[str, Any]]) -> Decimal:
    return sum((Decimal(str(one["Amount"])) for one in payments), Decimal(0))
