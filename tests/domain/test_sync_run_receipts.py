"""How a run counts receipts, and that they have no part in its status (M24, M26)."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from builders.company import settings
from builders.events import replayed
from domain.connection import Microsoft, MicrosoftMode
from domain.pex_transaction import POSTABLE
from domain.sync_run import Counts, RunStatus, SyncRun, Trigger
from domain.sync_window import SyncWindow

NOW = datetime(2026, 8, 15, 14, 0, tzinfo=UTC)


@pytest.fixture
def run() -> SyncRun:
    return SyncRun(
        NOW,
        uuid4(),
        1,
        Trigger.MANUAL,
        False,  # noqa: FBT003 - no preview
        POSTABLE,
        SyncWindow(date(2026, 6, 15), date(2026, 8, 15)),
        settings(),
        3,
        Microsoft(MicrosoftMode.SERVICE, "tenant", "Production", "app"),
        "admin:dana",
    )


def test_a_run_adds_up_what_it_asked_attached_and_failed(run: SyncRun) -> None:
    assert (run.receipts_sought, run.counts) == (False, Counts())
    run.seek_receipts(NOW, 7)
    run.tend_receipts(NOW, 3, 4, 1)
    run.tend_receipts(NOW, 2, 1, 0)
    counts = Counts(receipts=5, receipts_failed=1, to_ask_for_receipts=7, asked_for_receipts=5)
    assert (run.receipts_sought, run.counts) == (True, counts)
    again = replayed(run)
    assert (again.receipts_sought, again.counts) == (True, counts)


def test_receipts_are_no_outcomes_of_transactions(run: SyncRun) -> None:
    run.seek_receipts(NOW, 7)
    run.tend_receipts(NOW, 7, 4, 3)
    assert run.counts.ended == 0


def test_a_failed_receipt_fails_no_run(run: SyncRun) -> None:
    run.tend_receipts(NOW, 1, 0, 1)
    run.finish(NOW)
    assert run.status is RunStatus.SUCCEEDED


@pytest.mark.parametrize("step", ["seek", "tend"])
def test_getting_on_with_receipts_ends_a_wait(run: SyncRun, step: str) -> None:
    run.stall(NOW, "PEX_UNAVAILABLE", "503", NOW + timedelta(seconds=4))
    if step == "seek":
        run.seek_receipts(NOW, 7)
    else:
        run.tend_receipts(NOW, 1, 1, 0)
    assert (run.stalled, run.stalled_until) == (0, None)
