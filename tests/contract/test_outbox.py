"""What every implementation of the port `Outbox` keeps, the fake and the real one alike."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from adapters.persistence.engine import Database, make_engine
from adapters.persistence.outbox import SqlOutbox
from application.ports.notifier import Notice
from application.ports.outbox import Outbox, Outgoing
from fakes.outbox import FakeOutbox

NOW = datetime(2026, 8, 15, 14, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ONE, OTHER = UUID(int=1), UUID(int=2)
NOTICE = Notice(
    UUID(int=9),
    ONE,
    "Harbor Lights",
    "PEX_TOKEN_REFUSED",
    "PEX refused the sign-in: it is over",
    "Sign in again.",
    "https://pexbc.example/connections/1",
    False,  # noqa: FBT003
    NOW,
)
BOTH = (Outgoing(NOTICE, "log", NOW), Outgoing(NOTICE, "webhook", NOW))


@pytest.fixture(params=["fake", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def outbox(request: pytest.FixtureRequest) -> Iterator[Outbox]:
    if request.param == "fake":
        yield FakeOutbox()
        return
    database = Database(make_engine(request.getfixturevalue(f"{request.param}_url")))
    yield SqlOutbox(database)
    database.dispose()


def test_a_trouble_and_its_notices_are_kept_together(outbox: Outbox) -> None:
    assert outbox.tell(ONE, None, "A", BOTH)
    assert outbox.told() == {ONE: "A"}
    assert list(outbox.due(NOW, 10)) == list(BOTH)
    assert list(outbox.due(NOW, 1)) == [BOTH[0]]
    assert list(outbox.due(NOW - MINUTE, 10)) == []


@pytest.mark.parametrize("before", [None, "B"])
def test_of_two_who_tell_the_same_news_the_later_lays_nothing_down(
    outbox: Outbox, before: str | None
) -> None:
    outbox.tell(ONE, None, "A")
    assert not outbox.tell(ONE, before, "C", BOTH)
    assert outbox.told() == {ONE: "A"}
    assert list(outbox.due(NOW, 10)) == []


def test_a_trouble_is_replaced_by_another_and_forgotten_when_it_is_mended(
    outbox: Outbox,
) -> None:
    outbox.tell(ONE, None, "A")
    outbox.tell(OTHER, None, "A")
    assert outbox.tell(ONE, "A", "B")
    assert outbox.told() == {ONE: "B", OTHER: "A"}
    assert outbox.tell(ONE, "B", None)
    assert not outbox.tell(ONE, "B", None)
    assert outbox.told() == {OTHER: "A"}


def test_of_two_who_want_to_send_a_notice_one_takes_it_until_it_is_taken_for_dead(
    outbox: Outbox,
) -> None:
    outbox.tell(ONE, None, "A", BOTH)
    taken = outbox.take(BOTH[0], NOW + 5 * MINUTE)
    assert taken == replace(BOTH[0], due_at=NOW + 5 * MINUTE, tries=1)
    assert outbox.take(BOTH[0], NOW + 5 * MINUTE) is None
    assert list(outbox.due(NOW, 10)) == [BOTH[1]]
    assert list(outbox.due(NOW + 5 * MINUTE, 10)) == [BOTH[1], taken]


def test_what_was_put_off_waits_and_what_is_done_is_gone(outbox: Outbox) -> None:
    outbox.tell(ONE, None, "A", BOTH)
    taken = outbox.take(BOTH[0], NOW + 5 * MINUTE)
    assert taken is not None
    outbox.put_off(taken, NOW + MINUTE)
    outbox.done(BOTH[1])
    assert list(outbox.due(NOW, 10)) == []
    assert list(outbox.due(NOW + MINUTE, 10)) == [replace(taken, due_at=NOW + MINUTE)]
    outbox.done(taken)
    assert list(outbox.due(NOW + MINUTE, 10)) == []
