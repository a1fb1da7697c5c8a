"""Stories that no application would tell in this order, though the domain allows each step."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from domain.connection import Connection
from domain.document_keys import DocumentKeys
from domain.pex_transaction import Kind, Record
from domain.posted_transaction import OutOfTurnError, Place, PostedTransaction, State
from domain.receipts import Attached, Holder, ReceiptLineGone, ReceiptStatus, receipt_file
from domain.sync_run import Outcome, SyncRun
from domain.tag_option_history import ReportedOption
from domain.tag_options import Change
from domain.transaction_receipts import TransactionReceipts
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
    receipts: dict[int, TransactionReceipts] = field(default_factory=dict)

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

    def take_receipt(self, pex_id: int) -> None:
        """One more receipt is found and sent, and is attached by the next step of its kind."""
        now, receipts = self.story.now(), self.receipts_of(pex_id)
        sending = [
            one.file
            for one in receipts.receipts.values()
            if one.status is ReceiptStatus.SENDING and one.file
        ]
        holder = Holder("line", Place.JOURNAL, f"PEX-{pex_id}-X1")
        if sending:
            held = tuple(Attached(file, f"file {now}") for file in sending)
            receipts.attach(now, held, holder, self.run.id)
        else:
            receipts.find((f"receipt {now}",), self.run.id, now)
            newest = list(receipts.receipts.values())[-1]
            keys = DocumentKeys.of(Record.CARD, pex_id)
            file = receipt_file(keys, newest.id, newest.number, b"%PDF-")
            receipts.send(now, (file,), holder, self.run.id)
        self.story.log.save(receipts)

    def lose_receipt(self, pex_id: int) -> None:
        now, receipts = self.story.now(), self.receipts_of(pex_id)
        trouble = None if receipts.trouble else ("PEX_REFUSED", f"at {now}")
        receipts.note_listing(trouble, self.run.id, now)
        receipts.note_presence((), self.run.id, now)
        for one in receipts.receipts.values():
            if one.status is ReceiptStatus.SENDING:
                receipts.withhold(one.id, ReceiptLineGone(), self.run.id, now)
        self.story.log.save(receipts)

    def receipts_of(self, pex_id: int) -> TransactionReceipts:
        if pex_id not in self.receipts:
            self.receipts[pex_id] = TransactionReceipts(
                self.story.now(), self.connection.id, 1001, Record.CARD, pex_id, self.run.id
            )
        return self.receipts[pex_id]

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
    "take receipt": WildStory.take_receipt,
    "lose receipt": WildStory.lose_receipt,
    "report skipped": WildStory.report_skipped,
    "report posted": WildStory.report_posted,
    "report tag options": WildStory.report_tag_options,
    "next run": WildStory.next_run,
}
