"""Sign-in: authorization code with PKCE, rotating refresh tokens, the partner flow."""

import base64
import hashlib
import http.client
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from sandbox.clock import SandboxClock
from sandbox.company import CREDIT_BUSINESS, PREPAID_BUSINESS, PREPAID_TOKEN
from sandbox.pex import PexSandbox
from sandbox.pex.tokens import APP_ID, APP_SECRET
from sandbox.pex.wire import Refusal
from sandbox.web import Request, Response, Server, mounted

Ask = Callable[..., tuple[int, Any]]
VERIFIER = "v" * 43
CHALLENGE = (
    base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
)
BACK = "http://127.0.0.1:8000/pex/callback"
ASKED = {
    "response_type": "code",
    "client_id": "pexbc",
    "redirect_uri": BACK,
    "scope": "openid offline_access",
    "state": "s-1",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}
APP = {"AppId": APP_ID, "AppSecret": APP_SECRET}


class Person:
    """A browser and an app at the OAuth host."""

    def __init__(self, pex: PexSandbox) -> None:
        self.pex = pex

    def get(self, path: str, query: dict[str, str] | None = None, **headers: str) -> Response:
        return self.pex.oauth(Request("GET", path, headers, raw_query=urlencode(query or {})))

    def post(self, path: str, form: dict[str, str], **headers: str) -> Response:
        sent = {"content-type": "application/x-www-form-urlencoded"} | headers
        return self.pex.oauth(Request("POST", path, sent, urlencode(form).encode()))

    def code(self, **changes: str) -> str:
        hint = {"login_hint": str(PREPAID_BUSINESS)}
        answer = self.get("/oauth21/authorize", ASKED | hint | changes)
        return parse_qs(urlsplit(answer.headers["location"]).query)["code"][0]

    def exchange(self, code: str, /, **changes: str) -> tuple[int, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": BACK,
            "client_id": "pexbc",
            "code_verifier": VERIFIER,
        }
        return read(self.post("/oauth21/token", form | changes))

    def refresh(self, token: str, client: str = "pexbc") -> tuple[int, Any]:
        form = {"grant_type": "refresh_token", "refresh_token": token, "client_id": client}
        return read(self.post("/oauth21/token", form))

    def sign_in(self, **changes: str) -> dict[str, Any]:
        status, tokens = self.exchange(self.code(**changes))
        assert status == 200
        return dict(tokens)


def read(answer: Response) -> tuple[int, Any]:
    return answer.status, json.loads(answer.body)


def sent_back(answer: Response) -> dict[str, str]:
    assert answer.status == 302
    assert answer.headers["location"].startswith(BACK)
    query = parse_qs(urlsplit(answer.headers["location"]).query)
    return {name: values[0] for name, values in query.items()}


@pytest.fixture
def person(pex: PexSandbox) -> Person:
    """Someone at the OAuth host."""
    return Person(pex)


def test_discovery_names_the_endpoints_under_the_address_it_was_asked_at(pex: PexSandbox) -> None:
    request = Request("GET", "/pex-oauth/.well-known/openid-configuration")
    _, found = read(mounted({"/pex-oauth": pex.oauth})(request))
    base = "http://127.0.0.1/pex-oauth"
    assert found["issuer"] == base
    assert found["authorization_endpoint"] == f"{base}/oauth21/authorize"
    assert found["token_endpoint"] == f"{base}/oauth21/token"
    assert found["userinfo_endpoint"] == f"{base}/oauth21/userinfo"
    assert found["jwks_uri"] == f"{base}/.well-known/jwks"
    assert found["revocation_endpoint"] == f"{base}/oauth21/revoke"


def test_the_page_offers_both_businesses_and_a_decision(person: Person) -> None:
    page = person.get("/oauth21/authorize", ASKED | {"state": '"><script>'})
    text = page.body.decode()
    assert page.headers["content-type"].startswith("text/html")
    assert "Harbor Lights Foundation" in text
    assert "Harbor Lights Trading" in text
    assert 'value="approve"' in text
    assert 'value="deny"' in text
    assert "<script>" not in text


