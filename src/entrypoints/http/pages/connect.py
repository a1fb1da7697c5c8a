"""The Connect tab of a connection, and the sign-ins of both sides (M1 to M5)."""

import re
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect

from domain.refusals import Refusal
from domain.settings_check import FieldError
from entrypoints.composition import Services
from entrypoints.http.limits import SET_OUTS, attempting, take
from entrypoints.http.microsoft import ENVIRONMENT_NAME
from entrypoints.http.pages.connect_view import Tab, Trouble
from entrypoints.http.pages.connecting import connect_business
from entrypoints.http.pages.errands import Errand, set_out, way_back
from entrypoints.http.pages.microsoft_return import RETURN
from entrypoints.http.pages.new_connection import PexTokenForm
from entrypoints.http.pages.problems import SEE_OTHER
from entrypoints.http.permissions import CHANGE_CONNECTION, READ_BOOKS
from entrypoints.http.refusals import NotFound, TooManyAttempts
from entrypoints.http.security import Principal, visible_connection

Text = Annotated[str, msgspec.Meta(max_length=4000)]


class DelegatedForm(msgspec.Struct):
    """Sign in as a person."""

    environment: Text = ""


class ServiceForm(msgspec.Struct):
    """Sign in as the app itself."""

    tenant_id: Text = ""
    environment: Text = ""


class LinkForm(msgspec.Struct):
    """Use another connection's sign-in; its environment where none is named."""

    other: Text = ""
    environment: Text = ""


class ConsentForm(msgspec.Struct):
    """Let an administrator of a tenant agree; of their own where none is named."""

    tenant_id: Text = ""


@get("/connections/{connection_id:uuid}/connect", sync_to_thread=True, opt=READ_BOOKS)
def connect_tab(
    request: Request[Any, Any, Any],
    connection_id: FromPath[UUID],
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
) -> Response[str]:
    """Both sides, and what to do next."""
    return Tab.of(request, services, principal, connection_id).page()


@post("/connections/{connection_id:uuid}/connect/pex", sync_to_thread=True, opt=CHANGE_CONNECTION)
def take_pex_token(
    request: Request[Any, Any, Any],
    connection_id: FromPath[UUID],
    data: URLEncodedBody[PexTokenForm],
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
) -> Response[str] | Redirect:
    """Replace the PEX credential by an API token of the same business (M2)."""
    tab = Tab.of(request, services, principal, connection_id)
    try:
        with attempting(services, request):
            identity = services.sign_in_with_pex.identify(data.token)
        connect_business(services, principal, identity, connection_id)
    except TooManyAttempts:
        raise
    except Refusal as refusal:
        return tab.page(Trouble("pex", refusal))
    return tab.done("pex")


@post(
    "/connections/{connection_id:uuid}/connect/delegated",
    sync_to_thread=True,
    opt=CHANGE_CONNECTION,
)
def sign_in_as_person(
    request: Request[Any, Any, Any],
    connection_id: FromPath[UUID],
    data: URLEncodedBody[DelegatedForm],
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
) -> Response[str] | Redirect:
    """To Microsoft, and back to this tab (M3)."""
    tab = Tab.of(request, services, principal, connection_id)
    environment = data.environment.strip()
    given, errors = {"environment": environment}, _wrong_environment(environment)
    if errors:
        return tab.page(Trouble("delegated", None, errors, given))
    take(services, SET_OUTS, request)
    bound_to, cookie = set_out(services, Errand(principal.actor, connection_id, ""))
    try:
        address = services.connect.begin_delegated(
            connection_id,
            environment,
            way_back(services, request, RETURN),
            principal.actor,
            bound_to,
        )
    except Refusal as refusal:
        return tab.page(Trouble("delegated", refusal, given=given))
    return Redirect(address, status_code=SEE_OTHER, cookies=[cookie])


@post(
    "/connections/{connection_id:uuid}/connect/service",
    sync_to_thread=True,
    opt=CHANGE_CONNECTION,
)
def sign_in_as_app(
    request: Request[Any, Any, Any],
    connection_id: FromPath[UUID],
    data: URLEncodedBody[ServiceForm],
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
) -> Response[str] | Redirect:
    """With the app's own credentials, in one tenant (M3)."""
    tab = Tab.of(request, services, principal, connection_id)
    tenant_id, environment = data.tenant_id.strip(), data.environment.strip()
    errors = _wrong_environment(environment)
    if not tenant_id:
        detail, fix = "Service sign-in needs the tenant.", "Give its id or its domain."
        errors["tenant_id"] = FieldError("/tenant_id", "REQUIRED", detail, fix)
    given = {"tenant_id": tenant_id, "environment": environment}
    if errors:
        return tab.page(Trouble("service", None, errors, given))
    try:
        services.connect.with_service(connection_id, tenant_id, environment, principal.actor)
    except Refusal as refusal:
        return tab.page(Trouble("service", refusal, given=given))
    return tab.done("microsoft")


@post("/connections/{connection_id:uuid}/connect/link", sync_to_thread=True, opt=CHANGE_CONNECTION)
def link(
    request: Request[Any, Any, Any],
    connection_id: FromPath[UUID],
    data: URLEncodedBody[LinkForm],
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
) -> Response[str] | Redirect:
    """With the Microsoft sign-in of another connection that one administers too (M5)."""
    tab = Tab.of(request, services, principal, connection_id)
    other = visible_connection(services, principal, _id(data.other))
    environment = data.environment.strip()
    errors = _wrong_environment(environment) if environment else {}
    given = {"other": str(other.id), "environment": environment}
    if errors:
        return tab.page(Trouble("link", None, errors, given))
    try:
        services.connect.with_link(connection_id, other.id, environment or None, principal.actor)
    except Refusal as refusal:
        return tab.page(Trouble("link", refusal, given=given))
    return tab.done("linked")


@post(
    "/connections/{connection_id:uuid}/connect/consent",
    sync_to_thread=True,
    opt=CHANGE_CONNECTION,
)
def ask_for_consent(
    request: Request[Any, Any, Any],
    connection_id: FromPath[UUID],
    data: URLEncodedBody[ConsentForm],
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
) -> Redirect:
    """To the page on which an administrator of the organization lets pexbc in."""
    view = visible_connection(services, principal, connection_id)
    address = services.connect.consent_address(
        data.tenant_id.strip(), way_back(services, request, RETURN), str(view.id)
    )
    return Redirect(address, status_code=SEE_OTHER)


def _wrong_environment(name: str) -> dict[str, FieldError]:
    if re.match(ENVIRONMENT_NAME, name):
        return {}
    detail = "That is no name of an environment." if name else "An environment is needed."
    fix = "Give its name as Business Central shows it, such as Production."
    return {"environment": FieldError("/environment", "ENVIRONMENT_NAME", detail, fix)}


def _id(given: str) -> UUID:
    try:
        return UUID(given)
    except ValueError:
        raise NotFound("connection") from None


HANDLERS = [
    connect_tab,
    take_pex_token,
    sign_in_as_person,
    sign_in_as_app,
    link,
    ask_for_consent,
]
