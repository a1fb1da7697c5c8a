"""The Business Central adapter against Business Central's simulator, over real HTTP."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

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
    Collides,
    GeneralJournal,
    Journal,
    JournalHasBalancingAccount,
    JournalMissing,
    NotRun,
    NumberTaken,
    Refused,
    Unknown,
)
from domain.journal_entry import AccountType, DimensionCode, JournalEntry, JournalLine
from domain.money import Money
from domain.pack import NumberedEntry, packs
from domain.refusals import (
    JournalUnderApproval,
    RefusedByBusinessCentral,
)
from fakes.vault import FakeVault
from sandbox import company
from sandbox.business_central import BusinessCentralSandbox
from sandbox.clock import SandboxClock
from sandbox.faults import Fault, FaultPlan
from sandbox.program import Sandbox
from sandbox.web import Server

NOON = datetime(2026, 8, 15, 16, tzinfo=UTC)
POSTED_ON = date(2026, 8, 14)
USER = "connector"
GONE = "11111111-2222-4333-8444-555555555555"
DIMENSIONS = (DimensionCode("DEPARTMENT", "OPS"), DimensionCode("CLASS", "GRANT-A"))
BATCH = r"\$batch$"


class StandingClock(SandboxClock):
    """Moves only when it is advanced, so that no test depends on the machine's pace."""

    def now(self) -> datetime:
        return self._start


class StaticSignIn:
    """Hands out one token, and another one once it is told to renew."""

    def __init__(self) -> None:
        self.token = USER

    def access_token(self, _connection: UUID, *, renew: bool = False) -> str:
        self.token = USER if renew else self.token
        return self.token


class World:
    """The simulator behind a socket, and the adapter that speaks to it."""

    def __init__(self, server: Server, played: BusinessCentralSandbox) -> None:
        self.played = played
        self.clock = StandingClock(NOON)
        self.sign_in = StaticSignIn()
        self.counted: list[tuple[str, str, int, int]] = []
        self.opened = HttpBusinessCentral(
            server.url,
            self.sign_in,  # type: ignore[arg-type]
            self.clock,
            on_request=lambda *counted: self.counted.append(counted),
            sleep=lambda _seconds: None,
        )

    def data(self, environment: str = company.ENVIRONMENT) -> CompanyData:
        return self.opened.company_data(uuid4(), company.TENANT, environment)

    def journal(self, company_id: str = company.COMPANY_ID) -> GeneralJournal:
        return self.opened.general_journal(uuid4(), company.TENANT, company.ENVIRONMENT, company_id)

    def submit(self, *entries: NumberedEntry) -> Answer:
        port = self.journal()
        return port.submit(port.resolve(), entries, self.clock.now() + timedelta(seconds=60))

    @property
    def stored(self) -> list[tuple[int, str, Decimal]]:
        """What the journal holds, whatever the API tells."""
        return [(row.number, row.account_number, row.amount) for row in self.played.lines()]


@pytest.fixture
def bc() -> BusinessCentralSandbox:
    return BusinessCentralSandbox(
        StandingClock(NOON), lambda token: token if token == USER else None, FaultPlan()
    )


@pytest.fixture
def server(bc: BusinessCentralSandbox) -> Iterator[Server]:
    with Server(bc.application) as server:
        yield server


@pytest.fixture
def world(server: Server, bc: BusinessCentralSandbox) -> Iterator[World]:
    world = World(server, bc)
    yield world
    world.opened.close()


def entry(
    pex_id: int,
    first: int,
    amount: str = "48.60",
    *,
    account: str = "62400",
    kind: AccountType = AccountType.GL,
    dimensions: tuple[DimensionCode, ...] = (),
    tax_code: str = "",
) -> NumberedEntry:
    money = Money(Decimal(amount))
    text = f"Corner Deli / PEX {pex_id}"
    lines = (
        JournalLine(kind, account, money, text, "lunch", tax_code, dimensions),
        JournalLine(AccountType.GL, "10950", -money, text, dimensions=dimensions),
    )
    made = JournalEntry(POSTED_ON, f"PEX-{pex_id}-X1", f"PEX{pex_id}", lines)
    return NumberedEntry(uuid4(), made, (first, first + 10))


