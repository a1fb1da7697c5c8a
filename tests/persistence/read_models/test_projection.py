"""The views are a function of the events, however these are cut into pages."""

from collections.abc import Iterable
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import example, given, settings
from hypothesis import strategies as st

from adapters.persistence.engine import Database
from adapters.persistence.event_log import SqlEventLog
from adapters.persistence.projections import project as module
from adapters.persistence.projections import replay as replay_module
from adapters.persistence.projections.differences import scratch
from adapters.persistence.projections.project import project
from adapters.persistence.projections.replay import Replay
from adapters.persistence.projections.views import transaction_view
from adapters.persistence.read_model_tables import VIEWS, transactions
from adapters.persistence.read_models import SqlReadModels
from fakes.event_log import FakeEventLog
from fakes.read_models import Walk
from persistence.read_models.story import AGGREGATES, Story
from persistence.read_models.wild_story import IDS, STEPS, Step, WildStory

Rows = dict[str, list[tuple[Any, ...]]]
wild_steps = st.lists(
    st.tuples(st.sampled_from(sorted(STEPS)), st.integers(0, IDS - 1)), max_size=25
)
LONG: list[Step] = [(name, pex_id) for name in STEPS for pex_id in range(IDS)] * 2


def rows(connection: sa.Connection) -> Rows:
    return {
        view.name: [
            tuple(row) for row in connection.execute(sa.select(view).order_by(*view.primary_key))
        ]
        for view in VIEWS
    }


def told(steps: Iterable[Step]) -> FakeEventLog:
    log = FakeEventLog()
    WildStory(Story(log)).tell(list(steps))
    return log


def projected(log: FakeEventLog, cuts: Iterable[int]) -> Rows:
    """The views after applying pages that end at these positions."""
    with scratch() as connection:
        replay, position = Replay(log), 0
        for end in [*sorted(set(cuts)), log.head()]:
            project(connection, replay, log.read(position, end - position))
            position = end
        return rows(connection)


@given(steps=wild_steps, cuts=st.lists(st.integers(1, 30)))
@example(steps=[("report skipped", 1), ("submit", 1)], cuts=[])
@example(steps=[("withhold", 1), ("report skipped", 1), ("submit", 1)], cuts=[])
@settings(deadline=None, max_examples=60)
def test_pages_of_any_size_give_the_same_views(steps: list[Step], cuts: list[int]) -> None:
    log = told(steps)
    within = [cut for cut in cuts if cut < log.head()]
    assert projected(log, within) == projected(log, [])


@given(steps=wild_steps)
@example(steps=[("withhold", 1), ("report skipped", 1), ("submit", 1), ("report posted", 1)])
@example(steps=[("report skipped", 1), ("adopt", 1), ("next run", 1), ("report skipped", 1)])
@settings(deadline=None, max_examples=60)
def test_the_ledger_at_every_position_is_what_a_walk_over_the_events_finds(
    steps: list[Step],
) -> None:
    log = told(steps)
    with scratch() as connection:
        replay = Replay(log)
        for position in range(log.head()):
            project(connection, replay, log.read(position, 1))
            past = FakeEventLog()
            past.order = log.order[: position + 1]
            views = map(transaction_view, connection.execute(sa.select(transactions)))
            ledger = {(view.connection_id, view.record, view.pex_id): view for view in views}
            assert ledger == Walk(past).ledger


def test_a_replay_that_forgets_its_streams_gives_the_same_views(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    log = told(LONG)
    whole = projected(log, [])
    monkeypatch.setattr(replay_module, "STREAMS_KEPT", 1)
    assert projected(log, range(1, log.head(), 7)) == whole


def test_a_page_that_is_written_in_parts_gives_the_same_views(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    log = told(LONG)
    whole = projected(log, [])
    monkeypatch.setattr(module, "CHANGES_HELD", 1)
    assert projected(log, []) == whole


def test_a_replay_goes_right_where_somebody_else_applied_events_in_between() -> None:
    log = told(LONG)
    with scratch() as connection:
        mine, others, position = Replay(log), Replay(log), 0
        while position < log.head():
            for replay in (mine, others):
                project(connection, replay, log.read(position, 3))
                position += 3
        assert rows(connection) == projected(log, [])


@pytest.mark.parametrize("events_a_page", [1, 7, 500])
def test_the_views_in_the_database_are_the_same_by_pages_of_any_size_and_after_a_rebuild(
    database: Database, events_a_page: int
) -> None:
    log = SqlEventLog(database, AGGREGATES)
    wild = WildStory(Story(log))
    views = SqlReadModels(database, log, events_a_page)
    for first in range(0, len(LONG), 9):
        wild.tell(LONG[first : first + 9])
        views.catch_up()
    with database.reading() as connection:
        grown = rows(connection)
    assert all(grown.values())
    assert grown == projected(told(LONG), [])
    views.rebuild()
    with database.reading() as connection:
        assert rows(connection) == grown
    assert views.differences() == []
