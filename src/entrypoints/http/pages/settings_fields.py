"""The fields of the settings form as the page shows them: labels, values, choices and errors."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from application.configure import Choices
from domain.chart import Catalogue, Chart, Choice
from domain.offered import (
    BANK_ACCOUNT,
    FEE_ACCOUNT,
    INCOME_ACCOUNT,
    PEX_ACCOUNT,
    catalogue,
    label,
    matching,
    named,
    offered,
)
from domain.settings import DIMENSION, EXPENSE_ACCOUNT, TAX_CODE, VENDOR, Settings
from domain.settings_check import FieldError
from entrypoints.http.pages.settings_form import MAPPING, STATIC, Form, field_of

SHORT: Final = 50
"""Lists of at most so many choices are plain selects; longer ones are searched."""
MOST_OPTIONS: Final = 600  # on a whole page; else more lists are searched
MATCHES: Final = 20
TITLES: Final = {EXPENSE_ACCOUNT: "Expense account", VENDOR: "Vendor", TAX_CODE: "Tax rate"}
FIELDS: Final = {
    "/pex_account_id": PEX_ACCOUNT,
    "/fees/account_id": FEE_ACCOUNT,
    "/transfers/bank_account_id": BANK_ACCOUNT,
    "/rebates/account_id": INCOME_ACCOUNT,
    "/bill_payments/bank_account_id": BANK_ACCOUNT,
    "/bill_payments/rebate_account_id": INCOME_ACCOUNT,
}
"""What is chosen from in which field of the form."""
LABELS: Final = {
    "/pex_account_id": "PEX account",
    "/start_date": "Start date",
    "/end_date": "End date",
    "/purchases/enabled": "Sync purchases",
    "/purchases/approved_only": "Approved purchases only",
    "/purchases/attachments": "Copy receipts",
    "/purchases/posting_date": "Posting date",
    "/purchases/vendor_per_merchant": "A vendor for each merchant",
    "/purchases/add_vendor_to_company": "Add missing vendors",
    "/purchases/standardized_vendor_names": "Standardised vendor names",
    "/purchases/vendor_posting": "Vendors on entries",
    "/fees/enabled": "Sync fees",
    "/fees/account_id": "Fee account",
    "/transfers/enabled": "Sync transfers",
    "/transfers/bank_account_id": "Bank account of transfers",
    "/rebates/enabled": "Sync rebates",
    "/rebates/account_id": "Income account of rebates",
    "/bill_payments/enabled": "Sync bill payments",
    "/bill_payments/bank_account_id": "Bank account of bill payments",
    "/bill_payments/rebate_account_id": "Rebate account of bill payments",
    "/tag_options/rename": "Rename tag options",
    "/tag_options/reenable": "Enable tag options again",
}
KINDS: Final = dict(zip(STATIC, ("fees", "transfers", "rebates", "bill payments"), strict=True))


@dataclass(frozen=True, slots=True)
class Picker:
    """A field in which one of the company's accounts, values and so on is chosen.

    `options` is None where the list is long and searched; `matches` are those that a typed text may
    mean; `note` tells of a value that cannot be chosen again.
    """

    name: str
    of: str
    text: str
    value: str
    options: tuple[Choice, ...] | None
    matches: tuple[Choice, ...] = ()
    note: str = ""
    error: FieldError | None = None


@dataclass(frozen=True, slots=True)
class MappingRow:
    """A field of purchases that can be mapped, with its present source."""

    field: str
    title: str
    kind: str
    tag_id: str
    sync: bool
    value: Picker
    required: bool
    errors: Mapping[str, FieldError | None]


@dataclass(frozen=True, slots=True)
class StaticDimension:
    """A dimension of a kind that takes static values alone."""

    title: str
    value: Picker


@dataclass(slots=True)
class FormFields:
    """A form over a company's choices; `problems` are errors by the field's name."""

    form: Form
    choices: Choices
    chart: Chart
    funding: str
    typed: bool = False
    problems: dict[str, FieldError] = field(default_factory=dict)
    _offered: dict[str, tuple[Choice, ...]] = field(default_factory=dict)
    _short: int | None = None

    def on(self, name: str) -> bool:
        """Whether a box is ticked."""
        return name in self.form

    def text(self, name: str) -> str:
        """What stands in a field."""
        return self.form.get(name, "")

    def error(self, name: str) -> FieldError | None:
        """What is wrong with a field."""
        return self.problems.get(name)

    def title(self, name: str) -> str:
        """What people call a field."""
        if name in LABELS:
            return LABELS[name]
        field = name.removeprefix("map:").rpartition(":")[0] if name.startswith("map:") else ""
        if name.startswith("dim:"):
            field = DIMENSION + name.rpartition(":")[2]
        dimension = self.chart.dimensions.get(field.removeprefix(DIMENSION))
        title = dimension.name if dimension else field.removeprefix(DIMENSION)
        return TITLES.get(field, title or "Company")

    def picker(self, name: str) -> Picker:
        """The account, bank account or value that a field names, and what it can name instead."""
        of, given = of_field(name), self.text(name)
        all_of = catalogue(self.chart, of)
        found = named(all_of, given) if given else None
        pool = self._pool(of)
        text, note, matches = given, "", tuple[Choice, ...]()
        if found is not None:
            text = label(found)
            if found not in pool:
                note = f"{text} cannot be used here. Choose another one."
        elif given and self.typed:
            matches = tuple(matching(pool, given, MATCHES))
        elif given:
            text, note = "", "What was chosen here is not in this company. Choose again."
        is_short = len(pool) <= self._shortest()
        options = pool if is_short else None
        if options is not None and found is not None and found not in options:
            options = (*options, found)
        return Picker(
            name, of, text, found.id if found else "", options, matches, note, self.error(name)
        )

    def mappings(self) -> Iterator[MappingRow]:
        """Every field that can be mapped, and those that are though the company lacks them."""
        dimensions = {f"{DIMENSION}{code}": one.name for code, one in self.chart.dimensions.items()}
        sources = [MAPPING.fullmatch(name) for name, kind in self.form.items() if kind]
        mapped = [found["field"] for found in sources if found]
        lost = {one: one.removeprefix(DIMENSION) for one in mapped if one.startswith(DIMENSION)}
        for name, title in {**TITLES, **dimensions, **lost, **dimensions}.items():
            yield self._mapping(name, title)

    def _mapping(self, name: str, title: str) -> MappingRow:
        parts = ("kind", "value", "tag_id", "sync")
        errors = {part: self.problems.get(f"map:{name}:{part}") for part in parts}
        return MappingRow(
            name,
            title,
            self.text(f"map:{name}:kind"),
            self.text(f"map:{name}:tag_id"),
            self.on(f"map:{name}:sync"),
            self.picker(f"map:{name}:value"),
            name == EXPENSE_ACCOUNT,
            errors,
        )

    def static(self, pointer: str) -> Iterator[StaticDimension]:
        """The dimensions of fees, transfers, rebates or bill payments."""
        start = f"dim:{pointer}:"
        lost = {one.removeprefix(start): "" for one in self.form if one.startswith(start)}
        names = {code: one.name for code, one in self.chart.dimensions.items()}
        for code, title in {**names, **lost, **names}.items():
            yield StaticDimension(title or code, self.picker(f"{start}{code}"))

    def tags(self) -> list[tuple[str, str]]:
        """The dropdown tags of PEX: id and name."""
        return [(tag.id, tag.name) for tag in self.choices.tags if tag.kind == "Dropdown"]

    def _pool(self, of: str) -> tuple[Choice, ...]:
        if of not in self._offered:
            self._offered[of] = tuple(offered(self.chart, self.funding, of))
        return self._offered[of]

    def _shortest(self) -> int:
        """How long a list may be to be a plain select on this page."""
        if self._short is None:
            kinds = 3 if self.funding == "credit" else 4
            fields = [EXPENSE_ACCOUNT, VENDOR, TAX_CODE, *FIELDS.values()]
            fields += [f"{DIMENSION}{code}" for code in self.chart.dimensions] * kinds
            sizes = [len(self._pool(of)) for of in fields]
            self._short = next(
                most
                for most in (SHORT, 25, 12, 6, 0)
                if sum(size for size in sizes if size <= most) <= MOST_OPTIONS or not most
            )
        return self._short


def of_field(name: str) -> str:
    """What is chosen from in a field of the form."""
    if name.startswith("map:"):
        return name.removeprefix("map:").removesuffix(":value")
    if name.startswith("dim:"):
        return DIMENSION + name.removeprefix("dim:").split(":", 1)[1]
    return FIELDS[name]


def resolved(form: Form, chart: Chart) -> Form:
    """The form with each choice by its id, where what was typed or picked names one."""
    result = {name: value for name, value in form.items() if not name.startswith("pick:")}
    for name in [name for name in result if _is_choice(name)]:
        given = form.get(f"pick:{name}") or result[name]
        choices: Catalogue[Choice] = catalogue(chart, of_field(name))
        found = named(choices, given) if given else None
        result[name] = found.id if found else given
    return result


def _is_choice(name: str) -> bool:
    mapped = name.startswith("map:") and name.endswith(":value")
    return name in FIELDS or mapped or any(name.startswith(f"dim:{one}:") for one in STATIC)


def problems(errors: Iterable[FieldError], settings: Settings) -> dict[str, FieldError]:
    """The errors by the name of the field that each belongs to; of two, the first."""
    found: dict[str, FieldError] = {}
    for error in errors:
        found.setdefault(field_of(error.pointer, settings), error)
    return found


def control_id(name: str) -> str:
    """An element's id for a field's name, which may hold any character."""
    return re.sub(r"[^A-Za-z0-9]", lambda found: f"_{ord(found[0]):x}", name)
