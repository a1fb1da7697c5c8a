"""Every refusal as a problem document (RFC 9457), its status decided in one place."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, SerializationException, ValidationException
from litestar.openapi.datastructures import ResponseSpec

from adapters.entra.sign_in import MicrosoftAppMissing
from application.ports.company_data import (
    BusinessCentralRefused,
    BusinessCentralUnavailable,
)
from application.ports.event_log import StreamConflict, StreamNotFound
from application.ports.pex import PexRequestRefused, PexUnavailable
from application.ports.pex_sign_in import PexSignInNotConfigured, PexSignInUnusable
from application.ports.read_models import CursorRefused
from application.ports.sign_in import MicrosoftUnavailable
from application.ports.vault import SecretUnreadableError
from application.take_callback import CallbackRefused
from domain.connection import NothingToLink, NotReady, RunActive, SettingsChanged
from domain.refusals import Refusal
from domain.settings_check import FieldError, SettingsRefused
from domain.sync_window import WindowRefused
from domain.vendor_aliases import AliasUnknown
from entrypoints.http.observing import request_id
from entrypoints.http.refusals import (
    BodyNotJson,
    BusinessNotYours,
    Forbidden,
    ForeignOrigin,
    InvalidInput,
    NotFound,
    PreconditionMissing,
    TooManyAttempts,
    TooManyRequests,
    Unauthenticated,
)
from entrypoints.http.validation import field_errors, is_of_an_empty_body, is_of_the_body

log = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"
TYPE = "urn:pexbc:problem:"
WWW_AUTHENTICATE: Mapping[type[Refusal], str] = {
    Unauthenticated: "Bearer",
    CallbackRefused: "Basic",
}
UNPROCESSABLE = 422
INTERNAL = 500
SERVICE_UNAVAILABLE = 503
TOO_MANY_REQUESTS = 429
RETRY_AFTER_SECONDS = 30.0

STATUSES: Mapping[type[Refusal], int] = {
    BodyNotJson: 400,
    CursorRefused: 400,
    Unauthenticated: 401,
    CallbackRefused: 401,
    Forbidden: 403,
    ForeignOrigin: 403,
    BusinessNotYours: 403,
    NotFound: 404,
    AliasUnknown: 404,
    SettingsChanged: 409,
    RunActive: 409,
    NotReady: 409,
    NothingToLink: 409,
    PreconditionMissing: 428,
    TooManyAttempts: TOO_MANY_REQUESTS,
    TooManyRequests: TOO_MANY_REQUESTS,
    PexRequestRefused: 502,
    PexSignInUnusable: 502,
    BusinessCentralRefused: 502,
    PexUnavailable: SERVICE_UNAVAILABLE,
    PexSignInNotConfigured: SERVICE_UNAVAILABLE,
    BusinessCentralUnavailable: SERVICE_UNAVAILABLE,
    MicrosoftUnavailable: SERVICE_UNAVAILABLE,
    MicrosoftAppMissing: SERVICE_UNAVAILABLE,
    SecretUnreadableError: SERVICE_UNAVAILABLE,
}
FRAMEWORK_CODES = {404: NotFound.code, 405: "METHOD_NOT_ALLOWED", 413: "BODY_TOO_LARGE"}


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
    """A refusal, whichever layer it comes from; its words are made for the user."""
    status = status_of(refusal)
    scheme = WWW_AUTHENTICATE.get(type(refusal))
    headers = {"WWW-Authenticate": scheme} if scheme else {}
    if status in (SERVICE_UNAVAILABLE, TOO_MANY_REQUESTS):
        seconds = getattr(refusal, "retry_after", None) or RETRY_AFTER_SECONDS
        headers["Retry-After"] = str(max(1, math.ceil(seconds)))
    errors = _errors_of(refusal)
    return problem_response(status, refusal.code, refusal.cause, refusal.fix, errors, headers)


def status_of(refusal: Refusal) -> int:
    """The status that a refusal, or the kind of refusal that it belongs to, is told with."""
    statuses = (STATUSES.get(kind) for kind in type(refusal).__mro__)
    return next((status for status in statuses if status), UNPROCESSABLE)


def _errors_of(refusal: Refusal) -> Sequence[FieldError]:
    if isinstance(refusal, SettingsRefused | InvalidInput):
        return refusal.errors
    if isinstance(refusal, WindowRefused):
        return (FieldError(f"/{refusal.field}", refusal.code, refusal.cause, refusal.fix),)
    return ()


def on_not_found(_request: Request[Any, Any, Any], _error: StreamNotFound) -> Response[Problem]:
    """A stream that does not exist."""
    return problem_response(404, NotFound.code, "There is no such thing here.", NotFound.fix)


def on_conflict(_request: Request[Any, Any, Any], _error: StreamConflict) -> Response[Problem]:
    """Two changes at once, one of which won."""
    return problem_response(
        409, "CONFLICT", "Somebody else changed it at the same moment.", "Read it and try again."
    )


def on_validation(request: Request[Any, Any, Any], error: ValidationException) -> Response[Problem]:
    """Input without the described form: 422 for a body that was read, 400 for an address."""
    if is_of_an_empty_body(error):
        return on_refusal(request, BodyNotJson("it is empty"))
    refusal = InvalidInput(field_errors(request, error))
    status = UNPROCESSABLE if is_of_the_body(error) else 400
    return problem_response(status, refusal.code, refusal.cause, refusal.fix, refusal.errors)


def on_http(request: Request[Any, Any, Any], error: HTTPException) -> Response[Problem]:
    """What the framework refuses: unknown addresses, wrong methods, large bodies."""
    if isinstance(error.__cause__, SerializationException):
        return on_refusal(request, BodyNotJson(error.detail.rstrip(".")))
    if error.status_code >= INTERNAL:
        return on_fault(request, error)
    return problem_response(
        error.status_code,
        FRAMEWORK_CODES.get(error.status_code, "REQUEST_REFUSED"),
        f"{error.detail or 'The request was refused'}.",
        "Check the address, the method and the body; /docs shows what there is.",
        headers=error.headers,
    )


def on_recursion(request: Request[Any, Any, Any], error: RecursionError) -> Response[Problem]:
    """A body nested so deeply that the parser gives up; any other recursion is a fault."""
    if "deserializing" in str(error):
        return on_refusal(request, BodyNotJson("it is nested too deeply"))
    return on_fault(request, error)


def on_fault(request: Request[Any, Any, Any], error: Exception) -> Response[Problem]:
    """A fault of the program: logged with the request's id, told without details."""
    reference = request_id(request.scope)
    log.error("a request failed", reference=reference, exc_info=error)
    return problem_response(
        INTERNAL,
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
    RecursionError: on_recursion,
    Exception: on_fault,
}


def documented(*statuses: int) -> dict[int, ResponseSpec]:
    """The problems that a handler may answer with, for the API description."""
    return {
        status: ResponseSpec(Problem, media_type=MEDIA_TYPE, description="Problem")
        for status in sorted({400, 401, 403, 429, 500, *statuses})
    }
