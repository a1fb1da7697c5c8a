"""Versions of the settings: who saved them when, what differs, and back to an earlier one (M15)."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter, RawBody
from litestar.response import Redirect

from domain.settings_check import SettingsRefused
from entrypoints.composition import Services
from entrypoints.http.pages.connections import connection_page
from entrypoints.http.pages.problems import SEE_OTHER
from entrypoints.http.pages.settings_form import to_form
from entrypoints.http.pages.settings_page import (
    Told,
    differences,
    form_of,
    number,
    placed,
    settings_page,
)
from entrypoints.http.permissions import CHANGE_CONNECTION, READ_BOOKS
from entrypoints.http.security import Principal, visible_connection
from entrypoints.http.settings import settings_version

UNPROCESSABLE = 422


@get(
    "/connections/{connection_id:uuid}/settings/versions",
    sync_to_thread=True,
    opt=READ_BOOKS,
)
def show_versions(
    request: Request[Any, Any, Any],
    connection_id: FromPath[UUID],
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
    older: Annotated[int | None, QueryParameter(ge=0)] = None,
    newer: Annotated[int | None, QueryParameter(ge=0)] = None,
) -> Response[str]:
    """All versions, newest first, and what differs between two: else between the newest two."""
    view = visible_connection(services, principal, connection_id)
    newest = view.settings_version
    newer = newest if newer is None else newer
    older = max(newer - 1, 0) if older is None else older
    before = settings_version(services, connection_id, older)
    after = settings_version(services, connection_id, newer)
    context = {
        "versions": services.read_models.settings_versions(connection_id),
        "older": older,
        "newer": newer,
        "changes": differences(services, connection_id, before, after) if newest else [],
    }
    return connection_page(request, view, "settings", "settings_versions.html", context)


@post(
    "/connections/{connection_id:uuid}/settings/versions/restore",
    sync_to_thread=True,
    opt=CHANGE_CONNECTION,
)
def restore_version(
    request: Request[Any, Any, Any],
    connection_id: FromPath[UUID],
    body: RawBody,
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
) -> Response[str] | Redirect:
    """Check an earlier version and save it as a new one; where it cannot stand, show it to mend."""
    view = visible_connection(services, principal, connection_id)
    form = form_of(body)
    settings = settings_version(services, connection_id, number(form.get("restored")))
    try:
        services.configure.save(
            connection_id, settings, number(form.get("version")), principal.actor
        )
    except SettingsRefused as refusal:
        told = Told(typed=True, errors=placed(refusal.errors, settings))
        shown = {**to_form(settings), "version": str(view.settings_version)}
        return settings_page(request, services, principal, view, shown, told, status=UNPROCESSABLE)
    return Redirect(f"/connections/{connection_id}/settings?saved=yes", status_code=SEE_OTHER)


HANDLERS = [show_versions, restore_version]
