"""Microsoft sign-in over msal, against the simulator of Entra and against every kind of fault."""

import base64
import json
import logging
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import httpx
import pytest

from adapters.entra.sign_in import MicrosoftAppMissing, MsalSignIn
from adapters.entra.transport import MicrosoftAuthorityInsecure, MicrosoftBusy, rewriting
from application.ports.sign_in import (
    MicrosoftConsentMissing,
    MicrosoftSignInRefused,
    MicrosoftUnavailable,
    MicrosoftUser,
)
from fakes.vault import FakeVault
from sandbox import company
from sandbox.clock import SandboxClock
from sandbox.entra import EntraSandbox
from sandbox.entra.state import APP, SECOND_USER, USER
from sandbox.faults import Fault
from sandbox.web import Server

CALLBACK = "http://localhost:8000/api/v1/microsoft/callback"
DISCOVERY = "openid-configuration"
TOKEN = "oauth2/v2.0/token"


class OpenVault(FakeVault):
    """Lets a test look into it."""

    def kept(self, owner: UUID, purpose: str) -> bytes:
        return self._kept[owner, purpose][0]

    @property
    def is_empty(self) -> bool:
        return not self._kept


class Entra:
    """The simulator behind a socket, and the processes of the product that use it."""

    def __init__(self, server: Server, played: EntraSandbox) -> None:
        self.url = server.url
        self.played = played
        self.vault = OpenVault()
        self.connection = uuid4()
        self.seconds = 1_000_000.0
        self.opened: list[MsalSignIn] = []
        self.counted: list[tuple[str, str, int, int]] = []

    def process(self, secret: str = company.CLIENT_SECRET, **options: Any) -> MsalSignIn:
        opened = MsalSignIn(
            self.url,
            company.CLIENT_ID,
            secret,
            self.vault,
            on_request=lambda *counted: self.counted.append(counted),
            now=lambda: self.seconds,
            **options,
        )
        self.opened.append(opened)
        return opened

    def delegated(self, process: MsalSignIn, user: str = USER) -> MicrosoftUser:
        answer = self.played.sign_in(process.begin(self.connection, CALLBACK), user)
        return process.complete(answer.fields["state"], answer.fields)[1]

    def asked(self, path: str = "") -> int:
        return sum(path in request["path"] for request in self.played.faults.journal)


@pytest.fixture
def entra() -> Iterator[Entra]:
    played = EntraSandbox(SandboxClock(datetime(2026, 8, 15, 16, tzinfo=UTC)))
    with Server(played.application) as server:
        entra = Entra(server, played)
        yield entra
        for opened in entra.opened:
            opened.close()


# --- service sign-in --------------------------------------------------------------------------


def test_the_app_signs_in_by_itself(entra: Entra) -> None:
    process = entra.process()
    user = process.with_service(entra.connection, company.TENANT)
    assert user == MicrosoftUser(company.TENANT, f"app {company.CLIENT_ID}")
    assert entra.played.authenticate(process.access_token(entra.connection)) == APP


def test_nothing_is_asked_while_a_token_is_good(entra: Entra) -> None:
    process = entra.process()
    process.with_service(entra.connection, company.TENANT)
    token = process.access_token(entra.connection)
    before = entra.asked()
    assert {process.access_token(entra.connection) for _ in range(20)} == {token}
    assert entra.asked() == before


def test_another_process_uses_the_same_token(entra: Entra) -> None:
    entra.process().with_service(entra.connection, company.TENANT)
    tokens = entra.asked(TOKEN)
    entra.process().access_token(entra.connection)
    assert entra.asked(TOKEN) == tokens == 1


@pytest.mark.parametrize("mode", ["service", "delegated"])
def test_renewing_takes_a_fresh_token(entra: Entra, mode: str) -> None:
    process = entra.process()
    if mode == "service":
        process.with_service(entra.connection, company.TENANT)
    else:
        entra.delegated(process)
    first = process.access_token(entra.connection)
    fresh = process.access_token(entra.connection, renew=True)
    assert fresh != first
    assert process.access_token(entra.connection) == fresh


