"""What the pictures' figures are, of the fake read models and the real ones alike (M36)."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from adapters.persistence.engine import Database, make_engine
from adapters.persistence.event_log import SqlEventLog
from adapters.persistence.read_models import SqlReadModels
from application.ports.pictures import Figures, PostedOnDay, SpentOn, WaitingFor
from application.ports.read_models import ReadModels
from domain.connection import Connection
from domain.journal_entry import AccountType, JournalEntry, JournalLine
from domain.money import Money, total
from domain.pex_transaction import Kind, Record
from domain.sync_run import Outcome
from domain.sync_window import SyncWindow
from fakes.event_log import FakeEventLog
from fakes.read_models import FakeReadModels
from persistence.read_models.story import AGGREGATES, DAY, TARGET, Story, row, snapshot

NEXT = DAY + timedelta(days=1)
DAYS = SyncWindow(DAY, NEXT)


@pytest.fixture(params=["fake", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def told(request: pytest.FixtureRequest) -> Iterator[tuple[Story, ReadModels]]:
    if request.param == "fake":
        memory = FakeEventLog()
        yield Story(memory), FakeReadModels(memory)
        return
    database = Database(make_engine(request.getfixturevalue(f"{request.param}_url")))
    log = SqlEventLog(database, AGGREGATES)
    yield Story(log), SqlReadModels(database, log)
    database.dispose()


def post(
    story: Story,
    connection: Connection,
    pex_id: int,
    *lines: tuple[AccountType, str, str],
    kind: Kind = Kind.PURCHASE,
    day: date = DAY,
) -> None:
    """Post lines, and behind them the PEX account's, which balances them."""
    run = story.start(connection)
    drawn = [
        JournalLine(which, number, Money.of(amount), "Deli") for which, number, amount in lines
    ]
    rest = JournalLine(AccountType.GL, "10950", -total(line.amount for line in drawn), "Deli")
    entry = JournalEntry(day, f"PEX-{pex_id}", f"PEX{pex_id}", (*drawn, rest))
    record = Record.CARD if kind is Kind.PURCHASE else Record.BUSINESS
    posting = story.see(connection, run.id, pex_id, kind=kind, record=record)
    numbers = tuple(pex_id * 10_000 + place for place in range(len(entry.lines)))
    told = snapshot("-48.60")
    posting.reserve(entry, numbers, TARGET, 1, "hash", run.id, story.now(), snapshot=told)
    posting.submit(run.id, story.now())
    posting.confirm(tuple(f"line-{number}" for number in numbers), run.id, story.now())
    story.log.save(posting)
    story.end(connection, run)


def test_nothing_makes_no_figures(told: tuple[Story, ReadModels]) -> None:
    story, views = told
    assert views.figures(uuid4(), DAYS) == Figures()
    assert views.figures(story.connect().id, DAYS) == Figures()


def test_what_is_posted_is_added_up_by_posting_date_and_kind(
    told: tuple[Story, ReadModels],
) -> None:
    story, views = told
    connection, other = story.connect(), story.connect(2002)
    for pex_id, amount in enumerate(["-0.10", "-0.20", "703687441776.03", "-48"]):
        line = row(pex_id, Outcome.ALREADY_POSTED, amount=amount)
        story.reported(connection, line)
    story.reported(
        connection,
        row(5, Outcome.ALREADY_POSTED, kind=Kind.FEE, record=Record.BUSINESS, amount="-2.95"),
        row(6, Outcome.ALREADY_POSTED, day=NEXT, amount="1E+2"),
        row(7, Outcome.ALREADY_POSTED, day=NEXT + timedelta(days=1)),
        row(8, Outcome.ALREADY_POSTED, day=DAY - timedelta(days=1)),
        row(9, Outcome.IN_DOUBT, "IN_DOUBT"),
    )
    story.reported(other, row(1, Outcome.ALREADY_POSTED))
    assert views.figures(connection.id, DAYS).posted == (
        PostedOnDay(DAY, Kind.PURCHASE, 4, Money.of("703687441727.73")),
        PostedOnDay(DAY, Kind.FEE, 1, Money.of("-2.95")),
        PostedOnDay(NEXT, Kind.PURCHASE, 1, Money.of("100.00")),
    )


