"""`companies`, `companyInformation`, `generalLedgerSetup`, `accountingPeriods` (1.3 and 2.8)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Final

from sandbox.business_central.entity import Call, EntitySet, Parent, TableSet, named
from sandbox.business_central.odata_filter import Filter
from sandbox.business_central.properties import ID, MODIFIED, Kind, Property, field
from sandbox.business_central.refusals import Refusal
from sandbox.business_central.rows import Period, SetUp
from sandbox.business_central.state import Books
from sandbox.business_central.tables import Table

_CREATOR: Final = "1a2b3c4d-0000-4000-8000-5e6f7a8b9c0d"


@dataclass(frozen=True, slots=True)
class Company:
    """A company as a row."""

    id: str
    version: int
    name: str
    display_name: str
    created: datetime


class Companies(EntitySet):
    """The companies that the user may see; the only set outside of a company."""

    name: ClassVar = "companies"
    type: ClassVar = "company"
    table: ClassVar = "Company"
    properties: ClassVar = named(
        field("id", Kind.GUID, "id"),
        Property("systemVersion", Kind.TEXT, lambda _books, _row: "29.0.12345.0"),
        field("timestamp", Kind.INT, "version"),
        field("name", Kind.TEXT, "name", length=30),
        field("displayName", Kind.TEXT, "display_name", length=250),
        Property("businessProfileId", Kind.TEXT, lambda _books, _row: ""),
        field("systemCreatedAt", Kind.INSTANT, "created"),
        Property("systemCreatedBy", Kind.GUID, lambda _books, _row: _CREATOR),
        field("systemModifiedAt", Kind.INSTANT, "created"),
        Property("systemModifiedBy", Kind.GUID, lambda _books, _row: _CREATOR),
    )

    def rows(self, call: Call, _parent: Parent | None, _where: Filter | None) -> Iterable[Company]:
        """All companies that are not hidden from the user."""
        for books in call.world.companies.values():
            if call.user not in books.hidden_from:
                set_up = books.settings
                yield Company(
                    books.id, set_up.version, books.name, books.display_name, set_up.modified
                )

    def get(self, call: Call, parent: Parent | None, key: str) -> Company | None:
        """By id, if the user may see it; an unknown one has a refusal of its own."""
        for row in self.rows(call, parent, None):
            if row.id == key:
                return row
        raise Refusal("no_company", company=key)

    def order(self, _row: Company) -> Any:
        """As they were made: the first company is the one that keeps its books in dollars."""
        return 0


def _shortcut(place: int) -> Property:
    def get(_books: Books, row: SetUp) -> str:
        return row.shortcuts[place] if place < len(row.shortcuts) else ""

    return Property(f"shortcutDimension{place + 1}Code", Kind.CODE, get, length=20)


class GeneralLedgerSetup(TableSet):
    """`generalLedgerSetup`: one row."""

    name: ClassVar = "generalLedgerSetup"
    type: ClassVar = "generalLedgerSetup"
    table: ClassVar = "General Ledger Setup"
    number: ClassVar = "id"
    properties: ClassVar = named(
        ID,
        field("allowPostingFrom", Kind.DATE, "allow_from"),
        field("allowPostingTo", Kind.DATE, "allow_to"),
        Property("additionalReportingCurrency", Kind.CODE, lambda _books, _row: "", length=10),
        field("localCurrencyCode", Kind.CODE, "currency", length=10),
        *(_shortcut(place) for place in range(8)),
        MODIFIED,
    )

    def source(self, books: Books) -> Table[SetUp]:
        """The one row."""
        return books.set_up


class CompanyInformation(TableSet):
    """`companyInformation`: one row."""

    name: ClassVar = "companyInformation"
    type: ClassVar = "companyInformation"
    table: ClassVar = "Company Information"
    number: ClassVar = "id"
    properties: ClassVar = named(
        ID,
        Property("displayName", Kind.TEXT, lambda books, _row: books.display_name, length=100),
        Property("addressLine1", Kind.TEXT, lambda _books, _row: "1 Wharf Street", length=100),
        Property("city", Kind.TEXT, lambda _books, _row: "Portland", length=30),
        field("country", Kind.CODE, "country", length=10),
        field("currencyCode", Kind.CODE, "currency", length=10),
        MODIFIED,
    )

    def source(self, books: Books) -> Table[SetUp]:
        """The one row."""
        return books.set_up


def _locked(_books: Books, row: Period) -> bool:
    return row.closed


class AccountingPeriods(TableSet):
    """`accountingPeriods`."""

    name: ClassVar = "accountingPeriods"
    type: ClassVar = "accountingPeriod"
    table: ClassVar = "Accounting Period"
    number: ClassVar = "start"
    properties: ClassVar = named(
        ID,
        field("startingDate", Kind.DATE, "start"),
        field("name", Kind.TEXT, "name", length=10),
        field("newFiscalYear", Kind.BOOL, "new_year"),
        field("closed", Kind.BOOL, "closed"),
        Property("dateLocked", Kind.BOOL, _locked),
        MODIFIED,
    )

    def source(self, books: Books) -> Table[Period]:
        """The periods."""
        return books.periods
