"""The settings page: choose, look at what it makes of recent transactions, save (M8 to M15)."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, RawBody
from litestar.response import Redirect

from application.ports.read_models import ConnectionView
from application.preview_settings import SettingsPreview
from domain.chart import Chart
from domain.connection import NotReady, SettingsChanged
from domain.offered import label, matching, offered
from domain.refusals import Refusal
from domain.settings import Settings
from domain.settings_check import SettingsRefused
from entrypoints.composition import Services
from entrypoints.http.pages.problems import SEE_OTHER
from entrypoints.http.pages.rendering import html
from entrypoints.http.pages.settings_fields import MATCHES, resolved
from entrypoints.http.pages.settings_form import Form, from_form
from entrypoints.http.pages.settings_page import (
    Told,
    conflict,
    form_of,
    number,
    placed,
    saved_form,
    settings_page,
)
from entrypoints.http.permissions import CHANGE_CONNECTION, READ_BOOKS
from entrypoints.http.problems import status_of
from entrypoints.http.security import Principal, visible_connection

CONFLICT, UNPROCESSABLE = 409, 422


@get("/connections/{connection_id:uuid}/settings", sync_to_thread=True, opt=READ_BOOKS)
def show_settings(
    request: Request[Any, Any, Any],
    connection_id: FromPath[UUID],
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
    company_id: FromQuery[str | None] = None,
    saved: FromQuery[str | None] = None,
) -> Response[str]:
    """The newest version, over the choices of its company or of the one that is named."""
    view = visible_connection(services, principal, connection_id)
    form = saved_form(services, view, company_id)
    return settings_page(request, services, principal, view, form, Told(saved=saved is not None))


@post("/connections/{connection_id:uuid}/settings", sync_to_thread=True, opt=CHANGE_CONNECTION)
def save_settings(
    request: Request[Any, Any, Any],
    connection_id: FromPath[UUID],
    body: RawBody,
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
) -> Response[str] | Redirect:
    """Save the form, or show it again as it was typed, with what is wrong."""
    view = visible_connection(services, principal, connection_id)
    form = form_of(body)
    form = resolved(form, _chart(services, view, form))
    expected = number(form.pop("over", None) or form.get("version"))
    settings: Settings | None = None
    try:
        settings = from_form(form)
        services.configure.save(connection_id, settings, expected, principal.actor)
    except SettingsRefused as refusal:
        told = Told(typed=True, errors=placed(refusal.errors, settings))
        return settings_page(request, services, principal, view, form, told, status=UNPROCESSABLE)
    except SettingsChanged:
        told = Told(typed=True, conflict=conflict(services, connection_id, expected))
        return settings_page(request, services, principal, view, form, told, status=CONFLICT)
    except Refusal as refusal:
        told = Told(typed=True, unsaved=refusal)
        status = status_of(refusal)
        return settings_page(request, services, principal, view, form, told, status=status)
    return Redirect(f"/connections/{connection_id}/settings?saved=yes", status_code=SEE_OTHER)


@post(
    "/connections/{connection_id:uuid}/settings/preview",
    sync_to_thread=True,
    status_code=200,
    opt=CHANGE_CONNECTION,
)
def preview_form(
    request: Request[Any, Any, Any],
    connection_id: FromPath[UUID],
    body: RawBody,
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
) -> Response[str]:
    """What the form, unsaved, makes of recent transactions."""
    view = visible_connection(services, principal, connection_id)
    return _preview(request, services, principal, view, form_of(body), typed=True)


@get(
    "/connections/{connection_id:uuid}/settings/preview",
    sync_to_thread=True,
    opt=READ_BOOKS,
)
def preview_saved(
    request: Request[Any, Any, Any],
    connection_id: FromPath[UUID],
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
) -> Response[str]:
    """What the newest version makes of recent transactions."""
    view = visible_connection(services, principal, connection_id)
    form = saved_form(services, view, None)
    return _preview(request, services, principal, view, form, typed=False)


@get(
    "/connections/{connection_id:uuid}/settings/choices",
    sync_to_thread=True,
    opt=READ_BOOKS,
)
def find_choices(
    request: Request[Any, Any, Any],
    connection_id: FromPath[UUID],
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
    field: FromQuery[str] = "",
    q: FromQuery[str] = "",
    company_id: FromQuery[str | None] = None,
) -> Response[str]:
    """The first few choices of a field that bear the words of `q`, as options of a list box."""
    view = visible_connection(services, principal, connection_id)
    form = {"/company_id": company_id or view.company_id or ""}
    pool = offered(_chart(services, view, form), view.funding, field)
    found = [label(choice) for choice in matching(pool, q, MATCHES + 1)]
    context = {"labels": found[:MATCHES], "more": len(found) > MATCHES}
    return html(request, "settings_choices.html", context)


@post(
    "/connections/{connection_id:uuid}/settings/read-again",
    sync_to_thread=True,
    opt=CHANGE_CONNECTION,
)
def read_again(
    connection_id: FromPath[UUID],
    body: RawBody,
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
) -> Redirect:
    """Read accounts, dimensions and tags anew."""
    visible_connection(services, principal, connection_id)
    services.known_choices.forget(connection_id)
    onward = "/vendors" if form_of(body).get("to") == "vendors" else "/settings"
    return Redirect(f"/connections/{connection_id}{onward}", status_code=SEE_OTHER)


def _preview(
    request: Request[Any, Any, Any],
    services: Services,
    principal: Principal,
    view: ConnectionView,
    form: Form,
    *,
    typed: bool,
) -> Response[str]:
    """The part of the page for a script, and the whole page for a browser without one."""
    told = _previewed(services, view, form, typed=typed)
    if "hx-request" in request.headers:
        return html(request, "settings_preview.html", {"told": told})
    return settings_page(request, services, principal, view, form, told)


def _previewed(services: Services, view: ConnectionView, form: Form, *, typed: bool) -> Told:
    try:
        chart = _chart(services, view, form)
        settings = from_form(resolved(form, chart))
        found: SettingsPreview = services.preview_settings.preview(view.id, settings, chart)
    except SettingsRefused as refusal:
        return Told(typed=typed, errors=placed(refusal.errors))
    except Refusal as refusal:
        return Told(typed=typed, trouble=refusal)
    return Told(typed=typed, preview=found, chart=chart)


def _chart(services: Services, view: ConnectionView, form: Form) -> Chart:
    """The chart of the form's company; raises NotReady without one."""
    company_id = form.get("/company_id") or None
    chart = services.known_choices.of(view.id, company_id).chart if company_id else None
    if chart is None:
        raise NotReady("No company is chosen yet.")
    return chart


HANDLERS = [
    show_settings,
    save_settings,
    preview_form,
    preview_saved,
    find_choices,
    read_again,
]
