"""Files in the one right form, and what answers mean that a simulator does not send."""

import json
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from structlog.testing import capture_logs

from adapters.business_central.access import HttpBusinessCentral
from application.ports.company_data import (
    BusinessCentralPermissionMissing,
    BusinessCentralRefused,
    BusinessCentralUnavailable,
    EnvironmentNotFound,
)
from application.ports.receipt_files import (
    Creation,
    Gone,
    Listed,
    NewFile,
    Parent,
    ParentGone,
    ReceiptFiles,
    StoredFile,
    UnknownCreation,
    UnknownOutcome,
    Uploaded,
)
from application.ports.sign_in import MicrosoftUnavailable
from domain.posted_transaction import Place
from fakes.clock import FakeClock

COMPANY = "6f0d2c11"
LINE = Parent("e1b7a4d2-7c80-f011-8dc2-000d3a5b1c77", Place.JOURNAL)
ENTRY = Parent("a2c4e6f8-0011-f011-8dc2-000d3a5b1c77", Place.LEDGER)
ZEROS = "00000000-0000-0000-0000-000000000000"
NEW = NewFile(LINE, "PEX-918273645-1.pdf")
Respond = Callable[[httpx.Request], httpx.Response]
Answer = Respond | httpx.Response | Exception


class FakeSignIn:
    """Hands out numbered tokens, or refuses."""

    def __init__(self) -> None:
        self.number = 1
        self.refusal: Exception | None = None

    def access_token(self, _connection: UUID, *, renew: bool = False) -> str:
        if self.refusal:
            raise self.refusal
        self.number += renew
        return f"token-{self.number}"