def test_approving_sends_the_browser_back_with_code_and_state(person: Person, ask: Ask) -> None:
    form = ASKED | {"decision": "approve", "business": str(CREDIT_BUSINESS)}
    answer = sent_back(person.post("/oauth21/authorize", form))
    assert answer["state"] == "s-1"
    access = person.exchange(answer["code"])[1]["access_token"]
    _, profile = ask("GET", "/v4/Business/Profile", authorization=f"Bearer {access}")
    assert profile["BusinessAcctId"] == CREDIT_BUSINESS


@pytest.mark.parametrize("hint", [{"login_hint": "deny"}, {}])
def test_denying_sends_the_browser_back_with_an_error(person: Person, hint: dict[str, str]) -> None:
    if hint:
        answer = person.get("/oauth21/authorize", ASKED | hint)
    else:
        answer = person.post("/oauth21/authorize", ASKED | {"decision": "deny"})
    assert sent_back(answer) == {"error": "access_denied", "state": "s-1"}


@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uri": ""},
        {"redirect_uri": "http://conn.example/callback"},
        {"redirect_uri": "javascript:alert(1)"},
        {"client_id": ""},
        {"client_id": "an app that nobody registered"},
    ],
)
def test_nobody_is_sent_to_an_address_that_is_not_trusted(
    person: Person, changes: dict[str, str]
) -> None:
    answer = person.get("/oauth21/authorize", ASKED | changes)
    assert (answer.status, "location" in answer.headers) == (400, False)


@pytest.mark.parametrize(
    "changes",
    [{"code_challenge": ""}, {"code_challenge_method": "plain"}, {"response_type": ""}],
)
def test_a_challenge_by_s256_is_mandatory(person: Person, changes: dict[str, str]) -> None:
    answer = person.get("/oauth21/authorize", ASKED | changes)
    assert sent_back(answer) == {"error": "invalid_request", "state": "s-1"}


def test_a_persons_decision_can_be_made_without_the_page(pex: PexSandbox, person: Person) -> None:
    address = f"http://127.0.0.1/pex-oauth/oauth21/authorize?{urlencode(ASKED)}"
    back = pex.sign_in(address, CREDIT_BUSINESS)
    assert (back.target, back.fields["state"]) == (BACK, "s-1")
    assert person.exchange(back.fields["code"])[0] == 200
    assert pex.sign_in(address, approve=False).fields["error"] == "access_denied"
    with pytest.raises(Refusal):
        pex.sign_in(address.replace("code_challenge=", "challenge="))


def test_the_token_answer_has_the_members_of_the_contract(person: Person) -> None:
    tokens = person.sign_in()
    assert tokens["token_type"] == "Bearer"
    assert (tokens["expires_in"], tokens["refresh_token_expires_in"]) == (600, 1_209_600)
    assert tokens["scope"] == "openid offline_access"


def test_without_offline_access_there_is_no_refresh_token(person: Person) -> None:
    tokens = person.sign_in(scope="openid")
    assert "refresh_token" not in tokens


def test_the_access_token_works_as_bearer_only_and_until_it_expires(
    person: Person, clock: SandboxClock, ask: Ask
) -> None:
    access = person.sign_in()["access_token"]
    assert ask("GET", "/v4/Business/Profile", authorization=f"bearer {access}")[0] == 200
    assert ask("GET", "/v4/Business/Profile", authorization=f"token {access}")[0] == 401
    clock.advance(timedelta(seconds=601))
    assert ask("GET", "/v4/Business/Profile", authorization=f"Bearer {access}")[0] == 401


def test_the_id_token_is_signed_by_the_published_key(person: Person) -> None:
    header, claims, signature = person.sign_in()["id_token"].split(".")
    key = read(person.get("/.well-known/jwks"))[1]["keys"][0]
    n, e = (int.from_bytes(raw(key[part])) for part in ("n", "e"))
    signed = f"{header}.{claims}".encode()
    public = rsa.RSAPublicNumbers(e, n).public_key()
    public.verify(raw(signature), signed, padding.PKCS1v15(), SHA256())
    assert json.loads(raw(claims))["sub"] == "dana.k"
    assert json.loads(raw(header))["kid"] == key["kid"]


def raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def test_the_user_is_named_to_the_bearer_of_an_access_token(person: Person) -> None:
    access = person.sign_in()["access_token"]
    answer = person.get("/oauth21/userinfo", authorization=f"Bearer {access}")
    assert read(answer) == (200, {"sub": "dana.k", "preferred_username": "dana.k"})
    assert person.get("/oauth21/userinfo").status == 401


@pytest.mark.parametrize(
    "changes",
    [
        {"code": "code-unknown"},
        {"code_verifier": "w" * 43},
        {"code_verifier": "v" * 42},
        {"code_verifier": ""},
        {"redirect_uri": f"{BACK}/other"},
        {"client_id": "someone"},
    ],
)
def test_a_code_is_bound_to_verifier_client_and_address(
    person: Person, changes: dict[str, str]
) -> None:
    status, error = person.exchange(person.code(), **changes)
    assert (status, error["error"]) == (400, "invalid_grant")


def test_a_code_lives_five_minutes(person: Person, clock: SandboxClock) -> None:
    code = person.code()
    clock.advance(timedelta(minutes=5))
    assert person.exchange(code)[1]["error"] == "invalid_grant"


def test_a_code_used_twice_revokes_what_came_from_it(person: Person, ask: Ask) -> None:
    code = person.code()
    access = person.exchange(code)[1]["access_token"]
    assert person.exchange(code)[1]["error"] == "invalid_grant"
    assert ask("GET", "/v4/Business/Profile", authorization=f"Bearer {access}")[0] == 401


def test_a_public_client_may_not_send_a_secret(person: Person) -> None:
    status, error = person.exchange(person.code(), client_secret="x")
    assert (status, error["error"]) == (400, "invalid_request")


def test_what_is_not_form_encoded_is_refused(person: Person) -> None:
    tokens = person.sign_in()
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    for path in ("/oauth21/token", "/oauth21/revoke"):
        body = json.dumps(form | {"client_id": "pexbc"}).encode()
        headers = {"content-type": "application/json"}
        status, error = read(person.pex.oauth(Request("POST", path, headers, body)))
        assert (status, error["error"]) == (400, "invalid_request")
        assert person.post(path, {}).status == 400
    assert person.refresh(tokens["refresh_token"])[0] == 200


def test_an_unknown_grant_is_refused(person: Person) -> None:
    answer = read(person.post("/oauth21/token", {"grant_type": "password"}))
    assert answer[1]["error"] == "unsupported_grant_type"


def test_a_refresh_gives_a_new_pair(person: Person, ask: Ask) -> None:
    first = person.sign_in()
    status, second = person.refresh(first["refresh_token"])
    assert status == 200
    assert second["refresh_token"] != first["refresh_token"]
    access = second["access_token"]
    assert ask("GET", "/v4/Business/Profile", authorization=f"Bearer {access}")[0] == 200


def test_a_replayed_refresh_token_revokes_the_whole_family_and_no_other(
    person: Person, ask: Ask
) -> None:
    other, first = person.sign_in(), person.sign_in()
    second = person.refresh(first["refresh_token"])[1]
    assert person.refresh(first["refresh_token"])[1]["error"] == "invalid_grant"
    assert person.refresh(second["refresh_token"])[1]["error"] == "invalid_grant"
    for tokens, status in ((first, 401), (second, 401), (other, 200)):
        bearer = f"Bearer {tokens['access_token']}"
        assert ask("GET", "/v4/Business/Profile", authorization=bearer)[0] == status


def test_a_refresh_token_dies_after_two_weeks_and_belongs_to_its_client(
    person: Person, clock: SandboxClock
) -> None:
    refresh = person.sign_in()["refresh_token"]
    assert person.refresh(refresh, client="someone")[0] == 400
    clock.advance(timedelta(days=14))
    assert person.refresh(refresh)[1]["error"] == "invalid_grant"


def test_lifetimes_follow_the_switches(person: Person) -> None:
    person.pex.switch(access_seconds=30, refresh_seconds=90)
    tokens = person.sign_in()
    assert (tokens["expires_in"], tokens["refresh_token_expires_in"]) == (30, 90)


