"""Whatever fails, whoever interferes: every receipt on its entry once, and no entry disturbed.

Two workers, deaths between any two steps, answers lost before and after the commit, receipts that
come late or load late, and a bookkeeper who posts in between.
"""

from datetime import date
from uuid import UUID

from hypothesis import Phase
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from application.ports.pex import PexUnavailable, UploadStatus
from application.ports.receipt_files import Parent, ParentGone, StoredFile
from application_world import Worker, World, purchase
from domain.connection import RunActive
from domain.posted_transaction import Place, PostedTransaction, State

MOODS = ("ok", "lost before", "lost after", "late", "busy", "down")
STARTS = (b"%PDF-", b"\x89PNG", b"\xff\xd8\xff")


class ReceiptMachine(RuleBasedStateMachine):
    """Receipts against a PEX and a Business Central that misbehave."""

    @initialize(count=st.integers(1, 8))
    def begin(self, count: int) -> None:
        self.world = World()
        self.workers = (self.world.worker, Worker(self.world))
        self.purchases = list(range(1, count + 1))
        self.receipts = 0
        self.world.pex.all_rows = [
            purchase(pex_id, f"-{pex_id}.25", day=date(2026, 8, 3)) for pex_id in self.purchases
        ]

    # --- PEX -----------------------------------------------------------------------------------

    @rule(at=st.integers(0, 100), loaded=st.booleans(), start=st.sampled_from(STARTS))
    def a_receipt_arrives(self, at: int, *, loaded: bool, start: bytes) -> None:
        self.receipts += 1
        name = f"{1000 - self.receipts}"  # so that no order of ids is the order of arrival
        status = UploadStatus.LOADED if loaded else UploadStatus.NOT_LOADED
        pex_id = self.purchases[at % len(self.purchases)]
        self.world.pex.add_receipt(pex_id, name, start + name.encode(), status)

    @rule()
    def pex_has_loaded_everything(self) -> None:
        for pex_id, receipts in self.world.pex.all_receipts.items():
            for one in list(receipts.values()):
                content = self.world.pex.contents[one.id]
                assert isinstance(content, bytes)
                self.world.pex.add_receipt(pex_id, one.id, content)

    @rule(after=st.integers(0, 5))
    def pex_goes_away_for_a_moment(self, after: int) -> None:
        self.world.pex.refusals.append(PexUnavailable("503", after or None))

    # --- triggers and workers --------------------------------------------------------------------

    @rule()
    def somebody_presses_execute(self) -> None:
        try:
            self.world.start()
        except RunActive:
            assert self.world.connection.active_run is not None

    @rule(worker=st.integers(0, 1), crash_after=st.integers(0, 8), steps=st.integers(1, 8))
    def a_worker_steps(self, worker: int, crash_after: int, steps: int) -> None:
        for _ in range(steps):
            run_id = self.world.connection.active_run
            if run_id is not None:
                self.workers[worker].step(run_id, crash_after=crash_after)

    @rule(seconds=st.sampled_from([1, 30, 400, 800]))
    def time_passes(self, seconds: int) -> None:
        self.world.clock.advance(seconds)
        self.world.files.come_true()

    # --- Business Central and its user -----------------------------------------------------------

    @rule(moods=st.lists(st.sampled_from(MOODS), min_size=1, max_size=4))
    def business_central_misbehaves(self, moods: list[str]) -> None:
        self.world.files.moods.extend(moods)

    @rule()
    def the_user_posts(self) -> None:
        self.world.journal.post_all()

    # --- the promise -----------------------------------------------------------------------------

    @invariant()
    def no_receipt_stands_on_an_entry_twice(self) -> None:
        for posting in self._posted():
            names = [one.file_name for one in self._files(posting)]
            assert len(set(names)) == len(names), names

    @invariant()
    def no_entry_is_disturbed(self) -> None:
        for posting in self._posted():
            assert self.world.times_in_books(posting.pex_id) == 1

    def teardown(self) -> None:
        if not hasattr(self, "world"):
            return
        self.world.files.moods.clear()
        self.world.pex.refusals.clear()
        self.pex_has_loaded_everything()
        active = self.world.connection.active_run
        if active is not None:
            self._see_through(active)
        self._see_through(self.world.start())
        for posting in self._posted():
            found = sorted(self.world.files.contents[one.id] for one in self._files(posting))
            receipts = self.world.pex.all_receipts.get(posting.pex_id, {})
            assert found == sorted(self.world.pex.contents[one] for one in receipts)  # type: ignore[type-var]
        assert len(self._posted()) == len(self.purchases)
        self.no_receipt_stands_on_an_entry_twice()
        self.no_entry_is_disturbed()

    def _see_through(self, run_id: UUID) -> None:
        self.world.leases.held.clear()
        self.world.finish(run_id, self.workers[1])

    def _posted(self) -> list[PostedTransaction]:
        return [
            one for one in self.world.log.all_of(PostedTransaction) if one.state is State.POSTED
        ]

    def _files(self, posting: PostedTransaction) -> tuple[StoredFile, ...]:
        """The files of an entry, on its PEX line or on the ledger entry that came of it."""
        last, place = posting.line_ids[-1], posting.place
        assert place is not None
        entry = self.world.journal.posted_as.get(last) if place is Place.JOURNAL else last
        parent = Parent(entry, Place.LEDGER) if entry else Parent(last, place)
        moods, self.world.files.moods = self.world.files.moods, []
        listed = self.world.files.files([parent])[0]
        self.world.files.moods = moods
        assert not isinstance(listed, ParentGone)
        return listed


TestReceipts = ReceiptMachine.TestCase
TestReceipts.settings = hypothesis_settings(
    max_examples=60,
    stateful_step_count=30,
    deadline=None,
    print_blob=True,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
