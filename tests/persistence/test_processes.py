"""What several processes do at once happens once."""

import subprocess
import sys
from collections import Counter as Tally
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from adapters.persistence.chain import verify_chain
from adapters.persistence.engine import Database
from adapters.persistence.event_log import SqlEventLog
from adapters.persistence.recorder import SqlRecorder
from adapters.persistence.schedule import SqlSchedule
from adapters.persistence.vault import Vault
from domain.schedule import Job
from persistence.ledger_example import Account
from persistence.racer import COUNTER, KEYS, NOON, STREAMS

RACER = Path(__file__).with_name("racer.py")
PROCESSES = 4


def race(job: str, url: str) -> list[list[str]]:
    """Let the processes wait for each other, then do the same job; what each one printed."""
    processes = [
        subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, str(RACER), job, url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(PROCESSES)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    told = [process.communicate(timeout=120)[0].split() for process in processes]
    assert [process.returncode for process in processes] == [0] * PROCESSES
    return told


def test_processes_that_create_the_same_streams_create_each_once(
    database: Database, database_url: str
) -> None:
    told = race("create", database_url)
    outcomes = Tally(word for words in told for word in words)
    assert outcomes == {"stored": STREAMS, "refused": (PROCESSES - 1) * STREAMS}
    log = SqlEventLog(database, [Account])
    rows = log.read(0, 10 * STREAMS)
    assert {row.stream for row in rows} == {Account.create_id(number) for number in range(STREAMS)}
    assert len(rows) == STREAMS
    assert verify_chain(database).checked == STREAMS


def test_a_reader_misses_no_event_while_processes_append(
    database: Database, database_url: str
) -> None:
    log, seen = SqlEventLog(database, [Account]), [0]
    with ThreadPoolExecutor(1) as pool:
        racing = pool.submit(race, "create", database_url)
        while not racing.done():
            seen += [row.position for row in log.read(seen[-1], 10)]
        racing.result()
    seen += [row.position for row in log.read(seen[-1], STREAMS)]
    assert seen[1:] == [row.position for row in log.read(0, 10 * STREAMS)]


def test_processes_that_read_the_log_handle_each_position_once(
    database: Database, database_url: str
) -> None:
    log = SqlEventLog(database, [Account])
    log.save(*(Account(NOON, number) for number in range(STREAMS)))
    positions = sorted(int(word) for words in race("follow", database_url) for word in words)
    assert positions == [row.position for row in log.read(0, 10 * STREAMS)]
    assert SqlRecorder(database).max_tracking_id("follower") == positions[-1]


@pytest.mark.chaos
def test_a_process_killed_within_a_transaction_leaves_nothing_and_blocks_nobody(
    database: Database, database_url: str
) -> None:
    command = [sys.executable, str(RACER), "linger", database_url]
    with subprocess.Popen(  # noqa: S603 - our own command
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("go\n")
        process.stdin.flush()
        assert [process.stdout.readline() for _ in range(2)] == ["ready\n", "inside\n"]
        process.kill()
    log = SqlEventLog(database, [Account])
    assert log.head() == 0
    log.save(Account(NOON, 1))
    assert verify_chain(database).checked == 1


def test_of_processes_that_want_the_same_leases_each_is_held_by_one(database_url: str) -> None:
    taken = [int(word) for words in race("lease", database_url) for word in words]
    assert sorted(taken) == list(range(STREAMS))


def test_of_schedulers_that_look_at_the_same_slots_each_is_moved_on_by_one(
    database: Database, database_url: str
) -> None:
    schedule = SqlSchedule(database)
    for number in range(STREAMS):
        schedule.plan(UUID(int=number), Job.SYNC, NOON - timedelta(minutes=number))
    moved = [int(word) for words in race("fire", database_url) for word in words]
    assert sorted(moved) == list(range(STREAMS))
    assert schedule.due(Job.SYNC, NOON, STREAMS) == []


def test_processes_that_change_a_secret_by_its_version_lose_no_change(
    database: Database, database_url: str
) -> None:
    race("secret", database_url)
    assert Vault(database, KEYS).get(COUNTER, "count") == (b"80", 80)
