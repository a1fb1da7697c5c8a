"""A PEX business in memory."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time
from uuid import UUID

from application.ports.pex import (
    Business,
    Funding,
    PexAccount,
    PexReceipt,
    PexRequestRefused,
    PexUnavailable,
    RowPage,
    Tag,
    UploadStatus,
)
from domain.eastern_time import EASTERN
from domain.pex_transaction import PexTransaction, Record
from domain.tag_options import TagOption


class FakePexAccount:
    """Answers with the rows that a test laid in, whatever the window."""

    def __init__(self, business_id: int = 52311) -> None:
        self.business_id = business_id
        self.all_rows: list[PexTransaction] = []
        self.all_tags: tuple[Tag, ...] = ()
        self.all_receipts: dict[int, dict[str, PexReceipt]] = {}
        self.contents: dict[str, bytes | Exception] = {}
        self.refusals: list[Exception] = []
        self.token_expires_at: datetime | None = None
        self.renewals: list[str | Exception] = []
        self.invoice_days_at_once = 100
        self.tag_refusals: dict[str, Exception] = {}
        self.writes: list[tuple[Tag, tuple[TagOption, ...]]] = []
        self.before_writes: list[Callable[[], None]] = []
        self.lost_answers = 0

    def business(self) -> Business:
        self._fail()
        return Business(
            self.business_id,
            "Harbor Lights",
            Funding.PREPAID,
            "dana.k",
            tags_enabled=True,
            token_expires_at=self.token_expires_at,
        )

    def renew_token(self) -> str:
        """The tokens that a test laid in, one after the other; an exception is raised."""
        renewed = self.renewals.pop(0)
        if isinstance(renewed, Exception):
            raise renewed
        return renewed

    def rows(self, record: Record, start: datetime, end: datetime) -> RowPage:
        self._fail()
        return RowPage(tuple(row for row in self.all_rows if row.record is record), None)

    def bill_payments(self, start: date, end: date) -> RowPage:
        self._fail()
        due = [row for row in self.all_rows if row.record is Record.INVOICE]
        days = sorted({row.settlement_date for row in due if start <= row.settlement_date <= end})
        page, rest = days[: self.invoice_days_at_once], days[self.invoice_days_at_once :]
        found = sorted((row for row in due if row.settlement_date in page), key=_by_due_date)
        return RowPage(tuple(found), datetime.combine(rest[0], time(), EASTERN) if rest else None)

    def cardholder_names(self) -> Mapping[int, str]:
        return {88104: "Maria Ortiz"}

    def tags(self) -> tuple[Tag, ...]:
        return self.all_tags

    def tag(self, tag_id: str) -> Tag | None:
        if tag_id in self.tag_refusals:
            raise self.tag_refusals[tag_id]
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

    def write_options(self, tag: Tag, options: Sequence[TagOption]) -> Tag:
        """Take the list where the tag is as it was read; what a test planted happens first."""
        if self.before_writes:
            self.before_writes.pop(0)()
        self.writes.append((tag, tuple(options)))
        held = self.tag(tag.id)
        if held is None:
            raise PexRequestRefused(404, "Tag does not exist")
        if held.concurrency_key != tag.concurrency_key:
            raise PexRequestRefused(409, "The tag was changed by someone else")
        self.put_tag(replace(tag, options=tuple(options)))
        if self.lost_answers:
            self.lost_answers -= 1
            raise PexUnavailable("no answer")
        return self.tag(tag.id) or tag

    def put_tag(self, tag: Tag) -> None:
        """Hold a tag in place of the one of its id, under a new key."""
        key = str(int(tag.concurrency_key or 0) + 1)
        kept = tuple(one for one in self.all_tags if one.id != tag.id)
        self.all_tags = (*kept, replace(tag, concurrency_key=key))

    def _fail(self) -> None:
        if self.refusals:
            raise self.refusals.pop(0)


def _by_due_date(row: PexTransaction) -> tuple[date, int]:
    return row.settlement_date, row.pex_id


class FakePexAccess:
    """Opens the one business."""

    def __init__(self, account: FakePexAccount) -> None:
        self.account = account

    def with_token(self, token: str) -> PexAccount:
        return self.account

    def with_bearer(self, access_token: str) -> PexAccount:
        return self.account

    def of(self, connection: UUID) -> PexAccount:
        return self.account
