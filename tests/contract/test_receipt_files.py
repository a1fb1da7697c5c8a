"""Receipts as files in Business Central: the fake, and the adapter over real HTTP, do the same."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Protocol
from uuid import UUID, uuid4

import pytest

from adapters.business_central.access import HttpBusinessCentral
from application.ports.company_data import (
    BusinessCentralPermissionMissing,
    BusinessCentralRefused,
    BusinessCentralSignInRefused,
    BusinessCentralUnavailable,
    CompanyNotFound,
)
from application.ports.receipt_files import (
    FILES_AT_ONCE,
    Gone,
    NewFile,
    Parent,
    ParentGone,
    ReceiptFiles,
    StoredFile,
    UnknownCreation,
    UnknownOutcome,
    Uploaded,
)
from domain.findings import FoundLine
from domain.money import Money
from domain.posted_transaction import Place
from fakes.clock import FakeClock
from fakes.general_journal import FakeGeneralJournal
from fakes.receipt_files import FakeReceiptFiles
from sandbox import company
from sandbox.business_central import BusinessCentralSandbox
from sandbox.clock import SandboxClock
from sandbox.faults import Fault, FaultPlan
from sandbox.web import Server

NOON = datetime(2026, 8, 15, 16, tzinfo=UTC)
POSTED_ON = date(2026, 8, 14)
USER = "connector"
GONE = "11111111-2222-4333-8444-555555555555"
PDF = b"%PDF-1.7 receipt"
BATCH = r"\$batch$"
CONTENT = r"attachmentContent$"


class Books(Protocol):
    """A company's journal and ledger, and the port to their files."""

    port: ReceiptFiles

    def enter(self, pex_id: int) -> tuple[Parent, Parent]:
        """A debit and a credit line."""

    def delete(self, line: Parent) -> None:
        """Delete a line by hand."""

    def post(self) -> None:
        """Post the journal."""

    def entries(self, pex_id: int) -> tuple[Parent, ...]:
        """The ledger entries of a document."""

    def content(self, file_id: str) -> bytes:
        """What a file holds."""


class InMemory:
    """The fakes."""

    def __init__(self) -> None:
        self.journal = FakeGeneralJournal(FakeClock(NOON).now)
        self.fake = FakeReceiptFiles(self.journal)
        self.port: ReceiptFiles = self.fake

    def enter(self, pex_id: int) -> tuple[Parent, Parent]:
        ids = []
        for side, amount in enumerate(("10.00", "-10.00")):
            number = pex_id * 100 + side
            ids.append(f"line-{number}")
            self.journal.by_number[number] = FoundLine(
                ids[-1],
                number,
                "62400",
                Money.of(amount),
                POSTED_ON,
                f"PEX-{pex_id}-X1",
                f"PEX{pex_id}",
                f"Corner Deli / PEX {pex_id}",
            )
        return Parent(ids[0], Place.JOURNAL), Parent(ids[1], Place.JOURNAL)

    def delete(self, line: Parent) -> None:
        numbers = {one.id: number for number, one in self.journal.by_number.items()}
        self.journal.delete_line(numbers[line.id])

    def post(self) -> None:
        self.journal.post_all()

    def entries(self, pex_id: int) -> tuple[Parent, ...]:
        return tuple(
            Parent(entry.id, Place.LEDGER)
            for entry in self.journal.ledger
            if entry.description.endswith(f"PEX {pex_id}")
        )

    def content(self, file_id: str) -> bytes:
        return self.fake.contents[file_id]


class StaticSignIn:
    """Hands out one token."""

    def access_token(self, _connection: UUID, **_how: bool) -> str:
        return USER


class StandingClock(SandboxClock):
    """Moves only when it is advanced."""

    def now(self) -> datetime:
        return self._start


