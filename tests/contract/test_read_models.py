"""What every implementation of the port `ReadModels` shows, the fake and the real one alike."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest

from adapters.persistence.engine import Database, make_engine
from adapters.persistence.event_log import SqlEventLog
from adapters.persistence.read_models import SqlReadModels
from application.ports.read_models import (
    BacklogFilter,
    ConnectionView,
    CursorRefused,
    Page,
    PostedKey,
    ReadModels,
    RunView,
    TransactionFilter,
    TransactionView,
)
from domain import pex_snapshot
from domain.connection import Connection, Status
from domain.document_keys import DocumentKeys
from domain.money import Money
from domain.pex_transaction import Kind, Record
from domain.posted_transaction import Place, PostedTransaction, State
from domain.receipts import Attached, Holder, ReceiptHasMalware, ReceiptStatus, receipt_file
from domain.sync_run import (
    Counts,
    Outcome,
    Reported,
    RunStatus,
    SyncRun,
    Trigger,
)
from domain.sync_window import LeavingDays, SyncWindow
from domain.tag_option_history import OPTIONS_A_PAGE, ReportedOption
from domain.tag_options import Change
from domain.transaction_receipts import TransactionReceipts
from fakes.event_log import FakeEventLog
from fakes.read_models import FakeReadModels
from persistence.read_models.story import (
    ADMIN,
    AGGREGATES,
    DAY,
    MICROSOFT,
    SETTINGS,
    TARGET,
    WINDOW,
    Story,
    entry,
    row,
)

EVERYTHING = TransactionFilter()


@pytest.fixture(params=["fake", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def told(request: pytest.FixtureRequest) -> Iterator[tuple[Story, ReadModels]]:
    if request.param == "fake":
        memory = FakeEventLog()
        yield Story(memory), FakeReadModels(memory)
        return
    database = Database(make_engine(request.getfixturevalue(f"{request.param}_url")))
    log = SqlEventLog(database, AGGREGATES)
    yield Story(log), SqlReadModels(database, log)
    database.dispose()


@pytest.fixture
def story(told: tuple[Story, ReadModels]) -> Story:
    return told[0]


@pytest.fixture
def views(told: tuple[Story, ReadModels]) -> ReadModels:
    return told[1]


def all_pages(ask: Callable[[str | None], Page[UUID]]) -> list[UUID]:
    found: list[UUID] = []
    cursor: str | None = None
    while True:
        page = ask(cursor)
        found.extend(page.items)
        if page.next_cursor is None:
            return found
        cursor = page.next_cursor


def listed(
    views: ReadModels, connection: Connection, wanted: TransactionFilter = EVERYTHING
) -> list[int]:
    return [one.pex_id for one in views.transactions(connection.id, wanted, 100).items]


def the(
    views: ReadModels, connection: Connection, pex_id: int, name: str = "card"
) -> TransactionView:
    view = views.transaction(connection.id, name, pex_id)
    assert view is not None
    return view


# --- an empty log -----------------------------------------------------------------------------


def test_an_empty_log_shows_nothing(views: ReadModels) -> None:
    nobody = uuid4()
    nothing: Page[object] = Page((), None)
    assert views.connections(None, 10) == nothing
    assert views.runs(nobody, 10) == nothing
    assert views.report(nobody, None, 10) == nothing
    assert views.tag_options(nobody, 10) == nothing
    assert views.transactions(nobody, EVERYTHING, 10) == nothing
    assert views.connection(nobody) is None
    assert views.run(nobody) is None
    assert views.transaction(nobody, "card", 1) is None
    assert not [*views.active_runs(), *views.unready_connections(), *views.unfinished(nobody)]
    assert not [*views.settings_versions(nobody), *views.posted(nobody), *views.differences()]
    assert not [*views.receipts(nobody, Record.CARD, 1), *views.posted_purchases(nobody, DAY, DAY)]


# --- connections ------------------------------------------------------------------------------


def test_a_new_connection_is_not_connected(story: Story, views: ReadModels) -> None:
    view = views.connection(story.open().id)
    assert view is not None
    assert (view.business_id, view.business_name, view.funding) == (
        1001,
        "Harbor Lights",
        "prepaid",
    )
    assert view.status is Status.NOT_CONNECTED
    assert (view.microsoft, view.company_id, view.company_name) == (None, None, None)
    assert (view.last_sync_at, view.settings_version, view.auto_sync) == (None, 0, False)


def test_a_connection_shows_sign_in_company_settings_and_auto_sync(
    story: Story, views: ReadModels
) -> None:
    connection = story.connect()
    connection.switch_auto_sync(enabled=True, actor=ADMIN, timestamp=story.now())
    story.log.save(connection)
    view = views.connection(connection.id)
    assert view is not None
    assert view.microsoft == MICROSOFT
    assert (view.company_id, view.company_name) == ("company", "Harbor Supply Inc.")
    assert (view.settings_version, view.auto_sync) == (1, True)
    assert view.status is Status.CONNECTED_NOT_READY


def test_a_status_follows_what_becomes_of_the_connection(story: Story, views: ReadModels) -> None:
    connection = story.connect()

    def status() -> tuple[Status, str | None, str | None]:
        story.log.save(connection)
        view = views.connection(connection.id)
        assert view is not None
        return view.status, view.status_code, view.status_reason

    assert status() == (Status.CONNECTED_NOT_READY, None, None)
    connection.became_ready(story.now())
    assert status() == (Status.CONNECTED_READY, None, None)
    connection.require_action("JOURNAL_MISSING", "There is no journal.", story.now())
    assert status() == (Status.ACTION_REQUIRED, "JOURNAL_MISSING", "There is no journal.")
    connection.became_ready(story.now())
    assert status() == (Status.CONNECTED_READY, None, None)
    connection.disconnect(story.now(), ADMIN)
    assert status() == (Status.DISCONNECTED, None, None)


def test_connections_are_listed_newest_first_page_by_page(story: Story, views: ReadModels) -> None:
    opened = [story.open(number).id for number in (3, 1, 2, 5, 4)]
    names = all_pages(lambda cursor: _ids(views.connections(None, 2, cursor)))
    assert names == opened[::-1]


def _ids(page: Page[ConnectionView] | Page[RunView]) -> Page[UUID]:
    return Page(tuple(one.id for one in page.items), page.next_cursor)


def test_only_the_connections_of_some_businesses_are_listed(
    story: Story, views: ReadModels
) -> None:
    first, _, third = (story.open(number).id for number in (1, 2, 3))
    assert list(_ids(views.connections({1, 3, 99}, 10)).items) == [third, first]
    assert views.connections(set(), 10).items == ()


def test_the_last_sync_is_the_end_of_the_last_run_that_was_no_preview(
    story: Story, views: ReadModels
) -> None:
    connection = story.connect()
    story.reported(connection)
    ended = story.reported(connection).finished_at
    preview = story.start(connection, preview=True)
    story.end(connection, preview)
    story.start(connection)
    view = views.connection(connection.id)
    assert view is not None
    assert view.last_sync_at == ended


def test_a_connection_shows_its_active_run_until_it_ends(story: Story, views: ReadModels) -> None:
    connection = story.connect()
    run = story.start(connection)
    view = views.connection(connection.id)
    assert view is not None
    assert view.active_run == run.id
    assert list(views.active_runs()) == [run.id]
    story.end(connection, run)
    view = views.connection(connection.id)
    assert view is not None
    assert view.active_run is None
    assert not views.active_runs()


def test_connections_that_could_become_ready_have_both_sign_ins(
    story: Story, views: ReadModels
) -> None:
    waiting, ready, troubled, half = (story.connect(number) for number in (1, 2, 3, 4))
    gone, without_pex = story.connect(5), story.open(6)
    story.open(7)
    ready.became_ready(story.now())
    troubled.require_action("JOURNAL_MISSING", "There is no journal.", story.now())
    gone.disconnect(story.now(), ADMIN)
    half.disconnect(story.now(), ADMIN)
    half.pex_signed_in(story.now(), "Half", "prepaid", "dana.k", ADMIN)
    half.require_action("PEX_TOKEN_REFUSED", "The token is dead.", story.now())
    without_pex.microsoft_signed_in(story.now(), MICROSOFT, ADMIN)
    without_pex.require_action("MICROSOFT_REFUSED", "The sign-in is dead.", story.now())
    story.log.save(ready, troubled, gone, half, without_pex)
    assert set(views.unready_connections()) == {waiting.id, troubled.id}


def test_every_version_of_the_settings_is_kept_with_its_actor(
    story: Story, views: ReadModels
) -> None:
    connection = story.connect()
    later = replace(SETTINGS, start_date=date(2026, 5, 1))
    story.save_settings(connection, later, actor="admin:lee")
    newest, first = views.settings_versions(connection.id)
    assert (newest.version, newest.settings, newest.actor) == (2, later, "admin:lee")
    assert (first.version, first.settings, first.actor) == (1, SETTINGS, ADMIN)
    assert newest.saved_at == first.saved_at + timedelta(seconds=1)


# --- runs -------------------------------------------------------------------------------------


def test_a_run_shows_what_it_was_asked_and_how_it_ended(story: Story, views: ReadModels) -> None:
    connection = story.connect()
    run = story.reported(connection, row(1, Outcome.SKIPPED, "PENDING"), row(2, Outcome.FAILED))
    view = views.run(run.id)
    assert view is not None
    assert (view.trigger, view.preview, view.kinds) == (
        Trigger.MANUAL,
        False,
        (Kind.PURCHASE, Kind.FEE),
    )
    assert (view.window, view.settings_version, view.actor) == (WINDOW, 1, ADMIN)
    assert view.counts == Counts(skipped=1, failed=1)
    assert (view.status, view.started_at, view.finished_at) == (
        RunStatus.FAILED,
        run.started_at,
        run.finished_at,
    )


def test_a_run_that_was_broken_off_says_why(story: Story, views: ReadModels) -> None:
    run = story.start(story.connect())
    run.break_off(RunStatus.INTERRUPTED, "PEX_UNAVAILABLE", "PEX is away.", story.now())
    story.log.save(run)
    view = views.run(run.id)
    assert view is not None
    assert (view.status, view.code, view.cause) == (
        RunStatus.INTERRUPTED,
        "PEX_UNAVAILABLE",
        "PEX is away.",
    )


def test_a_run_waits_until_a_service_is_back_and_no_longer(story: Story, views: ReadModels) -> None:
    run = story.start(story.connect())
    until = story.now() + timedelta(minutes=5)

    def waiting() -> object:
        story.log.save(run)
        view = views.run(run.id)
        assert view is not None
        return view.waiting_until, view.code, view.cause

    assert waiting() == (None, None, None)
    run.stall(story.now(), "PEX_UNAVAILABLE", "PEX is away.", until)
    assert waiting() == (until, "PEX_UNAVAILABLE", "PEX is away.")
    run.fetched_page(story.now(), Record.CARD, 3, None)
    assert waiting() == (None, None, None)
    run.stall(story.now(), "PEX_UNAVAILABLE", "PEX is away.", until)
    run.break_off(RunStatus.FAILED, "INTERNAL", "A step failed.", story.now())
    assert waiting() == (None, "INTERNAL", "A step failed.")


def test_runs_are_listed_newest_first_page_by_page(story: Story, views: ReadModels) -> None:
    connection, other = story.connect(), story.connect(2002)
    runs = [story.reported(connection).id for _ in range(5)]
    story.reported(other)
    names = all_pages(lambda cursor: _ids(views.runs(connection.id, 2, cursor)))
    assert names == runs[::-1]


def test_a_run_that_starts_while_somebody_leafs_moves_no_page(
    story: Story, views: ReadModels
) -> None:
    connection = story.connect()
    runs = [story.reported(connection).id for _ in range(4)]
    first = views.runs(connection.id, 2)
    story.reported(connection)
    second = views.runs(connection.id, 2, first.next_cursor)
    assert [one.id for one in (*first.items, *second.items)] == runs[::-1]


# --- reports ----------------------------------------------------------------------------------


def test_a_report_keeps_its_order_over_pages_of_any_size(story: Story, views: ReadModels) -> None:
    run = story.start(story.connect())
    rows = [row(pex_id, Outcome.SKIPPED, "PENDING") for pex_id in (9, 3, 7, 1, 8)]
    story.report(run, *rows[:2])
    story.report(run, *rows[2:])
    for limit in (1, 2, 5, 50):
        found: list[Reported] = []
        cursor = None
        while True:
            page = views.report(run.id, None, limit, cursor)
            found.extend(page.items)
            cursor = page.next_cursor
            if cursor is None:
                break
        assert found == rows


def test_a_report_can_be_narrowed_to_an_outcome(story: Story, views: ReadModels) -> None:
    run = story.start(story.connect())
    failed = row(2, Outcome.FAILED, "TAG_MISSING")
    story.report(run, row(1, Outcome.SKIPPED, "PENDING"), failed, row(3, Outcome.ALREADY_POSTED))
    assert views.report(run.id, Outcome.FAILED, 10).items == (failed,)
    assert views.report(run.id, Outcome.POSTED, 10).items == ()


def test_a_posted_row_of_a_report_shows_its_document_number_and_lines(
    story: Story, views: ReadModels
) -> None:
    connection = story.connect()
    run = story.start(connection)
    story.post(connection, run, 7)
    (reported,) = views.report(run.id, None, 10).items
    assert reported.document_number == "PEX-7"
    assert reported.lines == entry(7).lines


def test_a_row_that_failed_shows_no_lines_though_they_were_tried(
    story: Story, views: ReadModels
) -> None:
    connection = story.connect()
    run = story.start(connection)
    posting = story.see(connection, run.id, 7)
    story.submit(posting, run.id)
    posting.reject("ACCOUNT_BLOCKED", "The account is blocked.", run.id, story.now())
    story.log.save(posting)
    failed = row(7, Outcome.FAILED, "ACCOUNT_BLOCKED")
    story.report(run, failed)
    assert views.report(run.id, None, 10).items == (failed,)


def test_a_preview_shows_the_lines_that_it_would_post_and_leaves_the_ledger_alone(
    story: Story, views: ReadModels
) -> None:
    connection = story.connect()
    run = story.start(connection, preview=True)
    would = replace(
        row(7, Outcome.WOULD_POST), document_number="PEX-7", lines=entry(7, "50.00").lines
    )
    story.report(run, would, row(8, Outcome.FAILED, "TAG_MISSING"))
    assert views.report(run.id, Outcome.WOULD_POST, 10).items == (would,)
    assert views.transactions(connection.id, EVERYTHING, 10).items == ()
    assert views.transaction(connection.id, "card", 8) is None


def test_a_run_that_syncs_tag_options_says_so_beside_its_kinds(
    story: Story, views: ReadModels
) -> None:
    connection = story.connect()
    run = story.start(connection, tag_options=True)
    view = views.run(run.id)
    assert view is not None
    assert (view.tag_options, view.kinds) == (True, (Kind.PURCHASE, Kind.FEE))
    story.end(connection, run)
    other = views.run(story.start(connection).id)
    assert other is not None
    assert not other.tag_options


def test_changes_of_tag_options_keep_their_order_over_pages_of_any_size(
    story: Story, views: ReadModels
) -> None:
    connection = story.connect()
    run = story.start(connection, tag_options=True)
    added = [
        ReportedOption("t1", "expense_account", f"Name {number}", f"{number}", Change.ADDED)
        for number in range(OPTIONS_A_PAGE + 2)
    ]
    gone = ReportedOption(
        "t2", "vendor", "", "", Change.FAILED, "TAG_GONE", "PEX has no tag t2 any more."
    )
    story.report_tag_options(run, "expense_account", *added)
    story.report_tag_options(run, "tax_code")
    story.report_tag_options(run, "vendor", gone)
    story.end(connection, run)
    found: list[ReportedOption] = []
    cursor: str | None = None
    while True:
        page = views.tag_options(run.id, 400, cursor)
        found.extend(page.items)
        cursor = page.next_cursor
        if cursor is None:
            break
    assert found == [*added, gone]
    assert views.tag_options(story.start(connection).id, 10).items == ()
    view = views.run(run.id)
    assert view is not None
    assert view.counts == Counts(tags_synced=OPTIONS_A_PAGE + 2, tag_fields=2, tag_fields_failed=1)
    assert view.status is RunStatus.PARTLY_FAILED
    assert list(views.differences()) == []


# --- the ledger of everything seen ------------------------------------------------------------


def test_a_transaction_that_was_only_skipped_has_no_state(story: Story, views: ReadModels) -> None:
    connection = story.connect()
    run = story.reported(connection, row(7, Outcome.SKIPPED, "PENDING", merchant="Café", day=DAY))
    view = the(views, connection, 7)
    assert (view.outcome, view.code, view.cause) == (
        Outcome.SKIPPED,
        "PENDING",
        "because of PENDING",
    )
    assert (view.state, view.entry, view.target, view.place) == (None, None, None, None)
    assert (view.merchant, view.amount, view.day) == ("Café", Money.of("-48.60"), DAY)
    assert (view.line_numbers, view.line_ids, view.attempts) == ((), (), 0)
    assert view.run_id == run.id


def test_a_later_report_brings_the_newest_word_and_keeps_the_first_sight(
    story: Story, views: ReadModels
) -> None:
    connection = story.connect()
    story.reported(connection, row(7, Outcome.SKIPPED, "PENDING"))
    before = the(views, connection, 7)
    newest = row(
        7,
        Outcome.FAILED,
        "TAG_MISSING",
        kind=Kind.FEE,
        merchant="Harbor Fuel",
        amount="-50.00",
        day=DAY + timedelta(days=1),
    )
    run = story.reported(connection, newest)
    view = the(views, connection, 7)
    assert (view.outcome, view.code, view.run_id) == (Outcome.FAILED, "TAG_MISSING", run.id)
    assert (view.kind, view.merchant, view.amount, view.day) == (
        Kind.FEE,
        "Harbor Fuel",
        Money.of("-50.00"),
        DAY + timedelta(days=1),
    )
    assert view.first_seen_at == before.first_seen_at < view.changed_at
    assert len(views.transactions(connection.id, EVERYTHING, 10).items) == 1


def test_a_posted_transaction_shows_its_entry_lines_target_and_place(
    story: Story, views: ReadModels
) -> None:
    connection = story.connect()
    run = story.start(connection)
    story.post(connection, run, 7, day=DAY + timedelta(days=2))
    view = the(views, connection, 7)
    assert (view.outcome, view.state, view.place) == (
        Outcome.POSTED,
        State.POSTED,
        Place.JOURNAL,
    )
    assert view.entry == entry(7, day=DAY + timedelta(days=2))
    assert view.line_ids == ("line-7a", "line-7b")
    assert view.line_numbers == (70_000, 70_001)
    assert (view.target, view.attempts, view.code) == (TARGET, 1, None)
    assert (view.merchant, view.cardholder) == ("Corner Deli", "Ann Lee")
    assert view.day == DAY + timedelta(days=2)


@pytest.mark.parametrize(
    ("outcome", "code"),
    [
        (Outcome.ALREADY_POSTED, None),
        (Outcome.SKIPPED, "KIND_OFF"),
        (Outcome.FAILED, "TAG_MISSING"),
        (Outcome.IN_DOUBT, "IN_DOUBT"),
    ],
)
def test_what_is_posted_stays_posted_whatever_is_reported_later(
    story: Story, views: ReadModels, outcome: Outcome, code: str | None
) -> None:
    connection = story.connect()
    run = story.start(connection)
    story.post(connection, run, 7)
    story.end(connection, run)
    before = the(views, connection, 7)
    story.reported(connection, row(7, outcome, code, merchant="Somebody Else"))
    assert the(views, connection, 7) == before


def test_a_transaction_reported_as_already_posted_is_shown_as_posted(
    story: Story, views: ReadModels
) -> None:
    connection = story.connect()
    story.reported(connection, row(7, Outcome.ALREADY_POSTED), row(8, Outcome.SKIPPED, "PENDING"))
    story.reported(connection, row(7, Outcome.SKIPPED, "PENDING"), row(8, Outcome.ALREADY_POSTED))
    assert the(views, connection, 7).outcome is Outcome.POSTED
    assert the(views, connection, 8).outcome is Outcome.POSTED
    assert the(views, connection, 8).code is None
    assert not views.posted(connection.id)


def test_an_adopted_transaction_is_posted_where_it_was_found(
    story: Story, views: ReadModels
) -> None:
    connection = story.connect()
    run = story.start(connection)
    posting = story.see(connection, run.id, 7)
    posting.adopt(Place.LEDGER, ("e1", "e2"), run.id, story.now())
    story.log.save(posting)
    story.report(run, row(7, Outcome.ALREADY_POSTED))
    view = the(views, connection, 7)
    assert (view.outcome, view.state, view.place) == (Outcome.POSTED, State.POSTED, Place.LEDGER)
    assert (view.entry, view.line_ids) == (None, ("e1", "e2"))


def test_each_state_of_a_stream_has_its_outcome(story: Story, views: ReadModels) -> None:
    connection = story.connect()
    run = story.start(connection)
    posting = story.see(connection, run.id, 7)

    def shown() -> tuple[Outcome, State | None, str | None, str | None]:
        story.log.save(posting)
        view = the(views, connection, 7)
        return view.outcome, view.state, view.code, view.cause

    posting.withhold(State.SKIPPED, "NOT_APPROVED", "Not yet.", run.id, story.now())
    assert shown() == (Outcome.SKIPPED, State.SKIPPED, "NOT_APPROVED", "Not yet.")
    posting.withhold(State.FAILED, "TAG_MISSING", "No tag.", run.id, story.now())
    assert shown() == (Outcome.FAILED, State.FAILED, "TAG_MISSING", "No tag.")
    story.submit(posting, run.id)
    assert shown() == (Outcome.IN_DOUBT, State.SUBMITTED, None, None)
    posting.doubt("No answer came.", run.id, story.now())
    assert shown() == (Outcome.IN_DOUBT, State.IN_DOUBT, "IN_DOUBT", "No answer came.")
    posting.release("Nothing of it is there.", run.id, story.now())
    assert shown() == (Outcome.IN_DOUBT, State.RESERVED, None, None)
    posting.submit(run.id, story.now())
    posting.reject("ACCOUNT_BLOCKED", "Blocked.", run.id, story.now())
    assert shown() == (Outcome.FAILED, State.FAILED, "ACCOUNT_BLOCKED", "Blocked.")
    assert the(views, connection, 7).attempts == 2
    posting.hold("PARTLY_FOUND", "Half of it is there.", run.id, story.now())
    assert shown() == (Outcome.FAILED, State.HELD, "PARTLY_FOUND", "Half of it is there.")


def test_a_report_after_a_failure_brings_the_newer_reason(story: Story, views: ReadModels) -> None:
    connection = story.connect()
    first = story.start(connection)
    posting = story.see(connection, first.id, 7)
    posting.withhold(State.FAILED, "TAG_MISSING", "No tag.", first.id, story.now())
    story.log.save(posting)
    story.report(first, row(7, Outcome.FAILED, "TAG_MISSING"))
    story.end(connection, first)
    later = story.reported(connection, row(7, Outcome.SKIPPED, "KIND_OFF", merchant="Deli"))
    view = the(views, connection, 7)
    assert (view.outcome, view.code, view.run_id) == (Outcome.SKIPPED, "KIND_OFF", later.id)
    assert (view.merchant, view.cardholder, view.state) == ("Deli", "Ann Lee", State.FAILED)


def test_an_event_after_a_report_brings_the_newer_outcome(story: Story, views: ReadModels) -> None:
    connection = story.connect()
    story.reported(connection, row(7, Outcome.FAILED, "TAG_MISSING"))
    run = story.start(connection)
    posting = story.see(connection, run.id, 7)
    story.submit(posting, run.id)
    view = the(views, connection, 7)
    assert (view.outcome, view.code, view.state) == (Outcome.IN_DOUBT, None, State.SUBMITTED)
    assert view.first_seen_at < posting.created_on


def test_the_ledger_is_listed_by_posting_date_newest_first_page_by_page(
    story: Story, views: ReadModels
) -> None:
    connection = story.connect()
    day = DAY - timedelta(days=1)
    rows = [row(pex_id, Outcome.SKIPPED, "PENDING", day=day) for pex_id in (4, 2)]
    rows += [row(pex_id, Outcome.SKIPPED, "PENDING") for pex_id in (1, 5)]
    rows.append(row(5, Outcome.SKIPPED, "PENDING", record=Record.BUSINESS, kind=Kind.FEE))
    story.reported(connection, *rows)
    found: list[tuple[int, Record]] = []
    cursor = None
    while True:
        page = views.transactions(connection.id, EVERYTHING, 2, cursor)
        found.extend((one.pex_id, one.record) for one in page.items)
        cursor = page.next_cursor
        if cursor is None:
            break
    assert found == [
        (5, Record.CARD),
        (5, Record.BUSINESS),
        (1, Record.CARD),
        (4, Record.CARD),
        (2, Record.CARD),
    ]


def test_the_ledger_of_one_connection_shows_nothing_of_another(
    story: Story, views: ReadModels
) -> None:
    connection, other = story.connect(), story.connect(2002)
    story.reported(connection, row(7, Outcome.SKIPPED, "PENDING"))
    story.reported(other, row(7, Outcome.FAILED, "TAG_MISSING"), row(8, Outcome.FAILED))
    assert listed(views, connection) == [7]
    assert the(views, connection, 7).code == "PENDING"
    assert views.transaction(connection.id, "card", 8) is None


def test_the_ledger_is_filtered_by_outcome_kind_and_days(story: Story, views: ReadModels) -> None:
    connection = story.connect()
    story.reported(
        connection,
        row(1, Outcome.SKIPPED, "PENDING", day=date(2026, 8, 1)),
        row(2, Outcome.FAILED, "TAG_MISSING", day=date(2026, 8, 2)),
        row(3, Outcome.FAILED, "TAG_MISSING", kind=Kind.FEE, day=date(2026, 8, 3)),
        row(4, Outcome.ALREADY_POSTED, day=date(2026, 8, 4)),
    )
    assert listed(views, connection, TransactionFilter(outcome=Outcome.FAILED)) == [3, 2]
    assert listed(views, connection, TransactionFilter(outcome=Outcome.POSTED)) == [4]
    assert listed(views, connection, TransactionFilter(kind=Kind.FEE)) == [3]
    days = TransactionFilter(start=date(2026, 8, 2), end=date(2026, 8, 3))
    assert listed(views, connection, days) == [3, 2]
    both = TransactionFilter(Outcome.FAILED, Kind.PURCHASE, date(2026, 8, 1), date(2026, 8, 4))
    assert listed(views, connection, both) == [2]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("corner", [101]),
        ("  DELI ", [101]),
        ("ann l", [101]),
        ("deli ann", []),
        ("101", [101]),
        ("04", []),
        ("100%", [103]),
        ("%", [103]),
        ("_", [104]),
        ("a_c", [104]),
        ("/", [105]),
        ("STRASSE", [105]),
        ("\\", []),
        ("\0", []),
        ("²", []),
        ("9" * 19, []),
        ("9" * 30, []),
        ("", [105, 104, 103, 101]),
    ],
)
def test_a_search_finds_parts_of_names_and_whole_ids(
    story: Story, views: ReadModels, text: str, found: list[int]
) -> None:
    connection = story.connect()
    run = story.start(connection)
    posting = story.see(connection, run.id, 101)
    posting.withhold(State.FAILED, "TAG_MISSING", "No tag.", run.id, story.now())
    story.log.save(posting)
    story.report(
        run,
        row(103, Outcome.SKIPPED, "PENDING", merchant="100% Juice"),
        row(104, Outcome.SKIPPED, "PENDING", merchant="A_C Cooling"),
        row(105, Outcome.SKIPPED, "PENDING", merchant="Nord/Süd Straße"),
    )
    assert listed(views, connection, TransactionFilter(text=text)) == found


def test_a_transaction_is_found_by_its_kind_or_its_record(story: Story, views: ReadModels) -> None:
    connection = story.connect()
    story.reported(
        connection,
        row(7, Outcome.SKIPPED, "PENDING"),
        row(7, Outcome.FAILED, "TAG_MISSING", record=Record.BUSINESS, kind=Kind.FEE),
    )
    for name in ("purchase", "card"):
        assert the(views, connection, 7, name).record is Record.CARD
    for name in ("fee", "business"):
        assert the(views, connection, 7, name).record is Record.BUSINESS
    for name in ("invoice", "rebate", "nonsense", "", "\0"):
        assert views.transaction(connection.id, name, 7) is None
    assert views.transaction(connection.id, "card", 2**63) is None


def test_of_one_kind_in_two_records_the_card_comes_first(story: Story, views: ReadModels) -> None:
    connection = story.connect()
    story.reported(
        connection,
        row(7, Outcome.SKIPPED, "PENDING", record=Record.BUSINESS, kind=Kind.FEE),
        row(7, Outcome.SKIPPED, "PENDING", record=Record.CARD, kind=Kind.FEE),
    )
    assert the(views, connection, 7, "fee").record is Record.CARD


# --- what changes in PEX after posting --------------------------------------------------------


def test_a_posted_transaction_shows_what_differs_from_what_was_posted_and_since_when(
    story: Story, views: ReadModels
) -> None:
    connection = story.connect()
    run = story.start(connection)
    posting = story.post(connection, run, 7)
    assert (the(views, connection, 7).changes, the(views, connection, 7).missing_in_pex) == (
        (),
        None,
    )
    since = story.change(posting, run.id, "-52.10")
    view = the(views, connection, 7)
    assert view.changes == (pex_snapshot.Change("amount", "-48.60", "-52.10", since),)
    assert (view.outcome, view.state, view.run_id) == (Outcome.POSTED, State.POSTED, run.id)
    assert view.amount == Money.of("-48.60")
    story.change(posting, run.id, "-48.60")
    assert the(views, connection, 7).changes == ()


def test_a_transaction_shows_since_when_it_is_missing_until_it_is_back(
    story: Story, views: ReadModels
) -> None:
    connection = story.connect()
    run = story.start(connection)
    posting = story.post(connection, run, 7)
    since = story.now()
    posting.disappear(run.id, since)
    story.log.save(posting)
    story.report(run, row(7, Outcome.ALREADY_POSTED, "MISSING_IN_PEX"))
    assert the(views, connection, 7).missing_in_pex == since
    story.change(posting, run.id, "-48.60")
    assert the(views, connection, 7).missing_in_pex is None


def test_the_ledger_is_narrowed_to_what_changed_after_posting_or_to_the_rest(
    story: Story, views: ReadModels
) -> None:
    connection = story.connect()
    run = story.start(connection)
    changed, missing, back, _ = (story.post(connection, run, pex_id) for pex_id in (1, 2, 3, 4))
    story.report(run, row(5, Outcome.SKIPPED, "PENDING"))
    story.change(changed, run.id, "-52.10")
    missing.disappear(run.id, story.now())
    back.disappear(run.id, story.now())
    story.log.save(missing, back)
    story.change(back, run.id, "-48.60")
    assert listed(views, connection, TransactionFilter(changed=True)) == [2, 1]
    assert listed(views, connection, TransactionFilter(changed=False)) == [5, 4, 3]
    assert listed(views, connection, TransactionFilter(changed=True, text="2")) == [2]
    assert views.differences() == []


# --- the backlog ------------------------------------------------------------------------------

LEAVING = BacklogFilter(
    frozenset({Kind.PURCHASE, Kind.FEE}),
    LeavingDays(date(2025, 8, 16), date(2026, 6, 15), date(2026, 6, 24)),
)


def waiting(
    views: ReadModels, connection: Connection, wanted: BacklogFilter = LEAVING
) -> list[int]:
    return [one.pex_id for one in views.backlog(connection.id, wanted, 100).items]


def test_the_backlog_holds_what_would_be_posted_if_somebody_acted(
    story: Story, views: ReadModels
) -> None:
    connection, other = story.connect(), story.connect(2002)
    day = date(2026, 6, 20)
    run = story.start(connection)
    held = _submitted(story, connection, run, 5)
    held.hold("PARTLY_FOUND", "Half of it is there.", run.id, story.now())
    doubted = _submitted(story, connection, run, 6)
    story.log.save(held)
    story.post(connection, run, 7, day=day)
    story.report(
        run,
        row(1, Outcome.SKIPPED, "NOT_APPROVED", day=day),
        row(2, Outcome.FAILED, "EXPENSE_ACCOUNT_UNMAPPED", day=day),
        row(3, Outcome.SKIPPED, "KIND_OFF", day=day),
        row(4, Outcome.SKIPPED, "PENDING", day=day),
        row(5, Outcome.FAILED, "PARTLY_FOUND", day=day),
        row(6, Outcome.IN_DOUBT, "IN_DOUBT", day=day),
        row(8, Outcome.ALREADY_POSTED, day=day),
        row(9, Outcome.FAILED, "TAG_MISSING", kind=Kind.TRANSFER, day=day),
    )
    story.reported(other, row(10, Outcome.FAILED, "TAG_MISSING", day=day))
    assert doubted.state is State.SUBMITTED
    assert waiting(views, connection) == [1, 2, 5]
    (first, *_) = views.backlog(connection.id, LEAVING, 1).items
    assert first == the(views, connection, 1)


def test_the_backlog_follows_the_newest_outcome(story: Story, views: ReadModels) -> None:
    connection = story.connect()
    day = date(2026, 6, 20)
    story.reported(connection, row(1, Outcome.SKIPPED, "NOT_APPROVED", day=day))
    assert waiting(views, connection) == [1]
    run = story.start(connection)
    story.post(connection, run, 1, day=day)
    assert waiting(views, connection) == []


def test_the_backlog_is_listed_by_day_and_what_left_comes_last_page_by_page(
    story: Story, views: ReadModels
) -> None:
    connection = story.connect()
    days = {
        1: date(2026, 6, 14),
        2: date(2025, 8, 16),
        3: date(2026, 6, 24),
        4: date(2026, 6, 15),
        5: date(2026, 6, 15),
        6: date(2026, 6, 25),
        7: date(2025, 8, 15),
    }
    rows = [row(pex_id, Outcome.FAILED, "TAG_MISSING", day=day) for pex_id, day in days.items()]
    rows.append(row(5, Outcome.FAILED, "X", record=Record.BUSINESS, kind=Kind.FEE, day=days[5]))
    story.reported(connection, *rows)
    found: list[tuple[int, Record]] = []
    cursor = None
    while True:
        page = views.backlog(connection.id, LEAVING, 2, cursor)
        found.extend((one.pex_id, one.record) for one in page.items)
        cursor = page.next_cursor
        if cursor is None:
            break
    assert found == [
        (4, Record.CARD),
        (5, Record.BUSINESS),
        (5, Record.CARD),
        (3, Record.CARD),
        (2, Record.CARD),
        (1, Record.CARD),
    ]


# --- streams ----------------------------------------------------------------------------------


def test_unfinished_are_the_reserved_the_submitted_and_the_doubtful(
    story: Story, views: ReadModels
) -> None:
    connection, other = story.connect(), story.connect(2002)
    run = story.start(connection)
    released, submitted, doubted, rejected, stranger = (
        _submitted(story, owner, run, pex_id)
        for pex_id, owner in enumerate([connection, connection, connection, connection, other])
    )
    released.release("Nothing of it is there.", run.id, story.now())
    doubted.doubt("No answer came.", run.id, story.now())
    rejected.reject("ACCOUNT_BLOCKED", "Blocked.", run.id, story.now())
    story.log.save(released, doubted, rejected)
    posted = story.post(connection, run, 50)
    assert set(views.unfinished(connection.id)) == {released.id, submitted.id, doubted.id}
    assert list(views.unfinished(other.id)) == [stranger.id]
    assert list(views.posted(connection.id)) == [posted.id]


def test_what_is_posted_on_some_days_is_told_by_its_keys_page_by_page(
    story: Story, views: ReadModels
) -> None:
    connection, other = story.connect(), story.connect(2002)
    run, elsewhere = story.start(connection), story.start(other)
    days = SyncWindow(date(2026, 8, 2), date(2026, 8, 4))
    for pex_id in range(1, 6):
        story.post(connection, run, pex_id, day=date(2026, 8, pex_id))
    story.post(other, elsewhere, 6, day=date(2026, 8, 3))
    story.report(
        run,
        row(7, Outcome.ALREADY_POSTED, day=date(2026, 8, 3)),
        row(8, Outcome.FAILED, "TAG_MISSING", day=date(2026, 8, 3)),
    )
    missing = story.post(connection, run, 9, day=date(2026, 8, 3))
    missing.disappear(run.id, story.now())
    story.log.save(missing)
    first = views.posted_within(connection.id, days, 2)
    assert first.items == tuple(PostedKey(Record.CARD, at, Kind.PURCHASE) for at in (4, 3))
    second = views.posted_within(connection.id, days, 2, first.next_cursor)
    assert second == Page((PostedKey(Record.CARD, 2, Kind.PURCHASE),), None)
    story.change(missing, run.id, "-48.60")
    assert len(views.posted_within(connection.id, days, 10).items) == 4


def test_a_report_does_not_finish_what_is_unfinished(story: Story, views: ReadModels) -> None:
    connection = story.connect()
    run = story.start(connection)
    posting = _submitted(story, connection, run, 7)
    posting.release("Nothing of it is there.", run.id, story.now())
    story.log.save(posting)
    story.report(run, row(7, Outcome.SKIPPED, "KIND_OFF"))
    assert list(views.unfinished(connection.id)) == [posting.id]
    assert the(views, connection, 7).outcome is Outcome.SKIPPED


def _submitted(
    story: Story, connection: Connection, run: SyncRun, pex_id: int
) -> PostedTransaction:
    posting = story.see(connection, run.id, pex_id)
    story.submit(posting, run.id)
    return posting


# --- receipts ---------------------------------------------------------------------------------


def test_receipts_are_shown_by_number_with_what_became_of_them(
    story: Story, views: ReadModels
) -> None:
    connection = story.connect()
    receipts = _receipts(story, connection, 7, "b", "a", "c")
    holder = Holder("line-7b", Place.JOURNAL, "PEX-7-X1")
    file = receipt_file(DocumentKeys.of(Record.CARD, 7), "b", 1, b"%PDF-1.7")
    sent_at = story.now()
    receipts.send(sent_at, (file,), holder, uuid4())
    story.log.save(receipts)
    (sending, found, _) = views.receipts(connection.id, Record.CARD, 7)
    assert (sending.receipt_id, sending.status, sending.code) == (
        "b",
        ReceiptStatus.SENDING,
        "RECEIPT_IN_DOUBT",
    )
    assert (sending.file_name, sending.place, sending.at) == ("PEX-7-1.pdf", None, sent_at)
    assert (found.receipt_id, found.number, found.status) == ("a", 2, ReceiptStatus.FOUND)
    receipts.attach(story.now(), (Attached(file, "file-1"),), holder, uuid4())
    receipts.withhold("a", ReceiptHasMalware(), uuid4(), story.now())
    receipts.note_presence(("a", "c"), uuid4(), story.now())
    story.log.save(receipts)
    (attached, skipped, _) = views.receipts(connection.id, Record.CARD, 7)
    assert (attached.status, attached.code, attached.cause) == (ReceiptStatus.ATTACHED, None, None)
    assert (attached.file_id, attached.size, attached.sha256) == ("file-1", 8, file.sha256)
    assert (attached.place, attached.parent_id) == (Place.JOURNAL, "line-7b")
    assert attached.gone_from_pex
    assert (skipped.status, skipped.code, skipped.cause) == (
        ReceiptStatus.SKIPPED,
        "RECEIPT_HAS_MALWARE",
        ReceiptHasMalware().cause,
    )
    assert views.differences() == []


def test_a_list_that_pex_refuses_is_shown_until_it_works_again(
    story: Story, views: ReadModels
) -> None:
    connection = story.connect()
    receipts = _receipts(story, connection, 7, "a")
    noted_at = story.now()
    receipts.note_listing(("PEX_REFUSED", "PEX answered 400."), uuid4(), noted_at)
    story.log.save(receipts)
    (trouble, found) = views.receipts(connection.id, Record.CARD, 7)
    assert (trouble.receipt_id, trouble.number, trouble.status) == ("", 0, ReceiptStatus.FAILED)
    assert (trouble.code, trouble.cause, trouble.at) == (
        "PEX_REFUSED",
        "PEX answered 400.",
        noted_at,
    )
    assert found.receipt_id == "a"
    receipts.note_listing(None, uuid4(), story.now())
    story.log.save(receipts)
    assert [one.receipt_id for one in views.receipts(connection.id, Record.CARD, 7)] == ["a"]


def test_receipts_belong_to_one_transaction_of_one_connection(
    story: Story, views: ReadModels
) -> None:
    connection, other = story.connect(), story.connect(2002)
    _receipts(story, connection, 7, "a")
    _receipts(story, connection, 8, "b")
    _receipts(story, other, 7, "c")
    assert [one.receipt_id for one in views.receipts(connection.id, Record.CARD, 7)] == ["a"]
    assert views.receipts(connection.id, Record.BUSINESS, 7) == []
    assert views.receipts(uuid4(), Record.CARD, 7) == []


def test_purchases_in_the_books_are_found_by_their_posting_dates(
    story: Story, views: ReadModels
) -> None:
    connection, other = story.connect(), story.connect(2002)
    run, elsewhere = story.start(connection), story.start(other)
    for pex_id in range(1, 6):
        story.post(connection, run, pex_id, DAY + timedelta(days=pex_id))
    story.post(other, elsewhere, 3, DAY + timedelta(days=3))
    fee = story.see(connection, run.id, 6, kind=Kind.FEE)
    story.submit(fee, run.id, DAY + timedelta(days=3))
    fee.confirm(("a", "b"), run.id, story.now())
    story.log.save(fee)
    _submitted(story, connection, run, 7)
    within = views.posted_purchases(connection.id, DAY + timedelta(days=2), DAY + timedelta(days=4))
    assert sorted(within) == [(Record.CARD, 2), (Record.CARD, 3), (Record.CARD, 4)]


def test_a_run_counts_receipts_and_how_far_it_is_with_them(story: Story, views: ReadModels) -> None:
    connection = story.connect()
    run = story.start(connection)
    run.seek_receipts(story.now(), 7)
    run.tend_receipts(story.now(), 3, 2, 1)
    run.tend_receipts(story.now(), 1, 1, 0)
    story.log.save(run)
    story.report(run, row(7, Outcome.POSTED))
    view = views.run(run.id)
    assert view is not None
    assert view.counts == Counts(
        posted=1,
        receipts=3,
        receipts_failed=1,
        to_ask_for_receipts=7,
        asked_for_receipts=4,
    )


def _receipts(story: Story, connection: Connection, pex_id: int, *ids: str) -> TransactionReceipts:
    receipts = TransactionReceipts(
        story.now(), connection.id, connection.business_id, Record.CARD, pex_id, uuid4()
    )
    receipts.find(ids, uuid4(), story.now())
    story.log.save(receipts)
    return receipts


# --- cursors ----------------------------------------------------------------------------------


@pytest.mark.parametrize("cursor", ["", "nonsense", "e30", "WzFd", "é", "bnVsbA==", "\0", "WyJh"])
def test_a_cursor_that_no_page_handed_out_is_refused(
    story: Story, views: ReadModels, cursor: str
) -> None:
    connection = story.connect()
    story.reported(connection, row(7, Outcome.SKIPPED, "PENDING"))
    asked: list[Callable[[], object]] = [
        lambda: views.connections(None, 10, cursor),
        lambda: views.runs(connection.id, 10, cursor),
        lambda: views.transactions(connection.id, EVERYTHING, 10, cursor),
        lambda: views.backlog(connection.id, LEAVING, 10, cursor),
        lambda: views.posted_within(connection.id, WINDOW, 10, cursor),
    ]
    for ask in asked:
        with pytest.raises(CursorRefused) as refused:
            ask()
        assert refused.value.code == "CURSOR_REFUSED"


# --- replay -----------------------------------------------------------------------------------


def test_a_rebuild_shows_the_same_again(story: Story, views: ReadModels) -> None:
    connection = story.connect()
    run = story.start(connection)
    story.post(connection, run, 7)
    story.report(run, row(8, Outcome.FAILED, "TAG_MISSING"))
    story.end(connection, run)

    def everything() -> object:
        return (
            views.connections(None, 10),
            views.settings_versions(connection.id),
            views.runs(connection.id, 10),
            views.report(run.id, None, 10),
            views.transactions(connection.id, EVERYTHING, 10),
        )

    before = everything()
    views.rebuild()
    assert everything() == before
    assert views.differences() == []
