"""Whatever is tried in whatever order: one attempt at a time, and never one after it is posted."""

from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID, uuid4

from eventsourcing.domain import CanMutateAggregate
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from builders.books import entry, keys
from builders.events import replayed
from builders.rows import purchase
from domain.money import Money
from domain.pex_snapshot import PexSnapshot
from domain.pex_transaction import Kind, Record
from domain.posted_transaction import (
    INCOMPLETE,
    OPEN,
    UNSETTLED,
    Facts,
    OutOfTurnError,
    Place,
    PostedTransaction,
    State,
    Target,
)

ENTRY = entry(of=keys(123))
RUNS = st.sampled_from([UUID(int=1), UUID(int=2)])
TARGETS = st.sampled_from([Target("t", "e", "c", "PEX CARD"), Target("t", "e", "c2", "PEX CARD")])
AFTERWARDS = {"SnapshotTaken", "ChangedInPex", "Disappeared", "Reappeared"}
CLOSING = {"Confirmed", "Adopted", "Released", "Rejected", "Held", "LaidBare"}


class PostingMachine(RuleBasedStateMachine):
    """Tries every step at any time; a step out of turn must leave no event behind."""

    @initialize()
    def begin(self) -> None:
        self.now = datetime(2026, 8, 15, 14, 0, tzinfo=UTC)
        facts = Facts(
            Kind.PURCHASE, Money.of("-48.60"), self.now.date(), self.now.date(), "Deli", None
        )
        self.posting = PostedTransaction(
            self.now, uuid4(), 52311, Record.CARD, 123, facts, UUID(int=1)
        )
        self.events: list[CanMutateAggregate[UUID]] = list(self.posting.collect_events())

    @rule(
        state=st.sampled_from([State.SKIPPED, State.FAILED]), code=st.sampled_from("AB"), run=RUNS
    )
    def withhold(self, state: State, code: str, run: UUID) -> None:
        self._try(self.posting.withhold, state, code, "why", run)

    @rule(number=st.integers(700_000, 700_050), journal=TARGETS, run=RUNS)
    def reserve(self, number: int, journal: Target, run: UUID) -> None:
        self._try(self.posting.reserve, ENTRY, (number, number + 10), journal, 1, "hash", run)

    @rule(run=RUNS, bare=st.booleans())
    def submit(self, run: UUID, bare: bool) -> None:  # noqa: FBT001 - Hypothesis draws it
        self._try(partial(self.posting.submit, bare=bare), run)

    @rule(run=RUNS)
    def begin_completing(self, run: UUID) -> None:
        self._try(self.posting.begin_completing, run)

    @rule(run=RUNS)
    def leave_bare(self, run: UUID) -> None:
        self._try(self.posting.leave_bare, "changed meanwhile", run)

    @rule(run=RUNS)
    def complete(self, run: UUID) -> None:
        self._try(self.posting.complete, run)

    @rule(run=RUNS)
    def undo(self, run: UUID) -> None:
        self._try(self.posting.undo, "REFUSED_BY_BC", "no such value", run)

    @rule(run=RUNS)
    def confirm(self, run: UUID) -> None:
        self._try(self.posting.confirm, ("a", "b"), run)

    @rule(place=st.sampled_from(Place), run=RUNS)
    def adopt(self, place: Place, run: UUID) -> None:
        self._try(self.posting.adopt, place, ("a", "b"), run)

    @rule(run=RUNS)
    def doubt(self, run: UUID) -> None:
        self._try(self.posting.doubt, "cut", run)

    @rule(run=RUNS)
    def release(self, run: UUID) -> None:
        self._try(self.posting.release, "no trace", run)

    @rule(run=RUNS)
    def reject(self, run: UUID) -> None:
        self._try(self.posting.reject, "REFUSED_BY_BC", "no", run)

    @rule(run=RUNS)
    def hold(self, run: UUID) -> None:
        self._try(self.posting.hold, "PARTLY_FOUND", "1 of 2", run)

    @rule(amount=st.sampled_from(["-48.60", "-52.10"]), run=RUNS)
    def compare(self, amount: str, run: UUID) -> None:
        self._try(self.posting.compare, PexSnapshot.of(purchase(amount)), run)

    @rule(run=RUNS)
    def disappear(self, run: UUID) -> None:
        self._try(self.posting.disappear, run)

    def _try(self, step: object, *arguments: object) -> None:
        assert callable(step)
        self.now += timedelta(seconds=1)
        before = self.posting.state
        try:
            step(*arguments, self.now)
        except OutOfTurnError:
            assert self.posting.state is before
            assert not self.posting.collect_events()
        else:
            self.events.extend(self.posting.collect_events())

    def _names(self) -> list[str]:
        return [type(event).__name__ for event in self.events]

    @invariant()
    def no_two_attempts_are_open_at_once(self) -> None:
        is_open = False
        for name in self._names():
            if name == "Submitted":
                assert not is_open
                is_open = True
            elif name in CLOSING:
                is_open = False
        assert (self.posting.state in OPEN) is is_open

    @invariant()
    def nothing_is_sent_that_was_not_written_down(self) -> None:
        names = self._names()
        if "Submitted" in names:
            assert "Reserved" in names[: names.index("Submitted")]
        assert self.posting.attempts == names.count("Submitted")
        if self.posting.state in OPEN:
            assert self.posting.numbered.entry == ENTRY
            assert self.posting.submitted_at is not None
            assert self.posting.target is not None

    @invariant()
    def posted_is_the_end(self) -> None:
        names = [name for name in self._names() if name not in AFTERWARDS]
        done = ("Confirmed", "Adopted", "Completed")
        ends = [place for place, name in enumerate(names) if name in done]
        assert ends in ([], [len(names) - 1])
        assert (self.posting.state is State.POSTED) is bool(ends)

    @invariant()
    def what_was_sent_bare_is_posted_only_once_complete_or_when_a_person_says_so(self) -> None:
        names = self._names()
        if self.posting.state is State.POSTED and self.posting.bare:
            assert names[-1] == "Completed" or names[-2] == "Held"
        if self.posting.state in INCOMPLETE:
            assert self.posting.bare
            assert self.posting.line_ids

    @invariant()
    def a_reason_stands_exactly_where_something_waits_or_failed(self) -> None:
        waits = self.posting.state in (UNSETTLED - {State.SUBMITTED}) | {
            State.SKIPPED,
            State.FAILED,
            State.HELD,
        }
        assert (self.posting.code is not None) is waits
        assert (self.posting.cause is not None) is waits

    @invariant()
    def what_happens_afterwards_is_told_of_posted_ones_alone(self) -> None:
        told = AFTERWARDS.intersection(self._names())
        assert not told or self.posting.state is State.POSTED

    @invariant()
    def nothing_that_happens_afterwards_is_told_twice(self) -> None:
        names = [name for name in self._names() if name in ("Disappeared", "Reappeared")]
        assert names == (["Disappeared", "Reappeared"] * len(names))[: len(names)]

    @invariant()
    def its_events_make_it_again(self) -> None:
        assert replayed(self.posting, self.events) == self.posting


TestPosting = PostingMachine.TestCase
TestPosting.settings = hypothesis_settings(
    max_examples=100, stateful_step_count=25, deadline=None, print_blob=True
)
