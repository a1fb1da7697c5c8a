"""Cursors that somebody made up never reach the database as they are."""

import base64
from collections.abc import Callable
from uuid import UUID

import msgspec
import pytest

from adapters.persistence.engine import Database
from adapters.persistence.event_log import SqlEventLog
from adapters.persistence.read_models import SqlReadModels
from application.ports.read_models import CursorRefused, TransactionFilter
from persistence.read_models.story import AGGREGATES

NOBODY = UUID(int=0)


@pytest.fixture
def views(database: Database) -> SqlReadModels:
    return SqlReadModels(database, SqlEventLog(database, AGGREGATES))


def made_up(key: object) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(key)).decode()


@pytest.mark.parametrize(
    "key",
    [
        ["2026-08-03", 2**63, "card"],
        ["2026-08-03", -(2**63) - 1, "card"],
        ["2026-08-03", 1.5, "card"],
        ["2026-08-03", 1, "nonsense"],
        ["2026-08-03", 1, "card\0"],
        ["2026-02-30", 1, "card"],
        ["2026-08-03", 1],
        ["2026-08-03", 1, "card", 1],
        {"day": "2026-08-03"},
        [None, None, None],
    ],
)
def test_a_ledger_cursor_of_wrong_values_is_refused(views: SqlReadModels, key: object) -> None:
    with pytest.raises(CursorRefused):
        views.transactions(NOBODY, TransactionFilter(), 10, made_up(key))


@pytest.mark.parametrize(
    "key",
    [
        ["2026-08-03T12:00:00", str(NOBODY)],
        ["0001-01-01T00:00:00+14:00", str(NOBODY)],
        ["9999-12-31T23:59:59-12:00", str(NOBODY)],
        ["2026-08-03T12:00:00Z", "nobody"],
        [1, str(NOBODY)],
    ],
)
def test_a_cursor_of_runs_or_connections_of_wrong_values_is_refused(
    views: SqlReadModels, key: object
) -> None:
    asked: list[Callable[[str], object]] = [
        lambda cursor: views.runs(NOBODY, 10, cursor),
        lambda cursor: views.connections(None, 10, cursor),
    ]
    for ask in asked:
        with pytest.raises(CursorRefused):
            ask(made_up(key))


def test_a_report_cursor_of_wrong_values_is_refused(views: SqlReadModels) -> None:
    for key in (["a"], [2**63], [], 1, [True]):
        with pytest.raises(CursorRefused):
            views.report(NOBODY, None, 10, made_up(key))


def test_the_ends_of_what_a_database_holds_are_no_fault(views: SqlReadModels) -> None:
    for key in (["9999-12-31", 2**63 - 1, "card"], ["0001-01-01", -(2**63), "invoice"]):
        assert views.transactions(NOBODY, TransactionFilter(), 10, made_up(key)).items == ()
    for day in ("0001-01-01", "9999-12-31"):
        assert views.runs(NOBODY, 10, made_up([f"{day}T00:00:00Z", str(NOBODY)])).items == ()
