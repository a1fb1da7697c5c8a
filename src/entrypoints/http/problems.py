"""Every refusal as a problem document (RFC 9457), its status decided in one place."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.openapi.datastructures import ResponseSpec

from adapters.entra.sign_in import MicrosoftAppMissing
from application.ports.company_data import (
    BusinessCentralRefused,
    BusinessCentralUnavailable,
)
from application.ports.event_log import StreamConflict, StreamNotFound
from application.ports.pex import PexRequestRefused, PexUnavailable
from application.ports.read_models import CursorRefused
from application.ports.sign_in import MicrosoftUnavailable
from domain.connection import NotReady, RunActive, SettingsChanged
from domain.refusals import Refusal
from domain.settings_check import FieldError, SettingsRefused
from domain.sync_window import WindowRefused

log = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"
TYPE = "urn:pexbc:problem:"
WWW_AUTHENTICATE = {"WWW-Authenticate": "Bearer"}


class Unauthenticated(Refusal):
    """No API token, or none that is known."""

    code = "UNAUTHENTICATED"
    fix = "Send `Authorization: Bearer <API token>` with a token that was not revoked."

    def __init__(self) -> None:
        super().__init__("The request carries no valid API token.")


class TooManyAttempts(Refusal):
    """Too many requests with wrong tokens from one address."""

    code = "TOO_MANY_ATTEMPTS"
    fix = "Wait a minute, then send a token that was not revoked."

    def __init__(self) -> None:
        super().__init__("Too many requests with wrong tokens came from this address.")


class Forbidden(Refusal):
    """The role may not do this (M45)."""

    code = "FORBIDDEN"
    fix = "Use a token of a role that may do this."

    def __init__(self, role: str) -> None:
        super().__init__(f"The role {role} may not do this.")


class BusinessNotYours(Refusal):
    """The API token is limited to other businesses (M45)."""

    code = "BUSINESS_NOT_YOURS"
    fix = "Use an API token that may administer this business."

    def __init__(self, business_id: int) -> None:
        super().__init__(f"This API token does not administer the business {business_id}.")


class NotFound(Refusal):
    """Not there, or not for this token."""

    code = "NOT_FOUND"
    fix = "Check the address; lists name everything that the token can see."

    def __init__(self, what: str) -> None:
        super().__init__(f"There is no such {what}.")


class PreconditionMissing(Refusal):
    """A change of settings that does not say which version it changes (M15)."""

    code = "IF_MATCH_REQUIRED"
    fix = "Send `If-Match` with the ETag that GET answered."

    def __init__(self) -> None:
        super().__init__("The request does not say which version of the settings it changes.")


class InvalidInput(Refusal):
    """A request that does not have the form that the API describes."""

    code = "INVALID_INPUT"
    fix = "Correct the fields named in errors; /docs shows the form."

    def __init__(self, errors: Sequence[FieldError]) -> None:
        self.errors = tuple(errors)
        super().__init__(f"{len(errors)} field(s) of the request cannot be read.")


class MicrosoftLinkNotOffered(Refusal):
    """Linking another connection's sign-in comes with a later version (M5)."""

    code = "MICROSOFT_LINK_NOT_OFFERED"
    fix = "Sign in with the mode service or delegated."

    def __init__(self) -> None:
        super().__init__("Linking a Microsoft sign-in is not offered by this version.")


STATUSES: Mapping[type[Refusal], int] = {
    Unauthenticated: 401,
    Forbidden: 403,
    BusinessNotYours: 403,
    NotFound: 404,
    TooManyAttempts: 429,
    PreconditionMissing: 428,
    SettingsChanged: 409,
    RunActive: 409,
    NotReady: 409,
    PexUnavailable: 503,
    BusinessCentralUnavailable: 503,
    MicrosoftUnavailable: 503,
    PexRequestRefused: 502,
    BusinessCentralRefused: 502,
    MicrosoftAppMissing: 503,
    CursorRefused: 400,
}
UNPROCESSABLE = 422


class FieldProblem(msgspec.Struct):
    """One field of a problem: an RFC 6901 pointer, a code, the cause and what to do."""

    pointer: str
    code: str
    detail: str
    fix: str


