"""What an administrator does to a company: its cards, dimensions, set-up and access.

A `company` is an id or a name in any case.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any

from msgspec.structs import replace

from sandbox.business_central import rows
from sandbox.business_central.actor import Actor, at_once, checked
from sandbox.business_central.refusals import Refusal
from sandbox.business_central.tables import Table
from sandbox.company import COMPANY_ID

_STEP = 10_000
_GENERAL = "GENERAL"


class CompanyOperations(Actor):
    """Carried out at once; what makes no sense raises Refusal or TypeError."""

    @at_once
    def change_account(self, number: str, company: str = COMPANY_ID, **fields: Any) -> None:
        """Change a G/L account's row: `blocked`, `direct`, `name`, VAT groups, ..."""
        _change(self.books(company).ledgers, number, "G/L Account", fields)

    @at_once
    def change_bank(self, number: str, company: str = COMPANY_ID, **fields: Any) -> None:
        """Change a bank account's row: `blocked`, `currency`, ..."""
        _change(self.books(company).banks, number, "Bank Account", fields)

    @at_once
    def change_vendor(self, number: str, company: str = COMPANY_ID, **fields: Any) -> None:
        """Change a vendor's row: `blocked` (blank, Payment, All), `posting_group`, ..."""
        _change(self.books(company).vendors, number, "Vendor", fields)

    @at_once
    def change_set_up(self, company: str = COMPANY_ID, **fields: Any) -> None:
        """Change the set-up row: `vendor_series`, `vendor_posting_group`, `currency`, ..."""
        books = self.books(company)
        books.set_up.change(checked(replace(books.settings, **fields)))

    def allow_posting(
        self,
        first: date = rows.BLANK_DATE,
        last: date = rows.BLANK_DATE,
        company: str = COMPANY_ID,
    ) -> None:
        """Close all but a range of posting dates, both included; blank is open."""
        self.change_set_up(company, allow_from=first, allow_to=last)

    @at_once
    def set_default_dimension(
        self,
        number: str,
        dimension: str,
        value: str = "",
        rule: str = "",
        account_type: str = rows.GL,
        company: str = COMPANY_ID,
    ) -> None:
        """Give an account a default dimension, in place of one that it had for that dimension.

        `rule` is blank, `Code Mandatory`, `Same Code` or `No Code`.
        """
        books = self.books(company)
        for default in books.defaults.find("account", (account_type, number)):
            if default.dimension == dimension:
                books.defaults.remove(default)
        books.defaults.add(
            rows.DefaultDimension(
                id=self.world.new_id(),
                modified=self.world.now(),
                account_type=account_type,
                account_number=number,
                dimension=dimension,
                value=value,
                rule=rule,
            )
        )

    @at_once
    def add_accounts(self, accounts: Iterable[dict[str, Any]], company: str = COMPANY_ID) -> int:
        """Add G/L accounts by the fields of their rows; answers how many."""
        return self._add_all(self.books(company).ledgers, rows.Ledger, accounts)

    @at_once
    def add_vendors(self, vendors: Iterable[dict[str, Any]], company: str = COMPANY_ID) -> int:
        """Add vendors by the fields of their rows; answers how many."""
        return self._add_all(self.books(company).vendors, rows.Vendor, vendors)

    @at_once
    def add_dimension_values(
        self, dimension: str, values: Iterable[dict[str, Any]], company: str = COMPANY_ID
    ) -> int:
        """Add values to a dimension, which is made where it is missing; answers how many."""
        books, code = self.books(company), dimension.upper()
        if not books.dimensions.find("code", code):
            self._add_all(books.dimensions, rows.Dimension, [{"code": code, "name": dimension}])
        return self._add_all(
            books.values, rows.Value, ({"dimension": code, **value} for value in values)
        )

    @at_once
    def change_dimension_value(
        self, dimension: str, code: str, company: str = COMPANY_ID, **fields: Any
    ) -> None:
        """Change a value's row: `name`, `blocked`, `type`, `code`."""
        books = self.books(company)
        row = books.values.first("key", (dimension, code))
        if row is None:
            raise Refusal("not_found", table="Dimension Value", id=code)
        books.values.change(checked(replace(row, **fields)))

    @at_once
    def delete_dimension_value(self, dimension: str, code: str, company: str = COMPANY_ID) -> None:
        """Delete a value, on whatever lines it stands."""
        books = self.books(company)
        row = books.values.first("key", (dimension, code))
        if row is None:
            raise Refusal("not_found", table="Dimension Value", id=code)
        books.values.remove(row)

    @at_once
    def delete_tax_group(self, code: str, company: str = COMPANY_ID) -> None:
        """Delete a tax code with its VAT set-up, on whatever lines it stands."""
        books = self.books(company)
        row = books.tax_groups.first("code", code.upper())
        if row is None:
            raise Refusal("not_found", table="Tax Group", id=code)
        books.tax_groups.remove(row)
        for rate in list(books.vat_rates):
            if rate.product == row.code:
                books.vat_rates.remove(rate)

    @at_once
    def forbid_combination(self, first: str, second: str, company: str = COMPANY_ID) -> None:
        """Block two dimensions from being posted together."""
        self.books(company).forbidden_combinations.add(frozenset({first, second}))

    @at_once
    def hide_company(self, user: str, company: str = COMPANY_ID, *, hidden: bool = True) -> None:
        """Take a user's access to a company away, or give it back."""
        found = self.books(company).hidden_from
        (found.add if hidden else found.discard)(user)

    def _add_all(
        self, table: Table[Any], row_type: type[Any], given: Iterable[dict[str, Any]]
    ) -> int:
        count = 0
        for fields in given:
            row = row_type(id=self.world.new_id(), modified=self.world.now(), **fields)
            table.add(checked(row))
            count += 1
        return count


def _change(table: Table[Any], number: str, caption: str, fields: dict[str, Any]) -> None:
    row = table.first("number", number)
    if row is None:
        raise Refusal("not_found", table=caption, id=number)
    table.change(checked(replace(row, **fields)))
