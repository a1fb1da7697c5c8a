"""PEX's sign-in over HTTP: what is sent, what an answer means, and what never gets out."""

import base64
import hashlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx
import pytest
from structlog.testing import capture_logs

from adapters.pex.oauth import HttpPexSignIn
from application.ports.pex import PexTokenRefused, PexUnavailable
from application.ports.pex_sign_in import (
    PexAnswerLost,
    PexSignInNotConfigured,
    PexSignInRefused,
    PexSignInUnusable,
)
from fakes.clock import FakeClock
from sandbox import company
from sandbox.clock import SandboxClock
from sandbox.faults import Fault
from sandbox.pex import PexSandbox
from sandbox.web import Server

AUTHORITY = "https://oauth.pex.example"
BACK = "http://localhost:8000/api/v1/pex/callback"
DOCUMENT = {
    "issuer": AUTHORITY,
    "authorization_endpoint": f"{AUTHORITY}/oauth21/authorize",
    "token_endpoint": f"{AUTHORITY}/oauth21/token",
    "revocation_endpoint": f"{AUTHORITY}/oauth21/revoke",
}
TOKENS = {
    "access_token": "at-canary-1",
    "token_type": "Bearer",
    "expires_in": 600,
    "refresh_token": "rt-canary-1",
    "refresh_token_expires_in": 1_209_600,
    "scope": "openid offline_access",
    "id_token": None,
}
Answer = httpx.Response | Exception


class Wire:
    """Answers the discovery document, and further requests in order."""

    def __init__(
        self,
        *answers: Answer,
        document: Any = DOCUMENT,
        scopes: str = "",
        authority: str = f"{AUTHORITY}/",
    ) -> None:
        self.answers = list(answers)
        self.document = document
        self.requests: list[httpx.Request] = []
        self.told: list[tuple[str, str, int, int]] = []
        self.clock = FakeClock()
        self.sign_in = HttpPexSignIn(
            authority,
            "app-4711",
            scopes,
            self.clock,
            transport=httpx.MockTransport(self._answer),
            on_request=lambda *attempt: self.told.append(attempt),
        )

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if request.url.path.endswith("/openid-configuration"):
            if isinstance(self.document, httpx.Response):
                return self.document
            return httpx.Response(200, json=self.document)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    @property
    def forms(self) -> list[dict[str, str]]:
        """The forms that were posted."""
        return [
            dict(parse_qsl(one.content.decode())) for one in self.requests if one.method == "POST"
        ]


def fine(**changes: Any) -> httpx.Response:
    return httpx.Response(200, json=TOKENS | changes)


def error(code: str, status: int = 400, words: str = "no") -> httpx.Response:
    return httpx.Response(status, json={"error": code, "error_description": words})


def test_the_browser_is_sent_off_with_a_challenge_and_never_with_the_verifier() -> None:
    wire = Wire(fine())
    begun = wire.sign_in.begin(BACK)
    address = urlsplit(begun.address)
    asked = dict(parse_qsl(address.query))
    assert begun.address.startswith(DOCUMENT["authorization_endpoint"] + "?")
    assert asked.pop("state") == begun.state
    challenge = asked.pop("code_challenge")
    assert asked == {
        "response_type": "code",
        "client_id": "app-4711",
        "redirect_uri": BACK,
        "scope": "openid offline_access",
        "code_challenge_method": "S256",
    }
    wire.sign_in.complete(begun.kept, {"code": "code-1"})
    verifier = wire.forms[0]["code_verifier"]
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest())
    assert challenge == digest.rstrip(b"=").decode()
    assert verifier not in begun.address
    assert (len(verifier), len(begun.state)) == (43, 43)
    assert verifier not in repr(begun)


def test_no_two_sign_ins_are_alike() -> None:
    wire = Wire()
    begun = [wire.sign_in.begin(BACK) for _ in range(20)]
    assert len({one.state for one in begun} | {one.kept for one in begun}) == 40


