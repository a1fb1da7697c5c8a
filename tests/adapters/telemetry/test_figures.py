"""What the figures of the database tell, from rows as the service leaves them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from adapters.persistence.engine import Database
from adapters.persistence.heartbeats import Heard, Role
from adapters.persistence.read_model_tables import connections, runs, transactions
from adapters.persistence.tables import notices, schedule, worklist
from adapters.telemetry.figures import figures
from adapters.telemetry.metrics import StoreCollector
from domain.eastern_time import eastern_day
from fakes.clock import FakeClock

NOW = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@dataclass
class Ledger:
    """A database as tests fill it, and what its figures are."""

    database: Database

    def add(self, table: sa.Table, **row: object) -> None:
        with self.database.transaction() as connection:
            connection.execute(sa.insert(table), [row])

    def connection(self, **changes: object) -> UUID:
        own = uuid4()
        row = {
            "id": own,
            "business_id": own.int % 10**9,
            "business_name": "Fernway",
            "funding": "prepaid",
            "status": "connected_ready",
            "pex_signed_in": True,
            "auto_sync": True,
            "settings_version": 1,
            "opened_at": NOW - 90 * DAY,
        }
        self.add(connections, **(row | changes))
        return own

    def run(self, connection_id: UUID, status: str, ended: datetime | None, **more: object) -> None:
        row = {
            "id": uuid4(),
            "connection_id": connection_id,
            "trigger": "auto",
            "preview": False,
            "kinds": "[]",
            "first_day": NOW.date(),
            "last_day": NOW.date(),
            "status": status,
            "started_at": (ended or NOW) - HOUR,
            "finished_at": ended,
            "settings_version": 1,
            "counts": "{}",
            "actor": "test",
        }
        self.add(runs, **(row | more))

    def transaction(self, days_ago: int, outcome: str, **more: object) -> None:
        row = {
            "connection_id": uuid4(),
            "record": "card",
            "pex_id": 1,
            "kind": "purchase",
            "day": eastern_day(NOW) - timedelta(days=days_ago),
            "merchant": "",
            "search": "",
            "amount": "1.00",
            "outcome": outcome,
            "run_id": uuid4(),
            "line_numbers": "[]",
            "line_ids": "[]",
            "attempts": 0,
            "first_seen_at": NOW,
            "changed_at": NOW,
        }
        self.add(transactions, **(row | more))

    def told(self, name: str, **labels: str) -> float:
        with self.database.reading() as connection:
            found = {
                (sample.name, tuple(sample.labels.items())): sample.value
                for family in figures(connection, NOW)
                for sample in family.samples
            }
        return found[name, tuple(labels.items())]


@pytest.fixture
def ledger(database: Database) -> Ledger:
    return Ledger(database)


def test_an_empty_database_has_every_figure_at_nought(ledger: Ledger) -> None:
    with ledger.database.reading() as connection:
        found = [sample for one in figures(connection, NOW) for sample in one.samples]
    assert len(found) > 20
    assert {sample.value for sample in found} == {0.0}


def test_a_connection_fails_while_its_newest_real_run_that_ended_has_failed(
    ledger: Ledger,
) -> None:
    mended, failing, broken_off = (ledger.connection() for _ in range(3))
    ledger.run(mended, "failed", NOW - 2 * HOUR)
    ledger.run(mended, "succeeded", NOW - HOUR)
    ledger.run(failing, "succeeded", NOW - 2 * HOUR)
    ledger.run(failing, "failed", NOW - HOUR)
    ledger.run(failing, "succeeded", NOW, preview=True)
    ledger.run(failing, "running", None)
    ledger.run(broken_off, "interrupted", NOW - HOUR)
    assert ledger.told("pexbc_connections_failing") == 2


def test_the_lag_is_that_of_the_connection_whose_last_good_sync_is_longest_ago(
    ledger: Ledger,
) -> None:
    for more in ({}, {"auto_sync": False}, {"status": "action_required"}):
        connection_id = ledger.connection(**more)
        ledger.run(connection_id, "succeeded", NOW - 9 * HOUR)
        if not more:
            ledger.run(connection_id, "partly_failed", NOW - 3 * HOUR)
            ledger.run(connection_id, "failed", NOW - HOUR)
    ledger.run(ledger.connection(), "succeeded", NOW - 2 * HOUR)
    assert ledger.told("pexbc_sync_lag_seconds") == 3 * 3600


def test_the_schedule_is_late_by_what_is_longest_due_of_each_job(ledger: Ledger) -> None:
    for job, next_at in (
        ("sync", NOW - HOUR),
        ("sync", NOW - 2 * HOUR),
        ("sync", NOW + HOUR),
        ("keep_alive", NOW + HOUR),
    ):
        ledger.add(schedule, connection_id=uuid4(), job=job, next_at=next_at)
    assert ledger.told("pexbc_schedule_late_seconds", job="sync") == 2 * 3600
    assert ledger.told("pexbc_schedule_late_seconds", job="keep_alive") == 0


def test_sign_ins_that_were_not_kept_alive_are_counted_and_skipped_syncs_are_not(
    ledger: Ledger,
) -> None:
    for job, code in (("keep_alive", "PEX_REFUSED"), ("keep_alive", None), ("sync", "PEX_REFUSED")):
        ledger.add(schedule, connection_id=uuid4(), job=job, next_at=NOW + HOUR, skipped_code=code)
    assert ledger.told("pexbc_sign_ins_not_kept") == 1


def test_the_queue_holds_what_waits_for_nothing_but_a_worker(ledger: Ledger) -> None:
    connection_id = ledger.connection()
    ledger.run(connection_id, "queued", None)
    ledger.run(connection_id, "running", None, waiting_until=NOW - HOUR)
    ledger.run(connection_id, "running", None, waiting_until=NOW + HOUR)
    ledger.run(connection_id, "succeeded", NOW)
    row: dict[str, Any] = {"run_id": uuid4(), "record": "card", "sequence": 1, "payload": "{}"}
    for pex_id, state in ((1, "pending"), (2, "finished"), (3, "pending")):
        ledger.add(worklist, pex_id=pex_id, state=state, **row)
    assert ledger.told("pexbc_queue_runs") == 2
    assert ledger.told("pexbc_queue_rows") == 2


def test_the_oldest_unsynced_is_one_that_automatic_syncs_still_reach(ledger: Ledger) -> None:
    ledger.transaction(50, "posted", state="posted")
    ledger.transaction(40, "skipped", code="KIND_OFF")
    ledger.transaction(30, "skipped", code="NOT_APPROVED")
    ledger.transaction(20, "failed", code="TAG_MISSING")
    ledger.transaction(70, "failed", code="TAG_MISSING")
    assert ledger.told("pexbc_oldest_unsynced_days") == 30
    assert ledger.told("pexbc_oldest_failed_days") == 70


def test_doubt_is_counted_from_when_the_answer_was_lost(ledger: Ledger) -> None:
    ledger.transaction(1, "in_doubt", state="submitted", changed_at=NOW - HOUR)
    ledger.transaction(9, "in_doubt", state="in_doubt", changed_at=NOW - 3 * HOUR)
    ledger.transaction(9, "in_doubt", state="bare", changed_at=NOW - DAY)
    assert ledger.told("pexbc_transactions_in_doubt") == 2
    assert ledger.told("pexbc_oldest_in_doubt_seconds") == 3 * 3600


def test_news_that_nobody_is_told_are_late(ledger: Ledger) -> None:
    for due_at, tries in ((NOW - HOUR, 2), (NOW + HOUR, 7)):
        ledger.add(notices, id=uuid4(), channel="mail", body="{}", due_at=due_at, tries=tries)
    assert ledger.told("pexbc_notices_waiting") == 2
    assert ledger.told("pexbc_notices_late_seconds") == 3600
    assert ledger.told("pexbc_notices_tries") == 7


def test_processes_are_counted_by_role_and_the_broker_is_told(database: Database) -> None:
    def heard() -> Sequence[Heard]:
        return [Heard(Role.WORKER, "one", 1.0), Heard(Role.WORKER, "two", 2.0)]

    collector = StoreCollector(database, FakeClock(NOW), heard, lambda: True)
    told = {
        (sample.name, *sample.labels.values()): sample.value
        for family in collector.collect()
        for sample in family.samples
    }
    assert told["pexbc_processes_heard", "worker"] == 2
    assert told["pexbc_processes_heard", "scheduler"] == 0
    assert told["pexbc_broker_away",] == 1
    assert told["pexbc_database_away",] == 0


def test_figures_of_the_process_remain_while_the_database_is_away(database: Database) -> None:
    class Away(Database):
        def reading(self) -> Any:
            raise sa.exc.OperationalError("SELECT 1", None, OSError())

    collector = StoreCollector(Away(database.engine), FakeClock(NOW), list, lambda: False)
    told = {one.name: one.samples[0].value for one in collector.collect()}
    assert told == {"pexbc_build": 1, "pexbc_broker_away": 0, "pexbc_database_away": 1}
