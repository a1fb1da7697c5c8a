"""How a tag's options are written: whole, once, and under the key that they were read with."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from adapters.pex.access import HttpPexAccess
from application.ports.pex import (
    PexAccount,
    PexPermissionMissing,
    PexRequestRefused,
    PexTokenRefused,
    PexUnavailable,
    Tag,
    TagsOff,
)
from domain.tag_options import TagOption
from fakes.vault import FakeVault

OPTIONS = (
    TagOption("6110", "Office", 0, enabled=True),
    TagOption("6210", "Fuel", 3, enabled=False),
)
TOLD: dict[str, Any] = {
    "Id": "64b0",
    "Type": "Dropdown",
    "Name": "Expense Account",
    "Description": "BC account",
    "Order": 2,
    "IsRequired": True,
    "IsEnabled": False,
    "ConcurrencyKey": "key-1",
    "Options": [
        {"Name": "Office", "Value": "6110", "Order": 0, "IsEnabled": True},
        {"Name": "Fuel", "Value": "6210", "Order": 3, "IsEnabled": False},
    ],
}
TOKEN = "canary-4711"


class Pex:
    """Answers each request with the next answer."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []
        self.attempts: list[tuple[str, str, int, int]] = []
        transport = httpx.MockTransport(self._answer)
        self.access = HttpPexAccess(
            "https://pex.example/v4",
            FakeVault(),
            6000,
            transport=transport,
            on_request=lambda *attempt: self.attempts.append(attempt),
            sleep=lambda _seconds: None,
        )

    @property
    def account(self) -> PexAccount:
        return self.access.with_token(TOKEN)

    def read(self) -> Tag:
        tag = self.account.tag("64b0")
        assert tag is not None
        return tag

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture(autouse=True)
def no_token_in_logs() -> Iterator[None]:
    with capture_logs() as logs:
        yield
    assert TOKEN not in str(logs)


def told(**changes: Any) -> httpx.Response:
    return httpx.Response(200, json=TOLD | changes)


def test_a_tag_tells_all_that_a_write_sends_back() -> None:
    tag = Pex(told()).read()
    assert (tag.description, tag.order, tag.required, tag.enabled) == ("BC account", 2, True, False)
    assert (tag.concurrency_key, tag.options) == ("key-1", OPTIONS)
    bare = Pex(told(Description=None, Order=None, IsRequired=None, ConcurrencyKey=None)).read()
    assert (bare.description, bare.order, bare.required) == ("", 0, False)
    assert bare.concurrency_key is None


def test_a_write_sends_the_documented_members_and_the_key() -> None:
    pex = Pex(told(), told(ConcurrencyKey="key-2"))
    written = pex.account.write_options(pex.read(), OPTIONS)
    sent = pex.requests[-1]
    assert (sent.method, sent.url.path) == ("PUT", "/v4/Business/Configuration/Tag/Dropdown/64b0")
    assert sent.headers["content-type"] == "application/json; charset=utf-8"
    assert sent.headers["authorization"] == f"token {TOKEN}"
    assert json.loads(sent.content) == {
        name: value for name, value in TOLD.items() if name not in ("Id", "Type")
    }
    assert written.concurrency_key == "key-2"
    assert pex.attempts[-1] == ("PUT", "Business/Configuration/Tag/Dropdown/64b0", 200, 1)


def test_a_tag_without_a_key_is_written_without_one() -> None:
    pex = Pex(told(ConcurrencyKey=None), told())
    pex.account.write_options(pex.read(), OPTIONS)
    assert "ConcurrencyKey" not in json.loads(pex.requests[-1].content)


def message(status: int, text: str, **headers: str) -> httpx.Response:
    return httpx.Response(status, json={"Message": text}, headers=headers)


@pytest.mark.parametrize(
    ("answer", "refusal"),
    [
        (message(409, "The tag was changed by someone else"), PexRequestRefused),
        (message(400, "Option Name must be unique"), PexRequestRefused),
        (message(404, "Tag does not exist"), PexRequestRefused),
        (message(403, "This business does not support the Tags Feature"), TagsOff),
        (message(403, "Admin does not have permission"), PexPermissionMissing),
        (message(401, "Token expired or does not exist"), PexTokenRefused),
        (httpx.Response(500), PexUnavailable),
        (httpx.Response(503, text="<html>"), PexUnavailable),
        (httpx.ReadTimeout("late"), PexUnavailable),
        (httpx.Response(200, text="<html>"), PexUnavailable),
        (httpx.Response(200, json={"Name": "no id"}), PexRequestRefused),
    ],
    ids=repr,
)
def test_a_write_that_fails_is_told_of_and_never_sent_again(
    answer: httpx.Response | Exception, refusal: type[Exception]
) -> None:
    pex = Pex(told(), answer)
    tag = pex.read()
    with pytest.raises(refusal):
        pex.account.write_options(tag, OPTIONS)
    assert len(pex.requests) == 2


def test_a_write_that_is_to_wait_says_how_long() -> None:
    pex = Pex(told(), message(429, "Usage Limits Exceeded", **{"Retry-After": "7"}))
    tag = pex.read()
    with pytest.raises(PexUnavailable, match="Usage Limits") as refused:
        pex.account.write_options(tag, OPTIONS)
    assert refused.value.retry_after == 7


def test_no_id_leads_a_write_elsewhere() -> None:
    pex = Pex(told(Id="a/../b"), told())
    pex.account.write_options(pex.read(), OPTIONS)
    assert pex.requests[-1].url.raw_path.endswith(b"/Dropdown/a%2F..%2Fb")