def test_a_code_is_changed_for_tokens_without_any_secret_of_the_app() -> None:
    wire = Wire(fine())
    begun = wire.sign_in.begin(BACK)
    tokens = wire.sign_in.complete(begun.kept, {"code": "code-1"})
    now = wire.clock.now()
    assert (tokens.access_token, tokens.access_until) == (
        "at-canary-1",
        now + timedelta(minutes=10),
    )
    assert (tokens.refresh_token, tokens.refresh_until) == (
        "rt-canary-1",
        now + timedelta(days=14),
    )
    assert tokens.scope == "openid offline_access"
    (form,) = wire.forms
    assert form.keys() == {"grant_type", "code", "redirect_uri", "client_id", "code_verifier"}
    assert (form["grant_type"], form["redirect_uri"]) == ("authorization_code", BACK)
    assert "authorization" not in wire.requests[-1].headers
    assert "canary" not in repr(tokens)


def test_a_renewal_sends_the_refresh_token_and_the_client_alone() -> None:
    wire = Wire(fine(access_token="at-2", refresh_token="rt-2"))
    tokens = wire.sign_in.renew("rt-1")
    assert (tokens.access_token, tokens.refresh_token) == ("at-2", "rt-2")
    assert wire.forms == [
        {"grant_type": "refresh_token", "refresh_token": "rt-1", "client_id": "app-4711"}
    ]


def test_a_refresh_token_that_was_not_replaced_goes_on_being_good() -> None:
    wire = Wire(fine(refresh_token=None, refresh_token_expires_in=None))
    assert wire.sign_in.renew("rt-1").refresh_token == "rt-1"


@pytest.mark.parametrize(
    ("scopes", "sent"),
    [
        ("", "openid offline_access"),
        ("pex.read", "pex.read offline_access"),
        ("offline_access  pex.read", "offline_access pex.read"),
    ],
)
def test_the_scope_that_keeps_a_connection_alive_is_always_asked_for(
    scopes: str, sent: str
) -> None:
    query = urlsplit(Wire(scopes=scopes).sign_in.begin(BACK).address).query
    assert parse_qs(query)["scope"] == [sent]


def test_a_sign_in_that_would_not_last_is_refused() -> None:
    wire = Wire(fine(refresh_token=None, scope="openid"))
    begun = wire.sign_in.begin(BACK)
    with pytest.raises(PexSignInRefused, match="no refresh token for the scopes 'openid'"):
        wire.sign_in.complete(begun.kept, {"code": "code-1"})


def test_lifetimes_that_are_not_told_or_are_absurd_do_no_harm() -> None:
    untold = Wire(fine(expires_in=None, refresh_token_expires_in=None)).sign_in.renew("rt-1")
    assert (untold.access_until, untold.refresh_until) == (None, None)
    assert Wire(fine(expires_in=1e300)).sign_in.renew("rt-1").access_until is not None


# --- where PEX tells its endpoints -------------------------------------------------------------


def test_the_document_is_read_once_and_after_a_fault_again() -> None:
    wire = Wire(document=httpx.Response(503, headers={"Retry-After": "7"}))
    with pytest.raises(PexUnavailable) as refused:
        wire.sign_in.check()
    assert refused.value.retry_after == 7
    wire.document = DOCUMENT
    wire.sign_in.check()
    wire.sign_in.begin(BACK)
    assert len(wire.requests) == 2


@pytest.mark.parametrize("endpoint", ["authorization_endpoint", "token_endpoint"])
@pytest.mark.parametrize(
    "value", [None, "", 5, "http://elsewhere.example/x", "ftp://x", "http://["]
)
def test_a_document_without_a_safe_endpoint_is_refused_by_the_endpoints_name(
    endpoint: str, value: Any
) -> None:
    wire = Wire(document=DOCUMENT | {endpoint: value})
    with pytest.raises(PexSignInUnusable, match=endpoint):
        wire.sign_in.begin(BACK)


@pytest.mark.parametrize(
    "document",
    [
        httpx.Response(404, text="<html>"),
        httpx.Response(200, text="<html>"),
        httpx.Response(200, json=[]),
        httpx.Response(302, headers={"location": "https://elsewhere.example"}),
    ],
    ids=["404", "a page", "a list", "a redirect"],
)
def test_whatever_is_no_discovery_document_is_refused(document: httpx.Response) -> None:
    with pytest.raises(PexSignInUnusable, match="discovery document"):
        Wire(document=document).sign_in.check()


