"""Transaction rows as PEX sends them, each read by itself (PEX contract 3.4, 3.9, 4.3, 4.4).

What cannot be read is never guessed into a posting. A row without id, time or amount is no row and
stops its page. Unreadable tags, which an entry is coded by, become an unreadable split, for which
the row alone is refused. Where it cannot be told whether funds moved, the row counts as pending.
Any other odd member is left out.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, overload

import msgspec
import structlog

from adapters.pex.wire import convert, decode, moment, wire_name
from application.ports.pex import PexRequestRefused
from domain.money import Money
from domain.pex_transaction import Allocation, PexTransaction, Record, TagValue

log = structlog.get_logger(__name__)

TYPES = {1: "Transfer", 2: "Network", 3: "Load", -1: "Invalid"}
SYNC_MARK = re.compile(r"^\s*synced\b.*\bto\b", re.IGNORECASE | re.DOTALL)
TELLS_SETTLED = frozenset({"ispending", "isdecline", "settlementtime"})
UNREADABLE = Allocation(None, ())
LARGEST = Decimal(10) ** 15  # beyond it, cents are lost in decimal arithmetic of 28 digits


class RowUnreadable(ValueError):
    """A row of which not even id, time and amount can be read; its text holds no values."""


class RowData(msgspec.Struct, rename=wire_name):
    """A transaction row, as far as it is read."""

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
    merchant_city: str | None = None
    merchant_state: str | None = None
    transfer_to_or_from_account_id: int | None = None
    transaction_notes: list[Any] | None = None
    transaction_tags: dict[str, Any] | None = None
    metadata_approval_status: str | None = None


_MEMBERS = msgspec.structs.fields(RowData)


def read_row(raw: msgspec.Raw | bytes, record: Record) -> PexTransaction:
    """A row as the domain knows it.

    Raises:
        RowUnreadable: id, time or amount is missing, or is none.
    """
    members = decode(raw)
    if not isinstance(members, dict):
        raise RowUnreadable("a row is no object")
    try:
        data, odd = convert(members, RowData), frozenset[str]()
    except msgspec.ValidationError:
        data, odd = _without_odd(members)
    return _transaction(data, odd, record)


class UnreadRows(Sequence[PexTransaction]):
    """The rows of a page, of which there may be 30,000: each is read when somebody comes to it.

    A look at a row raises PexRequestRefused where that one cannot be read.
    """

    def __init__(self, record: Record, raw: Sequence[msgspec.Raw]) -> None:
        self._record = record
        self._raw = raw

    def __len__(self) -> int:
        return len(self._raw)

    @overload
    def __getitem__(self, at: int) -> PexTransaction: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[PexTransaction]: ...
    def __getitem__(self, at: int | slice) -> PexTransaction | Sequence[PexTransaction]:
        if isinstance(at, slice):
            return UnreadRows(self._record, self._raw[at])
        try:
            return read_row(self._raw[at], self._record)
        except RowUnreadable as error:
            raise PexRequestRefused(200, f"A row cannot be read: {error}.") from error


def _without_odd(members: dict[str, Any]) -> tuple[RowData, frozenset[str]]:
    """The row without its odd members, and their names."""
    odd = set()
    for member in _MEMBERS:
        name = member.encode_name
        try:
            convert(members.get(name), member.type)
        except msgspec.ValidationError:
            if member.required:
                raise RowUnreadable(f"{_named(members)} has no readable {name}") from None
            odd.add(name)
    log.warning("odd members of a PEX row were left out", row=_named(members), members=sorted(odd))
    kept = {name: value for name, value in members.items() if name not in odd}
    return convert(kept, RowData), frozenset(odd)


def _named(members: dict[str, Any]) -> str:
    """A row's name in messages."""
    number = members.get("transactionid")
    return f"transaction {number}" if isinstance(number, int) else "a transaction"


def _transaction(data: RowData, odd: Collection[str], record: Record) -> PexTransaction:
    name = f"transaction {data.transaction_id}"
    if data.transaction_id <= 0:
        raise RowUnreadable(f"{name} has no readable id")
    if not is_amount(data.transaction_amount):
        raise RowUnreadable(f"{name} has no readable amount")
    try:
        transacted_at = moment(data.transaction_time)
    except ValueError:
        transacted_at = None
    if transacted_at is None:
        raise RowUnreadable(f"{name} has no readable time")
    unclear = not TELLS_SETTLED.isdisjoint(odd)
    try:
        settled_at = moment(data.settlement_time)
    except ValueError:
        settled_at, unclear = None, True
    tags, allocations = _tags(data, odd)
    return PexTransaction(
        record,
        data.transaction_id,
        Money(data.transaction_amount),
        transacted_at,
        settled_at,
        type_name(data.transaction_type),
        _stripped(data.transaction_type_category),
        _stripped(data.description) or "",
        bool(data.is_pending) or unclear,
        bool(data.is_decline),
        data.acct_id or 0,
        data.transfer_to_or_from_account_id or 0,
        None,
        _stripped(data.merchant_name),
        _stripped(data.merchant_name_normalized),
        _stripped(data.merchant_city),
        _stripped(data.merchant_state),
        _stripped(data.metadata_approval_status),
        tuple(_notes(data.transaction_notes or [])),
        tags,
        allocations,
    )