class OverHttp:
    """The adapter, and the simulator behind a socket."""

    def __init__(self) -> None:
        self.faults = FaultPlan()
        self.played = BusinessCentralSandbox(
            StandingClock(NOON), lambda token: token if token == USER else None, self.faults
        )
        self.server = Server(self.played.application)
        self.counted: list[tuple[str, str, int, int]] = []

    def open(self) -> None:
        self.opened = HttpBusinessCentral(
            self.server.url,
            StaticSignIn(),  # type: ignore[arg-type]
            FakeClock(NOON),
            on_request=lambda *counted: self.counted.append(counted),
            sleep=lambda _seconds: None,
        )
        self.port = self.of(company.COMPANY_ID)

    def of(self, company_id: str) -> ReceiptFiles:
        return self.opened.receipt_files(uuid4(), company.TENANT, company.ENVIRONMENT, company_id)

    def enter(self, pex_id: int) -> tuple[Parent, Parent]:
        debit, credit = (
            self.played.add_line(
                number=700_000 + pex_id * 100 + side * 10,
                account_number=account,
                amount=Decimal(amount),
                posting_date=POSTED_ON,
                document_number=f"PEX-{pex_id}-X1",
                external_number=f"PEX{pex_id}",
                description=f"Corner Deli / PEX {pex_id}",
            ).id
            for side, (account, amount) in enumerate((("62400", "10"), ("10950", "-10")))
        )
        return Parent(debit, Place.JOURNAL), Parent(credit, Place.JOURNAL)

    def delete(self, line: Parent) -> None:
        self.played.delete_line(line.id)

    def post(self) -> None:
        self.played.post()

    def entries(self, pex_id: int) -> tuple[Parent, ...]:
        found = self.played.books(company.COMPANY_ID).entries
        mark = f"PEX {pex_id}"
        return tuple(Parent(one.id, Place.LEDGER) for one in found if mark in one.description)

    def content(self, file_id: str) -> bytes:
        found = self.played.books(company.COMPANY_ID).attached.get(file_id)
        assert found is not None
        return found.content

    @property
    def unlinked(self) -> int:
        dump = self.played.dump()["companies"][0]
        return len(dump["unlinkedAttachments"])


@pytest.fixture
def real() -> Iterator[OverHttp]:
    world = OverHttp()
    with world.server:
        world.open()
        yield world
        world.opened.close()


@pytest.fixture(params=["fake", "real"])
def books(request: pytest.FixtureRequest) -> Books:
    chosen: Books = InMemory() if request.param == "fake" else request.getfixturevalue("real")
    return chosen


def attached(books: Books, parent: Parent, name: str = "PEX-1-1.pdf") -> StoredFile:
    (created,) = books.port.create([NewFile(parent, name)])
    assert isinstance(created, StoredFile)
    return created


# --- what the fake and the adapter share -----------------------------------------------------


def test_a_line_without_files_lists_none(books: Books) -> None:
    assert books.port.files(books.enter(1)) == ((), ())
    assert books.port.files([]) == ()


def test_a_file_is_empty_until_its_content_is_uploaded(books: Books) -> None:
    _, credit = books.enter(1)
    created = attached(books, credit)
    assert created == StoredFile(created.id, "PEX-1-1.pdf", 0)
    assert books.port.files([credit]) == ((created,),)
    assert books.port.upload(created.id, PDF) == Uploaded()
    assert books.port.files([credit]) == ((StoredFile(created.id, "PEX-1-1.pdf", len(PDF)),),)
    assert books.content(created.id) == PDF


def test_uploading_again_replaces_the_content(books: Books) -> None:
    created = attached(books, books.enter(1)[1])
    books.port.upload(created.id, PDF)
    assert books.port.upload(created.id, b"\x89PNG\x00\xff") == Uploaded()
    assert books.content(created.id) == b"\x89PNG\x00\xff"


def test_many_files_are_created_at_once_and_each_answers_for_itself(books: Books) -> None:
    (debit, credit), (_, other) = books.enter(1), books.enter(2)
    books.delete(debit)
    wanted = [
        NewFile(credit, "PEX-1-1.pdf"),
        NewFile(debit, "PEX-1-1.pdf"),
        NewFile(other, "PEX-2-1.png"),
        NewFile(credit, "PEX-1-2.jpg"),
    ]
    created = books.port.create(wanted)
    names = [one.file_name if isinstance(one, StoredFile) else one for one in created]
    assert names == ["PEX-1-1.pdf", ParentGone(), "PEX-2-1.png", "PEX-1-2.jpg"]
    first, second, third = (one for one in created if isinstance(one, StoredFile))
    assert books.port.files([other, debit, credit]) == ((second,), ParentGone(), (first, third))


