"""The history of a transaction's receipts (M24)."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders.events import replayed
from domain.document_keys import DocumentKeys
from domain.pex_transaction import Record
from domain.posted_transaction import Place, PostedTransaction
from domain.receipts import (
    Attached,
    Holder,
    ReceiptDeleted,
    ReceiptInDoubt,
    ReceiptLineGone,
    ReceiptNotADocument,
    ReceiptNotLoaded,
    ReceiptNotStored,
    ReceiptStatus,
    receipt_file,
)
from domain.refusals import Refusal
from domain.transaction_receipts import TransactionReceipts

NOW = datetime(2026, 8, 15, 14, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
RUN = uuid4()
KEYS = DocumentKeys.of(Record.CARD, 7)
HOLDER = Holder("line-2", Place.JOURNAL, "PEX-7-X1")


def begun(*ids: str) -> TransactionReceipts:
    receipts = TransactionReceipts(NOW, uuid4(), 52311, Record.CARD, 7, RUN)
    receipts.find(ids, RUN, NOW)
    return receipts


def attached(*ids: str) -> TransactionReceipts:
    receipts = begun(*ids)
    files = tuple(
        receipt_file(KEYS, one, receipts.receipts[one].number, b"%PDF-" + one.encode())
        for one in ids
    )
    receipts.send(NOW, files, HOLDER, RUN)
    made = tuple(Attached(file, f"file-{file.receipt_id}") for file in files)
    receipts.attach(NOW, made, HOLDER, RUN)
    return receipts


def events_of(receipts: TransactionReceipts) -> list[str]:
    return [type(one).__name__ for one in receipts.pending_events]


def gone(receipts: TransactionReceipts) -> list[str]:
    return [one.id for one in receipts.receipts.values() if one.gone_from_pex]


def test_its_stream_is_its_own_and_not_the_postings() -> None:
    assert TransactionReceipts.create_id(1, Record.CARD, 7) != PostedTransaction.create_id(
        1, Record.CARD, 7
    )
    assert TransactionReceipts.create_id(1, Record.CARD, 7) != TransactionReceipts.create_id(
        1, Record.BUSINESS, 7
    )


def test_a_late_receipt_changes_no_other_ones_number() -> None:
    receipts = begun("b", "a")
    receipts.find(("0", "a", "b", "c"), RUN, LATER)
    numbers = {one.id: one.number for one in receipts.receipts.values()}
    assert numbers == {"b": 1, "a": 2, "0": 3, "c": 4}


@given(st.lists(st.lists(st.sampled_from("abcdefgh"))))
def test_numbers_are_given_once_without_gaps_however_receipts_appear(told: list[list[str]]) -> None:
    receipts = begun()
    known: dict[str, int] = {}
    for listing in told:
        receipts.find(listing, RUN, NOW)
        assert known.items() <= {one.id: one.number for one in receipts.receipts.values()}.items()
        known = {one.id: one.number for one in receipts.receipts.values()}
    assert sorted(known.values()) == list(range(1, len(known) + 1))
    assert replayed(receipts).receipts == receipts.receipts


def test_what_is_no_news_makes_no_event() -> None:
    receipts = begun("a", "b")
    told = len(receipts.pending_events)
    receipts.find(("a", "b"), RUN, LATER)
    receipts.note_presence(("a", "b"), RUN, LATER)
    receipts.note_listing(None, RUN, LATER)
    assert len(receipts.pending_events) == told
    receipts.withhold("a", ReceiptNotLoaded(), RUN, LATER)
    receipts.withhold("a", ReceiptNotLoaded(), RUN, LATER)
    assert events_of(receipts)[told:] == ["Withheld"]


def test_a_receipt_is_in_doubt_from_before_it_is_sent_until_bc_holds_it() -> None:
    receipts = begun("a")
    file = receipt_file(KEYS, "a", 1, b"%PDF-1")
    receipts.send(LATER, (file,), HOLDER, RUN)
    sending = receipts.receipts["a"]
    assert (sending.status, sending.at) == (ReceiptStatus.SENDING, LATER)
    assert (sending.code, sending.file) == (ReceiptInDoubt.code, file)
    unsettled = receipts.is_unsettled
    receipts.attach(LATER, (Attached(file, "file-1"),), HOLDER, RUN)
    held = receipts.receipts["a"]
    assert (held.status, held.file_id, held.code) == (ReceiptStatus.ATTACHED, "file-1", None)
    assert (held.number, held.holder) == (1, HOLDER)
    assert (unsettled, receipts.is_unsettled) == (True, False)


@pytest.mark.parametrize(
    ("refusal", "settled_by"),
    [
        (ReceiptNotLoaded(), "itself"),
        (ReceiptNotStored("the connection was cut"), "itself"),
        (ReceiptDeleted(), "a person"),
        (ReceiptNotADocument(3), "a person"),
        (ReceiptLineGone(), "a person"),
    ],
    ids=lambda value: value.code if isinstance(value, Refusal) else str(value),
)
def test_only_what_can_get_better_of_itself_is_unsettled(refusal: Refusal, settled_by: str) -> None:
    receipts = begun("a")
    receipts.withhold("a", refusal, RUN, NOW)
    assert receipts.is_unsettled is (settled_by == "itself")
    withheld = receipts.receipts["a"]
    assert (withheld.code, withheld.cause) == (refusal.code, refusal.cause)


def test_an_attached_receipt_that_pex_loses_stays_and_is_told_once() -> None:
    receipts = attached("a", "b")
    told = len(receipts.pending_events)
    for _ in range(2):
        receipts.note_presence(("b",), RUN, LATER)
    lost = receipts.receipts["a"]
    assert (lost.gone_from_pex, lost.status) == (True, ReceiptStatus.ATTACHED)
    assert gone(receipts) == ["a"]
    receipts.note_presence(("a", "b"), RUN, LATER)
    assert gone(receipts) == []
    assert events_of(receipts)[told:] == ["PresenceNoted", "PresenceNoted"]


def test_a_listing_that_pex_refuses_is_unsettled_until_it_works_again() -> None:
    receipts = begun()
    receipts.note_listing(("PEX_REFUSED", "PEX answered 400."), RUN, NOW)
    refused = receipts.is_unsettled
    receipts.note_listing(None, RUN, LATER)
    assert (refused, receipts.is_unsettled) == (True, False)
    assert receipts.trouble is None


def test_the_holder_is_the_one_that_took_the_last_file_of_that_very_entry() -> None:
    receipts = attached("a")
    assert receipts.holder_of("PEX-7-X1") == HOLDER
    assert receipts.holder_of("PEX-7-Y1") is None
    receipts.find(("b",), RUN, LATER)
    ledger = Holder("entry-9", Place.LEDGER, "PEX-7-X1")
    file = receipt_file(KEYS, "b", 2, b"%PDF-2")
    receipts.attach(LATER, (Attached(file, "file-b"),), ledger, RUN)
    assert receipts.holder_of("PEX-7-X1") == ledger


def test_a_size_told_anew_is_remembered_beside_a_refusal_of_the_bytes() -> None:
    receipts = begun("a")
    receipts.withhold("a", ReceiptNotADocument(3), RUN, NOW, told_size=3)
    assert receipts.receipts["a"].was_refused_as(3)
    assert not receipts.receipts["a"].was_refused_as(4)


def test_an_entry_that_is_nowhere_is_remembered_as_such() -> None:
    receipts = begun("a")
    assert not receipts.has_lost_its_line
    receipts.withhold("a", ReceiptLineGone(), RUN, NOW)
    assert receipts.has_lost_its_line


def test_it_is_rebuilt_from_its_events_as_it_was() -> None:
    receipts = attached("a", "b")
    receipts.find(("c",), RUN, LATER)
    receipts.withhold("c", ReceiptNotLoaded(), RUN, LATER)
    receipts.note_presence(("b", "c"), RUN, LATER)
    receipts.note_listing(("PEX_REFUSED", "PEX answered 400."), RUN, LATER)
    before = (dict(receipts.receipts), receipts.trouble)
    again = replayed(receipts)
    assert (again.receipts, again.trouble) == before
