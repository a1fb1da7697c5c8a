"""`journalLines` (contract 2.3)."""

from collections.abc import Iterable
from typing import Any, ClassVar

from msgspec.structs import replace

from sandbox.business_central.entity import Body, Call, EntitySet, Parent, named
from sandbox.business_central.line_insert import check_number_free, insert
from sandbox.business_central.line_values import Draft
from sandbox.business_central.lookups import account_id
from sandbox.business_central.odata_filter import Filter, demanded
from sandbox.business_central.properties import MODIFIED, Kind, Property, Write, field
from sandbox.business_central.refusals import Refusal
from sandbox.business_central.rows import ACCOUNT_TYPES, Journal, Line
from sandbox.business_central.state import Books


def _journal_code(books: Books, line: Line) -> str:
    journal = books.journals.get(line.journal)
    return journal.code if journal else ""


def _account_id(books: Books, line: Line) -> str:
    return account_id(books, line.account_type, line.account_number)


def _balancing_id(books: Books, line: Line) -> str:
    return account_id(books, line.balancing_type, line.balancing_number)


def _tax_code(books: Books, line: Line) -> str:
    return line.vat_product if books.vat else line.tax_group


class JournalLines(EntitySet):
    """Lines with a blank document type whose account type is one of the first four."""

    name: ClassVar = "journalLines"
    type: ClassVar = "journalLine"
    table: ClassVar = "Gen. Journal Line"
    creates: ClassVar = True
    changes: ClassVar = True
    removes: ClassVar = True
    deep: ClassVar = ("attachments", "dimensionSetLines")
    properties: ClassVar = named(
        field("id", Kind.GUID, "id", Write.IGNORED),
        field("journalId", Kind.GUID, "journal", Write.ALWAYS),
        Property("journalDisplayName", Kind.CODE, _journal_code, length=10),
        field("lineNumber", Kind.INT, "number", Write.ALWAYS),
        field("accountType", Kind.ENUM, "account_type", Write.ALWAYS, options=ACCOUNT_TYPES),
        Property("accountId", Kind.GUID, _account_id, Write.ALWAYS),
        field("accountNumber", Kind.CODE, "account_number", Write.ALWAYS, 20),
        field("postingDate", Kind.DATE, "posting_date", Write.ALWAYS),
        field("documentNumber", Kind.CODE, "document_number", Write.ALWAYS, 20),
        field("externalDocumentNumber", Kind.CODE, "external_number", Write.ALWAYS, 35),
        field("amount", Kind.DECIMAL, "amount", Write.ALWAYS),
        field("description", Kind.TEXT, "description", Write.ALWAYS, 100),
        field("comment", Kind.TEXT, "comment", Write.ALWAYS, 250),
        Property("taxCode", Kind.CODE, _tax_code, Write.ALWAYS, 20),
        field(
            "balanceAccountType", Kind.ENUM, "balancing_type", Write.ALWAYS, options=ACCOUNT_TYPES
        ),
        Property("balancingAccountId", Kind.GUID, _balancing_id, Write.ALWAYS),
        field("balancingAccountNumber", Kind.CODE, "balancing_number", Write.ALWAYS, 20),
        MODIFIED,
    )

    def check_read(self, call: Call, parent: Parent | None, where: Filter | None) -> None:
        """Refuse a listing that names neither a journal nor a line."""
        super().check_read(call, parent, where)
        if parent is None and not (demanded(where, "journalId") or demanded(where, "id")):
            raise Refusal("journal_filter")

    def rows(self, call: Call, parent: Parent | None, where: Filter | None) -> Iterable[Line]:
        """The journal's visible lines, by way of an index where the filter allows it."""
        return (line for line in self._candidates(call, parent, where) if line.visible)

    def _candidates(
        self, call: Call, parent: Parent | None, where: Filter | None
    ) -> Iterable[Line]:
        lines = call.books.lines
        journal = parent.id if parent else demanded(where, "journalId")
        if journal is None:
            found = lines.get(demanded(where, "id"))
            return [found] if found else []
        for name, index in (
            ("externalDocumentNumber", "external"),
            ("documentNumber", "document"),
            ("lineNumber", "key"),
        ):
            value = demanded(where, name)
            if value is not None:
                return lines.find(index, (journal, value))
        return lines.find("journal", journal)

    def get(self, call: Call, parent: Parent | None, key: str) -> Line | None:
        """The visible line with this SystemId."""
        line = call.books.lines.get(key)
        if line is None or not line.visible or (parent and line.journal != parent.id):
            return None
        return line

    def order(self, row: Line) -> Any:
        """By the table's primary key."""
        return row.number

    def create(self, call: Call, parent: Parent | None, body: Body) -> Line:
        """Insert below a journal (contract 2.3.4)."""
        journal = self._journal(call.books, parent, body)
        _check_approval(call, journal)
        return insert(call, journal, body)

    def _journal(self, books: Books, parent: Parent | None, body: Body) -> Journal:
        sent = body.get("journalId")
        if parent is not None:
            journal: Journal = parent.existing()
            if sent not in (None, journal.id):
                raise Refusal("journal_fixed")
            return journal
        if sent is None:
            raise Refusal("journal_filter")
        found = books.journals.get(sent)
        if found is None:
            raise Refusal("not_found", table="Gen. Journal Batch", id=sent)
        return found

    def change(self, call: Call, _parent: Parent | None, row: Line, body: Body) -> Line:
        """Update; the values are validated in the order sent."""
        if body.get("journalId") not in (None, row.journal):
            raise Refusal("journal_fixed")
        journal = check_unlocked(call.books, row)
        line = Draft(call.books, row).take(body)
        if line.number != row.number:
            check_number_free(call.books, journal, line.number)
        return call.books.lines.change(line)

    def remove(self, call: Call, _parent: Parent | None, row: Line) -> None:
        """Delete; the line's incoming document stays, unlinked."""
        check_unlocked(call.books, row)
        call.books.lines.remove(row)

    def refuse_read_only(self, prop: Property) -> None:
        """The journal's name has a refusal of its own."""
        if prop.name == "journalDisplayName":
            raise Refusal("journal_name_fixed")
        super().refuse_read_only(prop)


def check_unlocked(books: Books, line: Line) -> Journal:
    """The line's journal; refuses a line that approval or a planned posting holds fast."""
    journal = books.journals.get(line.journal)
    if journal is None:
        raise Refusal("not_found", table="Gen. Journal Batch", id=line.journal)
    if line.scheduled:
        raise Refusal("scheduled", number=line.number)
    if journal.approval:
        raise Refusal("approval", batch=journal.code)
    return journal


def _check_approval(call: Call, journal: Journal) -> None:
    """A pending approver is refused; the sender's insert cancels the request silently (2.3.8)."""
    if journal.approval is None:
        return
    if call.user in journal.approval.approvers:
        raise Refusal("approval", batch=journal.code)
    if call.user == journal.approval.sender:
        call.books.journals.change(replace(journal, approval=None))