# --- companies and charts --------------------------------------------------------------------


def test_companies_are_called_as_people_call_them(world: World) -> None:
    assert world.data().companies() == (
        Company(company.COMPANY_ID, company.COMPANY_DISPLAY_NAME),
        Company(company.SECOND_COMPANY_ID, company.SECOND_COMPANY_NAME),
    )


@pytest.mark.parametrize("environment", ["Nowhere", "a/b", "../x", "x?y", "ü %"])
def test_an_environment_that_is_not_there_is_named(world: World, environment: str) -> None:
    with pytest.raises(EnvironmentNotFound, match="no environment"):
        world.data(environment).companies()
    with pytest.raises(EnvironmentNotFound):
        world.data(environment).chart(company.COMPANY_ID)


def test_a_company_that_is_not_there_is_named(world: World) -> None:
    with pytest.raises(CompanyNotFound, match=GONE):
        world.data().chart(GONE)
    with pytest.raises(CompanyNotFound, match=GONE):
        world.journal(GONE).resolve()


def test_an_id_that_is_none_leads_nowhere_else(world: World) -> None:
    other = f"{GONE})/../companies({company.COMPANY_ID}"
    with pytest.raises((CompanyNotFound, BusinessCentralRefused)):
        world.journal(other).resolve()


def test_a_chart_holds_all_that_entries_are_coded_with(world: World) -> None:
    chart = world.data().chart(company.COMPANY_ID)
    assert chart.currency == "USD"
    assert (chart.posting_from, chart.posting_to) == (None, None)
    meals, heading, blocked = (chart.accounts.find(one) for one in ("62400", "60000", "66900"))
    assert meals is not None
    assert (meals.name, meals.category, meals.unusable_because) == (
        "Meals and entertainment",
        "Expense",
        None,
    )
    assert heading is not None
    assert heading.unusable_because == "it is a heading account"
    assert blocked is not None
    assert blocked.unusable_because == "it is blocked"
    first = chart.accounts.find("10000")
    assert first is not None
    assert (first.account_type, first.category) == ("Begin-Total", "Assets")
    assert {bank.number: bank.currency for bank in chart.bank_accounts} == {
        "CHECKING": "USD",
        "SAVINGS": "USD",
        "EURO": "EUR",
        "OLD-BANK": "USD",
    }
    assert [vendor.blocked for vendor in chart.vendors] == ["", "", "", "All"]
    assert {tax.code for tax in chart.tax_codes} == {"TAXABLE", "NONTAXABLE", "FOOD"}
    assert set(chart.dimensions) == set(company.DIMENSIONS)
    for code, (_, values) in company.DIMENSIONS.items():
        assert {(one.code, one.name) for one in chart.dimensions[code].values} == set(values)


def test_categories_are_read_as_people_call_them(world: World) -> None:
    category = "Cost of Goods Sold"
    world.played.add_accounts([{"number": "50100", "name": "Goods", "category": category}])
    world.played.add_accounts([{"number": "99999", "name": "Memo", "category": ""}])
    chart = world.data().chart(company.COMPANY_ID)
    named = {one.number: one.category for one in chart.accounts}
    assert (named["50100"], named["99999"]) == (category, "")


def test_many_dimensions_come_whole(world: World) -> None:
    for number in range(90):
        world.played.add_dimension_values(f"D{number}", [{"code": "V", "name": f"v{number}"}])
    chart = world.data().chart(company.COMPANY_ID)
    for number in range(90):
        assert [one.name for one in chart.dimensions[f"D{number}"].values] == [f"v{number}"]


def test_a_chart_takes_two_requests_and_leaves_out_what_is_not_wanted(world: World) -> None:
    chart = world.data().chart(
        company.COMPANY_ID,
        dimensions=["department", "CLASS"],
        vendors=False,
        bank_accounts=False,
        tax_codes=False,
    )
    assert len(world.counted) == 2
    assert not chart.vendors.choices
    assert not chart.bank_accounts.choices
    assert not chart.tax_codes.choices
    assert len(chart.dimensions["DEPARTMENT"].values) == 4
    assert len(chart.dimensions["CLASS"].values) == 3
    assert len(chart.dimensions["LOCATION"].values) == 0


