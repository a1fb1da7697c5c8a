"""What the answer to a pack means, and that a pack is sent in the one right form."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from adapters.business_central.access import HttpBusinessCentral
from adapters.business_central.wire import encode
from application.ports.company_data import (
    BusinessCentralPermissionMissing,
    BusinessCentralRefused,
    BusinessCentralSignInRefused,
    BusinessCentralUnavailable,
    CompanyNotFound,
    EnvironmentNotFound,
)
from application.ports.general_journal import (
    Accepted,
    Answer,
    Collides,
    GeneralJournal,
    Journal,
    JournalInOtherTemplate,
    JournalMissing,
    NotRun,
    NumberTaken,
    Refused,
    Unknown,
)
from application.ports.sign_in import MicrosoftSignInRefused, MicrosoftUnavailable
from domain.journal_entry import AccountType, DimensionCode, JournalEntry, JournalLine
from domain.money import Money
from domain.pack import NumberedEntry
from domain.refusals import (
    DimensionIsDefault,
    JournalUnderApproval,
    Refusal,
    RefusedByBusinessCentral,
)
from fakes.clock import FakeClock

JOURNAL = Journal("6f0d2c11", "c83b5e20", "PEX CARD", "GENERAL")
Respond = Callable[[httpx.Request], httpx.Response]


class FakeSignIn:
    """Hands out numbered tokens."""

    def __init__(self) -> None:
        self.number = 1

    def access_token(self, _connection: UUID, *, renew: bool = False) -> str:
        self.number += renew
        return f"token-{self.number}"


def entry(pex_id: int, first_number: int, amount: str = "48.60") -> NumberedEntry:
    money = Money(Decimal(amount))
    keys = (f"PEX-{pex_id}-X1", f"PEX{pex_id}")
    text = f"Corner Deli / PEX {pex_id}"
    department = (DimensionCode("DEPARTMENT", "OPS"),)
    lines = (
        JournalLine(AccountType.GL, "62400", money, text, "lunch", "FOOD", department),
        JournalLine(AccountType.GL, "10950", -money, text),
    )
    made = JournalEntry(date(2026, 8, 14), *keys, lines)
    return NumberedEntry(uuid4(), made, (first_number, first_number + 10))


PACK = (entry(1, 730010), entry(2, 730030, "7.00"))


class Wire:
    """A Business Central that answers as a test says, and keeps what it was asked."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []
        self.answers: list[Respond] = []
        self.pack = PACK
        self.clock = FakeClock(datetime(2026, 8, 15, 14, tzinfo=UTC))
        self.sign_in = FakeSignIn()
        self.opened = HttpBusinessCentral(
            "https://bc.test",
            self.sign_in,  # type: ignore[arg-type]
            self.clock,
            transport=httpx.MockTransport(self._respond),
        )

    def _respond(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self.answers.pop(0)(request) if self.answers else echo(request)

    @property
    def journal(self) -> GeneralJournal:
        return self.opened.general_journal(uuid4(), "tenant", "Production", "6f0d2c11")

    def submit(self, *answers: Respond) -> Answer:
        self.answers = list(answers)
        return self.journal.submit(JOURNAL, self.pack, self.clock.now() + timedelta(seconds=60))


@pytest.fixture
def wire() -> Iterator[Wire]:
    wire = Wire()
    yield wire
    wire.opened.close()


def echo(request: httpx.Request, **changes: Any) -> httpx.Response:
    """Answer every operation as created, repeating what was sent."""
    asked = json.loads(request.content, parse_float=Decimal)["requests"]
    answers = [
        {
            "id": one["id"],
            "status": 201,
            "body": {
                "id": f"id-{one['id']}",
                "lineNumber": one["body"]["lineNumber"],
                "documentNumber": one["body"]["documentNumber"],
                "amount": one["body"]["amount"],
            }
            | changes,
        }
        for one in asked
    ]
    return httpx.Response(200, content=encode({"responses": answers}))


def status(code: int, body: str = "", **headers: str) -> Respond:
    return lambda _request: httpx.Response(code, text=body, headers=headers)


def failing(line: int, code: int, error: str, message: str) -> Respond:
    """Answer as a snapshot does: earlier operations look created, the failing one ends the list."""

    def respond(request: httpx.Request) -> httpx.Response:
        whole = json.loads(echo(request).content)["responses"]
        before = [one for one in whole if int(one["id"]) < line]
        failed = {
            "id": str(line),
            "status": code,
            "body": {"error": {"code": error, "message": f"{message}  CorrelationId:  x."}},
        }
        return httpx.Response(200, json={"responses": [*before, failed]})

    return respond


def raising(error: type[httpx.RequestError]) -> Respond:
    def respond(request: httpx.Request) -> httpx.Response:
        raise error("on purpose", request=request)

    return respond


def test_a_pack_is_accepted_when_every_line_is_repeated(wire: Wire) -> None:
    assert wire.submit() == Accepted(
        {number: f"id-{number}" for number in (730010, 730020, 730030, 730040)}
    )


def test_a_pack_is_one_snapshot_batch_in_the_form_that_bc_reads(wire: Wire) -> None:
    wire.submit()
    request = wire.requests[0]
    assert request.url.path == "/v2.0/tenant/Production/api/v2.0/$batch"
    assert request.headers["isolation"] == "snapshot"
    assert request.headers["accept"] == "application/json"
    assert "prefer" not in request.headers
    first = json.loads(request.content)["requests"][0]
    assert first["method"] == "POST"
    assert first["url"] == "companies(6f0d2c11)/journals(c83b5e20)/journalLines"
    assert first["headers"]["Content-Type"] == "application/json"
    assert list(first["body"]) == [
        "lineNumber",
        "accountType",
        "accountNumber",
        "postingDate",
        "documentNumber",
        "externalDocumentNumber",
        "amount",
        "description",
        "comment",
        "taxCode",
        "dimensionSetLines",
    ]
    assert first["body"]["accountType"] == "G/L Account"
    assert first["body"]["dimensionSetLines"] == [{"code": "DEPARTMENT", "valueCode": "OPS"}]
    assert b'"amount":48.60' in request.content
    assert b"null" not in request.content


@pytest.mark.parametrize(
    "change", [{"lineNumber": 1}, {"documentNumber": "PEX-9-X1"}, {"amount": 1.0}]
)
def test_an_answer_that_repeats_something_else_proves_nothing(
    wire: Wire, change: dict[str, Any]
) -> None:
    assert isinstance(wire.submit(lambda request: echo(request, **change)), Unknown)


def test_the_first_error_names_the_culprit_and_nothing_exists(wire: Wire) -> None:
    answer = wire.submit(failing(730040, 400, "Internal_InvalidTableRelation", "no such account"))
    assert isinstance(answer, Refused)
    assert answer.culprit == 1
    assert isinstance(answer.refusal, RefusedByBusinessCentral)
    assert "no such account" in answer.refusal.cause


@pytest.mark.parametrize("code", [400, 409])
def test_a_taken_number_is_told_by_its_code_whatever_the_status(wire: Wire, code: int) -> None:
    answer = wire.submit(failing(730030, code, "Internal_EntityWithSameKeyExists", "exists"))
    assert answer == NumberTaken(1, 730030)


def test_a_taken_number_that_is_not_of_the_pack_blames_no_entry(wire: Wire) -> None:
    answer = wire.submit(failing(999, 400, "Internal_EntityWithSameKeyExists", "exists"))
    assert isinstance(answer, NotRun)


COLLISION = "The dimension set line already exists. Check existing dimension set lines."


def test_a_default_dimension_is_a_collision_of_its_line_and_no_refusal(wire: Wire) -> None:
    answer = wire.submit(failing(730030, 400, "Application_DialogException", COLLISION))
    assert isinstance(answer, Collides)
    assert (answer.culprit, answer.line_number) == (1, 730030)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("Application_DialogException", "Die Dimension ist bereits vorhanden."),
        ("Internal_InvalidTableRelation", COLLISION),
        ("Unknown", COLLISION),
    ],
)
def test_what_only_sounds_like_a_collision_is_a_refusal(
    wire: Wire, code: str, message: str
) -> None:
    assert isinstance(wire.submit(failing(730010, 400, code, message)), Refused)


