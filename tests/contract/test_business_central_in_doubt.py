"""Doubts and what people do meanwhile: the Business Central adapter against its simulator.

Over real HTTP, signed in through the simulator of Microsoft. What became of an entry is asked with
the same `Look` that the use cases have.
"""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
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
    BusinessCentralRefused,
    BusinessCentralUnavailable,
    CompanyData,
)
from application.ports.general_journal import (
    Accepted,
    Answer,
    GeneralJournal,
    Journal,
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
from domain.refusals import RefusedByBusinessCentral
from fakes.clock import FakeClock
from fakes.vault import FakeVault
from sandbox.company import (
    COMPANY_ID,
    ENVIRONMENT,
    TENANT,
)
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

    @property
    def data(self) -> CompanyData:
        return self.opened.company_data(self.connection, TENANT, ENVIRONMENT)

    @property
    def journal(self) -> GeneralJournal:
        return self.opened.general_journal(self.connection, TENANT, ENVIRONMENT, COMPANY_ID)

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


# --- packs -------------------------------------------------------------------------------------


def test_amounts_keep_their_cents(product: Product) -> None:
    large = entry(1, 700010, line("62400", "1234567.89", 1), line("10950", "-1234567.89", 1))
    small = entry(2, 700030, line("62400", "0.10", 2), line("10950", "-0.10", 2))
    assert isinstance(product.submit(large, small), Accepted)
    found = [str(one.amount) for one in product.journal.lines(product.resolved)]
    assert found == ["1234567.89", "-1234567.89", "0.10", "-0.10"]


def test_what_people_write_arrives_letter_for_letter(product: Product) -> None:
    text = 'O\'Reilly "Auto" / Zoë Lindström / 50 % & more / PEX 1'
    debit = JournalLine(
        AccountType.GL, "62400", Money.of("0.10"), text, "a comment; with ünïcode", "FOOD"
    )
    credit = JournalLine(AccountType.GL, "10950", Money.of("-0.10"), text)
    assert isinstance(product.submit(entry(1, 700010, debit, credit)), Accepted)
    stored = product.in_journal()[0]
    assert (stored["description"], stored["comment"], stored["taxGroup"]) == (
        text,
        "a comment; with ünïcode",
        "FOOD",
    )
    assert product.journal.lines(product.resolved)[0].description == text


def test_bank_and_vendor_lines_carry_their_dimensions_and_are_found_in_the_ledger(
    product: Product,
) -> None:
    both = entry(
        1,
        700010,
        line("10020", "20.00", 1, AccountType.VENDOR, DEPARTMENT="SALES", CLASS="GRANT-A"),
        line("CHECKING", "-20.00", 1, AccountType.BANK, DEPARTMENT="OPS"),
    )
    assert isinstance(product.submit(both), Accepted)
    stored = {row["accountType"]: row for row in product.in_journal()}
    assert stored["Vendor"]["dimensions"] == {"DEPARTMENT": "SALES", "CLASS": "GRANT-A"}
    assert stored["Bank Account"]["dimensions"] == {"DEPARTMENT": "OPS"}
    product.bc.post()
    posted = product.journal.ledger_entries(product.resolved, DAY, DAY)
    assert {(one.account_number, str(one.amount)) for one in posted} == {
        ("22000", "20.00"),
        ("10100", "-20.00"),
    }
    assert isinstance(product.find(both, 1), InLedger)


def test_a_name_that_sounds_like_an_approval_is_none(product: Product) -> None:
    gone = entry(2, 700030, line("APPROVED", "9.00", 2), line("10950", "-9.00", 2))
    answer = product.submit(FIRST, gone)
    assert isinstance(answer, Refused)
    assert (answer.culprit, type(answer.refusal)) == (1, RefusedByBusinessCentral)


def test_an_unknown_tax_code_names_its_entry(product: Product) -> None:
    wrong = replace(line("62400", "9.00", 2), tax_code="NO-SUCH")
    answer = product.submit(FIRST, entry(2, 700030, wrong, line("10950", "-9.00", 2)))
    assert isinstance(answer, Refused)
    assert answer.culprit == 1
    assert product.in_journal() == []


def test_a_dimension_value_that_is_gone_names_its_entry(product: Product) -> None:
    gone = entry(2, 700030, line("62400", "9.00", 2, DEPARTMENT="GONE"), line("10950", "-9.00", 2))
    answer = product.submit(FIRST, gone)
    assert isinstance(answer, Refused)
    assert (answer.culprit, type(answer.refusal)) == (1, RefusedByBusinessCentral)
    assert product.in_journal() == []


def test_a_journal_whose_user_typed_a_line_takes_nothing_from_it(product: Product) -> None:
    product.bc.add_line(
        number=710000,
        account_number="61100",
        amount=Decimal(5),
        document_number="RENT-7",
        external_number="BILL-7",
        posting_date=date(2026, 7, 1),
    )
    product.submit(FIRST)
    ours = product.in_journal()[:2]
    assert {(row["documentNumber"], row["postingDate"]) for row in ours} == {("PEX-1-X1", DAY)}


def test_a_line_that_the_api_does_not_show_takes_its_number_all_the_same(product: Product) -> None:
    product.bc.add_line(number=700020, document_type="Invoice", account_number="61100")
    assert product.submit(FIRST) == NumberTaken(0, 700020)
    assert product.journal.lines_numbered(product.resolved, FIRST.line_numbers) == ()


def test_two_at_once_with_the_same_numbers_end_with_one_entry(product: Product) -> None:
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(product.submit, [FIRST, FIRST]))
    assert {type(answer) for answer in answers} == {Accepted, NumberTaken}
    assert len(product.in_journal()) == 2


