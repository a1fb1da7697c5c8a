"""Which status tells which refusal, and what stands beside it."""

from typing import Any, cast
from uuid import uuid4

import msgspec
import pytest
from litestar import Request

from adapters.business_central.journal import TooLate
from adapters.entra.sign_in import MicrosoftAppMissing
from adapters.entra.transport import MicrosoftBusy
from application.ports.company_data import (
    BusinessCentralPermissionMissing,
    BusinessCentralRefused,
    BusinessCentralSignInRefused,
    BusinessCentralUnavailable,
    CompanyNotFound,
    EnvironmentNotFound,
)
from application.ports.event_log import StreamConflict, StreamNotFound
from application.ports.general_journal import (
    JournalHasBalancingAccount,
    JournalInOtherTemplate,
    JournalMissing,
)
from application.ports.pex import (
    PexPermissionMissing,
    PexRequestRefused,
    PexTokenRefused,
    PexUnavailable,
)
from application.ports.read_models import CursorRefused
from application.ports.sign_in import MicrosoftSignInRefused, MicrosoftUnavailable
from application.start_run import KindNotOn, NothingToSync
from domain.connection import NotReady, RunActive, SettingsChanged
from domain.refusals import Refusal
from domain.settings_check import FieldError, SettingsRefused
from domain.sync_window import WindowRefused
from entrypoints.http.problems import (
    on_conflict,
    on_not_found,
    on_refusal,
    status_of,
)

NOBODY = cast("Request[Any, Any, Any]", None)

TOLD: dict[int, tuple[type[Refusal], ...]] = {
    400: (CursorRefused,),
    409: (SettingsChanged, RunActive, NotReady),
    422: (
        SettingsRefused,
        WindowRefused,
        KindNotOn,
        NothingToSync,
        PexTokenRefused,
        PexPermissionMissing,
        MicrosoftSignInRefused,
        BusinessCentralSignInRefused,
        BusinessCentralPermissionMissing,
        EnvironmentNotFound,
        CompanyNotFound,
        JournalMissing,
        JournalInOtherTemplate,
        JournalHasBalancingAccount,
    ),
    502: (PexRequestRefused, BusinessCentralRefused),
    503: (
        PexUnavailable,
        BusinessCentralUnavailable,
        MicrosoftUnavailable,
        MicrosoftBusy,
        TooLate,
        MicrosoftAppMissing,
    ),
}


@pytest.mark.parametrize(
    ("kind", "status"), [(kind, status) for status, kinds in TOLD.items() for kind in kinds]
)
def test_each_refusal_has_its_status(kind: type[Refusal], status: int) -> None:
    assert status_of(kind.__new__(kind)) == status


def test_a_problem_names_type_title_code_cause_and_fix() -> None:
    answer = on_refusal(NOBODY, NotReady("The journal is missing."))
    body = msgspec.to_builtins(answer.content)
    assert answer.status_code == body["status"] == 409
    assert answer.media_type == "application/problem+json"
    assert body["type"] == "urn:pexbc:problem:connection-not-ready"
    assert body["title"] == "Connection not ready"
    assert body["code"] == "CONNECTION_NOT_READY"
    assert body["detail"] == "The journal is missing."
    assert body["fix"]
    assert body["errors"] == []


@pytest.mark.parametrize(
    ("told", "answered"), [(None, "30"), (7, "7"), (0.2, "1"), (61.5, "62"), (0, "30")]
)
def test_what_is_not_available_says_when_to_ask_again(told: float | None, answered: str) -> None:
    answer = on_refusal(NOBODY, BusinessCentralUnavailable("busy", told))
    assert answer.headers["Retry-After"] == answered


def test_refused_dates_and_settings_point_at_their_fields() -> None:
    def pointers(refusal: Refusal) -> list[str]:
        errors = msgspec.to_builtins(on_refusal(NOBODY, refusal).content)["errors"]
        return [one["pointer"] for one in errors]

    assert pointers(WindowRefused("end_date", "It ends before it begins.")) == ["/end_date"]
    fields = tuple(FieldError(pointer, "X", "x", "x") for pointer in ("/a", "/b/0"))
    assert pointers(SettingsRefused(fields)) == ["/a", "/b/0"]
    assert pointers(RunActive(uuid4())) == []


def test_a_missing_stream_is_not_found_and_a_lost_race_a_conflict() -> None:
    assert on_not_found(NOBODY, StreamNotFound()).status_code == 404
    conflict = on_conflict(NOBODY, StreamConflict())
    assert conflict.status_code == 409
    assert msgspec.to_builtins(conflict.content)["code"] == "CONFLICT"
