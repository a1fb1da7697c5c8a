"""What the product asks of PEX."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar, Protocol
from uuid import UUID

from domain.pex_transaction import PexTransaction, Record
from domain.refusals import Refusal
from domain.tag_options import TagOption


class Funding(StrEnum):
    """How the business pays PEX."""

    PREPAID = "prepaid"
    CREDIT = "credit"


@dataclass(frozen=True, slots=True)
class Business:
    """A PEX business as its token tells it; `user` is the PEX user name behind the token."""

    id: int
    name: str
    funding: Funding
    user: str
    tags_enabled: bool
    token_expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag definition that is not deleted; `kind` is PEX's name for it, such as `Dropdown`.

    The members behind the options are what a write has to send back (PEX contract 4.2).
    """

    id: str
    kind: str
    name: str
    enabled: bool
    options: tuple[TagOption, ...] = ()
    description: str = ""
    order: int = 0
    required: bool = False
    concurrency_key: str | None = None


class UploadStatus(StrEnum):
    """How far a receipt's upload to PEX has come; only a loaded one may be copied (M24)."""

    LOADED = "Loaded"
    NOT_LOADED = "NotLoaded"
    DELETED = "Deleted"
    HAS_MALWARE = "HasMalware"
    LOAD_FAILED = "LoadFailed"


@dataclass(frozen=True, slots=True)
class PexReceipt:
    """A receipt as PEX lists it (PEX contract 6.1).

    Attributes:
        status: one that PEX did not have yet is read as not loaded.
        kind: PEX's name for it, `Image` or `Pdf`.
        size: in bytes, as PEX tells it.
        created_at: in UTC.
    """

    id: str
    status: UploadStatus
    kind: str
    size: int | None
    created_at: datetime | None


class PexTokenRefused(Refusal):
    """PEX takes the token no longer, or never did (PEX contract 1.7)."""

    code: ClassVar[str] = "PEX_TOKEN_REFUSED"
    fix: ClassVar[str] = (
        "Sign in with PEX again, or paste a new API token of an administrator of this business."
    )

    def __init__(self, answer: str) -> None:
        super().__init__(f"PEX refused the sign-in: {answer}")


class PexPermissionMissing(Refusal):
    """The PEX user lacks a permission (M2)."""

    code: ClassVar[str] = "PEX_PERMISSION_MISSING"
    fix: ClassVar[str] = "Ask an administrator in PEX to grant it, then connect again."

    def __init__(self, missing: Sequence[str]) -> None:
        self.missing = tuple(missing)
        super().__init__(f"The PEX user lacks: {', '.join(missing)}.")


class PexRequestRefused(Refusal):
    """PEX refused a request for another reason; `status` is what it answered with."""

    code: ClassVar[str] = "PEX_REFUSED"
    fix: ClassVar[str] = "Read PEX's message; if it does not help, tell support the reference."

    def __init__(self, status: int, message: str, correlation_id: str = "") -> None:
        self.status = status
        reference = f" (reference {correlation_id})" if correlation_id else ""
        super().__init__(f"PEX answered {status}: {message}{reference}")


class TagsOff(PexRequestRefused):
    """The business has no tags; not a fault of the sign-in (PEX contract 1.7)."""

    code: ClassVar[str] = "PEX_TAGS_OFF"
    fix: ClassVar[str] = "Switch tags on in PEX, or map without them."


class PexUnavailable(Refusal):
    """PEX does not answer, or is over its limits; the run goes on later.

    Attributes:
        retry_after: seconds after which to try again; None where PEX told none.
    """

    code: ClassVar[str] = "PEX_UNAVAILABLE"
    fix: ClassVar[str] = "Nothing: it is tried again by itself."

    def __init__(self, cause: str, retry_after: float | None = None) -> None:
        self.retry_after = retry_after
        super().__init__(f"PEX is not available: {cause}")


