"""Servers that are not where they should be, or are not as they should be."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn

import pytest

from doctors_patient import Patient, unchecked
from entrypoints.doctor import names
from entrypoints.doctor.finding import State
from fakes.machine import FakeMachine
from running_brokers import ADDRESSES, running_broker
from sandbox.web import Response, Server
from small_mail_server import MailServer

NOBODY = "http://127.0.0.1:1"
SIGNED: dict[str, Any] = {"notify_webhook_secret": "canary " * 8}
BY_MAIL: dict[str, Any] = {
    "notify_from": "pexbc@harbor.example",
    "notify_to": "dana@harbor.example",
}


# --- broker, servers, clock -----------------------------------------------------------------


@pytest.mark.parametrize(("kind", "user"), [("rabbitmq", "guest"), ("redis", "somebody")])
def test_a_broker_that_lets_nobody_in_is_told_from_one_out_of_reach(
    patient: Patient, kind: str, user: str, leave_out: Callable[[str, str], NoReturn]
) -> None:
    with running_broker(kind, leave_out) as broker:
        scheme = ADDRESSES[kind][2].partition(":")[0]
        url = f"{scheme}://{user}:pw-canary@127.0.0.1:{broker.wire.port}"
        diagnosis = patient.diagnosis(broker_url=url)
        assert patient.found(broker_url=broker.url) == []
    (told,) = (one for one in diagnosis if one.name == names.BROKER)
    assert [one.code for one in told.findings] == ["BROKER_SIGN_IN_REFUSED"]
    assert "pw-canary" not in repr(diagnosis)
    assert patient.found(broker_url=f"{scheme}://127.0.0.1:1") == [
        (names.BROKER, "BROKER_UNREACHABLE")
    ]


@pytest.mark.parametrize(
    ("setting", "address", "name", "code"),
    [
        ("pex_api_url", f"{NOBODY}/v4", names.PEX_ADDRESS, "PEX_UNREACHABLE"),
        ("entra_authority", NOBODY, names.MICROSOFT_ADDRESS, "MICROSOFT_UNREACHABLE"),
        ("bc_api_url", NOBODY, names.BUSINESS_CENTRAL_ADDRESS, "BC_UNREACHABLE"),
        ("bc_api_url", "http://[", names.BUSINESS_CENTRAL_ADDRESS, "BC_UNREACHABLE"),
        ("pex_api_url", "http://pex.example/v4", names.PEX_ADDRESS, "ADDRESS_INSECURE"),
        ("pex_oauth_url", NOBODY, names.PEX_IN_BROWSER, "PEX_SIGN_IN_UNUSABLE"),
        (
            "entra_authority",
            "http://login.example",
            names.MICROSOFT_ADDRESS,
            "MICROSOFT_AUTHORITY_INSECURE",
        ),
    ],
)
def test_an_address_that_leads_nowhere_is_one_fault_for_all_connections(
    patient: Patient, setting: str, address: str, name: str, code: str
) -> None:
    change: dict[str, Any] = {setting: address}
    assert patient.found(**change) == [(name, code)]


def test_an_address_without_its_version_leads_not_to_pex(patient: Patient) -> None:
    without = patient.settings().pex_api_url.removesuffix("/v4")
    assert patient.found(pex_api_url=without) == [(names.PEX_ADDRESS, "PEX_UNREACHABLE")]


def test_an_app_that_is_not_set_is_named_and_sign_in_in_the_browser_may_be_missing(
    patient: Patient,
) -> None:
    diagnosis = patient.diagnosis(entra_client_secret="", pex_client_id="")
    assert [(one.name, finding.code) for one in diagnosis for finding in one.findings] == [
        (names.MICROSOFT_APP, "MICROSOFT_APP_MISSING")
    ]
    waiting = unchecked(diagnosis)
    assert "Set PEXBC_PEX_CLIENT_ID" in waiting[names.PEX_IN_BROWSER]
    assert waiting[names.MICROSOFT] == f"it waits for: {names.MICROSOFT_APP}"


@pytest.mark.parametrize("ahead", [timedelta(seconds=90), timedelta(seconds=-90)])
def test_a_clock_that_differs_from_all_servers_is_named(patient: Patient, ahead: timedelta) -> None:
    assert patient.found() == []
    patient.machine = FakeMachine(ahead=ahead)
    (told,) = (one for one in patient.diagnosis() if one.name == names.CLOCK)
    assert [one.code for one in told.findings] == ["CLOCK_OFF"]
    assert ("ahead of" if ahead > timedelta() else "behind") in told.findings[0].cause


def test_a_clock_that_was_set_is_named(patient: Patient) -> None:
    assert patient.found(now=datetime.now(UTC)) == [(names.VARIABLES, "CLOCK_SET")]


# --- notices --------------------------------------------------------------------------------


@pytest.fixture
def webhook() -> Iterator[tuple[str, list[str], list[int]]]:
    """A webhook's address, the methods that it was asked with, and its status."""
    methods, status = [], [405]

    def answer(request: Any) -> Response:
        methods.append(request.method)
        return Response(status[0])

    with Server(answer) as server:
        yield server.url, methods, status


def test_a_webhook_is_found_by_asking_it_nothing(
    patient: Patient, webhook: tuple[str, list[str], list[int]]
) -> None:
    url, methods, status = webhook
    assert patient.found(notify_webhook_url=url, **SIGNED) == []
    assert methods == ["HEAD"]
    status[0] = 502
    ill = [(names.WEBHOOK, "WEBHOOK_UNREACHABLE")]
    assert patient.found(notify_webhook_url=url, **SIGNED) == ill
    assert patient.found(notify_webhook_url=NOBODY, **SIGNED) == ill


def test_a_mail_server_is_signed_in_to_and_handed_nothing(patient: Patient) -> None:
    with MailServer() as server:
        url = f"smtp://dana:pw-canary@127.0.0.1:{server.port}"
        assert patient.found(notify_smtp_url=url, **BY_MAIL) == []
    assert server.logins == ["\0dana\0pw-canary"]
    assert server.messages == []
    assert "MAIL" not in server.commands


def test_a_mail_server_that_lets_nobody_in_is_named_without_the_password(patient: Patient) -> None:
    with MailServer(refuses="AUTH") as server:
        url = f"smtp://dana:pw-canary@127.0.0.1:{server.port}"
        diagnosis = patient.diagnosis(notify_smtp_url=url, **BY_MAIL)
    (told,) = (one for one in diagnosis if one.state is State.ILL)
    assert (told.name, told.findings[0].code) == (names.MAIL, "MAIL_SERVER_UNREACHABLE")
    assert "SMTPAuthenticationError" in told.findings[0].cause
    assert "pw-canary" not in repr(diagnosis)
    assert "hunter2" not in repr(diagnosis)
