"""The worklist keeps a run's rows in order until they are decided."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from adapters.persistence.engine import Database
from adapters.persistence.worklist import SqlWorklist
from application.ports.worklist import Worklist
from domain.bill_payment import Bill, Payment
from domain.money import Money
from domain.pex_transaction import Allocation, PexTransaction, Record, TagValue
from fakes.worklist import FakeWorklist

RUN = UUID(int=1)
EASTERN = ZoneInfo("America/New_York")


@pytest.fixture
def worklist(database: Database) -> SqlWorklist:
    return SqlWorklist(database)


def row(pex_id: int, record: Record = Record.CARD, amount: str = "-12.30") -> PexTransaction:
    when = datetime(2026, 11, 1, 1, 30, tzinfo=EASTERN)
    return PexTransaction(record, pex_id, Money.of(amount), when, None, "Network")


def ids(rows: tuple[PexTransaction, ...]) -> list[int]:
    return [one.pex_id for one in rows]


def test_it_fulfils_the_port(worklist: SqlWorklist) -> None:
    port: Worklist = worklist
    assert port.take(RUN, 10) == ()


def test_rows_are_taken_in_the_order_in_which_they_were_laid_down(worklist: SqlWorklist) -> None:
    assert worklist.add(RUN, [row(5), row(3)]) == 2
    assert worklist.add(RUN, [row(9), row(1)]) == 2
    assert ids(worklist.take(RUN, 3)) == [5, 3, 9]
    assert ids(worklist.take(RUN, 10)) == [5, 3, 9, 1]
    worklist.finish(RUN, [(Record.CARD, 3)])
    assert ids(worklist.take(RUN, 2, skip=1)) == [9, 1]
    assert worklist.take(RUN, 2, skip=3) == ()


def test_an_invoice_comes_back_with_what_paid_it(worklist: SqlWorklist) -> None:
    payments = (
        Payment(71, "PEXTransfer", Decimal("90071992547409.91")),
        Payment(72, "RebateCredit", None, rejected=True),
    )
    bill = Bill("Closed", payments, (Decimal("0.10"), None))
    invoice = replace(row(5001, Record.INVOICE), bill=bill)
    worklist.add(RUN, [invoice])
    assert worklist.take(RUN, 1) == (invoice,)


def test_all_rows_of_a_run_can_be_gone_through_decided_ones_too(worklist: SqlWorklist) -> None:
    worklist.add(RUN, [row(5), row(3), row(9)])
    worklist.add(UUID(int=2), [row(8)])
    worklist.finish(RUN, [(Record.CARD, 5), (Record.CARD, 3)])
    found, place = [], 0
    while page := worklist.laid(RUN, place, 2):
        place = page[-1][0]
        found.extend(ids(tuple(one for _, one in page)))
    assert found == [5, 3, 9]
    assert worklist.laid(RUN, 0, 1)[0][1] == row(5)


def test_a_row_comes_back_as_it_was(worklist: SqlWorklist) -> None:
    when = datetime(2026, 10, 31, 23, 30, tzinfo=EASTERN)
    full = PexTransaction(
        record=Record.BUSINESS,
        pex_id=7,
        amount=Money.of("-48.60"),
        transacted_at=when,
        settled_at=when,
        transaction_type="Transfer",
        category="BusinessFunding",
        description='say "hi" \u2603',
        cardholder="Ann",
        merchant_name="Caf\u00e9",
        merchant_city="PORTLAND",
        merchant_state="ME",
    )
    worklist.add(RUN, [full])
    (back,) = worklist.take(RUN, 1)
    assert back == full
    assert back.transacted_at.date() == when.date()


def test_rows_that_came_before_are_passed_over(worklist: SqlWorklist) -> None:
    worklist.add(RUN, [row(1), row(2)])
    assert worklist.add(RUN, [row(2, amount="-99.00"), row(3), row(3)]) == 1
    taken = worklist.take(RUN, 10)
    assert ids(taken) == [1, 2, 3]
    assert taken[1].amount == Money.of("-12.30")


def test_the_same_id_in_another_record_is_another_row(worklist: SqlWorklist) -> None:
    assert worklist.add(RUN, [row(1), row(1, Record.BUSINESS)]) == 2
    worklist.finish(RUN, [(Record.CARD, 1)])
    assert [one.record for one in worklist.take(RUN, 10)] == [Record.BUSINESS]


def test_finished_rows_are_not_taken_again_nor_laid_down_again(worklist: SqlWorklist) -> None:
    worklist.add(RUN, [row(number) for number in range(5)])
    assert ids(worklist.take(RUN, 2)) == [0, 1]
    worklist.finish(RUN, [(Record.CARD, 0), (Record.CARD, 2), (Record.CARD, 77)])
    worklist.finish(RUN, [])
    assert ids(worklist.take(RUN, 10)) == [1, 3, 4]
    assert worklist.pending(RUN) == 3
    assert worklist.add(RUN, [row(0)]) == 0
    assert worklist.add(RUN, []) == 0


def test_runs_do_not_see_each_others_rows(worklist: SqlWorklist) -> None:
    other = uuid4()
    worklist.add(RUN, [row(1)])
    worklist.add(other, [row(1), row(2)])
    worklist.finish(RUN, [(Record.CARD, 1)])
    assert ids(worklist.take(other, 10)) == [1, 2]
    worklist.drop(other)
    assert (worklist.pending(RUN), worklist.pending(other)) == (0, 0)
    assert worklist.add(RUN, [row(1)]) == 0


@pytest.mark.parametrize("made_of", ["memory", "sql"])
def test_rows_that_lie_there_are_told_finished_or_not(database: Database, made_of: str) -> None:
    worklist: Worklist = FakeWorklist() if made_of == "memory" else SqlWorklist(database)
    other = uuid4()
    worklist.add(RUN, [row(1), row(2), row(3, Record.BUSINESS)])
    worklist.add(other, [row(4)])
    worklist.finish(RUN, [(Record.CARD, 1)])
    asked = [(Record.CARD, number) for number in range(1, 2_000)]
    asked += [(Record.BUSINESS, 1), (Record.BUSINESS, 3)]
    assert worklist.lying(RUN, asked) == {
        (Record.CARD, 1),
        (Record.CARD, 2),
        (Record.BUSINESS, 3),
    }
    assert worklist.lying(RUN, []) == frozenset()
    worklist.drop(RUN)
    assert worklist.lying(RUN, asked) == frozenset()


def test_rows_laid_down_in_a_transaction_that_fails_are_not_there(
    database: Database, worklist: SqlWorklist
) -> None:
    def crash() -> None:
        with database.transaction():
            worklist.add(RUN, [row(1)])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        crash()
    assert worklist.pending(RUN) == 0


def test_thousands_of_rows_are_laid_down_at_once(worklist: SqlWorklist) -> None:
    assert worklist.add(RUN, [row(number) for number in range(3_000)]) == 3_000
    worklist.finish(RUN, [(Record.CARD, number) for number in range(2_900)])
    assert ids(worklist.take(RUN, 3)) == [2_900, 2_901, 2_902]


def test_splits_tags_and_the_hour_that_comes_twice_survive(worklist: SqlWorklist) -> None:
    part = Allocation(Decimal("1.10"), (TagValue("t", "v"),))
    rows = tuple(
        replace(
            row(fold),
            transacted_at=datetime(2026, 11, 1, 1, 30, fold=fold, tzinfo=EASTERN),
            allocations=(part, Allocation(None, ())),
            tags=(TagValue("t", "v"),),
        )
        for fold in (0, 1)
    )
    worklist.add(RUN, rows)
    taken = worklist.take(RUN, 2)
    assert taken == rows
    assert [one.transacted_at.fold for one in taken] == [0, 1]