def test_a_chart_without_dimensions_takes_one_request(world: World) -> None:
    world.data().chart(company.COMPANY_ID, dimensions=())
    assert len(world.counted) == 1


@pytest.mark.parametrize("encoded", [True, False])
def test_pages_and_either_form_of_enums_make_no_difference(world: World, *, encoded: bool) -> None:
    whole = world.data().chart(company.COMPANY_ID)
    world.played.switch(page_size=3, enum_encoding=encoded)
    paged = world.data().chart(company.COMPANY_ID)
    assert paged.accounts.choices == whole.accounts.choices
    assert paged.vendors.choices == whole.vendors.choices
    for code, dimension in whole.dimensions.items():
        assert set(paged.dimensions[code].values) == set(dimension.values)


def test_a_listing_that_never_ends_is_given_up(world: World) -> None:
    world.played.switch(page_size=3, expire_skip_tokens=True)
    with pytest.raises(BusinessCentralRefused, match="SkipTokenIsNoLongerValid"):
        world.data().chart(company.COMPANY_ID)


def test_another_currency_and_closed_dates_are_told(world: World) -> None:
    world.played.allow_posting(date(2026, 8, 1), date(2026, 8, 31))
    chart = world.data().chart(company.COMPANY_ID)
    assert (chart.posting_from, chart.posting_to) == (date(2026, 8, 1), date(2026, 8, 31))
    assert world.data().chart(company.SECOND_COMPANY_ID).currency == "EUR"


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_missing_permission_to_read_is_told_whatever_the_status(
    world: World, status: int
) -> None:
    world.played.switch(denied=["GET accounts"], denied_status=status)
    with pytest.raises(BusinessCentralPermissionMissing):
        world.data().chart(company.COMPANY_ID)


# --- signing in ------------------------------------------------------------------------------


@pytest.mark.parametrize("xml", [True, False])
def test_a_token_that_ended_is_renewed_once(world: World, *, xml: bool) -> None:
    world.played.switch(xml_401=xml)
    world.sign_in.token = "ended"
    assert world.data().companies()
    assert [status for _, _, status, _ in world.counted] == [401, 200]
    world.sign_in.token = "ended"
    assert isinstance(world.submit(entry(1, 700010)), Accepted)


@pytest.mark.parametrize("xml", [True, False])
def test_a_user_whom_bc_does_not_know_must_sign_in_again(world: World, *, xml: bool) -> None:
    world.played.switch(xml_401=xml)
    world.sign_in.access_token = lambda *_args, **_options: "nobody"  # type: ignore[method-assign]
    with pytest.raises(BusinessCentralSignInRefused):
        world.data().companies()


# --- the journal -----------------------------------------------------------------------------


def test_the_journal_is_found_by_its_code(world: World) -> None:
    found = world.journal().resolve()
    assert (found.company_id, found.code, found.template) == (
        company.COMPANY_ID,
        "PEX CARD",
        "GENERAL",
    )
    assert len(world.counted) == 1


def test_a_missing_journal_is_created_on_request_once(world: World) -> None:
    world.played.delete_journal()
    with pytest.raises(JournalMissing):
        world.journal().resolve()
    created = world.journal().create()
    assert world.journal().create() == created
    assert world.journal().resolve() == created


def test_a_renamed_journal_is_missing(world: World) -> None:
    world.played.change_journal(code="PEX OLD")
    with pytest.raises(JournalMissing):
        world.journal().resolve()


def test_a_journal_with_a_balancing_account_is_refused(world: World) -> None:
    world.played.set_balancing_account("10100")
    with pytest.raises(JournalHasBalancingAccount, match="10100"):
        world.journal().resolve()


# --- sending ---------------------------------------------------------------------------------


