"""`attachments`: files of incoming documents, with the unlinked trap (contract 2.10)."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, ClassVar, Final

from msgspec.structs import replace

from sandbox.business_central.entity import Body, Call, EntitySet, Parent, named
from sandbox.business_central.odata_filter import Filter, demanded
from sandbox.business_central.properties import Kind, Property, Write, field
from sandbox.business_central.refusals import Refusal
from sandbox.business_central.rows import BLANK_DATE, ZERO_GUID, Attached, Entry, Incoming, Line
from sandbox.business_central.state import Books

JOURNAL: Final = "Journal"
_UNSUPPORTED: Final = ("Employee", "Job", "Item", "Customer", "Vendor")
PARENT_TYPES: Final = (
    "",
    JOURNAL,
    "Sales Order",
    "Sales Quote",
    "Sales Credit Memo",
    "Sales Invoice",
    "Purchase Invoice",
    "Purchase Order",
    "Purchase Credit Memo",
    *_UNSUPPORTED,
)
_INVALID_NAME: Final = re.compile(r'[\\/:*?"<>|\x00-\x1f]')
_MAX_EXTENSION: Final = 30
_STEP: Final = 10_000


def incoming_of(books: Books, owner: Line | Entry) -> Incoming | None:
    """The incoming document of a line, or the first one of a ledger entry's number and date."""
    if isinstance(owner, Line):
        return books.incoming.first("number", owner.incoming) if owner.incoming else None
    if not owner.document_number:
        return None
    found = books.incoming.find("posted", (owner.document_number, owner.posting_date))
    return min(found, key=lambda row: row.number, default=None)


def files_of(books: Books, owner: Line | Entry) -> list[Attached]:
    """The files that the page shows for a line or a ledger entry, by number."""
    incoming = incoming_of(books, owner)
    if incoming is None:
        return []
    return sorted(books.attached.find("incoming", incoming.number), key=lambda row: row.number)


def _owner_id(books: Books, row: "Attached | _Shown") -> str:
    if isinstance(row, _Shown):
        return row.owner_id
    incoming = books.incoming.first("number", row.incoming) if row.incoming else None
    if incoming is None:
        return ZERO_GUID
    line = books.lines.first("incoming", incoming.number)
    if line is not None:
        return line.id
    entries = books.entries.find("document", incoming.document_number.casefold())
    dated = [entry for entry in entries if entry.posting_date == incoming.posting_date]
    return min(dated, key=lambda entry: entry.number).id if dated else ZERO_GUID


def _owner_type(books: Books, row: "Attached | _Shown") -> str:
    return "" if _owner_id(books, row) == ZERO_GUID else JOURNAL


def _whole_seconds(_books: Books, row: Attached) -> datetime:
    return row.modified.astimezone(UTC).replace(microsecond=0)


