"""The three simulators together, over real sockets, as the command serves them."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest

from adapters.entra.sign_in import MsalSignIn
from application.ports.sign_in import MicrosoftSignInRefused
from fakes.vault import FakeVault
from sandbox import company, program
from sandbox.program import Sandbox

NOON = datetime(2026, 8, 15, 16, tzinfo=UTC)
PEX = {"authorization": f"token {company.PREPAID_TOKEN}"}


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with Sandbox(purchases=20, now=NOON) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: Sandbox) -> Sandbox:
    running.clock.set(NOON)
    running.entra.faults.clear()
    return running


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=10) as client:
        yield client


def sign_in(sandbox: Sandbox, http: httpx.Client) -> str:
    form = {
        "grant_type": "client_credentials",
        "client_id": company.CLIENT_ID,
        "client_secret": company.CLIENT_SECRET,
        "scope": "https://api.businesscentral.dynamics.com/.default",
    }
    path = f"/entra/{company.TENANT}/oauth2/v2.0/token"
    return str(http.post(f"{sandbox.url}{path}", data=form).json()["access_token"])


def companies(sandbox: Sandbox, http: httpx.Client, token: str) -> httpx.Response:
    root = f"{sandbox.url}/bc/v2.0/{company.TENANT}/{company.ENVIRONMENT}/api/v2.0"
    return http.get(f"{root}/companies", headers={"authorization": f"Bearer {token}"})


def test_each_simulator_answers_under_its_own_path(sandbox: Sandbox, http: httpx.Client) -> None:
    variables = sandbox.environment()
    profile = http.get(f"{variables['PEXBC_PEX_API_URL']}/Business/Profile", headers=PEX)
    assert profile.json()["BusinessAcctId"] == company.PREPAID_BUSINESS
    discovery = "/.well-known/openid-configuration"
    oauth = http.get(variables["PEXBC_PEX_OAUTH_URL"] + discovery).json()
    assert oauth["token_endpoint"].startswith(variables["PEXBC_PEX_OAUTH_URL"])
    entra = variables["PEXBC_ENTRA_AUTHORITY"]
    pages = http.get(f"{entra}/{company.TENANT}/v2.0{discovery}").json()
    assert pages["authorization_endpoint"].startswith(f"{entra}/{company.TENANT}/")
    assert http.get(f"{sandbox.url}/else").status_code == 404


def test_business_central_opens_to_entras_tokens_alone(
    sandbox: Sandbox, http: httpx.Client
) -> None:
    found = companies(sandbox, http, sign_in(sandbox, http)).json()["value"]
    assert company.COMPANY_ID in {one["id"] for one in found}
    assert companies(sandbox, http, "made-up").status_code == 401


def test_the_products_sign_in_passes_and_fails_as_with_entra(sandbox: Sandbox) -> None:
    variables = sandbox.environment()
    entra = MsalSignIn(
        variables["PEXBC_ENTRA_AUTHORITY"],
        variables["PEXBC_ENTRA_CLIENT_ID"],
        variables["PEXBC_ENTRA_CLIENT_SECRET"],
        FakeVault(),
    )
    connection = uuid4()
    address = entra.begin(connection, "http://localhost:8000/microsoft/callback")
    fields = sandbox.entra.sign_in(address).fields
    assert entra.complete(fields["state"], fields)[1].tenant_id == company.TENANT
    first = entra.access_token(connection)
    assert sandbox.entra.authenticate(first) == "dana.kim@harbor.example"
    assert entra.access_token(connection, renew=True) != first
    sandbox.entra.revoke_refresh_tokens()
    with pytest.raises(MicrosoftSignInRefused, match="AADSTS50173"):
        entra.access_token(connection, renew=True)
    entra.close()


def test_one_clock_rules_all_three(sandbox: Sandbox, http: httpx.Client) -> None:
    token = sign_in(sandbox, http)
    clock = f"{sandbox.control_url}/clock"
    assert http.get(clock).json()["now"].startswith("2026-08-15T16:00:0")
    moved = http.post(f"{clock}/advance", json={"hours": 1, "seconds": 1})
    assert moved.json()["now"].startswith("2026-08-15T17:00:0")
    assert companies(sandbox, http, token).status_code == 401
    assert companies(sandbox, http, sign_in(sandbox, http)).status_code == 200
    http.put(clock, json={"now": "2027-08-15T12:00:00-04:00"})
    profile = http.get(f"{sandbox.url}/pex/v4/Business/Profile", headers=PEX)
    assert profile.status_code == 401
    assert "expired" in profile.json()["Message"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/clock", {"now": "2027-08-15T12:00:00"}),
        ("PUT", "/clock", {"now": "noon"}),
        ("PUT", "/clock", {}),
        ("PUT", "/clock", []),
        ("POST", "/clock/advance", {}),
        ("POST", "/clock/advance", {"years": 1}),
        ("POST", "/clock/advance", {"days": 1e12}),
        ("POST", "/clock/advance", {"seconds": "soon"}),
    ],
)
def test_the_clock_takes_only_what_makes_sense(
    sandbox: Sandbox, http: httpx.Client, method: str, path: str, body: Any
) -> None:
    answer = http.request(method, f"{sandbox.control_url}{path}", json=body)
    assert answer.status_code == 400
    assert answer.json()["message"]
    assert (sandbox.clock.now() - NOON).total_seconds() < 60


def test_control_is_on_a_port_of_its_own(sandbox: Sandbox, http: httpx.Client) -> None:
    for prefix in ("/pex", "/entra", "/bc"):
        assert http.get(f"{sandbox.control_url}{prefix}/journal").status_code == 200
    assert http.get(f"{sandbox.control_url}/health").json() == {"status": "ready"}
    assert http.get(f"{sandbox.control_url}/environment").json() == sandbox.environment()
    assert http.get(f"{sandbox.control_url}/else").status_code == 404
    assert http.post(f"{sandbox.control_url}/health").status_code == 405
    assert http.get(f"{sandbox.url}/clock").status_code == 404


def test_a_fault_planted_by_control_hits_one_simulator(
    sandbox: Sandbox, http: httpx.Client
) -> None:
    fault = {"path": "openid-configuration", "status": 503}
    http.post(f"{sandbox.control_url}/entra/faults", json=fault)
    path = f"/{company.TENANT}/v2.0/.well-known/openid-configuration"
    statuses = [http.get(f"{sandbox.url}/entra{path}").status_code for _ in range(2)]
    assert statuses == [503, 200]


def test_a_taken_control_port_leaves_no_port_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = _free_port()
        with pytest.raises(OSError, match="in use"):
            Sandbox(port, taken.getsockname()[1], purchases=1)
        with Sandbox(port, purchases=1) as sandbox:
            assert sandbox.url.endswith(f":{port}")


def test_the_command_tells_how_to_use_it_and_ends_when_asked_to() -> None:
    port, control_port = _free_port(), _free_port()
    code = f"from sandbox.program import run; run({port}, {control_port}, 1, 5)"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=environment
    )
    try:
        assert process.stdout is not None
        lines = [process.stdout.readline().strip() for _ in range(14)]
        assert f"export PEXBC_BC_API_URL=http://127.0.0.1:{port}/bc" in lines
        assert any(company.PREPAID_TOKEN in line for line in lines)
        for secret in (company.PREPAID_CALLBACK_SECRET, company.CREDIT_CALLBACK_SECRET):
            assert any(secret in line for line in lines)
        assert any(company.TENANT in line for line in lines)
        assert lines[-1] == f"# Control: http://127.0.0.1:{control_port}"
        assert httpx.get(f"http://127.0.0.1:{control_port}/health").status_code == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0
    finally:
        process.kill()
        process.communicate()


def test_signals_mean_again_what_they_meant_before(capsys: pytest.CaptureFixture[str]) -> None:
    before = signal.getsignal(signal.SIGTERM)

    def end() -> None:
        while signal.getsignal(signal.SIGTERM) is before:
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGTERM)

    ending = threading.Thread(target=end)
    ending.start()
    program.run(0, 0, seed=1, purchases=1)
    ending.join()
    assert signal.getsignal(signal.SIGTERM) is before
    assert "export PEXBC_PEX_API_URL=" in capsys.readouterr().out


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port
