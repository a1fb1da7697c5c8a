"""`accounts` and `generalLedgerEntries`, read only (contract 2.4 and 2.11)."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, ClassVar

from sandbox.business_central.entity import Call, EntitySet, Parent, TableSet, named
from sandbox.business_central.lookups import account_id
from sandbox.business_central.odata_filter import Filter, demanded
from sandbox.business_central.properties import ID, MODIFIED, Kind, Property, field
from sandbox.business_central.rows import GL, Entry, Ledger
from sandbox.business_central.state import Books
from sandbox.business_central.tables import Table

CATEGORIES = ("", "Assets", "Liabilities", "Equity", "Income", "Cost of Goods Sold", "Expense")
TYPES = ("Posting", "Heading", "Total", "Begin-Total", "End-Total")


def _net_change(books: Books, row: Ledger) -> Decimal:
    return sum(
        (entry.amount for entry in books.entries if entry.account_number == row.number),
        Decimal(0),
    )


class Accounts(TableSet):
    """`accounts`: the chart of accounts."""

    name: ClassVar = "accounts"
    type: ClassVar = "account"
    table: ClassVar = "G/L Account"
    properties: ClassVar = named(
        ID,
        field("number", Kind.CODE, "number", length=20),
        field("displayName", Kind.TEXT, "name", length=100),
        field("category", Kind.ENUM, "category", options=CATEGORIES),
        Property("subCategory", Kind.TEXT, lambda _books, _row: "", length=80),
        field("blocked", Kind.BOOL, "blocked"),
        field("accountType", Kind.ENUM, "type", options=TYPES),
        field("directPosting", Kind.BOOL, "direct"),
        Property("netChange", Kind.DECIMAL, _net_change),
        Property(
            "consolidationTranslationMethod",
            Kind.ENUM,
            lambda _books, _row: "Average Rate (Manual)",
            options=("Average Rate (Manual)", "Closing Rate", "Historical Rate"),
        ),
        Property("consolidationDebitAccount", Kind.CODE, lambda _books, _row: "", length=20),
        Property("consolidationCreditAccount", Kind.CODE, lambda _books, _row: "", length=20),
        Property("excludeFromConsolidation", Kind.BOOL, lambda _books, _row: False),
        MODIFIED,
    )

    def source(self, books: Books) -> Table[Ledger]:
        """The accounts."""
        return books.ledgers


def _debit(_books: Books, row: Entry) -> Decimal:
    return max(row.amount, Decimal(0))


def _credit(_books: Books, row: Entry) -> Decimal:
    return max(-row.amount, Decimal(0))


class GeneralLedgerEntries(EntitySet):
    """`generalLedgerEntries`: no external number, journal or comment can be read here."""

    name: ClassVar = "generalLedgerEntries"
    type: ClassVar = "generalLedgerEntry"
    table: ClassVar = "G/L Entry"
    properties: ClassVar = named(
        ID,
        field("entryNumber", Kind.INT, "number"),
        field("postingDate", Kind.DATE, "posting_date"),
        field("documentNumber", Kind.CODE, "document_number", length=20),
        field(
            "documentType",
            Kind.ENUM,
            "document_type",
            options=("", "Payment", "Invoice", "Credit Memo", "Refund"),
        ),
        Property(
            "accountId", Kind.GUID, lambda books, row: account_id(books, GL, row.account_number)
        ),
        field("accountNumber", Kind.CODE, "account_number", length=20),
        field("description", Kind.TEXT, "description", length=100),
        Property("debitAmount", Kind.DECIMAL, _debit),
        Property("creditAmount", Kind.DECIMAL, _credit),
        Property("additionalCurrencyDebitAmount", Kind.DECIMAL, lambda _books, _row: Decimal(0)),
        Property("additionalCurrencyCreditAmount", Kind.DECIMAL, lambda _books, _row: Decimal(0)),
        MODIFIED,
    )

    def rows(self, call: Call, _parent: Parent | None, where: Filter | None) -> Iterable[Entry]:
        """By document number where the filter names it."""
        document = demanded(where, "documentNumber")
        day = demanded(where, "postingDate")
        if document is not None:
            return call.books.entries.find("document", document)
        if day is not None:
            return call.books.entries.find("posting_date", day)
        return call.books.entries

    def get(self, call: Call, _parent: Parent | None, key: str) -> Entry | None:
        """By SystemId."""
        return call.books.entries.get(key)

    def order(self, row: Entry) -> Any:
        """By entry number."""
        return row.number