def test_a_pack_stands_in_the_journal_as_sent(world: World) -> None:
    pack = (
        entry(1, 700010, "48.60", dimensions=DIMENSIONS, tax_code="FOOD"),
        entry(2, 700030, "0.01", account="10030", kind=AccountType.VENDOR),
        entry(3, 700050, "-1234567.89", account="CHECKING", kind=AccountType.BANK),
    )
    answer = world.submit(*pack)
    assert isinstance(answer, Accepted)
    port = world.journal()
    journal = port.resolve()
    lines = {line.line_number: line for line in port.lines(journal)}
    assert {number: line.id for number, line in lines.items()} == answer.line_ids
    for numbered in pack:
        made = numbered.entry
        for number, line in zip(numbered.line_numbers, made.lines, strict=True):
            found = lines[number]
            assert (found.account_number, found.amount) == (line.account_number, line.amount)
            assert found.posting_date == made.posting_date
            assert found.document_number == made.document_number
            assert found.external_document_number == made.external_document_number
            assert found.description == line.description
    first = world.played.lines()[0]
    assert dict(first.dimensions) == {"DEPARTMENT": "OPS", "CLASS": "GRANT-A"}
    assert (first.comment, first.tax_group) == ("lunch", "FOOD")
    assert port.highest_line_number(journal) == 700060


@pytest.mark.parametrize("status", [400, 409])
@pytest.mark.parametrize("language", ["en-US", "de-DE"])
def test_a_second_sending_collides_instead_of_doubling(
    world: World, status: int, language: str
) -> None:
    world.played.switch(duplicate_key_status=status, language=language)
    first, second = entry(1, 700010), entry(2, 700030)
    assert isinstance(world.submit(second), Accepted)
    assert world.submit(first, second) == NumberTaken(1, 700030)
    assert len(world.stored) == 2


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        ({"account": "60999"}, "60999"),
        ({"account": "60000"}, "60000"),
        ({"account": "66900"}, "66900"),
        ({"account": "11200"}, "Direct Posting"),
        ({"account": "10080", "kind": AccountType.VENDOR}, "blocked"),
        ({"account": "OLD-BANK", "kind": AccountType.BANK}, "OLD-BANK"),
        ({"dimensions": (DimensionCode("DEPARTMENT", "GONE"),)}, "valueCode"),
        ({"dimensions": (DimensionCode("PLANET", "MARS"),)}, "code"),
        ({"tax_code": "GONE"}, "GONE"),
    ],
    ids=lambda bad: str(next(iter(bad.values()))) if isinstance(bad, dict) else "",
)
def test_one_bad_entry_is_named_and_none_of_the_pack_exists(
    world: World, bad: dict[str, Any], told: str
) -> None:
    good, worse, last = entry(1, 700010), entry(2, 700030, **bad), entry(3, 700050)
    answer = world.submit(good, worse, last)
    assert isinstance(answer, Refused)
    assert answer.culprit == 1
    assert isinstance(answer.refusal, RefusedByBusinessCentral)
    assert told in answer.refusal.cause
    assert "CorrelationId" not in answer.refusal.cause
    assert world.stored == []
    assert isinstance(world.submit(good, last), Accepted)


def test_a_default_dimension_is_told_from_other_refusals(world: World) -> None:
    world.played.set_default_dimension("62400", "DEPARTMENT", "ADM")
    answer = world.submit(entry(1, 700010), entry(2, 700030, dimensions=DIMENSIONS))
    assert isinstance(answer, Collides)
    assert (answer.culprit, answer.line_number) == (1, 700030)
    assert world.stored == []


def test_a_journal_under_approval_takes_no_line(world: World) -> None:
    world.played.request_approval("someone", [USER])
    answer = world.submit(entry(1, 700010))
    assert isinstance(answer, Refused)
    assert isinstance(answer.refusal, JournalUnderApproval)


def test_a_journal_that_goes_away_stops_the_run_and_blames_no_entry(world: World) -> None:
    port = world.journal()
    journal = port.resolve()
    world.played.delete_journal()
    answer = port.submit(journal, [entry(1, 700010)], NOON + timedelta(seconds=60))
    assert isinstance(answer, NotRun)
    assert isinstance(answer.refusal, JournalMissing)


