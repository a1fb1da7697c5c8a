"""Accounts of all types by number or SystemId, and what a line may do with them (2.3.6, 2.3.8)."""

from collections.abc import Callable
from typing import Any, Final

from sandbox.business_central.refusals import Refusal
from sandbox.business_central.rows import (
    BANK,
    CUSTOMER,
    GL,
    VENDOR,
    ZERO_GUID,
    Bank,
    Ledger,
    Vendor,
)
from sandbox.business_central.state import Books
from sandbox.business_central.tables import Table

LINE_TABLE: Final = "Gen. Journal Line"
_TABLES: Final[dict[str, Callable[[Books], Table[Any]]]] = {
    GL: lambda books: books.ledgers,
    BANK: lambda books: books.banks,
    VENDOR: lambda books: books.vendors,
    CUSTOMER: lambda books: books.customers,
}


def account(books: Books, account_type: str, number: str) -> Any | None:
    """The account of this type and number, or None."""
    table = _TABLES.get(account_type)
    return table(books).first("number", number) if table and number else None


def account_id(books: Books, account_type: str, number: str) -> str:
    """The SystemId that the page shows: that of a G/L or bank account, else zeros."""
    if account_type not in (GL, BANK):
        return ZERO_GUID
    found = account(books, account_type, number)
    return found.id if found else ZERO_GUID


def number_of(books: Books, account_type: str, system_id: str) -> str | None:
    """The number behind a SystemId, None where it is unknown.

    A bank's id is refused, since the field is related to G/L accounts; for vendors and customers
    an id says nothing, so the number stays blank (2.3.6).
    """
    if account_type == BANK and books.banks.get(system_id):
        raise no_relation("Account Id", system_id, "G/L Account")
    if account_type in (VENDOR, CUSTOMER):
        return ""
    found = books.ledgers.get(system_id)
    return found.number if found else None


def postable(books: Books, account_type: str, number: str, field: str = "Account No.") -> Any:
    """The account, checked as the table does when a line names it; raises Refusal."""
    found = account(books, account_type, number)
    if found is None:
        raise no_relation(field, number, account_type)
    check = _CHECKS.get(account_type)
    if check:
        check(found, field)
    return found


def no_relation(field: str, value: str, related: str) -> Refusal:
    """The refusal of a value that the related table does not have."""
    return Refusal("no_relation", field=field, table=LINE_TABLE, value=value, related=related)


def _check_ledger(found: Ledger, field: str) -> None:
    if found.blocked or found.type != "Posting":
        raise no_relation(field, found.number, GL)
    if not found.direct:
        raise Refusal(
            "must_be",
            field="Direct Posting",
            wanted="Yes",
            record=f"G/L Account: No.={found.number}",
            value="No",
        )


def _check_bank(found: Bank, _field: str) -> None:
    if found.blocked:
        record = f"Bank Account: No.={found.number}"
        raise Refusal("must_be", field="Blocked", wanted="No", record=record, value="Yes")


def _check_vendor(found: Vendor, _field: str) -> None:
    if found.privacy_blocked:
        raise Refusal("vendor_privacy", number=found.number)
    if found.blocked == "All":
        raise Refusal("vendor_blocked", number=found.number, blocked=found.blocked)


_CHECKS: Final[dict[str, Callable[[Any, str], None]]] = {
    GL: _check_ledger,
    BANK: _check_bank,
    VENDOR: _check_vendor,
}
