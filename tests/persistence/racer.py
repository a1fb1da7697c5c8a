"""One of several processes that do the same at the same time: `racer.py JOB URL`."""

import sys
from datetime import UTC, datetime, timedelta
from os import getpid
from pathlib import Path
from uuid import UUID

sys.path.insert(0, str(Path(__file__).parent.parent))

from eventsourcing.persistence import IntegrityError, Tracking

from adapters.persistence.engine import Database, make_engine
from adapters.persistence.event_log import SqlEventLog
from adapters.persistence.leases import SqlLeases
from adapters.persistence.recorder import SqlRecorder
from adapters.persistence.schedule import SqlSchedule
from adapters.persistence.vault import Vault, parse_keys
from application.ports.event_log import StreamConflict
from application.ports.vault import StaleSecretError
from domain.schedule import Job
from persistence.ledger_example import Account

NOON = datetime(2026, 4, 1, 12, tzinfo=UTC)
KEYS = parse_keys("a key that only this test may know")
COUNTER = UUID(int=80)
STREAMS = 200


def tell(word: object) -> None:
    sys.stdout.write(f"{word}\n")


def create(database: Database) -> None:
    """Create all streams, as if nobody else did."""
    log = SqlEventLog(database, [Account])
    for number in range(STREAMS):
        try:
            log.save(Account(NOON, number))
        except StreamConflict:
            tell("refused")
        else:
            tell("stored")


def follow(database: Database) -> None:
    """Handle every event behind the tracked position, and tell which ones were handled."""
    log, recorder = SqlEventLog(database, [Account]), SqlRecorder(database)
    while True:
        at = recorder.max_tracking_id("follower") or 0
        page = log.read(at, 1)
        if not page:
            return
        try:
            recorder.insert_tracking(Tracking("follower", page[0].position))
        except IntegrityError:
            continue
        tell(page[0].position)


def lease(database: Database) -> None:
    """Try to take each lease, and tell which ones were taken."""
    leases = SqlLeases(database)
    for number in range(STREAMS):
        if leases.acquire(str(number), str(getpid()), NOON + timedelta(minutes=1), NOON):
            tell(number)


def fire(database: Database) -> None:
    """Move on whatever is due until nothing is, and tell what was moved and from when."""
    schedule = SqlSchedule(database)
    for due in schedule.due(Job.SYNC, NOON, STREAMS):
        if schedule.move(due, due.next_at + timedelta(days=1)):
            tell(due.connection_id.int)


def secret(database: Database) -> None:
    """Count up a secret twenty times, each time by its version."""
    vault, done = Vault(database, KEYS), 0
    while done < 20:
        value, version = vault.get(COUNTER, "count") or (b"0", 0)
        try:
            vault.put(COUNTER, "count", str(int(value) + 1).encode(), expected_version=version)
        except StaleSecretError:
            continue
        done += 1


def linger(database: Database) -> None:
    """Store within a transaction, and stay in it until the process is killed."""
    with database.transaction():
        SqlEventLog(database, [Account]).save(*(Account(NOON, number) for number in range(9)))
        tell("inside")
        sys.stdout.flush()
        sys.stdin.read()


JOBS = {
    "create": create,
    "follow": follow,
    "lease": lease,
    "fire": fire,
    "secret": secret,
    "linger": linger,
}

if __name__ == "__main__":
    opened = Database(make_engine(sys.argv[2]))
    tell("ready")
    sys.stdout.flush()
    sys.stdin.readline()
    JOBS[sys.argv[1]](opened)
    opened.dispose()