def type_name(told: str | int | None) -> str:
    """A transaction type's name, from its name in any case or its number."""
    text = str(told if told is not None else "").strip()
    numbered = {str(number): name for number, name in TYPES.items()}
    if text in numbered:
        return numbered[text]
    names = {name.casefold(): name for name in TYPES.values()}
    unknown = "Invalid" if text.lstrip("-").isdecimal() else text
    return names.get(text.casefold(), unknown or "Invalid")


def _stripped(text: str | None) -> str | None:
    return (text or "").strip() or None


def is_amount(amount: Decimal) -> bool:
    """Whether it is a number, and small enough to be added up exactly."""
    return amount.is_finite() and -LARGEST < amount < LARGEST


def _notes(notes: Iterable[Any]) -> Iterator[str]:
    """What users wrote; notes by systems, and marks that connectors made, are left out."""
    for note in notes:
        if not isinstance(note, dict):
            continue
        by_system = str(note.get("systemgenerated")).casefold() in ("true", "1")
        text = note.get("notetext")
        if isinstance(text, str) and text.strip() and not by_system and not SYNC_MARK.match(text):
            yield text.strip()


# --- tags and splits -------------------------------------------------------------------------


def _tags(
    data: RowData, odd: Collection[str]
) -> tuple[tuple[TagValue, ...], tuple[Allocation, ...]]:
    """Tags and splits of a row."""
    entries = (data.transaction_tags or {}).get("tags")
    if "transactiontags" in odd or not isinstance(entries, list | None):
        return (), (UNREADABLE,)
    tags, allocations = list[TagValue](), list[Allocation]()
    for entry in entries or []:
        read = _entry(entry)
        if isinstance(read, TagValue):
            tags.append(read)
        elif read is not None:
            allocations.append(read)
    return tuple(tags), tuple(allocations)


def _entry(entry: Any) -> TagValue | Allocation | None:
    """A tag, a split, or nothing where there is no value."""
    if not isinstance(entry, dict):
        return UNREADABLE
    value, name = entry.get("value"), str(entry.get("name") or "")
    split = _split(value, name)
    return _tag(entry.get("fieldid"), value, name) if split is None else split


def _tag(tag_id: Any, value: Any, name: str = "") -> TagValue | Allocation | None:
    """A tag's value as text; a value of nobody knows which tag is unreadable."""
    text = _text(value)
    if not text.strip():
        return None
    if not isinstance(tag_id, str | int) or isinstance(tag_id, bool) or not str(tag_id).strip():
        return UNREADABLE
    return TagValue(str(tag_id).strip(), text, name.strip())


def _split(value: Any, name: str) -> Allocation | None:
    """A split from its object or its JSON text; None for the value of an ordinary tag."""
    if isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            read = decode(value.encode())
        except msgspec.DecodeError:
            meant = '"allocation"' in value.lower() or name.lower().startswith("allocation")
            return UNREADABLE if meant else None
        return _allocation(read) if "allocation" in read else None
    return _allocation(value) if isinstance(value, dict) else None


def _allocation(members: dict[str, Any]) -> Allocation:
    amount, inner = _amount(members.get("amount")), members.get("allocation")
    if amount is None or not isinstance(inner, list | None):
        return UNREADABLE
    tags = list[TagValue]()
    for entry in inner or []:
        read = _tag(entry.get("tagid"), entry.get("value")) if isinstance(entry, dict) else entry
        if isinstance(read, TagValue):
            tags.append(read)
        elif read is not None:
            return UNREADABLE
    return Allocation(amount, tuple(tags))


def _amount(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return None
    try:
        amount = Decimal(value)
    except InvalidOperation:
        return None
    return amount if is_amount(amount) else None


def _text(value: Any) -> str:
    """A tag's value as text: options are compared as texts (PEX contract 4.3)."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return format(value, "f") if isinstance(value, Decimal) else str(value)