class Wire:
    """A Business Central that answers as a test says, and keeps what it was asked."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []
        self.answers: list[Answer] = []
        self.sign_in = FakeSignIn()
        self.opened = HttpBusinessCentral(
            "https://bc.test",
            self.sign_in,  # type: ignore[arg-type]
            FakeClock(),
            transport=httpx.MockTransport(self._respond),
            sleep=lambda _seconds: None,
        )

    def _respond(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, httpx.Response) else answer(request)

    def answering(self, *answers: Answer) -> ReceiptFiles:
        self.answers = list(answers)
        return self.opened.receipt_files(uuid4(), "tenant", "Production", COMPANY)

    def create(self, *answers: Answer, new: NewFile = NEW) -> Creation:
        (created,) = self.answering(*answers).create([new])
        return created

    def files(self, *answers: Answer, parent: Parent = LINE) -> Listed:
        (found,) = self.answering(*answers).files([parent])
        return found

    @property
    def operations(self) -> list[dict[str, Any]]:
        """What the last `$batch` carried."""
        found: list[dict[str, Any]] = json.loads(self.requests[-1].content)["requests"]
        return found


@pytest.fixture
def wire() -> Iterator[Wire]:
    wire = Wire()
    yield wire
    wire.opened.close()


def batch(*answers: dict[str, Any]) -> httpx.Response:
    return httpx.Response(200, json={"responses": list(answers)})


def inner(status: int, body: Any = None, key: str | None = "0") -> dict[str, Any]:
    return {"id": key, "status": status, "body": body}


def error(code: str, message: str = "No.") -> dict[str, Any]:
    return {"error": {"code": code, "message": f"{message}  CorrelationId:  {LINE.id}."}}


def row(**changes: Any) -> dict[str, Any]:
    """An answer as the contract shows it (2.10.2)."""
    return {
        "@odata.etag": 'W/"x"',
        "id": "0a55c3e1-7d80-f011-8dc2-000d3a5b1c77",
        "parentId": LINE.id,
        "fileName": NEW.file_name,
        "byteSize": 0,
        "lastModifiedDateTime": "2026-08-15T09:12:33Z",
        "parentType": "Journal",
        "attachmentContent@odata.mediaEditLink": "https://bc.test/x",
    } | changes


STORED = StoredFile("0a55c3e1-7d80-f011-8dc2-000d3a5b1c77", NEW.file_name, 0)


# --- creating (contract 2.10.2, 2.10.4, 4) ---------------------------------------------------


def test_a_file_is_created_as_the_contract_shows(wire: Wire) -> None:
    assert wire.create(batch(inner(201, row()))) == STORED
    (request,) = wire.requests
    assert request.url.path == "/v2.0/tenant/Production/api/v2.0/$batch"
    assert request.headers["prefer"] == "odata.continue-on-error"
    assert "isolation" not in request.headers
    assert wire.operations == [
        {
            "id": "0",
            "method": "POST",
            "url": f"companies({COMPANY})/attachments",
            "headers": {"Content-Type": "application/json", "Accept-Language": "en-US"},
            "body": {"parentId": LINE.id, "parentType": "Journal", "fileName": NEW.file_name},
        }
    ]


def test_a_ledger_entry_is_a_parent_of_the_same_type(wire: Wire) -> None:
    new = NewFile(ENTRY, NEW.file_name)
    assert wire.create(batch(inner(201, row(parentId=ENTRY.id))), new=new) == STORED
    assert wire.operations[0]["body"]["parentType"] == "Journal"
    assert wire.create(batch(inner(201, row(parentId=LINE.id))), new=new) == STORED


def test_answers_are_told_apart_by_id_and_not_by_place(wire: Wire) -> None:
    port = wire.answering(
        batch(
            inner(400, error("Application_DialogException", "Full."), "2"),
            inner(201, row(id="second", fileName="b.pdf"), "1"),
            inner(201, row(id="first", fileName="a.pdf"), "0"),
        )
    )
    names = ("a.pdf", "b.pdf", "c.pdf", "d.pdf")
    first, second, third, fourth = port.create([NewFile(LINE, name) for name in names])
    assert (first, second) == (StoredFile("first", "a.pdf", 0), StoredFile("second", "b.pdf", 0))
    assert isinstance(third, BusinessCentralRefused)
    assert third.message == "Full."
    assert isinstance(fourth, UnknownCreation)


@pytest.mark.parametrize("shape", [str.upper, str.lower, "{{{}}}".format])
def test_an_id_may_be_written_in_several_ways(wire: Wire, shape: Callable[[str], str]) -> None:
    assert wire.create(batch(inner(201, row(parentId=shape(LINE.id))))) == STORED


@pytest.mark.parametrize("named", [ZEROS, "", ENTRY.id])
def test_a_file_on_another_parent_is_deleted_and_the_parent_gone(wire: Wire, named: str) -> None:
    created = wire.create(batch(inner(201, row(parentId=named))), batch(inner(404, error("x"))))
    assert created == ParentGone()
    assert wire.operations == [
        {
            "id": "0",
            "method": "DELETE",
            "url": f"companies({COMPANY})/attachments({STORED.id})",
            "headers": {"If-Match": "*"},
        }
    ]
    assert wire.requests[-1].headers["prefer"] == "odata.continue-on-error"


def test_a_late_receipt_that_hangs_on_nothing_is_deleted_too(wire: Wire) -> None:
    new = NewFile(ENTRY, NEW.file_name)
    answers = batch(inner(201, row(parentId=ZEROS, parentType="_x0020_"))), batch(inner(204))
    assert wire.create(*answers, new=new) == ParentGone()
    assert not wire.answers


@pytest.mark.parametrize(
    "failing", [httpx.ReadError("cut"), httpx.ConnectError("down"), httpx.Response(503)], ids=str
)
def test_an_orphan_that_may_be_left_is_logged(wire: Wire, failing: Answer) -> None:
    with capture_logs() as logs:
        assert wire.create(batch(inner(201, row(parentId=ZEROS))), failing) == ParentGone()
    assert STORED.id in str(logs)


@pytest.mark.parametrize("status", [408, 409, 500, 502, 503, 504])
def test_an_operation_that_failed_within_the_server_may_have_been_carried_out(
    wire: Wire, status: int
) -> None:
    created = wire.create(batch(inner(status, error("Internal_ServerError", "Deadlock."))))
    assert isinstance(created, UnknownCreation)
    assert str(status) in created.cause


@pytest.mark.parametrize("body", [None, {}, row(id=""), row(id=None), "<html>", row(byteSize="x")])
def test_a_success_without_the_file_in_it_is_unknown(wire: Wire, body: Any) -> None:
    assert isinstance(wire.create(batch(inner(201, body))), UnknownCreation)


def test_an_operation_that_was_turned_away_was_not_carried_out(wire: Wire) -> None:
    turned_away = wire.create(batch(inner(429, None)))
    assert isinstance(turned_away, BusinessCentralUnavailable)
    denied = wire.create(batch(inner(403, error("Authorization_RequestDenied"))))
    assert isinstance(denied, BusinessCentralPermissionMissing)


@pytest.mark.parametrize(
    "answer",
    [
        httpx.ReadError("cut"),
        httpx.ReadTimeout("slow"),
        httpx.WriteError("cut"),
        httpx.RemoteProtocolError("half an answer"),
        httpx.Response(200, html="<html>our services are not available</html>"),
        httpx.Response(200, content=b'{"responses":[{"id":"0","status":20'),
        httpx.Response(200, json={"responses": []}),
        httpx.Response(200, json={"responses": [{"id": None, "status": 201, "body": {}}]}),
        httpx.Response(500, json=error("Unknown")),
        httpx.Response(302, headers={"location": "https://bc.test/"}),
    ],
    ids=str,
)
def test_without_a_whole_answer_nothing_is_known(wire: Wire, answer: Answer) -> None:
    assert isinstance(wire.create(answer), UnknownCreation)
    assert len(wire.requests) == 1


@pytest.mark.parametrize(
    ("answer", "refusal"),
    [
        (httpx.ConnectError("down"), BusinessCentralUnavailable),
        (httpx.Response(429), BusinessCentralUnavailable),
        (httpx.Response(404, json=error("NoEnvironment")), EnvironmentNotFound),
        (httpx.Response(403, json=error("x")), BusinessCentralPermissionMissing),
        (httpx.Response(413), BusinessCentralRefused),
    ],
    ids=str,
)
def test_what_was_surely_not_carried_out_is_raised(
    wire: Wire, answer: Answer, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        wire.create(answer)


def test_without_a_token_nothing_is_sent(wire: Wire) -> None:
    wire.sign_in.refusal = MicrosoftUnavailable("down")
    port = wire.answering()
    with pytest.raises(MicrosoftUnavailable):
        port.create([NEW])
    with pytest.raises(MicrosoftUnavailable):
        port.upload("file", b"x")
    assert not wire.requests


# --- listing (contract 2.10.2, 2.10.5) -------------------------------------------------------


def test_files_are_listed_below_their_parent_from_the_primary(wire: Wire) -> None:
    port = wire.answering(
        batch(inner(200, {"value": [row(byteSize=7)]}), inner(200, {"value": []}, "1"))
    )
    assert port.files([LINE, ENTRY]) == ((StoredFile(STORED.id, NEW.file_name, 7),), ())
    assert [one["url"] for one in wire.operations] == [
        f"companies({COMPANY})/journalLines({LINE.id})/attachments",
        f"companies({COMPANY})/generalLedgerEntries({ENTRY.id})/attachments",
    ]
    assert wire.requests[0].headers["prefer"] == "odata.continue-on-error"
    assert {one["headers"]["Data-Access-Intent"] for one in wire.operations} == {"ReadWrite"}


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "Application_DialogException"),
        (404, "Internal_RecordNotFound"),
        (404, "BadRequest_ResourceNotFound"),
        (404, "Unknown"),
        (400, "Internal_RecordNotFound"),
    ],
)
@pytest.mark.parametrize("parent", [LINE, ENTRY], ids=["line", "entry"])
def test_a_parent_that_is_gone_is_known_by_code_in_any_language(
    wire: Wire, parent: Parent, status: int, code: str
) -> None:
    told = error(code, "Die Belegart ist nicht gültig.")
    assert wire.files(batch(inner(status, told)), parent=parent) == ParentGone()
    missing = batch(), httpx.Response(status, json=told)
    assert wire.files(*missing, parent=parent) == ParentGone()


@pytest.mark.parametrize(
    ("status", "code"), [(400, "BadRequest"), (400, "BadRequest_InvalidToken"), (405, "x")]
)
def test_no_other_refusal_is_taken_for_a_parent_that_is_gone(
    wire: Wire, status: int, code: str
) -> None:
    with pytest.raises(BusinessCentralRefused):
        wire.files(batch(inner(status, error(code))))


def test_a_passing_fault_of_one_list_is_asked_again_by_itself(wire: Wire) -> None:
    found = wire.files(batch(inner(503, None)), httpx.Response(200, json={"value": [row(), row()]}))
    assert found == (STORED,)
    assert wire.requests[-1].method == "GET"


# --- content and deletion (contract 2.10.2) --------------------------------------------------


def test_content_is_uploaded_as_the_contract_shows(wire: Wire) -> None:
    content = b"%PDF-1.7 \xff\x00"
    assert wire.answering(httpx.Response(204)).upload("file-1", content) == Uploaded()
    (request,) = wire.requests
    assert request.method == "PATCH"
    assert request.url.path == (
        f"/v2.0/tenant/Production/api/v2.0/companies({COMPANY})/attachments(file-1)"
        "/attachmentContent"
    )
    assert request.headers["content-type"] == "application/octet-stream"
    assert request.headers["if-match"] == "*"
    assert request.content == content


def test_an_upload_is_sent_again_with_a_fresh_token_once(wire: Wire) -> None:
    port = wire.answering(httpx.Response(401), httpx.Response(200, json=row()))
    assert port.upload("file-1", b"x") == Uploaded()
    assert [one.content for one in wire.requests] == [b"x", b"x"]


@pytest.mark.parametrize(
    "answer", [httpx.Response(404), httpx.Response(400, json=error("Internal_RecordNotFound"))]
)
def test_a_file_that_vanished_is_gone(wire: Wire, answer: httpx.Response) -> None:
    assert wire.answering(answer).upload("file-1", b"x") == Gone()
    wire.answering(answer).delete("file-1")
    assert wire.requests[-1].method == "DELETE"


@pytest.mark.parametrize(
    "answer",
    [
        httpx.ReadError("cut"),
        httpx.WriteError("cut in the middle"),
        httpx.WriteTimeout("slow"),
        httpx.Response(408),
        httpx.Response(409, json=error("Request_EntityChanged")),
        httpx.Response(502, html="<html>bad gateway</html>"),
        httpx.Response(302, headers={"location": "https://bc.test/"}),
    ],
    ids=str,
)
def test_an_upload_without_a_clear_answer_is_unknown(wire: Wire, answer: Answer) -> None:
    assert isinstance(wire.answering(answer).upload("file-1", b"x"), UnknownOutcome)
    assert len(wire.requests) == 1


@pytest.mark.parametrize(
    "answer",
    [httpx.ReadError("cut"), httpx.Response(500), httpx.Response(429), httpx.ConnectError("x")],
    ids=str,
)
def test_a_deletion_without_a_clear_answer_is_raised(wire: Wire, answer: Answer) -> None:
    with pytest.raises(BusinessCentralUnavailable):
        wire.answering(answer).delete("file-1")
    assert len(wire.requests) == 1
