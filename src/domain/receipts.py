"""Receipts of a transaction: which may be copied, what they are, and how their files are named.

What PEX calls a receipt's type is never trusted: its bytes tell what it is (PEX contract 6.2).
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from domain.document_keys import DocumentKeys
from domain.posted_transaction import Place
from domain.refusals import Failure, Refusal, Skip

_ENDINGS = ((b"%PDF-", "pdf"), (b"\x89PNG", "png"), (b"\xff\xd8\xff", "jpg"))


class ReceiptNotLoaded(Skip):
    """PEX has not finished loading it (PEX contract 6.1)."""

    code = "RECEIPT_NOT_LOADED"
    fix = "Nothing: the next sync takes it once PEX has loaded it."

    def __init__(self) -> None:
        super().__init__("PEX has not finished loading the receipt.")


class ReceiptHasMalware(Skip):
    """PEX found malware in it; it is never copied."""

    code = "RECEIPT_HAS_MALWARE"
    fix = "Upload a clean copy of the receipt in PEX."

    def __init__(self) -> None:
        super().__init__("PEX found malware in the receipt.")


class ReceiptDeleted(Skip):
    """It was deleted in PEX before it was copied."""

    code = "RECEIPT_DELETED"
    fix = "Nothing, unless it was deleted by mistake: then upload it again in PEX."

    def __init__(self) -> None:
        super().__init__("The receipt was deleted in PEX.")


class ReceiptLoadFailed(Skip):
    """PEX could not load it."""

    code = "RECEIPT_LOAD_FAILED"
    fix = "Upload the receipt again in PEX."

    def __init__(self) -> None:
        super().__init__("PEX could not load the receipt.")


class ReceiptNotADocument(Failure):
    """Its bytes are neither those of a PDF nor those of a picture."""

    code = "RECEIPT_NOT_A_DOCUMENT"
    fix = "Open the receipt in PEX, and upload it there again as PDF, PNG or JPEG."

    def __init__(self, size: int) -> None:
        super().__init__(f"The receipt's {size} bytes are neither PDF nor PNG nor JPEG.")


class ReceiptLineGone(Failure):
    """Neither the journal nor the ledger holds the entry any more."""

    code = "RECEIPT_LINE_GONE"
    fix = (
        "Nothing, where the entry was deleted on purpose; else attach the receipt by hand. "
        "It is attached by itself if the entry shows up in the ledger."
    )

    def __init__(self) -> None:
        super().__init__("The entry is in Business Central's journal and ledger no longer.")


class ReceiptLineMoved(Failure):
    """The journal line went away while the receipt was being attached: it was just posted."""

    code = "RECEIPT_LINE_MOVED"
    fix = "Nothing: the receipt is attached to the posted entry by itself."

    def __init__(self) -> None:
        super().__init__("The journal line was posted or deleted at that very moment.")


class ReceiptNotStored(Failure):
    """The file is in BC, but its content did not arrive, or nobody knows whether it did."""

    code = "RECEIPT_NOT_STORED"
    fix = "Nothing: the next sync sends it again."

    def __init__(self, cause: str) -> None:
        super().__init__(f"The receipt's content did not arrive in Business Central: {cause}")


class ReceiptInDoubt(Failure):
    """Its file was being made and the answer was lost (contract 6.7)."""

    code = "RECEIPT_IN_DOUBT"
    fix = "Nothing: it is settled by itself once Business Central's own time limit has passed."

    def __init__(self) -> None:
        super().__init__("It is not known yet whether the receipt's file was made.")


_NEVER_COPIED: dict[str, type[Skip]] = {
    "HasMalware": ReceiptHasMalware,
    "Deleted": ReceiptDeleted,
    "LoadFailed": ReceiptLoadFailed,
}


def check_loaded(upload_status: str) -> None:
    """Let only what PEX calls `Loaded` pass; an unknown state waits (PEX contract 6.1).

    Raises:
        ReceiptNotLoaded: a later run may take it.
        Skip: it is not copied as it stands.
    """
    if upload_status == "Loaded":
        return
    raise _NEVER_COPIED.get(upload_status, ReceiptNotLoaded)


@dataclass(frozen=True, slots=True)
class ReceiptFile:
    """A file as it is to stand in BC; `size` is in bytes, `sha256` in hexadecimal digits."""

    receipt_id: str
    file_name: str
    size: int
    sha256: str


def receipt_file(keys: DocumentKeys, receipt_id: str, number: int, content: bytes) -> ReceiptFile:
    """Name a receipt's file `PEX-<mark>-<n>.<ending>`, by which it is found again (contract 6.7).

    Raises:
        ReceiptNotADocument: the bytes are no PDF, PNG or JPEG.
    """
    ending = next((ending for magic, ending in _ENDINGS if content.startswith(magic)), None)
    if ending is None:
        raise ReceiptNotADocument(len(content))
    name = f"PEX-{keys.mark}-{number}.{ending}"
    return ReceiptFile(receipt_id, name, len(content), hashlib.sha256(content).hexdigest())


class ReceiptStatus(StrEnum):
    """Where a receipt stands; skipped and refused ones are not tried again as they stand."""

    FOUND = "found"
    WAITING = "waiting"
    SKIPPED = "skipped"
    SENDING = "sending"
    FAILED = "failed"
    REFUSED = "refused"
    ATTACHED = "attached"


UNSETTLED = frozenset(
    {ReceiptStatus.FOUND, ReceiptStatus.WAITING, ReceiptStatus.SENDING, ReceiptStatus.FAILED}
)


def status_for(refusal: Refusal) -> ReceiptStatus:
    """Where a refusal leaves a receipt."""
    if isinstance(refusal, ReceiptNotLoaded):
        return ReceiptStatus.WAITING
    if isinstance(refusal, Skip):
        return ReceiptStatus.SKIPPED
    final = isinstance(refusal, ReceiptNotADocument | ReceiptLineGone)
    return ReceiptStatus.REFUSED if final else ReceiptStatus.FAILED


@dataclass(frozen=True, slots=True)
class Holder:
    """What the files of an entry hang on: a journal line or a G/L entry, by its id."""

    id: str
    place: Place
    document_number: str


@dataclass(frozen=True, slots=True)
class Attached:
    """A file that BC holds whole, by BC's id."""

    file: ReceiptFile
    file_id: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """One receipt.

    Attributes:
        number: given once and never again, so that no later receipt changes another one's name.
        at: when it came to this status, in UTC.
        told_size: the bytes that PEX told of when it was withheld.
        gone_from_pex: whether PEX has lost it since it was attached.
    """

    id: str
    number: int
    status: ReceiptStatus
    at: datetime
    code: str | None = None
    cause: str | None = None
    file: ReceiptFile | None = None
    file_id: str | None = None
    holder: Holder | None = None
    told_size: int | None = None
    gone_from_pex: bool = False

    def is_in_doubt(self, now: datetime, horizon: timedelta) -> bool:
        """Whether its file may still come to exist of itself (contract 6.7)."""
        return self.status is ReceiptStatus.SENDING and now < self.at + horizon

    def is_attached_to(self, document_number: str) -> bool:
        """Whether this very entry has it."""
        here = self.holder is not None and self.holder.document_number == document_number
        return here and self.status is ReceiptStatus.ATTACHED

    def was_refused_as(self, told_size: int | None) -> bool:
        """Whether its bytes were no document, and PEX tells no other size of it since."""
        return self.code == ReceiptNotADocument.code and self.told_size == told_size
