"""What a browser, a stranger and a test see."""

import json
import re
from datetime import UTC, datetime
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from sandbox import company
from sandbox.clock import SandboxClock
from sandbox.entra import EntraSandbox
from sandbox.entra.state import SECOND_USER
from sandbox.faults import Fault
from sandbox.web import Request, Response

BASE = "http://127.0.0.1:8900/entra"
BACK = "http://localhost:8000/microsoft/callback"
ASKED = {
    "client_id": company.CLIENT_ID,
    "response_type": "code",
    "redirect_uri": BACK,
    "scope": "openid offline_access",
    "state": '"><script>',
    "nonce": "n-1",
}


@pytest.fixture
def entra() -> EntraSandbox:
    return EntraSandbox(SandboxClock(datetime(2026, 8, 15, 16, tzinfo=UTC)))


def get(entra: EntraSandbox, path: str, **query: str) -> Response:
    request = Request("GET", path, raw_query=urlencode(query), base_url=BASE)
    return entra.application(request)


def post(
    entra: EntraSandbox, path: str, form: dict[str, str], headers: dict[str, str] | None = None
) -> Response:
    body = urlencode(form).encode()
    return entra.application(Request("POST", path, headers or {}, body, base_url=BASE))


def form_of(response: Response) -> tuple[str, dict[str, str]]:
    """A page's form as a browser would send it: its address and its hidden fields."""
    page = response.body.decode()
    action = re.search(r'action="([^"]*)"', page)
    assert action is not None
    fields = re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', page)
    return unescape(action[1]), {unescape(name): unescape(value) for name, value in fields}


def decided(entra: EntraSandbox, decision: str, **asked: str) -> Response:
    path = f"/{company.TENANT}/oauth2/v2.0/authorize"
    action, fields = form_of(get(entra, path, **(ASKED | asked)))
    assert action.startswith(BASE)
    return post(entra, action.removeprefix(BASE), fields | {"decision": decision})


def returned(response: Response) -> dict[str, str]:
    assert response.status == 302
    location = urlsplit(response.headers["location"])
    assert f"{location.scheme}://{location.netloc}{location.path}" == BACK
    return {name: values[0] for name, values in parse_qs(location.query).items()}


# --- pages -----------------------------------------------------------------------------------


def test_whoever_accepts_is_sent_back_with_a_code_and_the_state_unchanged(
    entra: EntraSandbox,
) -> None:
    fields = returned(decided(entra, "approve"))
    assert fields["state"] == ASKED["state"]
    assert fields["code"]


def test_whoever_cancels_is_sent_back_with_an_error(entra: EntraSandbox) -> None:
    fields = returned(decided(entra, "deny"))
    assert fields["error"] == "access_denied"
    assert fields["error_description"].startswith("AADSTS65004: ")
    assert "code" not in fields


def test_a_form_post_is_a_page_that_posts_the_answer_by_itself(entra: EntraSandbox) -> None:
    response = decided(entra, "approve", response_mode="form_post")
    action, fields = form_of(response)
    assert action == BACK
    assert fields["state"] == ASKED["state"]
    assert fields["code"]
    assert b"submit()" in response.body


def test_who_is_signed_in_already_sees_no_page(entra: EntraSandbox) -> None:
    path = f"/{company.TENANT}/oauth2/v2.0/authorize"
    assert returned(get(entra, path, **ASKED, prompt="none"))["code"]


def test_another_account_can_be_chosen(entra: EntraSandbox) -> None:
    path = f"/{company.TENANT}/oauth2/v2.0/authorize"
    page = get(entra, path, **ASKED, login_hint=SECOND_USER).body.decode()
    assert f'value="{SECOND_USER}" selected' in page
    form = ASKED | {"user": SECOND_USER, "decision": "approve"}
    code = returned(post(entra, f"/{company.TENANT}/oauth2/v2.0/decide", form))["code"]
    token = redeemed(entra, code)["access_token"]
    assert entra.authenticate(token) == SECOND_USER