def test_a_bare_entry_nests_no_dimensions_and_cannot_collide(wire: Wire) -> None:
    wire.pack = (replace(PACK[0], bare=True), replace(PACK[1], bare=True))
    answer = wire.submit(failing(730010, 400, "Application_DialogException", COLLISION))
    assert isinstance(answer, Refused)
    assert isinstance(answer.refusal, DimensionIsDefault)
    sent = json.loads(wire.requests[0].content)["requests"]
    assert all("dimensionSetLines" not in one["body"] for one in sent)


def test_an_approval_has_a_refusal_of_its_own(wire: Wire) -> None:
    approval = "You cannot change the batch: an approval request is open."
    two = wire.submit(failing(730010, 400, "Application_DialogException", approval))
    assert isinstance(two, Refused)
    assert isinstance(two.refusal, JournalUnderApproval)


def test_a_missing_permission_stops_the_run_and_blames_no_entry(wire: Wire) -> None:
    text = "Sorry, the current permissions prevented the action. (TableData 81 Insert)"
    answer = wire.submit(failing(730010, 400, "Internal_X", text))
    assert isinstance(answer, NotRun)
    assert isinstance(answer.refusal, BusinessCentralPermissionMissing)


@pytest.mark.parametrize(
    ("code", "error", "message"),
    [
        (404, "Unknown", "gone"),
        (400, "Internal_RecordNotFound", "The Gen. Journal Batch does not exist."),
        (400, "Internal_DataNotFoundFilter", "There is no Gen. Journal Batch within the filter."),
    ],
)
def test_a_journal_that_is_gone_stops_the_run(
    wire: Wire, code: int, error: str, message: str
) -> None:
    answer = wire.submit(failing(730010, code, error, message))
    assert isinstance(answer, NotRun)
    assert isinstance(answer.refusal, JournalMissing)


