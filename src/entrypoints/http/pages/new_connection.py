"""Connect a PEX business: by signing in with PEX, or by an API token (M1, M2)."""

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import URLEncodedBody
from litestar.response import Redirect

from domain.refusals import Refusal
from entrypoints.composition import Services
from entrypoints.http.limits import attempting
from entrypoints.http.pages.connecting import NEW, connect_business, tab_address
from entrypoints.http.pages.problems import SEE_OTHER
from entrypoints.http.pages.rendering import html
from entrypoints.http.permissions import CHANGE_CONNECTION
from entrypoints.http.problems import status_of
from entrypoints.http.refusals import TooManyAttempts
from entrypoints.http.security import Principal


class PexTokenForm(msgspec.Struct):
    """A pasted API token of PEX."""

    token: Annotated[str, msgspec.Meta(max_length=4000)] = ""


@get(NEW, sync_to_thread=True, opt=CHANGE_CONNECTION)
def new_connection(
    request: Request[Any, Any, Any], services: NamedDependency[Services]
) -> Response[str]:
    """The two ways to connect a business."""
    return new_connection_page(request, services)


@post(NEW, sync_to_thread=True, opt=CHANGE_CONNECTION)
def connect_by_token(
    request: Request[Any, Any, Any],
    data: URLEncodedBody[PexTokenForm],
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
) -> Response[str] | Redirect:
    """Connect the token's business, or replace its credential; then on to Microsoft."""
    try:
        with attempting(services, request):
            identity = services.sign_in_with_pex.identify(data.token)
        connection_id = connect_business(services, principal, identity)
    except TooManyAttempts:
        raise
    except Refusal as refusal:
        return new_connection_page(request, services, refusal)
    return Redirect(tab_address(connection_id, "pex"), status_code=SEE_OTHER)


def new_connection_page(
    request: Request[Any, Any, Any], services: Services, refusal: Refusal | None = None
) -> Response[str]:
    """The page, with what was refused last."""
    context = {"refusal": refusal, "pex_sign_in": bool(services.settings.pex_client_id)}
    status = status_of(refusal) if refusal else 200
    return html(request, "new_connection.html", context, status=status)


HANDLERS = [new_connection, connect_by_token]
