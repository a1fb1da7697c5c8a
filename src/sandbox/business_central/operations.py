"""What a user of Business Central does, and what tests do to it, as plain methods.

A `company` is an id or a name in any case; a `journal` is a code, in template GENERAL.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import wraps
from typing import Any, TypeVar, cast

from sandbox.business_central import rows, switching
from sandbox.business_central.dumping import dumped
from sandbox.business_central.line_insert import FIRST_NUMBER, check_number_free
from sandbox.business_central.line_values import with_account
from sandbox.business_central.posting import post_journal
from sandbox.business_central.refusals import Refusal
from sandbox.business_central.seed import PEX_CARD, add_journal
from sandbox.business_central.state import Books, World
from sandbox.business_central.tables import Table
from sandbox.company import COMPANY_ID

_STEP = 10_000
_GENERAL = "GENERAL"
_Method = TypeVar("_Method", bound=Callable[..., Any])


def _at_once(method: _Method) -> _Method:
    """Hold the world's lock, and leave nothing half done."""

    @wraps(method)
    def locked(self: "Operations", /, *args: Any, **kwargs: Any) -> Any:
        with self.world.lock, self.world.history.transaction():
            return method(self, *args, **kwargs)

    return cast("_Method", locked)


class Operations:
    """Carried out at once, past the API; what makes no sense raises Refusal or ValueError."""

    def __init__(self, world: World) -> None:
        self.world = world

    def books(self, company: str = COMPANY_ID) -> Books:
        """A company's tables."""
        for found in self.world.companies.values():
            if company.casefold() in (found.id, found.name.casefold()):
                return found
        raise Refusal("no_company", company=company)

    def journal(self, journal: str = PEX_CARD, company: str = COMPANY_ID) -> rows.Journal:
        """A journal's row."""
        code = journal.strip().upper()
        found = self.books(company).journals.first("key", (_GENERAL, code))
        if found is None:
            raise Refusal("not_found", table="Gen. Journal Batch", id=journal)
        return found

    def lines(self, journal: str = PEX_CARD, company: str = COMPANY_ID) -> list[rows.Line]:
        """A journal's lines by number, invisible ones included."""
        with self.world.lock:
            return self.books(company).lines.in_order(self.journal(journal, company).id)

    @_at_once
    def post(self, journal: str = PEX_CARD, company: str = COMPANY_ID) -> int:
        """Post the whole journal; answers the number of G/L entries."""
        return post_journal(self.world, self.books(company), self.journal(journal, company))

    @_at_once
    def schedule_posting(self, journal: str = PEX_CARD, company: str = COMPANY_ID) -> None:
        """Post by job queue: the lines stay, locked, until `post` plays the job."""
        books = self.books(company)
        for line in books.lines.in_order(self.journal(journal, company).id):
            books.lines.change(replace(line, scheduled=True))

    @_at_once
    def add_line(
        self, journal: str = PEX_CARD, company: str = COMPANY_ID, **fields: Any
    ) -> rows.Line:
        """Type a line into the journal, below the last one; `fields` are those of the line's row.

        An account brings its name and default dimensions along; a document type or a rare account
        type makes the line invisible to the API.
        """
        books, row = self.books(company), self.journal(journal, company)
        last = books.lines.last(row.id)
        fields.setdefault("number", last.number + _STEP if last else FIRST_NUMBER)
        check_number_free(books, row, fields["number"])
        fields.setdefault("posting_date", self.world.now().date())
        line = rows.Line(
            id=self.world.new_id(), modified=self.world.now(), journal=row.id, **fields
        )
        if line.account_number:
            named = with_account(books, line, line.account_number)
            line = replace(named, description=line.description or named.description)
        return books.lines.add(line)

    @_at_once
    def edit_line(self, line: str, company: str = COMPANY_ID, **fields: Any) -> rows.Line:
        """Change fields of a line, named by its id."""
        books = self.books(company)
        row = _named(books.lines, line, "Gen. Journal Line")
        return books.lines.change(replace(row, **fields))

    @_at_once
    def delete_line(self, line: str, company: str = COMPANY_ID) -> None:
        """Delete a line, named by its id."""
        books = self.books(company)
        books.lines.remove(_named(books.lines, line, "Gen. Journal Line"))

    @_at_once
    def change_journal(
        self, journal: str = PEX_CARD, company: str = COMPANY_ID, **fields: Any
    ) -> rows.Journal:
        """Change a journal's row: `code` renames it; `series`, `posting_series`, ... are hidden."""
        row = replace(self.journal(journal, company), **fields)
        return self.books(company).journals.change(row)

    @_at_once
    def create_journal(
        self, journal: str = PEX_CARD, company: str = COMPANY_ID, **fields: Any
    ) -> rows.Journal:
        """Create a journal; `template` and other fields of the row may be given."""
        code, template = journal.strip().upper(), fields.get("template", _GENERAL)
        if self.books(company).journals.find("key", (template, code)):
            raise Refusal("same_key", table="Gen. Journal Batch", key=f"Name='{code}'")
        return add_journal(self.world, self.books(company), code, **fields)

    @_at_once
    def delete_journal(self, journal: str = PEX_CARD, company: str = COMPANY_ID) -> None:
        """Delete a journal and its lines."""
        books, row = self.books(company), self.journal(journal, company)
        for line in books.lines.find("journal", row.id):
            books.lines.remove(line)
        books.journals.remove(row)

    @_at_once
    def change_template(self, template: str, company: str = COMPANY_ID, **fields: Any) -> None:
        """Change a template's row: `force_balance`, `increment_name`, ..."""
        books = self.books(company)
        row = books.templates.first("name", template.upper())
        if row is None:
            raise Refusal("not_found", table="Gen. Journal Template", id=template)
        books.templates.change(replace(row, **fields))

    def set_balancing_account(
        self,
        number: str,
        account_type: str = rows.GL,
        journal: str = PEX_CARD,
        company: str = COMPANY_ID,
    ) -> rows.Journal:
        """Give the journal a balancing account; a blank number takes it away."""
        return self.change_journal(
            journal, company, balancing_type=account_type, balancing_number=number
        )

    def set_series(
        self,
        series: str | None = None,
        posting_series: str | None = None,
        journal: str = PEX_CARD,
        company: str = COMPANY_ID,
    ) -> rows.Journal:
        """Put number series on the journal; blank takes one away, None leaves it."""
        given = {"series": series, "posting_series": posting_series}
        fields = {name: value for name, value in given.items() if value is not None}
        return self.change_journal(journal, company, **fields)

    @_at_once
    def add_series(
        self, code: str, last: str, company: str = COMPANY_ID, *, manual: bool = False
    ) -> None:
        """Create a number series or set it: the number last used, and whether manual ones go."""
        books = self.books(company)
        row = books.series.first("code", code)
        if row:
            books.series.change(replace(row, last=last, manual=manual))
            return
        identity: dict[str, Any] = {"id": self.world.new_id(), "modified": self.world.now()}
        books.series.add(rows.Series(**identity, code=code, last=last, manual=manual))

    def request_approval(
        self,
        sender: str,
        approvers: Iterable[str] = (),
        journal: str = PEX_CARD,
        company: str = COMPANY_ID,
    ) -> rows.Journal:
        """Put the journal under approval; users are named as `authenticate` names them."""
        approval = rows.Approval(sender=sender, approvers=frozenset(approvers))
        return self.change_journal(journal, company, approval=approval)

    def end_approval(self, journal: str = PEX_CARD, company: str = COMPANY_ID) -> rows.Journal:
        """End the approval request."""
        return self.change_journal(journal, company, approval=None)

    @_at_once
    def change_account(self, number: str, company: str = COMPANY_ID, **fields: Any) -> None:
        """Change a G/L account's row: `blocked`, `direct`, `name`, VAT groups, ..."""
        _change(self.books(company).ledgers, number, "G/L Account", fields)

    @_at_once
    def change_bank(self, number: str, company: str = COMPANY_ID, **fields: Any) -> None:
        """Change a bank account's row: `blocked`, `currency`, ..."""
        _change(self.books(company).banks, number, "Bank Account", fields)

    @_at_once
    def change_vendor(self, number: str, company: str = COMPANY_ID, **fields: Any) -> None:
        """Change a vendor's row: `blocked` (blank, Payment, All), `posting_group`, ..."""
        _change(self.books(company).vendors, number, "Vendor", fields)

    @_at_once
    def change_set_up(self, company: str = COMPANY_ID, **fields: Any) -> None:
        """Change the set-up row: `vendor_series`, `vendor_posting_group`, `currency`, ..."""
        books = self.books(company)
        books.set_up.change(replace(books.settings, **fields))

    def allow_posting(
        self,
        first: date = rows.BLANK_DATE,
        last: date = rows.BLANK_DATE,
        company: str = COMPANY_ID,
    ) -> None:
        """Close all but a range of posting dates, both included; blank is open."""
        self.change_set_up(company, allow_from=first, allow_to=last)

    @_at_once
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

    @_at_once
    def add_accounts(self, accounts: Iterable[dict[str, Any]], company: str = COMPANY_ID) -> int:
        """Add G/L accounts by the fields of their rows; answers how many."""
        return self._add_all(self.books(company).ledgers, rows.Ledger, accounts)

    @_at_once
    def add_vendors(self, vendors: Iterable[dict[str, Any]], company: str = COMPANY_ID) -> int:
        """Add vendors by the fields of their rows; answers how many."""
        return self._add_all(self.books(company).vendors, rows.Vendor, vendors)

    @_at_once
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

    @_at_once
    def change_dimension_value(
        self, dimension: str, code: str, company: str = COMPANY_ID, **fields: Any
    ) -> None:
        """Change a value's row: `name`, `blocked`, `type`, `code`."""
        books = self.books(company)
        row = books.values.first("key", (dimension, code))
        if row is None:
            raise Refusal("not_found", table="Dimension Value", id=code)
        books.values.change(replace(row, **fields))

    @_at_once
    def delete_dimension_value(self, dimension: str, code: str, company: str = COMPANY_ID) -> None:
        """Delete a value, on whatever lines it stands."""
        books = self.books(company)
        row = books.values.first("key", (dimension, code))
        if row is None:
            raise Refusal("not_found", table="Dimension Value", id=code)
        books.values.remove(row)

    @_at_once
    def forbid_combination(self, first: str, second: str, company: str = COMPANY_ID) -> None:
        """Block two dimensions from being posted together."""
        self.books(company).forbidden_combinations.add(frozenset({first, second}))

    @_at_once
    def hide_company(self, user: str, company: str = COMPANY_ID, *, hidden: bool = True) -> None:
        """Take a user's access to a company away, or give it back."""
        found = self.books(company).hidden_from
        (found.add if hidden else found.discard)(user)

    def switch(self, **values: Any) -> None:
        """Set switches by name; ValueError, with nothing set, for what does not exist."""
        with self.world.lock:
            switching.apply(self.world, values)

    def dump(self) -> dict[str, Any]:
        """Everything that the simulator holds."""
        with self.world.lock:
            return dumped(self.world)

    def _add_all(
        self, table: Table[Any], row_type: type[Any], given: Iterable[dict[str, Any]]
    ) -> int:
        count = 0
        for fields in given:
            table.add(row_type(id=self.world.new_id(), modified=self.world.now(), **fields))
            count += 1
        return count


def amount_of(value: Any) -> Decimal:
    """An amount from JSON, a number or a text; ValueError for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        raise ValueError(f"no amount: {value!r}")  # noqa: TRY004 - answered as a bad request
    try:
        return Decimal(value)
    except ArithmeticError:
        raise ValueError(f"no amount: {value!r}") from None


def _named(table: Table[rows.Line], row_id: str, caption: str) -> rows.Line:
    row = table.get(row_id)
    if row is None:
        raise Refusal("not_found", table=caption, id=row_id)
    return row


def _change(table: Table[Any], number: str, caption: str, fields: dict[str, Any]) -> None:
    row = table.first("number", number)
    if row is None:
        raise Refusal("not_found", table=caption, id=number)
    table.change(replace(row, **fields))
