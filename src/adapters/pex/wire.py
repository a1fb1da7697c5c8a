"""What PEX sends beside transactions, as far as it is read (PEX contract 1.2, 1.6, 2, 3.3, 4.2).

Names are matched in any case and unknown members passed over. Numbers are exact: a fraction becomes
a `Decimal`, never a float.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeVar

import msgspec

from application.ports.pex import Funding, Tag
from domain.eastern_time import from_wall_time
from domain.tag_options import TagOption

T = TypeVar("T")

TAG_KINDS = {
    0: "Text",
    1: "YesNo",
    2: "Dropdown",
    3: "Decimal",
    4: "PercentageTax",
    5: "AbsoluteTax",
    10: "Allocation",
}
FUNDINGS = {
    "prepaid": Funding.PREPAID,
    "1": Funding.PREPAID,
    "credit": Funding.CREDIT,
    "2": Funding.CREDIT,
}
ADMIN = ("admin", "1")
EARLIEST_YEAR = 2000  # PEX is younger; year 1 is how .NET writes a time that was never set
_DECODER = msgspec.json.Decoder(float_hook=Decimal)
_NESTED = (dict, list)


def decode(body: bytes | msgspec.Raw) -> Any:
    """JSON with names in lower case; raises msgspec.DecodeError or UnicodeDecodeError."""
    return _folded(_DECODER.decode(body))


def reading(form: Any) -> Callable[[bytes], Any]:
    """A reader of bodies of one form; it raises as `decode`, and msgspec.ValidationError."""
    return lambda body: convert(decode(body), form)


def convert(value: Any, form: Any) -> Any:
    """A decoded value in its form; numbers and flags may be text, as PEX's enums are."""
    return msgspec.convert(value, form, strict=False)


def moment(text: str | None) -> datetime | None:
    """An Eastern time; None for none, and for the year 1 that .NET sends for a time not set.

    Raises:
        ValueError: the text is no time.
    """
    if not text or not text.strip():
        return None
    try:
        read = from_wall_time(text.strip())
    except OverflowError:
        return None
    return read if read.year >= EARLIEST_YEAR else None


def _folded(value: Any) -> Any:
    """Names in lower case at any depth; lean, as lists have 30,000 rows of 40 members."""
    if isinstance(value, dict):
        return {
            name.lower(): _folded(one) if isinstance(one, _NESTED) else one
            for name, one in value.items()
        }
    return [_folded(one) for one in value] if isinstance(value, list) else value


def wire_name(name: str) -> str:
    """A member's name as `decode` leaves it: PascalCase in lower case."""
    return name.replace("_", "")


class TokenData(msgspec.Struct, rename=wire_name):
    """`Token/Current` (PEX contract 1.6). The token itself is sent too, and not read."""

    business_account_id: int
    business_account_name: str | None = None
    user_type: str | int | None = None
    username: str | None = None
    token_expiration: Any = None

    @property
    def is_admin(self) -> bool:
        """Whether an administrator's; a cardholder's would read other rows (3.3)."""
        return str(self.user_type).casefold() in ADMIN

    @property
    def expires_at(self) -> datetime | None:
        """When it ends, in UTC; None where that is not told, or not readable."""
        try:
            told = moment(str(self.token_expiration or ""))
        except ValueError:
            return None
        return None if told is None else told.astimezone(UTC)


class RenewedData(msgspec.Struct, rename=wire_name):
    """`Token/Renew` (PEX contract 1.6); only here is a token read from an answer."""

    token: str


class SettingsData(msgspec.Struct, rename=wire_name):
    """`Business/Settings` (PEX contract 2.2)."""

    funding_source: str | int | None = None
    tags_enabled: bool | None = None

    @property
    def funding(self) -> Funding | None:
        """How the business pays; None where PEX does not tell, which nothing may be built on."""
        return FUNDINGS.get(str(self.funding_source).casefold())


