"""Reads: tried again while BC is away, whole lists, every error form."""

import json
import threading
from collections.abc import Iterator

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.business_central.client import Client
from adapters.business_central.errors import read_error
from adapters.business_central.odata import address, caption, text
from adapters.business_central.throttle import Throttle
from adapters.business_central.wire import CodeRow
from application.ports.company_data import (
    BusinessCentralPermissionMissing,
    BusinessCentralRefused,
    BusinessCentralSignInRefused,
    BusinessCentralUnavailable,
    CompanyNotFound,
    EnvironmentNotFound,
)
from domain.refusals import Refusal

ROOT = "https://bc.test/v2.0/t/e/api/v2.0"


class Wire:
    """Answers in turn, and keeps what was asked and how long was slept."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []
        self.answers: list[httpx.Response | type[httpx.RequestError]] = []
        self.slept: list[float] = []
        self.counted: list[tuple[str, str, int, int]] = []
        self.throttle = Throttle(3)
        self.http = httpx.Client(transport=httpx.MockTransport(self._respond))
        self.client = Client(
            self.http,
            ROOT,
            "e",
            lambda *, renew=False: "fresh" if renew else "old",
            self.throttle,
            lambda *counted: self.counted.append(counted),
            self.slept.append,
        )

    def _respond(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, httpx.Response):
            return answer
        raise answer("on purpose", request=request)

    def read(self, *answers: httpx.Response | type[httpx.RequestError]) -> list[str]:
        self.answers = list(answers)
        return [row.code for row in self.client.rows(CodeRow, "companies(1)/dimensions")]


@pytest.fixture
def wire() -> Iterator[Wire]:
    wire = Wire()
    yield wire
    wire.http.close()


def rows(*codes: str, link: str | None = None) -> httpx.Response:
    value = [{"id": f"id-{code}", "code": code, "displayName": code} for code in codes]
    return httpx.Response(200, json={"value": value, "@odata.nextLink": link})


def error(status: int, code: str, message: str = "no") -> httpx.Response:
    return httpx.Response(status, json={"error": {"code": code, "message": message}})


def test_a_read_goes_to_the_primary_in_english(wire: Wire) -> None:
    wire.read(rows())
    assert wire.requests[0].headers["data-access-intent"] == "ReadWrite"
    assert wire.requests[0].headers["accept-language"] == "en-US"


@pytest.mark.parametrize(
    "fault",
    [
        httpx.Response(408),
        httpx.Response(429),
        httpx.Response(500, text="<html>"),
        httpx.Response(502),
        httpx.Response(503, headers={"Retry-After": "2"}),
        httpx.Response(504),
        httpx.ReadTimeout,
        httpx.ConnectError,
        httpx.DecodingError,
    ],
)
def test_a_read_is_tried_again_while_bc_is_away(
    wire: Wire, fault: httpx.Response | type[httpx.RequestError]
) -> None:
    assert wire.read(fault, rows("A")) == ["A"]
    assert len(wire.slept) == 1


def test_retry_after_is_honoured_and_a_long_one_goes_back_to_the_run(wire: Wire) -> None:
    wire.read(httpx.Response(429, headers={"Retry-After": "3"}), rows("A"))
    assert wire.slept == [3]
    with pytest.raises(BusinessCentralUnavailable) as refused:
        wire.read(httpx.Response(429, headers={"Retry-After": "90"}))
    assert refused.value.retry_after == 90


def test_a_fault_that_lasts_is_told_as_unavailable(wire: Wire) -> None:
    with pytest.raises(BusinessCentralUnavailable):
        wire.read(*[httpx.Response(503)] * 4)


def test_an_unreadable_answer_is_told_as_unavailable(wire: Wire) -> None:
    with pytest.raises(BusinessCentralUnavailable):
        wire.read(httpx.Response(200, text='{"value":[{'))


@pytest.mark.parametrize(
    ("answer", "refusal"),
    [
        (error(403, "Authorization_X"), BusinessCentralPermissionMissing),
        (httpx.Response(403, text="<html>"), BusinessCentralPermissionMissing),
        (error(400, "X", "the current permissions prevented"), BusinessCentralPermissionMissing),
        (error(400, "Internal_CompanyNotFound"), CompanyNotFound),
        (error(400, "BadRequest"), BusinessCentralRefused),
        (httpx.Response(404, text="<html>"), BusinessCentralRefused),
    ],
)
def test_other_errors_are_refusals_and_not_tried_again(
    wire: Wire, answer: httpx.Response, refusal: type[Refusal]
) -> None:
    with pytest.raises(refusal):
        wire.read(answer)
    assert len(wire.requests) == 1


def test_a_second_401_is_a_refused_sign_in(wire: Wire) -> None:
    with pytest.raises(BusinessCentralSignInRefused):
        wire.read(httpx.Response(401), httpx.Response(401))
    assert [one.headers["authorization"] for one in wire.requests] == ["Bearer old", "Bearer fresh"]


def test_a_401_for_want_of_a_permission_is_no_refused_sign_in(wire: Wire) -> None:
    lacking = error(401, "Authorization_RequestDenied")
    with pytest.raises(BusinessCentralPermissionMissing):
        wire.read(lacking, lacking)


@pytest.mark.parametrize("path", ["companies", "companies?$select=id", "$batch"])
def test_at_the_entrance_only_the_environment_can_be_missing(wire: Wire, path: str) -> None:
    wire.answers = [httpx.Response(404, text="<html>")]
    with pytest.raises(EnvironmentNotFound, match="'e'"):
        wire.client.read(path)


def test_a_missing_company_is_named(wire: Wire) -> None:
    wire.answers = [error(404, "Internal_CompanyNotFound")]
    with pytest.raises(CompanyNotFound, match="no company 6f0d for"):
        wire.client.read("companies(6f0d)/journals")


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.test/v2.0/t/e/api/v2.0/x",
        "http://bc.test/v2.0/t/e/api/v2.0/x",
        "https://bc.test:444/x",
        "https://bc.test@evil.test/x",
        "//evil.test/x",
        "x?$skiptoken=1",
        "https://[bad",
    ],
)
def test_the_token_follows_no_link_to_elsewhere(wire: Wire, link: str) -> None:
    with pytest.raises(BusinessCentralRefused, match="no next page of its own"):
        wire.read(rows("A", link=link), rows("B"))
    assert len(wire.requests) == 1


def test_pages_that_lead_in_a_circle_are_given_up(wire: Wire) -> None:
    one, two = f"{ROOT}/x?$skiptoken=1", f"{ROOT}/x?$skiptoken=2"
    with pytest.raises(BusinessCentralRefused, match="no next page of its own"):
        wire.read(rows("A", link=one), rows("B", link=two), rows("C", link=one))


def test_a_fault_on_a_later_page_is_waited_out(wire: Wire) -> None:
    link = f"{ROOT}/x?$skiptoken=1"
    assert wire.read(rows("A", link=link), httpx.Response(503), rows("B")) == ["A", "B"]


def test_pages_are_followed_by_their_links_as_they_stand(wire: Wire) -> None:
    link = f"{ROOT}/companies(1)/dimensions?$skiptoken='a%20b'"
    assert wire.read(rows("A", link=link), rows("B")) == ["A", "B"]
    assert str(wire.requests[1].url) == link


def test_a_stale_skip_token_begins_the_list_anew(wire: Wire) -> None:
    link = f"{ROOT}/x?$skiptoken=1"
    stale = error(400, "SkipTokenIsNoLongerValid")
    assert wire.read(rows("A", link=link), stale, rows("A", "B")) == ["A", "B"]


def test_several_lists_come_in_one_request_and_each_is_whole(wire: Wire) -> None:
    link = f"{ROOT}/x?$skiptoken=1"
    inner = [
        {"id": "0", "status": 200, "body": json.loads(rows("A", link=link).content)},
        {"id": "1", "status": 200, "body": json.loads(rows("C").content)},
    ]
    wire.answers = [httpx.Response(200, json={"responses": inner}), rows("B")]
    found = wire.client.several([(CodeRow, "a"), (CodeRow, "b")])
    codes = [[row.code for row in one if isinstance(row, CodeRow)] for one in found]
    assert codes == [["A", "B"], ["C"]]
    assert len(wire.requests) == 2


def test_each_of_several_lists_is_asked_of_the_primary_in_english(wire: Wire) -> None:
    wire.answers = [httpx.Response(200, json={"responses": []}), rows(), rows()]
    wire.client.several([(CodeRow, "a"), (CodeRow, "b")])
    sent = json.loads(wire.requests[0].content)["requests"]
    wanted = {"Accept-Language": "en-US", "Data-Access-Intent": "ReadWrite"}
    assert [one["headers"] for one in sent] == [wanted, wanted]
    assert "isolation" not in wire.requests[0].headers


def test_an_error_within_several_lists_is_that_errors_refusal(wire: Wire) -> None:
    body = {"error": {"code": "Internal_CompanyNotFound", "message": "no"}}
    inner = [{"id": "0", "status": 400, "body": body}]
    wire.answers = [httpx.Response(200, json={"responses": inner})]
    with pytest.raises(CompanyNotFound):
        wire.client.several([(CodeRow, "a"), (CodeRow, "b")])


def test_a_passing_fault_within_several_lists_is_waited_out(wire: Wire) -> None:
    inner = [{"id": "0", "status": 503, "body": None}]
    wire.answers = [httpx.Response(200, json={"responses": inner}), rows("A"), rows("B")]
    found = wire.client.several([(CodeRow, "a"), (CodeRow, "b")])
    assert [len(one) for one in found] == [1, 1]


def test_a_stale_skip_token_within_several_lists_begins_that_list_anew(wire: Wire) -> None:
    body = json.loads(rows("A", link=f"{ROOT}/x?$skiptoken=1").content)
    inner = [{"id": "0", "status": 200, "body": body}]
    wire.answers = [
        httpx.Response(200, json={"responses": inner}),
        error(400, "SkipTokenIsNoLongerValid"),
        rows("A", "B"),
    ]
    (found,) = wire.client.several([(CodeRow, "a")])
    assert len(found) == 2
    assert str(wire.requests[2].url) == f"{ROOT}/a"


def test_every_request_is_counted_also_one_without_an_answer(wire: Wire) -> None:
    wire.read(httpx.ReadTimeout, httpx.Response(503), rows())
    path = "companies(1)/dimensions"
    assert wire.counted == [("GET", path, 0, 1), ("GET", path, 503, 1), ("GET", path, 200, 1)]


def test_a_list_that_was_left_out_is_read_by_itself(wire: Wire) -> None:
    inner = [{"id": "0", "status": 200, "body": json.loads(rows("A").content)}]
    wire.answers = [httpx.Response(200, json={"responses": inner}), rows("B")]
    found = wire.client.several([(CodeRow, "a"), (CodeRow, "b")])
    assert [len(one) for one in found] == [1, 1]


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        (b'{"error":{"code":"X","message":"Text."}}', "X", "Text."),
        (b"<error><code>Unauthorized</code><message>wrong</message></error>",
         "Unauthorized", "wrong"),
        (b'<m:error xmlns:m="x"><m:code>X</m:code><m:message xml:lang="en">a &amp; b</m:message>',
         "X", "a & b"),
        (b'{"error":{"code":null,"message":null}}', "Unknown", "status 500"),
        (b'{"error":"text"}', "Unknown", "status 500"),
        (b"<!DOCTYPE html><title>x</title>", "Unknown", "status 500"),
        (b"", "Unknown", "status 500"),
        (b"[1]", "Unknown", "status 500"),
        (b"\xff\xfe", "Unknown", "status 500"),
    ],
)  # fmt: skip
def test_errors_are_read_in_every_form(body: bytes, code: str, message: str) -> None:
    found = read_error(500, body)
    assert (found.code, found.message) == (code, message)


def test_the_correlation_id_is_kept_apart() -> None:
    reference = "7d1c3e0a-2f55-4c1a-9f0e-0c8d6f1b2a34"
    message = f"T.  CorrelationId:  {reference}."
    body = json.dumps({"error": {"code": "X", "message": message}}).encode()
    assert read_error(400, body).correlation_id == reference


def test_captions_are_read_from_both_forms() -> None:
    assert caption("G_x002F_L_x0020_Account") == "G/L Account"
    assert caption("Begin-Total") == "Begin-Total"
    assert caption("_x0020_") == ""


@given(st.text())
def test_quotes_in_literals_are_doubled_and_encoded(value: str) -> None:
    literal = text(value)
    assert literal[1:-1].replace("''", "'") == value
    url = address("x", {"$filter": f"code eq {literal}"})
    assert httpx.URL(f"https://bc.test/{url}").params["$filter"] == f"code eq {literal}"


def test_no_more_requests_are_in_flight_than_allowed() -> None:
    throttle, most, now = Throttle(2), 0, 0
    lock, enough = threading.Lock(), threading.Event()

    def one() -> None:
        nonlocal most, now
        with throttle.slot():
            with lock:
                now += 1
                most = max(most, now)
            enough.wait(0.02)
            with lock:
                now -= 1

    threads = [threading.Thread(target=one) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 2


class Hands:
    """A clock that sleeping moves."""

    def __init__(self) -> None:
        self.time = 0.0

    def monotonic(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds


def spend(throttle: Throttle, times: int, operations: int = 1) -> None:
    for _ in range(times):
        with throttle.slot(operations):
            pass


def test_a_little_is_waited_for_the_budget() -> None:
    hands = Hands()
    throttle = Throttle(1, budget=10, monotonic=hands.monotonic, sleep=hands.sleep)
    spend(throttle, 10)
    assert hands.time == 0
    hands.time = 290
    spend(throttle, 10)
    assert hands.time == pytest.approx(300)


def test_a_worker_does_not_wait_long_for_the_budget_but_tells_when_to_come_back() -> None:
    hands = Hands()
    throttle = Throttle(1, budget=10, monotonic=hands.monotonic, sleep=hands.sleep)
    spend(throttle, 10)
    with pytest.raises(BusinessCentralUnavailable) as over:
        spend(throttle, 1)
    assert over.value.retry_after == pytest.approx(300)
    hands.time = 300
    spend(throttle, 10)


def test_the_time_told_is_when_there_is_room_for_all_operations() -> None:
    hands = Hands()
    throttle = Throttle(1, budget=100, monotonic=hands.monotonic, sleep=hands.sleep)
    throttle.learn_from_429()
    spend(throttle, 1, operations=1)
    hands.time = 100
    spend(throttle, 1, operations=60)
    hands.time = 200
    spend(throttle, 1, operations=39)
    with pytest.raises(BusinessCentralUnavailable) as over:
        spend(throttle, 1, operations=50)
    assert over.value.retry_after == pytest.approx(200)
    hands.time = 400
    spend(throttle, 1, operations=50)


def test_a_429_below_the_budget_teaches_to_count_operations() -> None:
    hands = Hands()
    throttle = Throttle(1, budget=200, monotonic=hands.monotonic, sleep=hands.sleep)
    spend(throttle, 2, operations=100)
    spend(throttle, 1, operations=100)
    throttle.learn_from_429()
    with pytest.raises(BusinessCentralUnavailable):
        spend(throttle, 1, operations=100)
    hands.time = 300
    spend(throttle, 2, operations=100)


def test_every_429_is_told_to_the_throttle(wire: Wire) -> None:
    learned: list[bool] = []
    wire.throttle.learn_from_429 = lambda: learned.append(True)  # type: ignore[method-assign]
    wire.read(httpx.Response(429), httpx.Response(503), rows())
    assert learned == [True]


def test_a_429_at_the_budgets_end_teaches_nothing() -> None:
    hands = Hands()
    throttle = Throttle(1, budget=2, monotonic=hands.monotonic, sleep=hands.sleep)
    spend(throttle, 2, operations=100)
    throttle.learn_from_429()
    hands.time = 300
    spend(throttle, 2, operations=100)
    assert hands.time == 300