def test_another_record_that_is_missing_is_the_entrys_own_trouble(wire: Wire) -> None:
    text = "The Vendor Posting Group does not exist."
    answer = wire.submit(failing(730030, 400, "Internal_RecordNotFound", text))
    assert isinstance(answer, Refused)
    assert answer.culprit == 1


@pytest.mark.parametrize("code", [400, 404])
def test_a_company_that_is_gone_stops_the_run_by_its_name(wire: Wire, code: int) -> None:
    answer = wire.submit(failing(730010, code, "Internal_CompanyNotFound", "gone"))
    assert isinstance(answer, NotRun)
    assert isinstance(answer.refusal, CompanyNotFound)
    assert "6f0d2c11" in answer.refusal.cause


def test_an_environment_that_is_gone_stops_the_run_by_its_name(wire: Wire) -> None:
    answer = wire.submit(status(404, "<html>"))
    assert isinstance(answer, NotRun)
    assert isinstance(answer.refusal, EnvironmentNotFound)
    assert "Production" in answer.refusal.cause


def test_an_inner_401_blames_the_sign_in_and_no_entry(wire: Wire) -> None:
    answer = wire.submit(failing(730030, 401, "Authentication_InvalidCredentials", "rejected"))
    assert isinstance(answer, NotRun)
    assert isinstance(answer.refusal, BusinessCentralSignInRefused)


def test_an_error_that_belongs_to_no_line_blames_no_entry(wire: Wire) -> None:
    answer = wire.submit(failing(999, 400, "BadRequest", "what is this"))
    assert isinstance(answer, NotRun)
    assert isinstance(answer.refusal, BusinessCentralRefused)


def test_bc_keeps_document_numbers_in_upper_case_and_amounts_without_zeros(wire: Wire) -> None:
    def respond(request: httpx.Request) -> httpx.Response:
        content = echo(request).content.replace(b"PEX-1-X1", b"pex-1-x1").replace(b"48.60", b"48.6")
        return httpx.Response(200, content=content)

    assert isinstance(wire.submit(respond), Accepted)