def test_no_files_are_created_without_asking(books: Books) -> None:
    assert books.port.create([]) == ()


def test_more_files_than_fit_are_a_fault_of_the_caller(books: Books) -> None:
    wanted = [NewFile(books.enter(1)[1], "a.pdf")] * (FILES_AT_ONCE + 1)
    with pytest.raises(ValueError, match="too many"):
        books.port.create(wanted)


def test_a_line_that_was_posted_is_gone(books: Books) -> None:
    lines = books.enter(1)
    books.post()
    assert books.port.files(lines) == (ParentGone(), ParentGone())
    assert books.port.create([NewFile(lines[1], "PEX-1-1.pdf")]) == (ParentGone(),)


def test_an_id_that_nothing_has_is_a_parent_that_is_gone(books: Books) -> None:
    nowhere = [Parent(GONE, Place.JOURNAL), Parent(GONE, Place.LEDGER)]
    assert books.port.files(nowhere) == (ParentGone(), ParentGone())
    assert books.port.create([NewFile(one, "a.pdf") for one in nowhere]) == (ParentGone(),) * 2


def test_after_posting_every_entry_of_the_document_has_the_files(books: Books) -> None:
    (_, credit), (_, other) = books.enter(1), books.enter(2)
    created, foreign = attached(books, credit), attached(books, other, "PEX-2-1.pdf")
    books.port.upload(created.id, PDF)
    books.post()
    entries = books.entries(1)
    assert len(entries) == 2
    found = books.port.files([*entries, books.entries(2)[0]])
    assert found == ((StoredFile(created.id, "PEX-1-1.pdf", len(PDF)),),) * 2 + ((foreign,),)


def test_content_can_be_uploaded_after_the_line_was_posted(books: Books) -> None:
    created = attached(books, books.enter(1)[1])
    books.post()
    assert books.port.upload(created.id, PDF) == Uploaded()
    assert books.content(created.id) == PDF


def test_a_late_receipt_goes_to_any_entry_of_the_document(books: Books) -> None:
    created = attached(books, books.enter(1)[1])
    books.post()
    first, second = books.entries(1)
    late = [attached(books, second, "PEX-1-2.pdf"), attached(books, first, "PEX-1-3.pdf")]
    assert books.port.files([first, second]) == ((created, *late),) * 2


def test_a_late_receipt_may_be_the_first_of_its_document(books: Books) -> None:
    books.enter(1)
    books.post()
    first, second = books.entries(1)
    late = attached(books, second)
    assert books.port.files([first, second]) == ((late,),) * 2


def test_a_deleted_file_is_gone(books: Books) -> None:
    _, credit = books.enter(1)
    first, second = attached(books, credit), attached(books, credit)
    books.port.delete(first.id)
    books.port.delete(first.id)
    assert books.port.files([credit]) == ((second,),)
    assert books.port.upload(first.id, PDF) == Gone()
    books.port.delete(second.id)
    assert books.port.files([credit]) == ((),)


def test_business_central_minds_no_doubles(books: Books) -> None:
    _, credit = books.enter(1)
    twins = [attached(books, credit), attached(books, credit)]
    assert books.port.files([credit]) == (tuple(twins),)


# --- over HTTP -------------------------------------------------------------------------------


def plant(real: OverHttp, **fault: object) -> None:
    real.faults.plant(Fault(**fault))  # type: ignore[arg-type]


def test_many_parents_are_read_with_few_requests(real: OverHttp) -> None:
    parents = [parent for pex_id in range(60) for parent in real.enter(pex_id)]
    real.delete(parents[0])
    found = real.port.files(parents)
    assert found == (ParentGone(), *((),) * 119)
    assert [(path, operations) for _, path, _, operations in real.counted] == [
        ("$batch", 100),
        ("$batch", 20),
    ]


def test_files_are_read_page_by_page_and_from_the_primary(real: OverHttp) -> None:
    real.played.switch(page_size=2, replica_lag_seconds=3600.0)
    _, credit = real.enter(1)
    wanted = [NewFile(credit, f"PEX-1-{number}.pdf") for number in range(1, 6)]
    created = real.port.create(wanted)
    assert real.port.files([credit]) == (created,)


