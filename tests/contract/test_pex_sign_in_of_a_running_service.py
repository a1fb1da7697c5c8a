"""Signed in with PEX in the browser: connect, sync, renew, and notice when it is over."""

import hashlib
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import pytest
import structlog
from structlog.testing import capture_logs

from application.pex_credential import PEX_CREDENTIAL, PexCredential, decode
from application.ports.pex import PexPermissionMissing, PexTokenRefused
from application.ports.pex_sign_in import PexSignInRefused
from application.sign_in_with_pex import SignedIn
from application.start_run import RunRequest
from domain.connection import Connection, Status
from domain.refusals import Refusal
from domain.sync_run import RunStatus, SyncRun
from running_runs import Steps, steps
from sandbox import company
from sandbox.faults import Fault

BACK = "http://localhost:8000/api/v1/pex/callback"
RENEWER = Path(__file__).with_name("pex_renewer.py")
PROCESSES = 4
TIMES = 5


class Page(HTMLParser):
    """The fields and choices of a form."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.hidden: dict[str, str] = {}
        self.businesses: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == "input" and told.get("type") == "hidden":
            self.hidden[told["name"]] = told["value"]
        if tag == "input" and told.get("name") == "business":
            self.businesses.append(told["value"])


def decide(address: str, business: int = company.PREPAID_BUSINESS, **choice: str) -> dict[str, str]:
    """Open the page, choose, and press a button; what the browser brings back."""
    with httpx.Client() as browser:
        page = Page(browser.get(address).raise_for_status().text)
        assert str(business) in page.businesses
        form = page.hidden | {"business": str(business), "decision": "approve"} | choice
        answer = browser.post(address.partition("?")[0], data=form)
    assert answer.headers["location"].startswith(BACK)
    return dict(parse_qsl(urlsplit(answer.headers["location"]).query))


@pytest.fixture
def service(service_url: str) -> Iterator[Steps]:
    """Connected and configured by an API token, as things were before."""
    with steps(service_url) as service:
        yield service


def signed_in(service: Steps, business: int = company.PREPAID_BUSINESS) -> SignedIn:
    """A person signs in; nothing is connected by that."""
    use_case = service.services.sign_in_with_pex
    answer = decide(use_case.begin("browser", "nonce-1", BACK), business)
    return use_case.complete(answer["state"], answer)


def connect(service: Steps) -> PexCredential:
    """Sign in and connect; what is kept of it."""
    identity = signed_in(service).identity
    connection_id, created = service.services.connect.with_pex(identity, identity.actor)
    assert (connection_id, created) == (service.connection_id, False)
    return kept(service)


def kept(service: Steps) -> PexCredential:
    found = service.services.vault.get(service.connection_id, PEX_CREDENTIAL)
    assert found is not None
    return decode(found[0])


def renewals(service: Steps) -> int:
    """How often tokens were asked for since the last call, signing in included."""
    asked = sum(path == "oauth/token" for _, path, _, _ in service.requests)
    service.requests.clear()
    return asked


def run(service: Steps) -> SyncRun:
    """Take a run's steps until it is over."""
    run_id = service.services.start_run.start(RunRequest(service.connection_id, "admin:test"))
    service.see_through(run_id)
    return service.services.log.load(SyncRun, run_id)


def test_a_business_is_connected_by_whoever_signed_in_and_synced(service: Steps) -> None:
    credential = connect(service)
    history = service.services.log.history(service.connection_id)
    (event,) = [one for one in history if one.topic == "connection.pex_signed_in"][-1:]
    assert '"actor":"admin:dana.k"' in event.payload
    assert '"pex_user":"dana.k"' in event.payload
    pex_id = service.purchase()
    assert service.sync()[pex_id] == "posted"
    assert kept(service) == credential  # all that was done with the first access token


def test_a_sign_in_alone_stores_nothing(service: Steps) -> None:
    before = service.services.log.head()
    told = signed_in(service, company.CREDIT_BUSINESS)
    assert told.identity.business.id == company.CREDIT_BUSINESS
    assert told.bound_to == "nonce-1"
    assert service.services.log.head() == before
    assert kept(service).scheme == "token"


def test_whoever_may_not_connect_a_business_leaves_everything_as_it_was(service: Steps) -> None:
    class NotYours(Exception):
        pass

    def may_connect(business_id: int) -> None:
        assert business_id == company.PREPAID_BUSINESS
        raise NotYours

    identity = signed_in(service).identity
    with pytest.raises(NotYours):
        service.services.connect.with_pex(identity, identity.actor, may_connect)
    assert kept(service).scheme == "token"


