"""The state behind the PEX simulator: businesses, rows, receipts, tokens and switches."""

import hashlib
import itertools
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sandbox.clock import SandboxClock
from sandbox.pex.pictures import picture
from sandbox.pex.postman import Postman
from sandbox.pex.wire import EASTERN, Refusal, hex_id

Row = dict[str, Any]
"""A transaction under PEX's own member names: amounts `Decimal`, times Eastern wall text."""

STATES = ("NotLoaded", "Loaded", "Deleted", "HasMalware", "LoadFailed")
LISTS = ("card", "business")
PERMISSIONS = (
    "ViewAdministration",
    "AddEditTerminateAdministrator",
    "RequestDeleteACHTransfer",
    "EditBusinessProfile",
    "AddEditTerminateCard",
    "CreateCardholder",
    "ManageCardholder",
    "ViewCardUsage",
    "ViewCardNumbers",
    "ViewCardTransactions",
    "ApproveFundingRequest",
    "RequestCardFunding",
    "ModifyTransactionNotes",
)


@dataclass(slots=True)
class Receipt:
    """A file on a transaction (PEX contract 6.1).

    Attributes:
        kind: what the bytes are: `png`, `jpg`, `pdf`, or `text`, which is no receipt at all.
        type: what PEX says they are: `Image` or `Pdf`.
        created: UTC, as written on the wire.
        caption: printed on the generated picture.
        uploaded: bytes that were sent in; None means that they are made when asked for.
    """

    id: str
    kind: str
    type: str
    state: str
    created: str
    caption: str = ""
    uploaded: bytes | None = None

    @property
    def content(self) -> bytes:
        """The file's bytes, the same every time."""
        if self.uploaded is not None:
            return self.uploaded
        return picture(self.kind, self.id, self.caption)

    @property
    def sha256(self) -> str:
        """The content's digest, for tests that follow a receipt to where it goes."""
        return hashlib.sha256(self.content).hexdigest()


@dataclass(slots=True)
class CardAccount:
    """A cardholder's or a vendor's card account (PEX contract 2.3)."""

    id: int
    first: str
    last: str
    status: str = "OPEN"
    kind: str = "TeamMember"


@dataclass(slots=True)
class Business:
    """One PEX business with everything that belongs to it.

    Attributes:
        funding: `Prepaid` or `Credit`.
        rows: by list (`card`, `business`), then by TransactionId.
        receipts: by TransactionId; deleted ones stay in the list with that state.
        hidden_options: by tag, option values that a read without OverrideRestrictions leaves out.
        vendor_bills: card rows that are vendor bill payments.
        callbacks: subscriptions by Id, enumerations by name.
        callback_secret: the shared secret that PEX support issued; empty for none yet.
        deliveries: what became of each callback, oldest first.
        tag_times: by TransactionId, when its tags were first written (UTC text).
    """

    id: int
    name: str
    funding: str
    username: str
    accounts: list[CardAccount]
    rows: dict[str, dict[int, Row]] = field(default_factory=lambda: {name: {} for name in LISTS})
    receipts: dict[int, list[Receipt]] = field(default_factory=dict)
    tags: dict[str, dict[str, Any]] = field(default_factory=dict)
    hidden_options: dict[str, set[str]] = field(default_factory=dict)
    vendor_bills: set[int] = field(default_factory=set)
    invoices: list[dict[str, Any]] = field(default_factory=list)
    payments: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    allocations: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    callbacks: dict[int, dict[str, Any]] = field(default_factory=dict)
    callback_secret: str = ""
    deliveries: list[dict[str, Any]] = field(default_factory=list)
    permissions: dict[str, bool | None] = field(
        default_factory=lambda: dict.fromkeys(PERMISSIONS, True)
    )
    tags_enabled: bool = True
    user_type: str = "Admin"
    status: str = "OPEN"

    def row(self, transaction: int) -> Row | None:
        """The row of either list."""
        return self.rows["card"].get(transaction) or self.rows["business"].get(transaction)


