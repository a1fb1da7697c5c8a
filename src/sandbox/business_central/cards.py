"""`vendors`, `bankAccounts` and `taxGroups`: cards that can be written (contract 2.5, 2.6)."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, ClassVar, Final
from uuid import NAMESPACE_DNS, uuid5

from msgspec.structs import replace

from sandbox.business_central.entity import Body, Call, Parent, TableSet, named
from sandbox.business_central.numbers import incremented
from sandbox.business_central.odata_filter import Filter, demanded
from sandbox.business_central.properties import ID, MODIFIED, Kind, Property, Write, field
from sandbox.business_central.refusals import Refusal
from sandbox.business_central.rows import ZERO_GUID, Bank, TaxGroup, Vendor
from sandbox.business_central.state import Books
from sandbox.business_central.tables import Table

CURRENCIES: Final = ("CAD", "CHF", "EUR", "GBP", "USD")
COUNTRIES: Final = ("AT", "CA", "CH", "DE", "DK", "ES", "FR", "GB", "IE", "IT", "MX", "NL", "US")
_BLOCKED: Final = ("", "Payment", "All")


def _currency(books: Books, row: Bank | Vendor) -> str:
    return row.currency or books.settings.currency


def _currency_id(_books: Books, row: Bank | Vendor) -> str:
    """Zeros for the company's own currency, else an id that a currency always has."""
    return str(uuid5(NAMESPACE_DNS, row.currency)) if row.currency else ZERO_GUID


def _balance(books: Books, row: Vendor) -> Decimal:
    entries = books.vendor_entries.find("vendor", row.number)
    return -sum((entry.amount for entry in entries), Decimal(0))


def _own_currency(books: Books, body: Body) -> dict[str, Any]:
    """The currency to store: the company's own is stored blank (contract 2.6)."""
    code = body.get("currencyCode")
    if code is None:
        return {}
    if code in ("", books.settings.currency):
        return {"currency": ""}
    if code not in CURRENCIES:
        raise Refusal("currency")
    return {"currency": code}


class Vendors(TableSet):
    """`vendors`."""

    name: ClassVar = "vendors"
    type: ClassVar = "vendor"
    table: ClassVar = "Vendor"
    creates: ClassVar = True
    changes: ClassVar = True
    removes: ClassVar = True
    properties: ClassVar = named(
        ID,
        field("number", Kind.CODE, "number", Write.ALWAYS, 20),
        field("displayName", Kind.TEXT, "name", Write.ALWAYS, 100),
        field("addressLine1", Kind.TEXT, "address", Write.ALWAYS, 100),
        field("addressLine2", Kind.TEXT, "address2", Write.ALWAYS, 50),
        field("city", Kind.TEXT, "city", Write.ALWAYS, 30),
        field("state", Kind.TEXT, "state", Write.ALWAYS, 30),
        field("country", Kind.CODE, "country", Write.ALWAYS, 10),
        field("postalCode", Kind.CODE, "postal_code", Write.ALWAYS, 20),
        field("phoneNumber", Kind.TEXT, "phone", Write.ALWAYS, 30),
        field("email", Kind.TEXT, "email", Write.ALWAYS, 80),
        field("website", Kind.TEXT, "website", Write.ALWAYS, 255),
        field("taxRegistrationNumber", Kind.TEXT, "tax_number", Write.ALWAYS, 20),
        Property("currencyId", Kind.GUID, _currency_id, Write.ZERO),
        Property("currencyCode", Kind.CODE, _currency, Write.ALWAYS, 10),
        field("irs1099Code", Kind.CODE, "irs_code", Write.ALWAYS, 10),
        field("paymentTermsId", Kind.GUID, "terms", Write.ALWAYS),
        field("paymentMethodId", Kind.GUID, "method", Write.ALWAYS),
        field("taxLiable", Kind.BOOL, "tax_liable", Write.ALWAYS),
        field("blocked", Kind.ENUM, "blocked", Write.ALWAYS, options=_BLOCKED),
        Property("balance", Kind.DECIMAL, _balance),
        MODIFIED,
    )

    def source(self, books: Books) -> Table[Vendor]:
        """The vendors."""
        return books.vendors

    def rows(self, call: Call, _parent: Parent | None, where: Filter | None) -> Iterable[Vendor]:
        """By name or number where the filter names it."""
        name, number = demanded(where, "displayName"), demanded(where, "number")
        if name is not None:
            return call.books.vendors.find("name", name)
        if number is not None:
            return call.books.vendors.find("number", number.upper())
        return call.books.vendors

    def create(self, call: Call, _parent: Parent | None, body: Body) -> Vendor:
        """Insert, with the next number of the vendor series where none is given."""
        settings = call.books.settings
        number = self._number(call.books, body.get("number") or "")
        vendor = Vendor(
            id=call.world.new_id(),
            modified=call.world.now(),
            number=number,
            posting_group=settings.vendor_posting_group,
        )
        attributes = self.attributes(body) | _own_currency(call.books, body)
        self._check_country(attributes)
        return call.books.vendors.add(replace(vendor, **attributes | {"number": number}))

    def change(self, call: Call, parent: Parent | None, row: Vendor, body: Body) -> Vendor:
        """Set the values sent."""
        attributes = self.attributes(body)
        self._check_country(attributes)
        if not attributes.get("number", row.number):
            raise Refusal("must_have_value", field="No.", record=self.table)
        changed: Vendor = super().change(call, parent, row, body)
        currency = _own_currency(call.books, body)
        return call.books.vendors.change(replace(changed, **currency)) if currency else changed

    def remove(self, call: Call, parent: Parent | None, row: Vendor) -> None:
        """Delete a vendor without ledger entries."""
        if call.books.vendor_entries.find("vendor", row.number):
            raise Refusal("has_entries", record=f"Vendor {row.number}")
        super().remove(call, parent, row)

    def _number(self, books: Books, given: str) -> str:
        code = books.settings.vendor_series
        series = books.series.first("code", code) if code else None
        if series is None:
            raise Refusal(
                "must_have_value", field="Vendor Nos.", record="Purchases & Payables Setup"
            )
        if given:
            if not series.manual:
                raise Refusal("manual_number", series=series.code)
            if books.vendors.find("number", given):
                raise Refusal("same_key", table=self.table, key=f"No.='{given}'")
            return given
        number = incremented(series.last)
        while books.vendors.find("number", number):
            number = incremented(number)
        books.series.change(replace(series, last=number))
        return number

    def _check_country(self, attributes: dict[str, Any]) -> None:
        country = attributes.get("country")
        if country and country not in COUNTRIES:
            raise Refusal(
                "no_relation",
                field="Country/Region Code",
                table=self.table,
                value=country,
                related="Country/Region",
            )


