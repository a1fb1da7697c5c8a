"""The journals that the guide shows, made by the mapping itself."""

from collections.abc import Callable, Mapping

from builders.company import BANK, DELI, MEALS, PEX_CREDIT, REBATES, by_tag, chart, settings
from builders.rows import card_fee, invoice, purchase, rebate, refund, transfer
from domain.chart import Account, BankAccount, Vendor
from domain.document_keys import DocumentKeys
from domain.journal_entry import AccountType, JournalEntry, JournalLine
from domain.mapping import map_transaction
from domain.pex_transaction import PexTransaction, classify
from domain.settings import BillPayments, Settings, VendorPosting

HEAD = ("| Account | Dimensions | Debit | Credit |", "| --- | --- | ---: | ---: |")
BY_TAGS = settings(
    expense=by_tag("expense", MEALS), dimensions={"DEPARTMENT": by_tag("department")}
)
WITH_VENDOR = settings(vendor=by_tag("vendor"))
BY_REFERENCE = settings(vendor=by_tag("vendor"), rules={"vendor_posting": VendorPosting.REFERENCE})
ON_CREDIT = settings(
    pex_account_id=PEX_CREDIT,
    bill_payments=BillPayments(enabled=True, bank_account_id=BANK, rebate_account_id=REBATES),
)
MARIA = "Maria Ortiz"


def examples() -> Mapping[str, JournalEntry]:
    """The entries, by the titles under which the guide shows them."""
    tags = {"expense": MEALS, "department": "OPS"}
    halves = [("30.00", tags), ("18.60", {"expense": "61100", "department": "SALES"})]
    by_deli = purchase(tags={"expense": MEALS, "vendor": DELI}, cardholder=MARIA)
    paid = ("PEXTransfer", "700.00"), ("RebateCredit", "50.00")
    return {
        "A purchase": _entry(purchase(tags=tags, cardholder=MARIA), BY_TAGS),
        "A split purchase": _entry(purchase(splits=halves, cardholder=MARIA), BY_TAGS),
        "A refund": _entry(refund(tags=tags, cardholder=MARIA), BY_TAGS),
        "A purchase with its vendor in the subledger": _entry(by_deli, WITH_VENDOR),
        "A purchase with its vendor as a reference": _entry(by_deli, BY_REFERENCE),
        "A fee": _entry(card_fee(), BY_TAGS),
        "A transfer": _entry(transfer(), BY_TAGS),
        "A rebate": _entry(rebate(), BY_TAGS),
        "A bill payment": _entry(invoice("750.00", *paid), ON_CREDIT),
    }


def shown(entry: JournalEntry) -> str:
    """An entry as the guide shows it."""
    return "\n".join((*HEAD, *map(_row, entry.lines)))


def _entry(row: PexTransaction, chosen: Settings) -> JournalEntry:
    keys = DocumentKeys.of(row.record, row.pex_id)
    return map_transaction(row, classify(row), chosen, chart(), keys)


def _row(line: JournalLine) -> str:
    company = chart()
    finders: Mapping[AccountType, Callable[[str], Account | Vendor | BankAccount | None]] = {
        AccountType.GL: company.accounts.find,
        AccountType.VENDOR: company.vendors.find,
        AccountType.BANK: company.bank_accounts.find,
    }
    found = finders[line.account_type](line.account_number)
    assert found is not None
    kind = "" if line.account_type is AccountType.GL else f"{line.account_type.value} "
    account = f"{kind}{line.account_number} {found.name}"
    dimensions = ", ".join(f"{one.code} {one.value}" for one in line.dimensions)
    signed = line.amount.amount
    debit, credit = (f"{signed:,.2f}", "") if signed > 0 else ("", f"{-signed:,.2f}")
    return f"| {account} | {dimensions} | {debit} | {credit} |"
