"""News reach a log, a web address and a mailbox, and nothing else does."""

import hashlib
import hmac
import http.server
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_string, policy
from uuid import UUID

import httpx
import pydantic
import pytest
from structlog.testing import capture_logs

from adapters.notifications.log_line import LogNotifier
from adapters.notifications.mail import MailNotifier
from adapters.notifications.mail import MailServer as Address
from adapters.notifications.webhook import WebhookNotifier
from application.ports.notifier import NotDelivered, Notice, Notifier
from entrypoints.settings import Settings
from fakes.clock import FakeClock
from small_mail_server import MailServer

SECRET = "a secret of more than thirty-two characters"
NOTICE = Notice(
    UUID(int=9),
    UUID(int=1),
    "Harbor Lights",
    "PEX_TOKEN_REFUSED",
    "PEX refused the sign-in: Token expired or does not exist",
    "Sign in with PEX again.",
    "https://pexbc.example/connections/1",
    mended=False,
    at=datetime(2026, 8, 15, 14, 0, tzinfo=UTC),
)


class Received(http.server.ThreadingHTTPServer):
    """Whoever is told; answers with `status`."""

    status = 204
    requests: list[tuple[str, dict[str, str], bytes]]


class Handler(http.server.BaseHTTPRequestHandler):
    server: Received

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.requests.append((self.path, headers, body))
        self.send_response(self.server.status)
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_said: object) -> None:
        """Say nothing."""


@pytest.fixture
def receiver() -> Iterator[Received]:
    with Received(("127.0.0.1", 0), Handler) as server:
        server.requests = []
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def webhook(receiver: Received) -> WebhookNotifier:
    port = receiver.server_address[1]
    return WebhookNotifier(f"http://127.0.0.1:{port}/hook/secret-path", SECRET, FakeClock())


def test_a_webhook_is_told_all_and_can_check_who_tells_it(receiver: Received) -> None:
    webhook(receiver).send(NOTICE)
    ((path, headers, body),) = receiver.requests
    assert path == "/hook/secret-path"
    assert json.loads(body) == {
        "id": str(NOTICE.id),
        "event": "connection.action_required",
        "connection_id": str(NOTICE.connection_id),
        "business": "Harbor Lights",
        "code": NOTICE.code,
        "cause": NOTICE.cause,
        "fix": NOTICE.fix,
        "link": NOTICE.link,
        "at": "2026-08-15T14:00:00Z",
    }
    signed = headers["pexbc-timestamp"].encode() + b"." + body
    expected = hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
    assert headers["pexbc-signature"] == f"sha256={expected}"
    assert headers["pexbc-delivery"] == str(NOTICE.id)
    assert int(headers["pexbc-timestamp"]) == FakeClock().now().timestamp()


def test_a_webhook_hears_that_all_is_well_again(receiver: Received) -> None:
    webhook(receiver).send(replace(NOTICE, mended=True))
    ((_, _, body),) = receiver.requests
    assert json.loads(body)["event"] == "connection.mended"


@pytest.mark.parametrize("status", [302, 307, 404, 500])
def test_any_answer_but_a_success_is_no_delivery_and_leads_nowhere(
    receiver: Received, status: int
) -> None:
    receiver.status = status
    with pytest.raises(NotDelivered, match=str(status)) as caught:
        webhook(receiver).send(NOTICE)
    assert len(receiver.requests) == 1
    assert "secret-path" not in str(caught.value)