def test_a_company_that_is_taken_away_stops_the_run(world: World) -> None:
    port = world.journal()
    journal = port.resolve()
    world.played.hide_company(USER)
    answer = port.submit(journal, [entry(1, 700010)], NOON + timedelta(seconds=60))
    assert isinstance(answer, NotRun)
    assert isinstance(answer.refusal, CompanyNotFound | BusinessCentralPermissionMissing)


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_missing_permission_to_write_stops_the_run(world: World, status: int) -> None:
    world.played.switch(denied=["POST journalLines"], denied_status=status)
    answer = world.submit(entry(1, 700010))
    assert isinstance(answer, NotRun)
    assert isinstance(answer.refusal, BusinessCentralPermissionMissing)


BEFORE: dict[str, Any] = {"moment": "before"}
AFTER: dict[str, Any] = {"moment": "after"}


@pytest.mark.parametrize(
    ("fault", "means", "exists"),
    [
        (BEFORE | {"status": 429}, NotRun, False),
        (BEFORE | {"status": 429, "headers": {"Retry-After": "5"}}, NotRun, False),
        (BEFORE | {"status": 401, "kind": "xml"}, Accepted, True),
        (BEFORE | {"status": 400}, NotRun, False),
        (BEFORE | {"status": 413, "kind": "html"}, NotRun, False),
        (BEFORE | {"status": 403, "kind": "html"}, NotRun, False),
        (BEFORE | {"status": 503}, Unknown, False),
        (BEFORE | {"status": 502, "kind": "html"}, Unknown, False),
        (BEFORE | {"kind": "cut"}, Unknown, False),
        (BEFORE | {"status": 200, "kind": "html"}, Unknown, False),
        (BEFORE | {"status": 499}, Unknown, False),
        (AFTER | {"status": 408}, Unknown, True),
        (AFTER | {"status": 409}, Unknown, True),
        (AFTER | {"status": 500}, Unknown, True),
        (AFTER | {"status": 503}, Unknown, True),
        (AFTER | {"status": 504, "kind": "html"}, Unknown, True),
        (AFTER | {"status": 200, "kind": "malformed"}, Unknown, True),
        (AFTER | {"status": 200, "kind": "empty"}, Unknown, True),
        (AFTER | {"kind": "cut"}, Unknown, True),
        (AFTER | {"kind": "slow", "delay": 0.05}, Accepted, True),
    ],
    ids=str,
)
def test_no_fault_is_taken_for_what_it_is_not(
    world: World,
    fault: dict[str, Any],
    means: type[Accepted | NotRun | Unknown],
    *,
    exists: bool,
) -> None:
    world.played.faults.plant(Fault(method="POST", path=BATCH, **fault))
    answer = world.submit(entry(1, 700010))
    assert isinstance(answer, means)
    assert bool(world.stored) is exists


def test_a_commit_that_vanishes_again_is_unknown(world: World) -> None:
    world.played.switch(doomed_writes=1, dirty_read_seconds=60)
    assert isinstance(world.submit(entry(1, 700010)), Unknown)
    assert world.stored == []


def test_a_server_that_is_not_there_ran_nothing(world: World) -> None:
    journal = world.journal().resolve()
    gone = HttpBusinessCentral(
        "http://127.0.0.1:1",
        world.sign_in,  # type: ignore[arg-type]
        world.clock,
    )
    away = gone.general_journal(uuid4(), company.TENANT, company.ENVIRONMENT, company.COMPANY_ID)
    answer = away.submit(journal, [entry(1, 700010)], NOON + timedelta(seconds=60))
    gone.close()
    assert isinstance(answer, NotRun)
    assert isinstance(answer.refusal, BusinessCentralUnavailable)


def test_a_429_below_the_budget_makes_operations_count(world: World) -> None:
    world.played.switch(rate_limit=103, count_operations=True)
    port = world.journal()
    journal = port.resolve()
    late = NOON + timedelta(seconds=60)
    for first in (700010, 710010):
        pack = [entry(first + place, first + place * 20) for place in range(50)]
        answer = port.submit(journal, pack, late)
    assert isinstance(answer, NotRun)
    assert isinstance(answer.refusal, BusinessCentralUnavailable)
    assert len(world.stored) == 100


