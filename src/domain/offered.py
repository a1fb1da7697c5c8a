"""What a field of the settings is chosen from: nothing that their check would refuse (M10)."""

import heapq
from collections.abc import Iterable, Sequence
from typing import Any

from domain.chart import BankAccount, Catalogue, Chart, Choice
from domain.settings import DIMENSION, EXPENSE_ACCOUNT, TAX_CODE, VENDOR
from domain.settings_check import ASSETS, EXPENSES, INCOME, LIABILITIES
from domain.vendors import is_usable

PEX_ACCOUNT = "pex_account"
FEE_ACCOUNT = "fee_account"
INCOME_ACCOUNT = "income_account"
BANK_ACCOUNT = "bank_account"


def offered(chart: Chart, funding: str, field: str) -> Sequence[Choice]:
    """The choices of a field, by number or code.

    `field` is one of this module's names, or of those that can be mapped; an unknown one, such as a
    dimension that the company has no more, offers nothing.
    """
    if field == BANK_ACCOUNT:
        found: list[Choice] = [bank for bank in chart.bank_accounts if _is_open(bank, chart)]
    elif field == VENDOR:
        found = [vendor for vendor in chart.vendors if is_usable(vendor, chart.currency)]
    elif field == TAX_CODE:
        found = list(chart.tax_codes)
    elif field.startswith(DIMENSION):
        dimension = chart.dimensions.get(field.removeprefix(DIMENSION).upper())
        found = list(dimension.values) if dimension else []
    else:
        categories = _categories(field, funding)
        found = [
            account
            for account in chart.accounts
            if account.unusable_because is None
            and categories is not None
            and (not categories or account.category in categories)
        ]
    return sorted(found, key=lambda choice: choice.key.casefold())


def catalogue(chart: Chart, field: str) -> Catalogue[Any]:
    """All that a field's value can name, whether it can be used or not."""
    if field == BANK_ACCOUNT:
        return chart.bank_accounts
    if field == VENDOR:
        return chart.vendors
    if field == TAX_CODE:
        return chart.tax_codes
    if field.startswith(DIMENSION):
        dimension = chart.dimensions.get(field.removeprefix(DIMENSION).upper())
        return dimension.values if dimension else Catalogue()
    return chart.accounts


def label(choice: Choice) -> str:
    """A choice as people read it: number or code, and name."""
    return f"{choice.key} {choice.name}".strip()


def named(choices: Catalogue[Any], text: str) -> Choice | None:
    """The choice that a person means by its label, number, code or exact name; None for none."""
    text = text.strip()
    found: list[Choice] = []
    for end, character in enumerate(text):
        if character == " ":
            choice = choices.find(text[:end])
            if choice is not None and label(choice) == text and choice not in found:
                found.append(choice)
    return found[0] if len(found) == 1 else choices.find(text)


def matching(choices: Iterable[Choice], text: str, most: int) -> list[Choice]:
    """The choices that bear each word of a text, best first: by number or code, then by name."""
    words = text.casefold().split()
    whole = " ".join(words)
    ranked: list[tuple[int, str, Choice]] = []
    for choice in choices:
        key, name = choice.key.casefold(), choice.name.casefold()
        if all(word in key or word in name for word in words):
            rank = 0 if key.startswith(whole) else 1 if name.startswith(whole) else 2
            ranked.append((rank, key, choice))
    return [choice for _, _, choice in heapq.nsmallest(most, ranked, key=lambda one: one[:2])]


def _categories(field: str, funding: str) -> tuple[str, ...] | None:
    """The account categories that a field takes: none named means all, None means no accounts."""
    return {
        PEX_ACCOUNT: (LIABILITIES,) if funding == "credit" else (ASSETS,),
        EXPENSE_ACCOUNT: (),
        FEE_ACCOUNT: EXPENSES,
        INCOME_ACCOUNT: INCOME,
    }.get(field)


def _is_open(bank: BankAccount, chart: Chart) -> bool:
    return not bank.blocked and bank.currency in ("", chart.currency)
