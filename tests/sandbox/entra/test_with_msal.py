"""The simulator as msal sees it: every flow that the product uses, and each way it can fail."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

import msal
import pytest

from sandbox import company
from sandbox.clock import SandboxClock
from sandbox.entra import EntraSandbox
from sandbox.entra.state import APP, SECOND_USER, USER
from sandbox.web import Request

SCOPE = "https://api.businesscentral.dynamics.com/.default"
BACK = "http://localhost:8000/microsoft/callback"


class Answer:
    """What msal reads of an HTTP answer."""

    def __init__(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.status_code, self.text, self.headers = status, body.decode(), headers


class Transport:
    """Carries msal's requests to the simulator without a socket."""

    def __init__(self, entra: EntraSandbox) -> None:
        self._entra = entra

    def get(self, url: str, headers: Any = None, **_: Any) -> Answer:
        return self._send("GET", url, b"", headers)

    def post(self, url: str, data: Any = None, headers: Any = None, **_: Any) -> Answer:
        return self._send("POST", url, urlencode(data or {}).encode(), headers)

    def close(self) -> None: ...

    def _send(self, method: str, url: str, body: bytes, headers: Any) -> Answer:
        parts = urlsplit(url)
        assert parts.hostname == "entra.localhost"
        lower = {name.lower(): value for name, value in (headers or {}).items()}
        response = self._entra.application(
            Request(method, parts.path, lower, body, parts.query, "http://127.0.0.1:8900/entra")
        )
        return Answer(response.status, response.body, response.headers)


@pytest.fixture
def clock() -> SandboxClock:
    return SandboxClock(datetime(2026, 8, 15, 16, tzinfo=UTC))


@pytest.fixture
def entra(clock: SandboxClock) -> EntraSandbox:
    return EntraSandbox(clock)


def app(
    entra: EntraSandbox,
    tenant: str = company.TENANT,
    client_id: str = company.CLIENT_ID,
    secret: str = company.CLIENT_SECRET,
) -> Any:
    return msal.ConfidentialClientApplication(
        client_id,
        client_credential=secret,
        authority=f"https://entra.localhost/{tenant}",
        instance_discovery=False,
        http_client=Transport(entra),
    )


def signed_in(entra: EntraSandbox, client: Any = None, user: str = USER) -> dict[str, Any]:
    client = client or app(entra, "organizations")
    flow = client.initiate_auth_code_flow(
        [SCOPE], redirect_uri=BACK, response_mode="form_post", login_hint=user
    )
    answer = entra.sign_in(flow["auth_uri"], user)
    taken: dict[str, Any] = client.acquire_token_by_auth_code_flow(flow, answer.fields)
    return taken


# --- the app itself (BC contract 1.5) --------------------------------------------------------


def test_the_app_gets_a_token_that_names_it(entra: EntraSandbox) -> None:
    taken = app(entra).acquire_token_for_client([SCOPE])
    assert entra.authenticate(taken["access_token"]) == APP
    assert taken["expires_in"] == 3600
    assert "refresh_token" not in taken


def test_a_token_ends_by_the_sandboxs_clock(entra: EntraSandbox, clock: SandboxClock) -> None:
    entra.switch(token_seconds=300)
    token = app(entra).acquire_token_for_client([SCOPE])["access_token"]
    clock.advance(timedelta(seconds=290))
    assert entra.authenticate(token) == APP
    clock.advance(timedelta(seconds=10))
    assert entra.authenticate(token) is None


def test_a_token_of_somebody_else_is_nobodys(entra: EntraSandbox) -> None:
    token = app(entra).acquire_token_for_client([SCOPE])["access_token"]
    assert EntraSandbox(SandboxClock()).authenticate(token) is None
    assert entra.authenticate("") is None


@pytest.mark.parametrize(
    ("given", "error", "number"),
    [
        ({"secret": "wrong"}, "invalid_client", 7000215),
        ({"client_id": "11111111-0000-4000-8000-000000000000"}, "unauthorized_client", 700016),
    ],
)
def test_a_wrong_app_is_refused_in_entras_words(
    entra: EntraSandbox, given: dict[str, str], error: str, number: int
) -> None:
    refused = app(entra, **given).acquire_token_for_client([SCOPE])
    assert refused["error"] == error
    assert refused["error_codes"] == [number]
    assert refused["error_description"].startswith(f"AADSTS{number}: ")


