"""Which of the first steps are done."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from application.ports.read_models import ConnectionView, Page, RunView
from domain.connection import Microsoft, MicrosoftMode, Status
from domain.pex_transaction import Kind
from domain.sync_run import Counts, RunStatus, Trigger
from domain.sync_window import SyncWindow
from entrypoints.http.pages.checklist import steps
from fakes.read_models import FakeReadModels

NOW = datetime(2026, 8, 15, 16, tzinfo=UTC)
NEW = ConnectionView(
    id=uuid4(),
    business_id=52311,
    business_name="Harbor Lights Foundation",
    funding="prepaid",
    status=Status.NOT_CONNECTED,
    status_code=None,
    status_reason=None,
    microsoft=None,
    company_id=None,
    company_name=None,
    last_sync_at=None,
    auto_sync=False,
    settings_version=0,
    active_run=None,
)
SIGNED_IN = replace(
    NEW,
    status=Status.CONNECTED_READY,
    microsoft=Microsoft(MicrosoftMode.SERVICE, "tenant", "Production", "app"),
)
SET_UP = replace(SIGNED_IN, settings_version=1, company_id="c", company_name="Harbor Supply Inc.")
SYNCED = replace(SET_UP, last_sync_at=NOW)


class Runs(FakeReadModels):
    """Knows runs alone."""

    def __init__(self, *found: RunView) -> None:
        self._found = found

    def runs(self, connection_id: UUID, limit: int, cursor: str | None = None) -> Page[RunView]:
        found = [run for run in self._found if run.connection_id == connection_id]
        return Page(tuple(found[:limit]), cursor)


def a_run(*, preview: bool, finished: bool) -> RunView:
    return RunView(
        id=uuid4(),
        connection_id=NEW.id,
        trigger=Trigger.MANUAL,
        preview=preview,
        kinds=(Kind.PURCHASE,),
        window=SyncWindow(NOW.date(), NOW.date()),
        status=RunStatus.SUCCEEDED if finished else RunStatus.RUNNING,
        code=None,
        cause=None,
        started_at=NOW,
        finished_at=NOW if finished else None,
        settings_version=1,
        counts=Counts(),
        waiting_until=None,
        actor="admin:dana.k",
    )


def done(view: ConnectionView, *runs: RunView) -> str:
    """The steps as signs: `x` for one that is done."""
    return "".join("x" if step.done else "-" for step in steps(Runs(*runs), view))


@pytest.mark.parametrize(
    ("view", "expected"),
    [
        (NEW, "x-----"),
        (SIGNED_IN, "xx----"),
        (SET_UP, "xxxx--"),
        (replace(NEW, status=Status.DISCONNECTED), "------"),
        (replace(SET_UP, status=Status.CONNECTED_NOT_READY), "xxx---"),
    ],
)
def test_steps_are_done_one_after_the_other(view: ConnectionView, expected: str) -> None:
    assert done(view) == expected


@pytest.mark.parametrize(
    "code", ["JOURNAL_MISSING", "JOURNAL_IN_OTHER_TEMPLATE", "JOURNAL_HAS_BALANCING_ACCOUNT"]
)
def test_a_journal_in_trouble_is_still_to_be_had(code: str) -> None:
    trouble = replace(SET_UP, status=Status.ACTION_REQUIRED, status_code=code)
    assert done(trouble) == "xxx---"
    assert done(replace(trouble, last_sync_at=NOW)) == "xxx-xx"


def test_a_preview_counts_once_it_has_ended() -> None:
    assert done(SET_UP, a_run(preview=True, finished=False)) == "xxxx--"
    assert done(SET_UP, a_run(preview=False, finished=False)) == "xxxx--"
    assert done(SET_UP, a_run(preview=True, finished=True)) == "xxxxx-"


def test_after_the_first_sync_there_is_nothing_left_to_do() -> None:
    assert done(SYNCED) == ""
    expired = replace(SYNCED, status=Status.ACTION_REQUIRED, status_code="PEX_TOKEN_REFUSED")
    assert done(expired) == ""


def test_each_step_says_where_it_is_done() -> None:
    addresses = [step.address for step in steps(Runs(), NEW)]
    pages = f"/connections/{NEW.id}"
    assert addresses == [
        f"{pages}/connect#pex",
        f"{pages}/connect#microsoft",
        f"{pages}/settings",
        f"{pages}/connect#journal",
        pages,
        pages,
    ]