@pytest.mark.parametrize("authority", ["http://oauth.pex.example", "oauth.pex.example", ""])
def test_nothing_is_sent_to_an_authority_in_the_clear(authority: str) -> None:
    wire = Wire(authority=authority)
    with pytest.raises(PexSignInUnusable, match="neither https nor on loopback"):
        wire.sign_in.begin(BACK)
    assert not wire.requests


def test_without_a_client_id_it_says_what_to_set() -> None:
    with pytest.raises(PexSignInNotConfigured) as refused:
        HttpPexSignIn(AUTHORITY, " ", "", FakeClock()).begin(BACK)
    assert "PEXBC_PEX_CLIENT_ID" in refused.value.fix


# --- what an answer means ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (error("invalid_grant"), PexTokenRefused),
        (error("invalid_client", 401), PexSignInRefused),
        (httpx.Response(404, text="<html>"), PexSignInRefused),
        (httpx.Response(302, headers={"location": "https://elsewhere.example"}), PexSignInRefused),
        (httpx.Response(429, headers={"Retry-After": "9"}), PexUnavailable),
        (httpx.Response(503), PexUnavailable),
        (httpx.ConnectError("refused"), PexUnavailable),
        (httpx.ConnectTimeout("late"), PexUnavailable),
        (httpx.ReadTimeout("late"), PexAnswerLost),
        (httpx.RemoteProtocolError("cut"), PexAnswerLost),
        (httpx.Response(500), PexAnswerLost),
        (httpx.Response(504, text="<html>"), PexAnswerLost),
        (httpx.Response(200, text="<html>"), PexAnswerLost),
        (httpx.Response(200, json={"access_token": "at"}), PexAnswerLost),
        (fine(access_token="two words"), PexAnswerLost),
        (fine(access_token=""), PexAnswerLost),
        (fine(token_type="mac"), PexAnswerLost),
    ],
    ids=lambda one: one.__name__ if isinstance(one, type) else "",
)
def test_a_failed_renewal_tells_whether_the_refresh_token_may_be_used_up(
    answer: Answer, kind: type[Exception]
) -> None:
    wire = Wire(answer)
    with pytest.raises(kind) as refused:
        wire.sign_in.renew("rt-canary-1")
    assert type(refused.value) is kind
    assert len(wire.forms) == 1  # never sent twice


def test_a_code_that_is_good_no_more_is_a_failed_sign_in() -> None:
    wire = Wire(error("invalid_grant", words="the code has expired"))
    begun = wire.sign_in.begin(BACK)
    with pytest.raises(PexSignInRefused, match="invalid_grant: the code has expired"):
        wire.sign_in.complete(begun.kept, {"code": "code-1"})
    assert len(wire.forms) == 1


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ({"error": "access_denied"}, "access_denied"),
        ({"error": "access_denied", "error_description": "the\nperson\x1b said no"}, "said no"),
        ({"error": "server_error", "code": "code-1"}, "server_error"),
        ({"state": "s"}, "no code"),
    ],
)
def test_an_answer_without_a_code_asks_pex_for_nothing(answer: dict[str, str], told: str) -> None:
    wire = Wire()
    begun = wire.sign_in.begin(BACK)
    with pytest.raises(PexSignInRefused, match=told) as refused:
        wire.sign_in.complete(begun.kept, answer)
    assert str(refused.value).isprintable()
    assert not wire.forms


