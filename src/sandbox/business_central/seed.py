"""Fills the simulator with the made-up company, in dollars, and a second one in euros."""

from datetime import date
from decimal import Decimal
from typing import Any

from sandbox.business_central import rows
from sandbox.business_central.state import Books, World
from sandbox.company import (
    ACCOUNTS,
    BANKS,
    COMPANY_DISPLAY_NAME,
    COMPANY_ID,
    COMPANY_NAME,
    DIMENSIONS,
    SECOND_COMPANY_ID,
    SECOND_COMPANY_NAME,
    TAX_GROUPS,
    VENDORS,
    Account,
)

PEX_CARD = "PEX CARD"
_OWN_ACCOUNTS = (
    Account("24000", "Purchase VAT", "Liabilities", direct_posting=False),  # VAT splits land here
)
_TEMPLATES: tuple[dict[str, Any], ...] = (
    {"name": "ASSETS", "type": "Assets", "page": 5633},
    {"name": "GENERAL"},
    {"name": "PAYMENT", "type": "Payments", "page": 256},
    {"name": "RECURRING", "recurring": True, "page": 283},
)
_VAT_PERCENT = {"TAXABLE": Decimal(20), "NONTAXABLE": Decimal(0), "FOOD": Decimal(5)}


def populate(world: World, *, with_journal: bool) -> None:
    """Make both companies; `with_journal` puts the journal `PEX CARD` into the first one."""
    first = Books(COMPANY_ID, COMPANY_NAME, COMPANY_DISPLAY_NAME, world)
    second = Books(SECOND_COMPANY_ID, SECOND_COMPANY_NAME, "", world)
    for books, currency, country in ((first, "USD", "US"), (second, "EUR", "DE")):
        world.companies[books.id] = books
        with world.history.transaction():
            _fill(world, books, currency, country)
    if with_journal:
        add_journal(world, first, PEX_CARD, name="PEX Card Journal")


def add_journal(
    world: World, books: Books, code: str, template: str = "GENERAL", **fields: Any
) -> rows.Journal:
    """Create a journal as a user would; `fields` are the journal row's."""
    identity: dict[str, Any] = {"id": world.new_id(), "modified": world.now()}
    return books.journals.add(
        rows.Journal(**identity, template=template, code=code.strip().upper(), **fields)
    )


def _fill(world: World, books: Books, currency: str, country: str) -> None:
    def base() -> dict[str, Any]:
        return {"id": world.new_id(), "modified": world.now()}

    shortcuts = tuple(DIMENSIONS)
    books.set_up.add(rows.SetUp(**base(), currency=currency, country=country, shortcuts=shortcuts))
    _fill_periods(world, books)
    for template in _TEMPLATES:
        books.templates.add(rows.Template(**base(), **template))
        add_journal(world, books, "DEFAULT", template["name"], name="Default Journal")
    for account in (*ACCOUNTS, *_OWN_ACCOUNTS):
        books.ledgers.add(_ledger(account, base()))
    for bank in BANKS:
        own = bank.currency if bank.currency != currency else ""
        books.banks.add(
            rows.Bank(
                **base(), number=bank.number, name=bank.name, currency=own, blocked=bank.blocked
            )
        )
    books.customers.add(rows.Customer(**base(), number="C00010", name="Pier Nine Restaurants"))
    for number, name, blocked in VENDORS:
        card: dict[str, Any] = {
            "number": number,
            "name": name,
            "blocked": blocked,
            "posting_group": "DOMESTIC",
        }
        books.vendors.add(rows.Vendor(**base(), **card))
    for code, last, manual in (("V", "V00010", False), ("GJNL", "G00100", False)):
        books.series.add(rows.Series(**base(), code=code, last=last, manual=manual))
    _fill_dimensions(world, books)
    for code, name in TAX_GROUPS:
        books.tax_groups.add(rows.TaxGroup(**base(), code=code, name=name))
        rate = _VAT_PERCENT.get(code, Decimal(0))
        books.vat_rates.add(rows.VatRate(**base(), business="DOMESTIC", product=code, percent=rate))


def _ledger(account: Account, base: dict[str, Any]) -> rows.Ledger:
    return rows.Ledger(
        **base,
        number=account.number,
        name=account.name,
        category=account.category,
        type=account.account_type,
        direct=account.direct_posting,
        blocked=account.blocked,
    )


def _fill_periods(world: World, books: Books) -> None:
    this_year = world.now().year
    for year in (this_year - 1, this_year):
        for month in range(1, 13):
            start = date(year, month, 1)
            books.periods.add(
                rows.Period(
                    id=world.new_id(),
                    modified=world.now(),
                    start=start,
                    name=f"{start:%B}",
                    new_year=month == 1,
                    closed=year < this_year,
                )
            )


def _fill_dimensions(world: World, books: Books) -> None:
    for code, (name, values) in DIMENSIONS.items():
        identity: dict[str, Any] = {"id": world.new_id(), "modified": world.now()}
        books.dimensions.add(rows.Dimension(**identity, code=code, name=name))
        for value, value_name in values:
            books.values.add(
                rows.Value(
                    id=world.new_id(),
                    modified=world.now(),
                    dimension=code,
                    code=value,
                    name=value_name,
                )
            )