def test_a_webhook_that_does_not_answer_is_told_without_its_address() -> None:
    def away(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectTimeout(f"no way to {request.url}", request=request)

    transport = httpx.MockTransport(away)
    notifier = WebhookNotifier("https://x.example/p", SECRET, FakeClock(), transport=transport)
    with pytest.raises(NotDelivered) as caught:
        notifier.send(NOTICE)
    assert "x.example" not in str(caught.value)


def mail(server: MailServer, user: str = "") -> MailNotifier:
    address = Address.at(f"smtp://{user}127.0.0.1:{server.port}")
    return MailNotifier(address, "pexbc@books.example", ("dana@books.example", "lee@books.example"))


def test_a_mail_says_what_is_wrong_what_to_do_and_where() -> None:
    with MailServer() as server:
        mail(server, "dana:p%40ss@").send(NOTICE)
    assert server.recipients == ["dana@books.example", "lee@books.example"]
    assert server.logins == ["\0dana\0p@ss"]
    (raw,) = server.messages
    message = message_from_string(raw, policy=policy.default)
    assert message["subject"] == "Harbor Lights: action required (PEX_TOKEN_REFUSED)"
    assert message["from"] == "pexbc@books.example"
    assert message["message-id"] == f"<{NOTICE.id}@pexbc>"
    text = message.get_content()
    for part in (NOTICE.cause, NOTICE.fix, NOTICE.link):
        assert part in text


def test_a_mail_says_that_all_is_well_again() -> None:
    with MailServer() as server:
        mail(server).send(replace(NOTICE, mended=True))
    assert server.logins == []
    assert "well again" in server.messages[0]


def test_a_business_cannot_write_headers_of_its_own() -> None:
    with MailServer() as server:
        mail(server).send(replace(NOTICE, business="Evil\r\nBcc: all@books.example"))
    message = message_from_string(server.messages[0], policy=policy.default)
    assert message["bcc"] is None
    assert len(server.recipients) == 2


@pytest.mark.parametrize("command", ["AUTH", "MAIL", "RCPT", "DATA"])
def test_a_mail_that_the_server_refuses_is_no_delivery_and_quotes_nothing(command: str) -> None:
    with MailServer(refuses=command) as server, pytest.raises(NotDelivered) as caught:
        mail(server, "dana:hunter2@").send(NOTICE)
    assert "hunter2" not in str(caught.value)
    assert server.messages == []


def test_a_server_that_is_away_is_no_delivery() -> None:
    with MailServer() as server:
        notifier = mail(server)
    with pytest.raises(NotDelivered):
        notifier.send(NOTICE)


def test_no_password_goes_in_the_clear_to_a_server_that_does_not_encrypt() -> None:
    with MailServer() as server:
        address = Address.at(f"smtp://dana:hunter2@127.0.0.1:{server.port}?starttls")
        with pytest.raises(NotDelivered):
            MailNotifier(address, "a@books.example", ("b@books.example",)).send(NOTICE)
    assert server.logins == server.messages == []


def test_the_log_tells_a_trouble_with_what_to_do_and_its_end() -> None:
    with capture_logs() as lines:
        LogNotifier().send(NOTICE)
        LogNotifier().send(replace(NOTICE, mended=True))
    trouble, mended = lines
    assert (trouble["log_level"], trouble["refusal"]) == ("warning", NOTICE.code)
    assert (trouble["reason"], trouble["fix"]) == (NOTICE.cause, NOTICE.fix)
    assert (mended["log_level"], mended["business"]) == ("info", "Harbor Lights")


def test_what_looks_like_a_secret_is_masked_on_the_way_out(receiver: Received) -> None:
    leaking = replace(NOTICE, cause="It said Bearer abcdefghijklmnop")
    with MailServer() as server:
        told: tuple[Notifier, ...] = (webhook(receiver), mail(server))
        for notifier in told:
            notifier.send(leaking)
    assert "abcdefghijklmnop" not in server.messages[0]
    assert b"abcdefghijklmnop" not in receiver.requests[0][2]


HOOK = {"PEXBC_NOTIFY_WEBHOOK_URL": "https://x.example/y", "PEXBC_NOTIFY_WEBHOOK_SECRET": SECRET}
MAIL = {
    "PEXBC_NOTIFY_SMTP_URL": "smtps://dana:hunter2@mail.example",
    "PEXBC_NOTIFY_FROM": "pexbc@books.example",
    "PEXBC_NOTIFY_TO": "dana@books.example, lee@books.example",
}


@pytest.mark.parametrize("variables", [{}, HOOK, MAIL, HOOK | MAIL])
def test_settings_that_can_tell_news_are_taken(variables: dict[str, str]) -> None:
    assert "hunter2" not in repr(Settings.of(variables))
    assert SECRET not in repr(Settings.of(variables))


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        (HOOK | {"PEXBC_NOTIFY_WEBHOOK_URL": "http://x.example/y"}, "notify_webhook_url"),
        (HOOK | {"PEXBC_NOTIFY_WEBHOOK_SECRET": ""}, "notify_webhook_secret"),
        (HOOK | {"PEXBC_NOTIFY_WEBHOOK_SECRET": "short"}, "notify_webhook_secret"),
        (MAIL | {"PEXBC_NOTIFY_SMTP_URL": "smtp://a:hunter2@mail.example"}, "notify_smtp_url"),
        (MAIL | {"PEXBC_NOTIFY_SMTP_URL": "mail.example"}, "notify_smtp_url"),
        (MAIL | {"PEXBC_NOTIFY_FROM": ""}, "notify_from"),
        (MAIL | {"PEXBC_NOTIFY_TO": "nobody"}, "notify_to"),
    ],
)
def test_settings_that_cannot_are_refused_by_name_and_not_quoted(
    wrong: dict[str, str], named: str
) -> None:
    with pytest.raises(pydantic.ValidationError) as caught:
        Settings.of(wrong)
    assert [error["loc"] for error in caught.value.errors()] == [(named,)]
    assert "hunter2" not in str(caught.value)


def test_plain_http_is_good_enough_on_this_machine() -> None:
    for host in ("127.0.0.1:9000", "localhost", "[::1]"):
        assert Settings.of(HOOK | {"PEXBC_NOTIFY_WEBHOOK_URL": f"http://{host}/y"})