@pytest.mark.parametrize(
    ("tenant", "changed", "number"),
    [
        ("99999999-0000-4000-8000-000000000000", {}, 90002),
        (company.TENANT, {"client_id": "other"}, 700016),
        (company.TENANT, {"redirect_uri": ""}, 50011),
        (company.TENANT, {"redirect_uri": "http://evil.example/"}, 50011),
        (company.TENANT, {"redirect_uri": "javascript:alert(1)"}, 50011),
    ],
)
@pytest.mark.parametrize("page", ["oauth2/v2.0/authorize", "adminconsent"])
def test_a_fault_of_the_caller_is_shown_and_not_sent_anywhere(
    entra: EntraSandbox, page: str, tenant: str, changed: dict[str, str], number: int
) -> None:
    response = get(entra, f"/{tenant}/{page}", **(ASKED | changed))
    assert response.status == 400
    assert f"AADSTS{number}".encode() in response.body
    assert "location" not in response.headers


def test_an_administrator_can_let_the_app_in(entra: EntraSandbox) -> None:
    entra.switch(consent=False)
    path = f"/{company.TENANT}/adminconsent"
    action, fields = form_of(get(entra, path, **ASKED))
    refused = returned(post(entra, action.removeprefix(BASE), fields | {"decision": "deny"}))
    assert refused["error"] == "access_denied"
    assert not entra.switches.consent
    granted = returned(post(entra, action.removeprefix(BASE), fields | {"decision": "approve"}))
    assert granted == {
        "admin_consent": "True",
        "tenant": company.TENANT,
        "state": ASKED["state"],
    }
    assert entra.switches.consent


# --- the token endpoint ----------------------------------------------------------------------

CLIENT = {"client_id": company.CLIENT_ID, "client_secret": company.CLIENT_SECRET}


def token(entra: EntraSandbox, form: dict[str, str], **headers: str) -> Response:
    return post(entra, f"/{company.TENANT}/oauth2/v2.0/token", form, headers)


def redeemed(entra: EntraSandbox, code: str) -> dict[str, Any]:
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK}
    taken: dict[str, Any] = json.loads(token(entra, CLIENT | form).body)
    return taken


def test_only_what_the_scopes_ask_for_is_handed_out(entra: EntraSandbox) -> None:
    everything = redeemed(entra, returned(decided(entra, "approve"))["code"])
    assert {"refresh_token", "id_token"} <= set(everything)
    little = redeemed(entra, returned(decided(entra, "approve", scope="profile"))["code"])
    assert not {"refresh_token", "id_token", "client_info"} & set(little)


def test_a_secret_may_come_by_basic_authentication(entra: EntraSandbox) -> None:
    form = {
        "grant_type": "client_credentials",
        "scope": "https://api.businesscentral.dynamics.com/.default",
    }
    basic = "M2M1YTlkMTAtNzdhYS00ZjBlLTliMmQtNTFiMGYzYTJjNGU2OnNhbmRib3gtZW50cmEtc2VjcmV0"
    assert token(entra, form, authorization=f"Basic {basic}").status == 200
    assert token(entra, form, authorization="Basic ?").status == 400
    assert token(entra, form, authorization="Basic /w==").status == 400


@pytest.mark.parametrize(
    ("form", "error", "number"),
    [
        ({}, "unauthorized_client", 700016),
        ({"client_id": company.CLIENT_ID}, "invalid_client", 7000218),
        (CLIENT, "invalid_request", 900144),
        (CLIENT | {"grant_type": "password"}, "unsupported_grant_type", 70003),
        (CLIENT | {"grant_type": "client_credentials"}, "invalid_request", 900144),
        (CLIENT | {"grant_type": "refresh_token"}, "invalid_request", 900144),
        (
            CLIENT | {"grant_type": "refresh_token", "refresh_token": "x"},
            "invalid_grant",
            9002313,
        ),
    ],
)
def test_a_malformed_request_is_refused(
    entra: EntraSandbox, form: dict[str, str], error: str, number: int
) -> None:
    answer = json.loads(token(entra, form).body)
    assert (answer["error"], answer["error_codes"]) == (error, [number])