def test_a_pack_larger_than_a_batch_is_never_sent(world: World) -> None:
    with pytest.raises(ValueError, match="102 operations"):
        world.submit(*(entry(place, 700010 + place * 20) for place in range(51)))
    assert [path for _, path, _, _ in world.counted if path == "$batch"] == []


# --- looking ---------------------------------------------------------------------------------


def test_only_our_lines_are_listed_and_numbers_find_anybodys(world: World) -> None:
    world.submit(entry(1, 700010))
    by_hand = world.played.add_line(account_number="61100", amount=Decimal("5.00"))
    port = world.journal()
    journal = port.resolve()
    assert [line.line_number for line in port.lines(journal)] == [700010, 700020]
    many = {700010, by_hand.number, *range(1, 200)}
    assert {line.line_number for line in port.lines_numbered(journal, many)} == {
        700010,
        by_hand.number,
    }
    assert port.lines_numbered(journal, ()) == ()
    assert port.highest_line_number(journal) == by_hand.number


def test_an_empty_journal_has_no_highest_number(world: World) -> None:
    port = world.journal()
    journal = port.resolve()
    assert port.highest_line_number(journal) == 0
    assert port.lines(journal) == ()


def test_a_lagging_replica_is_never_asked(world: World) -> None:
    world.played.switch(replica_lag_seconds=3600)
    port = world.journal()
    journal = port.resolve()
    port.submit(journal, [entry(1, 700010)], NOON + timedelta(seconds=60))
    assert len(port.lines(journal)) == 2
    assert len(port.lines_numbered(journal, [700010])) == 1
    assert port.highest_line_number(journal) == 700020
    world.played.post()
    assert len(port.ledger_entries(journal, POSTED_ON, POSTED_ON)) == 2


def test_posted_entries_are_found_by_number_and_by_text_each_once(world: World) -> None:
    world.submit(entry(1, 700010), entry(2, 700030, "7.00"))
    world.played.post()
    port = world.journal()
    journal = port.resolve()
    world.counted.clear()
    found = port.ledger_entries(journal, POSTED_ON, POSTED_ON)
    assert len(world.counted) == 1
    assert sorted((one.account_number, str(one.amount), one.document_number) for one in found) == [
        ("10950", "-48.60", "PEX-1-X1"),
        ("10950", "-7.00", "PEX-2-X1"),
        ("62400", "48.60", "PEX-1-X1"),
        ("62400", "7.00", "PEX-2-X1"),
    ]
    after = POSTED_ON + timedelta(days=1)
    assert port.ledger_entries(journal, after, after) == ()


def test_a_posting_number_series_hides_nothing(world: World) -> None:
    world.submit(entry(1, 700010))
    world.played.set_series(posting_series="GJNL")
    world.played.post()
    port = world.journal()
    found = port.ledger_entries(port.resolve(), POSTED_ON, POSTED_ON)
    assert len(found) == 2
    assert {one.document_number for one in found}.isdisjoint({"PEX-1-X1"})
    assert {one.description for one in found} == {"Corner Deli / PEX 1"}


def test_a_text_that_a_user_changed_hides_nothing(world: World) -> None:
    world.submit(entry(1, 700010))
    for line in world.played.lines():
        world.played.edit_line(line.id, description="lunch with the board")
    world.played.post()
    port = world.journal()
    assert len(port.ledger_entries(port.resolve(), POSTED_ON, POSTED_ON)) == 2


def test_bcs_own_empty_line_after_posting_is_not_ours(world: World) -> None:
    world.submit(entry(1, 700010))
    world.played.post()
    port = world.journal()
    journal = port.resolve()
    assert port.lines(journal) == ()
    assert port.highest_line_number(journal) == 10000
    (phantom,) = port.lines_numbered(journal, [10000])
    assert (phantom.amount, phantom.account_number, phantom.document_number) == (
        Money.of(0),
        "",
        "PEX-1-X2",
    )