@dataclass(slots=True)
class Token:
    """An API token (scheme `token`) or an OAuth access token (scheme `bearer`); instants in UTC.

    `refusal` is what the next call with it is answered, once; after that the token is gone.
    """

    value: str
    scheme: str
    business: int
    created: datetime
    expires: datetime
    family: str = ""
    refusal: tuple[int, str] | None = None


@dataclass(slots=True)
class Switches:
    """How the simulator behaves where PEX is unknown or varies (PEX contract 10).

    Attributes:
        window_tests: the time that StartDate and EndDate test: `TransactionTime` or
            `SettlementTime` (U2).
        dead_token_status: 401 or 403 (1.7); 400 happens on Token/Current.
        enforce_limits: answer 429 beyond the limits of 8.1.
        retry_after: seconds that a 429 names in Retry-After; 0 for no header.
        attachment_urls: Content is a link to the file (U5).
        attachment_data_uris: Content is a `data:` URI (U5).
        renewing_kills: the old token dies when it is renewed (U9).
        null_lists: an empty TransactionList is sent as null (3.3).
        list_deleted_tags: the tag list shows deleted ones (U19).
        max_options: most options of one tag; 0 for no limit (U6).
        max_option_name: longest option name; 0 for no limit (U6).
        access_seconds: lifetime of OAuth access tokens.
        refresh_seconds: lifetime of OAuth refresh tokens.
        callback_enums: how subscriptions are answered: `name` (1.2), `label` (7) or `number`.
        callback_reversed: money out is positive in callbacks, as one of PEX's samples has it (7).
        callback_copies: how often each callback is sent, at once; 0 loses it.
        callback_delay_ms: milliseconds of the machine's own time before it is sent.
        callback_wrong_secret: it comes with a secret that was not issued.
        callback_body: `whole`, or in its place `malformed` JSON, an `empty` body, a `foreign`
            object.
    """

    page_size: int = 30_000
    window_tests: str = "TransactionTime"
    dead_token_status: int = 401
    enforce_limits: bool = False
    retry_after: int = 0
    attachment_urls: bool = False
    attachment_data_uris: bool = False
    renewing_kills: bool = False
    null_lists: bool = False
    list_deleted_tags: bool = True
    max_options: int = 0
    max_option_name: int = 0
    access_seconds: int = 600
    refresh_seconds: int = 1_209_600
    callback_enums: str = "name"
    callback_reversed: bool = False
    callback_copies: int = 1
    callback_delay_ms: int = 0
    callback_wrong_secret: bool = False
    callback_body: str = "whole"


class World:
    """All state, one lock around it, counters for what is added later, and who sends callbacks."""

    def __init__(self, clock: SandboxClock, seed: int) -> None:
        self.clock, self.seed = clock, seed
        self.lock = threading.RLock()
        self.switches = Switches()
        self.businesses: dict[int, Business] = {}
        self.tokens: dict[str, Token] = {}
        self.row_ids: Iterator[int] = itertools.count(90_000_001)
        self.note_ids: Iterator[int] = itertools.count(5_000_001)
        self.small_ids: Iterator[int] = itertools.count(1)
        self.postman = Postman()

    def now(self) -> datetime:
        """The simulator's instant, UTC."""
        return self.clock.now()

    def wall(self) -> datetime:
        """The simulator's Eastern wall time, without zone and fraction."""
        return self.now().astimezone(EASTERN).replace(tzinfo=None, microsecond=0)

    def new_hex(self, *parts: object) -> str:
        """A 24-digit identifier that was not given before; repeatable call by call."""
        return hex_id(self.seed, next(self.small_ids), *parts)

    def business_of(self, transaction: int) -> Business:
        """The business that has this row; raises Refusal (404) when none has."""
        for business in self.businesses.values():
            if business.row(transaction) is not None:
                return business
        raise Refusal(404, f"Transaction {transaction} does not exist")
