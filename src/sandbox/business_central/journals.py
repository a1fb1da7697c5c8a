"""`journals`: general journal batches (contract 2.2)."""

from collections.abc import Iterable
from typing import Any, ClassVar

from msgspec.structs import replace

from sandbox.business_central.entity import Body, Call, Parent, TableSet, named
from sandbox.business_central.lookups import account_id
from sandbox.business_central.odata_filter import Filter, demanded
from sandbox.business_central.properties import ID, MODIFIED, Kind, Property, Write, field
from sandbox.business_central.refusals import Refusal
from sandbox.business_central.rows import GL, ZERO_GUID, Journal, Template
from sandbox.business_central.state import Books
from sandbox.business_central.tables import Table

_GENERAL_JOURNAL_PAGE = 39


def default_template(books: Books) -> Template | None:
    """The first template of the General Journal page that is of type General and not recurring."""
    return next(
        (
            template
            for template in sorted(books.templates, key=lambda row: row.name)
            if template.page == _GENERAL_JOURNAL_PAGE
            and template.type == "General"
            and not template.recurring
        ),
        None,
    )


def _balancing_id(books: Books, journal: Journal) -> str:
    if journal.balancing_type != GL:
        return ZERO_GUID
    return account_id(books, GL, journal.balancing_number)


class Journals(TableSet):
    """The batches of the default template, unless a filter names another one."""

    name: ClassVar = "journals"
    type: ClassVar = "journal"
    table: ClassVar = "Gen. Journal Batch"
    number: ClassVar = "code"
    creates: ClassVar = True
    changes: ClassVar = True
    removes: ClassVar = True
    deep: ClassVar = ("journalLines",)
    properties: ClassVar = named(
        ID,
        field("code", Kind.CODE, "code", Write.ALWAYS, 10),
        field("displayName", Kind.TEXT, "name", Write.ALWAYS, 100),
        field("templateDisplayName", Kind.CODE, "template", Write.CREATE, 10),
        MODIFIED,
        Property("balancingAccountId", Kind.GUID, _balancing_id, Write.ALWAYS),
        field("balancingAccountNumber", Kind.CODE, "balancing_number", length=20),
    )

    def source(self, books: Books) -> Table[Journal]:
        """All batches."""
        return books.journals

    def rows(self, call: Call, _parent: Parent | None, where: Filter | None) -> Iterable[Journal]:
        """The filter on the template is copied literally: anything but `eq` finds nothing."""
        template = demanded(where, "templateDisplayName")
        if template is None and where and "templateDisplayName" in where.names():
            return ()
        if template is None:
            found = default_template(call.books)
            return call.books.journals.find("template", found.name) if found else ()
        return call.books.journals.find("template", template.upper())

    def create(self, call: Call, _parent: Parent | None, body: Body) -> Journal:
        """Insert a batch; number series and balancing account of the template are not inherited."""
        code = body.get("code")
        if not code:
            raise Refusal("must_have_value", field="Name", record=self.table)
        found = default_template(call.books)
        template = body.get("templateDisplayName") or (found.name if found else "")
        if not call.books.templates.find("name", template):
            raise Refusal(
                "no_relation",
                field="Journal Template Name",
                table=self.table,
                value=template,
                related="Gen. Journal Template",
            )
        self._check_key_free(call.books, template, code)
        journal = Journal(
            id=call.world.new_id(), modified=call.world.now(), template=template, code=code
        )
        attributes = self.attributes(body) | self._balancing(call.books, body)
        return call.books.journals.add(replace(journal, **attributes | {"template": template}))

    def change(self, call: Call, _parent: Parent | None, row: Journal, body: Body) -> Journal:
        """Rename or describe a batch, or set its balancing account."""
        attributes = self.attributes(body) | self._balancing(call.books, body)
        if attributes.get("code", row.code) != row.code:
            self._check_key_free(call.books, row.template, attributes["code"])
        return call.books.journals.change(replace(row, **attributes))

    def remove(self, call: Call, _parent: Parent | None, row: Journal) -> None:
        """Delete a batch and its lines."""
        for line in call.books.lines.find("journal", row.id):
            call.books.lines.remove(line)
        call.books.journals.remove(row)

    def _check_key_free(self, books: Books, template: str, code: str) -> None:
        if books.journals.find("key", (template, code)):
            key = f"Journal Template Name='{template}',Name='{code}'"
            raise Refusal("same_key", table=self.table, key=key)

    def _balancing(self, books: Books, body: Body) -> dict[str, Any]:
        system_id = body.get("balancingAccountId")
        if system_id is None:
            return {}
        if system_id == ZERO_GUID:
            return {"balancing_type": GL, "balancing_number": ""}
        found = books.ledgers.get(system_id)
        if found is None:
            raise Refusal("balancing_account")
        return {"balancing_type": GL, "balancing_number": found.number}