def test_a_token_near_its_end_is_replaced(entra: Entra) -> None:
    entra.played.switch(token_seconds=200)
    process = entra.process()
    process.with_service(entra.connection, company.TENANT)
    first = process.access_token(entra.connection)
    assert process.access_token(entra.connection) != first


def test_a_wrong_secret_is_refused_in_microsofts_words_and_never_quoted(entra: Entra) -> None:
    with pytest.raises(MicrosoftSignInRefused, match="AADSTS7000215") as refused:
        entra.process("a-wrong-secret").with_service(entra.connection, company.TENANT)
    assert "a-wrong-secret" not in str(refused.value)


def test_an_unknown_tenant_is_refused(entra: Entra) -> None:
    with pytest.raises(MicrosoftSignInRefused, match="tenant"):
        entra.process().with_service(entra.connection, "state-university.example")


@pytest.mark.parametrize("tenant", ["", "a/b", "organizations", "Common", "x?y=z", "..", "a b"])
def test_what_is_no_tenant_is_never_sent(entra: Entra, tenant: str) -> None:
    with pytest.raises(MicrosoftSignInRefused, match="neither an id nor a domain"):
        entra.process().with_service(entra.connection, tenant)
    assert entra.asked() == 0


def test_a_refused_new_sign_in_leaves_the_old_one(entra: Entra) -> None:
    process = entra.process()
    process.with_service(entra.connection, company.TENANT)
    with pytest.raises(MicrosoftSignInRefused):
        process.with_service(entra.connection, "11111111-0000-4000-8000-000000000000")
    assert entra.played.authenticate(process.access_token(entra.connection)) == APP


def test_a_mended_secret_counts_at_once(entra: Entra) -> None:
    process = entra.process()
    process.with_service(entra.connection, company.TENANT)
    entra.played.switch(app_enabled=False)
    with pytest.raises(MicrosoftSignInRefused, match="AADSTS7000112"):
        process.access_token(entra.connection, renew=True)
    entra.played.switch(app_enabled=True)
    process.access_token(entra.connection, renew=True)


@pytest.mark.parametrize(("client_id", "secret"), [("", "x"), ("x", ""), ("", "")])
def test_without_an_app_the_variables_to_set_are_named(client_id: str, secret: str) -> None:
    process = MsalSignIn("https://login.test", client_id, secret, FakeVault())
    with pytest.raises(MicrosoftAppMissing) as missing:
        process.with_service(uuid4(), company.TENANT)
    assert "PEXBC_ENTRA_CLIENT_ID" in missing.value.fix
    assert "PEXBC_ENTRA_CLIENT_SECRET" in missing.value.fix
    process.close()


# --- delegated sign-in ------------------------------------------------------------------------


def test_a_person_is_sent_to_microsoft_with_pkce_nonce_and_a_form_to_come_back(
    entra: Entra,
) -> None:
    address = entra.process().begin(entra.connection, CALLBACK)
    assert address.startswith(f"{entra.url}/organizations/")
    asked = parse_qs(urlsplit(address).query)
    assert asked["response_mode"] == ["form_post"]
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["redirect_uri"] == [CALLBACK]
    assert "https://api.businesscentral.dynamics.com/.default" in asked["scope"][0]
    assert "offline_access" in asked["scope"][0]
    assert asked["nonce"]
    assert asked["state"]


def test_a_person_signs_in(entra: Entra) -> None:
    process = entra.process()
    assert entra.delegated(process) == MicrosoftUser(company.TENANT, USER)
    assert entra.played.authenticate(process.access_token(entra.connection)) == USER


def test_one_process_begins_and_another_completes(entra: Entra) -> None:
    answer = entra.played.sign_in(entra.process().begin(entra.connection, CALLBACK))
    found, user = entra.process().complete(answer.fields["state"], answer.fields)
    assert (found, user.name) == (entra.connection, USER)


