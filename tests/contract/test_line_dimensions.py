"""Dimensions of journal lines through the port: Business Central's simulator and the fake alike."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Protocol
from uuid import UUID, uuid4

import pytest

from adapters.business_central.access import HttpBusinessCentral
from application.ports.general_journal import (
    Accepted,
    Answer,
    Collides,
    DimensionsSet,
    GeneralJournal,
    NotRun,
    Refused,
    SetAnswer,
    Stale,
    Unknown,
)
from domain.journal_entry import AccountType, DimensionCode, JournalEntry, JournalLine
from domain.line_dimensions import DimensionChange, changes
from domain.money import Money
from domain.pack import NumberedEntry
from domain.refusals import Refusal
from fakes.general_journal import FakeGeneralJournal
from sandbox import company
from sandbox.business_central import BusinessCentralSandbox
from sandbox.clock import SandboxClock
from sandbox.faults import Fault, FaultPlan
from sandbox.web import Server

NOON = datetime(2026, 8, 15, 16, tzinfo=UTC)
SOON = NOON + timedelta(seconds=60)
GONE = "11111111-2222-4333-8444-555555555555"
MEALS = "62400"
DEPARTMENT = DimensionCode("DEPARTMENT", "OPS")
CLASS = DimensionCode("CLASS", "GEN")
BATCH = r"\$batch$"


class StandingClock(SandboxClock):
    """Moves only when it is advanced."""

    def now(self) -> datetime:
        return self._start


class StaticSignIn:
    """Hands out one token."""

    def access_token(self, _connection: UUID, *, renew: bool = False) -> str:
        return "renewed" if renew else "connector"


class Books(Protocol):
    """A journal and what its company's administrator does."""

    @property
    def port(self) -> GeneralJournal: ...

    def bring(self, account: str, dimension: str, value: str) -> None: ...

    def delete_value(self, dimension: str, value: str) -> None: ...


class Simulated:
    """The adapter, over real HTTP, against the simulator."""

    def __init__(self, server: Server, played: BusinessCentralSandbox, clock: SandboxClock) -> None:
        self.played = played
        self.counted: list[tuple[str, str, int, int]] = []
        self.opened = HttpBusinessCentral(
            server.url,
            StaticSignIn(),  # type: ignore[arg-type]
            clock,
            on_request=lambda *counted: self.counted.append(counted),
            sleep=lambda _seconds: None,
        )
        self.port = self.opened.general_journal(
            uuid4(), company.TENANT, company.ENVIRONMENT, company.COMPANY_ID
        )

    def bring(self, account: str, dimension: str, value: str) -> None:
        self.played.set_default_dimension(account, dimension, value)

    def delete_value(self, dimension: str, value: str) -> None:
        self.played.delete_dimension_value(dimension, value)


class Faked:
    """The fake that the application's tests run on."""

    def __init__(self) -> None:
        self.port = FakeGeneralJournal(lambda: NOON)

    def bring(self, account: str, dimension: str, value: str) -> None:
        self.port.defaults.setdefault(account, {})[dimension] = value

    def delete_value(self, _dimension: str, value: str) -> None:
        self.port.deleted_values.add(value)


@pytest.fixture
def simulated() -> Iterator[Simulated]:
    clock = StandingClock(NOON)
    played = BusinessCentralSandbox(
        clock, lambda token: token if token == "connector" else None, FaultPlan()
    )
    with Server(played.application) as server:
        simulated = Simulated(server, played, clock)
        yield simulated
        simulated.opened.close()


@pytest.fixture(params=["simulated", "faked"])
def books(request: pytest.FixtureRequest) -> Books:
    chosen: Books = (
        request.getfixturevalue("simulated") if request.param == "simulated" else Faked()
    )
    return chosen


def entry(
    pex_id: int, first: int, *dimensions: DimensionCode, account: str = MEALS, bare: bool = True
) -> NumberedEntry:
    money = Money(Decimal("48.60"))
    text = f"Corner Deli / PEX {pex_id}"
    lines = (
        JournalLine(AccountType.GL, account, money, text, dimensions=dimensions or (DEPARTMENT,)),
        JournalLine(AccountType.GL, "10950", -money, text),
    )
    made = JournalEntry(date(2026, 8, 14), f"PEX-{pex_id}-X1", f"PEX{pex_id}", lines)
    return NumberedEntry(uuid4(), made, (first, first + 10), bare)


def submit(books: Books, *entries: NumberedEntry) -> Answer:
    return books.port.submit(books.port.resolve(), entries, SOON)


def made(books: Books, *entries: NumberedEntry) -> list[str]:
    """Make entries; the ids of their first lines."""
    answer = submit(books, *entries)
    assert isinstance(answer, Accepted)
    return [answer.line_ids[one.line_numbers[0]] for one in entries]


