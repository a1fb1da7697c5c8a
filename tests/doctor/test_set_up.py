"""What can be wrong with a set-up as a whole, each named by its code."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from adapters.persistence.engine import make_engine
from adapters.persistence.schema import downgrade
from doctors_patient import KEY, Patient, unchecked
from entrypoints.doctor import diagnosis as order
from entrypoints.doctor import names
from entrypoints.doctor.diagnosis import diagnose
from entrypoints.doctor.finding import Check, Finding, Unchecked, examine
from entrypoints.doctor.machine import ThisMachine
from entrypoints.doctor.set_up import SetUp
from entrypoints.doctor.variables import Variables, read_variables, unknown
from fakes.machine import FakeMachine
from sandbox.faults import Fault

NOBODY = "http://127.0.0.1:1"
SIGNED: dict[str, Any] = {"notify_webhook_secret": "canary " * 8}
BY_MAIL: dict[str, Any] = {
    "notify_from": "pexbc@harbor.example",
    "notify_to": "dana@harbor.example",
}


# --- configuration --------------------------------------------------------------------------


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Variables]:
    """Reads the variables that a test sets, and no others."""
    monkeypatch.chdir(tmp_path)

    def read(**variables: str) -> Variables:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        return read_variables()

    return read


def test_each_variable_that_cannot_be_read_is_set_aside_without_its_value(
    environment: Callable[..., Variables],
) -> None:
    read = environment(
        PEXBC_BC_CONCURRENCY="canary",
        PEXBC_DATABASE_URL="canary",
        PEXBC_NOTIFY_WEBHOOK_URL="https://hooks.example",
        PEXBC_BROKER_URL="kafka://someone:canary@127.0.0.1",
        PEXBC_PUBLIC_URL="https://books.example",
    )
    assert set(read.unreadable) == {
        "bc_concurrency",
        "database_url",
        "notify_webhook_secret",
        "broker_url",
    }
    assert read.settings.bc_concurrency == 3
    assert read.settings.public_url == "https://books.example"
    with SetUp(read, FakeMachine()) as set_up:
        first = next(diagnose(set_up))
        assert [one.code for one in first.findings] == ["VARIABLE_UNREADABLE"] * 4
        assert "canary" not in repr(first)
        assert any("PEXBC_BC_CONCURRENCY" in one.cause for one in first.findings)
        with pytest.raises(Unchecked, match="PEXBC_DATABASE_URL cannot be read"):
            set_up.requires_variable("database_url")


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("PEXBC_DATABSE_URL", "PEXBC_DATABASE_URL"),
        ("pexbc_entra_client_sercet", "PEXBC_ENTRA_CLIENT_SECRET"),
        ("PEXBC_QUITE_ANOTHER_THING", None),
    ],
)
def test_a_misspelt_variable_is_named_with_what_may_be_meant(
    name: str, nearest: str | None
) -> None:
    others = {"PEXBC_TEST_REDIS_URL": "", "PEXBC_LOG_LEVEL": "", "PATH": ""}
    assert list(unknown({name: "", **others})) == [(name, nearest)]


def test_a_variable_in_the_file_beside_is_looked_at_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("PEXBC_BROKR_URL=canary\n")
    assert list(unknown(ThisMachine().variables())) == [("PEXBC_BROKR_URL", "PEXBC_BROKER_URL")]


@pytest.mark.parametrize(
    ("url", "codes"),
    [
        ("http://localhost:8000", []),
        ("http://127.0.0.1:8000", []),
        ("https://books.example/pexbc", []),
        ("http://books.example", ["PUBLIC_URL_UNFIT"]),
        ("books.example", ["PUBLIC_URL_UNFIT"]),
        ("https://books.example/?a=b", ["PUBLIC_URL_UNFIT"]),
        ("https://[::1", ["PUBLIC_URL_UNFIT"]),
    ],
)
def test_an_address_to_which_no_sign_in_comes_back_is_named(
    patient: Patient, url: str, codes: list[str]
) -> None:
    variables = Variables(patient.settings(public_url=url), {})
    with SetUp(variables, patient.machine) as set_up:
        look = dict(order.OF_THE_SET_UP)[names.PUBLIC_URL]
        assert [finding.code for finding in look(set_up)] == codes


# --- keys, database, events -----------------------------------------------------------------


def test_keys_that_are_too_short_are_named_and_what_they_seal_is_not_looked_at(
    patient: Patient,
) -> None:
    diagnosis = patient.diagnosis(secret_key="canary")
    assert [one.code for one in diagnosis[2].findings] == ["SEALING_KEY_UNFIT"]
    waiting = unchecked(diagnosis)
    assert waiting[names.SECRETS] == waiting[names.PEX] == f"it waits for: {names.SEALING_KEYS}"
    assert "canary" not in repr(diagnosis)


def test_secrets_that_another_key_sealed_are_counted(patient: Patient) -> None:
    diagnosis = patient.diagnosis(secret_key="another " * 5)
    findings = {one.name: one.findings for one in diagnosis if one.findings}
    assert set(findings) == {names.SECRETS, names.PEX, names.MICROSOFT}
    assert {one.code for found in findings.values() for one in found} == {"SECRET_UNREADABLE"}
    (counted,) = findings[names.SECRETS]
    assert counted.cause.endswith("sealed secrets cannot be opened with the keys at hand.")
    assert "behind the new one" in counted.fix
    assert patient.found(secret_key=f"{'another ' * 5},{KEY}") == []


def test_a_key_file_that_is_gone_or_open_to_others_is_named(patient: Patient) -> None:
    file = patient.database.with_suffix(".db.key")
    assert (names.SEALING_KEYS, "KEY_FILE_MISSING") in patient.found(secret_key="")
    assert not file.exists()
    file.write_text(KEY)
    file.chmod(0o644)
    assert patient.found(secret_key="") == [(names.SEALING_KEYS, "KEY_FILE_OPEN")]
    file.chmod(0o600)
    assert patient.found(secret_key="") == []
    file.unlink()
    file.mkdir()
    assert (names.SEALING_KEYS, "KEY_FILE_UNREADABLE") in patient.found(secret_key="")


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("postgresql://someone:pw-canary@127.0.0.1:1/books", "DATABASE_UNREACHABLE"),
        ("sqlite:////no/such/folder/pexbc.db", "DATABASE_UNREACHABLE"),
    ],
)
def test_a_database_out_of_reach_is_named_without_its_password(
    patient: Patient, url: str, code: str
) -> None:
    diagnosis = patient.diagnosis(database_url=url)
    assert [(one.name, finding.code) for one in diagnosis for finding in one.findings] == [
        (names.DATABASE, code)
    ]
    assert unchecked(diagnosis)[names.CONNECTIONS] == f"it waits for: {names.DATABASE}"
    assert "pw-canary" not in repr(diagnosis)


@pytest.mark.postgres
def test_a_set_up_on_postgresql_is_found_well_unless_it_has_no_key(
    patient: Patient, postgres_url: str
) -> None:
    patient.variables["PEXBC_DATABASE_URL"] = postgres_url
    patient.configure(patient.connect())
    assert patient.found() == []
    assert patient.found(secret_key="") == [(names.SEALING_KEYS, "SECRET_KEY_MISSING")]


def test_a_database_of_another_version_is_named(patient: Patient) -> None:
    with patient.file() as file:
        file.execute("UPDATE alembic_version SET version_num = '9999'")
    assert patient.found() == [(names.DATABASE, "DATABASE_NEWER")]
    with patient.file() as file:
        file.execute("UPDATE alembic_version SET version_num = '0001'")
    assert patient.found() == [(names.DATABASE, "DATABASE_NOT_MIGRATED")]


def test_a_database_that_is_not_there_yet_is_named_and_not_made(patient: Patient) -> None:
    missing = patient.database.with_name("missing.db")
    assert patient.found(database_url=f"sqlite:///{missing}") == [
        (names.DATABASE, "DATABASE_NOT_MIGRATED")
    ]
    assert not missing.exists()


def test_a_disk_that_is_nearly_full_is_named(patient: Patient) -> None:
    patient.machine = FakeMachine(free=150_000_000)
    assert patient.found() == [(names.DATABASE, "DISK_LOW")]
    assert ThisMachine().free_bytes(patient.database.parent) > 0


def test_an_event_that_was_changed_is_named(patient: Patient) -> None:
    with patient.file() as file:
        (trigger,) = file.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'events'"
            " AND sql LIKE '%UPDATE%'"
        ).fetchone()
        file.execute(f"DROP TRIGGER {trigger}")
        file.execute("UPDATE events SET payload = payload || ' ' WHERE position = 2")
    assert (names.EVENTS, "CHAIN_BROKEN") in patient.found()


def test_views_that_do_not_fit_the_log_are_named(patient: Patient) -> None:
    def track(position: int) -> None:
        with patient.file() as file:
            file.execute("INSERT OR REPLACE INTO tracking VALUES ('read_models', ?)", (position,))

    track(0)
    assert patient.found() == []
    track(1_000)
    assert patient.found() == [(names.EVENTS, "VIEWS_AHEAD")]
    track(-1_000)
    assert patient.found() == [(names.EVENTS, "VIEWS_BEHIND")]


def test_connections_are_found_whether_the_views_show_them_or_not(
    patient: Patient, connection: UUID
) -> None:
    def shown() -> int:
        with patient.file() as file:
            return int(file.execute("SELECT count(*) FROM view_connections").fetchone()[0])

    assert shown() == 0
    assert {one.connection for one in patient.diagnosis()} == {None, connection}
    with patient.open() as services:
        services.read_models.connections(None, 1)
    assert shown() == 1
    assert {one.connection for one in patient.diagnosis()} == {None, connection}


# --- the doctor itself ----------------------------------------------------------------------


def test_a_check_that_fails_keeps_what_it_found_and_stops_nobody() -> None:
    def look() -> Iterator[Finding]:
        yield Finding("FIRST", "One.", "Mend it.")
        raise OSError("amqp://someone:pw-canary@127.0.0.1")

    examined = examine(Check("a check", look))
    assert [one.code for one in examined.findings] == ["FIRST", "CHECK_FAILED"]
    assert "OSError" in examined.findings[1].cause
    assert "pw-canary" not in repr(examined)


def test_a_server_that_answers_nonsense_stops_nobody(ward: Any) -> None:
    patient = ward.patient
    patient.sandbox.business_central.faults.plant(
        Fault(path="journals", times=-1, status=200, kind="malformed")
    )
    try:
        assert patient.found() == [(names.JOURNAL, "BC_UNAVAILABLE")]
    finally:
        patient.sandbox.business_central.faults.clear()


def test_nothing_is_written_anywhere(patient: Patient, connection: UUID) -> None:
    patient.switch_auto_sync_on(connection)
    with patient.file() as file:
        file.execute("UPDATE tracking SET position = 0")
    before = patient.everything()
    patient.sandbox.business_central.faults.journal.clear()
    assert patient.found() == []
    assert patient.everything() == before
    asked = {one["method"] for one in patient.sandbox.business_central.faults.journal}
    assert asked <= {"GET", "POST"}  # of which the one POST bundles reads


def test_an_older_database_is_left_as_it_is(patient: Patient) -> None:
    engine = make_engine(f"sqlite:///{patient.database}")
    downgrade(engine, "0003")
    engine.dispose()
    before = patient.everything()[0]
    assert patient.found() == [(names.DATABASE, "DATABASE_NOT_MIGRATED")]
    assert patient.everything()[0] == before


def test_a_collector_of_traces_without_the_packages_for_it_is_named(
    patient: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert names.TRACES in unchecked(patient.diagnosis())
    collector = "http://127.0.0.1:4318"
    assert patient.found(otlp_endpoint=collector) == []
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    monkeypatch.delitem(sys.modules, "adapters.telemetry.otlp", raising=False)
    assert patient.found(otlp_endpoint=collector) == [(names.TRACES, "TRACING_NOT_INSTALLED")]