@pytest.mark.parametrize(
    ("switch", "error", "number"),
    [
        ({"app_enabled": False}, "unauthorized_client", 7000112),
        ({"secret_expired": True}, "invalid_client", 7000222),
        ({"consent": False}, "unauthorized_client", 700016),
    ],
)
def test_an_app_that_may_no_longer_is_refused(
    entra: EntraSandbox, switch: dict[str, bool], error: str, number: int
) -> None:
    entra.switch(**switch)
    refused = app(entra).acquire_token_for_client([SCOPE])
    assert (refused["error"], refused["error_codes"]) == (error, [number])


def test_the_app_must_ask_for_everything_at_once(entra: EntraSandbox) -> None:
    scope = "https://api.businesscentral.dynamics.com/Financials.ReadWrite.All"
    refused = app(entra).acquire_token_for_client([scope])
    assert (refused["error"], refused["error_codes"]) == ("invalid_scope", [1002012])


def test_an_unknown_tenant_has_no_discovery_document(entra: EntraSandbox) -> None:
    with pytest.raises(ValueError, match="authority"):
        app(entra, "99999999-0000-4000-8000-000000000000")


# --- a person (BC contract 1.4) --------------------------------------------------------------


def test_a_person_signs_in_and_is_known(entra: EntraSandbox) -> None:
    client = app(entra, "organizations")
    taken = signed_in(entra, client)
    assert entra.authenticate(taken["access_token"]) == USER
    claims = taken["id_token_claims"]
    assert (claims["tid"], claims["preferred_username"]) == (company.TENANT, USER)
    account = client.get_accounts()[0]
    assert account["username"] == USER
    assert client.acquire_token_silent([SCOPE], account=account) is not None


def test_two_people_are_two(entra: EntraSandbox) -> None:
    one, other = signed_in(entra), signed_in(entra, user=SECOND_USER)
    assert entra.authenticate(other["access_token"]) == SECOND_USER
    assert one["id_token_claims"]["oid"] != other["id_token_claims"]["oid"]


def test_a_code_is_good_once(entra: EntraSandbox) -> None:
    client = app(entra, "organizations")
    flow = client.initiate_auth_code_flow([SCOPE], redirect_uri=BACK, response_mode="form_post")
    fields = entra.sign_in(flow["auth_uri"]).fields
    assert "access_token" in client.acquire_token_by_auth_code_flow(flow, fields)
    again = app(entra, "organizations").acquire_token_by_auth_code_flow(flow, fields)
    assert (again["error"], again["error_codes"]) == ("invalid_grant", [54005])


def test_a_code_ends_after_ten_minutes(entra: EntraSandbox, clock: SandboxClock) -> None:
    client = app(entra, "organizations")
    flow = client.initiate_auth_code_flow([SCOPE], redirect_uri=BACK, response_mode="form_post")
    fields = entra.sign_in(flow["auth_uri"]).fields
    clock.advance(timedelta(minutes=10))
    refused = client.acquire_token_by_auth_code_flow(flow, fields)
    assert (refused["error"], refused["error_codes"]) == ("invalid_grant", [70008])


@pytest.mark.parametrize(("part", "number"), [("code_verifier", 501481), ("redirect_uri", 500112)])
def test_a_code_is_good_for_nobody_else(entra: EntraSandbox, part: str, number: int) -> None:
    client = app(entra, "organizations")
    flow = client.initiate_auth_code_flow([SCOPE], redirect_uri=BACK, response_mode="form_post")
    fields = entra.sign_in(flow["auth_uri"]).fields
    refused = client.acquire_token_by_auth_code_flow(flow | {part: "x" * 43}, fields)
    assert (refused["error"], refused["error_codes"]) == ("invalid_grant", [number])