def test_whoever_signs_in_last_is_the_user(entra: Entra) -> None:
    process = entra.process()
    entra.delegated(process)
    process.access_token(entra.connection)
    entra.delegated(process, SECOND_USER)
    token = process.access_token(entra.connection, renew=True)
    assert entra.played.authenticate(token) == SECOND_USER


def test_an_answer_can_be_used_once(entra: Entra) -> None:
    process = entra.process()
    answer = entra.played.sign_in(process.begin(entra.connection, CALLBACK))
    process.complete(answer.fields["state"], answer.fields)
    with pytest.raises(MicrosoftSignInRefused, match="was used"):
        process.complete(answer.fields["state"], answer.fields)


def test_of_two_at_once_one_completes_it(entra: Entra) -> None:
    process = entra.process()
    answer = entra.played.sign_in(process.begin(entra.connection, CALLBACK))
    state = answer.fields["state"]
    first = threading.Event()
    get = entra.vault.get

    def slow(owner: UUID, purpose: str) -> tuple[bytes, int] | None:
        kept = get(owner, purpose)
        if purpose == "microsoft_flow" and not first.is_set():
            first.set()
            process.complete(state, answer.fields)
        return kept

    entra.vault.get = slow  # type: ignore[method-assign]
    with pytest.raises(MicrosoftSignInRefused, match="was used"):
        process.complete(state, answer.fields)


def test_a_made_up_state_is_refused_without_asking_microsoft(entra: Entra) -> None:
    process = entra.process()
    with pytest.raises(MicrosoftSignInRefused, match="not begun here"):
        process.complete("made-up", {"state": "made-up", "code": "x"})
    assert entra.asked() == 0


def test_only_whoever_it_is_bound_to_completes_a_sign_in(entra: Entra) -> None:
    process = entra.process()
    for begun_by, brought in (("mine", "another's"), ("mine", ""), ("", "mine")):
        address = process.begin(entra.connection, CALLBACK, begun_by)
        answer = entra.played.sign_in(address)
        with pytest.raises(MicrosoftSignInRefused, match="not begun here"):
            process.complete(answer.fields["state"], answer.fields, brought)
    answer = entra.played.sign_in(process.begin(entra.connection, CALLBACK, "mine"))
    assert process.complete(answer.fields["state"], answer.fields, "mine")[0] == entra.connection


def test_a_sign_in_waits_from_its_beginning_to_its_answer(entra: Entra) -> None:
    process = entra.process()
    answer = entra.played.sign_in(process.begin(entra.connection, CALLBACK))
    state = answer.fields["state"]
    assert process.is_begun(state)
    assert not process.is_begun("made-up")
    process.complete(state, answer.fields)
    assert not process.is_begun(state)


def test_an_answer_with_anothers_state_inside_is_refused(entra: Entra) -> None:
    process = entra.process()
    answer = entra.played.sign_in(process.begin(entra.connection, CALLBACK))
    forged = dict(answer.fields) | {"state": "another"}
    with pytest.raises(MicrosoftSignInRefused, match="does not belong"):
        process.complete(answer.fields["state"], forged)


def test_a_sign_in_that_was_begun_long_ago_cannot_be_completed(entra: Entra) -> None:
    process = entra.process()
    answer = entra.played.sign_in(process.begin(entra.connection, CALLBACK))
    entra.seconds += 3601
    with pytest.raises(MicrosoftSignInRefused, match="is old"):
        process.complete(answer.fields["state"], answer.fields)


def test_what_only_an_administrator_can_agree_to_is_told_apart(entra: Entra) -> None:
    process = entra.process()
    entra.played.switch(consent=False)
    address = process.begin(entra.connection, CALLBACK)
    answer = entra.played.sign_in(address)
    with pytest.raises(MicrosoftConsentMissing, match="AADSTS90094"):
        process.complete(answer.fields["state"], answer.fields)
    with pytest.raises(MicrosoftConsentMissing, match="AADSTS700016"):
        process.with_service(entra.connection, company.TENANT)
    entra.played.switch(consent=True)
    declined = entra.played.sign_in(process.begin(entra.connection, CALLBACK), approve=False)
    with pytest.raises(MicrosoftSignInRefused, match="AADSTS65004") as refused:
        process.complete(declined.fields["state"], declined.fields)
    assert not isinstance(refused.value, MicrosoftConsentMissing)


