"""What the answers about dimensions mean, and that they are asked for in the one right form."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from adapters.business_central.access import HttpBusinessCentral
from application.ports.company_data import (
    BusinessCentralPermissionMissing,
    BusinessCentralRefused,
    BusinessCentralUnavailable,
    CompanyNotFound,
)
from application.ports.general_journal import (
    DimensionsSet,
    Journal,
    NotRun,
    Refused,
    SetAnswer,
    Stale,
    Unknown,
)
from domain.journal_entry import DimensionCode
from domain.line_dimensions import DimensionChange, FoundDimension
from domain.refusals import Refusal
from fakes.clock import FakeClock

JOURNAL = Journal("6f0d2c11", "c83b5e20", "PEX CARD", "GENERAL")
THERE = FoundDimension("d1", "DEPARTMENT", "ADM", 'W/"abc"')
REPLACED = DimensionChange("l1", DimensionCode("DEPARTMENT", "OPS"), THERE)
ADDED = DimensionChange("l2", DimensionCode("CLASS", "GEN"))
PERMISSION = "Sorry, the current permissions prevented the action. (TableData 81)"
EXISTS = "The dimension set line already exists. Check existing dimension set lines."
DIALOG = "Application_DialogException"
Respond = Callable[[httpx.Request], httpx.Response]


class FakeSignIn:
    def access_token(self, _connection: UUID, *, renew: bool = False) -> str:
        return f"token-{renew}"


class Wire:
    """A Business Central that answers as a test says, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.headers: httpx.Headers = httpx.Headers()
        self.answers: dict[str, dict[str, Any]] | None = {}
        self.status = 200
        self.clock = FakeClock(datetime(2026, 8, 15, 14, tzinfo=UTC))
        self.opened = HttpBusinessCentral(
            "https://bc.test",
            FakeSignIn(),  # type: ignore[arg-type]
            self.clock,
            transport=httpx.MockTransport(self._respond),
            sleep=lambda _seconds: None,
        )

    def _respond(self, request: httpx.Request) -> httpx.Response:
        self.headers = request.headers
        self.asked = json.loads(request.content)["requests"]
        if self.answers is None:
            return httpx.Response(self.status, content=b"<html>")
        responses = [{"id": key, **answer} for key, answer in self.answers.items()]
        return httpx.Response(self.status, json={"responses": responses})

    def read(self, *line_ids: str) -> Any:
        journal = self.opened.general_journal(uuid4(), "tenant", "Production", "6f0d2c11")
        return journal.dimensions(JOURNAL, line_ids)

    def write(self, *entries: tuple[DimensionChange, ...]) -> SetAnswer:
        journal = self.opened.general_journal(uuid4(), "tenant", "Production", "6f0d2c11")
        soon = self.clock.now() + timedelta(seconds=60)
        return journal.set_dimensions(JOURNAL, entries, soon)


@pytest.fixture
def wire() -> Iterator[Wire]:
    wire = Wire()
    yield wire
    wire.opened.close()


def row(code: str, value: str, **more: str) -> dict[str, Any]:
    return {"id": f"id-{code}", "code": code, "valueCode": value, **more}


def done(code: str, value: str, status: int = 200) -> dict[str, Any]:
    return {"status": status, "body": row(code, value)}


def error(status: int, code: str, message: str = "no") -> dict[str, Any]:
    return {"status": status, "body": {"error": {"code": code, "message": message}}}


# --- reading ---------------------------------------------------------------------------------


def test_lines_are_read_from_the_primary_and_none_keeps_another_back(wire: Wire) -> None:
    wire.answers = {
        "1": error(404, "Internal_RecordNotFound"),
        "0": {
            "status": 200,
            "body": {"value": [row("DEPARTMENT", "ADM", **{"@odata.etag": "e1"})]},
        },
        "2": {"status": 200, "body": {"value": []}},
        "3": error(400, DIALOG),
    }
    found = wire.read("l1", "l2", "l3", "l4")
    assert found == {"l1": (FoundDimension("id-DEPARTMENT", "DEPARTMENT", "ADM", "e1"),), "l3": ()}
    assert wire.headers["prefer"] == "odata.continue-on-error"
    assert "isolation" not in wire.headers
    assert wire.headers["data-access-intent"] == "ReadWrite"
    assert [one["url"] for one in wire.asked] == [
        f"companies(6f0d2c11)/journalLines({line})/dimensionSetLines"
        for line in ("l1", "l2", "l3", "l4")
    ]
    assert {one["headers"]["Data-Access-Intent"] for one in wire.asked} == {"ReadWrite"}


@pytest.mark.parametrize(
    ("answers", "refusal"),
    [
        ({}, BusinessCentralUnavailable),
        ({"0": error(404, "Internal_CompanyNotFound")}, CompanyNotFound),
        ({"0": error(400, "Unknown", PERMISSION)}, BusinessCentralPermissionMissing),
        ({"0": error(503, "Unknown")}, BusinessCentralUnavailable),
        ({"0": {"status": 200, "body": {"rows": 1}}}, BusinessCentralUnavailable),
        (None, BusinessCentralUnavailable),
    ],
    ids=str,
)
def test_what_keeps_all_lines_from_being_read_is_never_taken_for_a_line_that_is_gone(
    wire: Wire, answers: dict[str, dict[str, Any]] | None, refusal: type[Refusal]
) -> None:
    wire.answers = answers
    with pytest.raises(refusal):
        wire.read("l1")


