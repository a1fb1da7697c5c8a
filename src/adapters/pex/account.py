"""One PEX business, read over HTTP."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from urllib.parse import quote

import msgspec
import structlog

from adapters.pex import receipts
from adapters.pex.client import Client
from adapters.pex.errors import BAD_REQUEST
from adapters.pex.invoices import read_bill_payments
from adapters.pex.rows import UnreadRows
from adapters.pex.tag_options import write_options
from adapters.pex.wire import (
    BusinessData,
    PagesData,
    ProfileData,
    RenewedData,
    SettingsData,
    TagData,
    TokenData,
    convert,
    moment,
    read_rows,
    reading,
)
from application.ports.pex import (
    Business,
    PexPermissionMissing,
    PexReceipt,
    PexRequestRefused,
    PexTokenRefused,
    RowPage,
    Tag,
    TagsOff,
)
from domain.eastern_time import EASTERN
from domain.pex_transaction import Record
from domain.refusals import Refusal
from domain.tag_options import TagOption

log = structlog.get_logger(__name__)

LISTS = {
    Record.CARD: "Details/AllCardholderTransactions",
    Record.BUSINESS: "Details/TransactionDetails",
}
SETTLED_ONLY = {"IncludePendings": "False", "IncludeDeclines": "False"}
# Without it, purchases by vendor cards could be left out (PEX contract 3.1).
WITH_VENDOR_CARDS = {"IncludeVendorBillPay": "True"}
# PEX's flag, and what its dashboard calls the permission (PEX contract 2.6).
PERMISSIONS = {
    "EditBusinessProfile": "Edit business settings & apps",
    "ManageCardholder": "Manage cardholder",
    "ViewCardTransactions": "View card transactions",
}


class HttpPexAccount:
    """Fulfils the port `PexAccount`."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def business(self) -> Business:
        """Probe the token, the permissions and the funding.

        Raises:
            PexRequestRefused: PEX does not tell how the business pays; nothing is assumed.
        """
        token = self._token()
        if not token.is_admin:
            raise PexTokenRefused("the token is not an administrator's")
        profile: ProfileData = self._client.get("Business/MyProfile", reading(ProfileData))
        missing = [label for flag, label in PERMISSIONS.items() if not profile.grants(flag)]
        if missing:
            raise PexPermissionMissing(missing)
        settings: SettingsData = self._client.get("Business/Settings", reading(SettingsData))
        if settings.funding is None:
            raise PexRequestRefused(200, "PEX does not tell whether it is prepaid or credit.")
        return Business(
            token.business_account_id,
            token.business_account_name or str(token.business_account_id),
            settings.funding,
            token.username or "",
            tags_enabled=settings.tags_enabled is True,
            token_expires_at=token.expires_at,
        )

    def _token(self) -> TokenData:
        """Probe the token; for this call alone, 400 means a bad one as well (PEX contract 1.7)."""
        try:
            token: TokenData = self._client.get("Token/Current", reading(TokenData))
        except PexRequestRefused as refusal:
            if refusal.status == BAD_REQUEST:
                raise PexTokenRefused(refusal.cause) from refusal
            raise
        return token

    def renew_token(self) -> str:
        """A new API token; sent once, since the answer may be all that is left of the old one.

        Raises:
            PexRequestRefused: PEX gives none, or none that can be read.
        """
        renewed: RenewedData = self._client.post("Token/Renew", reading(RenewedData))
        token = renewed.token.strip()
        if not token or not token.isascii() or not token.isprintable() or " " in token:
            raise PexRequestRefused(200, "The renewed token cannot be read.")
        return token

    def rows(self, record: Record, start: datetime, end: datetime) -> RowPage:
        """A page of settled rows."""
        path = LISTS.get(record)
        if path is None:
            return RowPage((), None)
        params = {"StartDate": _wall(start), "EndDate": _wall(end)} | SETTLED_ONLY
        if record is Record.CARD:
            params |= WITH_VENDOR_CARDS
        page = self._client.get(path, read_rows, params)
        rows = UnreadRows(record, page.rows) if page.rows else ()
        return RowPage(rows, _next_start(page.pages, start, len(rows)))

    def bill_payments(self, start: date, end: date) -> RowPage:
        """A page of invoices by their due dates."""
        return read_bill_payments(self._client, start, end)

    def cardholder_names(self) -> Mapping[int, str]:
        """Names by card account; a sync goes on without them (PEX contract 2.4)."""
        try:
            details: BusinessData = self._client.get(
                "Details/AccountDetails", reading(BusinessData)
            )
        except PexTokenRefused:
            raise
        except Refusal as refusal:
            log.warning("cardholder names cannot be read", reason=refusal.cause)
            return {}
        return details.names

    def tags(self) -> tuple[Tag, ...]:
        """Definitions that are not deleted; one that cannot be read is left out."""
        try:
            told: list[Any] | None = self._client.get(
                "Business/Configuration/Tags", reading(list[Any] | None)
            )
        except TagsOff:
            return ()
        return tuple(tag for tag in map(_tag, told or []) if tag is not None)

    def tag(self, tag_id: str) -> Tag | None:
        """One definition with every option, whoever may see it; all of it, or a refusal."""
        path = f"Business/Configuration/Tag/{quote(tag_id, safe='')}"
        found: TagData | None = self._client.find(
            path, reading(TagData), {"OverrideRestrictions": "true"}
        )
        return None if found is None or found.is_deleted else found.tag()

    def receipts(self, pex_id: int) -> tuple[PexReceipt, ...]:
        """The receipts of a card transaction."""
        return receipts.listed(self._client, pex_id)

    def receipt_content(self, pex_id: int, receipt_id: str) -> bytes | None:
        """A receipt's file."""
        return receipts.content(self._client, pex_id, receipt_id)

    def write_options(self, tag: Tag, options: Sequence[TagOption]) -> Tag:
        """Replace a tag's options, once; what PEX has then."""
        return write_options(self._client, tag, options)


def _tag(told: Any) -> Tag | None:
    try:
        read: TagData = convert(told, TagData)
    except msgspec.ValidationError as error:
        log.warning("a tag definition was left out", reason=str(error))
        return None
    return None if read.is_deleted else read.tag()


def _wall(moment: datetime) -> str:
    return moment.astimezone(EASTERN).replace(tzinfo=None, microsecond=0).isoformat()


def _next_start(pages: PagesData | None, start: datetime, received: int) -> datetime | None:
    """Where the next page begins, or None (PEX contract 3.3).

    Raises:
        PexRequestRefused: the list is longer than what came, and tells no way to the rest.
    """
    if pages is None:
        return None
    if pages.number_of_pages is None:
        told = max(pages.total_items or 0, pages.total_records or 0)
        if told > received:
            raise PexRequestRefused(200, "The list of transactions is longer than what came.")
    if (pages.number_of_pages or 0) <= 1:
        return None
    try:
        following = moment(pages.last_time_retrieved)
    except ValueError:
        following = None
    # Compared as they are sent, in whole seconds: a fraction more would ask for the same page.
    if following is None or _wall(following) <= _wall(start):
        raise PexRequestRefused(200, "The list of transactions does not get on.")
    return following