@pytest.mark.parametrize("which", ["access_token", "refresh_token"])
def test_revoking_either_token_ends_the_sign_in(person: Person, ask: Ask, which: str) -> None:
    tokens = person.sign_in()
    assert person.post("/oauth21/revoke", {"token": tokens[which]}).status == 200
    assert person.refresh(tokens["refresh_token"])[0] == 400
    bearer = f"Bearer {tokens['access_token']}"
    assert ask("GET", "/v4/Business/Profile", authorization=bearer)[0] == 401
    assert person.post("/oauth21/revoke", {"token": "unknown"}).status == 200


def test_an_oauth_token_cannot_be_renewed_as_an_api_token(person: Person, ask: Ask) -> None:
    bearer = f"Bearer {person.sign_in()['access_token']}"
    assert ask("POST", "/v4/Token/Renew", authorization=bearer)[0] == 403


def partner_session(pex: PexSandbox, callback: str) -> str:
    body = APP | {"ServerCallbackUrl": callback, "BrowserClosingUrl": "http://127.0.0.1/finish"}
    answer = pex.oauth(Request("POST", "/Auth/Partner", body=json.dumps(body).encode()))
    assert answer.status == 200
    url = urlsplit(str(json.loads(answer.body)["OAuthUrl"]))
    assert url.path == "/Home/Auth"
    return url.query


def test_the_partner_flow_posts_a_token_to_the_callback(pex: PexSandbox, ask: Ask) -> None:
    received: list[tuple[str, Any]] = []

    def callback(request: Request) -> Response:
        received.append((request.raw_query, request.json()))
        return Response(204)

    with Server(callback) as server:
        session = partner_session(pex, f"{server.url}/pex/callback?sessionId=9f")
        assert b"<form" in pex.oauth(Request("GET", "/Home/Auth", raw_query=session)).body
        form = urlencode({"decision": "approve", "business": PREPAID_BUSINESS}).encode()
        done = pex.oauth(Request("POST", "/Home/Auth", body=form, raw_query=session))
    assert (done.status, done.headers["location"]) == (302, "http://127.0.0.1/finish")
    [(query, body)] = received
    assert query == "sessionId=9f"
    authorization = f"token {body['Token']}"
    assert ask("GET", "/v4/Token/Current", authorization=authorization)[0] == 200
    revoke = json.dumps(APP | {"Token": body["Token"]}).encode()
    assert pex.oauth(Request("DELETE", "/Auth/Token", body=revoke)).status == 200
    assert ask("GET", "/v4/Token/Current", authorization=authorization)[0] == 401


def test_the_partner_flow_knows_its_app_its_hour_and_loopback_only(
    pex: PexSandbox, clock: SandboxClock
) -> None:
    wrong = json.dumps(APP | {"AppSecret": "guess"}).encode()
    assert pex.oauth(Request("POST", "/Auth/Partner", body=wrong)).status == 401
    form = urlencode({"decision": "approve", "business": PREPAID_BUSINESS}).encode()
    abroad = partner_session(pex, "http://conn.example/callback")
    answer = pex.oauth(Request("POST", "/Home/Auth", body=form, raw_query=abroad))
    assert answer.status == 400
    clock.advance(timedelta(hours=1))
    assert pex.oauth(Request("GET", "/Home/Auth", raw_query=abroad)).status == 400


def test_signing_in_works_over_a_real_socket(pex: PexSandbox) -> None:
    with Server(pex.oauth) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
        query = urlencode(ASKED | {"login_hint": str(PREPAID_BUSINESS)})
        connection.request("GET", f"/oauth21/authorize?{query}")
        answer = connection.getresponse()
        answer.read()
        connection.close()
    assert answer.status == 302
    assert "code=" in (answer.getheader("location") or "")


def test_the_journal_shows_no_secret(person: Person) -> None:
    tokens = person.sign_in()
    seen = json.dumps(person.pex.faults.journal[-1])
    assert tokens["refresh_token"] not in seen
    assert PREPAID_TOKEN not in seen
