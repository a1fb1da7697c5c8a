"""The Sync tab: how the connection stands, EXECUTE, the daily sync, connection info (M31)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect

from application.ports.read_models import ConnectionView, RunView
from application.start_run import RunRequest
from domain.connection import RunActive
from domain.eastern_time import eastern_day
from domain.refusals import Refusal, fix_for
from domain.roles import Permission
from domain.settings_check import FieldError
from domain.sync_run import TAG_OPTIONS
from domain.sync_window import AUTO_MONTHS, LIMIT_MONTHS, WindowRefused, months_back, sync_window
from entrypoints.composition import Services
from entrypoints.http.pages import checklist
from entrypoints.http.pages.connections import connection_page
from entrypoints.http.pages.problems import SEE_OTHER
from entrypoints.http.pages.run_words import KIND_HINTS, KIND_WORDS, ShownRun, offered, shown
from entrypoints.http.permissions import CHANGE_CONNECTION, READ_STATUS
from entrypoints.http.problems import status_of
from entrypoints.http.refusals import InvalidInput
from entrypoints.http.runs import kinds_named
from entrypoints.http.security import Principal, visible_connection
from entrypoints.http.validation import VALUE_REFUSED

RECENT = 20
DAY = Annotated[str, msgspec.Meta(max_length=40)]


class RunForm(msgspec.Struct):
    """What was chosen; the days as they were typed, empty for the settings' own."""

    kinds: list[str] | str = []
    start_date: DAY = ""
    end_date: DAY = ""
    do: str = "execute"


class SwitchForm(msgspec.Struct):
    """The switch of the daily sync."""

    enabled: bool = False


class CallbacksForm(msgspec.Struct):
    """The switch of callbacks, with PEX's secret for them."""

    enabled: bool = False
    secret: Annotated[str, msgspec.Meta(max_length=1000)] = ""

    def __repr__(self) -> str:
        return f"CallbacksForm(enabled={self.enabled}, secret=***)"


@dataclass(frozen=True, slots=True)
class Entered:
    """A form that was refused: what was typed, the refusal, and what is wrong with its fields."""

    kinds: tuple[str, ...]
    start_date: str
    end_date: str
    refusal: Refusal
    errors: Mapping[str, FieldError] = field(default_factory=dict)


@get("/connections/{connection_id:uuid}", sync_to_thread=True, opt=READ_STATUS)
def sync_page(
    request: Request[Any, Any, Any],
    connection_id: FromPath[UUID],
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
) -> Response[str]:
    """Operators see it without what is behind the counts (M45)."""
    connection = visible_connection(services, principal, connection_id)
    return _page(request, services, principal, connection)


@post("/connections/{connection_id:uuid}/runs", sync_to_thread=True, opt=CHANGE_CONNECTION)
def start(
    request: Request[Any, Any, Any],
    connection_id: FromPath[UUID],
    data: URLEncodedBody[RunForm],
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
) -> Response[str] | Redirect:
    """Preview or execute, and go on to the run; or the form again, with what is wrong."""
    visible_connection(services, principal, connection_id)
    kinds = (data.kinds,) if isinstance(data.kinds, str) else tuple(data.kinds)
    try:
        run_id = services.start_run.start(_asked(connection_id, principal, data, kinds))
    except Refusal as refusal:
        entered = Entered(kinds, data.start_date, data.end_date, refusal, _errors(refusal))
        connection = visible_connection(services, principal, connection_id)
        return _page(request, services, principal, connection, entered)
    return Redirect(f"/runs/{run_id}", status_code=SEE_OTHER)


@post("/connections/{connection_id:uuid}/auto-sync", sync_to_thread=True, opt=CHANGE_CONNECTION)
def switch_auto_sync(
    connection_id: FromPath[UUID],
    data: URLEncodedBody[SwitchForm],
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
) -> Redirect:
    """Switch the daily sync on or off."""
    visible_connection(services, principal, connection_id)
    services.configure.switch_auto_sync(connection_id, enabled=data.enabled, actor=principal.actor)
    return Redirect(f"/connections/{connection_id}", status_code=SEE_OTHER)


@post("/connections/{connection_id:uuid}/callbacks", sync_to_thread=True, opt=CHANGE_CONNECTION)
def switch_callbacks(
    request: Request[Any, Any, Any],
    connection_id: FromPath[UUID],
    data: URLEncodedBody[CallbacksForm],
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
) -> Response[str] | Redirect:
    """Let PEX call back or not; the page again, with what is wrong, where that is refused."""
    connection = visible_connection(services, principal, connection_id)
    callbacks = services.subscribe_to_callbacks
    try:
        if data.enabled:
            callbacks.subscribe(connection_id, principal.actor, data.secret)
        else:
            callbacks.unsubscribe(connection_id, principal.actor)
    except Refusal as refusal:
        return _page(request, services, principal, connection, callbacks_refused=refusal)
    return Redirect(f"/connections/{connection_id}", status_code=SEE_OTHER)


