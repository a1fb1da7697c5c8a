"""Which receipts may be copied, what they are, and how their files are named (M24)."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.document_keys import DocumentKeys
from domain.pex_transaction import Record
from domain.posted_transaction import Place
from domain.receipts import (
    Holder,
    Receipt,
    ReceiptDeleted,
    ReceiptHasMalware,
    ReceiptInDoubt,
    ReceiptLineGone,
    ReceiptLoadFailed,
    ReceiptNotADocument,
    ReceiptNotLoaded,
    ReceiptNotStored,
    ReceiptStatus,
    check_loaded,
    receipt_file,
    status_for,
)
from domain.refusals import Refusal, RefusedByBusinessCentral

NOW = datetime(2026, 8, 15, 14, 0, tzinfo=UTC)
KEYS = DocumentKeys.of(Record.CARD, 918273645)
PDF, PNG, JPG = b"%PDF-1.7 x", b"\x89PNG\r\n\x1a\n x", b"\xff\xd8\xff\xe0 x"


@pytest.mark.parametrize(
    ("content", "ending"), [(PDF, "pdf"), (PNG, "png"), (JPG, "jpg")], ids=["pdf", "png", "jpg"]
)
def test_the_bytes_tell_what_a_receipt_is(content: bytes, ending: str) -> None:
    file = receipt_file(KEYS, "r1", 1, content)
    assert file.file_name == f"PEX-918273645-1.{ending}"
    assert file.size == len(content)
    assert file.sha256 == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize(
    "content", [b"", b"%PDF", b"\x89PN", b"\xff\xd8", b"<html>", b"GIF89a", b" %PDF-1.7", b"MZ"]
)
def test_anything_else_is_refused_whatever_pex_calls_it(content: bytes) -> None:
    with pytest.raises(ReceiptNotADocument) as refused:
        receipt_file(KEYS, "r1", 1, content)
    assert f"{len(content)} bytes" in refused.value.cause


@given(st.binary())
def test_no_bytes_are_taken_that_do_not_begin_as_a_document_does(content: bytes) -> None:
    try:
        receipt_file(KEYS, "r1", 1, content)
    except ReceiptNotADocument:
        assert not content.startswith((b"%PDF-", b"\x89PNG", b"\xff\xd8\xff"))
    else:
        assert content.startswith((b"%PDF-", b"\x89PNG", b"\xff\xd8\xff"))


def test_an_invoice_and_a_shared_journal_have_names_of_their_own() -> None:
    named = [
        receipt_file(keys, "r1", 2, PDF).file_name
        for keys in (
            DocumentKeys.of(Record.CARD, 7),
            DocumentKeys.of(Record.INVOICE, 7),
            DocumentKeys.of(Record.CARD, 7, letter="B"),
        )
    ]
    assert named == ["PEX-7-2.pdf", "PEX-I7-2.pdf", "PEX-B7-2.pdf"]


names = st.tuples(
    st.builds(DocumentKeys.of, st.sampled_from(Record), st.integers(1, 10**12)),
    st.integers(1, 999),
)


@given(names, names)
def test_two_receipts_never_share_a_name(
    one: tuple[DocumentKeys, int], other: tuple[DocumentKeys, int]
) -> None:
    first, second = (
        receipt_file(keys, "r", number, PDF).file_name for keys, number in (one, other)
    )
    assert (first == second) == (one == other)


def test_only_a_loaded_receipt_may_be_copied() -> None:
    check_loaded("Loaded")
    refused: dict[str, type[Refusal]] = {
        "NotLoaded": ReceiptNotLoaded,
        "HasMalware": ReceiptHasMalware,
        "Deleted": ReceiptDeleted,
        "LoadFailed": ReceiptLoadFailed,
        "Novelty": ReceiptNotLoaded,
    }
    for state, refusal in refused.items():
        with pytest.raises(refusal):
            check_loaded(state)


@pytest.mark.parametrize(
    ("refusal", "status"),
    [
        (ReceiptNotLoaded(), ReceiptStatus.WAITING),
        (ReceiptHasMalware(), ReceiptStatus.SKIPPED),
        (ReceiptNotADocument(3), ReceiptStatus.REFUSED),
        (ReceiptLineGone(), ReceiptStatus.REFUSED),
        (ReceiptNotStored("the connection was cut"), ReceiptStatus.FAILED),
        (RefusedByBusinessCentral("Code", "no"), ReceiptStatus.FAILED),
    ],
    ids=lambda value: value.code if isinstance(value, Refusal) else str(value),
)
def test_what_changes_nothing_by_waiting_is_not_tried_again(
    refusal: Refusal, status: ReceiptStatus
) -> None:
    assert status_for(refusal) is status


def test_a_file_that_was_being_made_is_in_doubt_until_bcs_own_limit_has_passed() -> None:
    horizon = timedelta(seconds=720)
    sending = Receipt("r1", 1, ReceiptStatus.SENDING, NOW, ReceiptInDoubt.code)
    assert sending.is_in_doubt(NOW + timedelta(seconds=719), horizon)
    assert not sending.is_in_doubt(NOW + horizon, horizon)
    assert not Receipt("r1", 1, ReceiptStatus.FAILED, NOW).is_in_doubt(NOW, horizon)


def test_a_receipt_is_attached_to_one_entry_and_not_to_the_next_edition_of_it() -> None:
    holder = Holder("line", Place.JOURNAL, "PEX-7-X1")
    attached = Receipt("r1", 1, ReceiptStatus.ATTACHED, NOW, holder=holder)
    assert attached.is_attached_to("PEX-7-X1")
    assert not attached.is_attached_to("PEX-7-Y1")
    sending = Receipt("r1", 1, ReceiptStatus.SENDING, NOW, holder=holder)
    assert not sending.is_attached_to("PEX-7-X1")
