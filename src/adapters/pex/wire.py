"""What PEX sends, as far as it is read; unknown members are passed over (PEX contract 1.2)."""

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from application.ports.pex import Tag, TagOption
from domain.eastern_time import from_wall_time
from domain.money import Money
from domain.pex_transaction import Allocation, PexTransaction, Record, TagValue

TYPES = {1: "Transfer", 2: "Network", 3: "Load", -1: "Invalid"}
TAG_KINDS = {
    0: "Text",
    1: "YesNo",
    2: "Dropdown",
    3: "Decimal",
    4: "PercentageTax",
    5: "AbsoluteTax",
    10: "Allocation",
}
SYNC_MARK = re.compile(r"^\s*synced\b.*\bto\b", re.IGNORECASE | re.DOTALL)
_DECODER = msgspec.json.Decoder(float_hook=Decimal)
ADMIN = ("admin", "1")
CREDIT = ("credit", "2")


class TokenData(msgspec.Struct, rename="pascal"):
    """`Token/Current` (PEX contract 1.6)."""

    business_account_id: int
    business_account_name: str | None = None
    user_type: str | int | None = None
    username: str | None = None
    token_expiration: str | None = None

    @property
    def is_admin(self) -> bool:
        """Whether an administrator's; a cardholder's would read other rows (3.3)."""
        return str(self.user_type).casefold() in ADMIN


class SettingsData(msgspec.Struct, rename="pascal"):
    """`Business/Settings` (PEX contract 2.2)."""

    funding_source: str | int | None = None
    tags_enabled: bool | None = None

    @property
    def is_credit(self) -> bool:
        """Whether the business pays by invoice."""
        return str(self.funding_source).casefold() in CREDIT


class AdminData(msgspec.Struct, rename="pascal"):
    """An administrator, as far as permissions go (PEX contract 2.6)."""

    permissions: dict[str, Any] | None = None


class ProfileData(msgspec.Struct, rename="pascal"):
    """`Business/MyProfile`."""

    admin: AdminData | None = None


class CardAccountData(msgspec.Struct, rename="pascal"):
    """A card account of `Details/AccountDetails` (PEX contract 2.3)."""

    account_id: int
    first_name: str | None = None
    last_name: str | None = None


class BusinessData(msgspec.Struct):
    """`Details/AccountDetails`."""

    accounts: list[CardAccountData] | None = msgspec.field(name="CHAccountList", default=None)


class PagesData(msgspec.Struct, rename="pascal"):
    """The paging block, in either of its known shapes (PEX contract 3.3, U25)."""

    number_of_pages: int | None = None
    last_time_retrieved: str | None = None
    total_records: int | None = None
    total_items: int | None = None


class NoteData(msgspec.Struct, rename="pascal"):
    """A note on a row (PEX contract 3.9)."""

    note_text: str | None = None
    system_generated: bool | None = None


class TagEntry(msgspec.Struct, rename="pascal"):
    """A tag on a row; an allocation's value is JSON, as text or as an object (4.3, 4.4)."""

    field_id: str | None = None
    value: Any = None


class TagsData(msgspec.Struct, rename="pascal"):
    """The tags of a row."""

    tags: list[TagEntry] | None = None


class RowData(msgspec.Struct, rename="pascal"):
    """A transaction row (PEX contract 3.4)."""

    transaction_id: int
    transaction_time: str
    transaction_amount: Decimal
    acct_id: int | None = None
    settlement_time: str | None = None
    transaction_type: str | int | None = None
    transaction_type_category: str | None = None
    description: str | None = None
    is_pending: bool | None = None
    is_decline: bool | None = None
    merchant_name: str | None = None
    merchant_name_normalized: str | None = None
    transfer_to_or_from_account_id: int | None = None
    transaction_notes: list[NoteData] | None = None
    transaction_tags: TagsData | None = None
    metadata_approval_status: str | None = None

    def value(self, record: Record) -> PexTransaction:
        """As the domain knows it."""
        entries = (self.transaction_tags.tags or []) if self.transaction_tags else []
        return PexTransaction(
            record,
            self.transaction_id,
            Money(self.transaction_amount),
            from_wall_time(self.transaction_time),
            from_wall_time(self.settlement_time) if self.settlement_time else None,
            type_name(self.transaction_type),
            self.transaction_type_category,
            (self.description or "").strip(),
            bool(self.is_pending),
            bool(self.is_decline),
            self.acct_id or 0,
            self.transfer_to_or_from_account_id or 0,
            None,
            _stripped(self.merchant_name),
            _stripped(self.merchant_name_normalized),
            self.metadata_approval_status,
            tuple(_notes(self.transaction_notes or [])),
            tuple(_tags(entries)),
            tuple(_allocations(entries)),
        )