def _asked(
    connection_id: UUID, principal: Principal, data: RunForm, kinds: tuple[str, ...]
) -> RunRequest:
    start, end, errors = _days(data)
    if errors:
        raise InvalidInput(errors)
    return RunRequest(
        connection_id,
        principal.actor,
        kinds=kinds_named(list(kinds)),
        tag_options=TAG_OPTIONS in kinds,
        start=start,
        end=end,
        preview=data.do == "preview",
    )


def _days(data: RunForm) -> tuple[date | None, date | None, list[FieldError]]:
    days: list[date | None] = []
    errors: list[FieldError] = []
    for name, text in (("start_date", data.start_date), ("end_date", data.end_date)):
        try:
            days.append(date.fromisoformat(text.strip()) if text.strip() else None)
        except ValueError:
            days.append(None)
            detail, fix = f"{text} is no day.", "Write it as year-month-day, like 2026-03-31."
            errors.append(FieldError(f"/{name}", VALUE_REFUSED, detail, fix))
    return days[0], days[1], errors


def _errors(refusal: Refusal) -> dict[str, FieldError]:
    """What is wrong with single fields, by their names; all kinds are one field."""
    if isinstance(refusal, WindowRefused):
        error = FieldError(f"/{refusal.field}", refusal.code, refusal.cause, refusal.fix)
        return {refusal.field: error}
    errors = refusal.errors if isinstance(refusal, InvalidInput) else ()
    return {one.pointer.split("/")[1]: one for one in errors}


def _page(
    request: Request[Any, Any, Any],
    services: Services,
    principal: Principal,
    connection: ConnectionView,
    entered: Entered | None = None,
    callbacks_refused: Refusal | None = None,
) -> Response[str]:
    with_rows = principal.may(Permission.READ_BOOKS)
    may_change = principal.may(Permission.CHANGE_CONNECTION)
    recent = services.read_models.runs(connection.id, RECENT).items
    active = next((one for one in recent if one.id == connection.active_run), None)
    context = {
        "active": shown(active, with_rows=with_rows) if active else None,
        "last": _last(recent, preview=False, with_rows=with_rows),
        "last_preview": _last(recent, preview=True, with_rows=with_rows),
        "fix": fix_for(connection.status_code) if connection.status_code else "",
        "form": _form(services, connection, entered) if may_change else None,
        "refused": entered.refusal if entered else None,
        "already_active": entered is not None and isinstance(entered.refusal, RunActive),
        "with_rows": with_rows,
        "checklist": checklist.steps(services.read_models, connection) if with_rows else (),
        "auto_months": AUTO_MONTHS,
        "callbacks_refused": callbacks_refused,
    }
    refusal = entered.refusal if entered else callbacks_refused
    status = status_of(refusal) if refusal else 200
    return connection_page(request, connection, "sync", "sync.html", context, status=status)


def _last(runs: tuple[RunView, ...], *, preview: bool, with_rows: bool) -> ShownRun | None:
    """The newest of the recent runs that is over, and a preview or not."""
    fitting = (one for one in runs if one.finished_at and one.preview is preview)
    newest = next(fitting, None)
    return shown(newest, with_rows=with_rows) if newest else None


def _form(
    services: Services, connection: ConnectionView, entered: Entered | None
) -> dict[str, Any] | None:
    """What EXECUTE offers; None while there is nothing to execute."""
    versions = services.read_models.settings_versions(connection.id)
    if connection.microsoft is None or not versions:
        return None
    settings, today = versions[0].settings, eastern_day(services.clock.now())
    return {
        "kinds": [
            (name, KIND_WORDS[name], KIND_HINTS[name], not entered or name in entered.kinds)
            for name in offered(settings)
        ],
        "start_date": entered.start_date if entered else "",
        "end_date": entered.end_date if entered else "",
        "errors": entered.errors if entered else {},
        "window": sync_window(settings.start_date, settings.end_date, today, automatic=False),
        "earliest": months_back(today, LIMIT_MONTHS),
        "today": today,
        "ends_in_settings": settings.end_date is not None,
        "starts_in_settings": settings.start_date is not None,
    }


HANDLERS = [sync_page, start, switch_auto_sync, switch_callbacks]
