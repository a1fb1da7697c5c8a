"""A set-up that is connected and configured: one for all who mend what they break, or one's own."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest

from doctors_patient import Patient, patient_in


@dataclass(frozen=True)
class Ward:
    """A patient with one connection, which could sync."""

    patient: Patient
    connection: UUID


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Ward]:
    with patient_in(tmp_path_factory.mktemp("ward"), sqlite_template) as patient:
        connection = patient.connect()
        patient.configure(connection)
        yield Ward(patient, connection)


@pytest.fixture
def connection(ward: Ward) -> UUID:
    """The connection, which could sync."""
    return ward.connection


@pytest.fixture
def patient(ward: Ward, tmp_path: Path) -> Patient:
    """The set-up over a copy of its database; what breaks in the sandbox has to be mended."""
    return ward.patient.copied(tmp_path)


@pytest.fixture
def newcomer(tmp_path: Path, sqlite_template: Path) -> Iterator[Patient]:
    """A set-up and a sandbox of the test's own, without a connection."""
    with patient_in(tmp_path, sqlite_template) as patient:
        yield patient