@pytest.mark.parametrize(
    ("tenant", "named"),
    [(company.TENANT, company.TENANT), ("", "organizations"), ("../evil", "organizations")],
)
def test_an_administrator_consents_at_the_page_of_a_tenant(
    entra: Entra, tenant: str, named: str
) -> None:
    address = urlsplit(entra.process().consent_address(tenant, CALLBACK, "where I was"))
    assert address.path.endswith(f"/{named}/adminconsent")
    asked = {name: values[0] for name, values in parse_qs(address.query).items()}
    assert asked == {
        "client_id": company.CLIENT_ID,
        "redirect_uri": CALLBACK,
        "state": "where I was",
    }


def test_a_person_who_declines_leaves_the_old_sign_in(entra: Entra) -> None:
    process = entra.process()
    process.with_service(entra.connection, company.TENANT)
    address = process.begin(entra.connection, CALLBACK)
    answer = entra.played.sign_in(address, approve=False)
    with pytest.raises(MicrosoftSignInRefused, match="access_denied"):
        process.complete(answer.fields["state"], answer.fields)
    assert entra.played.authenticate(process.access_token(entra.connection)) == APP


def test_a_revoked_refresh_token_asks_for_a_person(entra: Entra) -> None:
    process = entra.process()
    entra.delegated(process)
    entra.played.revoke_refresh_tokens()
    with pytest.raises(MicrosoftSignInRefused, match="AADSTS50173"):
        process.access_token(entra.connection, renew=True)


def test_an_interaction_that_is_required_is_told(entra: Entra) -> None:
    process = entra.process()
    entra.delegated(process)
    entra.played.switch(interaction_required=True)
    with pytest.raises(MicrosoftSignInRefused, match="AADSTS50076"):
        process.access_token(entra.connection, renew=True)
    entra.played.switch(interaction_required=False)
    process.access_token(entra.connection, renew=True)


# --- several processes ------------------------------------------------------------------------


def test_a_refresh_token_that_another_process_used_up_locks_nobody_out(entra: Entra) -> None:
    entra.played.switch(single_use_refresh=True)
    one, two = entra.process(), entra.process()
    entra.delegated(one)
    for _ in range(3):
        for process in (one, two):
            token = process.access_token(entra.connection, renew=True)
            assert entra.played.authenticate(token) == USER
    refused = [status for _, _, status, _ in entra.counted if status != 200]
    assert refused == []  # none was even tried with a token that was used up


def test_two_processes_that_refresh_at_the_same_time_both_get_a_token(entra: Entra) -> None:
    entra.played.switch(single_use_refresh=True)
    winner = entra.process()
    entra.delegated(winner)
    transport = Interrupting(lambda: winner.access_token(entra.connection, renew=True))
    loser = entra.process(transport=transport)
    loser.access_token(entra.connection)
    transport.armed = True
    token = loser.access_token(entra.connection, renew=True)
    assert entra.played.authenticate(token) == USER
    assert token == winner.access_token(entra.connection)


class Interrupting(httpx.HTTPTransport):
    """Lets something happen right before the next token is asked for."""

    def __init__(self, happens: Callable[[], object]) -> None:
        super().__init__()
        self.happens = happens
        self.armed = False

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if self.armed and request.method == "POST":
            self.armed = False
            self.happens()
        return super().handle_request(request)


def test_a_sign_out_counts_in_every_process(entra: Entra) -> None:
    one, two = entra.process(), entra.process()
    entra.delegated(one)
    two.access_token(entra.connection)
    one.forget(entra.connection)
    for process in (one, two):
        with pytest.raises(MicrosoftSignInRefused, match="nobody is signed in"):
            process.access_token(entra.connection)
    assert entra.vault.is_empty


