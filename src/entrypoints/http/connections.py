"""Connections: connect, look, choose, part."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, delete, get, post, put
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED

from entrypoints.composition import Services
from entrypoints.http import callbacks, microsoft, rendering
from entrypoints.http.answers import (
    ChoicesAnswer,
    ConnectionAnswer,
    ConnectionList,
)
from entrypoints.http.limits import attempting
from entrypoints.http.permissions import CHANGE_CONNECTION, READ_BOOKS, READ_STATUS
from entrypoints.http.problems import documented
from entrypoints.http.refusals import BusinessNotYours
from entrypoints.http.security import Principal, let_see, visible_connection


class PexSignIn(msgspec.Struct, forbid_unknown_fields=True):
    """A pasted PEX API token."""

    token: Annotated[str, msgspec.Meta(min_length=1, max_length=4000)]


class NewConnection(msgspec.Struct, forbid_unknown_fields=True):
    """What connects a PEX business."""

    pex: PexSignIn


class AutoSyncBody(msgspec.Struct, forbid_unknown_fields=True):
    """The switch of the daily sync."""

    enabled: bool


@post(
    "/",
    sync_to_thread=True,
    opt=CHANGE_CONNECTION,
    responses={
        **documented(409, 422, 502, 503),
        HTTP_200_OK: ResponseSpec(ConnectionAnswer, description="It exists; its token is replaced"),
    },
    summary="Connect a PEX business by its API token",
)
def connect(
    request: Request[Any, Any, Any],
    data: JSONBody[NewConnection],
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
) -> Response[ConnectionAnswer]:
    """201 for a new connection; 200 where it exists, its token replaced."""
    grows: list[int] = []

    def may_connect(business_id: int) -> None:
        if business_id in principal.businesses:
            return
        if principal.limited:
            raise BusinessNotYours(business_id)
        grows.append(business_id)

    with attempting(services, request):
        connection_id, created = services.connect.with_pex_token(
            data.pex.token, principal.actor, may_connect
        )
    for business_id in grows:
        let_see(services, principal, business_id)
    view = services.read_models.connection(connection_id)
    if view is None:
        raise LookupError(connection_id)
    return Response(
        rendering.connection(view), status_code=HTTP_201_CREATED if created else HTTP_200_OK
    )


@get(
    "/",
    sync_to_thread=True,
    opt=READ_STATUS,
    responses=documented(),
    summary="List the connections within the token's scope",
)
def list_connections(
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
    limit: Annotated[int, QueryParameter(ge=1, le=200)] = 50,
    cursor: FromQuery[str | None] = None,
) -> ConnectionList:
    """By business name."""
    found = services.read_models.connections(principal.scope, limit, cursor)
    return rendering.page(ConnectionList, rendering.connection, found)


@get(
    "/{connection_id:uuid}",
    sync_to_thread=True,
    opt=READ_STATUS,
    responses=documented(404),
    summary="Show a connection",
)
def show_connection(
    connection_id: FromPath[UUID],
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
) -> ConnectionAnswer:
    """With its status and what to do about it."""
    return rendering.connection(visible_connection(services, principal, connection_id))


@delete(
    "/{connection_id:uuid}",
    sync_to_thread=True,
    opt=CHANGE_CONNECTION,
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
    opt=READ_BOOKS,
    responses=documented(404, 409, 422, 502, 503),
    summary="List what the settings can choose from",
)
def list_choices(
    connection_id: FromPath[UUID],
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
    company_id: FromQuery[str | None] = None,
) -> ChoicesAnswer:
    """Companies; with a company its accounts, dimensions and so on, and the PEX tags."""
    visible_connection(services, principal, connection_id)
    return rendering.choices(services.configure.choices(connection_id, company_id))


@put(
    "/{connection_id:uuid}/auto-sync",
    sync_to_thread=True,
    opt=CHANGE_CONNECTION,
    responses=documented(404, 409, 422),
    summary="Switch the daily sync",
)
def switch_auto_sync(
    connection_id: FromPath[UUID],
    data: JSONBody[AutoSyncBody],
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
) -> ConnectionAnswer:
    """Answers the connection."""
    visible_connection(services, principal, connection_id)
    services.configure.switch_auto_sync(connection_id, enabled=data.enabled, actor=principal.actor)
    return rendering.connection(visible_connection(services, principal, connection_id))


router = Router(
    "/connections",
    route_handlers=[
        connect,
        list_connections,
        show_connection,
        microsoft.sign_in,
        microsoft.create_journal,
        disconnect,
        list_choices,
        switch_auto_sync,
        callbacks.switch,
    ],
    tags=["connections"],
)