def test_no_refusal_no_log_line_and_no_told_path_has_a_secret_in_it(
    every_log_line: None,
) -> None:
    quoting = "rt-canary-1 code-canary-1 is not known"
    wire = Wire(
        error("invalid_grant", words=quoting),
        error("invalid_grant", words=quoting),
        httpx.Response(500, text=quoting),
        httpx.Response(500, text=quoting),
    )
    with capture_logs() as logs:
        begun = wire.sign_in.begin(BACK)
        with pytest.raises(PexTokenRefused) as renewing:
            wire.sign_in.renew("rt-canary-1")
        with pytest.raises(PexSignInRefused) as signing_in:
            wire.sign_in.complete(begun.kept, {"code": "code-canary-1"})
        with pytest.raises(PexAnswerLost) as lost:
            wire.sign_in.renew("rt-canary-1")
        wire.sign_in.revoke("rt-canary-1")
    assert "rt-canary-1" not in str(renewing.value)
    assert "code-canary-1" not in str(signing_in.value)
    assert "canary" not in f"{lost.value}{logs}{wire.told}"
    assert renewing.value.__cause__ is None
    assert {path for _, path, _, _ in wire.told} == {
        "oauth/discovery",
        "oauth/token",
        "oauth/revoke",
    }


# --- revocation --------------------------------------------------------------------------------


def test_a_refresh_token_is_revoked_where_pex_offers_it() -> None:
    wire = Wire(httpx.Response(200))
    wire.sign_in.revoke("rt-1")
    (form,) = wire.forms
    assert (form["token"], form["client_id"]) == ("rt-1", "app-4711")


@pytest.mark.parametrize(
    "answers", [[httpx.Response(500)], [httpx.ConnectError("refused")]], ids=["500", "no answer"]
)
def test_a_revocation_that_fails_is_told_in_the_log_alone(
    answers: list[Answer], every_log_line: None
) -> None:
    with capture_logs() as logs:
        Wire(*answers).sign_in.revoke("rt-1")
    assert [one["log_level"] for one in logs] == ["warning"]


def test_where_pex_offers_no_revocation_none_is_tried() -> None:
    document = {name: url for name, url in DOCUMENT.items() if name != "revocation_endpoint"}
    wire = Wire(document=document)
    wire.sign_in.revoke("rt-1")
    assert not wire.forms


# --- against the simulator ---------------------------------------------------------------------


@pytest.fixture
def pex() -> PexSandbox:
    return PexSandbox(SandboxClock(), purchases=1)


@pytest.fixture
def authority(pex: PexSandbox) -> Iterator[HttpPexSignIn]:
    with Server(pex.oauth) as server:
        sign_in = HttpPexSignIn(server.url, company.PEX_CLIENT_ID, "", FakeClock())
        yield sign_in
        sign_in.close()


def test_a_person_signs_in_and_the_sign_in_is_renewed_and_revoked(
    pex: PexSandbox, authority: HttpPexSignIn
) -> None:
    begun = authority.begin(BACK)
    back = pex.sign_in(begun.address)
    assert (back.target, back.fields["state"]) == (BACK, begun.state)
    first = authority.complete(begun.kept, back.fields)
    assert first.refresh_token
    second = authority.renew(first.refresh_token)
    assert second.refresh_token not in (None, first.refresh_token)
    assert second.access_token != first.access_token
    authority.revoke(str(second.refresh_token))
    with pytest.raises(PexTokenRefused):
        authority.renew(str(second.refresh_token))


def test_a_person_who_declines_is_told_so(pex: PexSandbox, authority: HttpPexSignIn) -> None:
    begun = authority.begin(BACK)
    back = pex.sign_in(begun.address, approve=False)
    with pytest.raises(PexSignInRefused, match="access_denied"):
        authority.complete(begun.kept, back.fields)


def test_a_code_opens_nothing_with_another_sign_ins_verifier(
    pex: PexSandbox, authority: HttpPexSignIn
) -> None:
    code = pex.sign_in(authority.begin(BACK).address).fields
    with pytest.raises(PexSignInRefused, match="invalid_grant"):
        authority.complete(authority.begin(BACK).kept, code)


def test_a_cut_connection_after_the_renewal_counts_as_lost(
    pex: PexSandbox, authority: HttpPexSignIn
) -> None:
    begun = authority.begin(BACK)
    tokens = authority.complete(begun.kept, pex.sign_in(begun.address).fields)
    pex.faults.plant(Fault(path="/oauth21/token", kind="cut", moment="after"))
    with pytest.raises(PexAnswerLost):
        authority.renew(str(tokens.refresh_token))
