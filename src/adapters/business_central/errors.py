"""What Business Central's errors say, whatever form they come in (contract 1.6, 3.8)."""

import re
from dataclasses import dataclass
from html import unescape
from typing import Any

import msgspec

from application.ports.company_data import (
    BusinessCentralPermissionMissing,
    BusinessCentralRefused,
    BusinessCentralSignInRefused,
    BusinessCentralUnavailable,
    CompanyNotFound,
    EnvironmentNotFound,
)
from domain.refusals import Refusal

SAME_KEY_EXISTS = "Internal_EntityWithSameKeyExists"
SKIP_TOKEN_STALE = "SkipTokenIsNoLongerValid"  # noqa: S105 - an error code, no password
AWAY = frozenset({408, 429, 500, 502, 503, 504})
_CORRELATION = re.compile(r"\s+CorrelationId:\s+([0-9A-Fa-f-]{36})\.?\s*$")
_XML = re.compile(
    r"<(?:\w+:)?(code|message)\b[^>]*>(.*?)</(?:\w+:)?\1\s*>", re.DOTALL | re.IGNORECASE
)
_COMPANY = re.compile(r"companies\(([^)]*)\)")
_LONGEST = 300
UNAUTHORIZED = 401
FORBIDDEN = 403
NOT_FOUND = 404
ENTRANCES = ("companies", "$batch")
COMPANY_NOT_FOUND = "Internal_CompanyNotFound"


@dataclass(frozen=True, slots=True)
class BcError:
    """An error: status, BC's code (`Unknown` where it sends none), its message, its reference."""

    status: int
    code: str
    message: str
    correlation_id: str = ""

    @property
    def is_permission(self) -> bool:
        """Whether the user lacks a permission."""
        return (
            self.status == FORBIDDEN
            or self.code.startswith("Authorization_")
            or "current permissions prevented" in self.message
        )


def read_error(status: int, body: bytes) -> BcError:
    """Read an error from JSON, else XML, else text; never fails for its form."""
    code, message = _json(body) or _xml(body) or ("Unknown", "")
    found = _CORRELATION.search(message)
    reference = found.group(1) if found else ""
    plain = _CORRELATION.sub("", message).strip() or f"status {status}"
    return BcError(status, code, plain[:_LONGEST], reference)


def _json(body: bytes) -> tuple[str, str] | None:
    try:
        raw: Any = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    error = raw.get("error") if isinstance(raw, dict) else None
    if not isinstance(error, dict):
        return None
    return str(error.get("code") or "Unknown"), str(error.get("message") or "")


def _xml(body: bytes) -> tuple[str, str] | None:
    found = {
        name.lower(): unescape(text) for name, text in _XML.findall(body.decode(errors="replace"))
    }
    return (found.get("code", "Unknown"), found.get("message", "")) if found else None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a request went, so that a refusal can name what is not there.

    Attributes:
        company_id: empty where the request names no company.
        is_entrance: whether nothing but the environment can be missing there.
    """

    environment: str
    company_id: str = ""
    is_entrance: bool = False

    @classmethod
    def of(cls, environment: str, path: str) -> "Place":
        """Where a path below the environment's root leads."""
        found = _COMPANY.match(path)
        company_id = found.group(1) if found else ""
        return cls(environment, company_id, path.partition("?")[0] in ENTRANCES)


def refusal_of(error: BcError, place: Place, retry_after: float | None = None) -> Refusal:
    """The refusal that an error of a read, or of the outside of a request, comes to."""
    if error.is_permission:
        return BusinessCentralPermissionMissing(error.message)
    if error.status == UNAUTHORIZED:
        return BusinessCentralSignInRefused(error.message)
    if error.code == COMPANY_NOT_FOUND:
        return CompanyNotFound(place.company_id)
    if error.status == NOT_FOUND and place.is_entrance:
        return EnvironmentNotFound(place.environment)
    if error.status in AWAY:
        return BusinessCentralUnavailable(f"{error.status} {error.message}", retry_after)
    return BusinessCentralRefused(error.status, error.code, error.message, error.correlation_id)
