"""What receipts come to, in answers that PEX, or the host behind a link, might send."""

import base64
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from adapters.pex import receipts as module
from adapters.pex.access import HttpPexAccess
from application.ports.pex import (
    PexAccount,
    PexPermissionMissing,
    PexReceipt,
    PexRequestRefused,
    PexTokenRefused,
    PexUnavailable,
    ReceiptUnreadable,
    UploadStatus,
)
from fakes.vault import FakeVault

TOKEN = "canary-4711"
PDF = b"%PDF-1.7 \xff\xfe\x00 receipt"
ENTRY = {
    "AttachmentId": "65aa01f0c2d3e4f5a6b7c801",
    "Type": "Image",
    "Size": 84512,
    "Link": {"related": "https://pex.example/v4/Transactions/7/Attachment/65aa01f0"},
    "UploadStatus": "Loaded",
    "CreatedDateUtc": "2026-02-04T02:01:00Z",
    "CreatedBy": {"AdminId": None, "UserId": 4410},
    "UpdatedDateUtc": None,
}
LINK = "https://files.example/r/1?signature=secret-9"


class Pex:
    """Answers API calls with `answer`, and all else with `linked`."""

    def __init__(self, answer: Any, linked: httpx.Response | Exception | None = None) -> None:
        self.answer, self.linked = answer, linked or httpx.Response(404)
        self.requests: list[httpx.Request] = []
        self.attempts: list[tuple[str, str, int, int]] = []
        self.slept: list[float] = []
        self.now = 0.0
        self.access = HttpPexAccess(
            "https://pex.example/v4",
            FakeVault(),
            6000,
            transport=httpx.MockTransport(self._respond),
            on_request=lambda *attempt: self.attempts.append(attempt),
            sleep=self._sleep,
            monotonic=lambda: self.now,
        )

    @property
    def account(self) -> PexAccount:
        return self.access.with_token(TOKEN)

    def content(self) -> bytes | None:
        return self.account.receipt_content(7, "65aa01f0")

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def _respond(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answer if request.url.host == "pex.example" else self.linked
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer)


@pytest.fixture(autouse=True)
def no_secret_in_logs() -> Iterator[None]:
    with capture_logs() as logs:
        yield
    assert TOKEN not in str(logs)
    assert "secret-9" not in str(logs)


def encoded(data: bytes = PDF) -> str:
    return base64.b64encode(data).decode()


def listed(*entries: Any) -> tuple[PexReceipt, ...]:
    return Pex({"Attachments": list(entries), "ApprovalStatus": "NotReviewed"}).account.receipts(7)


def content(sent: Any, **more: Any) -> bytes | None:
    return Pex({"AttachmentId": "65aa01f0", "Content": sent} | more).content()


# --- the list (PEX contract 6.1) -------------------------------------------------------------


def test_a_receipt_is_told_with_state_kind_size_and_time() -> None:
    assert listed(ENTRY) == (
        PexReceipt(
            "65aa01f0c2d3e4f5a6b7c801",
            UploadStatus.LOADED,
            "Image",
            84512,
            datetime(2026, 2, 4, 2, 1, tzinfo=UTC),
        ),
    )


@pytest.mark.parametrize("told", [httpx.Response(404), {"Attachments": None}, {}])
def test_no_receipts_are_told_in_several_ways(told: Any) -> None:
    assert Pex(told).account.receipts(7) == ()


@pytest.mark.parametrize("status", UploadStatus)
def test_a_state_is_known_in_any_case(status: UploadStatus) -> None:
    for told in (status.value, status.value.upper(), f" {status.value.lower()} "):
        assert [one.status for one in listed(ENTRY | {"UploadStatus": told})] == [status]


@pytest.mark.parametrize("told", ["Quarantined", "", None, 1, 0, {"a": 1}, True])
def test_a_state_that_is_not_known_is_waited_for(told: Any) -> None:
    assert [one.status for one in listed(ENTRY | {"UploadStatus": told})] == [
        UploadStatus.NOT_LOADED
    ]


@pytest.mark.parametrize(
    "odd", [{"Size": "large"}, {"Size": -1}, {"Size": None}, {"CreatedDateUtc": "soon"}]
)
def test_an_odd_size_or_time_loses_no_receipt(odd: dict[str, Any]) -> None:
    (found,) = listed(ENTRY | odd)
    assert found.id == ENTRY["AttachmentId"]
    assert None in (found.size, found.created_at)


def test_a_time_without_zone_is_utc_as_its_name_says() -> None:
    (found,) = listed(ENTRY | {"CreatedDateUtc": "2026-02-04T02:01:00.5"})
    assert found.created_at == datetime(2026, 2, 4, 2, 1, 0, 500_000, tzinfo=UTC)


@pytest.mark.parametrize("odd", [{"AttachmentId": None}, {"AttachmentId": " "}, {"Type": "Pdf"}, 7])
def test_an_entry_without_an_id_is_left_out_and_the_others_kept(odd: Any) -> None:
    odd = odd if isinstance(odd, int) else {"UploadStatus": "Loaded"} | odd
    with capture_logs():
        assert [one.id for one in listed(odd, ENTRY)] == [ENTRY["AttachmentId"]]


