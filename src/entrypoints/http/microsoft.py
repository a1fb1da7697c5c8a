"""Microsoft: sign in to Business Central, and make its journal (M3, M6)."""

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Request, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, URLEncodedBody
from litestar.status_codes import HTTP_200_OK

from domain.settings_check import FieldError
from entrypoints.composition import Services
from entrypoints.http import rendering
from entrypoints.http.answers import (
    AuthorizeAnswer,
    ConnectionAnswer,
    JournalAnswer,
    SignedInAnswer,
)
from entrypoints.http.limits import SET_OUTS, take
from entrypoints.http.permissions import CHANGE_CONNECTION, PUBLIC
from entrypoints.http.problems import documented
from entrypoints.http.refusals import InvalidInput, NotFound
from entrypoints.http.security import Principal, visible_connection

CALLBACK = "/api/v1/microsoft/callback"
DEFAULT_ENVIRONMENT = "Production"
ENVIRONMENT_NAME = r"^[A-Za-z0-9_. -]{1,60}\Z"


class MicrosoftSignInBody(msgspec.Struct, forbid_unknown_fields=True):
    """How to sign in with Microsoft.

    The environment is `Production` where none is named, for a link that of the other connection.
    """

    mode: Literal["service", "delegated", "link"]
    tenant_id: str | None = None
    environment: Annotated[str, msgspec.Meta(pattern=ENVIRONMENT_NAME)] | None = None
    connection_id: UUID | None = None


@post(
    "/{connection_id:uuid}/microsoft",
    sync_to_thread=True,
    status_code=HTTP_200_OK,
    opt=CHANGE_CONNECTION,
    responses=documented(404, 409, 422, 502, 503),
    summary="Sign in with Microsoft",
)
def sign_in(
    request: Request[Any, Any, Any],
    connection_id: FromPath[UUID],
    data: JSONBody[MicrosoftSignInBody],
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
) -> ConnectionAnswer | AuthorizeAnswer:
    """Service sign-in and link answer the connection; delegated an address for the browser."""
    visible_connection(services, principal, connection_id)
    if data.mode == "link":
        return _link(services, principal, connection_id, data)
    environment = data.environment or DEFAULT_ENVIRONMENT
    if data.mode == "delegated":
        take(services, SET_OUTS, request)
        redirect = services.settings.public_url.rstrip("/") + CALLBACK
        url = services.connect.begin_delegated(
            connection_id, environment, redirect, principal.actor
        )
        return AuthorizeAnswer(url)
    if not data.tenant_id:
        detail = "Service sign-in needs the tenant's id."
        error = FieldError("/tenant_id", "REQUIRED", detail, "Send the Entra tenant's id.")
        raise InvalidInput([error])
    services.connect.with_service(connection_id, data.tenant_id, environment, principal.actor)
    return rendering.connection(visible_connection(services, principal, connection_id))


def _link(
    services: Services, principal: Principal, connection_id: UUID, data: MicrosoftSignInBody
) -> ConnectionAnswer:
    """Only somebody who administers both businesses sees the other connection (M5)."""
    if data.connection_id is None:
        detail = "A link needs the connection whose sign-in is to be used."
        error = FieldError("/connection_id", "REQUIRED", detail, "Send that connection's id.")
        raise InvalidInput([error])
    other = services.read_models.connection(data.connection_id)
    if other is None or not principal.sees(other):
        raise NotFound("connection")
    services.connect.with_link(connection_id, other.id, data.environment, principal.actor)
    return rendering.connection(visible_connection(services, principal, connection_id))


@post(
    "/{connection_id:uuid}/journal",
    sync_to_thread=True,
    opt=CHANGE_CONNECTION,
    responses=documented(404, 409, 422, 502, 503),
    summary="Create the journal PEX Card in the chosen company",
)
def create_journal(
    connection_id: FromPath[UUID],
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
) -> JournalAnswer:
    """Where it exists, it stays as it is (M6)."""
    visible_connection(services, principal, connection_id)
    journal = services.connect.create_journal(connection_id, principal.actor)
    return JournalAnswer(journal.id, journal.code, journal.template)


@get(
    "/",
    sync_to_thread=True,
    opt=PUBLIC,
    responses=documented(409, 422, 502, 503),
    summary="Where Microsoft sends the browser back to",
)
def callback(
    request: Request[Any, Any, Any], services: NamedDependency[Services]
) -> SignedInAnswer:
    """The sign-in's own state, used once, tells whose it is."""
    return _complete(services, dict(request.query_params))


@post(
    "/",
    sync_to_thread=True,
    opt=PUBLIC,
    status_code=HTTP_200_OK,
    responses=documented(409, 422, 502, 503),
    summary="Where Microsoft posts its answer to",
)
def callback_post(
    services: NamedDependency[Services],
    data: URLEncodedBody[dict[str, str]],
) -> SignedInAnswer:
    """As a form, so that no code stands in an address."""
    return _complete(services, data)


def _complete(services: Services, answer: dict[str, str]) -> SignedInAnswer:
    connection_id = services.connect.complete_delegated(answer.get("state", ""), answer)
    return SignedInAnswer(connection_id, signed_in=True)


callbacks = Router(
    CALLBACK, route_handlers=[callback, callback_post], security=[], tags=["connections"]
)