def on(books: Books, *line_ids: str) -> list[dict[str, str]]:
    found = books.port.dimensions(books.port.resolve(), line_ids)
    return [{one.code: one.value for one in found[line_id]} for line_id in line_ids]


def needed(books: Books, line_id: str, *wanted: DimensionCode) -> tuple[DimensionChange, ...]:
    found = books.port.dimensions(books.port.resolve(), [line_id])
    return changes(line_id, wanted, found[line_id])


def put(
    books: Books, *entries: tuple[DimensionChange, ...], not_after: datetime = SOON
) -> SetAnswer:
    return books.port.set_dimensions(books.port.resolve(), entries, not_after)


# --- making lines --------------------------------------------------------------------------------


def test_a_line_that_sets_what_its_account_brings_is_named_and_nothing_exists(
    books: Books,
) -> None:
    books.bring(MEALS, "DEPARTMENT", "ADM")
    answer = submit(books, entry(1, 700010, CLASS, bare=False), entry(2, 700030, bare=False))
    assert isinstance(answer, Collides)
    assert (answer.culprit, answer.line_number) == (1, 700030)
    assert books.port.lines(books.port.resolve()) == ()


def test_a_bare_line_bears_what_its_account_brings_and_nothing_of_its_own(books: Books) -> None:
    books.bring(MEALS, "DEPARTMENT", "ADM")
    first, second = made(books, entry(1, 700010), entry(2, 700030, account="61100"))
    assert on(books, first, second) == [{"DEPARTMENT": "ADM"}, {}]


def test_bare_and_whole_entries_travel_together(books: Books) -> None:
    books.bring(MEALS, "DEPARTMENT", "ADM")
    bare, whole = made(
        books, entry(1, 700010), entry(2, 700030, DEPARTMENT, account="61100", bare=False)
    )
    assert on(books, bare, whole) == [{"DEPARTMENT": "ADM"}, {"DEPARTMENT": "OPS"}]


# --- reading and setting -------------------------------------------------------------------------


def test_what_is_there_is_replaced_and_what_is_missing_added_and_the_rest_stays(
    books: Books,
) -> None:
    books.bring(MEALS, "DEPARTMENT", "ADM")
    books.bring(MEALS, "LOCATION", "BOSTON")
    (line,) = made(books, entry(1, 700010, DEPARTMENT, CLASS))
    assert put(books, needed(books, line, DEPARTMENT, CLASS)) == DimensionsSet()
    assert on(books, line) == [{"DEPARTMENT": "OPS", "LOCATION": "BOSTON", "CLASS": "GEN"}]
    assert needed(books, line, DEPARTMENT, CLASS) == ()


def test_a_change_that_is_refused_names_its_entry_and_nothing_is_changed(books: Books) -> None:
    books.bring(MEALS, "DEPARTMENT", "ADM")
    lines = made(books, entry(1, 700010, CLASS), entry(2, 700030), entry(3, 700050, CLASS))
    wanted = [
        needed(books, line, code)
        for line, code in zip(lines, (CLASS, DEPARTMENT, CLASS), strict=True)
    ]
    books.delete_value("DEPARTMENT", "OPS")
    answer = put(books, *wanted)
    assert isinstance(answer, Refused)
    assert answer.culprit == 1
    assert on(books, *lines) == [{"DEPARTMENT": "ADM"}] * 3
    assert put(books, wanted[0], wanted[2]) == DimensionsSet()


def test_a_line_that_is_gone_is_left_out_of_what_is_read(books: Books) -> None:
    first, gone, last = made(books, entry(1, 700010), entry(2, 700030), entry(3, 700050))
    journal = books.port.resolve()
    books.port.delete(journal, [gone])
    assert books.port.dimensions(journal, [first, gone, last]).keys() == {first, last}


def test_what_changed_since_it_was_read_must_be_read_again(books: Books) -> None:
    books.bring(MEALS, "DEPARTMENT", "ADM")
    kept, line = made(books, entry(1, 700010, CLASS), entry(2, 700030))
    stale = needed(books, line, DEPARTMENT)
    assert put(books, needed(books, line, replace(DEPARTMENT, value="SALES"))) == DimensionsSet()
    answer = put(books, needed(books, kept, CLASS), stale)
    assert isinstance(answer, Stale)
    assert answer.culprit == 1
    assert on(books, kept, line) == [{"DEPARTMENT": "ADM"}, {"DEPARTMENT": "SALES"}]
    assert put(books, needed(books, line, DEPARTMENT)) == DimensionsSet()


