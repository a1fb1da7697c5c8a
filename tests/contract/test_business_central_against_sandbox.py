"""The Business Central adapter against its simulator, over real HTTP and through Microsoft."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import httpx
import pytest

from adapters.business_central.access import HttpBusinessCentral
from adapters.entra.sign_in import MsalSignIn
from application.ports.company_data import (
    BusinessCentralPermissionMissing,
    BusinessCentralRefused,
    BusinessCentralSignInRefused,
    BusinessCentralUnavailable,
    Company,
    CompanyData,
    CompanyNotFound,
    EnvironmentNotFound,
)
from application.ports.general_journal import (
    Accepted,
    Answer,
    GeneralJournal,
    Journal,
    JournalHasBalancingAccount,
    JournalMissing,
    NotRun,
    NumberTaken,
    Refused,
    Unknown,
)
from domain.document_keys import DocumentKeys
from domain.findings import InLedger, Look, Nothing, Whole
from domain.journal_entry import AccountType, DimensionCode, JournalEntry, JournalLine
from domain.money import Money
from domain.pack import NumberedEntry
from domain.refusals import DimensionIsDefault, JournalUnderApproval, RefusedByBusinessCentral
from fakes.clock import FakeClock
from fakes.vault import FakeVault
from sandbox.company import (
    COMPANY_DISPLAY_NAME,
    COMPANY_ID,
    DIMENSIONS,
    ENVIRONMENT,
    SECOND_COMPANY_ID,
    SECOND_COMPANY_NAME,
    TENANT,
)
from sandbox.entra.state import APP
from sandbox.faults import Fault
from sandbox.program import Sandbox

NOW = datetime(2026, 8, 15, 14, tzinfo=UTC)
DAY = date(2026, 8, 14)
BATCH = r"\$batch"
FEW_SECONDS = 10.0


class Product:
    """The adapters as one process of the product holds them, signed in by the app itself."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.bc = sandbox.business_central
        self.entra = sandbox.entra
        self.time = sandbox.clock
        self.counted: list[tuple[str, str, int, int]] = []
        told = sandbox.environment()
        self.connection = uuid4()
        self.sign_in = MsalSignIn(
            told["PEXBC_ENTRA_AUTHORITY"],
            told["PEXBC_ENTRA_CLIENT_ID"],
            told["PEXBC_ENTRA_CLIENT_SECRET"],
            FakeVault(),
        )
        self.url = told["PEXBC_BC_API_URL"]
        self.opened = HttpBusinessCentral(
            self.url,
            self.sign_in,
            FakeClock(NOW),
            on_request=lambda *request: self.counted.append(request),
        )
        self.sign_in.with_service(self.connection, TENANT)

    def close(self) -> None:
        self.opened.close()
        self.sign_in.close()

    def data(self, environment: str = ENVIRONMENT) -> CompanyData:
        return self.opened.company_data(self.connection, TENANT, environment)

    def general(self, company: str = COMPANY_ID) -> GeneralJournal:
        return self.opened.general_journal(self.connection, TENANT, ENVIRONMENT, company)

    @property
    def journal(self) -> GeneralJournal:
        return self.general()

    @property
    def resolved(self) -> Journal:
        row = self.bc.journal()
        return Journal(COMPANY_ID, row.id, row.code, row.template)

    def submit(self, *entries: NumberedEntry) -> Answer:
        return self.journal.submit(self.resolved, entries, NOW + timedelta(seconds=60))

    def find(self, numbered: NumberedEntry, pex_id: int) -> object:
        """What a look at journal and ledger makes of an entry."""
        week = timedelta(days=7)
        lines = self.journal.lines(self.resolved)
        posted = self.journal.ledger_entries(self.resolved, DAY - week, DAY + week)
        return Look(lines, posted).find(DocumentKeys(str(pex_id)), numbered.entry)

    def in_journal(self) -> list[dict[str, Any]]:
        """The journal's lines as the simulator stores them."""
        company = next(one for one in self.bc.dump()["companies"] if one["id"] == COMPANY_ID)
        journals: list[Any] = company["journals"]
        found: list[dict[str, Any]] = next(
            one["lines"] for one in journals if one["code"] == "PEX CARD"
        )
        return found


@pytest.fixture
def product() -> Iterator[Product]:
    with Sandbox(purchases=1, now=NOW) as sandbox:
        product = Product(sandbox)
        yield product
        product.close()


