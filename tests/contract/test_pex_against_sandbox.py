"""The PEX adapter against the PEX simulator, over real HTTP."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from adapters.pex.access import HttpPexAccess
from application.pex_credential import PEX_CREDENTIAL
from application.ports.pex import (
    Funding,
    PexPermissionMissing,
    PexTokenRefused,
    PexUnavailable,
    ReceiptUnreadable,
    UploadStatus,
)
from domain.eastern_time import EASTERN
from domain.pex_transaction import Kind, Record, classify
from fakes.vault import FakeVault
from sandbox import company
from sandbox.clock import SandboxClock
from sandbox.faults import Fault, FaultPlan
from sandbox.pex import PexSandbox
from sandbox.web import Server

END = datetime(2026, 8, 15, 12, 0, tzinfo=EASTERN)
START = END - timedelta(days=75)


@pytest.fixture
def pex() -> PexSandbox:
    return PexSandbox(SandboxClock(END), FaultPlan(), purchases=60)


@pytest.fixture
def server(pex: PexSandbox) -> Iterator[Server]:
    with Server(pex.application) as server:
        yield server


@pytest.fixture
def access(server: Server) -> Iterator[HttpPexAccess]:
    slept: list[float] = []
    access = HttpPexAccess(f"{server.url}/v4", FakeVault(), 6000, sleep=slept.append)
    yield access
    access.close()


def test_a_token_tells_its_business_and_funding(access: HttpPexAccess) -> None:
    prepaid = access.with_token(company.PREPAID_TOKEN).business()
    credit = access.with_token(company.CREDIT_TOKEN).business()
    assert (prepaid.id, prepaid.funding) == (company.PREPAID_BUSINESS, Funding.PREPAID)
    assert (credit.id, credit.funding) == (company.CREDIT_BUSINESS, Funding.CREDIT)


def test_a_dead_token_is_refused_by_its_words_whatever_the_status(
    access: HttpPexAccess, pex: PexSandbox
) -> None:
    for status in (401, 403):
        pex.switch(dead_token_status=status)
        with pytest.raises(PexTokenRefused, match="expired or does not exist"):
            access.with_token("made-up-token").business()


def test_every_missing_permission_is_named_as_the_dashboard_does(
    access: HttpPexAccess, pex: PexSandbox
) -> None:
    flags = {"ManageCardholder": False, "ViewCardTransactions": False}
    pex.switch(company.PREPAID_BUSINESS, permissions=flags)
    with pytest.raises(PexPermissionMissing) as refused:
        access.with_token(company.PREPAID_TOKEN).business()
    assert refused.value.missing == ("Manage cardholder", "View card transactions")


def test_a_cardholders_token_is_refused(access: HttpPexAccess, pex: PexSandbox) -> None:
    pex.switch(company.PREPAID_BUSINESS, user_type="Cardholder")
    with pytest.raises(PexTokenRefused, match="administrator"):
        access.with_token(company.PREPAID_TOKEN).business()


def test_the_lists_hold_every_kind_and_nothing_unsettled(access: HttpPexAccess) -> None:
    account = access.with_token(company.PREPAID_TOKEN)
    cards = account.rows(Record.CARD, START, END).rows
    business = account.rows(Record.BUSINESS, START, END).rows
    assert {classify(row) for row in cards} >= {Kind.PURCHASE, Kind.FEE, Kind.INTERNAL}
    assert {classify(row) for row in business} == {
        Kind.FEE,
        Kind.TRANSFER,
        Kind.REBATE,
        Kind.INTERNAL,
        Kind.UNCLASSIFIED,
    }
    assert not any(row.is_pending or row.is_decline for row in cards)
    assert any(row.allocations for row in cards)
    assert any(row.tags for row in cards)


def test_pages_follow_each_other_until_every_row_was_seen(
    access: HttpPexAccess, pex: PexSandbox
) -> None:
    account = access.with_token(company.PREPAID_TOKEN)
    whole = {row.pex_id for row in account.rows(Record.CARD, START, END).rows}
    pex.switch(page_size=7)
    seen: set[int] = set()
    start: datetime | None = START
    pages = 0
    while start is not None:
        page = account.rows(Record.CARD, start, END)
        seen |= {row.pex_id for row in page.rows}
        start = page.next_start
        pages += 1
    assert seen == whole
    assert pages > 5


def test_only_settled_rows_are_asked_for(access: HttpPexAccess, pex: PexSandbox) -> None:
    access.with_token(company.PREPAID_TOKEN).rows(Record.CARD, START, END)
    query = pex.faults.journal[-1]["query"]
    assert "IncludePendings=False" in query
    assert "IncludeDeclines=False" in query


def test_cardholders_have_names(access: HttpPexAccess) -> None:
    names = access.with_token(company.PREPAID_TOKEN).cardholder_names()
    assert names[88104] == "Maria Ortiz"


def test_cardholder_names_are_asked_for_once_in_five_minutes(
    access: HttpPexAccess, pex: PexSandbox
) -> None:
    access.with_token(company.PREPAID_TOKEN).cardholder_names()
    before = len(pex.faults.journal)
    access.with_token(company.PREPAID_TOKEN).cardholder_names()
    assert len(pex.faults.journal) == before


def test_a_business_without_tags_has_none(access: HttpPexAccess, pex: PexSandbox) -> None:
    pex.switch(company.PREPAID_BUSINESS, tags_enabled=False)
    assert access.with_token(company.PREPAID_TOKEN).tags() == ()


def test_a_tag_is_read_with_its_restricted_options(access: HttpPexAccess) -> None:
    account = access.with_token(company.PREPAID_TOKEN)
    whole = account.tag(company.EXPENSE_TAG)
    assert whole is not None
    assert "65100" in {option.value for option in whole.options}
    assert account.tag("000000000000000000000000") is None


@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=429, kind="status"),
        Fault(status=503, kind="html"),
        Fault(kind="cut"),
        Fault(status=500, kind="empty"),
    ],
    ids=["429", "503 as a page", "cut", "500 without a body"],
)
def test_a_passing_fault_is_tried_again(
    access: HttpPexAccess, pex: PexSandbox, fault: Fault
) -> None:
    pex.faults.plant(fault)
    assert access.with_token(company.PREPAID_TOKEN).business().id == company.PREPAID_BUSINESS


def test_a_lasting_fault_is_told_as_unavailable_with_its_wait(
    access: HttpPexAccess, pex: PexSandbox
) -> None:
    pex.faults.plant(Fault(status=429, times=-1, headers={"Retry-After": "90"}))
    with pytest.raises(PexUnavailable) as refused:
        access.with_token(company.PREPAID_TOKEN).business()
    assert refused.value.retry_after == 90


def test_a_stored_credential_opens_its_business(server: Server) -> None:
    vault, connection = FakeVault(), uuid4()
    credential = b'{"scheme":"token","token":"%s"}' % company.PREPAID_TOKEN.encode()
    vault.put(connection, PEX_CREDENTIAL, credential)
    access = HttpPexAccess(f"{server.url}/v4", vault)
    assert access.of(connection).business().id == company.PREPAID_BUSINESS
    with pytest.raises(PexTokenRefused):
        access.of(uuid4())
    access.close()


@pytest.mark.parametrize("window_tests", ["TransactionTime", "SettlementTime"])
def test_every_settled_row_comes_with_its_amount_time_and_settlement(
    access: HttpPexAccess, pex: PexSandbox, window_tests: str
) -> None:
    pex.switch(window_tests=window_tests)
    business = next(
        one for one in pex.dump()["businesses"] if one["id"] == company.PREPAID_BUSINESS
    )
    account = access.with_token(company.PREPAID_TOKEN)
    first, last = START.replace(tzinfo=None).isoformat(), END.replace(tzinfo=None).isoformat()
    for record in (Record.CARD, Record.BUSINESS):
        told = {
            row["TransactionId"]: (
                Decimal(str(row["TransactionAmount"])),
                row["TransactionTime"],
                row["SettlementTime"],
            )
            for row in business["rows"][record.value]
            if not (row["IsPending"] or row["IsDecline"])
            and first <= (row[window_tests] or row["TransactionTime"]) <= last
        }
        read = {
            row.pex_id: (
                row.amount.amount,
                row.transacted_at.replace(tzinfo=None).isoformat(),
                row.settled_at and row.settled_at.replace(tzinfo=None).isoformat(),
            )
            for row in account.rows(record, START, END).rows
        }
        assert read == told
        assert read


def test_notes_by_systems_are_left_out_and_notes_by_people_kept(access: HttpPexAccess) -> None:
    rows = access.with_token(company.PREPAID_TOKEN).rows(Record.CARD, START, END).rows
    notes = [note for row in rows for note in row.notes]
    assert notes
    assert not any(note.lower().startswith("synced") for note in notes)


def test_an_empty_list_may_be_null(access: HttpPexAccess, pex: PexSandbox) -> None:
    pex.switch(null_lists=True)
    account = access.with_token(company.PREPAID_TOKEN)
    later = END + timedelta(days=1)
    assert account.rows(Record.CARD, later, later).rows == ()


def test_deleted_tags_are_left_out_where_pex_lists_them(
    access: HttpPexAccess, pex: PexSandbox
) -> None:
    pex.switch(list_deleted_tags=True)
    account = access.with_token(company.PREPAID_TOKEN)
    assert company.MEMO_TAG in {tag.id for tag in account.tags()}
    pex.delete_tag(company.MEMO_TAG)
    assert company.MEMO_TAG not in {tag.id for tag in account.tags()}
    assert account.tag(company.MEMO_TAG) is None


@pytest.fixture
def purchase(pex: PexSandbox) -> int:
    """A settled purchase without a receipt."""
    return int(pex.add_row()["TransactionId"])


def test_a_purchase_without_receipts_has_none(access: HttpPexAccess, purchase: int) -> None:
    assert access.with_token(company.PREPAID_TOKEN).receipts(purchase) == ()


@pytest.mark.parametrize("mode", ["base64", "attachment_data_uris", "attachment_urls"])
@pytest.mark.parametrize("kind", ["png", "jpg", "pdf"])
def test_a_loaded_receipt_is_read_in_whatever_form_it_comes(
    access: HttpPexAccess, pex: PexSandbox, purchase: int, mode: str, kind: str
) -> None:
    if mode != "base64":
        pex.switch(**{mode: True})
    laid_in = pex.add_receipt(purchase, kind)
    account = access.with_token(company.PREPAID_TOKEN)
    (receipt,) = account.receipts(purchase)
    assert (receipt.id, receipt.status) == (laid_in.id, UploadStatus.LOADED)
    assert (receipt.kind, receipt.size) == (laid_in.type, len(laid_in.content))
    assert receipt.created_at == END
    assert account.receipt_content(purchase, receipt.id) == laid_in.content


@pytest.mark.parametrize("status", UploadStatus)
def test_every_upload_state_is_told_and_only_loaded_receipts_have_content(
    access: HttpPexAccess, pex: PexSandbox, purchase: int, status: UploadStatus
) -> None:
    laid_in = pex.add_receipt(purchase, state=status.value)
    account = access.with_token(company.PREPAID_TOKEN)
    (receipt,) = account.receipts(purchase)
    assert receipt.status is status
    found = account.receipt_content(purchase, receipt.id)
    assert found == (laid_in.content if status is UploadStatus.LOADED else None)


def test_a_large_receipt_arrives_whole(
    access: HttpPexAccess, pex: PexSandbox, purchase: int
) -> None:
    content = b"%PDF-" + bytes(range(256)) * 39_000
    receipt = pex.add_receipt(purchase, "pdf", content=content)
    account = access.with_token(company.PREPAID_TOKEN)
    assert account.receipt_content(purchase, receipt.id) == content
    pex.switch(attachment_urls=True)
    assert account.receipt_content(purchase, receipt.id) == content


def test_a_cut_download_is_read_again(
    access: HttpPexAccess, pex: PexSandbox, purchase: int
) -> None:
    receipt = pex.add_receipt(purchase)
    pex.faults.plant(Fault(path="/Attachment/", kind="cut", times=2))
    account = access.with_token(company.PREPAID_TOKEN)
    assert account.receipt_content(purchase, receipt.id) == receipt.content


def test_a_dead_link_is_the_receipts_trouble_and_not_the_tokens(
    access: HttpPexAccess, pex: PexSandbox, purchase: int
) -> None:
    pex.switch(attachment_urls=True)
    receipt = pex.add_receipt(purchase)
    account = access.with_token(company.PREPAID_TOKEN)
    for fault in ({"status": 401}, {"kind": "cut"}, {"status": 503}):
        pex.faults.plant(Fault(path="/files/", **fault))
        with pytest.raises(ReceiptUnreadable):
            account.receipt_content(purchase, receipt.id)
    assert account.receipt_content(purchase, receipt.id) == receipt.content


def test_all_that_a_run_of_two_months_reads_stays_within_pexs_limits(
    access: HttpPexAccess, pex: PexSandbox
) -> None:
    pex.switch(enforce_limits=True)
    account = access.with_token(company.PREPAID_TOKEN)
    account.business()
    account.tags()
    account.rows(Record.CARD, START, END)
    account.rows(Record.BUSINESS, START, END)
    account.cardholder_names()
    assert len(pex.faults.journal) <= 8
    assert {entry["status"] for entry in pex.faults.journal} == {200}


def test_a_limit_that_was_hit_is_told_as_unavailable(
    access: HttpPexAccess, pex: PexSandbox
) -> None:
    pex.switch(enforce_limits=True, retry_after=60)
    account = access.with_token(company.PREPAID_TOKEN)
    account.rows(Record.BUSINESS, START, END)
    with pytest.raises(PexUnavailable, match="Usage Limits Exceeded") as refused:
        account.rows(Record.BUSINESS, START, END)
    assert refused.value.retry_after == 60


@pytest.mark.parametrize("kind", ["malformed", "empty", "html"])
def test_a_success_that_cannot_be_read_is_no_empty_list(
    access: HttpPexAccess, pex: PexSandbox, kind: str
) -> None:
    pex.faults.plant(Fault(path="AllCardholderTransactions", status=200, kind=kind))
    account = access.with_token(company.PREPAID_TOKEN)
    with pytest.raises(PexUnavailable):
        account.rows(Record.CARD, START, END)
    assert account.rows(Record.CARD, START, END).rows


def test_a_token_that_died_is_told_in_pexs_words(access: HttpPexAccess, pex: PexSandbox) -> None:
    pex.expire_token(company.PREPAID_TOKEN)
    with pytest.raises(PexTokenRefused) as refused:
        access.with_token(company.PREPAID_TOKEN).rows(Record.CARD, START, END)
    assert company.PREPAID_TOKEN not in str(refused.value)
