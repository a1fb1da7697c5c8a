"""What Business Central sends, as far as it is read; unknown members are passed over."""

from datetime import date
from decimal import Decimal
from typing import Generic, TypeVar

import msgspec

from adapters.business_central.odata import caption
from application.ports.receipt_files import StoredFile
from domain.chart import Account, BankAccount, DimensionValue, TaxCode, Vendor
from domain.findings import FoundLedgerEntry, FoundLine
from domain.line_dimensions import FoundDimension
from domain.money import Money

T = TypeVar("T")
BLANK_DATE = date(1, 1, 1)


class Rows(msgspec.Struct, Generic[T]):
    """A page of a collection."""

    value: list[T]
    next_link: str | None = msgspec.field(name="@odata.nextLink", default=None)


class CompanyRow(msgspec.Struct, rename="camel"):
    """`companies` (contract 1.3)."""

    id: str
    name: str
    display_name: str = ""


class SetupRow(msgspec.Struct, rename="camel"):
    """`generalLedgerSetup` (contract 2.8)."""

    local_currency_code: str = ""
    allow_posting_from: date = BLANK_DATE
    allow_posting_to: date = BLANK_DATE


class AccountRow(msgspec.Struct, rename="camel"):
    """`accounts` (contract 2.4)."""

    id: str
    number: str
    display_name: str
    category: str
    account_type: str
    blocked: bool
    direct_posting: bool

    def value(self) -> Account:
        """As the domain knows it."""
        return Account(
            self.id,
            self.number,
            self.display_name,
            caption(self.category),
            caption(self.account_type),
            self.blocked,
            self.direct_posting,
        )


class BankRow(msgspec.Struct, rename="camel"):
    """`bankAccounts` (contract 2.5)."""

    id: str
    number: str
    display_name: str
    currency_code: str = ""
    blocked: bool = False

    def value(self) -> BankAccount:
        """As the domain knows it."""
        return BankAccount(
            self.id, self.number, self.display_name, self.currency_code, self.blocked
        )


class VendorRow(msgspec.Struct, rename="camel"):
    """`vendors` (contract 2.6)."""

    id: str
    number: str
    display_name: str
    blocked: str = ""
    currency_code: str = ""

    def value(self) -> Vendor:
        """As the domain knows it."""
        return Vendor(
            self.id,
            self.number,
            self.display_name,
            caption(self.blocked),
            self.currency_code.upper(),
        )


class CodeRow(msgspec.Struct, rename="camel"):
    """`taxGroups`, `dimensions` and `dimensionValues`: what has an id, a code and a name."""

    id: str
    code: str
    display_name: str = ""
    dimension_id: str = ""

    def tax_code(self) -> TaxCode:
        """As a tax code."""
        return TaxCode(self.id, self.code, self.display_name)

    def dimension_value(self) -> DimensionValue:
        """As a dimension's value."""
        return DimensionValue(self.id, self.code, self.display_name)


class JournalRow(msgspec.Struct, rename="camel"):
    """`journals` (contract 2.2)."""

    id: str
    code: str
    template_display_name: str = ""
    balancing_account_number: str = ""


class NumberRow(msgspec.Struct, rename="camel"):
    """The number of a journal line."""

    line_number: int


class LineRow(msgspec.Struct, rename="camel"):
    """`journalLines` (contract 2.3)."""

    id: str
    line_number: int
    account_number: str
    amount: Decimal
    posting_date: date
    document_number: str
    external_document_number: str
    description: str

    def value(self) -> FoundLine:
        """As the domain knows it."""
        return FoundLine(
            self.id,
            self.line_number,
            self.account_number,
            Money(self.amount),
            self.posting_date,
            self.document_number,
            self.external_document_number,
            self.description,
        )


class LedgerRow(msgspec.Struct, rename="camel"):
    """`generalLedgerEntries` (contract 2.11)."""

    id: str
    entry_number: int
    account_number: str
    debit_amount: Decimal
    credit_amount: Decimal
    posting_date: date
    document_number: str
    description: str

    def value(self) -> FoundLedgerEntry:
        """As the domain knows it."""
        return FoundLedgerEntry(
            self.id,
            self.entry_number,
            self.account_number,
            Money(self.debit_amount - self.credit_amount),
            self.posting_date,
            self.document_number,
            self.description,
        )


class FileRow(msgspec.Struct, rename="camel"):
    """`attachments` (contract 2.10.1); `parent_id` is all zeros where it hangs on nothing."""

    id: str
    file_name: str
    byte_size: int = 0
    parent_id: str = ""

    def value(self) -> StoredFile:
        """As the port knows it."""
        return StoredFile(self.id, self.file_name, self.byte_size)


class DimensionRow(msgspec.Struct, rename="camel"):
    """`dimensionSetLines` (contract 2.9)."""

    id: str
    code: str
    value_code: str
    etag: str = msgspec.field(name="@odata.etag", default="")

    def value(self) -> FoundDimension:
        """As the domain knows it."""
        return FoundDimension(self.id, self.code, self.value_code, self.etag)


class InnerAnswer(msgspec.Struct):
    """An operation's answer within a `$batch` (contract 4.1)."""

    status: int
    id: str | None = None
    body: msgspec.Raw = msgspec.Raw(b"null")

    @property
    def is_success(self) -> bool:
        """Whether its status is 2xx."""
        return 200 <= self.status < 300  # noqa: PLR2004 - the successes


class BatchAnswer(msgspec.Struct):
    """A `$batch` answer."""

    responses: list[InnerAnswer]


class Echo(msgspec.Struct, rename="camel"):
    """What a created line's answer must repeat (contract 4.3)."""

    id: str
    line_number: int
    document_number: str
    amount: Decimal


def encode(payload: object) -> bytes:
    """JSON with `Decimal` as plain numbers, members in the order given (contract 3.3)."""
    return msgspec.json.Encoder(decimal_format="number").encode(payload)
