"""The log takes appends alone, and shows it when somebody got round that (M40)."""

from uuid import UUID, uuid5

import pytest
import sqlalchemy as sa
from eventsourcing.persistence import IntegrityError, StoredEvent

from adapters.persistence.chain import ChainHead, chain_head, link, verify_chain
from adapters.persistence.engine import Database, make_engine
from adapters.persistence.recorder import SqlRecorder
from adapters.persistence.tables import events

NAMESPACE = UUID("6dd6b1a5-1f9e-4d53-9a34-0d6c1d6d2f10")
UNLOCK = {
    "sqlite": ("DROP TRIGGER events_no_update", "DROP TRIGGER events_no_delete"),
    "postgresql": ("DROP FUNCTION events_append_only() CASCADE",),
}


def append(database: Database, *names: str) -> None:
    SqlRecorder(database).insert_events(
        [
            StoredEvent(uuid5(NAMESPACE, name), 1, "noted", f'{{"n":"{name}"}}'.encode())
            for name in names
        ]
    )


def tamper(database: Database, statement: sa.Executable) -> None:
    """What somebody with all rights on the database can do."""
    with database.transaction() as connection:
        for unlock in UNLOCK[connection.dialect.name]:
            connection.exec_driver_sql(unlock)
        connection.execute(statement)


@pytest.fixture
def log(database: Database) -> Database:
    append(database, "a", "b", "c")
    append(database, "d")
    append(database, "e")
    return database


def test_an_empty_log_is_intact(database: Database) -> None:
    assert verify_chain(database).intact
    assert chain_head(database) == ChainHead(0, "0" * 64)


def test_the_digest_is_what_an_auditor_computes_from_its_description(database: Database) -> None:
    append(database, "a")
    stream = uuid5(NAMESPACE, "a")
    assert chain_head(database).digest == link("0" * 64, stream, 1, "noted", '{"n":"a"}')
    # printf '%064d\\n00000000-0000-0000-0000-000000000001\\n2\\nnoted\\n{}' 0 | sha256sum
    by_hand = "538fbc7b1296387a1e4fad525ce864f62408842ba976e34f19419be6645b2b31"
    assert link("0" * 64, UUID(int=1), 2, "noted", "{}") == by_hand


def test_an_untouched_log_is_intact_to_its_head(log: Database) -> None:
    found = verify_chain(log)
    assert found.intact
    assert found.checked == 5
    assert found.head == chain_head(log)


def test_a_check_may_begin_anywhere(log: Database) -> None:
    found = verify_chain(log, from_position=4)
    assert (found.intact, found.checked, found.head) == (True, 2, chain_head(log))


@pytest.mark.parametrize(
    "change",
    [
        {"payload": '{"n":"x"}'},
        {"topic": "denied"},
        {"version": 7},
        {"stream_id": UUID(int=7)},
        {"digest": "f" * 64},
    ],
    ids=lambda change: str(next(iter(change))),
)
def test_a_changed_row_is_named(log: Database, change: dict[str, object]) -> None:
    tamper(log, sa.update(events).where(events.c.position == 3).values(**change))
    found = verify_chain(log)
    assert (found.first_bad, found.checked, found.head.position) == (3, 2, 2)


def test_a_row_taken_out_shows_at_the_next_one(log: Database) -> None:
    tamper(log, sa.delete(events).where(events.c.position == 2))
    assert verify_chain(log).first_bad == 3


def test_a_row_put_in_by_hand_shows(log: Database) -> None:
    with log.transaction() as connection:
        connection.execute(
            sa.insert(events).values(
                stream_id=UUID(int=9), version=1, topic="noted", payload="{}", digest="0" * 64
            )
        )
    assert verify_chain(log).first_bad == chain_head(log).position


def test_a_tail_cut_off_shows_by_a_head_that_was_kept(log: Database) -> None:
    kept = chain_head(log)
    assert verify_chain(log, kept=[kept]).intact
    tamper(log, sa.delete(events).where(events.c.position == kept.position))
    assert verify_chain(log).intact
    assert verify_chain(log, kept=[kept]).first_bad == kept.position
    append(log, "f")
    assert verify_chain(log, kept=[kept]).first_bad == kept.position


def test_a_log_written_anew_shows_by_a_head_that_was_kept(log: Database) -> None:
    forged = ChainHead(4, "f" * 64)
    assert verify_chain(log, kept=[chain_head(log), forged]).first_bad == 4


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET topic = 'denied'",
        "DELETE FROM events",
        "DELETE FROM events WHERE position = 5",
    ],
)
def test_the_database_refuses_to_change_or_delete_events(log: Database, statement: str) -> None:
    with pytest.raises(sa.exc.DBAPIError, match="append-only"), log.transaction() as connection:
        connection.exec_driver_sql(statement)
    assert verify_chain(log).checked == 5


def test_sqlite_refuses_to_replace_an_event(sqlite_url: str) -> None:
    database = Database(make_engine(sqlite_url))
    append(database, "a")
    replace = (
        sa.insert(events)
        .prefix_with("OR REPLACE")
        .values(
            position=1, stream_id=UUID(int=1), version=1, topic="x", payload="{}", digest="0" * 64
        )
    )
    with (
        pytest.raises(sa.exc.IntegrityError, match="append-only"),
        database.transaction() as connection,
    ):
        connection.execute(replace)
    database.dispose()


@pytest.mark.postgres
def test_postgresql_refuses_to_truncate_the_log(postgres_url: str) -> None:
    database = Database(make_engine(postgres_url))
    with (
        pytest.raises(sa.exc.IntegrityError, match="append-only"),
        database.transaction() as connection,
    ):
        connection.exec_driver_sql("TRUNCATE events")
    database.dispose()


def test_a_refused_append_does_not_break_the_chain(log: Database) -> None:
    with pytest.raises(IntegrityError):
        append(log, "f", "a")
    append(log, "g")
    assert verify_chain(log).checked == 6


def test_appends_within_one_transaction_are_chained_to_each_other(database: Database) -> None:
    with database.transaction():
        append(database, "a")
        append(database, "b", "c")
    assert verify_chain(database).checked == 3


def test_a_long_log_is_checked_page_by_page(database: Database) -> None:
    append(database, *(str(number) for number in range(4_100)))
    found = verify_chain(database)
    assert (found.intact, found.checked) == (True, 4_100)