def test_a_pack_larger_than_a_batch_is_a_fault_of_the_program(wire: Wire) -> None:
    pack = [entry(number, 730010 + number * 20) for number in range(51)]
    with pytest.raises(ValueError, match="102 operations"):
        wire.journal.submit(JOURNAL, pack, wire.clock.now())
    assert wire.requests == []


@pytest.mark.parametrize("code", [408, 409, 500, 503])
def test_an_inner_fault_of_the_server_means_that_nothing_exists(wire: Wire, code: int) -> None:
    answer = wire.submit(failing(730020, code, "Internal_ServerError", "locked"))
    assert isinstance(answer, NotRun)
    assert isinstance(answer.refusal, BusinessCentralUnavailable)


def test_a_missing_answer_without_an_error_is_unknown(wire: Wire) -> None:
    def cut_short(request: httpx.Request) -> httpx.Response:
        whole = json.loads(echo(request).content)["responses"]
        return httpx.Response(200, json={"responses": whole[:-1]})

    assert isinstance(wire.submit(cut_short), Unknown)


@pytest.mark.parametrize("body", ["", "<html>", '{"responses":[{"id"', "[]", '{"value":[]}'])
def test_an_unreadable_success_is_unknown(wire: Wire, body: str) -> None:
    assert isinstance(wire.submit(status(200, body)), Unknown)


@pytest.mark.parametrize(
    "code", [408, 409, 410, 425, 499, 500, 501, 502, 503, 504, 201, 202, 204, 302]
)
def test_an_outer_answer_that_is_not_clear_is_unknown(wire: Wire, code: int) -> None:
    assert isinstance(wire.submit(status(code)), Unknown)


@pytest.mark.parametrize(
    "error",
    [
        httpx.ReadError,
        httpx.ReadTimeout,
        httpx.RemoteProtocolError,
        httpx.WriteError,
        httpx.WriteTimeout,
        httpx.CloseError,
        httpx.DecodingError,
    ],
)
def test_a_lost_answer_is_unknown(wire: Wire, error: type[httpx.RequestError]) -> None:
    assert isinstance(wire.submit(raising(error)), Unknown)


@pytest.mark.parametrize(
    "error", [httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError]
)
def test_a_server_that_was_not_reached_ran_nothing(
    wire: Wire, error: type[httpx.RequestError]
) -> None:
    assert isinstance(wire.submit(raising(error)), NotRun)


def test_a_429_ran_nothing_and_tells_how_long_to_wait(wire: Wire) -> None:
    answer = wire.submit(status(429, **{"Retry-After": "7"}))
    assert isinstance(answer, NotRun)
    assert answer.retry_after == 7
    assert len(wire.requests) == 1


@pytest.mark.parametrize("code", [400, 403, 404, 405, 406, 411, 412, 413, 414, 415, 431])
def test_a_refused_request_ran_nothing(wire: Wire, code: int) -> None:
    assert isinstance(wire.submit(status(code)), NotRun)


def test_a_401_is_answered_once_with_a_fresh_token(wire: Wire) -> None:
    assert isinstance(wire.submit(status(401), echo), Accepted)
    tokens = [request.headers["authorization"] for request in wire.requests]
    assert tokens == ["Bearer token-1", "Bearer token-2"]


@pytest.mark.parametrize(
    "body", ["", "<error><code>Unauthorized</code><message>wrong</message></error>"]
)
def test_a_second_401_ends_in_a_refused_sign_in(wire: Wire, body: str) -> None:
    answer = wire.submit(status(401, body), status(401, body))
    assert isinstance(answer, NotRun)
    assert isinstance(answer.refusal, BusinessCentralSignInRefused)
    assert len(wire.requests) == 2


def test_a_worker_that_slept_too_long_sends_nothing(wire: Wire) -> None:
    deadline = wire.clock.now()
    wire.clock.advance(1)
    answer = wire.journal.submit(JOURNAL, PACK, deadline)
    assert isinstance(answer, NotRun)
    assert wire.requests == []


