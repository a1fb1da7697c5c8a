"""A transaction's story: every event has a sentence, and each says what happened."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from eventsourcing.domain import Aggregate

from adapters.persistence.event_types import event_types
from application.ports.event_log import RecordedEvent
from builders.books import entry
from domain.money import Money
from domain.pex_snapshot import PexSnapshot
from domain.pex_transaction import Kind, Record
from domain.posted_transaction import Facts, Place, PostedTransaction, State, Target
from domain.receipts import Attached, Holder, ReceiptFile, ReceiptNotLoaded
from domain.transaction_receipts import TransactionReceipts
from entrypoints.http.pages.story import SENTENCES, chapters, sentence

NOW = datetime(2026, 9, 1, 14, tzinfo=UTC)
DAY = date(2026, 8, 31)
RUN, NEXT_RUN = UUID(int=1), UUID(int=2)
ENTRY = entry()
NUMBERS = tuple(range(700_010, 700_010 + 10 * len(ENTRY.lines), 10))
LINE_IDS = tuple(f"line {number}" for number in NUMBERS)
TARGET = Target("tenant", "Production", "company", "PEX CARD")
HOLDER = Holder("line", Place.JOURNAL, "PEX-7-X1")


def seen() -> PostedTransaction:
    facts = Facts(Kind.PURCHASE, Money(Decimal("-1048.60")), DAY, DAY, "Corner Deli", "Sam")
    return PostedTransaction(
        timestamp=NOW,
        connection_id=UUID(int=9),
        business_id=1,
        record=Record.CARD,
        pex_id=7,
        facts=facts,
        run_id=RUN,
    )


def submitted(*, bare: bool = False, snapshot: PexSnapshot | None = None) -> PostedTransaction:
    posting = seen()
    posting.reserve(ENTRY, NUMBERS, TARGET, 3, "hash", RUN, NOW, snapshot=snapshot)
    posting.submit(RUN, NOW, bare=bare)
    return posting


def snapshot(amount: str) -> PexSnapshot:
    return PexSnapshot(Money(Decimal(amount)), DAY, DAY, "Corner Deli", "Approved")


def changed() -> PostedTransaction:
    posting = submitted(snapshot=snapshot("-1048.60"))
    posting.confirm(LINE_IDS, RUN, NOW)
    posting.compare(snapshot("-52.10"), NEXT_RUN, NOW)
    posting.disappear(NEXT_RUN, NOW)
    posting.compare(snapshot("-52.10"), NEXT_RUN, NOW)
    return posting


def without_snapshot() -> PostedTransaction:
    posting = submitted()
    posting.confirm(LINE_IDS, RUN, NOW)
    posting.compare(snapshot("-1048.60"), NEXT_RUN, NOW)
    return posting


def withheld(state: State, cause: str) -> PostedTransaction:
    posting = seen()
    posting.withhold(state, "CODE", cause, RUN, NOW)
    return posting


def doubted() -> PostedTransaction:
    posting = submitted()
    posting.doubt("the connection was cut", RUN, NOW)
    return posting


def released() -> PostedTransaction:
    posting = doubted()
    posting.release("Business Central holds no trace of it.", RUN, NOW)
    return posting


def rejected() -> PostedTransaction:
    posting = submitted()
    posting.reject("REFUSED_BY_BC", "Business Central answered X: no", RUN, NOW)
    return posting


def held() -> PostedTransaction:
    posting = doubted()
    posting.hold("PARTLY_FOUND", "Business Central holds 1 of its 2 lines.", RUN, NOW)
    return posting


def adopted(place: Place) -> PostedTransaction:
    posting = doubted()
    posting.adopt(place, LINE_IDS, RUN, NOW)
    return posting


def completed() -> PostedTransaction:
    posting = submitted(bare=True)
    posting.confirm(LINE_IDS, RUN, NOW)
    posting.begin_completing(RUN, NOW)
    posting.leave_bare("A line was not as it was read any more.", RUN, NOW)
    posting.begin_completing(RUN, NOW)
    posting.complete(RUN, NOW)
    return posting


def undone() -> PostedTransaction:
    posting = submitted(bare=True)
    posting.confirm(LINE_IDS, RUN, NOW)
    posting.undo("CODE", "The value OPS is blocked.", RUN, NOW)
    return posting


def receipts() -> TransactionReceipts:
    told = TransactionReceipts(
        timestamp=NOW,
        connection_id=UUID(int=9),
        business_id=1,
        record=Record.CARD,
        pex_id=7,
        run_id=RUN,
    )
    told.note_listing(("PEX_UNAVAILABLE", "PEX is away"), RUN, NOW)
    told.note_listing(None, RUN, NOW)
    told.find(["a", "b"], RUN, NOW)
    told.withhold("a", ReceiptNotLoaded(), RUN, NOW)
    file = ReceiptFile("b", "PEX-7-2.png", 210, "0" * 64)
    told.send(NOW, (file,), HOLDER, RUN)
    told.attach(NOW, (Attached(file, "file"),), HOLDER, RUN)
    told.note_presence(["a"], NEXT_RUN, NOW)
    told.note_presence(["a", "b"], NEXT_RUN, NOW)
    return told


def recorded(aggregate: Aggregate) -> list[RecordedEvent]:
    """Its events as a log hands them out."""
    return [
        RecordedEvent(place, aggregate.id, place, event.TOPIC, event, "{}", NOW)  # type: ignore[attr-defined] # every event of ours has one
        for place, event in enumerate(aggregate.collect_events(), start=1)
    ]


def sentences(aggregate: Aggregate) -> list[str]:
    return [sentence(one) for one in recorded(aggregate)]


def everything() -> Iterable[Aggregate]:
    yield from (changed(), without_snapshot(), released(), rejected(), held(), completed())
    yield from (undone(), receipts(), withheld(State.FAILED, "It is blocked"))
    yield from (adopted(place) for place in Place)


def test_every_event_of_a_transaction_and_its_receipts_has_a_sentence() -> None:
    known = {
        kind.topic
        for aggregate in (PostedTransaction, TransactionReceipts)
        for kind in event_types(aggregate)
    }
    assert set(SENTENCES) == known
    told = [one for aggregate in everything() for one in recorded(aggregate)]
    assert {one.topic for one in told} == known
    for one in told:
        text = sentence(one)
        assert text.endswith(".")
        assert ".." not in text
        assert "None" not in text


@pytest.mark.parametrize(
    ("aggregate", "last"),
    [
        (
            seen(),
            "Seen in PEX for the first time: a purchase of \N{MINUS SIGN}1,048.60 at Corner Deli.",
        ),
        (withheld(State.SKIPPED, "Not approved."), "Left alone: Not approved."),
        (withheld(State.FAILED, "It is blocked"), "Not posted: It is blocked."),
        (submitted(bare=True), "Sent to Business Central: attempt 1, its dimensions to follow."),
        (held(), "Put on hold until a person decides: Business Central holds 1 of its 2 lines."),
        (adopted(Place.JOURNAL), "Found whole in the journal, so nothing more is sent."),
        (
            adopted(Place.LEDGER),
            "Found in the ledger: the entry was posted already, so nothing more is sent.",
        ),
        (rejected(), "Nothing of it is in Business Central: Business Central answered X: no."),
        (completed(), "Every line bears its dimensions."),
    ],
)
def test_a_sentence_says_what_happened(aggregate: Aggregate, last: str) -> None:
    assert sentences(aggregate)[-1] == last


def test_a_change_in_pex_is_told_with_what_was_and_what_is() -> None:
    assert sentences(changed())[-3:] == [
        "PEX changed the amount from -1048.60 to -52.10. The entry stays as it was posted.",
        "PEX does not list it any more. The entry stays as it was posted.",
        "PEX lists it again.",
    ]


def test_receipts_are_told_by_their_files() -> None:
    assert sentences(receipts()) == [
        "Its receipts were asked for.",
        "PEX did not list its receipts: PEX is away.",
        "PEX lists its receipts again.",
        "2 receipts found in PEX.",
        "A receipt was not attached: PEX has not finished loading the receipt.",
        "Attaching PEX-7-2.png to the journal line of PEX-7-X1.",
        "Attached PEX-7-2.png to the journal line of PEX-7-X1.",
        "PEX has lost 1 attached receipt; the files stay.",
        "PEX has all of the attached receipts again.",
    ]


def test_a_story_is_told_run_by_run() -> None:
    told = chapters(recorded(changed()))
    assert [(chapter.run_id, len(chapter.told)) for chapter in told] == [(RUN, 4), (NEXT_RUN, 3)]
