"""What PEX changes after posting is recorded and shown, and never posted again (M27)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from application.ports.pex import PexUnavailable, RowPage
from application_world import EXPENSE_TAG, World, purchase, settings
from domain.eastern_time import EASTERN
from domain.money import Money
from domain.pex_transaction import Allocation, Kind, PexTransaction, Record, TagValue
from domain.posted_transaction import PostedTransaction, State
from domain.settings import PostingDate
from domain.sync_run import RunStatus, SyncRun

TODAY = date(2026, 8, 15)
CHANGED = "already_posted:CHANGED_AFTER_POSTING"
MISSING = "already_posted:MISSING_IN_PEX"


def at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=EASTERN)


def settled(row: PexTransaction, day: date) -> PexTransaction:
    """The row, as if it had settled on another day."""
    return replace(row, settled_at=at(day))


def posted(world: World, *rows: PexTransaction) -> None:
    """Rows that an earlier run posted."""
    world.pex.all_rows = list(rows)
    assert world.sync().counts.posted == len(rows)


def news(world: World, pex_id: int) -> list[str]:
    """What became of a transaction since it was posted."""
    stream = world.posting(pex_id).id
    names = [type(event).__name__ for event in world.log.streams[stream]]
    return names[names.index("Confirmed") + 1 :]


def detail(world: World, run: SyncRun, pex_id: int) -> str:
    return next(row.cause or "" for row in world.report(run.id) if row.pex_id == pex_id)


CHANGES: dict[str, tuple[Callable[[PexTransaction], PexTransaction], str]] = {
    "amount": (
        lambda row: replace(row, amount=Money.of("-52.10")),
        "amount -48.60 -> -52.10 (2026-08-15)",
    ),
    "tag": (
        lambda row: replace(row, tags=(TagValue(EXPENSE_TAG.upper(), "61100"),)),
        f"tag {EXPENSE_TAG} 62400 -> 61100",
    ),
    "split": (
        lambda row: replace(
            row,
            allocations=(
                Allocation(Decimal("20.00"), row.tags),
                Allocation(Decimal("28.60"), ()),
            ),
        ),
        "splits nothing -> 20.00 (tag-expense=62400) + 28.60",
    ),
    "approval": (
        lambda row: replace(row, approval="NotReviewed"),
        "approval Approved -> NotReviewed",
    ),
    "settlement": (
        lambda row: settled(row, date(2026, 8, 5)),
        "settlement date 2026-08-03 -> 2026-08-05",
    ),
    "merchant": (
        lambda row: replace(row, merchant_name_normalized="Harbor Fuel"),
        "merchant Corner Deli -> Harbor Fuel",
    ),
    "unmappable": (
        lambda row: replace(row, tags=(TagValue(EXPENSE_TAG, "nowhere"),)),
        f"tag {EXPENSE_TAG} 62400 -> nowhere",
    ),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_is_shown_and_recorded_and_not_posted(world: World, what: str) -> None:
    posted(world, purchase(1), purchase(2))
    change, told = CHANGES[what]
    world.pex.all_rows[0] = change(world.pex.all_rows[0])
    run = world.sync()
    assert world.outcomes(run.id) == {1: CHANGED, 2: "already_posted"}
    assert told in detail(world, run, 1)
    assert news(world, 1) == ["ChangedInPex"]
    assert news(world, 2) == []
    assert run.status is RunStatus.SUCCEEDED
    assert world.posting(1).state is State.POSTED
    assert (world.journal.submissions, world.times_in_books(1)) == (1, 1)


def test_the_same_change_is_told_once_and_shown_as_long_as_it_stands(world: World) -> None:
    posted(world, purchase(1))
    world.pex.all_rows = [purchase(1, "-52.10")]
    world.sync()
    world.clock.advance(86_400)
    run = world.sync()
    assert world.outcomes(run.id) == {1: CHANGED}
    assert "(2026-08-15)" in detail(world, run, 1)
    assert news(world, 1) == ["ChangedInPex"]
    world.pex.all_rows = [purchase(1)]
    assert world.outcomes(world.sync().id) == {1: "already_posted"}
    assert news(world, 1) == ["ChangedInPex", "ChangedInPex"]


def test_what_pex_tells_in_another_order_is_no_news(world: World) -> None:
    tags = (TagValue("a", "1"), TagValue("B", "2"))
    posted(world, replace(purchase(1), tags=tags))
    world.pex.all_rows = [
        replace(purchase(1), tags=(TagValue("b", "2"), TagValue("A", "1"), TagValue("c", "")))
    ]
    assert world.outcomes(world.sync().id) == {1: "already_posted"}
    assert news(world, 1) == []


def test_a_preview_shows_a_change_and_writes_nothing_down(world: World) -> None:
    posted(world, purchase(1), purchase(2))
    world.pex.all_rows = [purchase(1, "-52.10")]
    preview = world.sync(preview=True)
    assert world.outcomes(preview.id) == {1: CHANGED}
    assert news(world, 1) == news(world, 2) == []


def test_a_row_that_is_compared_in_the_run_that_posts_it_is_no_news(world: World) -> None:
    world.pex.all_rows = [purchase(pex_id) for pex_id in range(1, 121)]
    world.sync()
    assert all(news(world, pex_id) == [] for pex_id in range(1, 121))


def test_an_adopted_transaction_is_compared_with_the_row_that_it_was_adopted_for(
    world: World,
) -> None:
    posted(world, purchase(1))
    elsewhere = World()
    elsewhere.journal.by_number = dict(world.journal.by_number)
    elsewhere.pex.all_rows = [purchase(1)]
    assert elsewhere.outcomes(elsewhere.sync().id) == {1: "already_posted"}
    elsewhere.pex.all_rows = [purchase(1, "-52.10")]
    assert elsewhere.outcomes(elsewhere.sync().id) == {1: CHANGED}


@pytest.mark.parametrize("approval", ["Rejected", "Approved"])
def test_what_is_held_for_a_person_is_not_compared(world: World, approval: str) -> None:
    world.pex.all_rows = [purchase(1)]
    world.journal.moods = ["lost after"]
    run_id = world.start()
    for _ in range(4):
        world.worker.step(run_id)
    world.journal.delete_line(min(world.journal.by_number))
    world.finish(run_id)
    world.pex.all_rows = [purchase(1, "-52.10", approval=approval)]
    assert world.outcomes(world.sync().id) == {1: "failed:PARTLY_FOUND"}
    assert world.posting(1).changes == ()


# --- rows that vanish -------------------------------------------------------------------------


def test_a_posted_row_that_vanished_is_told_once(world: World) -> None:
    posted(world, purchase(1), purchase(2))
    world.pex.all_rows = [purchase(2)]
    run = world.sync()
    assert world.outcomes(run.id) == {2: "already_posted", 1: MISSING}
    assert detail(world, run, 1) == "It is not in PEX any more since 2026-08-15."
    assert run.status is RunStatus.SUCCEEDED
    assert world.outcomes(world.sync().id) == {2: "already_posted"}
    assert news(world, 1) == ["Disappeared"]
    assert (world.posting(1).state, world.times_in_books(1)) == (State.POSTED, 1)


def test_a_row_that_comes_back_is_told_with_what_changed_meanwhile(world: World) -> None:
    posted(world, purchase(1), purchase(2))
    world.pex.all_rows = []
    world.sync()
    world.pex.all_rows = [purchase(1), purchase(2, "-52.10")]
    assert world.outcomes(world.sync().id) == {1: "already_posted", 2: CHANGED}
    assert news(world, 1) == ["Disappeared", "Reappeared"]
    assert news(world, 2) == ["Disappeared", "Reappeared", "ChangedInPex"]
    assert world.journal.submissions == 1


def test_a_row_that_moved_out_of_the_days_has_changed_and_is_not_missing(world: World) -> None:
    posted(world, purchase(1))
    world.pex.all_rows = [settled(purchase(1), date(2026, 8, 12))]
    run = world.sync(end=date(2026, 8, 10))
    assert world.outcomes(run.id) == {1: CHANGED}
    assert "settlement date 2026-08-03 -> 2026-08-12" in detail(world, run, 1)
    assert news(world, 1) == ["ChangedInPex"]
    assert world.outcomes(world.sync(end=date(2026, 8, 10)).id) == {}


@pytest.mark.parametrize(
    ("start", "end", "missing"),
    [
        (date(2026, 8, 3), date(2026, 8, 3), True),
        (date(2026, 8, 4), None, False),
        (None, date(2026, 8, 2), False),
    ],
)
def test_only_rows_of_the_days_of_a_run_can_be_missing(
    world: World, start: date | None, end: date | None, *, missing: bool
) -> None:
    posted(world, purchase(1))
    world.pex.all_rows = []
    run = world.sync(start=start, end=end)
    assert world.outcomes(run.id) == ({1: MISSING} if missing else {})


def test_rows_of_kinds_that_were_not_chosen_are_not_missing(world: World) -> None:
    fee = replace(
        purchase(2), transaction_type="Transfer", category="CardAccountFee", approval=None
    )
    posted(world, purchase(1), fee)
    world.pex.all_rows = []
    assert world.outcomes(world.sync(kinds=(Kind.FEE,)).id) == {2: MISSING}
    assert news(world, 1) == []


def test_rows_of_a_list_that_the_run_did_not_read_are_not_missing(world: World) -> None:
    fee = replace(
        purchase(2),
        record=Record.BUSINESS,
        transaction_type="Transfer",
        category="BusinessAccountFee",
    )
    posted(world, purchase(1), fee)
    world.pex.all_rows = []
    assert world.outcomes(world.sync(kinds=(Kind.PURCHASE,)).id) == {1: MISSING}
    stream = PostedTransaction.create_id(world.pex.business_id, Record.BUSINESS, 2)
    assert world.log.load(PostedTransaction, stream).missing_since is None


def test_a_switched_off_kind_is_not_missing(world: World) -> None:
    posted(world, purchase(1))
    off = replace(settings().purchases, enabled=False)
    world.save_settings(replace(settings(), purchases=off))
    world.pex.all_rows = []
    world.sync()
    assert news(world, 1) == []


def test_another_posting_date_in_the_settings_makes_nothing_missing(world: World) -> None:
    early = replace(settled(purchase(1), date(2026, 8, 3)), transacted_at=at(date(2026, 7, 1)))
    posted(world, early)
    by_purchase = replace(settings().purchases, posting_date=PostingDate.PURCHASE)
    world.save_settings(replace(settings(), purchases=by_purchase))
    days = {"start": date(2026, 8, 1), "end": date(2026, 8, 10)}
    assert world.outcomes(world.sync(**days).id) == {}
    world.pex.all_rows = []
    assert world.outcomes(world.sync(**days).id) == {}
    assert news(world, 1) == []


def test_what_nears_the_end_of_what_pex_tells_is_not_missing(world: World) -> None:
    limit = date(2025, 8, 15)
    rows = [purchase(pex_id, day=limit + timedelta(days=pex_id)) for pex_id in range(4)]
    world.pex.all_rows = rows
    assert world.sync(start=limit).counts.posted == 4
    world.pex.all_rows = []
    run = world.sync(start=limit)
    assert world.outcomes(run.id) == {2: MISSING, 3: MISSING}


def test_a_row_that_pex_lists_when_it_is_asked_again_is_not_missing(world: World) -> None:
    posted(world, purchase(1))
    rows = world.pex.rows

    def forgetful(record: Record, *days: datetime) -> RowPage:
        world.pex.rows = rows  # type: ignore[method-assign]
        return RowPage((), None)

    world.pex.rows = forgetful  # type: ignore[method-assign,assignment]
    assert world.outcomes(world.sync(kinds=(Kind.PURCHASE,)).id) == {}
    assert news(world, 1) == []


def test_what_was_posted_before_there_were_snapshots_is_not_missing(world: World) -> None:
    posted(world, purchase(1))
    for event in world.log.streams[world.posting(1).id]:
        if "snapshot" in event.__dict__:
            event.__dict__["snapshot"] = None
    kept, world.pex.all_rows = world.pex.all_rows, []
    assert world.outcomes(world.sync().id) == {}
    world.pex.all_rows = kept
    assert world.outcomes(world.sync().id) == {1: "already_posted"}
    assert news(world, 1) == ["SnapshotTaken"]
    world.pex.all_rows = []
    assert world.outcomes(world.sync().id) == {1: MISSING}


def test_a_preview_misses_nothing(world: World) -> None:
    posted(world, purchase(1))
    world.pex.all_rows = []
    preview = world.sync(preview=True)
    assert world.outcomes(preview.id) == {}
    assert news(world, 1) == []


def test_a_run_that_misses_nothing_asks_pex_once(world: World) -> None:
    posted(world, *(purchase(pex_id) for pex_id in range(1, 1_201)))
    asked: list[Record] = []
    rows = world.pex.rows

    def counted(record: Record, *days: datetime) -> object:
        asked.append(record)
        return rows(record, *days)

    world.pex.rows = counted  # type: ignore[method-assign,assignment]
    reads, events = world.journal.reads, world.log.head()
    run = world.sync()
    assert run.counts.already_posted == 1_200
    assert sorted(asked) == [Record.BUSINESS, Record.CARD]
    assert world.journal.reads - reads <= 10
    kinds = {type(event).__qualname__.partition(".")[0] for event in world.log.order[events:]}
    assert "PostedTransaction" not in kinds


def test_a_pex_that_is_away_while_it_is_asked_again_is_waited_for(world: World) -> None:
    posted(world, purchase(1))
    world.pex.all_rows = []
    run_id = world.start()
    world.worker.step(run_id)
    world.worker.step(run_id)
    world.pex.refusals = [PexUnavailable("503", 40)]
    run = world.finish(run_id)
    assert run.status is RunStatus.SUCCEEDED
    assert world.outcomes(run_id) == {1: MISSING}


@pytest.mark.parametrize("boundary", range(1, 6))
def test_a_crash_at_any_boundary_tells_it_once(world: World, boundary: int) -> None:
    posted(world, purchase(1), purchase(2))
    world.pex.all_rows = [purchase(2, "-52.10")]
    run_id = world.start()
    for _ in range(8):
        world.worker.step(run_id, crash_after=boundary)
    world.finish(run_id)
    assert world.outcomes(run_id) == {2: CHANGED, 1: MISSING}
    assert (news(world, 1), news(world, 2)) == (["Disappeared"], ["ChangedInPex"])
