"""Runs in an accountant's words, and the parts of a page that their progress is told by."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import cast
from uuid import UUID, uuid4

import pytest
from litestar.response import ServerSentEventMessage

from application.ports.read_models import RunView
from domain.money import Money
from domain.pex_transaction import POSTABLE, Kind, Record
from domain.settings import (
    BillPayments,
    Fees,
    FieldMapping,
    Purchases,
    Rebates,
    Settings,
    Source,
    Transfers,
)
from domain.sync_run import Counts, Outcome, Reported, RunStatus, Trigger
from domain.sync_window import SyncWindow
from entrypoints.composition import Services
from entrypoints.http import runs
from entrypoints.http.pages import progress
from entrypoints.http.pages.run_words import (
    KIND_HINTS,
    KIND_WORDS,
    field_name,
    lasting,
    offered,
    shown,
    troubles,
    who,
)

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
RUN = RunView(
    id=uuid4(),
    connection_id=uuid4(),
    trigger=Trigger.MANUAL,
    preview=False,
    kinds=POSTABLE,
    window=SyncWindow(date(2026, 10, 1), date(2026, 10, 31)),
    status=RunStatus.RUNNING,
    code=None,
    cause=None,
    started_at=NOON,
    finished_at=None,
    settings_version=1,
    counts=Counts(seen=1200, posted=200, failed=3),
    waiting_until=None,
    actor="admin:dana.k",
)
OVER = replace(RUN, status=RunStatus.SUCCEEDED, finished_at=NOON + timedelta(seconds=3))


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.4, "under 1 s"),
        (59.9, "59 s"),
        (60, "1 min 0 s"),
        (3599, "59 min 59 s"),
        (7260, "2 h 1 min"),
    ],
)
def test_a_duration_is_told_in_its_biggest_units(seconds: float, said: str) -> None:
    assert lasting(timedelta(seconds=seconds)) == said


def test_people_and_fields_are_called_by_their_names() -> None:
    assert [who(one) for one in ("admin:dana.k", "support:a:b", "schedule")] == [
        "dana.k (admin)",
        "a:b (support)",
        "schedule",
    ]
    assert [field_name(one) for one in ("expense_account", "dimension:DEPARTMENT")] == [
        "expense account",
        "dimension DEPARTMENT",
    ]


def test_how_far_a_run_is_is_told_in_figures() -> None:
    assert shown(RUN, with_rows=True).sentence == "203 of 1,200 transactions seen so far decided."
    asking = replace(RUN, counts=Counts(seen=9, posted=9, to_ask_for_receipts=1))
    assert (
        shown(asking, with_rows=True).sentence == "0 of 1 transaction looked through for receipts."
    )
    nothing = replace(RUN, counts=Counts())
    assert shown(nothing, with_rows=True).sentence == "Reading from PEX and Business Central."


def test_counts_open_rows_for_those_who_may_see_them_and_only_where_there_are_any() -> None:
    figures = shown(RUN, with_rows=True).figures
    assert figures["Posted"].address == f"/runs/{RUN.id}?outcome=posted#rows"
    assert figures["Skipped"].address is None
    assert figures["Receipts attached"].address is None
    assert {one.address for one in shown(RUN, with_rows=False).figures.values()} == {None}


def test_a_preview_counts_what_it_would_do() -> None:
    preview = replace(RUN, preview=True, tag_options=True, counts=Counts(would_post=4))
    labels = list(shown(preview, with_rows=True).figures)
    assert labels == ["Seen", "Would post", "Already posted", "Skipped", "Failed", "Tags to sync"]


def test_a_run_of_tag_options_alone_counts_no_transactions() -> None:
    alone = replace(RUN, kinds=(), tag_options=True, counts=Counts(tag_fields_failed=1))
    assert list(shown(alone, with_rows=True).figures) == ["Tags synced", "Tag fields failed"]


def failed(code: str, cause: str) -> Reported:
    money = Money.of("-1.00")
    return Reported(
        Record.CARD, 1, Kind.PURCHASE, NOON.date(), "Deli", money, Outcome.FAILED, code, cause
    )


def test_troubles_are_told_by_their_codes_the_most_frequent_first() -> None:
    rows = [
        failed("VALUE_UNKNOWN", "No A."),
        failed("TAG_MISSING", "None."),
        failed("VALUE_UNKNOWN", "No B."),
    ]
    first, second = troubles(rows)
    assert (first.code, first.count, first.cause, first.alike) == (
        "VALUE_UNKNOWN",
        2,
        "No A.",
        False,
    )
    assert (second.code, second.count, second.alike) == ("TAG_MISSING", 1, True)
    assert first.fix
    assert sum(one.count for one in troubles(rows)) == len(rows)


def test_a_run_offers_what_the_settings_of_each_edition_sync() -> None:
    mapping = FieldMapping("expense_account", Source("tag", tag_id="t"), sync_options=True)
    prepaid = Settings(
        purchases=Purchases(mappings=(mapping,)),
        fees=Fees(enabled=True),
        transfers=Transfers(enabled=True),
        rebates=Rebates(enabled=True),
    )
    credit = Settings(fees=Fees(enabled=True), bill_payments=BillPayments(enabled=True))
    assert offered(prepaid) == ("purchases", "fees", "transfers", "rebates", "tag_options")
    assert offered(credit) == ("purchases", "fees", "bill_payments")


def test_every_choice_of_a_run_has_words() -> None:
    assert set(KIND_WORDS) == set(KIND_HINTS) == set(runs.CHOICES)


def _watch(
    monkeypatch: pytest.MonkeyPatch, *views: RunView | None
) -> Sequence[ServerSentEventMessage]:
    monkeypatch.setattr(runs, "POLL_SECONDS", 0.001)
    seen = iter(views)

    def run(_id: UUID) -> RunView | None:
        return next(seen)

    services = cast("Services", SimpleNamespace(read_models=SimpleNamespace(run=run)))

    async def collect() -> list[ServerSentEventMessage]:
        return [one async for one in progress.parts(services, RUN.id, with_rows=True)]

    return asyncio.run(collect())


def test_a_phase_is_read_out_once_and_the_end_ends_the_stream(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    further = replace(RUN, counts=Counts(seen=1200, posted=300))
    told = _watch(monkeypatch, RUN, RUN, further, OVER)
    assert [one.event for one in told] == [
        "progress",
        "phase",
        "progress",
        "progress",
        "phase",
        "over",
    ]
    assert str(told[4].data) == "Sync is over: succeeded."


def test_who_comes_after_the_end_is_told_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [one.event for one in _watch(monkeypatch, OVER)] == ["progress", "phase", "over"]


def test_a_long_silence_is_broken_by_a_comment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "SILENCE_SECONDS", 0.003)
    told = _watch(monkeypatch, *[RUN] * 6, None)
    assert [one.event for one in told] == ["progress", "phase", None]
    assert told[2].comment