class ReceiptUnreadable(Refusal):
    """What PEX delivers as a receipt's content is no file, or none that can be had."""

    code: ClassVar[str] = "RECEIPT_UNREADABLE"
    fix: ClassVar[str] = "Open the receipt in PEX; if it shows none, upload it there again."

    def __init__(self, why: str) -> None:
        super().__init__(f"The receipt cannot be read from PEX: {why}.")


@dataclass(frozen=True, slots=True)
class RowPage:
    """A page of rows or invoices. `next_start` is where the next begins; None behind the last.

    A page may be large: walk through its rows once, and let go of them. To come to one that cannot
    be read raises PexRequestRefused.
    """

    rows: Sequence[PexTransaction]
    next_start: datetime | None


class PexAccount(Protocol):
    """One PEX business, reached with its own credential."""

    def business(self) -> Business:
        """Probe the token and tell whose it is.

        Raises:
            PexTokenRefused: dead token, or one that is not an administrator's (PEX contract 1.6).
            PexPermissionMissing: one of the three permissions of M2 is missing, all named.
        """

    def renew_token(self) -> str:
        """A new API token in place of the one at hand, which may be dead from then on.

        Keep it before anything else is done. Only for API tokens in their last month (PEX contract
        1.6); asked for once, whatever comes of it.

        Raises:
            PexRequestRefused: it is too early, or not to be renewed; the old one stands.
            PexTokenRefused: it is over.
        """

    def rows(self, record: Record, start: datetime, end: datetime) -> RowPage:
        """Settled rows of the card accounts or of the business account within Eastern times.

        Both ends are inclusive, at most 12 months back; the boundary row of a page comes again on
        the next, so the caller tells rows apart by id (PEX contract 3.3). Never asks for pending or
        declined rows. For `Record.INVOICE` see `bill_payments`.
        """

    def bill_payments(self, start: date, end: date) -> RowPage:
        """Invoices of a credit business that are due from `start` through `end`, Eastern days.

        In order of their due dates, of every status; none for a prepaid business. Those that are
        closed and above 0.00 come with their payments and allocations (PEX contract 9.2). Where
        `next_start` is told, all later ones are due on its day or after it.
        """

    def cardholder_names(self) -> Mapping[int, str]:
        """Display names by card account; empty where they cannot be read (PEX contract 2.4)."""

    def tags(self) -> tuple[Tag, ...]:
        """All tag definitions that are not deleted; none where the feature is off (403)."""

    def tag(self, tag_id: str) -> Tag | None:
        """One definition with every option, restricted ones included; None where it is gone.

        Raises:
            TagsOff: the business has no tags at all.
        """

    def write_options(self, tag: Tag, options: Sequence[TagOption]) -> Tag:
        """Replace the options of a dropdown tag that was just read, and tell what PEX has then.

        It is sent once. Whatever is raised, the tag is to be read again before anything else is
        decided about it: the write may have been done, or the tag changed meanwhile (U8).

        Raises:
            PexRequestRefused: PEX did not take it, or answers in a form that is not PEX's.
            PexUnavailable: no answer, or one that says "later".
        """

    def receipts(self, pex_id: int) -> tuple[PexReceipt, ...]:
        """The receipts of a card transaction, whatever their state; none where PEX knows none."""

    def receipt_content(self, pex_id: int, receipt_id: str) -> bytes | None:
        """A receipt's file; None where it is gone.

        Raises:
            ReceiptUnreadable: PEX delivers no file, or one beyond its own limit of 10 MB.
        """


class PexAccess(Protocol):
    """Opens PEX businesses."""

    def with_token(self, token: str) -> PexAccount:
        """A business by an API token that was just given, not stored yet."""

    def with_bearer(self, access_token: str) -> PexAccount:
        """A business by the access token of a sign-in (PEX contract 1.3), not stored yet."""

    def of(self, connection: UUID) -> PexAccount:
        """A connection's business by its stored credential; raises PexTokenRefused without one."""
