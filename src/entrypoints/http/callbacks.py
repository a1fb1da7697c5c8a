"""PEX's callbacks about settlements: switched on and off, and received (PEX contract 7)."""

import base64
import binascii
from typing import Annotated, Any
from uuid import UUID

import msgspec
import structlog
from litestar import Request, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, RawBody
from litestar.status_codes import HTTP_204_NO_CONTENT

from application.subscribe_to_callbacks import PATH
from application.take_callback import CallbackRefused
from entrypoints.composition import Services
from entrypoints.http import limits, rendering
from entrypoints.http.answers import ConnectionAnswer
from entrypoints.http.permissions import CHANGE_CONNECTION, PUBLIC
from entrypoints.http.problems import documented
from entrypoints.http.refusals import BodyNotJson
from entrypoints.http.security import Principal, visible_connection

log = structlog.get_logger(__name__)

SECRET = Annotated[str, msgspec.Meta(max_length=1000)]
MAX_CALLBACK_BYTES = 64_000


class CallbacksBody(msgspec.Struct, forbid_unknown_fields=True):
    """The switch of callbacks; the secret that PEX issued for them, if it is not kept yet."""

    enabled: bool
    secret: SECRET = ""

    def __repr__(self) -> str:
        return f"CallbacksBody(enabled={self.enabled}, secret=***)"


@put(
    "/{connection_id:uuid}/callbacks",
    sync_to_thread=True,
    opt=CHANGE_CONNECTION,
    responses=documented(404, 409, 422, 502, 503),
    summary="Switch callbacks from PEX",
)
def switch(
    connection_id: FromPath[UUID],
    data: JSONBody[CallbacksBody],
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
) -> ConnectionAnswer:
    """On registers this service at PEX, off removes it there and forgets the secret."""
    visible_connection(services, principal, connection_id)
    callbacks = services.subscribe_to_callbacks
    if data.enabled:
        callbacks.subscribe(connection_id, principal.actor, data.secret)
    else:
        callbacks.unsubscribe(connection_id, principal.actor)
    return rendering.connection(visible_connection(services, principal, connection_id))


@post(
    f"{PATH}/{{connection_id:uuid}}",
    sync_to_thread=True,
    status_code=HTTP_204_NO_CONTENT,
    opt=PUBLIC,
    request_max_body_size=MAX_CALLBACK_BYTES,
    include_in_schema=False,
)
def receive(
    request: Request[Any, Any, Any],
    connection_id: FromPath[UUID],
    services: NamedDependency[Services],
    body: RawBody,
) -> None:
    """Take a hint to sync soon; nothing in the body is believed, kept or logged."""
    limits.check(services, limits.WRONG_CALLBACKS, request)
    with structlog.contextvars.bound_contextvars(connection_id=str(connection_id)):
        try:
            services.take_callback.check(connection_id, _secret(request))
        except CallbackRefused:
            limits.take(services, limits.WRONG_CALLBACKS, request)
            services.metrics.called_back(taken=False)
            log.warning("a callback was refused")
            raise
        _check_form(body)
        due_at = services.take_callback.sync_soon(connection_id)
        services.metrics.called_back(taken=True)
        log.info("PEX called back", next_at=due_at and due_at.isoformat())


def _secret(request: Request[Any, Any, Any]) -> bytes:
    """What the request bears as a secret; nothing where it bears none that can be read."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return b""
    try:
        return base64.b64decode(given.strip(), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _check_form(body: bytes) -> None:
    """See that it is a JSON object, whose members are left alone; raises BodyNotJson."""
    try:
        msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise BodyNotJson("no object can be read") from None