def test_a_sign_out_during_a_refresh_keeps_nothing(entra: Entra) -> None:
    one = entra.process()
    entra.delegated(one)
    transport = Interrupting(lambda: one.forget(entra.connection))
    two = entra.process(transport=transport)
    two.access_token(entra.connection)
    transport.armed = True
    two.access_token(entra.connection, renew=True)
    assert entra.vault.is_empty


def test_a_new_sign_in_counts_in_every_process(entra: Entra) -> None:
    one, two = entra.process(), entra.process()
    entra.delegated(one)
    two.access_token(entra.connection)
    one.with_service(entra.connection, company.TENANT)
    assert entra.played.authenticate(two.access_token(entra.connection)) == APP


# --- one sign-in for several connections (M5) -------------------------------------------------


@pytest.mark.parametrize("mode", ["delegated", "service"])
def test_a_second_connection_uses_the_sign_in_of_the_first(entra: Entra, mode: str) -> None:
    process, second = entra.process(), uuid4()
    if mode == "delegated":
        entra.delegated(process)
    else:
        process.with_service(entra.connection, company.TENANT)
    shared = process.share(second, entra.connection)
    assert shared == MicrosoftUser(
        company.TENANT, USER if mode == "delegated" else f"app {company.CLIENT_ID}"
    )
    who = entra.played.authenticate(process.access_token(second, renew=True))
    assert who == (USER if mode == "delegated" else APP)


def test_where_nobody_is_signed_in_nothing_is_shared(entra: Entra) -> None:
    with pytest.raises(MicrosoftSignInRefused, match="the other connection is not signed in"):
        entra.process().share(uuid4(), entra.connection)
    assert entra.vault.is_empty


def test_either_connection_can_forget_the_shared_sign_in_without_the_other(entra: Entra) -> None:
    process, second, third = entra.process(), uuid4(), uuid4()
    entra.delegated(process)
    process.share(second, entra.connection)
    process.share(third, second)
    process.forget(entra.connection)
    process.forget(third)
    with pytest.raises(MicrosoftSignInRefused, match="nobody is signed in"):
        process.access_token(entra.connection)
    assert entra.played.authenticate(entra.process().access_token(second, renew=True)) == USER
    process.forget(second)
    assert entra.vault.is_empty


def test_a_refreshed_token_is_kept_for_all_that_share_it(entra: Entra) -> None:
    """A tenant that takes each refresh token once locks nobody out."""
    entra.played.switches.single_use_refresh = True
    one, two, second = entra.process(), entra.process(), uuid4()
    entra.delegated(one)
    one.share(second, entra.connection)
    for process, connection in ((one, second), (two, entra.connection), (one, second)):
        process.access_token(connection, renew=True)


def test_the_same_users_new_sign_in_counts_for_all_that_share_it(entra: Entra) -> None:
    process, second = entra.process(), uuid4()
    entra.delegated(process)
    process.share(second, entra.connection)
    entra.played.revoke_refresh_tokens()
    with pytest.raises(MicrosoftSignInRefused):
        process.access_token(second, renew=True)
    entra.delegated(process)
    assert entra.played.authenticate(process.access_token(second, renew=True)) == USER


def test_another_users_sign_in_counts_for_that_connection_alone(entra: Entra) -> None:
    process, second = entra.process(), uuid4()
    entra.delegated(process)
    process.share(second, entra.connection)
    entra.delegated(process, SECOND_USER)
    assert entra.played.authenticate(process.access_token(second, renew=True)) == USER
    token = process.access_token(entra.connection, renew=True)
    assert entra.played.authenticate(token) == SECOND_USER


