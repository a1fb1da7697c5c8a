"""What a user does to journals and their lines.

A `company` is an id or a name in any case; a `journal` is a code, in template GENERAL.
"""

from collections.abc import Iterable
from typing import Any

from msgspec.structs import replace

from sandbox.business_central import rows
from sandbox.business_central.actor import Actor, at_once, checked
from sandbox.business_central.line_insert import FIRST_NUMBER, check_number_free
from sandbox.business_central.line_values import with_account
from sandbox.business_central.posting import post_journal
from sandbox.business_central.refusals import Refusal
from sandbox.business_central.seed import PEX_CARD, add_journal
from sandbox.business_central.tables import Table
from sandbox.company import COMPANY_ID

_STEP = 10_000
_GENERAL = "GENERAL"


class JournalOperations(Actor):
    """Carried out at once; what makes no sense raises Refusal or TypeError."""

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

    @at_once
    def post(self, journal: str = PEX_CARD, company: str = COMPANY_ID) -> int:
        """Post the whole journal; answers the number of G/L entries."""
        return post_journal(self.world, self.books(company), self.journal(journal, company))

    @at_once
    def schedule_posting(self, journal: str = PEX_CARD, company: str = COMPANY_ID) -> None:
        """Post by job queue: the lines stay, locked, until `post` plays the job."""
        books = self.books(company)
        for line in books.lines.in_order(self.journal(journal, company).id):
            books.lines.change(replace(line, scheduled=True))

    @at_once
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
        identity: dict[str, Any] = {"id": self.world.new_id(), "modified": self.world.now()}
        line = checked(rows.Line(**identity, journal=row.id, **fields))
        if line.account_number:
            named = with_account(books, line, line.account_number)
            line = replace(named, description=line.description or named.description)
        return books.lines.add(line)

    @at_once
    def edit_line(self, line_id: str, company: str = COMPANY_ID, **fields: Any) -> rows.Line:
        """Change fields of a line, named by its id."""
        books = self.books(company)
        row = _named(books.lines, line_id, "Gen. Journal Line")
        line = checked(replace(row, **fields))
        journal = books.journals.get(line.journal)
        if journal and line.number != row.number:
            check_number_free(books, journal, line.number)
        return books.lines.change(line)

    @at_once
    def delete_line(self, line_id: str, company: str = COMPANY_ID) -> None:
        """Delete a line, named by its id."""
        books = self.books(company)
        books.lines.remove(_named(books.lines, line_id, "Gen. Journal Line"))

    @at_once
    def change_journal(
        self, journal: str = PEX_CARD, company: str = COMPANY_ID, **fields: Any
    ) -> rows.Journal:
        """Change a journal's row: `code` renames it; `series`, `posting_series`, ... are hidden."""
        before = self.journal(journal, company)
        row = checked(replace(before, **fields))
        row = replace(row, code=row.code.strip().upper())
        if row.code != before.code:
            self._check_code_free(row.template, row.code, company)
        return self.books(company).journals.change(row)

    @at_once
    def create_journal(
        self, journal: str = PEX_CARD, company: str = COMPANY_ID, **fields: Any
    ) -> rows.Journal:
        """Create a journal; `template` and other fields of the row may be given."""
        code, template = journal.strip().upper(), fields.get("template", _GENERAL)
        self._check_code_free(template, code, company)
        return add_journal(self.world, self.books(company), code, **fields)

    @at_once
    def delete_journal(self, journal: str = PEX_CARD, company: str = COMPANY_ID) -> None:
        """Delete a journal and its lines."""
        books, row = self.books(company), self.journal(journal, company)
        for line in books.lines.find("journal", row.id):
            books.lines.remove(line)
        books.journals.remove(row)

    @at_once
    def change_template(self, template: str, company: str = COMPANY_ID, **fields: Any) -> None:
        """Change a template's row: `force_balance`, `increment_name`, ..."""
        books = self.books(company)
        row = books.templates.first("name", template.upper())
        if row is None:
            raise Refusal("not_found", table="Gen. Journal Template", id=template)
        books.templates.change(checked(replace(row, **fields)))

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

    @at_once
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

    def _check_code_free(self, template: str, code: str, company: str) -> None:
        if self.books(company).journals.find("key", (template, code)):
            raise Refusal("same_key", table="Gen. Journal Batch", key=f"Name='{code}'")


def _named(table: Table[rows.Line], row_id: str, caption: str) -> rows.Line:
    row = table.get(row_id)
    if row is None:
        raise Refusal("not_found", table=caption, id=row_id)
    return row