def test_a_missing_permission_is_named_at_the_sign_in(service: Steps) -> None:
    service.sandbox.pex.switch(
        company.PREPAID_BUSINESS, permissions={"ViewCardTransactions": False}
    )
    with pytest.raises(PexPermissionMissing, match="View card transactions"):
        signed_in(service)


def test_a_person_who_declines_is_told_so(service: Steps) -> None:
    use_case = service.services.sign_in_with_pex
    answer = decide(use_case.begin("browser", "nonce-1", BACK), decision="deny")
    with pytest.raises(PexSignInRefused, match="access_denied"):
        use_case.complete(answer["state"], answer)


def test_an_access_token_that_is_over_is_renewed_within_the_run(service: Steps) -> None:
    first = connect(service)
    renewals(service)
    service.sandbox.pex.expire_token(first.token)
    pex_id = service.purchase()
    assert service.sync()[pex_id] == "posted"
    second = kept(service)
    assert second.token != first.token
    assert second.refresh_token != first.refresh_token
    assert renewals(service) == 1


def test_a_run_may_last_longer_than_its_access_tokens(service: Steps) -> None:
    service.sandbox.pex.switch(access_seconds=1)
    connect(service)
    pex_id = service.purchase()
    assert service.sync()[pex_id] == "posted"


def test_a_replay_by_a_thief_ends_the_sign_in_and_the_next_run_says_what_to_do(
    service: Steps,
) -> None:
    stolen = str(connect(service).refresh_token)
    service.sandbox.pex.expire_token(kept(service).token)
    assert run(service).status is RunStatus.SUCCEEDED
    replay(service, stolen)
    renewals(service)
    ended = run(service)
    assert ended.status is not RunStatus.SUCCEEDED
    assert ended.code == "PEX_TOKEN_REFUSED"
    connection = service.services.log.load(Connection, service.connection_id)
    assert connection.status is Status.ACTION_REQUIRED
    assert connection.trouble is not None
    assert connection.trouble[0] == "PEX_TOKEN_REFUSED"
    assert "Sign in with PEX again" in PexTokenRefused.fix
    assert renewals(service) == 1
    service.services.check_connection.check(service.connection_id)
    assert renewals(service) == 0  # a dead refresh token is not sent again
    connect(service)
    assert run(service).status is RunStatus.SUCCEEDED


def replay(service: Steps, refresh_token: str) -> None:
    form = {
        "grant_type": "refresh_token",
        "refresh_token": refresh_token,
        "client_id": company.PEX_CLIENT_ID,
    }
    url = f"{service.services.settings.pex_oauth_url}/oauth21/token"
    assert httpx.post(url, data=form).json()["error"] == "invalid_grant"


def test_a_renewal_whose_answer_is_cut_off_ends_the_sign_in_without_a_replay(
    service: Steps,
) -> None:
    first = connect(service)
    service.sandbox.pex.expire_token(first.token)
    service.sandbox.pex.faults.plant(Fault(path="/oauth21/token", kind="cut", moment="after"))
    renewals(service)
    assert run(service).code == "PEX_TOKEN_REFUSED"
    assert run(service).code == "PEX_TOKEN_REFUSED"
    assert renewals(service) == 1


def test_while_pexs_sign_in_is_away_the_run_waits_and_goes_on(service: Steps) -> None:
    service.sandbox.pex.expire_token(connect(service).token)
    headers = {"Retry-After": "1"}
    service.sandbox.pex.faults.plant(Fault(path="/oauth21/token", status=503, headers=headers))
    pex_id = service.purchase()
    assert service.sync()[pex_id] == "posted"


def test_a_disconnect_ends_the_sign_in_at_pex(service: Steps) -> None:
    credential = connect(service)
    service.services.connect.disconnect(service.connection_id, "admin:dana.k")
    assert service.services.vault.get(service.connection_id, PEX_CREDENTIAL) is None
    with pytest.raises(PexTokenRefused):
        service.services.pex_sign_in.renew(str(credential.refresh_token))
    with pytest.raises(PexTokenRefused):
        service.services.pex.with_bearer(credential.token).business()


