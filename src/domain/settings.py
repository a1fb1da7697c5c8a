"""What a company decided about its sync: versioned values, checked against its chart (M8-M15)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Literal

EXPENSE_ACCOUNT = "expense_account"
VENDOR = "vendor"
TAX_CODE = "tax_code"
DIMENSION = "dimension:"


class PostingDate(StrEnum):
    """Which of PEX's days an entry bears (M11)."""

    SETTLEMENT = "settlement"
    PURCHASE = "purchase"


class VendorPosting(StrEnum):
    """How a resolved vendor shows on an entry (M22)."""

    SUBLEDGER = "subledger"
    REFERENCE = "reference"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a field's value comes from: always `value`, or the tag's value, else `default`.

    Accounts and vendors are named by id or number, dimension values and tax codes by id or code.
    """

    kind: Literal["static", "tag"]
    value: str | None = None
    tag_id: str | None = None
    default: str | None = None


@dataclass(frozen=True, slots=True)
class FieldMapping:
    """One mapped field: `expense_account`, `vendor`, `tax_code` or `dimension:CODE` (M12)."""

    field: str
    source: Source
    sync_options: bool = False

    @property
    def dimension(self) -> str | None:
        """The dimension's code in upper case; None for the other fields."""
        if not self.field.startswith(DIMENSION):
            return None
        return self.field.removeprefix(DIMENSION).upper()


@dataclass(frozen=True, slots=True)
class Purchases:
    """How purchases are posted (M11, M12)."""

    enabled: bool = True
    approved_only: bool = True
    attachments: bool = True
    posting_date: PostingDate = PostingDate.SETTLEMENT
    vendor_per_merchant: bool = False
    add_vendor_to_company: bool = False
    standardized_vendor_names: bool = False
    vendor_posting: VendorPosting = VendorPosting.SUBLEDGER
    mappings: tuple[FieldMapping, ...] = ()

    def mapping(self, name: str) -> FieldMapping | None:
        """The mapping of a field; None where it is unmapped."""
        return next((mapping for mapping in self.mappings if mapping.field == name), None)

    def dimensions(self) -> Iterator[FieldMapping]:
        """The mappings of dimensions."""
        return (mapping for mapping in self.mappings if mapping.dimension)


@dataclass(frozen=True, slots=True)
class Fees:
    """The account that fees are debited to (M13); dimension values by dimension code."""

    enabled: bool = False
    account_id: str | None = None
    dimensions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Transfers:
    """The bank account that transfers to PEX are credited to (M13)."""

    enabled: bool = False
    bank_account_id: str | None = None
    dimensions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rebates:
    """The income account that rebates are credited to (M13)."""

    enabled: bool = False
    account_id: str | None = None
    dimensions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BillPayments:
    """The accounts of a credit business's bill payments (M13).

    The bank account is credited with what the bank paid, the rebate account, an income account,
    with rebates and credits.
    """

    enabled: bool = False
    bank_account_id: str | None = None
    rebate_account_id: str | None = None
    dimensions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TagOptionRules:
    """How BC's values become tag options (M28)."""

    rename: bool = False
    reenable: bool = True


@dataclass(frozen=True, slots=True)
class Settings:
    """One version of a connection's settings; the defaults are what a new connection begins with.

    Dates are US Eastern days (M8).
    """

    company_id: str | None = None
    pex_account_id: str | None = None
    start_date: date | None = None
    end_date: date | None = None
    purchases: Purchases = field(default_factory=Purchases)
    fees: Fees = field(default_factory=Fees)
    transfers: Transfers = field(default_factory=Transfers)
    rebates: Rebates = field(default_factory=Rebates)
    bill_payments: BillPayments = field(default_factory=BillPayments)
    tag_options: TagOptionRules = field(default_factory=TagOptionRules)

    def dimension_codes(self) -> frozenset[str]:
        """The codes of all dimensions that any entry would bear, in upper case."""
        mapped = {mapping.dimension for mapping in self.purchases.dimensions()}
        static = (self.fees, self.transfers, self.rebates, self.bill_payments)
        return frozenset(
            {code for code in mapped if code}
            | {code.upper() for kind in static for code in kind.dimensions}
        )
