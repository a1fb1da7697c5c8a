"""Settings: read, save under an ETag, compare versions (M15)."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from litestar import Request, Response, Router, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, RawBody

from domain.connection import Connection, SettingsChanged
from domain.settings import Settings
from entrypoints.composition import Services
from entrypoints.http import rendering
from entrypoints.http.problems import NotFound, PreconditionMissing, documented
from entrypoints.http.security import ADMIN, READERS, Principal, visible_connection
from entrypoints.settings_body import decode_settings, encode_settings

Json = dict[str, Any]


@get(
    "/",
    sync_to_thread=True,
    opt={"roles": READERS},
    responses=documented(404),
    summary="Read the settings, or the defaults before the first save",
)
def read_settings(
    connection_id: FromPath[UUID],
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
) -> Response[Json]:
    """The ETag names the version; it is 0 before the first save."""
    visible_connection(services, principal, connection_id)
    connection = services.log.load(Connection, connection_id)
    return Response(
        encode_settings(connection.settings), headers={"ETag": _etag(connection.settings_version)}
    )


@put(
    "/",
    sync_to_thread=True,
    opt={"roles": (ADMIN,)},
    responses=documented(404, 409, 422, 428, 503),
    summary="Check and save the settings",
)
def save_settings(
    connection_id: FromPath[UUID],
    body: RawBody,
    request: Request[Any, Any, Any],
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
) -> Response[Json]:
    """`If-Match` must carry the ETag of the version that is changed."""
    visible_connection(services, principal, connection_id)
    expected = request.headers.get("if-match")
    if not expected:
        raise PreconditionMissing
    connection = services.log.load(Connection, connection_id)
    if expected.strip().removeprefix("W/") != _etag(connection.settings_version):
        raise SettingsChanged(connection.settings_version)
    settings = decode_settings(body)
    version = services.configure.save(
        connection_id, settings, connection.settings_version, principal.actor
    )
    return Response(encode_settings(settings), headers={"ETag": _etag(version)})


@get(
    "/versions",
    sync_to_thread=True,
    opt={"roles": READERS},
    responses=documented(404),
    summary="List the saved versions",
)
def list_versions(
    connection_id: FromPath[UUID],
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
) -> Json:
    """Newest first, each with its time and actor."""
    visible_connection(services, principal, connection_id)
    items = [
        {
            "version": one.version,
            "saved_at": rendering.instant(one.saved_at),
            "actor": one.actor,
        }
        for one in services.read_models.settings_versions(connection_id)
    ]
    return {"items": items, "next_cursor": None}


@get(
    "/versions/{version:int}",
    sync_to_thread=True,
    opt={"roles": READERS},
    responses=documented(404),
    summary="Read a saved version",
)
def read_version(
    connection_id: FromPath[UUID],
    version: FromPath[int],
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
) -> Json:
    """Its settings as they were saved."""
    visible_connection(services, principal, connection_id)
    return _version(services, connection_id, version)


@get(
    "/diff",
    sync_to_thread=True,
    opt={"roles": READERS},
    responses=documented(404),
    summary="Compare two versions",
)
def diff(
    connection_id: FromPath[UUID],
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
    request: Request[Any, Any, Any],
    to: FromQuery[int],
) -> Json:
    """Each member that differs, by an RFC 6901 pointer; version 0 holds the defaults."""
    visible_connection(services, principal, connection_id)
    start = request.query_params.get("from", "0")
    if not start.isdigit():
        raise NotFound("version")
    before = _version(services, connection_id, int(start))
    after = _version(services, connection_id, to)
    return {"items": list(_differences("", before, after)), "next_cursor": None}


def _version(services: Services, connection_id: UUID, version: int) -> Json:
    if version == 0:
        return encode_settings(Settings())
    for one in services.read_models.settings_versions(connection_id):
        if one.version == version:
            return encode_settings(one.settings)
    raise NotFound("version")


def _differences(pointer: str, before: Any, after: Any) -> Iterator[Json]:
    if isinstance(before, dict) and isinstance(after, dict):
        for name in sorted({*before, *after}):
            yield from _differences(f"{pointer}/{name}", before.get(name), after.get(name))
    elif before != after:
        yield {"pointer": pointer, "from": before, "to": after}


def _etag(version: int) -> str:
    return f'"{version}"'


router = Router(
    "/connections/{connection_id:uuid}/settings",
    route_handlers=[read_settings, save_settings, list_versions, read_version, diff],
    tags=["settings"],
)