def test_a_disconnect_does_not_wait_for_pex(service: Steps) -> None:
    connect(service)
    service.sandbox.pex.faults.plant(Fault(path="/oauth21/revoke", kind="cut", times=-1))
    service.services.connect.disconnect(service.connection_id, "admin:dana.k")
    connection = service.services.log.load(Connection, service.connection_id)
    assert connection.status is Status.DISCONNECTED


def renewer(stack: ExitStack, variables: dict[str, str]) -> "subprocess.Popen[str]":
    """A further process, which ends with the stack."""
    process = stack.enter_context(
        subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, str(RENEWER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | variables,
        )
    )
    stack.callback(process.kill)
    return process


def heard(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def tell(process: "subprocess.Popen[str]", words: str) -> None:
    assert process.stdin is not None
    process.stdin.write(f"{words}\n")
    process.stdin.flush()


def test_processes_that_need_a_new_access_token_at_once_renew_once(service: Steps) -> None:
    dead = connect(service).token
    settings = service.services.settings
    variables = service.sandbox.environment() | {
        "PEXBC_DATABASE_URL": settings.database_url,
        "PEXBC_SECRET_KEY": settings.sealing_keys(),
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    with ExitStack() as stack:
        processes = [renewer(stack, variables) for _ in range(PROCESSES)]
        for _ in range(TIMES):
            assert [heard(process) for process in processes] == ["ready"] * PROCESSES
            for process in processes:
                tell(process, f"{service.connection_id} {dead}")
            told = {heard(process) for process in processes}
            dead = kept(service).token
            assert told == {hashlib.sha256(dead.encode()).hexdigest()}
    posted = [
        one for one in service.sandbox.pex.faults.journal if one["path"].endswith("/oauth21/token")
    ]
    assert len(posted) == 1 + TIMES
    assert {one["status"] for one in posted} == {200}


def test_no_secret_gets_into_events_logs_addresses_or_errors(
    service: Steps, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before = structlog.get_config()
    structlog.reset_defaults()
    told: list[str] = []
    use_case = service.services.sign_in_with_pex
    answer = decide(use_case.begin("browser", "nonce-canary", BACK))
    caplog.set_level(logging.DEBUG, logger="httpx")
    caplog.clear()  # the browser's own requests above are not ours
    with caplog.at_level(logging.DEBUG), capture_logs() as logs:
        identity = use_case.complete(answer["state"], answer).identity
        first = identity.credential
        service.services.connect.with_pex(identity, identity.actor)
        with pytest.raises(Refusal) as again:
            use_case.complete(answer["state"], answer)
        told.append(str(again.value))
        service.sandbox.pex.expire_token(first.token)
        assert run(service).status is RunStatus.SUCCEEDED
        second = kept(service)
        replay(service, str(first.refresh_token))
        told.append(str(run(service)))
        connection = service.services.log.load(Connection, service.connection_id)
        told.append(str(connection.trouble))
    standard = "".join(one.getMessage() for one in caplog.records)
    assert "oauth21/token" in standard  # at this level the HTTP client tells what it sends
    structlog.configure(**before)
    history = service.services.log.read(0, 10_000)
    journal = [f"{one['path']}?{one['query']}" for one in service.sandbox.pex.faults.journal]
    ours = [one for one in journal if not one.startswith("/oauth21/authorize")]
    everything = {
        "events": "".join(one.payload for one in history),
        "logs": str(logs),
        "standard logs": standard,
        "requests": str(service.requests),
        "addresses": str(ours),
        "errors": str(told),
        "database": "".join(_raw(one) for one in tmp_path.iterdir() if "key" not in one.name),
    }
    secrets = {
        "access": first.token,
        "renewed access": second.token,
        "refresh": str(first.refresh_token),
        "renewed refresh": str(second.refresh_token),
        "code": answer["code"],
        "state": answer["state"],
        "nonce": "nonce-canary",
    }
    found = {
        (name, place)
        for name, secret in secrets.items()
        for place, text in everything.items()
        if secret in text or urlencode({"": secret})[1:] in text
    }
    assert not found


def _raw(path: Path) -> str:
    return path.read_bytes().decode("latin-1")


def test_a_code_that_is_over_at_pex_is_told_in_pexs_words(service: Steps) -> None:
    use_case = service.services.sign_in_with_pex
    answer = decide(use_case.begin("browser", "nonce-1", BACK))
    service.sandbox.clock.advance(timedelta(minutes=6))
    with pytest.raises(PexSignInRefused, match="invalid_grant: the code has expired"):
        use_case.complete(answer["state"], answer)