def test_a_worker_that_slept_over_a_401_sends_nothing_more(wire: Wire) -> None:
    def slow(_request: httpx.Request) -> httpx.Response:
        wire.clock.advance(61)
        return httpx.Response(401)

    answer = wire.submit(slow)
    assert isinstance(answer, NotRun)
    assert len(wire.requests) == 1


def test_an_answer_lost_after_a_401_is_unknown(wire: Wire) -> None:
    assert isinstance(wire.submit(status(401), raising(httpx.ReadError)), Unknown)


@pytest.mark.parametrize("refusal", [MicrosoftSignInRefused("no"), MicrosoftUnavailable("no")])
def test_without_a_token_nothing_ran(wire: Wire, refusal: Refusal) -> None:
    def refuse(_connection: UUID, *, renew: bool = False) -> str:
        raise refusal

    wire.sign_in.access_token = refuse  # type: ignore[method-assign]
    assert wire.submit() == NotRun(refusal)


def test_cookies_are_not_kept_between_connections(wire: Wire) -> None:
    wire.submit(status(401, **{"Set-Cookie": "affinity=1; Path=/"}), echo)
    assert "cookie" not in wire.requests[1].headers


def test_tenant_and_environment_are_one_step_of_the_address_each(wire: Wire) -> None:
    wire.opened.general_journal(uuid4(), "a/b", "x?y z", "c").submit(
        JOURNAL, PACK, wire.clock.now()
    )
    assert wire.requests[0].url.raw_path == b"/v2.0/a%2Fb/x%3Fy%20z/api/v2.0/$batch"


def test_a_pack_is_never_sent_twice_by_itself(wire: Wire) -> None:
    wire.submit(status(503))
    assert len(wire.requests) == 1


def journals(*templates: str) -> Respond:
    rows = [
        {"id": template, "code": "PEX CARD", "templateDisplayName": template}
        for template in templates
    ]
    return lambda _request: httpx.Response(200, json={"value": rows})


def test_a_journal_in_several_templates_is_none_to_write_to(wire: Wire) -> None:
    wire.answers = [journals("GENERAL"), journals("GENERAL", "PAYMENT"), journals()]
    assert wire.journal.resolve() == Journal("6f0d2c11", "GENERAL", "PEX CARD", "GENERAL")
    with pytest.raises(JournalInOtherTemplate, match="PAYMENT"):
        wire.journal.resolve()
    with pytest.raises(JournalMissing):
        wire.journal.resolve()


def test_the_highest_number_is_one_row(wire: Wire) -> None:
    wire.answers = [lambda _request: httpx.Response(200, json={"value": [{"lineNumber": 7}]})]
    assert wire.journal.highest_line_number(JOURNAL) == 7
    asked = wire.requests[0].url.params
    assert (asked["$orderby"], asked["$top"]) == ("lineNumber desc", "1")


def test_lines_are_deleted_in_one_snapshot_with_their_concurrency_token(wire: Wire) -> None:
    wire.answers = [lambda _request: httpx.Response(200, json={"responses": [{"status": 204}]})]
    wire.journal.delete(JOURNAL, ["e1b7"])
    assert wire.requests[0].headers["isolation"] == "snapshot"
    (sent,) = json.loads(wire.requests[0].content)["requests"]
    assert sent["url"] == "companies(6f0d2c11)/journalLines(e1b7)"
    assert (sent["method"], sent["headers"]) == ("DELETE", {"If-Match": "*"})


@pytest.mark.parametrize(
    ("answer", "refusal"),
    [
        ({"responses": []}, BusinessCentralUnavailable),
        ({"responses": [{"status": 302}]}, BusinessCentralRefused),
        ({"responses": [{"status": 404}]}, BusinessCentralRefused),
        ({"responses": [{"status": 503}]}, BusinessCentralUnavailable),
        ({"error": {}}, BusinessCentralUnavailable),
    ],
    ids=str,
)
def test_a_deletion_that_is_not_sure_is_told(
    wire: Wire, answer: dict[str, Any], refusal: type[Refusal]
) -> None:
    wire.answers = [lambda _request: httpx.Response(200, json=answer)]
    with pytest.raises(refusal):
        wire.journal.delete(JOURNAL, ["e1b7"])
