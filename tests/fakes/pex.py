"""A PEX business in memory."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from application.ports.pex import (
    Business,
    Funding,
    PexAccount,
    PexReceipt,
    RowPage,
    Tag,
    UploadStatus,
)
from domain.pex_transaction import PexTransaction, Record


class FakePexAccount:
    """Answers with the rows that a test laid in, whatever the window."""

    def __init__(self, business_id: int = 52311) -> None:
        self.business_id = business_id
        self.all_rows: list[PexTransaction] = []
        self.all_tags: tuple[Tag, ...] = ()
        self.all_receipts: dict[int, dict[str, PexReceipt]] = {}
        self.contents: dict[str, bytes | Exception] = {}
        self.refusals: list[Exception] = []

    def business(self) -> Business:
        self._fail()
        return Business(
            self.business_id,
            "Harbor Lights",
            Funding.PREPAID,
            "dana.k",
            tags_enabled=True,
            token_expires_at=None,
        )

    def rows(self, record: Record, start: datetime, end: datetime) -> RowPage:
        self._fail()
        return RowPage(tuple(row for row in self.all_rows if row.record is record), None)

    def cardholder_names(self) -> Mapping[int, str]:
        return {88104: "Maria Ortiz"}

    def tags(self) -> tuple[Tag, ...]:
        return self.all_tags

    def tag(self, tag_id: str) -> Tag | None:
        return next((tag for tag in self.all_tags if tag.id == tag_id), None)

    def receipts(self, pex_id: int) -> tuple[PexReceipt, ...]:
        self._fail()
        return tuple(self.all_receipts.get(pex_id, {}).values())

    def receipt_content(self, pex_id: int, receipt_id: str) -> bytes | None:
        """The bytes in `contents`; an exception there is raised, again and again."""
        self._fail()
        found = self.all_receipts.get(pex_id, {}).get(receipt_id)
        if found is None or found.status is not UploadStatus.LOADED:
            return None
        content = self.contents[receipt_id]
        if isinstance(content, Exception):
            raise content
        return content

    def add_receipt(
        self,
        pex_id: int,
        receipt_id: str,
        content: bytes = b"%PDF-1.7 receipt",
        status: UploadStatus = UploadStatus.LOADED,
    ) -> None:
        """Put a receipt on a transaction, in place of one of that id."""
        kind = "Pdf" if content.startswith(b"%PDF-") else "Image"
        receipt = PexReceipt(receipt_id, status, kind, len(content), None)
        self.all_receipts.setdefault(pex_id, {})[receipt_id] = receipt
        self.contents[receipt_id] = content

    def _fail(self) -> None:
        if self.refusals:
            raise self.refusals.pop(0)


class FakePexAccess:
    """Opens the one business."""

    def __init__(self, account: FakePexAccount) -> None:
        self.account = account

    def with_token(self, token: str) -> PexAccount:
        return self.account

    def of(self, connection: UUID) -> PexAccount:
        return self.account