def test_a_made_up_code_is_refused(entra: EntraSandbox) -> None:
    client = app(entra, "organizations")
    flow = client.initiate_auth_code_flow([SCOPE], redirect_uri=BACK, response_mode="form_post")
    fields = {"code": "made-up", "state": flow["state"]}
    assert client.acquire_token_by_auth_code_flow(flow, fields)["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("consent", "approve", "number"), [(True, False, 65004), (False, True, 90094)]
)
def test_a_sign_in_without_consent_comes_back_refused(
    entra: EntraSandbox,
    consent: bool,  # noqa: FBT001 - an example
    approve: bool,  # noqa: FBT001 - an example
    number: int,
) -> None:
    entra.switch(consent=consent)
    client = app(entra, "organizations")
    flow = client.initiate_auth_code_flow([SCOPE], redirect_uri=BACK, response_mode="form_post")
    fields = entra.sign_in(flow["auth_uri"], approve=approve).fields
    refused = client.acquire_token_by_auth_code_flow(flow, fields)
    assert refused["error"] == "access_denied"
    assert refused["error_description"].startswith(f"AADSTS{number}: ")


# --- refreshing ------------------------------------------------------------------------------


def refreshed(entra: EntraSandbox, token: str) -> dict[str, Any]:
    taken: dict[str, Any] = app(entra, "organizations").acquire_token_by_refresh_token(
        token, [SCOPE]
    )
    return taken


def test_a_refresh_gives_another_refresh_token(entra: EntraSandbox) -> None:
    first = signed_in(entra)
    client = app(entra, "organizations")
    second = client.acquire_token_by_refresh_token(first["refresh_token"], [SCOPE])
    assert entra.authenticate(second["access_token"]) == USER
    assert second["access_token"] != first["access_token"]
    assert second["refresh_token"] != first["refresh_token"]


def test_msal_refreshes_by_itself(entra: EntraSandbox) -> None:
    client = app(entra, "organizations")
    first = signed_in(entra, client)
    account = client.get_accounts()[0]
    second = client.acquire_token_silent([SCOPE], account=account, force_refresh=True)
    assert entra.authenticate(second["access_token"]) == USER
    assert second["access_token"] != first["access_token"]


def test_a_used_refresh_token_lives_unless_told_otherwise(entra: EntraSandbox) -> None:
    token = signed_in(entra)["refresh_token"]
    refreshed(entra, token)
    assert "access_token" in refreshed(entra, token)
    entra.switch(single_use_refresh=True)
    assert refreshed(entra, token)["error_codes"] == [70008]


def test_a_refresh_token_that_lies_unused_ends(entra: EntraSandbox, clock: SandboxClock) -> None:
    token = signed_in(entra)["refresh_token"]
    clock.advance(timedelta(days=89))
    assert "access_token" in refreshed(entra, token)
    clock.advance(timedelta(days=89))
    assert "access_token" in refreshed(entra, token)
    clock.advance(timedelta(days=90))
    assert refreshed(entra, token)["error_codes"] == [70008]


@pytest.mark.parametrize(
    ("switch", "error", "number"),
    [
        ({"interaction_required": True}, "interaction_required", 50076),
        ({"consent": False}, "invalid_grant", 65001),
        ({"app_enabled": False}, "unauthorized_client", 7000112),
    ],
)
def test_a_refresh_that_needs_a_person_says_so(
    entra: EntraSandbox, switch: dict[str, bool], error: str, number: int
) -> None:
    token = signed_in(entra)["refresh_token"]
    entra.switch(**switch)
    refused = refreshed(entra, token)
    assert (refused["error"], refused["error_codes"]) == (error, [number])


def test_revoked_refresh_tokens_leave_access_tokens_alone(entra: EntraSandbox) -> None:
    taken = signed_in(entra)
    entra.revoke_refresh_tokens()
    assert entra.authenticate(taken["access_token"]) == USER
    refused = refreshed(entra, taken["refresh_token"])
    assert (refused["error"], refused["error_codes"]) == ("invalid_grant", [50173])


def test_everything_can_be_revoked_and_a_new_sign_in_works(entra: EntraSandbox) -> None:
    taken = signed_in(entra)
    entra.revoke_everything()
    assert entra.authenticate(taken["access_token"]) is None
    assert entra.authenticate(signed_in(entra)["access_token"]) == USER
