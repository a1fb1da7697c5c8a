"""Reads of companies and their charts, in as few requests as it takes."""

from collections.abc import Collection
from datetime import date
from typing import TypeVar

from adapters.business_central.client import Client, distinct
from adapters.business_central.odata import address, company_path
from adapters.business_central.wire import (
    BLANK_DATE,
    AccountRow,
    BankRow,
    CodeRow,
    CompanyRow,
    SetupRow,
    VendorRow,
)
from application.ports.company_data import Company
from domain.chart import Catalogue, Chart, Dimension

R = TypeVar("R", AccountRow, BankRow, CodeRow, VendorRow)
SETUP_COLUMNS = "localCurrencyCode,allowPostingFrom,allowPostingTo"
ACCOUNT_COLUMNS = "id,number,displayName,category,accountType,blocked,directPosting"
DIMENSIONS_AT_ONCE = 40


class HttpCompanyData:
    """Fulfils the port `CompanyData` for one tenant and environment."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def companies(self) -> tuple[Company, ...]:
        """The companies that the sign-in can see."""
        rows = self._client.rows(CompanyRow, "companies", {"$select": "id,name,displayName"})
        return tuple(
            Company(row.id, row.display_name or row.name)
            for row in distinct(rows, lambda row: row.id)
        )

    def chart(
        self,
        company_id: str,
        *,
        dimensions: Collection[str] | None = None,
        vendors: bool = True,
        bank_accounts: bool = True,
        tax_codes: bool = True,
    ) -> Chart:
        """Read the chart: one request for the lists, one for the wanted dimensions' values."""
        company = company_path(company_id)
        wanted: dict[str, tuple[type, str]] = {
            "setup": (
                SetupRow,
                address(f"{company}/generalLedgerSetup", {"$select": SETUP_COLUMNS}),
            ),
            "accounts": (
                AccountRow,
                address(f"{company}/accounts", {"$select": ACCOUNT_COLUMNS}),
            ),
            "dimensions": (
                CodeRow,
                address(f"{company}/dimensions", {"$select": "id,code,displayName"}),
            ),
        }
        if bank_accounts:
            columns = {"$select": "id,number,displayName,currencyCode,blocked"}
            wanted["banks"] = (BankRow, address(f"{company}/bankAccounts", columns))
        if vendors:
            columns = {"$select": "id,number,displayName,blocked,currencyCode"}
            wanted["vendors"] = (VendorRow, address(f"{company}/vendors", columns))
        if tax_codes:
            columns = {"$select": "id,code,displayName"}
            wanted["taxes"] = (CodeRow, address(f"{company}/taxGroups", columns))
        read = dict(zip(wanted, self._client.several(list(wanted.values())), strict=True))
        setup = next((row for row in read["setup"] if isinstance(row, SetupRow)), SetupRow())
        return Chart(
            company_id,
            setup.local_currency_code,
            Catalogue(row.value() for row in _of(AccountRow, read["accounts"])),
            Catalogue(row.value() for row in _of(BankRow, read.get("banks", []))),
            Catalogue(row.value() for row in _of(VendorRow, read.get("vendors", []))),
            Catalogue(row.tax_code() for row in _of(CodeRow, read.get("taxes", []))),
            self._dimensions(company, _of(CodeRow, read["dimensions"]), dimensions),
            _day(setup.allow_posting_from),
            _day(setup.allow_posting_to),
        )

    def _dimensions(
        self, company: str, rows: tuple[CodeRow, ...], wanted: Collection[str] | None
    ) -> dict[str, Dimension]:
        codes = None if wanted is None else {code.upper() for code in wanted}
        chosen = [row.id for row in rows if codes is None or row.code.upper() in codes]
        values: dict[str, list[CodeRow]] = {}
        for first in range(0, len(chosen), DIMENSIONS_AT_ONCE):
            some = chosen[first : first + DIMENSIONS_AT_ONCE]
            condition = " or ".join(f"dimensionId eq {dimension}" for dimension in some)
            found = self._client.rows(
                CodeRow,
                f"{company}/dimensionValues",
                {"$filter": condition, "$select": "id,code,dimensionId,displayName"},
            )
            for row in distinct(found, lambda row: row.id):
                values.setdefault(row.dimension_id.casefold(), []).append(row)
        return {
            row.code.upper(): Dimension(
                row.id,
                row.code,
                row.display_name,
                Catalogue(one.dimension_value() for one in values.get(row.id.casefold(), ())),
            )
            for row in rows
        }


def _of(kind: type[R], rows: list[object]) -> tuple[R, ...]:
    return distinct((row for row in rows if isinstance(row, kind)), lambda row: row.id)


def _day(day: date) -> date | None:
    return None if day == BLANK_DATE else day
