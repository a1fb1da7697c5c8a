"""The rows of a company's tables, hidden fields included (contract 10)."""

from datetime import date
from decimal import Decimal

from msgspec import Struct

from sandbox.business_central.tables import Row

BLANK_DATE = date.min  # on the wire 0001-01-01
ZERO_GUID = "00000000-0000-0000-0000-000000000000"

GL = "G/L Account"
BANK = "Bank Account"
VENDOR = "Vendor"
CUSTOMER = "Customer"
ACCOUNT_TYPES = (
    GL,
    CUSTOMER,
    VENDOR,
    BANK,
    "Fixed Asset",
    "IC Partner",
    "Employee",
    "Allocation Account",
)
VISIBLE_TYPES = frozenset({GL, CUSTOMER, VENDOR, BANK})

Dimensions = tuple[tuple[str, str], ...]  # (dimension code, value code), by dimension code


class SetUp(Row, frozen=True, kw_only=True):
    """The one row of a company's set-up: general ledger, information, purchases."""

    currency: str
    allow_from: date = BLANK_DATE
    allow_to: date = BLANK_DATE
    shortcuts: tuple[str, ...] = ()
    vendor_series: str = "V"
    vendor_posting_group: str = "DOMESTIC"  # of the template for new vendors; may be blank
    country: str = "US"


class Period(Row, frozen=True, kw_only=True):
    """An accounting period."""

    start: date
    name: str
    new_year: bool = False
    closed: bool = False


class Template(Row, frozen=True, kw_only=True):
    """A group of journals; `increment_name` renames a journal with digits when it is posted."""

    name: str
    type: str = "General"
    page: int = 39
    recurring: bool = False
    force_balance: bool = True
    increment_name: bool = False


class Approval(Struct, frozen=True, kw_only=True):
    """A running approval request for a journal, and who has a part in it."""

    sender: str
    approvers: frozenset[str] = frozenset()


class Journal(Row, frozen=True, kw_only=True):
    """A general journal batch."""

    template: str
    code: str
    name: str = ""
    series: str = ""
    posting_series: str = ""
    balancing_type: str = GL
    balancing_number: str = ""
    copies_vat: bool = True
    approval: Approval | None = None


class Line(Row, frozen=True, kw_only=True):
    """A general journal line; debit amounts are positive, credit amounts negative."""

    journal: str  # the journal's SystemId
    number: int
    account_type: str = GL
    account_number: str = ""
    posting_date: date = BLANK_DATE
    document_type: str = ""
    document_number: str = ""
    external_number: str = ""
    amount: Decimal = Decimal(0)
    description: str = ""
    comment: str = ""
    balancing_type: str = GL
    balancing_number: str = ""
    posting_type: str = ""
    vat_business: str = ""
    vat_product: str = ""
    tax_group: str = ""
    dimensions: Dimensions = ()
    incoming: int = 0
    scheduled: bool = False

    @property
    def visible(self) -> bool:
        """Whether the API shows the line (contract 2.3.3)."""
        return not self.document_type and self.account_type in VISIBLE_TYPES

    @property
    def empty(self) -> bool:
        """Neither account nor amount: BC skips the line when it posts."""
        return not (self.account_number or self.balancing_number or self.amount)

    @property
    def balance(self) -> Decimal:
        """What the line leaves open: nothing where it has both sides."""
        return Decimal(0) if self.balancing_number and self.account_number else self.amount


class Ledger(Row, frozen=True, kw_only=True):
    """A G/L account."""

    number: str
    name: str
    category: str = ""
    type: str = "Posting"
    direct: bool = True
    blocked: bool = False
    posting_type: str = ""
    vat_business: str = ""
    vat_product: str = ""
    tax_group: str = ""


class Bank(Row, frozen=True, kw_only=True):
    """A bank account; an empty currency is the company's own."""

    number: str
    name: str = ""
    account: str = ""
    blocked: bool = False
    currency: str = ""
    iban: str = ""
    intercompany: bool = False
    ledger: str = "10100"  # of its posting group


class Customer(Row, frozen=True, kw_only=True):
    """A customer; the simulator knows just enough for a line to point at one."""

    number: str
    name: str


class Vendor(Row, frozen=True, kw_only=True):
    """A vendor; without a posting group lines on it insert, and posting fails."""

    number: str
    name: str = ""
    address: str = ""
    address2: str = ""
    city: str = ""
    state: str = ""
    country: str = ""
    postal_code: str = ""
    phone: str = ""
    email: str = ""
    website: str = ""
    tax_number: str = ""
    currency: str = ""
    irs_code: str = ""
    terms: str = ZERO_GUID
    method: str = ZERO_GUID
    tax_liable: bool = False
    blocked: str = ""
    privacy_blocked: bool = False
    posting_group: str = ""


class Series(Row, frozen=True, kw_only=True):
    """A number series; `manual` lets users enter numbers of their own."""

    code: str
    last: str
    manual: bool = False


class Dimension(Row, frozen=True, kw_only=True):
    """A dimension."""

    code: str
    name: str = ""
    blocked: bool = False


class Value(Row, frozen=True, kw_only=True):
    """A value of a dimension, by that dimension's code."""

    dimension: str
    code: str
    name: str = ""
    type: str = "Standard"
    blocked: bool = False


class DefaultDimension(Row, frozen=True, kw_only=True):
    """A dimension that an account brings along, and what posting demands of it.

    `rule` is blank, `Code Mandatory`, `Same Code` or `No Code`.
    """

    account_type: str
    account_number: str
    dimension: str
    value: str = ""
    rule: str = ""


class TaxGroup(Row, frozen=True, kw_only=True):
    """A tax group, which in a VAT company is a VAT product posting group."""

    code: str
    name: str = ""


class VatRate(Row, frozen=True, kw_only=True):
    """A VAT posting set-up; `percent` of the net amount."""

    business: str
    product: str
    percent: Decimal


class Incoming(Row, frozen=True, kw_only=True):
    """An incoming document; it has a document number and a date once it is posted."""

    number: int
    description: str = ""
    document_number: str = ""
    posting_date: date = BLANK_DATE


class Attached(Row, frozen=True, kw_only=True):
    """A file of an incoming document; `incoming` 0 means that it is unlinked."""

    incoming: int
    number: int
    file_name: str
    content: bytes = b""
    main: bool = False

    @property
    def kind(self) -> str:
        """What BC takes the file for, by its extension (contract 2.10.3)."""
        extension = self.file_name.rpartition(".")[2].lower()
        return next((kind for kind, those in _KINDS.items() if extension in those), "Other")


_KINDS = {
    "Image": ("jpg", "jpeg", "bmp", "png", "tif", "tiff", "gif"),
    "PDF": ("pdf",),
    "Word": ("doc", "docx"),
    "Excel": ("xls", "xlsx"),
    "PowerPoint": ("ppt", "pptx"),
    "Email": ("msg",),
    "XML": ("xml",),
}


class Entry(Row, frozen=True, kw_only=True):
    """A G/L entry; the hidden fields say where it came from."""

    number: int
    posting_date: date
    document_number: str
    external_number: str
    account_number: str
    amount: Decimal
    description: str
    comment: str
    dimensions: Dimensions
    document_type: str = ""
    source_type: str = ""
    source_number: str = ""
    journal_code: str = ""
    line_number: int = 0


class VendorEntry(Row, frozen=True, kw_only=True):
    """A vendor ledger entry; it stays open until someone applies it."""

    number: int
    vendor: str
    posting_date: date
    document_number: str
    external_number: str
    amount: Decimal
    description: str
    dimensions: Dimensions