def line(
    number: str, amount: str, pex_id: int, kind: AccountType = AccountType.GL, **dimensions: str
) -> JournalLine:
    codes = tuple(DimensionCode(code, value) for code, value in dimensions.items())
    text = f"Corner Deli / M. Ortiz / PEX {pex_id}"
    return JournalLine(kind, number, Money.of(amount), text, dimensions=codes)


def entry(pex_id: int, first_number: int, *lines: JournalLine) -> NumberedEntry:
    """An entry with numbers from the first on in steps of 10; a meal for 48.60 where not told."""
    keys = DocumentKeys(str(pex_id))
    whole = lines or (line("62400", "48.60", pex_id), line("10950", "-48.60", pex_id))
    made = JournalEntry(DAY, keys.document_number, keys.external_document_number, whole)
    numbers = tuple(first_number + 10 * place for place in range(len(whole)))
    return NumberedEntry(uuid4(), made, numbers)


FIRST, SECOND = entry(1, 700010), entry(2, 700030)


def soon(holds: Callable[[], bool]) -> bool:
    """Whether it holds before long."""
    until = time.monotonic() + FEW_SECONDS
    while not holds():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


# --- companies and charts ----------------------------------------------------------------------


def test_companies_are_listed_by_what_people_call_them(product: Product) -> None:
    product.bc.switch(page_size=1)
    assert product.data().companies() == (
        Company(COMPANY_ID, COMPANY_DISPLAY_NAME),
        Company(SECOND_COMPANY_ID, SECOND_COMPANY_NAME),
    )


def test_a_hidden_company_is_not_listed(product: Product) -> None:
    product.bc.hide_company(APP, SECOND_COMPANY_ID)
    assert [company.id for company in product.data().companies()] == [COMPANY_ID]


def test_an_environment_that_is_not_there_is_told(product: Product) -> None:
    with pytest.raises(EnvironmentNotFound, match="Elsewhere"):
        product.data("Elsewhere").companies()


def test_a_company_that_is_gone_is_named(product: Product) -> None:
    gone = str(uuid4())
    with pytest.raises(CompanyNotFound, match=gone):
        product.data().chart(gone)
    with pytest.raises(CompanyNotFound, match=gone):
        product.general(gone).resolve()


@pytest.mark.parametrize("encoded", [True, False])
def test_a_chart_is_read_whole_from_either_form_of_enums(
    product: Product, *, encoded: bool
) -> None:
    product.bc.switch(enum_encoding=encoded, page_size=3)
    product.bc.allow_posting(date(2026, 8, 1), date(2026, 8, 31))
    chart = product.data().chart(COMPANY_ID)
    assert (chart.company_id, chart.currency) == (COMPANY_ID, "USD")
    assert (chart.posting_from, chart.posting_to) == (date(2026, 8, 1), date(2026, 8, 31))
    reasons = {account.number: account.unusable_because for account in chart.accounts}
    assert reasons["62400"] is None
    assert reasons["10000"] == "it is a begin-total account"
    assert reasons["66900"] == "it is blocked"
    assert reasons["22000"] == "direct posting is off"
    categories = {account.number: account.category for account in chart.accounts}
    assert (categories["10950"], categories["48000"]) == ("Assets", "Income")
    assert {bank.number: bank.currency for bank in chart.bank_accounts} == {
        "CHECKING": "USD",
        "SAVINGS": "USD",
        "EURO": "EUR",
        "OLD-BANK": "USD",
    }
    assert {vendor.number: vendor.blocked for vendor in chart.vendors} == {
        "10010": "",
        "10020": "",
        "10030": "",
        "10080": "All",
    }
    assert {code.code for code in chart.tax_codes} == {"TAXABLE", "NONTAXABLE", "FOOD"}
    assert {
        code: {value.code for value in dimension.values}
        for code, dimension in chart.dimensions.items()
    } == {code: {value for value, _ in values} for code, (_, values) in DIMENSIONS.items()}


def test_a_company_in_euros_says_so_and_has_no_limits(product: Product) -> None:
    chart = product.data().chart(SECOND_COMPANY_ID)
    assert (chart.currency, chart.posting_from, chart.posting_to) == ("EUR", None, None)
    assert {bank.number: bank.currency for bank in chart.bank_accounts}["CHECKING"] == "EUR"