def test_over_the_limit_nothing_runs(product: Product) -> None:
    product.bc.switch(rate_limit=1, retry_after=17)
    product.journal.resolve()
    answer = product.submit(FIRST)
    assert isinstance(answer, NotRun)
    assert answer.retry_after == 17
    assert product.in_journal() == []


def test_a_worker_that_waited_too_long_for_its_turn_sends_nothing(product: Product) -> None:
    answer = product.journal.submit(product.resolved, [FIRST], NOW - timedelta(seconds=1))
    assert isinstance(answer, NotRun)
    assert product.counted == []
    assert product.in_journal() == []


# --- unknown outcomes --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault",
    [
        Fault(path=BATCH, moment="after", status=504),
        Fault(path=BATCH, moment="after", kind="cut"),
        Fault(path=BATCH, moment="after", status=200, kind="malformed"),
        Fault(path=BATCH, status=503, headers={"Retry-After": "1"}),
        Fault(path=BATCH, kind="cut"),
    ],
    ids=lambda fault: f"{fault.moment} {fault.kind} {fault.status}",
)
def test_a_lost_answer_is_unknown_and_a_look_tells_the_truth(
    product: Product, fault: Fault
) -> None:
    product.bc.faults.plant(replace(fault))
    assert isinstance(product.submit(FIRST, SECOND), Unknown)
    committed = fault.moment == "after"
    for numbered, pex_id in ((FIRST, 1), (SECOND, 2)):
        assert isinstance(product.find(numbered, pex_id), Whole if committed else Nothing)
    again = product.submit(FIRST, SECOND)
    assert isinstance(again, NumberTaken if committed else Accepted)
    assert len(product.in_journal()) == 4


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


def test_a_look_never_takes_an_unreadable_answer_for_an_empty_one(product: Product) -> None:
    product.submit(FIRST)
    for path, kind in (("journalLines", "empty"), ("journalLines", "html"), (BATCH, "malformed")):
        product.bc.faults.plant(Fault(path=path, kind=kind, status=200))
        with pytest.raises(BusinessCentralUnavailable):
            product.find(FIRST, 1)
        product.bc.faults.clear()


