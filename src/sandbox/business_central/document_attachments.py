"""`documentAttachments`: the wrong interface for journals (contract 2.10.6)."""

from collections.abc import Iterable
from typing import Any, ClassVar

from sandbox.business_central.entity import Body, Call, EntitySet, Parent, named
from sandbox.business_central.odata_filter import Filter, demanded
from sandbox.business_central.properties import Kind, Property, Write, field
from sandbox.business_central.refusals import Refusal

_TYPES = ("", "Journal", "Sales Order", "Sales Invoice", "Purchase Invoice", "Customer", "Vendor")


class DocumentAttachments(EntitySet):
    """Knows no journals; the simulator has no other documents, so every type is refused."""

    name: ClassVar = "documentAttachments"
    type: ClassVar = "documentAttachment"
    table: ClassVar = "Document Attachment"
    creates: ClassVar = True
    properties: ClassVar = named(
        field("id", Kind.GUID, "id", Write.ZERO),
        Property("fileName", Kind.TEXT, lambda _books, _row: "", Write.ALWAYS, 250),
        Property("parentId", Kind.GUID, lambda _books, _row: "", Write.CREATE),
        Property("parentType", Kind.ENUM, lambda _books, _row: "", Write.CREATE, options=_TYPES),
    )

    def check_read(self, _call: Call, _parent: Parent | None, where: Filter | None) -> None:
        """Refuse the type of parent."""
        raise Refusal("document_type", type=(demanded(where, "parentType") or "").title())

    def rows(self, _call: Call, _parent: Parent | None, _where: Filter | None) -> Iterable[Any]:
        """None."""
        return ()

    def get(self, _call: Call, _parent: Parent | None, _key: str) -> Any | None:
        """None."""
        return None

    def order(self, row: Any) -> Any:
        """By id."""
        return row.id

    def create(self, _call: Call, _parent: Parent | None, body: Body) -> Any:
        """Refuse the type of parent."""
        raise Refusal("document_type", type=body.get("parentType") or "")