def test_what_is_not_needed_is_not_read(product: Product) -> None:
    chart = product.data().chart(
        COMPANY_ID, dimensions=(), vendors=False, bank_accounts=False, tax_codes=False
    )
    assert [len(part) for part in (chart.bank_accounts, chart.vendors, chart.tax_codes)] == [0] * 3
    assert set(chart.dimensions) == set(DIMENSIONS)
    assert all(not len(dimension.values) for dimension in chart.dimensions.values())
    assert len(product.counted) == 1


def test_a_large_chart_comes_page_by_page_with_the_wanted_dimensions_values_alone(
    product: Product,
) -> None:
    product.bc.add_accounts({"number": f"7{n:05}", "name": f"Cost {n}"} for n in range(5_000))
    product.bc.add_dimension_values(
        "PROJECT", ({"code": f"P{n:05}", "name": f"Project {n}"} for n in range(50_000))
    )
    product.bc.switch(page_size=500)
    chart = product.data().chart(COMPANY_ID, dimensions={"department"})
    assert len(chart.accounts) == 24 + 5_000
    assert chart.accounts.find("704999") is not None
    assert len(chart.dimensions["DEPARTMENT"].values) == 4
    assert not len(chart.dimensions["PROJECT"].values)
    assert len(product.counted) <= 1 + 5_024 // 500 + 1

    product.bc.switch(page_size=20_000)
    product.counted.clear()
    whole = product.data().chart(COMPANY_ID).dimensions["PROJECT"].values
    assert len(whole) == 50_000
    assert whole.find("P49999") is not None
    assert len(product.counted) == 4


# --- the journal itself ------------------------------------------------------------------------


def test_the_journal_is_found_by_its_code(product: Product) -> None:
    assert product.journal.resolve() == product.resolved


def test_a_missing_journal_is_told_and_can_be_created(product: Product) -> None:
    product.bc.delete_journal()
    with pytest.raises(JournalMissing):
        product.journal.resolve()
    created = product.journal.create()
    assert created == product.resolved == product.journal.resolve()
    row = product.bc.journal()
    assert (row.name, row.series, row.balancing_number) == ("PEX Card Journal", "", "")


def test_creating_a_journal_that_is_there_finds_it(product: Product) -> None:
    for status in (400, 409):
        product.bc.switch(duplicate_key_status=status)
        assert product.journal.create() == product.resolved


def test_a_journal_whose_creation_went_unanswered_is_found(product: Product) -> None:
    product.bc.delete_journal()
    product.bc.faults.plant(Fault("POST", "journals", moment="after", kind="cut"))
    with pytest.raises(BusinessCentralUnavailable):
        product.journal.create()
    assert product.journal.create() == product.resolved


@pytest.mark.parametrize(
    ("kind", "number"), [("G/L Account", "10100"), ("Bank Account", "SAVINGS")]
)
def test_a_journal_with_a_balancing_account_is_refused(
    product: Product, kind: str, number: str
) -> None:
    product.bc.set_balancing_account(number, kind)
    with pytest.raises(JournalHasBalancingAccount, match=number):
        product.journal.resolve()


# --- packs -------------------------------------------------------------------------------------


def test_an_accepted_pack_is_in_the_journal_as_sent(product: Product) -> None:
    split = entry(
        3,
        700050,
        line("62400", "30.10", 3, DEPARTMENT="OPS", CLASS="GRANT-A"),
        line("10020", "18.50", 3, AccountType.VENDOR, DEPARTMENT="SALES"),
        line("CHECKING", "1.40", 3, AccountType.BANK),
        line("10950", "-50.00", 3),
    )
    answer = product.submit(FIRST, split)
    stored = product.in_journal()
    assert answer == Accepted({row["lineNumber"]: row["id"] for row in stored})
    assert [
        (
            row["lineNumber"],
            row["accountType"],
            row["accountNumber"],
            row["amount"],
            row["dimensions"],
        )
        for row in stored
    ] == [
        (700010, "G/L Account", "62400", Decimal("48.60"), {}),
        (700020, "G/L Account", "10950", Decimal("-48.60"), {}),
        (
            700050,
            "G/L Account",
            "62400",
            Decimal("30.10"),
            {"DEPARTMENT": "OPS", "CLASS": "GRANT-A"},
        ),
        (700060, "Vendor", "10020", Decimal("18.50"), {"DEPARTMENT": "SALES"}),
        (700070, "Bank Account", "CHECKING", Decimal("1.40"), {}),
        (700080, "G/L Account", "10950", Decimal("-50.00"), {}),
    ]
    assert {(row["documentNumber"], row["externalDocumentNumber"]) for row in stored} == {
        ("PEX-1-X1", "PEX1"),
        ("PEX-3-X1", "PEX3"),
    }
    assert {row["postingDate"] for row in stored} == {DAY}