def test_a_file_without_parent_is_not_left_behind(real: OverHttp) -> None:
    debit, credit = real.enter(1)
    real.delete(debit)
    real.port.create([NewFile(debit, "a.pdf"), NewFile(credit, "b.pdf"), NewFile(debit, "c.pdf")])
    assert [(method, path, operations) for method, path, _, operations in real.counted] == [
        ("POST", "$batch", 3),
        ("POST", "$batch", 2),
    ]


def test_a_file_without_parent_is_told_even_if_it_cannot_be_deleted(real: OverHttp) -> None:
    debit, _ = real.enter(1)
    real.delete(debit)
    plant(real, path=BATCH, nth=2, kind="cut")
    assert real.port.create([NewFile(debit, "a.pdf")]) == (ParentGone(),)
    plant(real, path=BATCH, nth=2, status=429)
    assert real.port.create([NewFile(debit, "a.pdf")]) == (ParentGone(),)
    assert real.unlinked == 2


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize(
    "fault",
    [{"kind": "cut"}, {"status": 504}, {"status": 500}, {"status": 503}, {"status": 408}],
    ids=str,
)
def test_a_lost_answer_leaves_every_creation_unknown(
    real: OverHttp, moment: str, fault: dict[str, object]
) -> None:
    _, credit = real.enter(1)
    plant(real, path=BATCH, moment=moment, **fault)
    created = real.port.create([NewFile(credit, "a.pdf"), NewFile(credit, "b.pdf")])
    assert [type(one) for one in created] == [UnknownCreation, UnknownCreation]
    (listed,) = real.port.files([credit])
    assert not isinstance(listed, ParentGone)
    assert [one.file_name for one in listed] == (["a.pdf", "b.pdf"] if moment == "after" else [])


@pytest.mark.parametrize("kind", ["html", "malformed", "empty"])
def test_an_answer_that_cannot_be_read_leaves_the_creation_unknown(
    real: OverHttp, kind: str
) -> None:
    plant(real, path=BATCH, moment="after", kind=kind, status=200)
    (created,) = real.port.create([NewFile(real.enter(1)[1], "a.pdf")])
    assert isinstance(created, UnknownCreation)


def test_a_429_says_that_nothing_ran_and_how_long_to_wait(real: OverHttp) -> None:
    _, credit = real.enter(1)
    plant(real, path=BATCH, status=429, headers={"Retry-After": "7"})
    with pytest.raises(BusinessCentralUnavailable) as refused:
        real.port.create([NewFile(credit, "a.pdf")])
    assert refused.value.retry_after == 7
    assert real.port.files([credit]) == ((),)
    created = attached(real, credit)
    plant(real, path=CONTENT, status=429, headers={"Retry-After": "9"})
    with pytest.raises(BusinessCentralUnavailable) as refused:
        real.port.upload(created.id, PDF)
    assert refused.value.retry_after == 9
    assert real.content(created.id) == b""


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize(
    "fault",
    [{"kind": "cut"}, {"status": 504}, {"status": 500}, {"status": 503}, {"status": 409}],
    ids=str,
)
def test_a_lost_upload_is_unknown_and_can_be_repeated(
    real: OverHttp, moment: str, fault: dict[str, object]
) -> None:
    created = attached(real, real.enter(1)[1])
    plant(real, path=CONTENT, moment=moment, **fault)
    assert isinstance(real.port.upload(created.id, PDF), UnknownOutcome)
    assert real.content(created.id) == (PDF if moment == "after" else b"")
    assert real.port.upload(created.id, PDF) == Uploaded()
    assert real.content(created.id) == PDF


@pytest.mark.parametrize("status", [400, 405, 413, 415])
def test_an_upload_that_is_refused_is_told_in_business_centrals_words(
    real: OverHttp, status: int
) -> None:
    created = attached(real, real.enter(1)[1])
    message = f"No room.  CorrelationId:  {GONE}."
    body = json.dumps({"error": {"code": "BadRequest", "message": message}})
    plant(real, path=CONTENT, status=status, body=body)
    refused = real.port.upload(created.id, PDF)
    assert isinstance(refused, BusinessCentralRefused)
    assert (refused.status, refused.message) == (status, "No room.")


