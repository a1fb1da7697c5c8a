"""Single requests: what is tried again, what an error means, and what never gets out."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from adapters.pex import client as module
from adapters.pex.client import Client, Credential
from adapters.pex.throttle import TokenBucket
from adapters.pex.wire import reading
from application.ports.pex import (
    PexPermissionMissing,
    PexRequestRefused,
    PexTokenRefused,
    PexUnavailable,
    TagsOff,
)

TOKEN = "canary-4711"
FINE = httpx.Response(200, json={"answer": 42})
Answer = httpx.Response | Exception


class Wire:
    """Answers requests in order, the last answer again and again; time passes only in sleeps."""

    def __init__(
        self,
        *answers: Answer,
        seconds: float = 0,
        renew: Callable[[str], str] | None = None,
    ) -> None:
        self.answers = list(answers)
        self.seconds = seconds
        self.requests: list[httpx.Request] = []
        self.attempts: list[tuple[str, str, int, int]] = []
        self.slept: list[float] = []
        self.now = 0.0
        http = httpx.Client(transport=httpx.MockTransport(self._answer))
        bucket = TokenBucket(6000, self.monotonic, self.sleep)
        self.client = Client(
            http,
            "https://pex.example/v4",
            Credential(TOKEN) if renew is None else Credential(TOKEN, "Bearer"),
            bucket,
            lambda *attempt: self.attempts.append(attempt),
            sleep=self.sleep,
            monotonic=self.monotonic,
            renew=renew,
        )

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def monotonic(self) -> float:
        return self.now

    def get(self) -> Any:
        return self.client.get("Ping", reading(dict[str, int]))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        self.now += self.seconds
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture(autouse=True)
def no_token_in_logs() -> Iterator[None]:
    with capture_logs() as logs:
        yield
    assert TOKEN not in str(logs)


def refused(status: int, body: Any = None, **headers: str) -> httpx.Response:
    if isinstance(body, str):
        return httpx.Response(status, text=body, headers=headers)
    return httpx.Response(status, json=body, headers=headers)


def test_a_request_carries_the_credential_and_a_reference_of_its_own() -> None:
    wire = Wire(FINE)
    assert wire.get() == {"answer": 42}
    wire.get()
    first, second = wire.requests
    assert str(first.url) == "https://pex.example/v4/Ping"
    assert first.headers["authorization"] == f"token {TOKEN}"
    assert first.headers["accept"] == "application/json"
    assert first.headers["x-correlation-id"].startswith("ext-")
    assert first.headers["x-correlation-id"] != second.headers["x-correlation-id"]


@pytest.mark.parametrize(
    "passing",
    [
        *(httpx.Response(status) for status in (408, 429, 500, 502, 503, 504)),
        httpx.ConnectError("no route"),
        httpx.ReadTimeout("late"),
        httpx.RemoteProtocolError("cut"),
    ],
    ids=repr,
)
def test_what_may_pass_is_tried_again_under_the_same_reference(passing: Answer) -> None:
    wire = Wire(passing, passing, FINE)
    assert wire.get() == {"answer": 42}
    assert len({request.headers["x-correlation-id"] for request in wire.requests}) == 1
    assert 0.5 <= wire.slept[0] <= 1
    assert 1 <= wire.slept[1] <= 2


@pytest.mark.parametrize("status", [302, 400, 401, 402, 403, 404, 405, 409, 410, 501])
def test_what_will_not_pass_is_not_tried_again(status: int) -> None:
    wire = Wire(httpx.Response(status), FINE)
    with pytest.raises((PexRequestRefused, PexTokenRefused)):
        wire.get()
    assert len(wire.requests) == 1


OVER = {"Message": "Token expired or does not exist"}


@pytest.mark.parametrize(
    "over", [httpx.Response(401), httpx.Response(403, json=OVER), httpx.Response(400, json=OVER)]
)
@pytest.mark.parametrize("method", ["get", "put"])
def test_an_access_token_that_is_over_is_renewed_once_and_used_from_then_on(
    over: httpx.Response, method: str
) -> None:
    dead: list[str] = []

    def renew(token: str) -> str:
        dead.append(token)
        return "at-2"

    wire = Wire(over, FINE, renew=renew)
    if method == "get":
        wire.get()
    else:
        wire.client.put("Tag", b"{}", reading(dict[str, int]))
    wire.get()
    assert dead == [TOKEN]
    sent = [request.headers["authorization"] for request in wire.requests]
    assert sent == [f"Bearer {TOKEN}", "Bearer at-2", "Bearer at-2"]
    assert wire.slept == []


def test_a_renewed_access_token_that_is_refused_as_well_is_dead() -> None:
    dead: list[str] = []

    def renew(token: str) -> str:
        dead.append(token)
        return "at-2-canary"

    wire = Wire(refused(401, {"Message": "at-2-canary is over"}), renew=renew)
    with pytest.raises(PexTokenRefused) as told:
        wire.get()
    assert (dead, len(wire.requests)) == ([TOKEN], 2)
    assert "canary" not in str(told.value)


@pytest.mark.parametrize("status", [200, 403, 404])
def test_another_answer_renews_nothing(status: int) -> None:
    def renew(_token: str) -> str:
        raise AssertionError

    wire = Wire(httpx.Response(status, json={"answer": 42}), renew=renew)
    with suppress(PexRequestRefused):
        wire.get()
    assert len(wire.requests) == 1


def test_tries_end() -> None:
    wire = Wire(httpx.Response(503))
    with pytest.raises(PexUnavailable) as told:
        wire.get()
    assert len(wire.requests) == module.TRIES
    assert told.value.retry_after is None


def test_a_slow_service_is_not_tried_again_beyond_the_budget() -> None:
    wire = Wire(httpx.ReadTimeout("late"), seconds=100)
    with pytest.raises(PexUnavailable, match="no answer"):
        wire.get()
    assert len(wire.requests) == 2


def test_a_short_wait_that_pex_names_is_kept() -> None:
    wire = Wire(refused(429, None, **{"Retry-After": "7"}), FINE)
    wire.get()
    assert wire.slept == [7]


def test_a_long_wait_that_pex_names_is_left_to_the_caller() -> None:
    wire = Wire(refused(503, None, **{"Retry-After": "90"}), FINE)
    with pytest.raises(PexUnavailable) as told:
        wire.get()
    assert told.value.retry_after == 90
    assert wire.slept == []


@pytest.mark.parametrize(
    "value", ["Tue, 01 Jan 2019 10:00:00 GMT", "Tue, 01 Jan 2019 10:00:00 -0000"]
)
def test_a_moment_to_wait_for_that_is_over_means_no_wait(value: str) -> None:
    wire = Wire(refused(429, None, **{"Retry-After": value}), FINE)
    wire.get()
    assert wire.slept == [0]


@pytest.mark.parametrize("value", ["soon", "", "-5", "1.5"])
def test_an_unreadable_wait_is_as_none(value: str) -> None:
    wire = Wire(refused(429, None, **{"Retry-After": value}), FINE)
    wire.get()
    assert 0.5 <= wire.slept[0] <= 1


def test_every_attempt_is_counted_also_one_without_an_answer() -> None:
    wire = Wire(httpx.ConnectError("no route"), httpx.Response(503), FINE)
    wire.get()
    assert wire.attempts == [("GET", "Ping", status, 1) for status in (0, 503, 200)]


# --- what an error means (PEX contract 1.7, 8.2) ---------------------------------------------


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404])
@pytest.mark.parametrize(
    "words",
    [
        "Token expired or does not exist",
        "TOKEN EXPIRED OR DOES NOT EXIST.",
        "Password has changed",
        "User is not active",
        "Business is not open",
    ],
)
def test_a_dead_token_is_told_by_its_words_whatever_the_status(status: int, words: str) -> None:
    for body in ({"Message": words}, {"message": words}, words):
        with pytest.raises(PexTokenRefused):
            Wire(refused(status, body)).get()


def test_401_is_a_dead_token_without_any_words() -> None:
    with pytest.raises(PexTokenRefused):
        Wire(httpx.Response(401)).get()


def test_other_403_do_not_cost_a_connection() -> None:
    with pytest.raises(TagsOff):
        Wire(refused(403, {"Message": "This business does not support the Tags Feature"})).get()
    with pytest.raises(PexPermissionMissing, match="Admin does not have permission"):
        Wire(refused(403, {"Message": "Admin does not have permission"})).get()
    with pytest.raises(PexRequestRefused, match="Cannot renew token"):
        Wire(refused(403, {"Message": "Cannot renew token"})).get()


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"Message": " Invalid\n window "}, "Invalid window"),
        ("Invalid window", "Invalid window"),
        ("<!DOCTYPE html><html><body>Bad</body></html>", "no message"),
        ("", "no message"),
        ({"Message": None}, "no message"),
        ({"Message": 7}, "no message"),
        (["Invalid"], "no message"),
        ('{"Message": "cut', "cut"),
    ],
)
def test_an_error_is_told_in_pexs_words_where_there_are_any(body: Any, words: str) -> None:
    with pytest.raises(PexRequestRefused, match=words) as told:
        Wire(refused(400, body)).get()
    assert told.value.status == 400
    assert "ext-" in told.value.cause


def test_pexs_own_reference_is_told_where_it_sends_one() -> None:
    with pytest.raises(PexRequestRefused, match="reference pex-77"):
        Wire(refused(400, {"Message": "no"}, **{"X-CORRELATION-ID": "pex-77"})).get()


def test_a_long_message_is_cut() -> None:
    with pytest.raises(PexRequestRefused) as told:
        Wire(refused(400, {"Message": "long " * 1000})).get()
    assert len(told.value.cause) < 500


def test_a_token_that_an_answer_quotes_is_not_told_further() -> None:
    with pytest.raises(PexTokenRefused) as told:
        Wire(refused(401, {"Message": f"Token {TOKEN} is bad"})).get()
    assert TOKEN not in told.value.cause
    assert TOKEN not in repr(Credential(TOKEN))


@pytest.mark.parametrize(
    "body", [b"", b"<html></html>", b'{"answer": 4', b"\xff\xfe"], ids=["empty", "html", "cut", "x"]
)
def test_a_success_that_is_no_json_is_an_error_that_may_pass(body: bytes) -> None:
    with pytest.raises(PexUnavailable, match="no JSON"):
        Wire(httpx.Response(200, content=body)).get()


@pytest.mark.parametrize("body", [b"[]", b'{"answer": "many"}', b"null", b'"fine"'])
def test_a_success_of_another_form_is_an_error_that_will_not_pass(body: bytes) -> None:
    with pytest.raises(PexRequestRefused, match="another form"):
        Wire(httpx.Response(200, content=body)).get()


def test_what_may_be_missing_is_none_on_404_alone() -> None:
    read: Callable[[bytes], Any] = reading(dict[str, int])
    assert Wire(httpx.Response(404)).client.find("Tag", read) is None
    assert Wire(FINE).client.find("Tag", read) == {"answer": 42}
    with pytest.raises(PexRequestRefused):
        Wire(httpx.Response(400)).client.find("Tag", read)
