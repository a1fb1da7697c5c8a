"""Settings: read, save under an ETag, compare versions (M15)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from litestar import Response, Router, get, put
from litestar.di import NamedDependency
from litestar.openapi.spec import OpenAPIMediaType, Operation, Reference, RequestBody
from litestar.params import FromPath, HeaderParameter, QueryParameter, RawBody

from domain.connection import Connection, SettingsChanged
from domain.settings import Settings
from entrypoints.composition import Services
from entrypoints.http.answers import (
    Difference,
    DifferenceList,
    SettingsVersionAnswer,
    SettingsVersionList,
)
from entrypoints.http.permissions import CHANGE_CONNECTION, READ_BOOKS
from entrypoints.http.problems import documented
from entrypoints.http.refusals import NotFound, PreconditionMissing
from entrypoints.http.security import Principal, visible_connection
from entrypoints.settings_body import decode_settings, encode_settings


@dataclass
class SettingsBody(Operation):
    """The description of a body that is read by our own decoder, which names every fault."""

    def __post_init__(self) -> None:
        """Say that the body has the form of the settings that GET answers."""
        form = Reference("#/components/schemas/Settings")
        content = {"application/json": OpenAPIMediaType(schema=form)}
        self.request_body = RequestBody(content, required=True)


@get(
    "/",
    sync_to_thread=True,
    opt=READ_BOOKS,
    responses=documented(404),
    summary="Read the settings, or the defaults before the first save",
)
def read_settings(
    connection_id: FromPath[UUID],
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
) -> Response[Settings]:
    """The ETag names the version; it is 0 before the first save."""
    visible_connection(services, principal, connection_id)
    connection = services.log.load(Connection, connection_id)
    etag = _etag(connection.settings_version)
    return Response(connection.settings, headers={"ETag": etag})


@put(
    "/",
    sync_to_thread=True,
    operation_class=SettingsBody,
    opt=CHANGE_CONNECTION,
    responses=documented(404, 409, 422, 428, 502, 503),
    summary="Check and save the settings",
)
def save_settings(
    connection_id: FromPath[UUID],
    body: RawBody,
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
    expected: Annotated[str | None, HeaderParameter(name="If-Match")] = None,
) -> Response[Settings]:
    """`If-Match` must carry the ETag of the version that is changed."""
    visible_connection(services, principal, connection_id)
    if not expected:
        raise PreconditionMissing
    connection = services.log.load(Connection, connection_id)
    if expected.strip().removeprefix("W/") != _etag(connection.settings_version):
        raise SettingsChanged(connection.settings_version)
    settings = decode_settings(body)
    version = services.configure.save(
        connection_id, settings, connection.settings_version, principal.actor
    )
    return Response(settings, headers={"ETag": _etag(version)})


@get(
    "/versions",
    sync_to_thread=True,
    opt=READ_BOOKS,
    responses=documented(404),
    summary="List the saved versions",
)
def list_versions(
    connection_id: FromPath[UUID],
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
) -> SettingsVersionList:
    """Newest first, each with its time and actor."""
    visible_connection(services, principal, connection_id)
    return SettingsVersionList(
        [
            SettingsVersionAnswer(one.version, one.saved_at, one.actor)
            for one in services.read_models.settings_versions(connection_id)
        ]
    )


@get(
    "/versions/{version:int}",
    sync_to_thread=True,
    opt=READ_BOOKS,
    responses=documented(404),
    summary="Read a saved version",
)
def read_version(
    connection_id: FromPath[UUID],
    version: FromPath[int],
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
) -> Settings:
    """Its settings as they were saved."""
    visible_connection(services, principal, connection_id)
    return settings_version(services, connection_id, version)


@get(
    "/diff",
    sync_to_thread=True,
    opt=READ_BOOKS,
    responses=documented(404),
    summary="Compare two versions",
)
def diff(
    connection_id: FromPath[UUID],
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
    newer: Annotated[int, QueryParameter(name="to", ge=0)],
    older: Annotated[int, QueryParameter(name="from", ge=0)] = 0,
) -> DifferenceList:
    """Each member that differs, by an RFC 6901 pointer; version 0 holds the defaults."""
    visible_connection(services, principal, connection_id)
    before = encode_settings(settings_version(services, connection_id, older))
    after = encode_settings(settings_version(services, connection_id, newer))
    return DifferenceList(list(_differences("", before, after)))


def settings_version(services: Services, connection_id: UUID, version: int) -> Settings:
    """The settings of a saved version, the defaults for 0; raises NotFound for no version."""
    if version == 0:
        return Settings()
    for one in services.read_models.settings_versions(connection_id):
        if one.version == version:
            return one.settings
    raise NotFound("version")


def _differences(path: str, before: Any, after: Any) -> Iterator[Difference]:
    if isinstance(before, dict) and isinstance(after, dict):
        for name in sorted({*before, *after}):
            step = name.replace("~", "~0").replace("/", "~1")
            yield from _differences(f"{path}/{step}", before.get(name), after.get(name))
    elif before != after:
        yield Difference(path, before, after)


def _etag(version: int) -> str:
    return f'"{version}"'


router = Router(
    "/connections/{connection_id:uuid}/settings",
    route_handlers=[read_settings, save_settings, list_versions, read_version, diff],
    tags=["settings"],
)