def test_a_pack_above_a_thousand_dollars_keeps_its_cents(product: Product) -> None:
    large = entry(1, 700010, line("62400", "1234567.89", 1), line("10950", "-1234567.89", 1))
    assert isinstance(product.submit(large), Accepted)
    assert [one.amount for one in product.journal.lines(product.resolved)] == [
        Money.of("1234567.89"),
        Money.of("-1234567.89"),
    ]


def test_a_full_pack_is_one_request(product: Product) -> None:
    whole = [entry(n, 700_000 + 20 * n) for n in range(1, 51)]
    product.counted.clear()
    answer = product.submit(*whole)
    assert isinstance(answer, Accepted)
    assert len(answer.line_ids) == len(product.in_journal()) == 100
    assert [(method, operations) for method, _, _, operations in product.counted] == [("POST", 100)]


@pytest.mark.parametrize(
    ("account", "kind"),
    [
        ("66900", AccountType.GL),
        ("22000", AccountType.GL),
        ("99999", AccountType.GL),
        ("10080", AccountType.VENDOR),
        ("OLD-BANK", AccountType.BANK),
    ],
)
def test_the_culprit_is_named_by_its_place_and_nothing_is_created(
    product: Product, account: str, kind: AccountType
) -> None:
    bad = entry(2, 700030, line("10950", "-7.00", 2), line(account, "7.00", 2, kind))
    answer = product.submit(FIRST, bad, entry(3, 700050))
    assert isinstance(answer, Refused)
    assert answer.culprit == 1
    assert isinstance(answer.refusal, RefusedByBusinessCentral)
    assert "CorrelationId" not in str(answer.refusal)
    assert product.in_journal() == []
    assert isinstance(product.submit(FIRST, entry(3, 700050)), Accepted)


@pytest.mark.parametrize("status", [400, 409])
def test_a_taken_number_is_told_and_nothing_is_created(product: Product, status: int) -> None:
    product.bc.switch(duplicate_key_status=status)
    product.bc.add_line(number=700040, account_number="61100", amount=Decimal(5))
    assert product.submit(FIRST, SECOND) == NumberTaken(1, 700040)
    assert [row["lineNumber"] for row in product.in_journal()] == [700040]


def test_a_line_that_the_api_does_not_show_takes_its_number_all_the_same(product: Product) -> None:
    product.bc.add_line(number=700020, document_type="Invoice", account_number="61100")
    assert product.submit(FIRST) == NumberTaken(0, 700020)
    assert product.journal.lines_numbered(product.resolved, FIRST.line_numbers) == ()


def test_a_repeated_pack_collides_instead_of_doubling(product: Product) -> None:
    assert isinstance(product.submit(FIRST), Accepted)
    assert product.submit(FIRST) == NumberTaken(0, 700010)
    assert len(product.in_journal()) == 2


def test_a_dimension_that_the_account_brings_is_told_and_nothing_is_created(
    product: Product,
) -> None:
    product.bc.set_default_dimension("62400", "DEPARTMENT", "ADM")
    dimensioned = entry(
        2, 700030, line("62400", "9.00", 2, DEPARTMENT="OPS"), line("10950", "-9.00", 2)
    )
    answer = product.submit(FIRST, dimensioned)
    assert isinstance(answer, Refused)
    assert answer.culprit == 1
    assert isinstance(answer.refusal, DimensionIsDefault)
    assert product.in_journal() == []


def test_a_dimension_value_that_is_gone_names_its_entry(product: Product) -> None:
    gone = entry(2, 700030, line("62400", "9.00", 2, DEPARTMENT="GONE"), line("10950", "-9.00", 2))
    answer = product.submit(FIRST, gone)
    assert isinstance(answer, Refused)
    assert (answer.culprit, type(answer.refusal)) == (1, RefusedByBusinessCentral)
    assert product.in_journal() == []


def test_a_journal_under_approval_is_told(product: Product) -> None:
    product.bc.request_approval("dana.kim@harbor.example", [APP])
    answer = product.submit(FIRST)
    assert isinstance(answer, Refused)
    assert isinstance(answer.refusal, JournalUnderApproval)
    product.bc.end_approval()
    assert isinstance(product.submit(FIRST), Accepted)