def test_a_sign_in_that_version_0_1_kept_goes_on_and_can_be_shared(entra: Entra) -> None:
    process, second = entra.process(), uuid4()
    entra.delegated(process)
    raw = json.loads(entra.vault.kept(entra.connection, "microsoft_sign_in"))
    cache = entra.vault.kept(UUID(raw["holder"]), "microsoft_cache")
    old = {"mode": raw["mode"], "tenant_id": raw["tenant_id"]}
    process.forget(entra.connection)
    entra.vault.put(entra.connection, "microsoft_sign_in", json.dumps(old).encode())
    entra.vault.put(entra.connection, "microsoft_cache", cache)
    later = entra.process()
    assert entra.played.authenticate(later.access_token(entra.connection, renew=True)) == USER
    later.share(second, entra.connection)
    later.forget(second)
    assert entra.played.authenticate(later.access_token(entra.connection, renew=True)) == USER


# --- threads and faults -----------------------------------------------------------------------


def test_many_threads_ask_for_one_token(entra: Entra) -> None:
    entra.process().with_service(entra.connection, company.TENANT)
    entra.played.switch(token_seconds=3600)
    process = entra.process()
    before, tokens = entra.asked(), []
    threads = [
        threading.Thread(target=lambda: tokens.append(process.access_token(entra.connection)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(tokens) == 8
    assert len(set(tokens)) == 1
    assert entra.asked() - before == 1  # the discovery document


# --- faults -----------------------------------------------------------------------------------


@pytest.mark.parametrize("where", [DISCOVERY, TOKEN])
@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=500),
        Fault(status=503, kind="html"),
        Fault(status=429, kind="empty"),
        Fault(status=200, kind="html"),
        Fault(status=403, kind="html"),
        Fault(status=200, kind="malformed"),
        Fault(status=200, body="[]"),
        Fault(kind="cut"),
    ],
    ids=lambda fault: f"{fault.status} {fault.kind}",
)
def test_a_passing_fault_is_no_refusal(entra: Entra, where: str, fault: Fault) -> None:
    entra.played.faults.plant(
        Fault(path=where, kind=fault.kind, status=fault.status, body=fault.body)
    )
    process = entra.process()
    with pytest.raises(MicrosoftUnavailable):
        process.with_service(entra.connection, company.TENANT)
    process.with_service(entra.connection, company.TENANT)


def test_microsofts_wish_to_be_left_alone_is_passed_on(entra: Entra) -> None:
    entra.played.faults.plant(Fault(path=TOKEN, status=429, headers={"Retry-After": "17"}))
    with pytest.raises(MicrosoftBusy) as busy:
        entra.process().with_service(entra.connection, company.TENANT)
    assert busy.value.retry_after == 17
    assert busy.value.code == "MICROSOFT_UNAVAILABLE"


def test_an_error_that_microsoft_calls_temporary_is_no_refusal(entra: Entra) -> None:
    body = '{"error":"temporarily_unavailable","error_description":"AADSTS90033: try again"}'
    entra.played.faults.plant(Fault(path=TOKEN, status=400, body=body))
    with pytest.raises(MicrosoftUnavailable, match="AADSTS90033"):
        entra.process().with_service(entra.connection, company.TENANT)


def test_every_request_is_counted_also_one_without_an_answer(entra: Entra) -> None:
    entra.played.faults.plant(Fault(path=TOKEN, kind="cut"))
    process = entra.process()
    with pytest.raises(MicrosoftUnavailable):
        process.with_service(entra.connection, company.TENANT)
    assert entra.counted == [("GET", "entra", 200, 1), ("POST", "entra", 0, 1)]


def test_no_token_and_no_secret_is_ever_logged(
    entra: Entra, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "msal")
    cut_off = '{"access_token":"canary-token","expires_in'
    entra.played.faults.plant(Fault(path=TOKEN, status=200, body=cut_off))
    process = entra.process()
    with pytest.raises(MicrosoftUnavailable):
        process.with_service(entra.connection, company.TENANT)
    process.with_service(entra.connection, company.TENANT)
    token = process.access_token(entra.connection)
    for secret in ("canary-token", token, company.CLIENT_SECRET):
        assert secret not in caplog.text


# --- answers that Entra would never give -------------------------------------------------------