def test_many_rows_come_whole_page_by_page(world: World) -> None:
    world.submit(*(entry(place, 700010 + place * 20) for place in range(10)))
    world.played.switch(page_size=3)
    port = world.journal()
    journal = port.resolve()
    assert len(port.lines(journal)) == 20
    world.played.post()
    assert len(port.ledger_entries(journal, POSTED_ON, POSTED_ON)) == 20


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 429},
        {"status": 503, "kind": "html"},
        {"status": 504},
        {"kind": "cut"},
        {"status": 500, "kind": "empty"},
    ],
    ids=str,
)
def test_a_passing_fault_does_not_disturb_a_look(world: World, fault: dict[str, Any]) -> None:
    world.submit(entry(1, 700010))
    port = world.journal()
    journal = port.resolve()
    looks: tuple[Callable[[], object], ...] = (
        lambda: port.lines(journal),
        lambda: port.ledger_entries(journal, POSTED_ON, POSTED_ON),
        lambda: port.highest_line_number(journal),
    )
    for look in looks:
        before = look()
        world.played.faults.plant(Fault(**fault))
        assert look() == before


# --- taking back -----------------------------------------------------------------------------


def test_our_lines_are_deleted_all_or_none(world: World) -> None:
    accepted = world.submit(entry(1, 700010), entry(2, 700030))
    assert isinstance(accepted, Accepted)
    port = world.journal()
    journal = port.resolve()
    ids = accepted.line_ids
    with pytest.raises(BusinessCentralRefused):
        port.delete(journal, [ids[700010], GONE])
    assert len(world.stored) == 4
    port.delete(journal, [ids[700010], ids[700020]])
    assert [number for number, _, _ in world.stored] == [700030, 700040]


@pytest.mark.parametrize("kind", ["cut", "malformed", "status"])
def test_a_deletion_without_an_answer_is_told(world: World, kind: str) -> None:
    accepted = world.submit(entry(1, 700010))
    assert isinstance(accepted, Accepted)
    port = world.journal()
    journal = port.resolve()
    status = 504 if kind == "status" else 200
    world.played.faults.plant(Fault(path=BATCH, moment="after", kind=kind, status=status))
    with pytest.raises(BusinessCentralUnavailable):
        port.delete(journal, list(accepted.line_ids.values()))
    assert world.stored == []


# --- cost ------------------------------------------------------------------------------------


def test_a_run_of_a_thousand_purchases_takes_thirty_requests_at_most() -> None:
    counted: list[tuple[str, str, int, int]] = []
    connection, vault = uuid4(), FakeVault()

    def count(method: str, path: str, status: int, operations: int) -> None:
        counted.append((method, path, status, operations))

    with Sandbox(purchases=1, now=NOON) as sandbox:
        variables = sandbox.environment()
        sign_in = MsalSignIn(
            variables["PEXBC_ENTRA_AUTHORITY"],
            variables["PEXBC_ENTRA_CLIENT_ID"],
            variables["PEXBC_ENTRA_CLIENT_SECRET"],
            vault,
            on_request=count,
        )
        opened = HttpBusinessCentral(
            variables["PEXBC_BC_API_URL"], sign_in, StandingClock(NOON), on_request=count
        )
        sign_in.with_service(connection, company.TENANT)
        _run(opened, connection)
        opened.close()
        sign_in.close()
        assert len(sandbox.business_central.lines()) == 2000
    assert len(counted) == 28
    assert {status for _, _, status, _ in counted} == {200}


def _run(opened: HttpBusinessCentral, connection: UUID) -> None:
    """What a run asks of Business Central, from opening to its last pack."""
    where = (connection, company.TENANT, company.ENVIRONMENT)
    port = opened.general_journal(*where, company.COMPANY_ID)
    journal: Journal = port.resolve()
    opened.company_data(*where).chart(
        company.COMPANY_ID,
        dimensions=["DEPARTMENT", "CLASS"],
        vendors=False,
        bank_accounts=False,
        tax_codes=False,
    )
    assert port.lines(journal) == ()
    assert port.ledger_entries(journal, POSTED_ON, POSTED_ON) == ()
    assert port.highest_line_number(journal) == 0
    entries = [entry(place, 700010 + place * 20, dimensions=DIMENSIONS) for place in range(1000)]
    for pack in packs(entries):
        answer = port.submit(journal, pack, NOON + timedelta(seconds=60))
        assert isinstance(answer, Accepted)
