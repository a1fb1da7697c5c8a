"""Each way in which other connectors are known to post twice or to lose, by its name."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from application.ports.pex import PexTokenRefused, PexUnavailable
from application.start_run import KindNotOn
from application_world import DEPARTMENT_TAG, EXPENSE_TAG, Worker, World, purchase, settings
from domain.connection import RunActive, Status
from domain.money import Money
from domain.pex_transaction import Allocation, Kind, PexTransaction, Record, TagValue
from domain.posted_transaction import PostedTransaction, State
from domain.sync_run import RunStatus, Trigger


def test_a_second_trigger_while_the_first_is_queued_is_refused(world: World) -> None:
    first = world.start()
    with pytest.raises(RunActive) as refused:
        world.start()
    assert refused.value.run_id == first


def test_a_manual_run_beside_the_nightly_one_is_refused(world: World) -> None:
    world.start(trigger=Trigger.AUTO)
    with pytest.raises(RunActive):
        world.start()


def test_an_answer_lost_after_the_commit_posts_once(world: World) -> None:
    world.pex.all_rows = [purchase(1), purchase(2)]
    world.journal.moods = ["lost after"]
    run = world.sync()
    assert run.status is RunStatus.SUCCEEDED
    assert run.counts.posted == 2
    assert world.journal.submissions == 1
    assert [world.times_in_books(pex_id) for pex_id in (1, 2)] == [1, 1]


def test_an_answer_lost_before_the_commit_posts_after_the_horizon(world: World) -> None:
    world.pex.all_rows = [purchase(1)]
    world.journal.moods = ["lost before"]
    began = world.clock.now()
    run = world.sync()
    assert world.times_in_books(1) == 1
    assert world.journal.submissions == 2
    assert run.counts.posted == 1
    assert world.clock.now() - began >= timedelta(seconds=720)


def test_what_is_sent_again_bears_the_same_numbers(world: World) -> None:
    world.pex.all_rows = [purchase(1)]
    world.journal.moods = ["lost before"]
    run_id = world.start()
    for _ in range(4):
        world.worker.step(run_id)
    reserved = world.posting(1).line_numbers
    world.finish(run_id)
    assert tuple(sorted(world.journal.by_number)) == reserved


def test_a_commit_that_comes_late_posts_once(world: World) -> None:
    world.pex.all_rows = [purchase(1)]
    world.journal.moods = ["late"]
    world.sync()
    assert world.times_in_books(1) == 1


def test_an_entry_posted_by_the_user_while_its_answer_was_lost_is_adopted(world: World) -> None:
    world.pex.all_rows = [purchase(1)]
    world.journal.moods = ["lost after"]
    run_id = world.start()
    for _ in range(4):
        world.worker.step(run_id)
    world.journal.posting_series = "GJ-0001"
    world.journal.post_all()
    world.finish(run_id)
    assert world.times_in_books(1) == 1
    assert world.posting(1).state is State.POSTED


def test_a_refused_sign_in_in_the_middle_loses_nothing(world: World) -> None:
    world.pex.all_rows = [purchase(1)]
    world.pex.refusals = [PexTokenRefused("Token expired or does not exist")]
    run = world.sync()
    assert run.status is RunStatus.FAILED
    assert run.code == "PEX_TOKEN_REFUSED"
    assert world.connection.status is Status.ACTION_REQUIRED
    assert world.sync().counts.posted == 1
    assert world.times_in_books(1) == 1


@pytest.mark.parametrize("boundary", range(1, 12))
def test_a_crash_at_any_boundary_neither_loses_nor_doubles(world: World, boundary: int) -> None:
    world.pex.all_rows = [purchase(pex_id) for pex_id in range(1, 61)]
    run_id = world.start()
    for _ in range(12):
        world.worker.step(run_id, crash_after=boundary)
    world.finish(run_id, Worker(world))
    assert {world.times_in_books(pex_id) for pex_id in range(1, 61)} == {1}


def test_a_lost_event_log_mark_is_found_again_in_bc(world: World) -> None:
    world.pex.all_rows = [purchase(1)]
    world.sync()
    elsewhere = World()
    elsewhere.pex.all_rows = [purchase(1)]
    elsewhere.journal.by_number = dict(world.journal.by_number)
    run = elsewhere.sync()
    assert elsewhere.outcomes(run.id) == {1: "already_posted"}
    assert elsewhere.times_in_books(1) == 1
    assert elsewhere.journal.submissions == 0


def test_a_user_who_posts_between_the_two_reads_of_a_look_hides_no_entry(world: World) -> None:
    world.pex.all_rows = [purchase(1)]
    world.sync()
    elsewhere = World()
    elsewhere.pex.all_rows = [purchase(1)]
    elsewhere.journal.by_number = dict(world.journal.by_number)
    lines, entries = elsewhere.journal.lines, elsewhere.journal.ledger_entries
    reads: list[str] = []

    def post_after_the_first_read(name: str) -> None:
        reads.append(name)
        if len(reads) == 1:
            elsewhere.journal.post_all()

    def lines_then_post(*args: object) -> object:
        found = lines(*args)  # type: ignore[arg-type]
        post_after_the_first_read("lines")
        return found

    def entries_then_post(*args: object) -> object:
        found = entries(*args)  # type: ignore[arg-type]
        post_after_the_first_read("entries")
        return found

    elsewhere.journal.lines = lines_then_post  # type: ignore[method-assign,assignment]
    elsewhere.journal.ledger_entries = entries_then_post  # type: ignore[method-assign,assignment]
    elsewhere.sync()
    assert elsewhere.times_in_books(1) == 1
    assert elsewhere.journal.submissions == 0


def test_a_posted_entry_whose_number_was_replaced_is_found_by_its_text(world: World) -> None:
    world.pex.all_rows = [purchase(1)]
    world.sync()
    world.journal.posting_series = "GJ-0007"
    world.journal.post_all()
    elsewhere = World()
    elsewhere.pex.all_rows = [purchase(1)]
    elsewhere.journal.ledger = list(world.journal.ledger)
    run = elsewhere.sync()
    assert elsewhere.outcomes(run.id) == {1: "already_posted"}


def test_an_id_that_is_the_start_or_end_of_another_is_no_hit(world: World) -> None:
    world.pex.all_rows = [purchase(91827)]
    world.sync()
    world.journal.post_all()
    world.pex.all_rows = [purchase(91827), purchase(9182), purchase(1827), purchase(918270)]
    run = world.sync()
    assert world.outcomes(run.id) == {
        91827: "already_posted",
        9182: "posted",
        1827: "posted",
        918270: "posted",
    }


def test_an_entry_dated_before_the_window_is_left_alone_and_one_within_is_posted(
    world: World,
) -> None:
    old = purchase(1, day=date(2026, 6, 14))
    first = purchase(2, day=date(2026, 6, 15))
    world.pex.all_rows = [old, first]
    run = world.sync()
    assert world.outcomes(run.id) == {2: "posted"}


def test_a_purchase_made_before_the_window_and_settled_within_is_posted(world: World) -> None:
    row = purchase(1, day=date(2026, 6, 20))
    earlier = replace(row, transacted_at=row.transacted_at - timedelta(days=9))
    world.pex.all_rows = [earlier]
    assert world.sync().counts.posted == 1


def test_one_deleted_tag_costs_nobody_else(world: World) -> None:
    odd = replace(purchase(1), tags=(TagValue("tag-gone", "x"), TagValue(EXPENSE_TAG, "62400")))
    world.pex.all_rows = [odd, purchase(2)]
    run = world.sync()
    assert set(world.outcomes(run.id).values()) == {"posted"}


def test_a_transaction_without_tags_takes_the_default(world: World) -> None:
    world.pex.all_rows = [purchase(1, expense=None)]
    world.sync()
    assert world.posting(1).numbered.entry.lines[0].account_number == "61100"


def test_an_unknown_tag_value_is_refused_and_never_replaced_by_the_default(world: World) -> None:
    world.pex.all_rows = [purchase(1, expense="77777"), purchase(2)]
    run = world.sync()
    assert world.outcomes(run.id) == {1: "failed:VALUE_UNKNOWN", 2: "posted"}
    assert run.status is RunStatus.PARTLY_FAILED


def test_a_failed_transaction_is_tried_again_by_the_next_run(world: World) -> None:
    world.pex.all_rows = [purchase(1, expense="77777")]
    world.sync()
    world.pex.all_rows = [purchase(1)]
    assert world.sync().counts.posted == 1


def test_an_approval_given_later_is_posted_by_the_next_run(world: World) -> None:
    world.pex.all_rows = [purchase(1, approval=None)]
    assert world.outcomes(world.sync().id) == {1: "skipped:NOT_APPROVED"}
    world.pex.all_rows = [purchase(1)]
    assert world.outcomes(world.sync().id) == {1: "posted"}


def test_an_approval_given_after_the_automatic_window_is_taken_by_a_manual_run(
    world: World,
) -> None:
    world.save_settings(replace(settings(), start_date=date(2026, 5, 1)))
    world.pex.all_rows = [purchase(1, day=date(2026, 5, 20))]
    automatic = world.sync(trigger=Trigger.AUTO)
    assert world.outcomes(automatic.id) == {}
    assert world.outcomes(world.sync().id) == {1: "posted"}


def test_settings_saved_during_a_run_do_not_change_it(world: World) -> None:
    world.pex.all_rows = [purchase(pex_id, expense=None) for pex_id in range(1, 121)]
    run_id = world.start()
    for _ in range(4):
        world.worker.step(run_id)
    purchases = settings().purchases
    other = replace(
        purchases.mappings[0], source=replace(purchases.mappings[0].source, default="68000")
    )
    changed = replace(purchases, mappings=(other,))
    world.save_settings(replace(settings(), purchases=changed))
    world.finish(run_id)
    accounts = {
        world.posting(pex_id).numbered.entry.lines[0].account_number for pex_id in range(1, 121)
    }
    assert accounts == {"61100"}


def test_an_entry_that_bc_refuses_costs_one_request_and_sinks_nobody(world: World) -> None:
    world.pex.all_rows = [purchase(pex_id) for pex_id in range(1, 51)]
    world.journal.refused_documents = {"PEX-7-X1"}
    run = world.sync()
    assert world.outcomes(run.id)[7] == "failed:REFUSED_BY_BC"
    assert run.counts.posted == 49
    assert world.journal.submissions == 2


def test_a_refused_dimension_refuses_its_own_entry_alone(world: World) -> None:
    odd = replace(purchase(1), tags=(*purchase(1).tags, TagValue(DEPARTMENT_TAG, "NOWHERE")))
    world.pex.all_rows = [odd, purchase(2)]
    assert world.outcomes(world.sync().id) == {1: "failed:VALUE_UNKNOWN", 2: "posted"}


def test_splits_that_do_not_add_up_refuse_their_own_entry_alone(world: World) -> None:
    parts = (
        Allocation(Decimal("20.00"), (TagValue(EXPENSE_TAG, "62400"),)),
        Allocation(Decimal("20.00"), (TagValue(EXPENSE_TAG, "61100"),)),
    )
    world.pex.all_rows = [replace(purchase(1), allocations=parts), purchase(2)]
    assert world.outcomes(world.sync().id) == {1: "failed:SPLITS_DO_NOT_ADD_UP", 2: "posted"}


def test_rows_are_never_grouped_however_alike_they_are(world: World) -> None:
    world.pex.all_rows = [purchase(1), purchase(2), purchase(3)]
    assert world.sync().counts.posted == 3
    assert [world.times_in_books(pex_id) for pex_id in (1, 2, 3)] == [1, 1, 1]


def test_a_row_that_appears_late_is_posted_though_newer_ones_were_already(world: World) -> None:
    world.pex.all_rows = [purchase(2, day=date(2026, 8, 10))]
    world.sync()
    world.pex.all_rows.append(purchase(1, day=date(2026, 8, 1)))
    assert world.outcomes(world.sync().id) == {2: "already_posted", 1: "posted"}


def test_a_service_that_is_away_is_waited_for_and_the_run_goes_on(world: World) -> None:
    world.pex.all_rows = [purchase(1)]
    world.pex.refusals = [PexUnavailable("503", 40), PexUnavailable("no answer")]
    began = world.clock.now()
    assert world.sync().counts.posted == 1
    assert world.clock.now() - began >= timedelta(seconds=40)


def test_a_service_that_stays_away_ends_the_run_and_the_next_goes_on(world: World) -> None:
    world.pex.all_rows = [purchase(1)]
    world.pex.refusals = [PexUnavailable("503")] * 20
    run = world.sync()
    assert (run.status, run.code) == (RunStatus.FAILED, "PEX_UNAVAILABLE")
    world.pex.refusals = []
    assert world.sync().counts.posted == 1


def test_a_429_keeps_the_reservation_and_sends_it_again(world: World) -> None:
    world.pex.all_rows = [purchase(1)]
    world.journal.moods = ["busy", "busy"]
    run = world.sync()
    assert run.counts.posted == 1
    assert world.posting(1).attempts == 3
    assert world.times_in_books(1) == 1


def test_a_number_taken_by_a_stranger_is_left_behind(world: World) -> None:
    world.pex.all_rows = [purchase(1)]
    world.sync()
    taken = max(world.journal.by_number) + 10
    world.journal.add_line(taken)
    world.pex.all_rows = [purchase(1), purchase(2)]
    assert world.outcomes(world.sync().id) == {1: "already_posted", 2: "posted"}
    assert taken not in world.posting(2).line_numbers


def test_an_entry_that_the_user_deleted_is_not_made_again(world: World) -> None:
    world.pex.all_rows = [purchase(1)]
    world.sync()
    for number in list(world.journal.by_number):
        world.journal.delete_line(number)
    assert world.outcomes(world.sync().id) == {1: "already_posted"}
    assert world.times_in_books(1) == 0


def test_an_entry_whose_external_number_the_user_edited_is_not_made_again(world: World) -> None:
    world.pex.all_rows = [purchase(1)]
    world.journal.moods = ["lost after"]
    run_id = world.start()
    for _ in range(4):
        world.worker.step(run_id)
    for number in list(world.journal.by_number):
        world.journal.edit_line(number, external_document_number="RECEIPT 7")
    world.finish(run_id)
    assert len(world.journal.by_number) == 2
    assert world.posting(1).state is State.POSTED


def test_an_entry_found_in_part_waits_for_a_person(world: World) -> None:
    world.pex.all_rows = [purchase(1)]
    world.journal.moods = ["lost after"]
    run_id = world.start()
    for _ in range(4):
        world.worker.step(run_id)
    world.journal.delete_line(min(world.journal.by_number))
    world.finish(run_id)
    assert world.outcomes(run_id) == {1: "failed:PARTLY_FOUND"}
    assert world.outcomes(world.sync().id) == {1: "failed:PARTLY_FOUND"}
    assert world.times_in_books(1) == 1


def test_a_missing_journal_stops_the_run_and_asks_for_action(world: World) -> None:
    world.pex.all_rows = [purchase(1)]
    world.journal.missing = True
    run = world.sync()
    assert (run.status, run.code) == (RunStatus.FAILED, "JOURNAL_MISSING")
    assert world.connection.trouble is not None
    assert world.connection.trouble[0] == "JOURNAL_MISSING"
    world.journal.missing = False
    assert world.sync().counts.posted == 1


def test_two_lost_answers_in_a_row_stop_the_sending_until_they_are_settled(world: World) -> None:
    world.pex.all_rows = [purchase(pex_id) for pex_id in range(1, 301)]
    world.journal.moods = ["lost after", "lost after", "lost after"]
    run_id = world.start()
    for _ in range(12):
        world.worker.step(run_id)
    assert world.journal.submissions == 2
    world.finish(run_id)
    assert {world.times_in_books(pex_id) for pex_id in range(1, 301)} == {1}


def test_a_preview_writes_nothing_anywhere(world: World) -> None:
    world.pex.all_rows = [purchase(1), purchase(2, expense="77777")]
    run = world.sync(preview=True)
    assert world.outcomes(run.id) == {1: "would_post", 2: "failed:VALUE_UNKNOWN"}
    assert world.report(run.id)[0].lines
    assert world.journal.submissions == 0
    assert world.log.all_of(PostedTransaction) == []


def test_a_kind_that_is_off_cannot_be_chosen(world: World) -> None:
    with pytest.raises(KindNotOn):
        world.start(kinds=(Kind.BILL_PAYMENT,))


def test_a_run_of_chosen_kinds_leaves_the_others_alone(world: World) -> None:
    fee = replace(
        purchase(2, "-0.97"), transaction_type="Transfer", category="CardAccountFee", tags=()
    )
    world.pex.all_rows = [purchase(1), fee]
    run = world.sync(kinds=(Kind.FEE,))
    assert world.outcomes(run.id) == {2: "posted"}


def test_rows_that_fit_no_kind_are_listed_and_never_posted(world: World) -> None:
    odd = PexTransaction(
        Record.BUSINESS,
        5,
        Money(Decimal("-3.00")),
        purchase(1).transacted_at,
        None,
        "Transfer",
        "Mystery",
    )
    world.pex.all_rows = [odd]
    assert world.outcomes(world.sync().id) == {5: "skipped:UNCLASSIFIED"}


def test_a_worker_that_slept_too_long_before_sending_sends_nothing(world: World) -> None:
    world.pex.all_rows = [purchase(1)]
    run_id = world.start()
    submit = world.journal.submit

    def sleepy(*args: object) -> object:
        world.clock.advance(61)
        return submit(*args)  # type: ignore[arg-type]

    world.journal.submit = sleepy  # type: ignore[method-assign,assignment]
    for _ in range(4):
        world.worker.step(run_id)
    assert world.journal.by_number == {}
    world.journal.submit = submit  # type: ignore[method-assign]
    world.finish(run_id)
    assert world.times_in_books(1) == 1