def test_an_id_of_digits_alone_stays_a_text() -> None:
    assert [one.id for one in listed(ENTRY | {"AttachmentId": "650000000000000000000801"})] == [
        "650000000000000000000801"
    ]


@pytest.mark.parametrize("odd", [[], "none", 7])
def test_a_list_of_another_form_is_no_empty_list(odd: Any) -> None:
    with pytest.raises(PexRequestRefused, match="another form"):
        Pex(odd).account.receipts(7)


# --- the content (PEX contract 6.2) ----------------------------------------------------------


@given(st.binary(min_size=1, max_size=300))
def test_every_file_survives_in_base64_and_as_data_uri(data: bytes) -> None:
    assert content(encoded(data)) == data
    assert content(f"data:image/png;base64,{encoded(data)}") == data


def test_the_content_is_asked_for_once_as_pexs_own_clients_do() -> None:
    pex = Pex({"Content": encoded()})
    assert pex.content() == PDF
    (request,) = pex.requests
    assert request.url.path == "/v4/Transactions/7/Attachment/65aa01f0"
    assert dict(request.url.params) == {"AttachmentLinkType": "LinkUrl"}


def test_an_odd_id_leads_nowhere_else() -> None:
    pex = Pex({"Content": encoded()})
    pex.account.receipt_content(7, "../../Token/Current?x")
    assert pex.requests[0].url.raw_path.startswith(
        b"/v4/Transactions/7/Attachment/..%2F..%2FToken%2FCurrent%3Fx?"
    )


@pytest.mark.parametrize("gone", [httpx.Response(404), {"Content": "", "UploadStatus": "Deleted"}])
def test_a_receipt_that_is_gone_has_no_content(gone: Any) -> None:
    assert Pex(gone).content() is None


@pytest.mark.parametrize(
    "sent",
    [
        "no base64!",
        "JVBERi0xLj\ncgUERG",
        "JVBERi0xLjc",
        "JVBERi0x=",
        "JVBE=Ri0x",
        "Ünïcode",
        "<html>expired</html>",
        "data:application/pdf;base64",
        "data:application/pdf;base64,JVBERi0xLjc",
    ],
)
def test_content_that_is_not_strictly_base64_is_unreadable(sent: str) -> None:
    with pytest.raises(ReceiptUnreadable):
        content(sent)


@pytest.mark.parametrize("sent", ["", None, "  ", "data:application/pdf;base64,", "data:,"])
def test_content_that_is_empty_is_unreadable(sent: str | None) -> None:
    with pytest.raises(ReceiptUnreadable, match="empty"):
        content(sent)


def test_a_data_uri_may_be_percent_encoded() -> None:
    assert content("data:image/png;base64,/%2B8%3D") == b"\xff\xef"
    assert content("data:,%25PDF-1.7%20%FF") == b"%PDF-1.7 \xff"


@pytest.mark.parametrize("status", ["HasMalware", "LoadFailed", "NotLoaded", "Quarantined"])
def test_content_is_not_taken_once_pex_no_longer_calls_it_loaded(status: str) -> None:
    with pytest.raises(ReceiptUnreadable):
        content(encoded(), UploadStatus=status)
    assert content(encoded(), UploadStatus="loaded") == PDF


def test_content_of_another_form_is_refused() -> None:
    with pytest.raises(PexRequestRefused, match="another form"):
        content({"a": 1})


def test_content_that_pex_would_not_have_taken_is_refused_before_it_is_all_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MOST_BYTES", 100)
    assert content(encoded(bytes(100))) == bytes(100)
    with pytest.raises(ReceiptUnreadable, match="10 MB"):
        content(encoded(bytes(101)))
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(1000):
            sent += 1
            yield b"x" * 50_000

    monkeypatch.setattr(module, "MOST_BYTES_AS_JSON", 200_000)
    pex = Pex(httpx.Response(200, content=endless()))
    with pytest.raises(ReceiptUnreadable, match="10 MB"):
        pex.content()
    assert sent < 10
    assert [status for _, _, status, _ in pex.attempts] == [200]


def test_the_largest_file_that_pex_takes_is_read() -> None:
    data = b"%PDF-" + bytes(10_000_000)
    assert content(encoded(data)) == data


# --- behind a link (PEX contract 6.2, U5) ----------------------------------------------------


def linked(answer: httpx.Response | Exception, link: str = LINK) -> Pex:
    return Pex({"Content": link}, answer)


def test_a_link_is_fetched_once_and_without_credentials() -> None:
    pex = linked(httpx.Response(200, content=PDF))
    assert pex.content() == PDF
    asked, fetched = pex.requests
    assert asked.headers["authorization"] == f"token {TOKEN}"
    assert str(fetched.url) == LINK
    assert "authorization" not in fetched.headers
    assert TOKEN not in str(fetched.headers.raw)


