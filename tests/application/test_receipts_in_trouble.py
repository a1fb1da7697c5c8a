"""Lost answers, services away, crashes: no receipt is lost, or doubled, or in an entry's way."""

from dataclasses import replace
from datetime import timedelta

import pytest

from application.ports.company_data import BusinessCentralRefused, BusinessCentralUnavailable
from application.ports.pex import (
    PexTokenRefused,
    PexUnavailable,
    ReceiptUnreadable,
)
from application.ports.receipt_files import NewFile, Parent, StoredFile
from application_world import Crash, Worker, World, purchase, settings
from domain.connection import Status
from domain.pex_transaction import Record
from domain.posted_transaction import Place
from domain.receipts import ReceiptStatus
from domain.sync_run import RunStatus
from receipts_world import (
    HORIZON,
    PDF,
    PNG,
    asked,
    counted,
    in_ledger,
    on_pex_line,
    receipt,
    receipts,
    watch,
)

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


def test_a_transaction_that_pex_cannot_tell_of_costs_no_other_its_receipts(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.pex.all_rows = [purchase(pex_id) for pex_id in range(1, 6)]
    for pex_id in range(1, 6):
        world.pex.add_receipt(pex_id, f"r{pex_id}", PDF)
    listing = world.pex.receipts

    def broken(pex_id: int) -> object:
        if pex_id in (1, 2):
            raise PexUnavailable("500 System error")
        return listing(pex_id)

    with monkeypatch.context() as patched:
        patched.setattr(world.pex, "receipts", broken)
        run = world.sync()
    assert run.status is RunStatus.SUCCEEDED
    assert counted(run) == (3, 2)
    (view,) = world.read_models.receipts(world.connection_id, Record.CARD, 1)
    assert (view.status, view.code) == (ReceiptStatus.FAILED, "PEX_UNAVAILABLE")
    assert counted(world.sync()) == (2, 0)


def test_a_pex_that_stays_away_ends_the_run_and_the_next_one_goes_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.pex.all_rows = [purchase(pex_id) for pex_id in range(1, 21)]
    world.pex.add_receipt(1, "a", PDF)

    def away(_: int) -> object:
        raise PexUnavailable("503")

    with monkeypatch.context() as patched:
        patched.setattr(world.pex, "receipts", away)
        run = world.sync()
    assert (run.status, run.code) == (RunStatus.INTERRUPTED, "PEX_UNAVAILABLE")
    assert run.counts.posted == 20
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
    world.pex.all_rows = [purchase(pex_id) for pex_id in range(1, 21)]
    world.pex.add_receipt(1, "a", PDF)

    def away(_: int) -> object:
        raise PexUnavailable("503")

    with monkeypatch.context() as patched:
        patched.setattr(world.pex, "receipts", away)
        assert world.sync().status is RunStatus.INTERRUPTED
    assert asked(world.sync()) == (20, 20)


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