def test_a_journal_deleted_meanwhile_stops_the_run(product: Product) -> None:
    before = product.resolved
    product.bc.delete_journal()
    answer = product.journal.submit(before, [FIRST], NOW + timedelta(seconds=60))
    assert isinstance(answer, NotRun)
    assert isinstance(answer.refusal, JournalMissing)


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_missing_permission_stops_the_run_and_blames_no_entry(
    product: Product, status: int
) -> None:
    product.bc.switch(denied=["POST journalLines"], denied_status=status)
    answer = product.submit(FIRST)
    assert isinstance(answer, NotRun)
    assert isinstance(answer.refusal, BusinessCentralPermissionMissing)
    assert product.in_journal() == []


@pytest.mark.parametrize("status", [400, 401, 403])
@pytest.mark.parametrize("table", ["accounts", "journals", "journalLines", "generalLedgerEntries"])
def test_a_missing_permission_to_read_is_told_whatever_its_status(
    product: Product, table: str, status: int
) -> None:
    journal = product.resolved
    product.bc.switch(denied=[f"GET {table}"], denied_status=status)
    reads: dict[str, Callable[[], object]] = {
        "accounts": lambda: product.data().chart(COMPANY_ID),
        "journals": product.journal.resolve,
        "journalLines": lambda: product.journal.lines(journal),
        "generalLedgerEntries": lambda: product.journal.ledger_entries(journal, DAY, DAY),
    }
    with pytest.raises(BusinessCentralPermissionMissing, match="permissions"):
        reads[table]()


@pytest.mark.parametrize("xml", [True, False])
def test_a_token_that_bc_takes_no_longer_is_replaced_once(product: Product, *, xml: bool) -> None:
    product.bc.switch(xml_401=xml)
    product.entra.revoke_everything()
    assert isinstance(product.submit(FIRST), Accepted)
    assert [status for _, _, status, _ in product.counted] == [401, 200]


def test_a_sign_in_that_bc_refuses_twice_is_refused(product: Product) -> None:
    product.bc.faults.plant(Fault(kind="xml", status=401, times=-1))
    with pytest.raises(BusinessCentralSignInRefused, match="credentials provided are incorrect"):
        product.journal.resolve()
    answer = product.submit(FIRST)
    assert isinstance(answer, NotRun)
    assert isinstance(answer.refusal, BusinessCentralSignInRefused)


def test_over_the_limit_nothing_runs(product: Product) -> None:
    product.bc.switch(rate_limit=1, retry_after=17)
    product.journal.resolve()
    answer = product.submit(FIRST)
    assert isinstance(answer, NotRun)
    assert answer.retry_after == 17
    assert product.in_journal() == []


# --- unknown outcomes --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault",
    [
        Fault(path=BATCH, moment="after", status=504),
        Fault(path=BATCH, moment="after", status=500, kind="html"),
        Fault(path=BATCH, moment="after", kind="cut"),
        Fault(path=BATCH, moment="after", status=200, kind="malformed"),
        Fault(path=BATCH, moment="after", status=200, kind="empty"),
        Fault(path=BATCH, status=503, headers={"Retry-After": "1"}),
        Fault(path=BATCH, status=504),
        Fault(path=BATCH, status=408),
        Fault(path=BATCH, kind="cut"),
        Fault(path=BATCH, status=502, kind="html"),
    ],
    ids=lambda fault: f"{fault.moment} {fault.kind} {fault.status}",
)
def test_a_lost_answer_is_unknown_and_the_lines_tell_the_truth(
    product: Product, fault: Fault
) -> None:
    product.bc.faults.plant(replace(fault))
    assert isinstance(product.submit(FIRST, SECOND), Unknown)
    committed = fault.moment == "after"
    assert len(product.journal.lines(product.resolved)) == (4 if committed else 0)
    assert isinstance(product.find(FIRST, 1), Whole if committed else Nothing)


def test_what_is_committed_after_the_answer_is_found_later(product: Product) -> None:
    product.bc.faults.plant(Fault(path=BATCH, moment="later", status=504, commit_delay=0.3))
    assert isinstance(product.submit(FIRST), Unknown)
    assert isinstance(product.find(FIRST, 1), Nothing)
    assert soon(lambda: isinstance(product.find(FIRST, 1), Whole))
    assert product.submit(FIRST) == NumberTaken(0, 700010)