def test_the_app_itself_needs_its_tenant(entra: EntraSandbox) -> None:
    form = CLIENT | {"grant_type": "client_credentials", "scope": "any/.default"}
    for tenant in ("organizations", "common", "99999999-0000-4000-8000-000000000000"):
        answer = json.loads(post(entra, f"/{tenant}/oauth2/v2.0/token", form).body)
        assert (answer["error"], answer["error_codes"]) == ("invalid_request", [90002])


def test_an_error_has_the_callers_reference_and_the_sandboxs_time(entra: EntraSandbox) -> None:
    headers = {"client-request-id": "ref-1"}
    answer = json.loads(post(entra, f"/{company.TENANT}/oauth2/v2.0/token", {}, headers).body)
    assert answer["correlation_id"] == "ref-1"
    assert "Correlation ID: ref-1 Timestamp: 2026-08-15 16:00:0" in answer["error_description"]


def test_discovery_points_to_an_https_token_endpoint_and_a_page_that_opens(
    entra: EntraSandbox,
) -> None:
    path = f"/{company.TENANT}/v2.0/.well-known/openid-configuration"
    found = json.loads(get(entra, path).body)
    assert found["token_endpoint"].startswith("https://entra.localhost/")
    assert found["authorization_endpoint"].startswith(BASE)
    assert get(entra, f"/{company.TENANT}/discovery/v2.0/keys").status == 200
    assert get(entra, "/nowhere/discovery/v2.0/keys").status == 400
    assert get(entra, "/nowhere").status == 404


# --- control ---------------------------------------------------------------------------------


def control(entra: EntraSandbox, method: str, path: str, body: Any = None) -> Response:
    raw = b"" if body is None else json.dumps(body).encode()
    return entra.control(Request(method, path, body=raw))


def test_switches_can_be_read_and_set(entra: EntraSandbox) -> None:
    assert json.loads(control(entra, "GET", "/switches").body)["token_seconds"] == 3600
    answer = control(entra, "PATCH", "/switches", {"token_seconds": 60, "consent": False})
    assert json.loads(answer.body)["token_seconds"] == 60
    assert not entra.switches.consent


@pytest.mark.parametrize(
    "body", [{"nonsense": 1}, {"consent": "no"}, {"token_seconds": 1.5}, [], {"consent": 0}]
)
def test_a_wrong_switch_changes_nothing(entra: EntraSandbox, body: Any) -> None:
    before = control(entra, "GET", "/switches").body
    sent = body if isinstance(body, list) else {"app_enabled": False} | body
    assert control(entra, "PATCH", "/switches", sent).status == 400
    assert control(entra, "GET", "/switches").body == before


def test_what_was_asked_is_in_the_journal_without_control_requests(entra: EntraSandbox) -> None:
    get(entra, "/nowhere")
    control(entra, "GET", "/switches")
    journal = json.loads(control(entra, "GET", "/journal").body)
    assert [entry["path"] for entry in journal] == ["/nowhere"]
    control(entra, "DELETE", "/journal")
    assert entra.faults.journal == []


def test_faults_can_be_planted_and_cleared(entra: EntraSandbox) -> None:
    plant = {"path": "token", "status": 503, "times": -1, "delay": 0}
    assert control(entra, "POST", "/faults", plant).status == 204
    assert token(entra, CLIENT).status == 503
    assert control(entra, "POST", "/faults", {"hits": 1}).status == 400
    assert control(entra, "DELETE", "/faults").status == 204
    assert token(entra, CLIENT).status == 400
    entra.faults.plant(Fault(kind="empty", status=200))
    assert token(entra, CLIENT).body == b""


def test_tokens_can_be_revoked(entra: EntraSandbox) -> None:
    taken = redeemed(entra, returned(decided(entra, "approve"))["code"])
    assert control(entra, "POST", "/revoke", {"what": "refresh"}).status == 204
    assert entra.authenticate(taken["access_token"]) is not None
    assert control(entra, "POST", "/revoke").status == 204
    assert entra.authenticate(taken["access_token"]) is None
    assert control(entra, "POST", "/revoke", {"what": "some"}).status == 400
    assert control(entra, "GET", "/revoke").status == 405