class Attachments(EntitySet):
    """Files on journal lines and ledger entries."""

    name: ClassVar = "attachments"
    type: ClassVar = "attachment"
    table: ClassVar = "Incoming Document Attachment"
    creates: ClassVar = True
    changes: ClassVar = True
    removes: ClassVar = True
    properties: ClassVar = named(
        field("id", Kind.GUID, "id", Write.ZERO),
        Property("parentId", Kind.GUID, _owner_id, Write.ALWAYS),
        field("fileName", Kind.TEXT, "file_name", Write.ALWAYS, 250),
        Property("byteSize", Kind.INT, lambda _books, row: len(row.content)),
        Property("attachmentContent", Kind.STREAM, lambda _books, row: row.content),
        Property("lastModifiedDateTime", Kind.INSTANT, _whole_seconds),
        Property("parentType", Kind.ENUM, _owner_type, Write.ALWAYS, options=PARENT_TYPES),
    )

    def links(self, call: Call, row: Any) -> dict[str, str]:
        """Where the content can be read and written."""
        address = f"{call.address}/attachments({row.id})/attachmentContent"
        return {
            "attachmentContent@odata.mediaEditLink": address,
            "attachmentContent@odata.mediaReadLink": address,
        }

    def check_read(self, call: Call, parent: Parent | None, where: Filter | None) -> None:
        """A listing needs a parent, and one that exists."""
        owner_id = parent.id if parent else demanded(where, "parentId")
        owner_type = JOURNAL if parent else demanded(where, "parentType")
        if owner_id is None or owner_type is None:
            raise Refusal("attachment_filter")
        if owner_type.casefold() != JOURNAL.casefold() or _owner(call.books, owner_id) is None:
            raise Refusal("attachment_parent")

    def rows(self, call: Call, parent: Parent | None, where: Filter | None) -> Iterable[Any]:
        """The files of one parent; each is shown as that parent's."""
        owner = _owner(call.books, parent.id if parent else demanded(where, "parentId"))
        return (
            [] if owner is None else [_Shown(row, owner.id) for row in files_of(call.books, owner)]
        )

    def get(self, call: Call, _parent: Parent | None, key: str) -> Attached | None:
        """By SystemId; an unlinked file is kept elsewhere and not found."""
        found = call.books.attached.get(key)
        return found if found and found.incoming else None

    def order(self, row: Any) -> Any:
        """By line number inside the incoming document."""
        return row.number

    def create(self, call: Call, parent: Parent | None, body: Body) -> "Attached | _Shown":
        """Add an empty file; without an existing parent it is stored unlinked (2.10.4).

        It is shown as that of the parent that was sent, which any entry of a document may be.
        """
        owner_id = parent.existing().id if parent else body.get("parentId")
        owner_type = JOURNAL if parent else body.get("parentType") or ""
        if owner_type in _UNSUPPORTED:
            raise Refusal("attachment_type", type=owner_type)
        file_name = _file_name(body.get("fileName") or "")
        if owner_id is None or owner_id == ZERO_GUID:
            return _add_file(call, _new_incoming(call, ""), file_name)
        owner = _owner(call.books, owner_id) if owner_type == JOURNAL else None
        if owner is None:
            return _add_file(call, None, file_name)
        return _Shown(_attach(call, owner, file_name), owner.id)

    def created(self, _call: Call, _parent: Parent | None, row: Any) -> Any:
        """As `create` left it."""
        return row

    def change(self, call: Call, _parent: Parent | None, row: Attached, body: Body) -> Attached:
        """Rename a file, or replace its content by the stream address."""
        for prop, _ in body.values:
            if prop.name != "fileName":
                raise Refusal("key_fixed", name=prop.name)
        name = body.get("fileName")
        return call.books.attached.change(
            row if name is None else replace(row, file_name=_file_name(name))
        )

    def put_content(self, call: Call, row: Attached, content: bytes) -> None:
        """Store a file's bytes."""
        call.books.attached.change(replace(row, content=content))

    def remove(self, call: Call, _parent: Parent | None, row: Attached) -> None:
        """Delete a file; another becomes the main one, the last one takes its document along."""
        books = call.books
        books.attached.remove(row)
        others = sorted(books.attached.find("incoming", row.incoming), key=lambda one: one.number)
        if others and row.main:
            books.attached.change(replace(others[0], main=True))
        line = books.lines.first("incoming", row.incoming)
        if not others:
            incoming = books.incoming.first("number", row.incoming)
            if incoming:
                books.incoming.remove(incoming)
        if line:
            books.lines.change(replace(line, incoming=row.incoming if others else 0))


class _Shown:
    """A file as one parent's: its own attributes, and that parent's id."""

    def __init__(self, row: Attached, owner_id: str) -> None:
        self._row, self.owner_id = row, owner_id

    def __getattr__(self, name: str) -> Any:
        return getattr(self._row, name)


def _owner(books: Books, owner_id: str) -> Line | Entry | None:
    return books.lines.get(owner_id) or books.entries.get(owner_id)


def _attach(call: Call, owner: Line | Entry, file_name: str) -> Attached:
    books = call.books
    if isinstance(owner, Line):
        owner = books.lines.get(owner.id) or owner
    incoming = incoming_of(books, owner)
    if incoming is None:
        incoming = _new_incoming(call, owner.description)
        if isinstance(owner, Entry):
            incoming = books.incoming.change(
                replace(
                    incoming,
                    document_number=owner.document_number,
                    posting_date=owner.posting_date,
                )
            )
    added = _add_file(call, incoming, file_name)
    if isinstance(owner, Line):
        books.lines.change(replace(owner, incoming=incoming.number))
    return added


def _new_incoming(call: Call, description: str) -> Incoming:
    return call.books.incoming.add(
        Incoming(
            id=call.world.new_id(),
            modified=call.world.now(),
            number=next(call.books.incoming_numbers),
            description=description,
            posting_date=BLANK_DATE,
        )
    )


def _add_file(call: Call, incoming: Incoming | None, file_name: str) -> Attached:
    number = incoming.number if incoming else 0
    others = call.books.attached.find("incoming", number) if incoming else []
    return call.books.attached.add(
        Attached(
            id=call.world.new_id(),
            modified=call.world.now(),
            incoming=number,
            number=max((row.number for row in others), default=0) + _STEP,
            file_name=file_name,
            main=incoming is not None and not others,
        )
    )


def _file_name(sent: str) -> str:
    name, dot, extension = sent.rpartition(".")
    stem = name if dot else extension
    if not stem.strip() or _INVALID_NAME.search(sent):
        return "filename.txt"
    if dot and len(extension) > _MAX_EXTENSION:
        raise Refusal("too_long", length=len(extension), most=_MAX_EXTENSION, value=extension)
    return sent