def test_a_rolled_back_pack_may_show_for_a_while(product: Product) -> None:
    product.bc.switch(doomed_writes=1, dirty_read_seconds=3600)
    assert isinstance(product.submit(FIRST), Unknown)
    assert isinstance(product.find(FIRST, 1), Whole)
    product.time.advance(timedelta(hours=2))
    assert isinstance(product.find(FIRST, 1), Nothing)


def test_a_stale_replica_fools_no_look(product: Product) -> None:
    product.bc.switch(replica_lag_seconds=3600)
    product.bc.faults.plant(Fault(path=BATCH, moment="after", status=504))
    assert isinstance(product.submit(FIRST), Unknown)
    journal = product.resolved
    assert replica_sees(product, f"journals({journal.id})/journalLines") == 0
    assert len(product.journal.lines(journal)) == 2
    assert len(product.journal.lines_numbered(journal, FIRST.line_numbers)) == 2
    assert product.journal.highest_line_number(journal) == 700020
    product.bc.post()
    assert replica_sees(product, "generalLedgerEntries") == 0
    assert product.journal.lines(journal) == ()
    assert isinstance(product.find(FIRST, 1), InLedger)


def replica_sees(product: Product, path: str) -> int:
    """How many rows a read sees that does not ask for the primary."""
    token = product.sign_in.access_token(product.connection)
    answer = httpx.get(
        f"{product.url}/v2.0/{TENANT}/{ENVIRONMENT}/api/v2.0/companies({COMPANY_ID})/{path}",
        headers={"Authorization": f"Bearer {token}", "Accept": "application/json"},
    )
    return len(answer.json()["value"])


# --- after the user posts, edits and deletes ---------------------------------------------------


def test_posted_entries_are_found_and_the_phantom_line_is_not_ours(product: Product) -> None:
    product.submit(FIRST, SECOND)
    product.bc.post()
    journal = product.resolved
    assert [row["lineNumber"] for row in product.in_journal()] == [10000]
    assert product.journal.lines(journal) == ()
    assert product.journal.highest_line_number(journal) == 10000
    phantom = product.journal.lines_numbered(journal, [10000, 700010])
    assert [(one.line_number, one.document_number) for one in phantom] == [(10000, "PEX-2-X2")]
    posted = product.journal.ledger_entries(journal, DAY, DAY)
    assert sorted((one.document_number, one.account_number, str(one.amount)) for one in posted) == [
        ("PEX-1-X1", "10950", "-48.60"),
        ("PEX-1-X1", "62400", "48.60"),
        ("PEX-2-X1", "10950", "-48.60"),
        ("PEX-2-X1", "62400", "48.60"),
    ]
    assert isinstance(product.find(FIRST, 1), InLedger)
    assert isinstance(product.submit(entry(3, 700050)), Accepted)


def test_a_posting_number_series_hides_nothing(product: Product) -> None:
    product.bc.set_series(posting_series="GJNL")
    product.submit(FIRST)
    product.bc.post()
    posted = product.journal.ledger_entries(product.resolved, DAY, DAY)
    assert {one.document_number for one in posted} == {"G00101"}
    assert isinstance(product.find(FIRST, 1), InLedger)


def test_an_entry_whose_text_the_user_changed_is_found_by_its_document(product: Product) -> None:
    product.submit(FIRST)
    for row in product.in_journal():
        product.bc.edit_line(row["id"], description="lunch", external_number="bill 7")
    product.bc.post()
    assert isinstance(product.find(FIRST, 1), InLedger)


def test_ledger_entries_are_of_the_days_asked_for_and_bear_a_mark(product: Product) -> None:
    product.submit(FIRST)
    number = 800010
    for amount in (5, -5):
        product.bc.add_line(
            number=number,
            account_number="61100",
            amount=Decimal(amount),
            document_number="RENT-1",
            description="rent",
            posting_date=DAY,
        )
        number += 10
    product.bc.post()
    journal, day = product.resolved, timedelta(days=1)
    assert len(product.journal.ledger_entries(journal, DAY, DAY)) == 2
    assert product.journal.ledger_entries(journal, DAY + day, DAY + day) == ()
    assert product.journal.ledger_entries(journal, DAY - day, DAY - day) == ()