class RowsData(msgspec.Struct, rename="pascal"):
    """A page of a transaction list; rows stay raw, so that each is read by itself."""

    transaction_list: list[msgspec.Raw] | None = None
    pages: PagesData | None = None


class OptionData(msgspec.Struct, rename="pascal"):
    """An option of a dropdown tag (PEX contract 4.2)."""

    name: str
    value: str
    order: int | None = None
    is_enabled: bool | None = None


class TagData(msgspec.Struct, rename="pascal"):
    """A tag's definition."""

    id: str
    type: str | int
    name: str
    is_enabled: bool | None = None
    is_deleted: bool | None = None
    options: list[OptionData] | None = None

    def value(self) -> Tag:
        """As the port knows it."""
        kind = TAG_KINDS.get(self.type, str(self.type)) if isinstance(self.type, int) else self.type
        options = tuple(
            TagOption(one.value, one.name, one.order or 0, one.is_enabled is not False)
            for one in self.options or []
        )
        return Tag(self.id, kind, self.name, self.is_enabled is not False, options)


_ROW_DECODER = msgspec.json.Decoder(RowData, float_hook=Decimal)


def read_row(raw: msgspec.Raw | bytes) -> RowData:
    """A row, every number in it a `Decimal` or whole; raises msgspec.ValidationError."""
    return _ROW_DECODER.decode(raw)


def type_name(kind: str | int | None) -> str:
    """A transaction type's name, from its name or its number."""
    if isinstance(kind, int):
        return TYPES.get(kind, "Invalid")
    names = {name.casefold(): name for name in TYPES.values()}
    return names.get((kind or "").casefold(), kind or "Invalid")


def _stripped(text: str | None) -> str | None:
    return (text or "").strip() or None


def _notes(notes: list[NoteData]) -> Iterator[str]:
    """What users wrote; marks made by connectors are left out."""
    for note in notes:
        text = (note.note_text or "").strip()
        if text and not note.system_generated and not SYNC_MARK.match(text):
            yield text


def _is_allocation(value: Any) -> bool:
    return isinstance(value, dict) or (
        isinstance(value, str) and value.lstrip().startswith("{") and "llocation" in value
    )


def _tags(entries: list[TagEntry]) -> Iterator[TagValue]:
    for entry in entries:
        if entry.field_id and entry.value is not None and not _is_allocation(entry.value):
            yield TagValue(entry.field_id, _text(entry.value))


def _allocations(entries: list[TagEntry]) -> Iterator[Allocation]:
    for entry in entries:
        if _is_allocation(entry.value):
            yield _allocation(entry.value)


def _allocation(value: Any) -> Allocation:
    """A split; one that cannot be read has no amount, which refuses its transaction alone."""
    unreadable = Allocation(None, ())
    if isinstance(value, str):
        try:
            value = _DECODER.decode(value)
        except msgspec.DecodeError:
            return unreadable
    if not isinstance(value, dict):
        return unreadable
    members = {str(name).casefold(): one for name, one in value.items()}
    inner = members.get("allocation")
    tags = tuple(_inner_tags(inner if isinstance(inner, list) else []))
    return Allocation(_amount(members.get("amount")), tags)


def _inner_tags(entries: list[Any]) -> Iterator[TagValue]:
    for entry in entries:
        if isinstance(entry, dict):
            members = {str(name).casefold(): one for name, one in entry.items()}
            tag_id, value = members.get("tagid"), members.get("value")
            if tag_id and value is not None:
                yield TagValue(str(tag_id), _text(value))


def _amount(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return None
    try:
        amount = Decimal(value)
    except InvalidOperation:
        return None
    return amount if amount.is_finite() else None


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
