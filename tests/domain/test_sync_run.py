"""One sync from its start to its report (M16, M26, M30)."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders.company import settings
from builders.events import replayed
from domain.connection import Microsoft, MicrosoftMode
from domain.money import Money
from domain.pex_transaction import POSTABLE, Kind, Record
from domain.sync_run import Counts, Outcome, Reported, RunPage, RunStatus, SyncRun, Trigger
from domain.sync_window import SyncWindow
from domain.tag_option_history import OPTIONS_A_PAGE, ReportedOption, TagOptionPage
from domain.tag_options import Change

NOW = datetime(2026, 8, 15, 14, 0, tzinfo=UTC)
CONNECTION = UUID("4f192641-fb32-5316-b6c7-4ca52dd5133b")


def started(**changes: Any) -> SyncRun:
    members: dict[str, Any] = {
        "timestamp": NOW,
        "connection_id": CONNECTION,
        "number": 1,
        "trigger": Trigger.MANUAL,
        "preview": False,
        "kinds": POSTABLE,
        "window": SyncWindow(date(2026, 6, 15), date(2026, 8, 15)),
        "settings": settings(),
        "settings_version": 3,
        "microsoft": Microsoft(MicrosoftMode.SERVICE, "tenant", "Production", "app"),
        "actor": "admin:dana",
    }
    return SyncRun(**(members | changes))


def ended(outcome: Outcome, pex_id: int = 1) -> Reported:
    return Reported(
        Record.CARD, pex_id, Kind.PURCHASE, date(2026, 8, 3), "Deli", Money.of("-1.00"), outcome
    )


def run_with(*outcomes: Outcome) -> SyncRun:
    run = started()
    run.report(tuple(ended(outcome) for outcome in outcomes), NOW)
    run.finish(NOW)
    return run


def test_a_new_run_is_queued_and_remembers_what_it_was_asked() -> None:
    run = started()
    assert run.status is RunStatus.QUEUED
    assert run.started_at == NOW
    assert (run.preview, run.trigger, run.actor) == (False, Trigger.MANUAL, "admin:dana")
    assert run.kinds == POSTABLE
    assert run.window == SyncWindow(date(2026, 6, 15), date(2026, 8, 15))
    assert (run.settings, run.settings_version) == (settings(), 3)
    assert run.microsoft.tenant_id == "tenant"
    assert not run.is_over
    assert run.connection_id == CONNECTION
    assert started(preview=True).preview


def test_a_run_of_before_the_credit_edition_was_a_prepaid_business() -> None:
    assert started().funding == "prepaid"
    assert started(funding="credit").funding == "credit"


def test_a_run_from_before_tag_options_is_one_without_them() -> None:
    assert not started().tag_options
    assert started(tag_options=True).tag_options
    assert replayed(started(tag_options=True)).tag_options


def test_a_page_of_rows_sets_it_running_and_counts_what_was_seen() -> None:
    run, next_start = started(), NOW - timedelta(days=1)
    run.fetched_page(NOW, Record.CARD, 30_000, next_start)
    run.fetched_page(NOW, Record.BUSINESS, 12, None)
    assert run.status is RunStatus.RUNNING
    assert run.counts.seen == 30_012
    assert run.fetched == {"card": next_start, "business": None}
    run.fetched_page(NOW, Record.CARD, 5, None)
    assert run.fetched == {"card": None, "business": None}


def test_a_report_is_counted_and_written_to_pages_numbered_from_one() -> None:
    run = started()
    first = run.report((ended(Outcome.POSTED, 1), ended(Outcome.SKIPPED, 2)), NOW)
    second = run.report((ended(Outcome.POSTED, 3),), NOW)
    assert run.counts == Counts(posted=2, skipped=1)
    assert run.counts.ended == 3
    assert run.status is RunStatus.RUNNING
    assert [page.number for page in (first, second)] == [1, 2]
    assert [page.id for page in (first, second)] == [
        RunPage.create_id(run.id, 1), RunPage.create_id(run.id, 2),
    ]  # fmt: skip
    assert [row.pex_id for row in first.reported] == [1, 2]
    assert first.connection_id == CONNECTION


@given(st.lists(st.lists(st.sampled_from(Outcome), max_size=8), max_size=8))
def test_counts_are_the_sum_of_what_the_pages_report(pages: list[list[Outcome]]) -> None:
    run = started()
    for page in pages:
        run.report(tuple(ended(outcome) for outcome in page), NOW)
    reported = [outcome for page in pages for outcome in page]
    for outcome in Outcome:
        assert getattr(run.counts, outcome.value) == reported.count(outcome)
    assert run.counts.ended == len(reported)
    assert run.pages == len(pages)


@pytest.mark.parametrize(
    ("outcomes", "status"),
    [
        ((), RunStatus.SUCCEEDED),
        ((Outcome.POSTED, Outcome.ALREADY_POSTED, Outcome.SKIPPED), RunStatus.SUCCEEDED),
        ((Outcome.SKIPPED,), RunStatus.SUCCEEDED),
        ((Outcome.WOULD_POST,), RunStatus.SUCCEEDED),
        ((Outcome.POSTED, Outcome.FAILED), RunStatus.PARTLY_FAILED),
        ((Outcome.ALREADY_POSTED, Outcome.FAILED), RunStatus.PARTLY_FAILED),
        (
            (Outcome.POSTED, Outcome.ALREADY_POSTED, Outcome.FAILED),
            RunStatus.PARTLY_FAILED,
        ),
        ((Outcome.WOULD_POST, Outcome.FAILED), RunStatus.PARTLY_FAILED),
        ((Outcome.IN_DOUBT,), RunStatus.PARTLY_FAILED),
        ((Outcome.IN_DOUBT, Outcome.POSTED), RunStatus.PARTLY_FAILED),
        ((Outcome.FAILED,), RunStatus.FAILED),
        ((Outcome.FAILED, Outcome.SKIPPED), RunStatus.FAILED),
    ],
)
def test_a_run_ends_with_the_status_that_its_counts_earn(
    outcomes: tuple[Outcome, ...], status: RunStatus
) -> None:
    run = run_with(*outcomes)
    assert run.status is status
    assert run.finished_at == NOW
    assert run.is_over


@given(st.lists(st.sampled_from(Outcome)))
def test_no_run_with_a_failure_or_a_doubt_is_called_succeeded(outcomes: list[Outcome]) -> None:
    trouble = Outcome.FAILED in outcomes or Outcome.IN_DOUBT in outcomes
    assert (run_with(*outcomes).status is RunStatus.SUCCEEDED) is not trouble


@pytest.mark.parametrize("status", [RunStatus.FAILED, RunStatus.INTERRUPTED])
def test_a_run_that_is_broken_off_keeps_the_reason(status: RunStatus) -> None:
    run = started()
    run.break_off(status, "JOURNAL_MISSING", "There is no journal PEX Card.", NOW)
    assert (run.status, run.code, run.cause) == (
        status, "JOURNAL_MISSING", "There is no journal PEX Card.",
    )  # fmt: skip
    assert run.is_over


def test_a_run_waits_while_a_service_is_away_and_forgets_it_once_it_goes_on() -> None:
    run, until = started(), NOW + timedelta(minutes=5)
    run.stall(NOW, "BC_UNAVAILABLE", "503", until)
    run.stall(NOW, "BC_UNAVAILABLE", "503", until)
    assert (run.stalled, run.stalled_until, run.status) == (2, until, RunStatus.RUNNING)
    run.fetched_page(NOW, Record.CARD, 1, None)
    assert (run.stalled, run.stalled_until) == (0, None)
    assert not any(run.trouble)
    run.stall(NOW, "BC_UNAVAILABLE", "503", until)
    run.report((ended(Outcome.POSTED),), NOW)
    assert (run.stalled, run.stalled_until) == (0, None)


def test_a_run_names_what_it_waits_for_and_in_the_end_what_ended_it() -> None:
    run, told = started(), []
    steps: tuple[Callable[[], object], ...] = (
        lambda: run.stall(NOW, "BC_UNAVAILABLE", "503", NOW),
        lambda: run.fetched_page(NOW, Record.CARD, 1, None),
        lambda: run.stall(NOW, "PEX_UNAVAILABLE", "429", NOW),
        lambda: run.break_off(RunStatus.FAILED, "INTERNAL", "A step failed.", NOW),
    )
    for step in steps:
        step()
        told.append(run.trouble)
    assert told == [
        ("BC_UNAVAILABLE", "503"),
        (None, None),
        ("PEX_UNAVAILABLE", "429"),
        ("INTERNAL", "A step failed."),
    ]


def test_a_run_is_the_same_after_a_replay() -> None:
    run = started(preview=True, trigger=Trigger.AUTO)
    run.fetched_page(NOW, Record.CARD, 2, None)
    run.stall(NOW, "BC_UNAVAILABLE", "503", NOW)
    page = run.report((ended(Outcome.WOULD_POST),), NOW)
    run.finish(NOW)
    assert replayed(run) == run
    assert replayed(page) == page


def test_runs_are_numbered_within_their_connection_so_that_none_starts_twice() -> None:
    assert started().id == started().id == UUID("0d59de6c-9872-56d0-aff5-e397fb06abd7")
    others = [started(number=2), started(connection_id=uuid4())]
    assert len({started().id, *(other.id for other in others)}) == 3


# --- tag options -------------------------------------------------------------------------------


def changed(value: str, change: Change = Change.ADDED) -> ReportedOption:
    return ReportedOption("tag", "vendor", f"Name of {value}", value, change)


FAILED = ReportedOption("tag", "vendor", "", "", Change.FAILED, "TAG_GONE", "It is gone.")


def run_with_fields(*fields: ReportedOption, outcomes: tuple[Outcome, ...] = ()) -> SyncRun:
    run = started(tag_options=True)
    for number, row in enumerate(fields):
        run.report_tag_options(f"field {number}", (row,), NOW)
    run.report(tuple(ended(outcome) for outcome in outcomes), NOW)
    run.finish(NOW)
    return run


def test_a_field_that_is_done_is_remembered_and_its_options_counted_once_each() -> None:
    run = started(tag_options=True)
    twice = (changed("10", Change.RENAMED), changed("10", Change.ENABLED), changed("11"))
    (page,) = run.report_tag_options("vendor", twice, NOW)
    assert run.report_tag_options("tax_code", (), NOW) == ()
    assert run.tag_fields_done == ("vendor", "tax_code")
    assert run.counts == Counts(tags_synced=2, tag_fields=2)
    assert run.status is RunStatus.RUNNING
    assert page.id == TagOptionPage.create_id(run.id, 1)
    assert (page.reported, page.connection_id) == (twice, CONNECTION)


def test_many_changes_are_told_in_pages_numbered_on() -> None:
    run = started(tag_options=True)
    many = tuple(changed(str(number)) for number in range(OPTIONS_A_PAGE + 1))
    first, second = run.report_tag_options("vendor", many, NOW)
    (third,) = run.report_tag_options("tax_code", (changed("1"),), NOW)
    assert [page.number for page in (first, second, third)] == [1, 2, 3]
    assert first.reported + second.reported == many


def test_progress_in_tag_options_ends_a_wait() -> None:
    run = started(tag_options=True)
    run.stall(NOW, "PEX_UNAVAILABLE", "429", NOW + timedelta(seconds=9))
    run.report_tag_options("vendor", (), NOW)
    assert (run.stalled, run.stalled_until) == (0, None)


@pytest.mark.parametrize(
    ("fields", "outcomes", "status"),
    [
        ((changed("1"),), (), RunStatus.SUCCEEDED),
        ((FAILED,), (), RunStatus.FAILED),
        ((FAILED, changed("1")), (), RunStatus.PARTLY_FAILED),
        ((FAILED,), (Outcome.POSTED,), RunStatus.PARTLY_FAILED),
        ((FAILED,), (Outcome.SKIPPED,), RunStatus.FAILED),
        ((changed("1"),), (Outcome.FAILED,), RunStatus.PARTLY_FAILED),
        ((FAILED,), (Outcome.WOULD_POST,), RunStatus.PARTLY_FAILED),
    ],
)
def test_a_field_that_failed_counts_for_the_status_as_a_transaction_does(
    fields: tuple[ReportedOption, ...], outcomes: tuple[Outcome, ...], status: RunStatus
) -> None:
    assert run_with_fields(*fields, outcomes=outcomes).status is status
