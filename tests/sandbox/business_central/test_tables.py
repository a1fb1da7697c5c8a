"""The promise behind every rollback: after an undo, tables and indexes are as they were."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from business_central_client import StandingClock
from sandbox.business_central.rows import Line
from sandbox.business_central.state import LineTable
from sandbox.business_central.tables import History

START = datetime(2026, 8, 15, 9, tzinfo=UTC)
JOURNALS = ("A", "B")

steps = st.lists(
    st.tuples(
        st.sampled_from(["add", "change", "remove"]),
        st.integers(1, 8),
        st.sampled_from(JOURNALS),
        st.integers(-5, 5),
    ),
    max_size=20,
)


class _Failure(Exception):
    """Ends a transaction badly."""


def _table() -> tuple[LineTable, History, StandingClock]:
    clock = StandingClock(START)
    history = History(clock.now)
    return LineTable(history), history, clock


def _apply(table: LineTable, step: tuple[str, int, str, int]) -> None:
    kind, number, journal, amount = step
    found = table.get(str(number))
    if kind == "add" and found is None:
        line = Line(id=str(number), modified=START, journal=journal, number=number)
        table.add(replace(line, amount=Decimal(amount)))
    elif found is not None and kind == "change":
        table.change(replace(found, journal=journal, amount=Decimal(amount)))
    elif found is not None and kind == "remove":
        table.remove(found)


def _fail(table: LineTable, history: History, inside: list[tuple[str, int, str, int]]) -> None:
    with suppress(_Failure), history.transaction():
        for step in inside:
            _apply(table, step)
        raise _Failure


def _shown(table: LineTable) -> dict[str, Any]:
    """What can be asked of the table, by every way that leads to a row."""
    return {
        "rows": {row.id: row for row in table},
        "journals": {
            name: (
                table.in_order(name),
                table.balance(name),
                table.last(name),
                table.after(name, 4),
                [table.first("key", (name, number)) for number in range(1, 9)],
            )
            for name in JOURNALS
        },
    }


@given(before=steps, inside=steps)
def test_a_transaction_that_fails_leaves_no_trace(
    before: list[tuple[str, int, str, int]], inside: list[tuple[str, int, str, int]]
) -> None:
    table, history, _ = _table()
    for step in before:
        _apply(table, step)
    shown = _shown(table)
    _fail(table, history, inside)
    assert _shown(table) == shown


@given(before=steps, later=steps)
def test_looking_back_shows_the_past_and_changes_nothing(
    before: list[tuple[str, int, str, int]], later: list[tuple[str, int, str, int]]
) -> None:
    table, history, clock = _table()
    history.keep = timedelta(minutes=1)
    for step in before:
        _apply(table, step)
    past = _shown(table)
    clock.advance(timedelta(seconds=10))
    for step in later:
        _apply(table, step)
    present = _shown(table)
    with history.as_of(START + timedelta(seconds=5)):
        assert _shown(table) == past
    assert _shown(table) == present


@given(before=steps, doomed=steps)
def test_a_ghost_shows_what_was_undone_until_its_time(
    before: list[tuple[str, int, str, int]], doomed: list[tuple[str, int, str, int]]
) -> None:
    table, history, clock = _table()
    for step in before:
        _apply(table, step)
    kept = _shown(table)
    with history.transaction():
        for step in doomed:
            _apply(table, step)
        ghost = _shown(table)
        undone = history.roll_back()
    history.ghost = (START + timedelta(seconds=5), undone)
    with history.with_ghost():
        assert _shown(table) == ghost
    assert _shown(table) == kept
    clock.advance(timedelta(seconds=5))
    with history.with_ghost():
        assert _shown(table) == kept


def test_an_inner_transaction_joins_the_outer_one() -> None:
    table, history, _ = _table()
    with suppress(_Failure), history.transaction():
        with history.transaction():
            _apply(table, ("add", 1, "A", 1))
        raise _Failure
    assert len(table) == 0


def test_a_commit_inside_a_transaction_outlives_its_failure() -> None:
    table, history, _ = _table()
    with suppress(_Failure), history.transaction():
        _apply(table, ("add", 1, "A", 1))
        history.commit()
        _apply(table, ("add", 2, "A", 1))
        raise _Failure
    assert [row.id for row in table] == ["1"]