def test_bank_and_vendor_lines_are_found_in_the_ledger(product: Product) -> None:
    both = entry(
        1,
        700010,
        line("10020", "20.00", 1, AccountType.VENDOR),
        line("CHECKING", "-20.00", 1, AccountType.BANK),
    )
    product.submit(both)
    product.bc.post()
    posted = product.journal.ledger_entries(product.resolved, DAY, DAY)
    assert {(one.account_number, str(one.amount)) for one in posted} == {
        ("22000", "20.00"),
        ("10100", "-20.00"),
    }
    assert isinstance(product.find(both, 1), InLedger)


@pytest.mark.parametrize("page_size", [3, 20_000])
def test_edited_lines_are_found_by_their_number_others_by_their_mark(
    product: Product, page_size: int
) -> None:
    product.bc.switch(page_size=page_size)
    product.submit(FIRST, SECOND)
    product.bc.add_line(number=710000, account_number="61100", external_number="BILL-7")
    product.bc.add_line(number=10000, account_number="61100", external_number="pex1 too")
    debit, credit, *_ = product.in_journal()[1:]
    product.bc.edit_line(debit["id"], external_number="BILL-8")
    product.bc.edit_line(credit["id"], external_number="pex1", amount=Decimal("-50.00"))
    journal = product.resolved
    found = {one.line_number: one for one in product.journal.lines(journal)}
    assert sorted(found) == [10000, 700020, 700030, 700040]
    assert found[700020].amount == Money.of("-50.00")
    numbers = [700010, 700020, 700030, 700040, 10000, *range(1, 60)]
    numbered = product.journal.lines_numbered(journal, numbers)
    assert sorted(one.line_number for one in numbered) == sorted(numbers[:5])
    assert product.journal.lines_numbered(journal, []) == ()
    assert product.journal.highest_line_number(journal) == 710000


def test_an_empty_journal_has_no_number(product: Product) -> None:
    assert product.journal.highest_line_number(product.resolved) == 0
    assert product.journal.lines(product.resolved) == ()


def test_the_lines_of_another_journal_are_not_ours(product: Product) -> None:
    product.bc.add_line("DEFAULT", account_number="61100", external_number="PEX1")
    assert product.journal.lines(product.resolved) == ()


# --- deleting ----------------------------------------------------------------------------------


def test_our_lines_are_deleted_and_no_others(product: Product) -> None:
    first, second = product.submit(FIRST), product.submit(SECOND)
    assert isinstance(first, Accepted)
    assert isinstance(second, Accepted)
    product.journal.delete(product.resolved, tuple(first.line_ids.values()))
    assert {row["id"] for row in product.in_journal()} == set(second.line_ids.values())


def test_where_one_line_cannot_be_deleted_none_is(product: Product) -> None:
    answer = product.submit(FIRST)
    assert isinstance(answer, Accepted)
    debit, credit = answer.line_ids.values()
    with pytest.raises(BusinessCentralRefused):
        product.journal.delete(product.resolved, (debit, credit, str(uuid4())))
    assert len(product.in_journal()) == 2
    product.bc.schedule_posting()
    with pytest.raises(BusinessCentralRefused):
        product.journal.delete(product.resolved, (debit, credit))
    assert len(product.in_journal()) == 2


@pytest.mark.parametrize("kind", ["cut", "html", "empty", "malformed"])
def test_a_deletion_without_a_readable_answer_is_told_as_unavailable(
    product: Product, kind: str
) -> None:
    answer = product.submit(FIRST)
    assert isinstance(answer, Accepted)
    product.bc.faults.plant(Fault(path=BATCH, moment="after", kind=kind, status=200))
    with pytest.raises(BusinessCentralUnavailable):
        product.journal.delete(product.resolved, tuple(answer.line_ids.values()))


# --- what a run costs --------------------------------------------------------------------------


def test_a_runs_reads_take_six_requests_at_most(product: Product) -> None:
    product.submit(*(entry(n, 700_000 + 20 * n) for n in range(1, 51)))
    product.bc.post()
    product.submit(*(entry(n, 800_000 + 20 * n) for n in range(51, 101)))
    product.counted.clear()
    chart = product.data().chart(COMPANY_ID)
    journal = product.journal.resolve()
    lines = product.journal.lines(journal)
    posted = product.journal.ledger_entries(journal, DAY - timedelta(days=62), DAY)
    assert (len(chart.accounts), len(lines), len(posted)) == (24, 100, 100)
    assert len(product.counted) <= 6
    assert {status for _, _, status, _ in product.counted} == {200}