class Problem(msgspec.Struct):
    """A problem document."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    fix: str
    errors: list[FieldProblem] = []


def problem_response(
    status: int,
    code: str,
    detail: str,
    fix: str,
    errors: Sequence[FieldError] = (),
    headers: Mapping[str, str] | None = None,
) -> Response[Problem]:
    """A problem as an answer."""
    title = code.replace("_", " ").capitalize()
    fields = [FieldProblem(one.pointer, one.code, one.detail, one.fix) for one in errors]
    kind = TYPE + code.lower().replace("_", "-")
    body = Problem(kind, title, status, detail, code, fix, fields)
    return Response(body, status_code=status, media_type=MEDIA_TYPE, headers=dict(headers or {}))


def on_refusal(_request: Request[Any, Any, Any], refusal: Refusal) -> Response[Problem]:
    """A refusal, whichever layer it comes from."""
    status = next(
        (status for kind, status in STATUSES.items() if isinstance(refusal, kind)), UNPROCESSABLE
    )
    headers = dict(WWW_AUTHENTICATE) if isinstance(refusal, Unauthenticated) else {}
    retry_after = getattr(refusal, "retry_after", None)
    if status == 503:  # noqa: PLR2004 - Service Unavailable
        headers["Retry-After"] = str(int(retry_after or 30))
    errors: Sequence[FieldError] = ()
    if isinstance(refusal, SettingsRefused | InvalidInput):
        errors = refusal.errors
    elif isinstance(refusal, WindowRefused):
        pointer = f"/{refusal.field}"
        errors = (FieldError(pointer, refusal.code, refusal.cause, refusal.fix),)
    return problem_response(status, refusal.code, refusal.cause, refusal.fix, errors, headers)


def on_not_found(_request: Request[Any, Any, Any], _error: StreamNotFound) -> Response[Problem]:
    """A stream that does not exist."""
    return problem_response(404, NotFound.code, "There is no such thing here.", NotFound.fix)


def on_conflict(_request: Request[Any, Any, Any], _error: StreamConflict) -> Response[Problem]:
    """Two changes at once, one of which won."""
    return problem_response(
        409, "CONFLICT", "Somebody else changed it at the same moment.", "Read it and try again."
    )


def on_validation(
    _request: Request[Any, Any, Any], error: ValidationException
) -> Response[Problem]:
    """Input that does not have the described form."""
    raw = error.extra if isinstance(error.extra, list) else []
    errors = [
        FieldError(
            "/" + str(one.get("key", "")).replace(".", "/"),
            "INVALID",
            str(one.get("message", "")),
            InvalidInput.fix,
        )
        for one in raw
        if isinstance(one, dict)
    ]
    return problem_response(
        error.status_code,
        InvalidInput.code,
        error.detail.partition(" for ")[0] or "Invalid.",
        InvalidInput.fix,
        errors,
    )


def on_http(_request: Request[Any, Any, Any], error: HTTPException) -> Response[Problem]:
    """What the framework refuses: unknown addresses, wrong methods, large bodies."""
    code = {404: NotFound.code, 405: "METHOD_NOT_ALLOWED", 413: "BODY_TOO_LARGE"}
    return problem_response(
        error.status_code,
        code.get(error.status_code, "REQUEST_REFUSED"),
        error.detail or "The request was refused.",
        "Check the address, the method and the body; /docs shows what there is.",
        headers=error.headers,
    )


def on_fault(_request: Request[Any, Any, Any], error: Exception) -> Response[Problem]:
    """A fault of the program: logged with a reference, told without details."""
    reference = uuid4().hex
    log.error("a request failed", reference=reference, exc_info=error)
    return problem_response(
        500,
        "INTERNAL",
        f"Something went wrong here (reference {reference}).",
        "Try again; if it stays, tell support the reference.",
    )


HANDLERS: dict[int | type[Exception], Any] = {
    Refusal: on_refusal,
    StreamNotFound: on_not_found,
    StreamConflict: on_conflict,
    ValidationException: on_validation,
    HTTPException: on_http,
    Exception: on_fault,
}


def documented(*statuses: int) -> dict[int, ResponseSpec]:
    """The problems that a handler may answer with, for the API description."""
    return {
        status: ResponseSpec(Problem, media_type=MEDIA_TYPE, description="Problem")
        for status in sorted({400, 401, 403, 429, 500, *statuses})
    }
