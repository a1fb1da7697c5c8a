"""What a check is, what it finds, and how one check's failure leaves the others alone."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Self
from uuid import UUID

from adapters.telemetry.logs import without_secrets
from domain.refusals import Refusal
from domain.settings_check import FieldError
from entrypoints.doctor.faults import CheckFailed


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault: its code, its cause in words, and what to do."""

    code: str
    cause: str
    fix: str

    @classmethod
    def of(cls, refusal: Refusal) -> Self:
        """What a refusal says."""
        return cls(refusal.code, without_secrets(refusal.cause), refusal.fix)

    @classmethod
    def of_field(cls, error: FieldError) -> Self:
        """What is wrong with a field of the settings, which the cause names by its pointer."""
        return cls(error.code, f"{error.pointer}: {error.detail}", error.fix)


class Unchecked(Exception):
    """A check cannot be made, or need not be; `str()` of it says why."""


class State(StrEnum):
    """What came of a check."""

    WELL = "well"
    ILL = "ill"
    UNCHECKED = "unchecked"


Look = Callable[[], Iterable[Finding]]


@dataclass(frozen=True, slots=True)
class Check:
    """One concern, looked at by `look`, which may raise any refusal as its last finding.

    `connection` and `business` say whose it is; None and empty for the set-up as a whole.
    """

    name: str
    look: Look
    connection: UUID | None = None
    business: str = ""


@dataclass(frozen=True, slots=True)
class Examined:
    """What came of a check; `why` tells why it was not made."""

    name: str
    connection: UUID | None
    business: str
    state: State
    findings: tuple[Finding, ...] = ()
    why: str = ""


def examine(check: Check) -> Examined:
    """Carry a check out. Whatever it fails with is told, and stops nothing."""
    findings: list[Finding] = []
    why = None
    try:
        findings.extend(check.look())  # keeps what came before a failure
    except Unchecked as reason:
        why = str(reason)
    except Refusal as refusal:
        findings.append(Finding.of(refusal))
    except Exception as error:  # noqa: BLE001 - the doctor goes on, whatever a check meets
        findings.append(Finding.of(CheckFailed(error)))
    state = State.ILL if findings else State.WELL if why is None else State.UNCHECKED
    return Examined(check.name, check.connection, check.business, state, tuple(findings), why or "")
