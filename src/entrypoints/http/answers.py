"""What the API answers with, by name, so that the API description shows every member.

Money stands as text with its decimals, days are US Eastern days, instants are in UTC. A list is
answered page by page: `next_cursor` leads to the next page and is null on the last.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from domain.connection import Status

# --- connections ------------------------------------------------------------------------------


class BusinessAnswer(msgspec.Struct):
    """A PEX business; `funding` is prepaid or credit."""

    id: int
    name: str
    funding: str


class MicrosoftAnswer(msgspec.Struct):
    """How Business Central is signed in to; `connection_id` is whose sign-in a link uses."""

    mode: str
    tenant_id: str
    environment: str
    user: str
    connection_id: UUID | None = None


class CompanyAnswer(msgspec.Struct):
    """A company in Business Central."""

    id: str
    name: str | None


class AutoSyncAnswer(msgspec.Struct):
    """The daily sync; `next_at` is null while it is off or nothing is planned."""

    enabled: bool
    next_at: datetime | None


class CallbacksAnswer(msgspec.Struct):
    """Whether PEX calls back about settlements, which brings the next automatic sync forward."""

    enabled: bool


class ConnectionAnswer(msgspec.Struct):
    """A connection; `status_code`, `status_reason` and `status_fix` say what a person must mend."""

    id: UUID
    business: BusinessAnswer
    status: Status
    status_code: str | None
    status_reason: str | None
    status_fix: str | None
    microsoft: MicrosoftAnswer | None
    company: CompanyAnswer | None
    last_sync_at: datetime | None
    auto_sync: AutoSyncAnswer
    callbacks: CallbacksAnswer
    settings_version: int
    active_run: UUID | None


class ConnectionList(msgspec.Struct):
    """A page of connections, by business name."""

    items: list[ConnectionAnswer]
    next_cursor: str | None = None


class AuthorizeAnswer(msgspec.Struct):
    """Where to send the browser for a sign-in."""

    authorize_url: str


class SignedInAnswer(msgspec.Struct):
    """A sign-in by browser that is complete."""

    connection_id: UUID
    signed_in: bool


class JournalAnswer(msgspec.Struct):
    """The journal `PEX Card` in Business Central."""

    id: str
    code: str
    template: str


# --- choices ----------------------------------------------------------------------------------


class AccountChoice(msgspec.Struct):
    """An account; one that is not usable is blocked, or takes no direct posting."""

    id: str
    number: str
    name: str
    category: str
    usable: bool


class BankAccountChoice(msgspec.Struct):
    """A bank account."""

    id: str
    number: str
    name: str
    currency: str
    blocked: bool


class VendorChoice(msgspec.Struct):
    """A vendor; `blocked` as Business Central says it, empty for one that is not."""

    id: str
    number: str
    name: str
    blocked: str


class CodeChoice(msgspec.Struct):
    """A tax code, or a dimension's value."""

    id: str
    code: str
    name: str


class DimensionChoice(msgspec.Struct):
    """A dimension with its values."""

    id: str
    code: str
    name: str
    values: list[CodeChoice]


class TagOptionChoice(msgspec.Struct):
    """An option of a PEX dropdown tag."""

    value: str
    name: str
    enabled: bool


class TagChoice(msgspec.Struct):
    """A PEX tag."""

    id: str
    name: str
    kind: str
    enabled: bool
    options: list[TagOptionChoice]


class ChoicesAnswer(msgspec.Struct, omit_defaults=True):
    """What settings can choose from; everything but the companies only once one is named."""

    companies: list[CompanyAnswer]
    accounts: list[AccountChoice] | None = None
    bank_accounts: list[BankAccountChoice] | None = None
    vendors: list[VendorChoice] | None = None
    tax_codes: list[CodeChoice] | None = None
    dimensions: list[DimensionChoice] | None = None
    pex_tags: list[TagChoice] | None = None


# --- settings ---------------------------------------------------------------------------------


class SettingsVersionAnswer(msgspec.Struct):
    """When a version of the settings was saved, and by whom."""

    version: int
    saved_at: datetime
    actor: str


class SettingsVersionList(msgspec.Struct):
    """All saved versions, newest first."""

    items: list[SettingsVersionAnswer]
    next_cursor: str | None = None


class Difference(msgspec.Struct, rename={"before": "from", "after": "to"}):
    """A member of the settings that differs; `path` is an RFC 6901 pointer to it."""

    path: str
    before: Any
    after: Any


class DifferenceList(msgspec.Struct):
    """All that differs between two versions."""

    items: list[Difference]
    next_cursor: str | None = None


# --- audit and health -------------------------------------------------------------------------


class HeadAnswer(msgspec.Struct):
    """The hash chain's end; of an empty log position 0 and 64 zeros."""

    position: int
    digest: str


class ChainAnswer(msgspec.Struct):
    """What a check of the hash chain found."""

    intact: bool
    events: int
    first_bad_position: int | None


class WorryingAnswer(msgspec.Struct):
    """A posting that a person should look at."""

    pex_id: int
    document_number: str
    match: str


class VerifiedAnswer(msgspec.Struct, omit_defaults=True):
    """What an audit found; `books` counts a connection's postings by how they compare."""

    chain: ChainAnswer
    read_model_differences: list[str]
    books: dict[str, int] | None = None
    worrying: list[WorryingAnswer] | None = None


class PartAnswer(msgspec.Struct, omit_defaults=True):
    """A part of the service: `well`, or `ill` with what is wrong and what to do."""

    state: str
    code: str | None = None
    detail: str | None = None
    fix: str | None = None


class HealthAnswer(msgspec.Struct, omit_defaults=True):
    """Whether the process can serve; code, detail and fix are those of the first part in trouble.

    It may be ready and a part ill all the same, as when a broker is away.
    """

    status: str
    code: str | None = None
    detail: str | None = None
    fix: str | None = None
    parts: dict[str, PartAnswer] | None = None
