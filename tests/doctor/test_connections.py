"""What can be wrong with a connection, each named by its code."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from application.pex_credential import PEX_CREDENTIAL, PexCredential, decode, encode
from application.start_run import RunRequest
from doctor.conftest import Ward
from doctors_patient import Patient, unchecked
from domain.eastern_time import eastern_day
from domain.sync_window import months_back
from entrypoints.doctor import names
from sandbox import company
from sandbox.entra.state import APP, SECOND_USER
from sandbox.faults import Fault
from sandbox.program import Sandbox

Do = Callable[[Sandbox], Any]


def test_a_healthy_set_up_is_found_well(patient: Patient, connection: UUID) -> None:
    diagnosis = patient.diagnosis()
    assert patient.found() == []
    assert [one.name for one in diagnosis if one.connection == connection] == [
        names.PEX,
        names.MICROSOFT,
        names.BUSINESS_CENTRAL,
        names.JOURNAL,
        names.SETTINGS,
        names.SCHEDULER,
        names.WORKER,
    ]


def ends(patient_sandbox: Sandbox, at: datetime) -> None:
    """Let the PEX token end at an instant."""
    patient_sandbox.pex.world.tokens[company.PREPAID_TOKEN].expires = at


def blocked(number: str, *, blocked: bool) -> Do:
    return lambda it: it.business_central.change_account(number, blocked=blocked)


FAULTS: dict[str, tuple[Do, Do, str, str]] = {
    "a dead PEX token": (
        lambda it: it.pex.expire_token(company.PREPAID_TOKEN),
        lambda it: ends(it, datetime.now(UTC) + timedelta(days=150)),
        names.PEX,
        "PEX_TOKEN_REFUSED",
    ),
    "a PEX token that was not renewed and ends in ten days": (
        lambda it: ends(it, datetime.now(UTC) + timedelta(days=10)),
        lambda it: ends(it, datetime.now(UTC) + timedelta(days=150)),
        names.PEX,
        "PEX_TOKEN_EXPIRES_SOON",
    ),
    "a PEX permission taken away": (
        lambda it: it.pex.switch(permissions={"ViewCardTransactions": False}),
        lambda it: it.pex.switch(permissions={"ViewCardTransactions": True}),
        names.PEX,
        "PEX_PERMISSION_MISSING",
    ),
    "an expired secret of the app": (
        lambda it: it.entra.switch(secret_expired=True),
        lambda it: it.entra.switch(secret_expired=False),
        names.MICROSOFT,
        "MICROSOFT_SECRET_EXPIRED",
    ),
    "a disabled app": (
        lambda it: it.entra.switch(app_enabled=False),
        lambda it: it.entra.switch(app_enabled=True),
        names.MICROSOFT,
        "MICROSOFT_APP_DISABLED",
    ),
    "a consent taken back": (
        lambda it: it.entra.switch(consent=False),
        lambda it: it.entra.switch(consent=True),
        names.MICROSOFT,
        "MICROSOFT_CONSENT_MISSING",
    ),
    "an app that Business Central does not know": (
        lambda it: it.business_central.faults.plant(
            Fault(path="companies", times=-1, status=401, kind="xml")
        ),
        lambda it: it.business_central.faults.clear(),
        names.BUSINESS_CENTRAL,
        "BC_SIGN_IN_REFUSED",
    ),
    "an app without a permission set": (
        lambda it: it.business_central.switch(denied=["GET companies"]),
        lambda it: it.business_central.switch(denied=[]),
        names.BUSINESS_CENTRAL,
        "BC_PERMISSION_MISSING",
    ),
    "a company that is hidden": (
        lambda it: it.business_central.hide_company(APP),
        lambda it: it.business_central.hide_company(APP, hidden=False),
        names.BUSINESS_CENTRAL,
        "COMPANY_NOT_FOUND",
    ),
    "a permission set without journals": (
        lambda it: it.business_central.switch(denied=["GET journals"]),
        lambda it: it.business_central.switch(denied=[]),
        names.JOURNAL,
        "BC_PERMISSION_MISSING",
    ),
    "a deleted journal": (
        lambda it: it.business_central.delete_journal(),
        lambda it: it.business_central.create_journal(),
        names.JOURNAL,
        "JOURNAL_MISSING",
    ),
    "a renamed journal": (
        lambda it: it.business_central.change_journal(code="PEX OLD"),
        lambda it: it.business_central.change_journal("PEX OLD", code="PEX CARD"),
        names.JOURNAL,
        "JOURNAL_MISSING",
    ),
    "a balancing account on the journal": (
        lambda it: it.business_central.set_balancing_account("10100"),
        lambda it: it.business_central.set_balancing_account(""),
        names.JOURNAL,
        "JOURNAL_HAS_BALANCING_ACCOUNT",
    ),
    "a blocked account": (
        blocked("10950", blocked=True),
        blocked("10950", blocked=False),
        names.SETTINGS,
        "ACCOUNT_BLOCKED",
    ),
    "a blocked bank account": (
        lambda it: it.business_central.change_bank("CHECKING", blocked=True),
        lambda it: it.business_central.change_bank("CHECKING", blocked=False),
        names.SETTINGS,
        "BANK_ACCOUNT_BLOCKED",
    ),
    "a deleted dimension value": (
        lambda it: it.business_central.delete_dimension_value("DEPARTMENT", "ADM"),
        lambda it: it.business_central.add_dimension_values("DEPARTMENT", [{"code": "ADM"}]),
        names.SETTINGS,
        "DIMENSION_VALUE_UNKNOWN",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_broke_outside_is_named_alone(ward: Ward, fault: str) -> None:
    break_it, mend_it, check, code = FAULTS[fault]
    break_it(ward.patient.sandbox)
    try:
        assert ward.patient.found() == [(check, code)]
    finally:
        mend_it(ward.patient.sandbox)


def test_a_token_at_hand_hides_no_wrong_secret(patient: Patient, connection: UUID) -> None:
    with patient.open() as services:
        services.check_connection.check(connection)  # whose token is good for an hour yet
    wrong = patient.diagnosis(entra_client_secret="canary-wrong-secret")
    (finding,) = (finding for one in wrong for finding in one.findings)
    assert finding.code == "MICROSOFT_SECRET_WRONG"
    assert "PEXBC_ENTRA_CLIENT_SECRET" in finding.fix
    assert unchecked(wrong)[names.JOURNAL] == f"it waits for: {names.BUSINESS_CENTRAL}"
    assert "canary" not in repr(wrong)


def test_a_tenant_that_microsoft_does_not_know_is_named(patient: Patient, connection: UUID) -> None:
    with patient.open() as services:
        sign_in = services.vault.get(connection, "microsoft_sign_in")
        assert sign_in is not None
        gone = sign_in[0].replace(company.TENANT.encode(), str(uuid4()).encode())
        services.vault.put(connection, "microsoft_sign_in", gone)
    assert patient.found() == [(names.MICROSOFT, "MICROSOFT_TENANT_UNKNOWN")]


def test_a_user_who_has_to_sign_in_again_is_named(newcomer: Patient) -> None:
    newcomer.configure(newcomer.connect(user=SECOND_USER))
    assert newcomer.found() == []
    newcomer.sandbox.entra.revoke_refresh_tokens()
    assert newcomer.found() == [(names.MICROSOFT, "MICROSOFT_SIGN_IN_REFUSED")]


def test_a_deleted_tag_is_named_unless_pex_cannot_be_asked(newcomer: Patient) -> None:
    newcomer.configure(newcomer.connect())
    newcomer.sandbox.pex.delete_tag(company.CLASS_TAG)
    assert newcomer.found() == [(names.SETTINGS, "TAG_UNKNOWN")]
    newcomer.sandbox.pex.expire_token(company.PREPAID_TOKEN)
    assert newcomer.found() == [(names.PEX, "PEX_TOKEN_REFUSED")]


def test_a_start_date_that_lies_too_far_back_by_now_is_no_fault(newcomer: Patient) -> None:
    made = newcomer.connect()
    first = months_back(eastern_day(datetime.now(UTC)), 12)
    newcomer.configure(made, lambda body: body.update(start_date=first.isoformat()))
    assert newcomer.found(made, now=datetime.now(UTC) + timedelta(days=20)) == [
        (names.VARIABLES, "CLOCK_SET")
    ]


def test_a_connection_that_was_never_finished_is_told_what_it_lacks(newcomer: Patient) -> None:
    with newcomer.open() as services:
        services.connect.with_pex_token(company.PREPAID_TOKEN, "test")
    assert newcomer.found() == [(names.MICROSOFT, "CONNECTION_NOT_READY")]
    newcomer.connect()
    assert newcomer.found() == [(names.BUSINESS_CENTRAL, "CONNECTION_NOT_READY")]


def test_a_parted_connection_is_left_alone(patient: Patient, connection: UUID) -> None:
    with patient.open() as services:
        services.connect.disconnect(connection, "test")
    diagnosis = patient.diagnosis()
    assert all(one.connection is None for one in diagnosis)
    assert unchecked(diagnosis)[names.CONNECTIONS].startswith("there is none")


def test_one_connection_can_be_checked_alone(patient: Patient, connection: UUID) -> None:
    other = patient.connect(company.CREDIT_TOKEN)
    assert patient.found() == [(names.BUSINESS_CENTRAL, "CONNECTION_NOT_READY")]
    assert patient.found(connection) == []
    assert patient.found(other) == [(names.BUSINESS_CENTRAL, "CONNECTION_NOT_READY")]
    assert patient.found(uuid4()) == [(names.CONNECTIONS, "CONNECTION_UNKNOWN")]


def test_a_scheduler_that_lets_a_sync_lie_is_named(patient: Patient, connection: UUID) -> None:
    patient.switch_auto_sync_on(connection)
    assert patient.found() == []
    patient.plan(datetime.now(UTC) - timedelta(minutes=5))
    assert patient.found() == []
    patient.plan(datetime.now(UTC) - timedelta(hours=1))
    assert patient.found() == [(names.SCHEDULER, "SCHEDULER_SILENT")]


def test_a_worker_that_lets_a_run_lie_is_named(patient: Patient, connection: UUID) -> None:
    with patient.open() as services:
        services.start_run.start(RunRequest(connection, "test"))
    assert patient.found() == []
    later = datetime.now(UTC) + timedelta(hours=1)
    assert patient.found(now=later) == [
        (names.VARIABLES, "CLOCK_SET"),
        (names.WORKER, "WORKER_SILENT"),
    ]


def test_a_pex_sign_in_whose_access_token_is_over_is_renewed_and_kept(patient: Patient) -> None:
    with patient.open() as services:
        address = services.sign_in_with_pex.begin("test", "", "http://localhost:8000/back")
        answer = patient.sandbox.pex.sign_in(address).fields
        identity = services.sign_in_with_pex.complete(answer["state"], answer).identity
        made, _ = services.connect.with_pex(identity, "test")
        over = datetime.now(UTC) - timedelta(minutes=1)
        old = replace(identity.credential, access_until=over, renew_at=over)
        services.vault.put(made, PEX_CREDENTIAL, encode(old))

    def kept() -> PexCredential:
        with patient.open() as services:
            found = services.vault.get(made, PEX_CREDENTIAL)
        assert found is not None
        return decode(found[0])

    assert patient.found() == []
    renewed = kept()
    assert renewed.refresh_token not in (None, old.refresh_token)
    assert patient.found() == []
    assert kept() == renewed


def test_a_connection_that_uses_anothers_sign_in_is_found_well(newcomer: Patient) -> None:
    first = newcomer.connect()
    newcomer.configure(first)
    with newcomer.open() as services:
        second, _ = services.connect.with_pex_token(company.CREDIT_TOKEN, "test")
        services.connect.with_link(second, first, None, "test")
    newcomer.configure(second)
    assert newcomer.found() == []