def test_a_link_to_pex_itself_gets_neither_credentials_nor_cookies() -> None:
    answer = httpx.Response(
        200,
        json={"Content": "https://pex.example/files/1"},
        headers={"set-cookie": "session=canary-4712; Path=/"},
    )
    pex = Pex(answer)
    pex.content()
    pex.content()
    fetched = [one for one in pex.requests if one.url.path == "/files/1"]
    assert fetched
    assert not any("cookie" in one.headers or "authorization" in one.headers for one in fetched)


def test_a_link_does_not_get_into_what_is_told_of_requests() -> None:
    pex = linked(httpx.Response(200, content=PDF))
    pex.content()
    assert [path for _, path, _, _ in pex.attempts] == [
        "Transactions/7/Attachment/65aa01f0",
        "(a linked file)",
    ]


@pytest.mark.parametrize(
    "answer",
    [
        *(httpx.Response(status) for status in (204, 401, 403, 404, 429, 500, 503)),
        httpx.Response(302, headers={"location": "https://elsewhere.example/"}),
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("slow"),
        httpx.RemoteProtocolError("cut"),
    ],
    ids=str,
)
def test_a_link_that_yields_no_file_is_this_receipts_trouble_alone(
    answer: httpx.Response | Exception,
) -> None:
    pex = linked(answer)
    with pytest.raises(ReceiptUnreadable) as refused:
        pex.content()
    assert len(pex.requests) == 2
    assert "secret-9" not in refused.value.cause


@pytest.mark.parametrize(
    "link",
    [
        "http://files.example/r/1",
        "http://127.0.0.1.files.example/r/1",
        "http://[::ffff:8.8.8.8]/r/1",
        "https://",
        "https:///r/1",
        "https://files.example:port/r/1",
    ],
)
def test_a_link_that_is_not_encrypted_or_leads_nowhere_is_not_followed(link: str) -> None:
    pex = linked(httpx.Response(200, content=PDF), link)
    with pytest.raises(ReceiptUnreadable, match="https"):
        pex.content()
    assert len(pex.requests) == 1


@pytest.mark.parametrize("scheme", ["ftp://files.example/1", "file:///etc/passwd", "HTTP:1"])
def test_other_schemes_are_no_content(scheme: str) -> None:
    with pytest.raises(ReceiptUnreadable):
        linked(httpx.Response(200, content=PDF), scheme).content()


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost", "[::1]:9"])
def test_this_machine_may_be_asked_without_encryption(host: str) -> None:
    pex = linked(httpx.Response(200, content=PDF), f"http://{host}/files/1")
    assert pex.content() == PDF


def test_a_file_behind_a_link_is_read_no_further_than_it_may_go(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(1000):
            sent += 1
            yield b"x" * 50_000

    monkeypatch.setattr(module, "MOST_BYTES", 200_000)
    with pytest.raises(ReceiptUnreadable, match="10 MB"):
        linked(httpx.Response(200, content=endless())).content()
    assert sent < 10


def test_a_file_that_trickles_behind_a_link_is_given_up() -> None:
    pex = Pex({"Content": LINK})

    def slowly() -> Iterator[bytes]:
        for _ in range(1000):
            pex.now += 20
            yield b"x"

    pex.linked = httpx.Response(200, content=slowly())
    with pytest.raises(ReceiptUnreadable, match="does not answer"):
        pex.content()
    assert pex.now < 200


# --- PEX's own troubles ----------------------------------------------------------------------


def answered(status: int, message: str = "", headers: Mapping[str, str] | None = None) -> Pex:
    return Pex(httpx.Response(status, json={"Message": message}, headers=headers))


def test_a_passing_fault_is_tried_again_as_every_read_is() -> None:
    pex = answered(503, "down")
    with pytest.raises(PexUnavailable):
        pex.content()
    assert len(pex.requests) == 4
    assert len(pex.slept) == 3


def test_a_long_wait_is_left_to_the_run() -> None:
    pex = answered(429, "Usage Limits Exceeded", {"Retry-After": "60"})
    with pytest.raises(PexUnavailable) as refused:
        pex.content()
    assert refused.value.retry_after == 60
    assert len(pex.requests) == 1


def test_only_a_dead_token_is_told_as_one() -> None:
    with pytest.raises(PexTokenRefused):
        answered(401, "Token expired or does not exist").content()
    for status, message in (
        (400, "AttachmentLinkType is not valid"),
        (403, "Not yours"),
        (410, ""),
    ):
        with pytest.raises(PexRequestRefused):
            answered(status, message).content()
    with pytest.raises(PexPermissionMissing):
        answered(403, "Admin does not have permission").account.receipts(7)


def test_a_success_that_is_a_page_is_no_content() -> None:
    with pytest.raises(PexUnavailable):
        Pex(httpx.Response(200, html="<html>maintenance</html>")).content()


def test_an_answer_that_is_cut_is_read_again() -> None:
    pex = Pex(httpx.RemoteProtocolError("cut in the middle"))
    with pytest.raises(PexUnavailable):
        pex.content()
    assert len(pex.requests) == 4
