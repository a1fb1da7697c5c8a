"""Streams are created once, go on in order, and are stored together or not at all."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest

from adapters.persistence.engine import Database
from adapters.persistence.event_log import SqlEventLog
from adapters.persistence.mapper import EventNotStorableError
from application.ports.event_log import EventLog, StreamConflict, StreamNotFound
from persistence.ledger_example import Account, Counter, Line, Money, Side

NOON = datetime(2026, 4, 1, 12, tzinfo=UTC)


@pytest.fixture
def log(database: Database) -> SqlEventLog:
    return SqlEventLog(database, [Account, Counter])


def saved(log: SqlEventLog, *numbers: int) -> list[Account]:
    accounts = [Account(NOON, number) for number in numbers]
    log.save(*accounts)
    return accounts


def test_it_fulfils_the_port(log: SqlEventLog) -> None:
    port: EventLog = log
    assert port.head() == 0


def test_an_aggregate_loads_as_it_was_saved(log: SqlEventLog) -> None:
    account = Account(NOON, 1)
    account.book(NOON, (Line(Side.DEBIT, Money(Decimal("1.10"))),))
    log.save(account)
    assert log.load(Account, account.id) == account


def test_an_aggregate_loads_as_it_was_at_a_version(log: SqlEventLog) -> None:
    counter = Counter(NOON)
    counter.add(NOON, 1)
    counter.add(NOON, 10)
    log.save(counter)
    assert [log.load(Counter, counter.id, version).count for version in (1, 2, 3)] == [0, 1, 11]


@pytest.mark.parametrize("version", [None, 1])
def test_an_unknown_stream_is_not_found(log: SqlEventLog, version: int | None) -> None:
    with pytest.raises(StreamNotFound):
        log.load(Account, uuid4(), version)
    assert log.find(Account, uuid4()) is None


@pytest.mark.parametrize("version", [0, 2, 9])
def test_a_version_that_never_was_is_not_found(log: SqlEventLog, version: int) -> None:
    (account,) = saved(log, 1)
    with pytest.raises(StreamNotFound):
        log.load(Account, account.id, version)


def test_a_stream_of_another_kind_is_not_found(log: SqlEventLog) -> None:
    (account,) = saved(log, 1)
    with pytest.raises(StreamNotFound):
        log.load(Counter, account.id)
    assert log.find(Counter, account.id) is None
    assert log.find_many(Counter, [account.id]) == {}


def test_many_streams_are_found_at_once(log: SqlEventLog) -> None:
    accounts = saved(log, *range(1_200))
    accounts[700].book(NOON, (Line(Side.DEBIT, Money(Decimal(1))),))
    log.save(accounts[700])
    wanted = [account.id for account in accounts]
    found = log.find_many(Account, [*wanted, uuid4(), wanted[0]])
    assert found == {account.id: account for account in accounts}
    assert log.find_many(Account, []) == {}


def test_a_second_creation_of_a_stream_is_refused(log: SqlEventLog) -> None:
    saved(log, 1)
    with pytest.raises(StreamConflict, match="Account"):
        saved(log, 1)
    assert log.head() == 1


def test_a_stale_aggregate_is_refused(log: SqlEventLog) -> None:
    counter = Counter(NOON)
    log.save(counter)
    mine, theirs = log.load(Counter, counter.id), log.load(Counter, counter.id)
    theirs.add(NOON, 1)
    log.save(theirs)
    mine.add(NOON, 2)
    with pytest.raises(StreamConflict):
        log.save(mine)
    assert log.load(Counter, counter.id).count == 1


def test_of_a_refused_batch_nothing_is_stored(log: SqlEventLog) -> None:
    saved(log, 5)
    with pytest.raises(StreamConflict):
        saved(log, 4, 5, 6)
    assert log.find(Account, Account.create_id(4)) is None
    assert log.head() == 1


def test_of_a_batch_with_an_unstorable_event_nothing_is_stored(log: SqlEventLog) -> None:
    naive = Account(datetime(2026, 4, 1), 2)  # noqa: DTZ001 - that is the point
    with pytest.raises(EventNotStorableError):
        log.save(Account(NOON, 1), naive)
    assert log.head() == 0


def test_saving_nothing_is_allowed(log: SqlEventLog) -> None:
    log.save()
    (account,) = saved(log, 1)
    log.save(account)
    assert log.head() == 1


def test_a_refused_save_leaves_the_transaction_around_it_usable(
    database: Database, log: SqlEventLog
) -> None:
    saved(log, 1)
    with database.transaction():
        saved(log, 2)
        with pytest.raises(StreamConflict):
            saved(log, 3, 1)
        saved(log, 4)
    found = log.find_many(Account, [Account.create_id(number) for number in range(5)])
    assert {account.number for account in found.values()} == {1, 2, 4}


def test_saves_within_a_transaction_that_fails_are_not_stored(
    database: Database, log: SqlEventLog
) -> None:
    def crash() -> None:
        with database.transaction():
            saved(log, 1)
            saved(log, 2)
            assert log.head() == 2
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        crash()
    assert log.head() == 0


def test_the_log_is_read_in_order_and_in_pages(log: SqlEventLog) -> None:
    first, second = saved(log, 1, 2)
    first.book(NOON + timedelta(hours=1), (Line(Side.DEBIT, Money(Decimal("2.50"))),))
    log.save(first)
    page = log.read(0, 2)
    assert [(row.stream, row.version) for row in page] == [(first.id, 1), (second.id, 1)]
    (row,) = log.read(page[-1].position, 10)
    assert (row.topic, row.version) == ("example_account.booked", 2)
    assert row.event == log.history(first.id)[1].event
    assert row.payload.startswith('{"timestamp":"2026-04-01T13:00:00Z","lines":[{"side":"debit"')
    assert row.recorded_at == NOON + timedelta(hours=1)
    assert log.read(row.position, 10) == []
    assert log.head() == row.position


def test_the_history_of_a_stream_is_its_own_events_alone(log: SqlEventLog) -> None:
    saved(log, 1)
    counter = Counter(NOON)
    counter.add(NOON, 3)
    log.save(counter)
    saved(log, 2)
    history = log.history(counter.id)
    assert [(row.version, row.topic) for row in history] == [
        (1, "example_counter.started"),
        (2, "example_counter.counted"),
    ]
    assert log.history(UUID(int=0)) == []