def test_an_upload_that_a_proxy_refuses_with_a_page_is_told_by_its_status(real: OverHttp) -> None:
    created = attached(real, real.enter(1)[1])
    plant(real, path=CONTENT, status=413, kind="html")
    refused = real.port.upload(created.id, PDF)
    assert isinstance(refused, BusinessCentralRefused)
    assert refused.status == 413


def test_a_large_file_arrives_whole(real: OverHttp) -> None:
    created = attached(real, real.enter(1)[1])
    content = bytes(range(256)) * 40_000
    assert real.port.upload(created.id, content) == Uploaded()
    assert real.content(created.id) == content


def test_an_invalid_name_is_kept_as_business_central_renames_it(real: OverHttp) -> None:
    assert attached(real, real.enter(1)[1], "a:b.pdf").file_name == "filename.txt"


def test_a_refused_creation_says_why_and_stops_no_other(real: OverHttp) -> None:
    _, credit = real.enter(1)
    refused, created = real.port.create(
        [NewFile(credit, "a." + "x" * 31), NewFile(credit, "b.pdf")]
    )
    assert isinstance(refused, BusinessCentralRefused)
    assert refused.bc_code == "Application_StringExceededLength"
    assert isinstance(created, StoredFile)


def test_a_missing_permission_is_told_for_what_it_hinders(real: OverHttp) -> None:
    _, credit = real.enter(1)
    created = attached(real, credit)
    real.played.switch(denied=["POST attachments", "PATCH attachments", "GET attachments"])
    (refused,) = real.port.create([NewFile(credit, "b.pdf")])
    assert isinstance(refused, BusinessCentralPermissionMissing)
    with pytest.raises(BusinessCentralPermissionMissing):
        real.port.upload(created.id, PDF)
    with pytest.raises(BusinessCentralPermissionMissing):
        real.port.files([credit])


def test_a_company_that_is_not_there_is_no_missing_parent(real: OverHttp) -> None:
    _, credit = real.enter(1)
    created = attached(real, credit)
    elsewhere = real.of(GONE)
    with pytest.raises(CompanyNotFound):
        elsewhere.files([credit])
    (refused,) = elsewhere.create([NewFile(credit, "a.pdf")])
    assert isinstance(refused, CompanyNotFound)
    with pytest.raises(CompanyNotFound):
        elsewhere.upload(created.id, PDF)
    with pytest.raises(CompanyNotFound):
        elsewhere.delete(created.id)


def test_a_refused_sign_in_stops_everything(real: OverHttp) -> None:
    _, credit = real.enter(1)
    created = attached(real, credit)
    plant(real, kind="xml", status=401, times=-1)
    for call in (
        lambda: real.port.files([credit]),
        lambda: real.port.create([NewFile(credit, "a.pdf")]),
        lambda: real.port.upload(created.id, PDF),
        lambda: real.port.delete(created.id),
    ):
        with pytest.raises(BusinessCentralSignInRefused):
            call()


def test_a_delete_without_answer_is_not_taken_for_done(real: OverHttp) -> None:
    _, credit = real.enter(1)
    created = attached(real, credit)
    plant(real, method="DELETE", kind="cut")
    with pytest.raises(BusinessCentralUnavailable):
        real.port.delete(created.id)
    plant(real, method="DELETE", status=503)
    with pytest.raises(BusinessCentralUnavailable):
        real.port.delete(created.id)
    assert real.port.files([credit]) == ((created,),)


def test_reads_are_tried_again(real: OverHttp) -> None:
    _, credit = real.enter(1)
    created = attached(real, credit)
    plant(real, path=BATCH, times=2, status=503)
    assert real.port.files([credit]) == ((created,),)


def test_a_server_that_is_not_there_was_surely_not_told(real: OverHttp) -> None:
    _, credit = real.enter(1)
    real.server.stop()
    with pytest.raises(BusinessCentralUnavailable):
        real.port.create([NewFile(credit, "a.pdf")])
    with pytest.raises(BusinessCentralUnavailable):
        real.port.upload("some-file", PDF)
