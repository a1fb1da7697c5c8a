"""Whatever fails, whoever interferes: no transaction twice in the books, and none lost.

Two workers, repeated triggers, several packs in flight, deaths between any two steps, answers lost
before and after the commit, commits that come late, and a user who posts, deletes, edits and adds
lines, or gives accounts default dimensions.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

from hypothesis import Phase
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from application_world import DEPARTMENT_TAG, Worker, World, purchase, settings
from domain.connection import RunActive
from domain.findings import FoundLedgerEntry, FoundLine
from domain.pex_snapshot import PexSnapshot
from domain.pex_transaction import PexTransaction, TagValue
from domain.posted_transaction import PostedTransaction, State
from domain.vendor_name import match_key
from fakes.parallel import Fate

EXPENSES = ("62400", "61100")
MOODS = ("ok", "lost before", "lost after", "late", "busy", "down")
VENDOR_MOODS = ("ok", "lost before", "lost after", "late", "busy")
DELETE_MOODS = ("ok", "lost before", "lost after", "locked")
MEALS = "62400"
BRINGS = st.sampled_from([{}, {MEALS: {"DEPARTMENT": "ADM"}}])
CRASHES = st.sampled_from([0, 0, 0, 0, *range(1, 21)])
CAPACITIES = st.sampled_from([8, 20, 100])
"""Lines a pack: of small ones, few purchases make several that are in flight at once."""
FATES = st.lists(st.builds(Fate, st.booleans(), st.integers(0, 2), st.booleans()), max_size=6)


class SyncMachine(RuleBasedStateMachine):
    """The sync against a Business Central that misbehaves."""

    @initialize(brings=BRINGS, capacity=CAPACITIES)
    def begin(self, brings: dict[str, dict[str, str]], capacity: int) -> None:
        self.world = World()
        self.world.journal.defaults = brings
        self.workers = (Worker(self.world, capacity), Worker(self.world, capacity))
        self.next_id = 1
        self.touched: set[int] = set()
        self.bad: set[int] = set()
        self.vanished: list[PexTransaction] = []

    # --- PEX -----------------------------------------------------------------------------------

    @rule(count=st.integers(1, 60), day=st.integers(1, 14))
    def purchases_settle(self, count: int, day: int) -> None:
        for _ in range(count):
            self.world.pex.all_rows.append(
                purchase(self.next_id, f"-{self.next_id}.25", day=date(2026, 8, day))
            )
            self.next_id += 1

    @rule(count=st.integers(1, 60))
    def tagged_purchases_settle(self, count: int) -> None:
        department = TagValue(DEPARTMENT_TAG, "OPS")
        for _ in range(count):
            row = purchase(self.next_id, f"-{self.next_id}.25")
            self.world.pex.all_rows.append(replace(row, tags=(*row.tags, department)))
            self.next_id += 1

    @rule()
    def a_purchase_that_bc_refuses(self) -> None:
        self.world.pex.all_rows.append(purchase(self.next_id, "-1.00"))
        self.world.journal.refused_documents.add(f"PEX-{self.next_id}-X1")
        self.bad.add(self.next_id)
        self.next_id += 1

    @rule(at=st.integers(0, 1000), cents=st.integers(1, 99), expense=st.sampled_from(EXPENSES))
    def pex_changes_a_row(self, at: int, cents: int, expense: str) -> None:
        rows = self.world.pex.all_rows
        if rows:
            row = rows[at % len(rows)]
            rows[at % len(rows)] = purchase(
                row.pex_id, f"-{row.pex_id}.{cents:02}", expense=expense, day=row.settlement_date
            )

    @rule(at=st.integers(0, 1000))
    def a_row_vanishes_from_pex(self, at: int) -> None:
        rows = self.world.pex.all_rows
        if rows:
            self.vanished.append(rows.pop(at % len(rows)))

    @rule()
    def what_vanished_comes_back(self) -> None:
        self.world.pex.all_rows.extend(self.vanished)
        self.vanished.clear()

    # --- triggers and workers --------------------------------------------------------------------

    @rule()
    def somebody_presses_execute(self) -> None:
        try:
            self.world.start()
        except RunActive:
            assert self.world.connection.active_run is not None

    @rule(count=st.integers(1, 9), is_gone=st.booleans(), steps=st.integers(3, 8))
    def a_run_gets_ahead(self, count: int, is_gone: bool, steps: int) -> None:  # noqa: FBT001
        """So that things go wrong in the middle of something."""
        self.tagged_purchases_settle(count)
        self.the_department_is_deleted_or_made_again(is_gone)
        self.somebody_presses_execute()
        self.a_worker_steps(0, 0, steps)

    @rule(worker=st.integers(0, 1), crash_after=CRASHES, steps=st.integers(1, 9), fates=FATES)
    def a_worker_steps(
        self, worker: int, crash_after: int, steps: int, fates: Sequence[Fate] = ()
    ) -> None:
        """What it has in flight arrives, or is answered, in any order; or arrives when it died."""
        self.workers[worker].overlap.fates = list(fates)
        for _ in range(steps):
            run_id = self.world.connection.active_run
            if run_id is not None:
                self.workers[worker].step(run_id, crash_after=crash_after)

    @rule(
        worker=st.integers(0, 1),
        pause=st.integers(0, 2000),
        call=st.sampled_from(["submit", "set_dimensions", "delete"]),
    )
    def a_worker_falls_asleep_while_sending(self, worker: int, pause: int, call: str) -> None:
        run_id = self.world.connection.active_run
        if run_id is None:
            return
        journal, asleep = self.world.journal, self.workers[worker]
        awake = getattr(journal, call)

        def sleepy(*args: object) -> object:
            setattr(journal, call, awake)
            self.world.leases.held.clear()
            self.world.clock.advance(pause)
            for _ in range(3):
                self.workers[1 - worker].step(run_id)
            return awake(*args)

        setattr(journal, call, sleepy)
        asleep.step(run_id)
        setattr(journal, call, awake)

    @rule(seconds=st.sampled_from([1, 30, 400, 800]))
    def time_passes(self, seconds: int) -> None:
        self.world.clock.advance(seconds)
        self.world.journal.come_true()

    # --- Business Central and its user -----------------------------------------------------------

    @rule(moods=st.lists(st.sampled_from(MOODS), min_size=1, max_size=4))
    def business_central_misbehaves(self, moods: list[str]) -> None:
        self.world.journal.moods.extend(moods)

    @rule(moods=st.lists(st.sampled_from(DELETE_MOODS), min_size=1, max_size=2))
    def deletions_go_wrong(self, moods: list[str]) -> None:
        self.world.journal.delete_moods.extend(moods)

    @rule(value=st.sampled_from([None, "ADM", "OPS"]))
    def the_account_brings_another_department_along(self, value: str | None) -> None:
        self.world.journal.defaults = {MEALS: {"DEPARTMENT": value}} if value else {}

    @rule(is_gone=st.booleans())
    def the_department_is_deleted_or_made_again(self, is_gone: bool) -> None:  # noqa: FBT001
        self.world.journal.deleted_values = {"OPS"} if is_gone else set()

    @rule(series=st.sampled_from([None, "GJ-0001", "GJ-0002"]))
    def the_user_posts(self, series: str | None) -> None:
        self.world.journal.posting_series = series
        self.world.journal.post_all()

    @rule(at=st.integers(0, 1000))
    def the_user_deletes_a_line(self, at: int) -> None:
        numbers = [number for number in self.world.journal.by_number if number > 10000]
        if numbers:
            number = numbers[at % len(numbers)]
            self._touch(number)
            self.world.journal.delete_line(number)

    @rule(at=st.integers(0, 1000))
    def the_user_moves_an_entry_to_another_day(self, at: int) -> None:
        numbers = [number for number in self.world.journal.by_number if number > 10000]
        if numbers:
            moved = self.world.journal.by_number[numbers[at % len(numbers)]]
            for number in numbers:
                line = self.world.journal.by_number[number]
                if line.external_document_number == moved.external_document_number:
                    day = line.posting_date + timedelta(days=9)
                    self.world.journal.edit_line(number, posting_date=day)

    @rule(at=st.integers(0, 1000))
    def the_user_edits_an_external_number(self, at: int) -> None:
        numbers = [number for number in self.world.journal.by_number if number > 10000]
        if numbers:
            edited = self.world.journal.by_number[numbers[at % len(numbers)]]
            for number in numbers:
                line = self.world.journal.by_number[number]
                if line.document_number == edited.document_number:
                    self.world.journal.edit_line(number, external_document_number="RECEIPT")

    @rule(offset=st.integers(0, 6))
    def the_user_adds_a_line_where_ours_would_go(self, offset: int) -> None:
        number = max(self.world.journal.by_number, default=700_000) + offset * 10
        if number not in self.world.journal.by_number:
            self.world.journal.add_line(number)

    def _touch(self, number: int) -> None:
        words = self.world.journal.by_number[number].description.split()[-2:]
        if words[0] == "PEX":
            self.touched.add(int(words[1]))

    @invariant()
    def only_what_is_posted_is_told_to_have_changed_or_vanished(self) -> None:
        for posting in self.world.log.all_of(PostedTransaction):
            if posting.changes or posting.missing_since:
                assert posting.state is State.POSTED, posting.pex_id

    # --- the promise -----------------------------------------------------------------------------

    @invariant()
    def no_transaction_stands_in_the_books_twice(self) -> None:
        times = self.world.all_times_in_books()
        for pex_id in range(1, self.next_id):
            assert times[pex_id] <= 1, pex_id

    @invariant()
    def what_the_events_call_posted_is_in_the_books(self) -> None:
        times = self.world.all_times_in_books()
        for posting in self.world.log.all_of(PostedTransaction):
            if posting.state is State.POSTED and posting.pex_id not in self.touched:
                assert times[posting.pex_id] == 1, posting.pex_id

    @invariant()
    def whatever_is_called_posted_bears_its_mapped_dimensions(self) -> None:
        books = self._dimensions_in_books()
        for posting in self.world.log.all_of(PostedTransaction):
            if posting.state is State.POSTED and posting.pex_id not in self.touched:
                expense = posting.numbered.entry.lines[0]
                wanted = {(one.code, one.value) for one in expense.dimensions}
                found = books[posting.keys.ending, expense.account_number]
                assert wanted <= found.items(), posting.pex_id

    def _dimensions_in_books(self) -> dict[tuple[str, str], dict[str, str]]:
        journal = self.world.journal
        books: list[FoundLine | FoundLedgerEntry] = [*journal.by_number.values(), *journal.ledger]
        return {
            (" ".join(one.description.split()[-2:]), one.account_number): (
                journal.dimensions_of.get(one.id, {})
            )
            for one in books
        }

    def teardown(self) -> None:
        if not hasattr(self, "world"):
            return
        self.world.journal.moods.clear()
        self.what_vanished_comes_back()
        self.world.journal.delete_moods.clear()
        self.world.journal.deleted_values.clear()
        active = self.world.connection.active_run
        if active is not None:
            self._see_through(active)
        self._see_through(self.world.start())
        self.no_transaction_stands_in_the_books_twice()
        times = self.world.all_times_in_books()
        for pex_id in range(1, self.next_id):
            if pex_id in self.bad:
                assert times[pex_id] == 0
            elif pex_id not in self.touched:
                assert times[pex_id] == 1, pex_id
        for row in self.world.pex.all_rows:
            posting = self.world.posting(row.pex_id)
            assert posting.missing_since is None
            if posting.state is State.POSTED:
                assert posting.in_pex == PexSnapshot.of(row)

    def _see_through(self, run_id: UUID) -> None:
        self.world.leases.held.clear()
        self.world.finish(run_id, self.workers[1])


class VendorMachine(SyncMachine):
    """The same with vendors that are created by merchant, on which BC misbehaves as well."""

    @initialize(brings=BRINGS, capacity=CAPACITIES)
    def begin(self, brings: dict[str, dict[str, str]], capacity: int) -> None:
        super().begin(brings, capacity)
        chosen = settings()
        by_merchant = replace(
            chosen.purchases, vendor_per_merchant=True, add_vendor_to_company=True
        )
        self.world.save_settings(replace(chosen, purchases=by_merchant))

    @rule(count=st.integers(1, 20), shops=st.integers(1, 12))
    def purchases_of_other_merchants_settle(self, count: int, shops: int) -> None:
        for _ in range(count):
            shop = f"Shop {self.next_id % shops}"
            self.world.pex.all_rows.append(purchase(self.next_id, "-7.50", merchant=shop))
            self.next_id += 1

    @rule(moods=st.lists(st.sampled_from(VENDOR_MOODS), min_size=1, max_size=4))
    def business_central_loses_answers_about_vendors(self, moods: list[str]) -> None:
        self.world.vendors.moods.extend(moods)

    @rule(worker=st.integers(0, 1), pause=st.integers(0, 2000))
    def a_worker_falls_asleep_before_it_creates_a_vendor(self, worker: int, pause: int) -> None:
        run_id = self.world.connection.active_run
        if run_id is None:
            return
        vendors, asleep = self.world.vendors, self.workers[worker]
        create = vendors.create

        def sleepy_create(*args: object) -> object:
            vendors.create = create  # type: ignore[method-assign]
            self.world.leases.held.clear()
            self.world.clock.advance(pause)
            for _ in range(3):
                self.workers[1 - worker].step(run_id)
            return create(*args)  # type: ignore[arg-type]

        vendors.create = sleepy_create  # type: ignore[method-assign,assignment]
        asleep.step(run_id)
        vendors.create = create  # type: ignore[method-assign]

    @invariant()
    def no_merchant_has_two_vendors(self) -> None:
        keys = [match_key(one.name) for one in self.world.vendors.everything()]
        assert len(set(keys)) == len(keys)

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.world.vendors.moods.clear()
        super().teardown()
        if hasattr(self, "world"):
            self.no_merchant_has_two_vendors()


TestSync = SyncMachine.TestCase
TestVendors = VendorMachine.TestCase
TestSync.settings = hypothesis_settings(
    max_examples=60,
    stateful_step_count=30,
    deadline=None,
    print_blob=True,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
TestVendors.settings = TestSync.settings