# --- writing ---------------------------------------------------------------------------------


def test_what_is_there_is_patched_by_its_etag_and_what_is_not_is_posted(wire: Wire) -> None:
    wire.answers = {"0.0": done("department", "ops"), "1.0": done("CLASS", "GEN", 201)}
    assert wire.write((REPLACED,), (ADDED,)) == DimensionsSet()
    assert wire.headers["isolation"] == "snapshot"
    patched, posted = wire.asked
    lines = "companies(6f0d2c11)/journalLines"
    assert (patched["method"], patched["url"]) == ("PATCH", f"{lines}(l1)/dimensionSetLines(d1)")
    assert patched["headers"]["If-Match"] == 'W/"abc"'
    assert patched["body"] == {"valueCode": "OPS"}
    assert (posted["method"], posted["url"]) == ("POST", f"{lines}(l2)/dimensionSetLines")
    assert list(posted["body"].items()) == [("code", "CLASS"), ("valueCode", "GEN")]
    assert {one["headers"]["Accept-Language"] for one in wire.asked} == {"en-US"}


def test_only_the_first_change_of_a_line_is_guarded_by_what_was_read(wire: Wire) -> None:
    location = FoundDimension("d2", "LOCATION", "BOSTON", 'W/"def"')
    again = DimensionChange("l1", DimensionCode("LOCATION", "PORTLAND"), location)
    other = DimensionChange("l3", DimensionCode("LOCATION", "PORTLAND"), location)
    wire.write((REPLACED, again), (other,))
    assert [one["headers"]["If-Match"] for one in wire.asked] == ['W/"abc"', "*", 'W/"def"']


def test_a_dimension_that_came_without_an_etag_is_patched_unguarded(wire: Wire) -> None:
    wire.answers = {"0.0": done("DEPARTMENT", "OPS")}
    there = FoundDimension("d1", "DEPARTMENT", "ADM", "")
    wire.write((DimensionChange("l1", DimensionCode("DEPARTMENT", "OPS"), there),))
    assert wire.asked[0]["headers"]["If-Match"] == "*"


def test_the_first_error_names_the_entry_and_nothing_was_changed(wire: Wire) -> None:
    wire.answers = {"0.0": done("DEPARTMENT", "OPS"), "1.0": error(400, DIALOG, "no such value")}
    answer = wire.write((REPLACED,), (ADDED,))
    assert isinstance(answer, Refused)
    assert answer.culprit == 1
    assert "no such value" in answer.refusal.cause


@pytest.mark.parametrize(
    "inner",
    [
        error(409, "Request_EntityChanged"),
        error(404, "Internal_RecordNotFound"),
        error(400, "Internal_RecordNotFound"),
        error(400, "BadRequest_InvalidToken"),
        error(400, DIALOG, EXISTS),
    ],
    ids=str,
)
def test_what_is_no_longer_as_it_was_read_names_its_entry_to_be_read_again(
    wire: Wire, inner: dict[str, Any]
) -> None:
    wire.answers = {"0.0": inner}
    answer = wire.write((REPLACED,))
    assert isinstance(answer, Stale)
    assert answer.culprit == 0
    assert answer.refusal.code == "REFUSED_BY_BC"


@pytest.mark.parametrize(
    ("inner", "refusal"),
    [
        ({"0.0": error(400, "Unknown", PERMISSION)}, BusinessCentralPermissionMissing),
        ({"0.0": error(503, "Unknown")}, BusinessCentralUnavailable),
        ({"0.0": error(404, "Internal_CompanyNotFound")}, CompanyNotFound),
        ({"7.0": error(400, DIALOG)}, BusinessCentralRefused),
        ({"x": error(400, DIALOG)}, BusinessCentralRefused),
    ],
    ids=str,
)
def test_an_error_that_is_no_entrys_own_refuses_none(
    wire: Wire, inner: dict[str, dict[str, Any]], refusal: type[Refusal]
) -> None:
    wire.answers = inner
    answer = wire.write((REPLACED,))
    assert isinstance(answer, NotRun)
    assert isinstance(answer.refusal, refusal)


@pytest.mark.parametrize(
    "inner",
    [
        {},
        {"0.0": done("DEPARTMENT", "ADM")},
        {"0.0": done("CLASS", "OPS")},
        {"0.0": {"status": 204}},
        {"0.0": {"status": 302, "body": row("DEPARTMENT", "OPS")}},
        None,
    ],
    ids=str,
)
def test_an_answer_that_does_not_repeat_every_dimension_says_nothing(
    wire: Wire, inner: dict[str, dict[str, Any]] | None
) -> None:
    wire.answers = inner
    assert isinstance(wire.write((REPLACED,)), Unknown)


@pytest.mark.parametrize(
    ("status", "meaning"), [(500, Unknown), (504, Unknown), (408, Unknown), (400, NotRun)]
)
def test_an_outer_answer_means_what_it_means_for_a_pack(
    wire: Wire, status: int, meaning: type
) -> None:
    wire.status = status
    assert isinstance(wire.write((REPLACED,)), meaning)