def test_what_waits_for_somebody_is_added_up_by_cause_the_most_frequent_first(
    told: tuple[Story, ReadModels],
) -> None:
    story, views = told
    connection = story.connect()
    story.reported(
        connection,
        row(1, Outcome.SKIPPED, "NOT_APPROVED", amount="-5.00"),
        row(2, Outcome.FAILED, "TAG_MISSING", amount="-10.05"),
        row(3, Outcome.FAILED, "TAG_MISSING", amount="-0.055"),
        row(4, Outcome.SKIPPED, "PENDING"),
        row(5, Outcome.SKIPPED, "KIND_OFF"),
        row(6, Outcome.FAILED, "TAG_MISSING", day=NEXT + timedelta(days=1)),
        row(7, Outcome.IN_DOUBT, "IN_DOUBT"),
    )
    assert views.figures(connection.id, DAYS).waiting == (
        WaitingFor(Outcome.FAILED, "TAG_MISSING", 2, Money.of("-10.105")),
        WaitingFor(Outcome.SKIPPED, "NOT_APPROVED", 1, Money.of("-5.00")),
    )


def test_what_was_mended_and_posted_waits_for_nobody(told: tuple[Story, ReadModels]) -> None:
    story, views = told
    connection = story.connect()
    story.reported(connection, row(7, Outcome.FAILED, "TAG_MISSING"))
    assert views.figures(connection.id, DAYS).waiting[0].code == "TAG_MISSING"
    story.post(connection, story.start(connection), 7)
    figures = views.figures(connection.id, DAYS)
    assert figures.waiting == ()
    assert figures.posted == (PostedOnDay(DAY, Kind.PURCHASE, 1, Money.of("-48.60")),)


def test_spending_is_what_purchases_and_fees_bring_to_accounts_other_than_pex(
    told: tuple[Story, ReadModels],
) -> None:
    story, views = told
    connection = story.connect()
    ledger, vendor, bank = AccountType.GL, AccountType.VENDOR, AccountType.BANK
    split = (ledger, "62400", "40.10"), (ledger, "61000", "8.50")
    post(story, connection, 1, *split, (vendor, "V1", "-48.60"), (vendor, "V1", "48.60"))
    post(story, connection, 2, (ledger, "62400", "-0.20"), day=NEXT)
    post(story, connection, 3, (ledger, "65000", "2.95"), kind=Kind.FEE)
    post(story, connection, 4, (bank, "BANK", "-500.00"), kind=Kind.TRANSFER)
    post(story, connection, 5, (ledger, "41000", "-3.00"), kind=Kind.REBATE)
    post(story, connection, 6, (ledger, "69999", "1.00"), day=NEXT + timedelta(days=1))
    post(story, connection, 7, (ledger, "10950", "6.00"))
    run = story.start(connection)
    story.submit(story.see(connection, run.id, 8), run.id)
    assert views.figures(connection.id, DAYS).spent == (
        SpentOn("62400", 2, Money.of("39.90")),
        SpentOn("61000", 1, Money.of("8.50")),
        SpentOn("10950", 1, Money.of("6.00")),
        SpentOn("65000", 1, Money.of("2.95")),
    )


def test_sums_are_exact_where_floats_would_not_be(told: tuple[Story, ReadModels]) -> None:
    story, views = told
    connection = story.connect()
    amounts = ["0.10", "0.20", "0.30", "1000000000.01"] * 5
    for pex_id, amount in enumerate(amounts):
        post(story, connection, pex_id, (AccountType.GL, "62400", amount))
    (account,) = views.figures(connection.id, DAYS).spent
    assert account.amount.amount == Decimal("5000000003.05")