class Microsoft:
    """Answers token requests as it is told to, whatever is asked."""

    def __init__(self, **answer: Any) -> None:
        self.answer = answer
        self.process = MsalSignIn(
            "https://login.test/",
            "app",
            "app-secret",
            OpenVault(),
            transport=httpx.MockTransport(self._respond),
        )

    def _respond(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return httpx.Response(200, json=self.answer)
        tenant = f"https://login.test/{request.url.path.split('/')[1]}"
        pages = {"issuer": f"{tenant}/v2.0"}
        for name, path in (("authorization", "authorize"), ("token", "token")):
            pages[f"{name}_endpoint"] = f"{tenant}/oauth2/v2.0/{path}"
        return httpx.Response(200, json=pages)

    def signed_in(self, nonce: str = "", **claims: Any) -> MicrosoftUser:
        """Somebody signs in, with the nonce that was asked for unless another is given."""
        asked = parse_qs(urlsplit(self.process.begin(uuid4(), CALLBACK)).query)
        state = asked["state"][0]
        if claims:
            self.answer["id_token"] = id_token(nonce=nonce or asked["nonce"][0], **claims)
        return self.process.complete(state, {"state": state, "code": "x"})[1]


@pytest.fixture
def microsoft() -> Iterator[Microsoft]:
    microsoft = Microsoft(access_token="a", token_type="Bearer", expires_in=3600)
    yield microsoft
    microsoft.process.close()


def id_token(**claims: Any) -> str:
    def part(content: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")

    standard = {"aud": "app", "iss": "https://login.test/x/v2.0", "iat": 0, "exp": 99999999999}
    return f"{part({})}.{part(standard | claims)}.x"


@pytest.mark.parametrize(
    ("claims", "told"),
    [
        ({"nonce": "another", "tid": "t"}, "does not belong"),
        ({"aud": "another", "tid": "t"}, "does not belong"),
        ({"sub": "s"}, "names no tenant"),
        ({}, "names no tenant"),
    ],
    ids=["another nonce", "another app", "no tenant", "no id token"],
)
def test_an_id_token_that_is_not_ours_signs_nobody_in(
    microsoft: Microsoft, claims: dict[str, str], told: str
) -> None:
    with pytest.raises(MicrosoftSignInRefused, match=told):
        microsoft.signed_in(**claims)


def test_a_person_without_a_name_is_known_by_their_id(microsoft: Microsoft) -> None:
    assert microsoft.signed_in(sub="s", tid="t", oid="1a2b") == MicrosoftUser("t", "1a2b")


def test_a_secret_that_microsoft_repeats_is_blotted_out(microsoft: Microsoft) -> None:
    words = "app-secret is no secret\nTrace ID: 1"
    microsoft.answer = {"error": "invalid_client", "error_description": words}
    with pytest.raises(MicrosoftSignInRefused) as refused:
        microsoft.process.with_service(uuid4(), "harbor.example")
    assert str(refused.value).endswith("invalid_client: *** is no secret")


# --- addresses --------------------------------------------------------------------------------


def test_https_is_left_as_it_is() -> None:
    host, rewrite = rewriting("https://login.microsoftonline.com/")
    assert host == "https://login.microsoftonline.com"
    assert rewrite(f"{host}/x/token") == f"{host}/x/token"


@pytest.mark.parametrize(
    "local", ["http://127.0.0.1:8900/entra", "http://localhost:1", "http://[::1]:1"]
)
def test_plain_http_on_loopback_is_hidden_from_msal(local: str) -> None:
    host, rewrite = rewriting(local)
    assert host.startswith("https://")
    assert rewrite(f"{host}/x/token") == f"{local}/x/token"
    assert rewrite("https://entra.localhost.evil.test/x") == "https://entra.localhost.evil.test/x"


@pytest.mark.parametrize(
    "authority", ["http://login.test", "ftp://x", "", "login.test", "http://[bad", "https://"]
)
def test_a_secret_is_never_sent_in_the_clear_to_another_machine(authority: str) -> None:
    with pytest.raises(MicrosoftAuthorityInsecure):
        MsalSignIn(authority, "app", "secret", FakeVault())
