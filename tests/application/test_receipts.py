"""Receipts reach the PEX line of their entry, each once, and never hinder the entry (M24)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest

from application.ports.company_data import BusinessCentralRefused, BusinessCentralUnavailable
from application.ports.pex import (
    PexRequestRefused,
    PexTokenRefused,
    PexUnavailable,
    ReceiptUnreadable,
    UploadStatus,
)
from application.ports.receipt_files import NewFile, Parent, ParentGone, StoredFile
from application_world import Crash, Worker, World, purchase, settings
from domain.connection import Status
from domain.pex_transaction import Kind, Record
from domain.posted_transaction import Place
from domain.receipts import Receipt, ReceiptStatus
from domain.sync_run import RunStatus, SyncRun
from domain.transaction_receipts import TransactionReceipts

PDF, PNG, JPG = b"%PDF-1.7 one", b"\x89PNG\r\n\x1a\n two", b"\xff\xd8\xff\xe0 three"
HORIZON = timedelta(seconds=720)


def files_on(world: World, parent: Parent) -> dict[str, bytes]:
    listed = world.files.files([parent])[0]
    assert not isinstance(listed, ParentGone)
    assert len({one.file_name for one in listed}) == len(listed), "a file stands there twice"
    return {one.file_name: world.files.contents[one.id] for one in listed}


def on_pex_line(world: World, pex_id: int) -> dict[str, bytes]:
    """The files on the PEX line of an unposted entry, which is its last."""
    return files_on(world, Parent(world.posting(pex_id).line_ids[-1], Place.JOURNAL))


def in_ledger(world: World, pex_id: int) -> dict[str, bytes]:
    entry = next(one for one in world.journal.ledger if one.description.endswith(f"PEX {pex_id}"))
    return files_on(world, Parent(entry.id, Place.LEDGER))


def receipts(world: World, pex_id: int) -> TransactionReceipts:
    stream = TransactionReceipts.create_id(world.pex.business_id, Record.CARD, pex_id)
    return world.log.load(TransactionReceipts, stream)


def receipt(world: World, pex_id: int, receipt_id: str) -> Receipt:
    return receipts(world, pex_id).receipts[receipt_id]


def counted(run: SyncRun) -> tuple[int, int]:
    """Attached and failed."""
    return run.counts.receipts, run.counts.receipts_failed


def asked(run: SyncRun) -> tuple[int, int]:
    return run.counts.asked_for_receipts, run.counts.to_ask_for_receipts


def watch(
    monkeypatch: pytest.MonkeyPatch, owner: object, name: str, told: Callable[..., object]
) -> None:
    """Tell of each call before it is answered as ever."""
    real = getattr(owner, name)

    def watched(*arguments: object) -> object:
        told(*arguments)
        return real(*arguments)

    monkeypatch.setattr(owner, name, watched)


# --- attaching ------------------------------------------------------------------------------------


def test_every_loaded_receipt_stands_on_the_pex_line_byte_for_byte(world: World) -> None:
    world.pex.all_rows = [purchase(1), purchase(2)]
    world.pex.add_receipt(1, "a", PDF)
    world.pex.add_receipt(1, "b", PNG)
    world.pex.add_receipt(2, "c", JPG)
    run = world.sync()
    assert on_pex_line(world, 1) == {"PEX-1-1.pdf": PDF, "PEX-1-2.png": PNG}
    assert on_pex_line(world, 2) == {"PEX-2-1.jpg": JPG}
    assert counted(run) == (3, 0)
    assert asked(run) == (2, 2)
    assert run.status is RunStatus.SUCCEEDED


def test_no_other_line_bears_a_file(world: World) -> None:
    world.pex.all_rows = [purchase(1)]
    world.pex.add_receipt(1, "a", PDF)
    world.sync()
    pex_line = world.posting(1).line_ids[-1]
    others = [line for line in world.journal.by_number.values() if line.id != pex_line]
    assert [files_on(world, Parent(line.id, Place.JOURNAL)) for line in others] == [{}]


def test_a_refunds_receipt_stands_on_its_pex_line_too(world: World) -> None:
    world.pex.all_rows = [purchase(1, "48.60")]
    world.pex.add_receipt(1, "a", PDF)
    world.sync()
    line = next(
        one for one in world.journal.by_number.values() if one.id == world.posting(1).line_ids[-1]
    )
    assert line.account_number == "10950"
    assert on_pex_line(world, 1) == {"PEX-1-1.pdf": PDF}


def test_what_is_remembered_of_an_attached_receipt_names_size_digest_and_place(
    world: World,
) -> None:
    world.pex.all_rows = [purchase(1)]
    world.pex.add_receipt(1, "a", PDF)
    run = world.sync()
    (view,) = world.read_models.receipts(world.connection_id, Record.CARD, 1)
    assert (view.status, view.file_name, view.size) == (
        ReceiptStatus.ATTACHED,
        "PEX-1-1.pdf",
        len(PDF),
    )
    assert view.sha256 is not None
    assert (view.place, view.parent_id) == (Place.JOURNAL, world.posting(1).line_ids[-1])
    assert view.file_id in world.files.contents
    assert run.counts.posted == 1


def test_fees_and_transfers_are_never_asked_for_receipts(world: World) -> None:
    fee = replace(
        purchase(2, "-0.97"), transaction_type="Transfer", category="CardAccountFee", tags=()
    )
    world.pex.all_rows = [fee]
    world.pex.add_receipt(2, "a", PDF)
    run = world.sync()
    assert run.counts.posted == 1
    assert asked(run) == (0, 0)
    assert world.files.contents == {}


def test_a_purchase_that_is_not_posted_is_not_asked_for_receipts(world: World) -> None:
    world.pex.all_rows = [purchase(1, approval=None), purchase(2, expense="77777")]
    world.pex.add_receipt(1, "a", PDF)
    assert asked(world.sync()) == (0, 0)


def test_with_attachments_off_no_receipt_is_asked_for(world: World) -> None:
    purchases = replace(settings().purchases, attachments=False)
    world.save_settings(replace(settings(), purchases=purchases))
    world.pex.all_rows = [purchase(1)]
    world.pex.add_receipt(1, "a", PDF)
    assert asked(world.sync()) == (0, 0)
    world.save_settings(settings())
    assert counted(world.sync()) == (1, 0)


def test_a_run_of_other_kinds_and_a_preview_leave_receipts_alone(world: World) -> None:
    world.pex.all_rows = [purchase(1)]
    world.sync()
    world.pex.add_receipt(1, "a", PDF)
    assert asked(world.sync(kinds=(Kind.FEE,))) == (0, 0)
    assert asked(world.sync(preview=True)) == (0, 0)
    assert world.files.creations == 0


def test_a_purchase_dated_outside_the_runs_days_is_not_asked(world: World) -> None:
    world.pex.all_rows = [purchase(1)]
    world.sync()
    world.pex.add_receipt(1, "a", PDF)
    later = world.posting(1).facts.settled_on + timedelta(days=1)
    assert asked(world.sync(start=later)) == (0, 0)


def test_nothing_to_attach_means_no_request_to_business_central(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.pex.all_rows = [purchase(1)]

    def never(*_: object) -> None:
        raise AssertionError("Business Central was asked")

    monkeypatch.setattr(world.files, "files", never)
    assert asked(world.sync()) == (1, 1)


def test_lists_and_new_files_of_many_purchases_travel_together(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.pex.all_rows = [purchase(pex_id) for pex_id in range(1, 201)]
    for pex_id in range(1, 201):
        world.pex.add_receipt(pex_id, f"r{pex_id}", PDF)
    sizes: list[tuple[str, int]] = []
    watch(monkeypatch, world.files, "files", lambda asked: sizes.append(("list", len(asked))))
    watch(monkeypatch, world.files, "create", lambda new: sizes.append(("create", len(new))))
    run = world.sync()
    assert sizes == [("list", 100), ("create", 100)] * 2
    assert counted(run) == (200, 0)


# --- what PEX tells -------------------------------------------------------------------------------


def test_a_late_receipt_is_attached_by_the_next_run_and_changes_no_other_ones_name(
    world: World,
) -> None:
    world.pex.all_rows = [purchase(1)]
    world.pex.add_receipt(1, "m", PDF)
    world.sync()
    world.pex.all_receipts[1] = {}
    world.pex.add_receipt(1, "a", PNG)
    world.pex.add_receipt(1, "m", PDF)
    run = world.sync()
    assert on_pex_line(world, 1) == {"PEX-1-1.pdf": PDF, "PEX-1-2.png": PNG}
    assert counted(run) == (1, 0)


def test_a_receipt_that_pex_has_not_loaded_waits_and_is_attached_once_it_is(world: World) -> None:
    world.pex.all_rows = [purchase(1)]
    world.pex.add_receipt(1, "a", PDF, UploadStatus.NOT_LOADED)
    run = world.sync()
    waiting = receipt(world, 1, "a")
    assert (waiting.status, waiting.code) == (ReceiptStatus.WAITING, "RECEIPT_NOT_LOADED")
    assert counted(run) == (0, 0)
    world.pex.add_receipt(1, "a", PDF)
    assert counted(world.sync()) == (1, 0)
    assert on_pex_line(world, 1) == {"PEX-1-1.pdf": PDF}


@pytest.mark.parametrize(
    ("state", "code"),
    [
        (UploadStatus.HAS_MALWARE, "RECEIPT_HAS_MALWARE"),
        (UploadStatus.DELETED, "RECEIPT_DELETED"),
        (UploadStatus.LOAD_FAILED, "RECEIPT_LOAD_FAILED"),
    ],
)
def test_what_pex_does_not_vouch_for_is_skipped_with_its_reason_and_the_others_are_attached(
    world: World, state: UploadStatus, code: str
) -> None:
    world.pex.all_rows = [purchase(1)]
    world.pex.add_receipt(1, "a", PDF, state)
    world.pex.add_receipt(1, "b", PNG)
    run = world.sync()
    skipped = receipt(world, 1, "a")
    assert (skipped.status, skipped.code) == (ReceiptStatus.SKIPPED, code)
    assert on_pex_line(world, 1) == {"PEX-1-2.png": PNG}
    assert counted(run) == (1, 0)


def test_a_receipt_that_is_not_what_it_says_is_refused_and_never_stored(world: World) -> None:
    world.pex.all_rows = [purchase(1)]
    world.pex.add_receipt(1, "a", b"<html>pay here</html>")
    world.pex.add_receipt(1, "b", PNG)
    run = world.sync()
    refused = receipt(world, 1, "a")
    assert (refused.status, refused.code) == (ReceiptStatus.REFUSED, "RECEIPT_NOT_A_DOCUMENT")
    assert on_pex_line(world, 1) == {"PEX-1-2.png": PNG}
    assert counted(run) == (1, 1)
    assert run.status is RunStatus.SUCCEEDED


def test_a_refused_receipt_is_fetched_again_only_once_pex_tells_another_size(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.pex.all_rows = [purchase(1)]
    world.pex.add_receipt(1, "a", b"<html>")
    world.sync()
    fetched: list[str] = []
    watch(monkeypatch, world.pex, "receipt_content", lambda _, one: fetched.append(one))
    world.sync()
    assert fetched == []
    world.pex.add_receipt(1, "a", PDF)
    assert counted(world.sync()) == (1, 0)
    assert fetched == ["a"]


def test_a_receipt_that_vanishes_between_list_and_content_is_left_alone(world: World) -> None:
    world.pex.all_rows = [purchase(1)]
    world.pex.add_receipt(1, "a", PDF)
    content = world.pex.receipt_content

    def vanished(pex_id: int, receipt_id: str) -> bytes | None:
        world.pex.all_receipts[pex_id].pop(receipt_id)
        return content(pex_id, receipt_id)

    world.pex.receipt_content = vanished  # type: ignore[method-assign]
    run = world.sync()
    assert receipt(world, 1, "a").code == "RECEIPT_DELETED"
    assert counted(run) == (0, 0)


def test_a_receipt_that_is_deleted_in_pex_after_it_was_attached_stays_in_the_books_and_is_told(
    world: World,
) -> None:
    world.pex.all_rows = [purchase(1)]
    world.pex.add_receipt(1, "a", PDF)
    world.sync()
    world.pex.all_receipts[1] = {}
    world.sync()
    kept = receipt(world, 1, "a")
    assert (kept.status, kept.gone_from_pex) == (ReceiptStatus.ATTACHED, True)
    assert on_pex_line(world, 1) == {"PEX-1-1.pdf": PDF}


def test_a_receipt_that_cannot_be_read_is_shown_and_tried_again_by_the_next_run(
    world: World,
) -> None:
    world.pex.all_rows = [purchase(1), purchase(2)]
    world.pex.add_receipt(1, "a", PDF)
    world.pex.add_receipt(2, "b", PNG)
    world.pex.contents["a"] = ReceiptUnreadable("it is no base64")
    run = world.sync()
    failed = receipt(world, 1, "a")
    assert (failed.status, failed.code) == (ReceiptStatus.FAILED, "RECEIPT_UNREADABLE")
    assert counted(run) == (1, 1)
    world.pex.contents["a"] = PDF
    assert counted(world.sync()) == (1, 0)
    assert on_pex_line(world, 1) == {"PEX-1-1.pdf": PDF}


def test_a_list_that_pex_refuses_costs_no_other_transaction_its_receipts(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.pex.all_rows = [purchase(1), purchase(2)]
    world.pex.add_receipt(1, "a", PDF)
    world.pex.add_receipt(2, "b", PNG)
    listing = world.pex.receipts

    def refused(pex_id: int) -> object:
        if pex_id == 1:
            raise PexRequestRefused(400, "System error")
        return listing(pex_id)

    with monkeypatch.context() as patched:
        patched.setattr(world.pex, "receipts", refused)
        run = world.sync()
    assert counted(run) == (1, 1)
    (view,) = world.read_models.receipts(world.connection_id, Record.CARD, 1)
    assert (view.receipt_id, view.status, view.code) == ("", ReceiptStatus.FAILED, "PEX_REFUSED")
    assert counted(world.sync()) == (1, 0)
    (view,) = world.read_models.receipts(world.connection_id, Record.CARD, 1)
    assert view.status is ReceiptStatus.ATTACHED


# --- what the user does meanwhile -----------------------------------------------------------------


def test_a_late_receipt_of_an_entry_that_the_user_posted_stands_on_its_ledger_entry(
    world: World,
) -> None:
    world.pex.all_rows = [purchase(1)]
    world.pex.add_receipt(1, "a", PDF)
    world.sync()
    world.journal.post_all()
    world.pex.add_receipt(1, "b", PNG)
    run = world.sync()
    assert in_ledger(world, 1) == {"PEX-1-1.pdf": PDF, "PEX-1-2.png": PNG}
    assert counted(run) == (1, 0)
    assert receipt(world, 1, "b").holder is not None
    held = receipt(world, 1, "b").holder
    assert held is not None
    assert held.place is Place.LEDGER


def test_an_entry_that_is_posted_under_another_number_takes_its_receipts(world: World) -> None:
    world.pex.all_rows = [purchase(1)]
    world.sync()
    world.journal.posting_series = "GJ-0007"
    world.journal.post_all()
    world.pex.add_receipt(1, "a", PDF)
    assert counted(world.sync()) == (1, 0)
    assert in_ledger(world, 1) == {"PEX-1-1.pdf": PDF}


@pytest.mark.parametrize("moment", ["files", "create", "upload"])
def test_an_entry_that_the_user_posts_in_between_takes_the_receipt_all_the_same(
    world: World, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    world.pex.all_rows = [purchase(1)]
    world.pex.add_receipt(1, "a", PDF)
    real = getattr(world.files, moment)

    def posted_first(*arguments: object) -> object:
        monkeypatch.setattr(world.files, moment, real)
        world.journal.post_all()
        return real(*arguments)

    monkeypatch.setattr(world.files, moment, posted_first)
    run = world.sync()
    assert in_ledger(world, 1) == {"PEX-1-1.pdf": PDF}
    assert counted(run) == (1, 0)


def test_an_entry_that_the_user_deleted_gets_no_receipt_and_is_told(world: World) -> None:
    world.pex.all_rows = [purchase(1), purchase(2)]
    world.sync()
    for number in world.posting(1).line_numbers:
        world.journal.delete_line(number)
    world.pex.add_receipt(1, "a", PDF)
    world.pex.add_receipt(2, "b", PNG)
    run = world.sync()
    gone = receipt(world, 1, "a")
    assert (gone.status, gone.code) == (ReceiptStatus.REFUSED, "RECEIPT_LINE_GONE")
    assert counted(run) == (1, 1)
    assert on_pex_line(world, 2) == {"PEX-2-1.png": PNG}


def test_a_deleted_entrys_receipt_is_not_fetched_again_until_the_entry_shows_up(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.pex.all_rows = [purchase(1)]
    world.sync()
    lines = {number: world.journal.by_number[number] for number in world.posting(1).line_numbers}
    for number in lines:
        world.journal.delete_line(number)
    world.pex.add_receipt(1, "a", PDF)
    world.sync()
    fetched: list[str] = []
    watch(monkeypatch, world.pex, "receipt_content", lambda _, one: fetched.append(one))
    events = receipts(world, 1).version
    world.sync()
    assert fetched == []
    assert receipts(world, 1).version == events
    world.journal.by_number |= lines
    world.journal.post_all()
    assert counted(world.sync()) == (1, 0)
    assert in_ledger(world, 1) == {"PEX-1-1.pdf": PDF}


def test_a_line_that_came_back_under_another_id_takes_the_receipt(world: World) -> None:
    world.pex.all_rows = [purchase(1)]
    world.sync()
    last = max(world.posting(1).line_numbers)
    world.journal.edit_line(last, id="made-anew")
    world.pex.add_receipt(1, "a", PDF)
    assert counted(world.sync()) == (1, 0)
    assert files_on(world, Parent("made-anew", Place.JOURNAL)) == {"PEX-1-1.pdf": PDF}


def test_an_entry_that_moves_again_while_it_is_sought_is_followed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.pex.all_rows = [purchase(1)]
    world.sync()
    world.journal.edit_line(max(world.posting(1).line_numbers), id="made-anew")
    world.pex.add_receipt(1, "a", PDF)
    lines = world.journal.lines

    def read_then_posted(*arguments: object) -> object:
        monkeypatch.setattr(world.journal, "lines", lines)
        found = lines(*arguments)  # type: ignore[arg-type]
        monkeypatch.setattr(world.journal, "ledger_entries", lambda *_: post_and_see_nothing())
        return found

    entries = world.journal.ledger_entries

    def post_and_see_nothing() -> tuple[()]:
        monkeypatch.setattr(world.journal, "ledger_entries", entries)
        world.journal.post_all()
        return ()

    monkeypatch.setattr(world.journal, "lines", read_then_posted)
    assert counted(world.sync()) == (1, 0)
    assert in_ledger(world, 1) == {"PEX-1-1.pdf": PDF}


def test_an_entry_that_the_user_dated_otherwise_and_posted_takes_its_receipts(
    world: World,
) -> None:
    world.pex.all_rows = [purchase(1)]
    world.sync()
    for number in world.posting(1).line_numbers:
        world.journal.edit_line(number, posting_date=date(2026, 9, 20))
    world.journal.post_all()
    world.pex.add_receipt(1, "a", PDF)
    assert counted(world.sync()) == (1, 0)
    assert in_ledger(world, 1) == {"PEX-1-1.pdf": PDF}


def test_an_entry_that_was_found_in_the_ledger_takes_its_receipts(world: World) -> None:
    world.pex.all_rows = [purchase(1)]
    world.sync()
    world.journal.post_all()
    elsewhere = World()
    elsewhere.pex.all_rows = [purchase(1)]
    elsewhere.pex.add_receipt(1, "a", PDF)
    elsewhere.journal.ledger = list(world.journal.ledger)
    run = elsewhere.sync()
    assert elsewhere.outcomes(run.id) == {1: "already_posted"}
    assert in_ledger(elsewhere, 1) == {"PEX-1-1.pdf": PDF}


def test_a_file_that_the_user_deleted_is_not_brought_back(world: World) -> None:
    world.pex.all_rows = [purchase(1)]
    world.pex.add_receipt(1, "a", PDF)
    world.sync()
    file_id = receipt(world, 1, "a").file_id
    assert file_id is not None
    world.files.delete(file_id)
    assert counted(world.sync()) == (0, 0)
    assert on_pex_line(world, 1) == {}


# --- lost answers and refusals --------------------------------------------------------------------


@pytest.mark.parametrize("mood", ["lost before", "lost after", "late"])
def test_a_file_whose_making_lost_its_answer_is_made_once(world: World, mood: str) -> None:
    world.pex.all_rows = [purchase(1), purchase(2)]
    world.pex.add_receipt(1, "a", PDF)
    world.pex.add_receipt(2, "b", PNG)
    world.files.moods = [mood]
    began = world.clock.now()
    run = world.sync()
    assert world.clock.now() - began >= HORIZON
    assert on_pex_line(world, 1) == {"PEX-1-1.pdf": PDF}
    assert on_pex_line(world, 2) == {"PEX-2-1.png": PNG}
    assert world.files.creations == 2
    assert counted(run) == (2, 0)


def test_a_receipt_whose_answers_are_lost_again_and_again_is_left_to_the_next_run(
    world: World,
) -> None:
    world.pex.all_rows = [purchase(1)]
    world.pex.add_receipt(1, "a", PDF)
    world.files.moods = ["lost before"] * 3
    run = world.sync()
    doubtful = receipt(world, 1, "a")
    assert (doubtful.status, doubtful.code) == (ReceiptStatus.SENDING, "RECEIPT_IN_DOUBT")
    assert counted(run) == (0, 1)
    assert counted(world.sync()) == (1, 0)
    assert on_pex_line(world, 1) == {"PEX-1-1.pdf": PDF}


def test_an_upload_whose_answer_was_lost_is_sent_again_at_once(world: World) -> None:
    world.pex.all_rows = [purchase(1)]
    world.pex.add_receipt(1, "a", PDF)
    world.files.moods = ["ok", "lost after"]
    assert counted(world.sync()) == (1, 0)
    assert world.files.uploads == 2
    assert on_pex_line(world, 1) == {"PEX-1-1.pdf": PDF}


def test_an_upload_that_fails_twice_is_shown_and_sent_again_by_the_next_run(world: World) -> None:
    world.pex.all_rows = [purchase(1)]
    world.pex.add_receipt(1, "a", PDF)
    world.files.moods = ["ok", "lost before", "lost before"]
    run = world.sync()
    failed = receipt(world, 1, "a")
    assert (failed.status, failed.code) == (ReceiptStatus.FAILED, "RECEIPT_NOT_STORED")
    assert counted(run) == (0, 1)
    assert on_pex_line(world, 1) == {"PEX-1-1.pdf": b""}
    assert counted(world.sync()) == (1, 0)
    assert world.files.creations == 1
    assert on_pex_line(world, 1) == {"PEX-1-1.pdf": PDF}


def test_a_file_that_bc_refuses_fails_alone_with_bcs_words(world: World) -> None:
    world.pex.all_rows = [purchase(1), purchase(2)]
    world.pex.add_receipt(1, "a", PDF)
    world.pex.add_receipt(2, "b", PNG)
    world.files.refused_names = {"PEX-1-1.pdf"}
    run = world.sync()
    failed = receipt(world, 1, "a")
    assert (failed.status, failed.code) == (ReceiptStatus.FAILED, "BC_REFUSED")
    assert "no" in (failed.cause or "")
    assert counted(run) == (1, 1)
    assert run.status is RunStatus.SUCCEEDED
    world.files.refused_names = set()
    assert counted(world.sync()) == (1, 0)


def test_content_that_bc_holds_already_is_not_sent_again(world: World) -> None:
    world.pex.all_rows = [purchase(1)]
    world.pex.add_receipt(1, "a", PDF)
    world.sync()
    elsewhere = World()
    elsewhere.pex.all_rows = [purchase(1)]
    elsewhere.pex.add_receipt(1, "a", PDF)
    elsewhere.journal, elsewhere.files = world.journal, world.files
    elsewhere.worker = Worker(elsewhere)
    assert counted(elsewhere.sync()) == (1, 0)
    assert (world.files.creations, world.files.uploads) == (1, 1)


def test_a_file_that_holds_other_content_gets_its_own(world: World) -> None:
    world.pex.all_rows = [purchase(1)]
    world.sync()
    line = Parent(world.posting(1).line_ids[-1], Place.JOURNAL)
    (made,) = world.files.create([NewFile(line, "PEX-1-1.pdf")])
    assert isinstance(made, StoredFile)
    world.files.upload(made.id, b"%PDF-1.7 torn")
    world.pex.add_receipt(1, "a", PDF)
    assert counted(world.sync()) == (1, 0)
    assert on_pex_line(world, 1) == {"PEX-1-1.pdf": PDF}
    assert world.files.creations == 1


@pytest.mark.parametrize("trouble", ["pex", "business central"])
def test_other_trouble_does_not_end_a_doubt_before_its_time(world: World, trouble: str) -> None:
    world.pex.all_rows = [purchase(1)]
    world.pex.add_receipt(1, "a", PDF)
    world.files.moods = ["lost before", "lost before", "late"]
    world.sync()
    with pytest.MonkeyPatch.context() as patched:
        if trouble == "pex":
            patched.setitem(world.pex.contents, "a", ReceiptUnreadable("it is no base64"))
        else:
            patched.setattr(world.files, "files", refused)
        assert counted(world.sync()) == (0, 1)
    assert receipt(world, 1, "a").code == "RECEIPT_IN_DOUBT"
    assert counted(world.sync()) == (1, 0)
    world.clock.advance(800)
    assert on_pex_line(world, 1) == {"PEX-1-1.pdf": PDF}
    assert world.files.creations == 1


def refused(_: object) -> object:
    raise BusinessCentralRefused(400, "BadRequest", "no such page")


def test_an_empty_double_of_a_file_is_deleted(world: World) -> None:
    world.pex.all_rows = [purchase(1)]
    world.sync()
    line = Parent(world.posting(1).line_ids[-1], Place.JOURNAL)
    files = [NewFile(line, "PEX-1-1.pdf")] * 2
    world.files.create(files)
    world.pex.add_receipt(1, "a", PDF)
    assert counted(world.sync()) == (1, 0)
    assert on_pex_line(world, 1) == {"PEX-1-1.pdf": PDF}


# --- trouble that concerns all --------------------------------------------------------------------


def test_a_busy_business_central_is_waited_for_without_a_doubt_being_left(world: World) -> None:
    world.pex.all_rows = [purchase(1)]
    world.pex.add_receipt(1, "a", PDF)
    world.files.moods = ["busy", "ok", "busy"]
    began = world.clock.now()
    run = world.sync()
    assert world.clock.now() - began < HORIZON
    assert on_pex_line(world, 1) == {"PEX-1-1.pdf": PDF}
    assert counted(run) == (1, 0)
    assert world.files.creations == 1


def test_a_business_central_that_is_away_is_waited_for(world: World) -> None:
    world.pex.all_rows = [purchase(1)]
    world.pex.add_receipt(1, "a", PDF)
    world.files.moods = ["down", "ok", "down"]
    assert counted(world.sync()) == (1, 0)
    assert on_pex_line(world, 1) == {"PEX-1-1.pdf": PDF}


def test_a_pex_that_goes_away_in_the_middle_loses_nothing_of_what_was_fetched(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.pex.all_rows = [purchase(pex_id) for pex_id in range(1, 11)]
    for pex_id in range(1, 11):
        world.pex.add_receipt(pex_id, f"r{pex_id}", PDF)
    listing, told = world.pex.receipts, []

    def flaky(pex_id: int) -> object:
        told.append(pex_id)
        if len(told) == 6:
            raise PexUnavailable("Usage Limits Exceeded", 30)
        return listing(pex_id)

    monkeypatch.setattr(world.pex, "receipts", flaky)
    began = world.clock.now()
    run = world.sync()
    assert world.clock.now() - began >= timedelta(seconds=30)
    assert counted(run) == (10, 0)
    assert len(told) == 11
    assert world.files.creations == 10


def test_a_pex_that_stays_away_ends_the_run_and_the_next_one_goes_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.pex.all_rows = [purchase(1)]
    world.pex.add_receipt(1, "a", PDF)

    def away(_: int) -> object:
        raise PexUnavailable("503")

    with monkeypatch.context() as patched:
        patched.setattr(world.pex, "receipts", away)
        run = world.sync()
    assert (run.status, run.code) == (RunStatus.INTERRUPTED, "PEX_UNAVAILABLE")
    assert run.counts.posted == 1
    assert counted(world.sync()) == (1, 0)


def test_a_dead_token_in_the_middle_ends_the_run_and_asks_for_action(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.pex.all_rows = [purchase(1)]
    world.pex.add_receipt(1, "a", PDF)

    def dead(_: int) -> object:
        raise PexTokenRefused("Token expired or does not exist")

    with monkeypatch.context() as patched:
        patched.setattr(world.pex, "receipts", dead)
        run = world.sync()
    assert (run.status, run.code) == (RunStatus.INTERRUPTED, "PEX_TOKEN_REFUSED")
    assert world.connection.status is Status.ACTION_REQUIRED
    assert world.posting(1).line_ids


class DyingWorker(Worker):
    """Dies while it waits for the answer to the making of files."""

    def boundary(self, name: str) -> None:
        if name == "receipts made":
            raise Crash(name)
        super().boundary(name)


def test_a_file_that_is_made_late_after_its_worker_died_is_not_made_twice(world: World) -> None:
    world.pex.all_rows = [purchase(1)]
    world.pex.add_receipt(1, "a", PDF)
    world.files.moods = ["late"]
    run_id = world.start()
    dying = DyingWorker(world)
    for _ in range(5):
        dying.step(run_id)
    assert receipt(world, 1, "a").status is ReceiptStatus.SENDING
    began = world.clock.now()
    run = world.finish(run_id)
    assert world.clock.now() - began >= HORIZON
    assert on_pex_line(world, 1) == {"PEX-1-1.pdf": PDF}
    assert world.files.creations == 1
    assert counted(run) == (1, 0)


def test_a_doubt_that_an_earlier_run_left_is_settled_before_anything_is_made(world: World) -> None:
    world.pex.all_rows = [purchase(1)]
    world.pex.add_receipt(1, "a", PDF)
    world.files.moods = ["lost before", "lost before", "late"]
    assert counted(world.sync()) == (0, 1)
    assert counted(world.sync()) == (1, 0)
    world.clock.advance(800)
    assert on_pex_line(world, 1) == {"PEX-1-1.pdf": PDF}
    assert world.files.creations == 1


class SleepyWorker(Worker):
    """Falls asleep between writing down what it makes and making it."""

    def boundary(self, name: str) -> None:
        if name == "receipts intended":
            self.world.clock.advance(61)
        super().boundary(name)


def test_a_worker_that_slept_too_long_before_making_files_makes_none(world: World) -> None:
    world.pex.all_rows = [purchase(1)]
    world.pex.add_receipt(1, "a", PDF)
    run_id = world.start()
    late = SleepyWorker(world)
    for _ in range(5):
        late.step(run_id)
    assert receipts(world, 1).version > 1
    assert world.files.creations == 0
    assert counted(world.finish(run_id)) == (1, 0)
    assert world.files.creations == 1


# --- crashes, and the next run --------------------------------------------------------------------


@pytest.mark.parametrize("boundary", range(1, 18))
def test_a_crash_at_any_boundary_neither_loses_nor_doubles_a_receipt(
    world: World, boundary: int
) -> None:
    world.pex.all_rows = [purchase(pex_id) for pex_id in range(1, 121)]
    for pex_id in range(1, 121):
        world.pex.add_receipt(pex_id, f"r{pex_id}", PDF + str(pex_id).encode())
    run_id = world.start()
    for _ in range(20):
        world.worker.step(run_id, crash_after=boundary)
    run = world.finish(run_id, Worker(world))
    for pex_id in range(1, 121):
        expected = {f"PEX-{pex_id}-1.pdf": PDF + str(pex_id).encode()}
        assert on_pex_line(world, pex_id) == expected
    assert counted(run) == (120, 0)
    assert asked(run) == (120, 120)


@pytest.mark.parametrize("mood", ["lost before", "lost after", "late", "busy", "down"])
@pytest.mark.parametrize("boundary", range(5, 12))
def test_a_crash_beside_a_lost_answer_neither_loses_nor_doubles(
    world: World, boundary: int, mood: str
) -> None:
    world.pex.all_rows = [purchase(pex_id) for pex_id in range(1, 4)]
    for pex_id in range(1, 4):
        world.pex.add_receipt(pex_id, f"r{pex_id}", PDF)
    world.files.moods = [mood]
    run_id = world.start()
    for _ in range(6):
        world.worker.step(run_id, crash_after=boundary)
    world.finish(run_id, Worker(world))
    world.sync()
    for pex_id in range(1, 4):
        assert on_pex_line(world, pex_id) == {f"PEX-{pex_id}-1.pdf": PDF}
    assert world.files.creations == 3


def test_a_second_run_attaches_nothing_and_tells_nothing_new(world: World) -> None:
    world.pex.all_rows = [purchase(1), purchase(2)]
    world.pex.add_receipt(1, "a", PDF)
    world.sync()
    before = (world.files.creations, world.files.uploads, receipts(world, 1).version)
    run = world.sync()
    assert counted(run) == (0, 0)
    assert asked(run) == (2, 2)
    assert (world.files.creations, world.files.uploads, receipts(world, 1).version) == before


def test_receipts_change_nothing_of_the_posting(world: World) -> None:
    world.pex.all_rows = [purchase(1)]
    world.pex.add_receipt(1, "a", PDF)
    world.pex.add_receipt(1, "b", b"no document")
    world.sync()
    world.journal.post_all()
    world.pex.add_receipt(1, "c", PNG)
    world.sync()
    topics = [type(one.event).__name__ for one in world.log.history(world.posting(1).id)]
    assert topics == ["Created", "Reserved", "Submitted", "Confirmed"]
    assert world.times_in_books(1) == 1


def test_an_entry_in_another_company_is_left_alone(world: World) -> None:
    world.pex.all_rows = [purchase(1)]
    world.sync()
    world.pex.add_receipt(1, "a", PDF)
    world.save_settings(replace(settings(), company_id="another"))
    run = world.sync()
    assert counted(run) == (0, 0)
    assert world.files.creations == 0


def test_the_queue_that_an_ended_run_left_is_replaced_by_the_next(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.pex.all_rows = [purchase(1), purchase(2)]
    world.pex.add_receipt(1, "a", PDF)

    def away(_: int) -> object:
        raise PexUnavailable("503")

    with monkeypatch.context() as patched:
        patched.setattr(world.pex, "receipts", away)
        world.sync()
    assert asked(world.sync()) == (2, 2)


def test_a_step_fetches_no_more_bytes_than_a_worker_should_hold(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("application.gather_receipts.BYTES_AT_ONCE", 100)
    world.pex.all_rows = [purchase(pex_id) for pex_id in range(1, 8)]
    for pex_id in range(1, 8):
        world.pex.add_receipt(pex_id, f"r{pex_id}", PDF + b"." * 40)
    groups: list[int] = []
    watch(monkeypatch, world.files, "create", lambda new: groups.append(len(new)))
    assert counted(world.sync()) == (7, 0)
    assert groups == [2, 2, 2, 1]


def test_a_step_ends_where_pex_takes_too_long_and_the_next_goes_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.pex.all_rows = [purchase(pex_id) for pex_id in range(1, 8)]
    for pex_id in range(1, 8):
        world.pex.add_receipt(pex_id, f"r{pex_id}", PDF)
    groups: list[int] = []
    watch(monkeypatch, world.pex, "receipts", lambda _: world.clock.advance(100))
    watch(monkeypatch, world.files, "create", lambda new: groups.append(len(new)))
    assert counted(world.sync()) == (7, 0)
    assert groups == [3, 3, 1]


def test_business_central_refusing_a_whole_list_fails_these_receipts_and_not_the_run(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.pex.all_rows = [purchase(1)]
    world.pex.add_receipt(1, "a", PDF)

    with monkeypatch.context() as patched:
        patched.setattr(world.files, "files", refused)
        run = world.sync()
    assert run.status is RunStatus.SUCCEEDED
    assert counted(run) == (0, 1)
    assert receipt(world, 1, "a").code == "BC_REFUSED"
    assert counted(world.sync()) == (1, 0)


def test_business_central_going_away_while_lost_entries_are_sought_is_waited_for(
    world: World,
) -> None:
    world.pex.all_rows = [purchase(1)]
    world.sync()
    world.journal.post_all()
    world.pex.add_receipt(1, "a", PDF)
    run_id = world.start()
    lines = world.journal.lines

    def once_away(*arguments: object) -> object:
        world.journal.lines = lines  # type: ignore[method-assign]
        raise BusinessCentralUnavailable("503")

    for _ in range(2):
        world.worker.step(run_id)
    world.journal.lines = once_away  # type: ignore[method-assign,assignment]
    assert counted(world.finish(run_id)) == (1, 0)
    assert in_ledger(world, 1) == {"PEX-1-1.pdf": PDF}
