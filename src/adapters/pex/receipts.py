"""Receipts of a transaction: which there are, and what they hold (PEX contract 6)."""

import base64
import binascii
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, unquote_to_bytes

import httpx
import msgspec
import structlog

from adapters.pex.client import Client, TooLarge
from adapters.pex.wire import convert, reading, wire_name
from application.ports.pex import PexReceipt, ReceiptUnreadable, UploadStatus

log = structlog.get_logger(__name__)

# PEX takes files under 10 MB (PEX contract 6.3); a little room, for nobody says which megabytes.
MOST_BYTES = 11_000_000
MOST_BYTES_AS_JSON = MOST_BYTES * 4 // 3 + 100_000
TOO_LARGE = "it is larger than the 10 MB that PEX takes"
LOOPBACK = ("127.0.0.1", "::1", "localhost")
STATUSES = {status.value.casefold(): status for status in UploadStatus}


class ReceiptData(msgspec.Struct, rename=wire_name):
    """An entry of the list; but for its id, nothing in it is worth losing the receipt for."""

    attachment_id: str | int
    type: Any = None
    size: Any = None
    upload_status: Any = None
    created_date_utc: Any = None

    def receipt(self) -> PexReceipt:
        """As the port knows it."""
        size = self.size if isinstance(self.size, int) and self.size >= 0 else None
        return PexReceipt(
            str(self.attachment_id).strip(),
            _status(self.upload_status),
            str(self.type or "").strip(),
            size,
            _utc(self.created_date_utc),
        )


class ReceiptsData(msgspec.Struct):
    """`Transactions/{id}/Attachments`."""

    attachments: list[Any] | None = None


class ContentData(msgspec.Struct, rename=wire_name):
    """`Transactions/{id}/Attachment/{id}`, as far as it is read."""

    content: str | None = None
    upload_status: Any = None


def listed(client: Client, pex_id: int) -> tuple[PexReceipt, ...]:
    """The receipts of a transaction; an entry without an id is left out."""
    path = f"Transactions/{pex_id}/Attachments"
    told: ReceiptsData | None = client.find(path, reading(ReceiptsData))
    entries = (told.attachments or []) if told else []
    return tuple(one for one in map(_receipt, entries) if one is not None)


def content(client: Client, pex_id: int, receipt_id: str) -> bytes | None:
    """A receipt's file; None where it is gone.

    Raises:
        ReceiptUnreadable: there is no file in the answer, nor behind it.
        Refusal: as `Client.get`.
    """
    path = f"Transactions/{pex_id}/Attachment/{quote(receipt_id, safe='')}"
    try:
        told: ContentData | None = client.find(
            path,
            reading(ContentData),
            {"AttachmentLinkType": "LinkUrl"},
            most_bytes=MOST_BYTES_AS_JSON,
        )
    except TooLarge as error:
        raise ReceiptUnreadable(TOO_LARGE) from error
    if told is None:
        return None
    if told.upload_status is not None:
        status = _status(told.upload_status)
        if status is UploadStatus.DELETED:
            return None
        if status is not UploadStatus.LOADED:
            raise ReceiptUnreadable(f"PEX calls it {status.value}")
    found = _file((told.content or "").strip(), client.linked_file)
    if len(found) > MOST_BYTES:
        raise ReceiptUnreadable(TOO_LARGE)
    if not found:
        raise ReceiptUnreadable("it is empty")
    return found


def _file(sent: str, fetch: Callable[[str, int], httpx.Response]) -> bytes:
    """The bytes behind any of the forms that `Content` may have (PEX contract 6.2, U5)."""
    scheme = sent[:8].partition(":")[0].casefold()
    if scheme == "data":
        return _payload(sent)
    if scheme in ("https", "http"):
        return _linked(sent, fetch)
    return _decoded(sent)


def _decoded(text: str | bytes) -> bytes:
    """Strictly: the library alone would let padding pass that belongs to nothing."""
    try:
        decoded = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ReceiptUnreadable("its content is no base64") from error
    if len(text) % 4:
        raise ReceiptUnreadable("its content is no base64")
    return decoded


def _payload(uri: str) -> bytes:
    head, comma, payload = uri.partition(",")
    if not comma:
        raise ReceiptUnreadable("its data URI holds nothing")
    data = unquote_to_bytes(payload)
    is_base64 = head.casefold().rstrip().endswith(";base64")
    return _decoded(data) if is_base64 else data


def _linked(link: str, fetch: Callable[[str, int], httpx.Response]) -> bytes:
    """Fetch a link once. No cause repeats the link: whoever has it may read the file."""
    if not _may_be_fetched(link):
        raise ReceiptUnreadable("its link leads to no https address")
    try:
        response = fetch(link, MOST_BYTES)
    except TooLarge as error:
        raise ReceiptUnreadable(TOO_LARGE) from error
    except (httpx.RequestError, httpx.InvalidURL) as error:
        raise ReceiptUnreadable(f"its link does not answer ({type(error).__name__})") from error
    if response.status_code != httpx.codes.OK:
        raise ReceiptUnreadable(f"its link answers {response.status_code}")
    return response.content


def _may_be_fetched(link: str) -> bool:
    """Encrypted; plain only on this machine, where a sandbox may run."""
    try:
        url = httpx.URL(link)
    except httpx.InvalidURL:
        return False
    return bool(url.host) and (url.scheme == "https" or url.host in LOOPBACK)


def _receipt(told: Any) -> PexReceipt | None:
    try:
        read: ReceiptData = convert(told, ReceiptData)
    except msgspec.ValidationError as error:
        log.warning("a receipt was left out", reason=str(error))
        return None
    receipt = read.receipt()
    return receipt if receipt.id else None


def _status(told: Any) -> UploadStatus:
    """By PEX's name for it; one that is not known is waited for, never copied."""
    return STATUSES.get(str(told or "").strip().casefold(), UploadStatus.NOT_LOADED)


def _utc(told: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(told or "").strip())
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
