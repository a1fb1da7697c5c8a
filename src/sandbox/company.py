"""The made-up company that both simulators agree on: its chart, its people and its merchants."""

from dataclasses import dataclass

TENANT = "0d2f7a61-93c4-4d8e-a7b0-5c1e2f3a4b5d"
ENVIRONMENT = "Production"
COMPANY_ID = "6f0d2c11-8c0a-4f11-9f8a-6045bd1e77aa"
COMPANY_NAME = "HARBOR SUPPLY"
COMPANY_DISPLAY_NAME = "Harbor Supply Inc."
SECOND_COMPANY_ID = "7a1e3d22-9d1b-4a22-8a9b-7156ce2f88bb"  # keeps its books in EUR
SECOND_COMPANY_NAME = "HARBOR EUROPE"
CLIENT_ID = "3c5a9d10-77aa-4f0e-9b2d-51b0f3a2c4e6"
CLIENT_SECRET = "sandbox-entra-secret"  # noqa: S105 - the simulator's own, good nowhere else

PREPAID_BUSINESS = 52311
PREPAID_NAME = "Harbor Lights Foundation"
CREDIT_BUSINESS = 52312
CREDIT_NAME = "Harbor Lights Trading"
PREPAID_TOKEN = "sandbox-prepaid-token"  # noqa: S105 - good nowhere else
CREDIT_TOKEN = "sandbox-credit-token"  # noqa: S105 - good nowhere else
PREPAID_CALLBACK_SECRET = "sandbox-prepaid-callback-secret"  # noqa: S105 - good nowhere else
CREDIT_CALLBACK_SECRET = "sandbox-credit-callback-secret"  # noqa: S105 - good nowhere else
PEX_CLIENT_ID = "pexbc"  # the one app that PEX's sign-in knows

EXPENSE_TAG = "64b0c1d2e3f4a5b6c7d8e901"
DEPARTMENT_TAG = "64b0c1d2e3f4a5b6c7d8e902"
CLASS_TAG = "64b0c1d2e3f4a5b6c7d8e903"
MEMO_TAG = "64b0c1d2e3f4a5b6c7d8e904"  # a text tag
ALLOCATION_TAG = "64b0c1d2e3f4a5b6c7d8e9aa"


@dataclass(frozen=True, slots=True)
class Account:
    """A G/L account as the chart of accounts lists it."""

    number: str
    name: str
    category: str
    account_type: str = "Posting"
    direct_posting: bool = True
    blocked: bool = False


ACCOUNTS = (
    Account("10000", "ASSETS", "Assets", "Begin-Total", direct_posting=False),
    Account("10100", "Checking account", "Assets"),
    Account("10950", "PEX card account", "Assets"),
    Account("11200", "Accounts receivable", "Assets", direct_posting=False),
    Account("19999", "Total assets", "Assets", "End-Total", direct_posting=False),
    Account("20100", "PEX credit line", "Liabilities"),
    Account("22000", "Accounts payable", "Liabilities", direct_posting=False),
    Account("30100", "Retained earnings", "Equity"),
    Account("40100", "Donations", "Income"),
    Account("48000", "Card rebates", "Income"),
    Account("60000", "EXPENSES", "Expense", "Heading", direct_posting=False),
    Account("61100", "Office supplies", "Expense"),
    Account("61200", "Software and subscriptions", "Expense"),
    Account("62100", "Travel", "Expense"),
    Account("62200", "Fuel", "Expense"),
    Account("62400", "Meals and entertainment", "Expense"),
    Account("63100", "Repairs and maintenance", "Expense"),
    Account("63200", "Tools and hardware", "Expense"),
    Account("64100", "Shipping", "Expense"),
    Account("65100", "Events", "Expense"),
    Account("66900", "Old project costs", "Expense", blocked=True),
    Account("68000", "Bank and card fees", "Expense"),
    Account("69900", "Uncategorised expenses", "Expense"),
)


@dataclass(frozen=True, slots=True)
class Bank:
    """A bank account card; an empty currency means the company's own."""

    number: str
    name: str
    currency: str = ""
    blocked: bool = False


BANKS = (
    Bank("CHECKING", "Harbor Bank checking"),
    Bank("SAVINGS", "Harbor Bank savings"),
    Bank("EURO", "Euro account", "EUR"),
    Bank("OLD-BANK", "Closed bank", blocked=True),
)

DIMENSIONS: dict[str, tuple[str, tuple[tuple[str, str], ...]]] = {
    "DEPARTMENT": (
        "Department",
        (
            ("ADM", "Administration"),
            ("OPS", "Operations"),
            ("SALES", "Sales"),
            ("PROG", "Programs"),
        ),
    ),
    "CLASS": ("Class", (("GEN", "General"), ("GRANT-A", "Grant A"), ("GRANT-B", "Grant B"))),
    "LOCATION": ("Location", (("PORTLAND", "Portland"), ("BOSTON", "Boston"))),
    "CUSTOMERGROUP": ("Customer group", (("LARGE", "Large"), ("SMALL", "Small"))),
}

TAX_GROUPS = (("TAXABLE", "Taxable"), ("NONTAXABLE", "Not taxable"), ("FOOD", "Food"))

VENDORS = (
    ("10010", "North Pier Hardware", ""),
    ("10020", "Corner Deli", ""),
    ("10030", "Gulf Oil", ""),
    ("10080", "Blocked Supplies Ltd.", "All"),
)

CARDHOLDERS = (
    (88104, "Maria", "Ortiz", "OPEN"),
    (88105, "Dana", "Kim", "OPEN"),
    (88106, "Sam", "O'Neill", "OPEN"),
    (88107, "Zoë", "Lindström", "OPEN"),
    (88108, "Lee", "Walsh", "CLOSED"),
)

# raw network name, normalised name, city, state, merchant category code, usual expense account
MERCHANTS = (
    ("NORTH PIER HDWE #0417", "North Pier Hardware", "PORTLAND", "ME", "5251", "63200"),
    ("CORNER DELI 00231", "Corner Deli", "PORTLAND", "ME", "5812", "62400"),
    ("GULF OIL 00918", "Gulf Oil", "BOSTON", "MA", "5541", "62200"),
    ("SQ *BLUE HARBOR COFFEE", "Blue Harbor Coffee", "PORTLAND", "ME", "5814", "62400"),
    ("TST* THE LOBSTER POT", "The Lobster Pot", "BOSTON", "MA", "5812", "62400"),
    ("Target #0973226", "Target", "SO PORTLAND", "ME", "5411", "61100"),
    ("STAPLES 00117", "Staples", "BOSTON", "MA", "5943", "61100"),
    ("ADOBE *CREATIVE CLD", "Adobe", "SAN JOSE", "CA", "5734", "61200"),
    ("PAYPAL *PRINTSHOP", "Printshop", "4029357733", "CA", "2741", "61100"),
    ("AMTRAK .COM 0410772", "Amtrak", "WASHINGTON", "DC", "4112", "62100"),
    ("JETBLUE 2790412886713", "JetBlue", "NEW YORK", "NY", "4511", "62100"),
    ("USPS PO 2274060101", "USPS", "PORTLAND", "ME", "9402", "64100"),
    ("HARBORVIEW HOTEL", "", "BOSTON", "MA", "7011", "62100"),
    ("O'REILLY AUTO #4471", "O'Reilly Auto Parts", "PORTLAND", "ME", "5533", "63100"),
    ("CAFÉ DU QUÉBEC", "Café du Québec", "QUEBEC", "QC", "5812", "62400"),
    ("DOCKSIDE EVENTS LLC", "Dockside Events", "PORTLAND", "ME", "7929", "65100"),
)