def test_a_list_that_lost_its_place_twice_is_never_cut_short(product: Product) -> None:
    product.submit(FIRST, SECOND)
    product.bc.switch(page_size=3, expire_skip_tokens=True)
    with pytest.raises(BusinessCentralRefused, match="SkipTokenIsNoLongerValid"):
        product.journal.lines(product.resolved)


def test_a_journal_whose_creation_went_unanswered_is_found(product: Product) -> None:
    product.bc.delete_journal()
    product.bc.faults.plant(Fault("POST", "journals", moment="after", kind="cut"))
    with pytest.raises(BusinessCentralUnavailable):
        product.journal.create()
    assert product.journal.create() == product.resolved


# --- after the user edits and posts ------------------------------------------------------------


def test_after_posting_the_empty_line_with_our_next_number_is_nobodys(product: Product) -> None:
    product.submit(FIRST, SECOND)
    product.bc.post()
    journal = product.resolved
    phantom = product.journal.lines_numbered(journal, [10000, 700010])
    assert [(one.line_number, one.document_number) for one in phantom] == [(10000, "PEX-2-X2")]
    assert product.journal.lines(journal) == ()
    assert product.journal.highest_line_number(journal) == 10000
    assert isinstance(product.find(FIRST, 1), InLedger)
    assert isinstance(product.find(entry(3, 700050), 3), Nothing)
    assert isinstance(product.submit(entry(3, 700050)), Accepted)


def test_a_posting_number_series_hides_nothing_from_a_look(product: Product) -> None:
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


def test_the_lines_of_another_journal_are_not_ours(product: Product) -> None:
    product.bc.add_line("DEFAULT", account_number="61100", external_number="PEX1")
    assert product.journal.lines(product.resolved) == ()


def test_lines_that_wait_for_their_posting_are_not_deleted(product: Product) -> None:
    answer = product.submit(FIRST)
    assert isinstance(answer, Accepted)
    product.bc.schedule_posting()
    with pytest.raises(BusinessCentralRefused):
        product.journal.delete(product.resolved, tuple(answer.line_ids.values()))
    assert len(product.in_journal()) == 2


# --- what reads cost ---------------------------------------------------------------------------


def test_a_large_chart_comes_page_by_page_with_the_wanted_dimensions_values_alone(
    product: Product,
) -> None:
    product.bc.add_accounts({"number": f"7{n:05}", "name": f"Cost {n}"} for n in range(5_000))
    product.bc.add_dimension_values(
        "PROJECT", ({"code": f"P{n:05}", "name": f"Project {n}"} for n in range(50_000))
    )
    product.bc.switch(page_size=500)
    chart = product.data.chart(COMPANY_ID, dimensions={"department"})
    assert len(chart.accounts) == 24 + 5_000
    assert chart.accounts.find("704999") is not None
    assert len(chart.dimensions["DEPARTMENT"].values) == 4
    assert not len(chart.dimensions["PROJECT"].values)
    assert len(product.counted) <= 1 + 5_024 // 500 + 1

    product.bc.switch(page_size=20_000)
    product.counted.clear()
    whole = product.data.chart(COMPANY_ID).dimensions["PROJECT"].values
    assert len(whole) == 50_000
    assert whole.find("P49999") is not None
    assert len(product.counted) == 4


def test_a_runs_reads_take_six_requests_at_most(product: Product) -> None:
    product.submit(*(entry(n, 700_000 + 20 * n) for n in range(1, 51)))
    product.bc.post()
    product.submit(*(entry(n, 800_000 + 20 * n) for n in range(51, 101)))
    product.counted.clear()
    chart = product.data.chart(COMPANY_ID)
    journal = product.journal.resolve()
    lines = product.journal.lines(journal)
    posted = product.journal.ledger_entries(journal, DAY - timedelta(days=62), DAY)
    assert (len(chart.accounts), len(lines), len(posted)) == (24, 100, 100)
    assert len(product.counted) <= 6
    assert {status for _, _, status, _ in product.counted} == {200}
