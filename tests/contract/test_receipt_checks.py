"""What every implementation of the port `ReceiptChecks` keeps, the fake and the real one alike."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from adapters.persistence.engine import Database, make_engine
from adapters.persistence.receipt_checks import SqlReceiptChecks
from application.ports.receipt_checks import Check, ReceiptChecks, Wanted
from application.ports.worklist import RowKey
from domain.pex_transaction import Record
from fakes.receipt_checks import FakeReceiptChecks

NOW = datetime(2026, 8, 15, 14, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=12)
CONNECTION, OTHER = UUID(int=1), UUID(int=2)
RUN, NEXT_RUN = UUID(int=11), UUID(int=12)


def card(pex_id: int) -> RowKey:
    return (Record.CARD, pex_id)


@pytest.fixture(params=["fake", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def checks(request: pytest.FixtureRequest) -> Iterator[ReceiptChecks]:
    if request.param == "fake":
        yield FakeReceiptChecks()
        return
    database = Database(make_engine(request.getfixturevalue(f"{request.param}_url")))
    yield SqlReceiptChecks(database)
    database.dispose()


def test_nothing_is_known_or_wanted_at_first(checks: ReceiptChecks) -> None:
    assert checks.known(CONNECTION) == {}
    assert checks.take(RUN, NOW, 10) == ()
    assert checks.due_at(RUN) is None


def test_the_queue_is_taken_in_its_order_and_stays_until_it_was_asked(
    checks: ReceiptChecks,
) -> None:
    checks.want(CONNECTION, RUN, [(card(9), "f9"), (card(3), "f3"), (card(5), "f5")])
    assert checks.take(RUN, NOW, 2) == (Wanted(card(9)), Wanted(card(3)))
    assert checks.take(RUN, NOW, 10) == (Wanted(card(9)), Wanted(card(3)), Wanted(card(5)))
    assert checks.known(CONNECTION) == {}
    checks.asked(RUN, [card(9), card(5)], NOW, unsettled=False)
    assert checks.take(RUN, NOW, 10) == (Wanted(card(3)),)


def test_what_was_asked_is_remembered_with_how_its_row_looked(checks: ReceiptChecks) -> None:
    checks.want(CONNECTION, RUN, [(card(9), "f9"), (card(3), "f3")])
    checks.want(OTHER, NEXT_RUN, [(card(4), "f4")])
    checks.asked(RUN, [card(9)], NOW, unsettled=True)
    checks.asked(RUN, [card(3)], LATER, unsettled=False)
    checks.asked(NEXT_RUN, [card(4)], LATER, unsettled=False)
    assert checks.known(CONNECTION) == {
        card(9): Check(NOW, True, "f9"),  # noqa: FBT003
        card(3): Check(LATER, False, "f3"),  # noqa: FBT003
    }


def test_one_that_is_put_off_waits_until_it_is_due(checks: ReceiptChecks) -> None:
    checks.want(CONNECTION, RUN, [(card(9), "f9"), (card(3), "f3")])
    checks.put_off(RUN, card(9), LATER)
    assert checks.take(RUN, NOW, 10) == (Wanted(card(3)),)
    assert checks.due_at(RUN) == LATER
    assert checks.take(RUN, LATER, 10) == (Wanted(card(9), 1), Wanted(card(3)))
    checks.put_off(RUN, card(9), LATER + timedelta(minutes=1))
    checks.asked(RUN, [card(3)], NOW, unsettled=False)
    assert checks.take(RUN, LATER, 10) == ()
    assert checks.due_at(RUN) == LATER + timedelta(minutes=1)
    checks.asked(RUN, [card(9)], LATER, unsettled=True)
    assert checks.due_at(RUN) is None


def test_a_new_run_takes_over_from_one_that_left_its_queue_and_keeps_what_is_known(
    checks: ReceiptChecks,
) -> None:
    checks.want(CONNECTION, RUN, [(card(9), "f9"), (card(3), "f3"), (card(7), "f7")])
    checks.asked(RUN, [card(9)], NOW, unsettled=True)
    checks.put_off(RUN, card(3), LATER)
    checks.want(CONNECTION, NEXT_RUN, [(card(3), "g3"), (card(9), "g9")])
    assert checks.take(RUN, LATER, 10) == ()
    assert checks.take(NEXT_RUN, NOW, 10) == (Wanted(card(3)), Wanted(card(9)))
    assert checks.known(CONNECTION) == {card(9): Check(NOW, True, "f9")}  # noqa: FBT003
    checks.asked(RUN, [card(3)], NOW, unsettled=False)
    checks.put_off(RUN, card(9), LATER)
    assert checks.take(NEXT_RUN, NOW, 10) == (Wanted(card(3)), Wanted(card(9)))
    checks.asked(NEXT_RUN, [card(9)], LATER, unsettled=False)
    assert checks.known(CONNECTION) == {card(9): Check(LATER, False, "g9")}  # noqa: FBT003


def test_connections_do_not_disturb_each_other(checks: ReceiptChecks) -> None:
    checks.want(CONNECTION, RUN, [(card(9), "f9")])
    checks.want(OTHER, NEXT_RUN, [(card(4), "f4")])
    assert checks.take(RUN, NOW, 10) == (Wanted(card(9)),)
    assert checks.take(NEXT_RUN, NOW, 10) == (Wanted(card(4)),)


def test_an_empty_queue_only_takes_the_old_one_away(checks: ReceiptChecks) -> None:
    checks.want(CONNECTION, RUN, [(card(9), "f9")])
    checks.want(CONNECTION, NEXT_RUN, [])
    assert checks.take(RUN, NOW, 10) == ()
    checks.asked(NEXT_RUN, [], NOW, unsettled=False)
    assert checks.known(CONNECTION) == {}
