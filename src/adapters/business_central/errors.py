"""What Business Central's errors say, whatever form they come in (contract 1.6, 3.8)."""

import re
from dataclasses import dataclass
from typing import Any

import msgspec

from application.ports.company_data import (
    BusinessCentralPermissionMissing,
    BusinessCentralRefused,
    BusinessCentralSignInRefused,
    BusinessCentralUnavailable,
    CompanyNotFound,
)
from domain.refusals import Refusal

SAME_KEY_EXISTS = "Internal_EntityWithSameKeyExists"
SKIP_TOKEN_STALE = "SkipTokenIsNoLongerValid"  # noqa: S105 - an error code, no password
AWAY = frozenset({408, 429, 500, 502, 503, 504})
_CORRELATION = re.compile(r"\s+CorrelationId:\s+([0-9A-Fa-f-]{36})\.?\s*$")
_XML = re.compile(r"<(code|message)>(.*?)</\1>", re.DOTALL)
_LONGEST = 300


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
            self.status == 403  # noqa: PLR2004 - Forbidden
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
    found = dict(_XML.findall(body.decode(errors="replace")))
    return (found.get("code", "Unknown"), found.get("message", "")) if found else None


def refusal_of(error: BcError, retry_after: float | None = None) -> Refusal:
    """The refusal that an error of a read, or of the outside of a request, comes to."""
    if error.status == 401:  # noqa: PLR2004 - Unauthorized
        return BusinessCentralSignInRefused(error.message)
    if error.is_permission:
        return BusinessCentralPermissionMissing(error.message)
    if error.code == "Internal_CompanyNotFound":
        return CompanyNotFound("in this request")
    if error.status in AWAY:
        return BusinessCentralUnavailable(f"{error.status} {error.message}", retry_after)
    return BusinessCentralRefused(error.status, error.code, error.message, error.correlation_id)