def test_what_was_added_since_it_was_read_must_be_read_again(books: Books) -> None:
    (line,) = made(books, entry(1, 700010))
    stale = needed(books, line, DEPARTMENT)
    assert put(books, stale) == DimensionsSet()
    assert isinstance(put(books, stale), Stale)
    assert on(books, line) == [{"DEPARTMENT": "OPS"}]


def test_a_line_that_is_gone_since_it_was_read_changes_nothing(books: Books) -> None:
    kept, gone = made(books, entry(1, 700010), entry(2, 700030))
    wanted = [needed(books, line, DEPARTMENT) for line in (kept, gone)]
    books.port.delete(books.port.resolve(), [gone])
    answer = put(books, *wanted)
    assert isinstance(answer, Stale)
    assert answer.culprit == 1
    assert on(books, kept) == [{}]


def test_a_worker_that_slept_too_long_changes_nothing(books: Books) -> None:
    (line,) = made(books, entry(1, 700010))
    late = NOON - timedelta(seconds=1)
    assert isinstance(put(books, needed(books, line, DEPARTMENT), not_after=late), NotRun)
    assert on(books, line) == [{}]


def test_a_deletion_that_names_a_line_that_is_gone_deletes_nothing(books: Books) -> None:
    first, second = made(books, entry(1, 700010), entry(2, 700030))
    journal = books.port.resolve()
    books.port.delete(journal, [first])
    with pytest.raises(Refusal):
        books.port.delete(journal, [second, first])
    assert on(books, second) == [{}]


# --- over the wire alone -------------------------------------------------------------------------


def test_fifty_entries_are_made_read_and_set_in_one_request_each(simulated: Simulated) -> None:
    simulated.bring(MEALS, "DEPARTMENT", "ADM")
    both = (DEPARTMENT, CLASS)
    many = [entry(number, 700000 + 20 * number, *both) for number in range(1, 51)]
    lines = made(simulated, *many)
    journal = simulated.port.resolve()
    simulated.counted.clear()
    found = simulated.port.dimensions(journal, lines)
    wanted = [changes(line, both, found[line]) for line in lines]
    assert simulated.port.set_dimensions(journal, wanted, SOON) == DimensionsSet()
    assert [(path, count) for _, path, _, count in simulated.counted] == [
        ("$batch", 50),
        ("$batch", 100),
    ]
    assert on(simulated, *lines) == [{"DEPARTMENT": "OPS", "CLASS": "GEN"}] * 50


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("kind", ["cut", "status"])
def test_an_answer_that_is_lost_says_nothing(simulated: Simulated, moment: str, kind: str) -> None:
    (line,) = made(simulated, entry(1, 700010))
    wanted = needed(simulated, line, DEPARTMENT)
    simulated.played.faults.plant(Fault("POST", BATCH, moment=moment, kind=kind, status=504))
    assert isinstance(put(simulated, wanted), Unknown)
    assert on(simulated, line) == [{"DEPARTMENT": "OPS"} if moment == "after" else {}]


def test_a_read_is_tried_again_while_bc_is_away(simulated: Simulated) -> None:
    (line,) = made(simulated, entry(1, 700010))
    simulated.played.faults.plant(Fault("POST", BATCH, times=2, status=503))
    assert on(simulated, line) == [{}]


def test_a_busy_bc_changes_nothing(simulated: Simulated) -> None:
    (line,) = made(simulated, entry(1, 700010))
    wanted = needed(simulated, line, DEPARTMENT)
    simulated.played.faults.plant(Fault("POST", BATCH, status=429, headers={"Retry-After": "7"}))
    answer = put(simulated, wanted)
    assert isinstance(answer, NotRun)
    assert answer.retry_after == 7


def test_a_line_under_approval_refuses_its_dimensions(simulated: Simulated) -> None:
    (line,) = made(simulated, entry(1, 700010))
    wanted = needed(simulated, line, DEPARTMENT)
    simulated.played.request_approval("someone", ["somebody else"])
    assert isinstance(put(simulated, wanted), Refused)


def test_a_refusal_in_another_language_is_no_collision(simulated: Simulated) -> None:
    simulated.bring(MEALS, "DEPARTMENT", "ADM")
    simulated.played.switch(language="de-DE")
    assert isinstance(submit(simulated, entry(1, 700010, bare=False)), Refused)


def test_more_than_a_request_takes_is_a_fault_of_the_program(simulated: Simulated) -> None:
    with pytest.raises(ValueError, match="too many"):
        on(simulated, *[GONE] * 101)
    with pytest.raises(ValueError, match="too many"):
        put(simulated, tuple([DimensionChange(GONE, DEPARTMENT)] * 101))