class BankAccounts(TableSet):
    """`bankAccounts`."""

    name: ClassVar = "bankAccounts"
    type: ClassVar = "bankAccount"
    table: ClassVar = "Bank Account"
    creates: ClassVar = True
    changes: ClassVar = True
    removes: ClassVar = True
    properties: ClassVar = named(
        ID,
        field("number", Kind.CODE, "number", Write.ALWAYS, 20),
        field("displayName", Kind.TEXT, "name", Write.ALWAYS, 100),
        field("bankAccountNumber", Kind.TEXT, "account", Write.ALWAYS, 30),
        field("blocked", Kind.BOOL, "blocked", Write.ALWAYS),
        Property("currencyCode", Kind.CODE, _currency, Write.ALWAYS, 10),
        Property("currencyId", Kind.GUID, _currency_id, Write.ZERO),
        field("iban", Kind.CODE, "iban", Write.ALWAYS, 50),
        field("intercompanyEnabled", Kind.BOOL, "intercompany", Write.ALWAYS),
        MODIFIED,
    )

    def source(self, books: Books) -> Table[Bank]:
        """The bank accounts."""
        return books.banks

    def create(self, call: Call, _parent: Parent | None, body: Body) -> Bank:
        """Insert a bank account; the simulator keeps no number series for them."""
        number = body.get("number") or ""
        if not number:
            raise Refusal("must_have_value", field="No.", record=self.table)
        self.check_free(call, number)
        bank = Bank(id=call.world.new_id(), modified=call.world.now(), number=number)
        attributes = self.attributes(body) | _own_currency(call.books, body)
        return call.books.banks.add(replace(bank, **attributes))

    def change(self, call: Call, parent: Parent | None, row: Bank, body: Body) -> Bank:
        """Set the values sent."""
        changed: Bank = super().change(call, parent, row, body)
        currency = _own_currency(call.books, body)
        return call.books.banks.change(replace(changed, **currency)) if currency else changed


class TaxGroups(TableSet):
    """`taxGroups`: VAT product posting groups in a VAT company."""

    name: ClassVar = "taxGroups"
    type: ClassVar = "taxGroup"
    table: ClassVar = "Tax Group"
    number: ClassVar = "code"
    creates: ClassVar = True
    changes: ClassVar = True
    removes: ClassVar = True
    properties: ClassVar = named(
        ID,
        field("code", Kind.CODE, "code", Write.ALWAYS, 20),
        field("displayName", Kind.TEXT, "name", Write.ALWAYS, 100),
        Property(
            "taxType",
            Kind.ENUM,
            lambda books, _row: "VAT" if books.vat else "Sales Tax",
            options=("Sales Tax", "VAT"),
        ),
        MODIFIED,
    )

    def source(self, books: Books) -> Table[TaxGroup]:
        """The groups."""
        return books.tax_groups

    def create(self, call: Call, _parent: Parent | None, body: Body) -> TaxGroup:
        """Insert a group."""
        code = body.get("code") or ""
        if not code:
            raise Refusal("must_have_value", field="Code", record=self.table)
        self.check_free(call, code)
        group = TaxGroup(id=call.world.new_id(), modified=call.world.now(), code=code)
        return call.books.tax_groups.add(replace(group, **self.attributes(body)))
