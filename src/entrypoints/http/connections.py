"""Connections: connect, look, choose, part."""

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter, URLEncodedBody
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED

from domain.settings_check import FieldError
from entrypoints.composition import Services
from entrypoints.http import rendering
from entrypoints.http.problems import (
    BusinessNotYours,
    InvalidInput,
    MicrosoftLinkNotOffered,
    documented,
)
from entrypoints.http.security import ADMIN, EVERYBODY, READERS, Principal, visible_connection

Json = dict[str, Any]
CALLBACK = "/api/v1/microsoft/callback"


class PexSignIn(msgspec.Struct, forbid_unknown_fields=True):
    """A pasted PEX API token."""

    token: str


class NewConnection(msgspec.Struct, forbid_unknown_fields=True):
    """What connects a PEX business."""

    pex: PexSignIn


class MicrosoftSignInBody(msgspec.Struct, forbid_unknown_fields=True):
    """How to sign in with Microsoft."""

    mode: Literal["service", "delegated", "link"]
    tenant_id: str | None = None
    environment: str = "Production"
    connection_id: UUID | None = None


class AutoSyncBody(msgspec.Struct, forbid_unknown_fields=True):
    """The switch of the daily sync."""

    enabled: bool


@post(
    "/",
    sync_to_thread=True,
    opt={"roles": (ADMIN,)},
    responses=documented(422, 503),
    summary="Connect a PEX business by its API token",
)
def connect(
    data: JSONBody[NewConnection],
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
) -> Response[Json]:
    """201 for a new connection; 200 where it exists, its token replaced."""
    grows: list[int] = []

    def may_connect(business_id: int) -> None:
        if business_id in principal.businesses:
            return
        if principal.limited:
            raise BusinessNotYours(business_id)
        grows.append(business_id)

    connection_id, created = services.connect.with_pex_token(
        data.pex.token, principal.actor, may_connect
    )
    for business_id in grows:
        services.api_tokens.add_business(principal.token_id, business_id)
    view = services.read_models.connection(connection_id)
    if view is None:
        raise LookupError(connection_id)
    return Response(
        rendering.connection(view), status_code=HTTP_201_CREATED if created else HTTP_200_OK
    )


@get(
    "/",
    sync_to_thread=True,
    opt={"roles": EVERYBODY},
    responses=documented(),
    summary="List the connections within the token's scope",
)
def list_connections(
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
    limit: Annotated[int, QueryParameter(ge=1, le=200)] = 50,
    cursor: FromQuery[str | None] = None,
) -> Json:
    """By business name."""
    found = services.read_models.connections(principal.scope, limit, cursor)
    return rendering.page(found, rendering.connection)


@get(
    "/{connection_id:uuid}",
    sync_to_thread=True,
    opt={"roles": EVERYBODY},
    responses=documented(404),
    summary="Show a connection",
)
def show_connection(
    connection_id: FromPath[UUID],
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
) -> Json:
    """With its status and what to do about it."""
    return rendering.connection(visible_connection(services, principal, connection_id))


@post(
    "/{connection_id:uuid}/microsoft",
    sync_to_thread=True,
    status_code=HTTP_200_OK,
    opt={"roles": (ADMIN,)},
    responses=documented(404, 422, 503),
    summary="Sign in with Microsoft",
)
def sign_in_with_microsoft(
    connection_id: FromPath[UUID],
    data: JSONBody[MicrosoftSignInBody],
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
) -> Json:
    """Service sign-in answers the connection; delegated an address for the browser."""
    visible_connection(services, principal, connection_id)
    if data.mode == "link":
        raise MicrosoftLinkNotOffered
    if data.mode == "delegated":
        redirect = services.settings.public_url.rstrip("/") + CALLBACK
        url = services.connect.begin_delegated(connection_id, data.environment, redirect)
        return {"authorize_url": url}
    if not data.tenant_id:
        detail = "Service sign-in needs the tenant's id."
        error = FieldError("/tenant_id", "REQUIRED", detail, "Send the Entra tenant's id.")
        raise InvalidInput([error])
    services.connect.with_service(connection_id, data.tenant_id, data.environment, principal.actor)
    return rendering.connection(visible_connection(services, principal, connection_id))


@post(
    "/{connection_id:uuid}/journal",
    sync_to_thread=True,
    opt={"roles": (ADMIN,)},
    responses=documented(404, 409, 422, 503),
    summary="Create the journal PEX Card in the chosen company",
)
def create_journal(
    connection_id: FromPath[UUID],
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
) -> Json:
    """Where it exists, it stays as it is (M6)."""
    visible_connection(services, principal, connection_id)
    journal = services.connect.create_journal(connection_id)
    return {"id": journal.id, "code": journal.code, "template": journal.template}


@delete(
    "/{connection_id:uuid}",
    sync_to_thread=True,
    opt={"roles": (ADMIN,)},
    responses=documented(404, 409),
    summary="Disconnect",
)
def disconnect(
    connection_id: FromPath[UUID],
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
) -> None:
    """Both sign-ins are forgotten; history and posted marks stay (M7)."""
    visible_connection(services, principal, connection_id)
    services.connect.disconnect(connection_id, principal.actor)


@get(
    "/{connection_id:uuid}/choices",
    sync_to_thread=True,
    opt={"roles": READERS},
    responses=documented(404, 409, 422, 503),
    summary="List what the settings can choose from",
)
def list_choices(
    connection_id: FromPath[UUID],
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
    company_id: FromQuery[str | None] = None,
) -> Json:
    """Companies; with a company its accounts, dimensions and so on, and the PEX tags."""
    visible_connection(services, principal, connection_id)
    return rendering.choices(services.configure.choices(connection_id, company_id))


@put(
    "/{connection_id:uuid}/auto-sync",
    sync_to_thread=True,
    opt={"roles": (ADMIN,)},
    responses=documented(404),
    summary="Switch the daily sync",
)
def switch_auto_sync(
    connection_id: FromPath[UUID],
    data: JSONBody[AutoSyncBody],
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
) -> Json:
    """Answers the connection."""
    visible_connection(services, principal, connection_id)
    services.configure.switch_auto_sync(connection_id, enabled=data.enabled, actor=principal.actor)
    return rendering.connection(visible_connection(services, principal, connection_id))


@get(
    CALLBACK.removeprefix("/api/v1"),
    sync_to_thread=True,
    responses=documented(422, 503),
    summary="Where Microsoft sends the browser back to",
)
def microsoft_callback(
    request: Request[Any, Any, Any], services: NamedDependency[Services]
) -> Json:
    """The sign-in's own state, used once, tells whose it is."""
    return _complete(services, dict(request.query_params))


@post(
    CALLBACK.removeprefix("/api/v1"),
    sync_to_thread=True,
    status_code=HTTP_200_OK,
    responses=documented(422, 503),
    summary="Where Microsoft posts its answer to",
)
def microsoft_callback_post(
    services: NamedDependency[Services],
    data: URLEncodedBody[dict[str, str]],
) -> Json:
    """As a form, so that no code stands in an address."""
    return _complete(services, data)


def _complete(services: Services, answer: dict[str, str]) -> Json:
    connection_id = services.connect.complete_delegated(
        answer.get("state", ""), answer, "microsoft:browser"
    )
    return {"connection_id": str(connection_id), "signed_in": True}


router = Router(
    "/connections",
    route_handlers=[
        connect,
        list_connections,
        show_connection,
        sign_in_with_microsoft,
        create_journal,
        disconnect,
        list_choices,
        switch_auto_sync,
    ],
    tags=["connections"],
)
