"""One PEX business, read over HTTP."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from urllib.parse import quote

import msgspec
import structlog

from adapters.pex.client import Client
from adapters.pex.errors import TagsOff
from adapters.pex.wire import (
    BusinessData,
    PagesData,
    ProfileData,
    RowData,
    RowsData,
    SettingsData,
    TagData,
    TokenData,
    read_row,
)
from application.ports.pex import (
    Business,
    Funding,
    PexPermissionMissing,
    PexRequestRefused,
    PexTokenRefused,
    PexUnavailable,
    RowPage,
    Tag,
)
from domain.eastern_time import EASTERN, from_wall_time
from domain.pex_transaction import PexTransaction, Record
from domain.refusals import Refusal

log = structlog.get_logger(__name__)

LISTS = {
    Record.CARD: "Details/AllCardholderTransactions",
    Record.BUSINESS: "Details/TransactionDetails",
}
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
        """Probe the token, the permissions and the funding."""
        token = self._client.get(TokenData, "Token/Current")
        if not token.is_admin:
            raise PexTokenRefused("the token is not an administrator's")
        profile = self._client.get(ProfileData, "Business/MyProfile")
        granted = (profile.admin.permissions or {}) if profile.admin else {}
        missing = [label for flag, label in PERMISSIONS.items() if granted.get(flag) is not True]
        if missing:
            raise PexPermissionMissing(missing)
        settings = self._client.get(SettingsData, "Business/Settings")
        expires = from_wall_time(token.token_expiration) if token.token_expiration else None
        return Business(
            token.business_account_id,
            token.business_account_name or str(token.business_account_id),
            Funding.CREDIT if settings.is_credit else Funding.PREPAID,
            token.username or "",
            tags_enabled=settings.tags_enabled is True,
            token_expires_at=expires,
        )

    def rows(self, record: Record, start: datetime, end: datetime) -> RowPage:
        """A page of settled rows."""
        path = LISTS.get(record)
        if path is None:
            return RowPage((), None)
        params = {
            "StartDate": _wall(start),
            "EndDate": _wall(end),
            "IncludePendings": "False",
            "IncludeDeclines": "False",
        }
        page = self._client.get(RowsData, path, params)
        raw = page.transaction_list or []
        rows = tuple(_rows(record, raw))
        return RowPage(rows, _next_start(page.pages, start, len(raw)))

    def cardholder_names(self) -> Mapping[int, str]:
        """Names by card account; a sync goes on without them (PEX contract 2.4)."""
        try:
            details = self._client.get(BusinessData, "Details/AccountDetails")
        except PexTokenRefused:
            raise
        except Refusal as refusal:
            log.warning("cardholder names cannot be read", reason=refusal.cause)
            return {}
        names = {
            one.account_id: " ".join(filter(None, (one.first_name, one.last_name))).strip()
            for one in details.accounts or []
        }
        return {account: name for account, name in names.items() if name}

    def tags(self) -> tuple[Tag, ...]:
        """Definitions that are not deleted."""
        try:
            found = self._client.get(list[TagData], "Business/Configuration/Tags")
        except TagsOff:
            return ()
        return tuple(one.value() for one in found if not one.is_deleted)

    def tag(self, tag_id: str) -> Tag | None:
        """One definition with every option, whoever may see it."""
        path = f"Business/Configuration/Tag/{quote(tag_id, safe='')}"
        found = self._client.find(TagData, path, {"OverrideRestrictions": "true"})
        return None if found is None or found.is_deleted else found.value()


def _wall(moment: datetime) -> str:
    return moment.astimezone(EASTERN).replace(tzinfo=None, microsecond=0).isoformat()


def _rows(record: Record, raw: list[msgspec.Raw]) -> Iterator[PexTransaction]:
    """Each row by itself; one without id, time or amount can be no row, and stops the page."""
    for one in raw:
        try:
            yield read_row(one).value(record)
        except msgspec.ValidationError:
            yield _bare(one).value(record)
        except ValueError as error:
            raise PexUnavailable(f"a row cannot be read: {error}") from error


def _bare(raw: msgspec.Raw) -> RowData:
    """A row with an odd optional member, read without the members that are odd."""
    members = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
    while True:
        try:
            return read_row(msgspec.json.encode(members))
        except msgspec.ValidationError as error:
            name = str(error).rpartition("`$.")[2].rstrip("`").partition(".")[0].partition("[")[0]
            required = {"TransactionId", "TransactionTime", "TransactionAmount"}
            if name in required or members.pop(name, None) is None:
                raise PexUnavailable(f"a row cannot be read: {error}") from error
            log.warning("an odd member of a PEX row was left out", member=name)


def _next_start(pages: PagesData | None, start: datetime, received: int) -> datetime | None:
    """Where the next page begins, or None (PEX contract 3.3).

    Raises:
        PexRequestRefused: the list is longer than what came, and tells no way to the rest.
    """
    if pages is None:
        return None
    if (pages.number_of_pages or 0) > 1:
        following = from_wall_time(pages.last_time_retrieved) if pages.last_time_retrieved else None
        if following is None or following <= start:
            raise PexRequestRefused(200, "The list of transactions does not get on.")
        return following
    more = pages.number_of_pages is None and (pages.total_items or 0) > received
    if more:
        raise PexRequestRefused(200, "The list of transactions is longer than what came.")
    return None
