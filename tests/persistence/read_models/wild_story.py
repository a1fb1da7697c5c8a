"""Stories that no application would tell in this order, though the domain allows each step."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from domain.connection import Connection
from domain.pex_transaction import Kind
from domain.posted_transaction import OutOfTurnError, Place, PostedTransaction, State
from domain.sync_run import Outcome, SyncRun
from domain.tag_option_history import ReportedOption
from domain.tag_options import Change
from persistence.read_models.story import DAY, Story, row

Step = tuple[str, int]
IDS = 3


@dataclass
class WildStory:
    """Follows steps, each of which concerns one of three transactions; leaves out what is wrong."""

    story: Story
    connection: Connection = field(init=False)
    run: SyncRun = field(init=False)
    postings: dict[int, PostedTransaction] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.connection = self.story.connect()
        self.run = self.story.start(self.connection)

    def tell(self, steps: Sequence[Step]) -> None:
        for name, pex_id in steps:
            try:
                STEPS[name](self, pex_id)
            except OutOfTurnError:
                continue

    def posting(self, pex_id: int) -> PostedTransaction:
        if pex_id not in self.postings:
            self.postings[pex_id] = self.story.see(self.connection, self.run.id, pex_id)
        return self.postings[pex_id]

    def withhold(self, pex_id: int) -> None:
        now = self.story.now()
        posting = self.posting(pex_id)
        posting.withhold(State.FAILED, "TAG_MISSING", f"at {now}", self.run.id, now)
        self.story.log.save(posting)

    def submit(self, pex_id: int) -> None:
        day = DAY + timedelta(days=pex_id)
        self.story.submit(self.posting(pex_id), self.run.id, day)

    def confirm(self, pex_id: int) -> None:
        posting = self.posting(pex_id)
        posting.confirm(("a", "b"), self.run.id, self.story.now())
        self.story.log.save(posting)

    def adopt(self, pex_id: int) -> None:
        posting = self.posting(pex_id)
        posting.adopt(Place.LEDGER, ("e",), self.run.id, self.story.now())
        self.story.log.save(posting)

    def change(self, pex_id: int) -> None:
        amount = f"-{self.story.now().second}.60"
        self.story.change(self.posting(pex_id), self.run.id, amount)

    def vanish(self, pex_id: int) -> None:
        posting = self.posting(pex_id)
        posting.disappear(self.run.id, self.story.now())
        self.story.log.save(posting)

    def doubt(self, pex_id: int) -> None:
        posting = self.posting(pex_id)
        posting.doubt("No answer.", self.run.id, self.story.now())
        self.story.log.save(posting)

    def release(self, pex_id: int) -> None:
        posting = self.posting(pex_id)
        posting.release("Nothing there.", self.run.id, self.story.now())
        self.story.log.save(posting)

    def hold(self, pex_id: int) -> None:
        posting = self.posting(pex_id)
        posting.hold("PARTLY_FOUND", "Half of it.", self.run.id, self.story.now())
        self.story.log.save(posting)

    def report_skipped(self, pex_id: int) -> None:
        skipped = row(pex_id, Outcome.SKIPPED, "KIND_OFF", merchant="Deli", kind=Kind.FEE)
        self.story.report(self.run, skipped, row(pex_id + 1, Outcome.FAILED, "TAG_MISSING"))

    def report_posted(self, pex_id: int) -> None:
        self.story.report(self.run, row(pex_id, Outcome.ALREADY_POSTED))

    def report_tag_options(self, pex_id: int) -> None:
        added = ReportedOption("t1", f"field {pex_id}", "Meals", f"{pex_id}", Change.ADDED)
        self.story.report_tag_options(self.run, added.field, added)

    def next_run(self, pex_id: int) -> None:
        self.story.end(self.connection, self.run)
        self.run = self.story.start(self.connection, preview=pex_id == 0)


STEPS: dict[str, Callable[[WildStory, int], None]] = {
    "withhold": WildStory.withhold,
    "submit": WildStory.submit,
    "confirm": WildStory.confirm,
    "adopt": WildStory.adopt,
    "change": WildStory.change,
    "vanish": WildStory.vanish,
    "doubt": WildStory.doubt,
    "release": WildStory.release,
    "hold": WildStory.hold,
    "report skipped": WildStory.report_skipped,
    "report posted": WildStory.report_posted,
    "report tag options": WildStory.report_tag_options,
    "next run": WildStory.next_run,
}
