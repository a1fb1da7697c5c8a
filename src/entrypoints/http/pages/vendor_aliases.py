"""The page of vendor aliases: which vendor a merchant's name means (M22)."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, RawBody
from litestar.response import Redirect

from application.ports.read_models import ConnectionView
from domain.chart import Catalogue
from domain.offered import label, matching, named, offered
from domain.refusals import Refusal
from domain.roles import Permission
from domain.settings import VENDOR
from entrypoints.composition import Services
from entrypoints.http.pages.connections import connection_page
from entrypoints.http.pages.problems import SEE_OTHER
from entrypoints.http.pages.settings_fields import MATCHES, Picker
from entrypoints.http.pages.settings_form import Form
from entrypoints.http.pages.settings_page import form_of
from entrypoints.http.permissions import CHANGE_CONNECTION, READ_BOOKS
from entrypoints.http.problems import status_of
from entrypoints.http.security import Principal, visible_connection


@get("/connections/{connection_id:uuid}/vendors", sync_to_thread=True, opt=READ_BOOKS)
def show_aliases(
    request: Request[Any, Any, Any],
    connection_id: FromPath[UUID],
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
) -> Response[str]:
    """The aliases of the chosen company, and a form for another."""
    view = visible_connection(services, principal, connection_id)
    return _page(request, services, principal, view, {})


@post("/connections/{connection_id:uuid}/vendors", sync_to_thread=True, opt=CHANGE_CONNECTION)
def name_vendor(
    request: Request[Any, Any, Any],
    connection_id: FromPath[UUID],
    body: RawBody,
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
) -> Response[str] | Redirect:
    """Name a merchant's vendor, or show the form again with the vendors that may be meant."""
    view = visible_connection(services, principal, connection_id)
    form = form_of(body)
    given = form.get("pick:vendor") or form.get("vendor", "")
    try:
        found = named(Catalogue(_vendors(services, view)), given)
        vendor = found.id if found else given
        services.alias_vendors.put(connection_id, form.get("merchant", ""), vendor, principal.actor)
    except Refusal as refusal:
        return _page(request, services, principal, view, form, refusal)
    return _done(connection_id)


@post(
    "/connections/{connection_id:uuid}/vendors/remove",
    sync_to_thread=True,
    opt=CHANGE_CONNECTION,
)
def remove_alias(
    request: Request[Any, Any, Any],
    connection_id: FromPath[UUID],
    body: RawBody,
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
) -> Response[str] | Redirect:
    """Let a merchant go by its name again."""
    view = visible_connection(services, principal, connection_id)
    try:
        merchant = form_of(body).get("merchant", "")
        services.alias_vendors.remove(connection_id, merchant, principal.actor)
    except Refusal as refusal:
        return _page(request, services, principal, view, {}, refusal)
    return _done(connection_id)


def _done(connection_id: UUID) -> Redirect:
    return Redirect(f"/connections/{connection_id}/vendors", status_code=SEE_OTHER)


def _vendors(services: Services, view: ConnectionView) -> list[Any]:
    """The vendors that can be chosen; none before there is a company."""
    if view.company_id is None:
        return []
    chart = services.known_choices.of(view.id, view.company_id).chart
    return list(offered(chart, view.funding, VENDOR)) if chart else []


def _page(
    request: Request[Any, Any, Any],
    services: Services,
    principal: Principal,
    view: ConnectionView,
    form: Form,
    refusal: Refusal | None = None,
) -> Response[str]:
    given = form.get("vendor", "")
    try:
        vendors = _vendors(services, view)
    except Refusal as unreadable:
        vendors, refusal = [], refusal or unreadable
    found = named(Catalogue(vendors), given) if given else None
    matches = () if found or not given else tuple(matching(vendors, given, MATCHES))
    text = label(found) if found else given
    context = {
        "aliases": services.alias_vendors.all(view.id),
        "can_save": principal.may(Permission.CHANGE_CONNECTION),
        "merchant": form.get("merchant", ""),
        "vendor": Picker("vendor", VENDOR, text, "", None, matches),
        "refusal": refusal,
    }
    status = status_of(refusal) if refusal else 200
    return connection_page(request, view, "settings", "vendor_aliases.html", context, status=status)


HANDLERS = [show_aliases, name_vendor, remove_alias]