class AdminData(msgspec.Struct, rename=wire_name):
    """An administrator, as far as permissions go (PEX contract 2.6)."""

    permissions: dict[str, Any] | None = None


class ProfileData(msgspec.Struct, rename=wire_name):
    """`Business/MyProfile`."""

    admin: AdminData | None = None

    def grants(self, flag: str) -> bool:
        """Whether a permission is there; one that is absent or unreadable is not."""
        told = (self.admin.permissions or {}) if self.admin else {}
        return str(told.get(flag.lower())).casefold() in ("true", "1")


class CardAccountData(msgspec.Struct, rename=wire_name):
    """A card account of `Details/AccountDetails` (PEX contract 2.3)."""

    account_id: int
    first_name: str | None = None
    last_name: str | None = None

    @property
    def name(self) -> str:
        """First and last name, as far as they are told."""
        return " ".join(f"{self.first_name or ''} {self.last_name or ''}".split())


class BusinessData(msgspec.Struct):
    """`Details/AccountDetails`."""

    accounts: list[Any] | None = msgspec.field(name="chaccountlist", default=None)

    @property
    def names(self) -> Mapping[int, str]:
        """Cardholders by card account; an account that cannot be read is left out."""
        found = {}
        for one in self.accounts or []:
            try:
                account = convert(one, CardAccountData)
            except msgspec.ValidationError:
                continue
            if account.name:
                found[account.account_id] = account.name
        return found


class PagesData(msgspec.Struct, rename=wire_name):
    """The paging block, in either of its known shapes (PEX contract 3.3, U25)."""

    number_of_pages: int | None = None
    last_time_retrieved: str | None = None
    total_records: int | None = None
    total_items: int | None = None


class RowsData(msgspec.Struct):
    """A page of a transaction list; rows stay raw, so that each is read by itself."""

    rows: list[msgspec.Raw]
    pages: PagesData | None


def read_rows(body: bytes) -> RowsData:
    """Read a page without its rows, of which there may be 30,000; a null list is an empty one."""
    members = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    raw = {name.lower(): one for name, one in members.items()}
    listed, pages = raw.get("transactionlist"), raw.get("pages")
    rows = None if listed is None else msgspec.json.decode(listed, type=list[msgspec.Raw] | None)
    return RowsData(rows or [], None if pages is None else convert(decode(pages), PagesData | None))


class OptionData(msgspec.Struct, rename=wire_name):
    """An option of a dropdown tag (PEX contract 4.2)."""

    value: str | int
    name: str | int | None = None
    order: int | None = None
    is_enabled: bool | None = None

    def option(self) -> TagOption:
        """As the port knows it; an option without a name is called by its value."""
        value = str(self.value)
        name = value if self.name is None else str(self.name)
        return TagOption(value, name, self.order or 0, self.is_enabled is not False)


class TagData(msgspec.Struct, rename=wire_name):
    """A tag's definition."""

    id: str | int
    type: str | int
    name: str | None = None
    description: str | None = None
    order: int | None = None
    is_required: bool | None = None
    is_enabled: bool | None = None
    is_deleted: bool | None = None
    concurrency_key: str | None = None
    options: list[OptionData] | None = None

    def tag(self) -> Tag:
        """As the port knows it; a kind that this version does not know keeps PEX's word for it."""
        options = tuple(one.option() for one in self.options or [])
        kind, told = kind_of(self.type), self.is_enabled is not False
        return Tag(
            str(self.id),
            kind,
            self.name or str(self.id),
            told,
            options,
            self.description or "",
            self.order or 0,
            self.is_required is True,
            self.concurrency_key,
        )


def kind_of(told: str | int) -> str:
    """A tag kind's name, from its name in any case or its number."""
    text = str(told).strip()
    if text.isdecimal():
        return TAG_KINDS.get(int(text), text)
    return {name.casefold(): name for name in TAG_KINDS.values()}.get(text.casefold(), text)
