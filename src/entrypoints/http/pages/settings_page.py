"""The settings page put together: the form over a company's choices, and what is said about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

from litestar import Request, Response

from application.configure import Choices
from application.ports.read_models import ConnectionView, SettingsVersion
from application.preview_settings import SettingsPreview
from domain.chart import Chart
from domain.eastern_time import eastern_day
from domain.journal_entry import AccountType, DimensionCode, JournalLine
from domain.offered import BANK_ACCOUNT, catalogue, label
from domain.refusals import Refusal
from domain.roles import Permission
from domain.settings import VENDOR, Settings
from domain.settings_check import FieldError
from domain.sync_window import AUTO_MONTHS, LIMIT_MONTHS, months_back
from entrypoints.composition import Services
from entrypoints.http.pages.connections import connection_page
from entrypoints.http.pages.rendering import ENVIRONMENT
from entrypoints.http.pages.settings_fields import FormFields, control_id
from entrypoints.http.pages.settings_form import Form, field_of, to_form
from entrypoints.http.pages.settings_words import Changed, changed
from entrypoints.http.problems import status_of
from entrypoints.http.security import Principal
from entrypoints.http.settings import settings_version

ENVIRONMENT.filters["control_id"] = control_id
MOST_FIELDS = 5000
LONGEST_NUMBER = 10


@dataclass(frozen=True, slots=True)
class Conflict:
    """Somebody else's save meanwhile, and what it changed."""

    saved: SettingsVersion
    changes: list[Changed]


@dataclass(frozen=True, slots=True)
class Told:
    """What the page says beside the form itself.

    Attributes:
        typed: the form holds what was typed and is not saved.
        unsaved: why a save did not come about, though no field is to blame.
        errors: with the name of the form's field that each belongs to.
            chart: what the previewed entries are named by.
    """

    typed: bool = False
    unsaved: Refusal | None = None
    errors: Sequence[tuple[str, FieldError]] = ()
    conflict: Conflict | None = None
    preview: SettingsPreview | None = None
    chart: Chart | None = None
    trouble: Refusal | None = None
    saved: bool = False

    def name_of(self, line: JournalLine) -> str:
        """The account of a previewed line, by number and name; a new vendor by what it will be."""
        chart = self.chart or Chart("", "")
        of = {AccountType.VENDOR: VENDOR, AccountType.BANK: BANK_ACCOUNT}
        found = catalogue(chart, of.get(line.account_type, "")).find(line.account_number)
        name = label(found) if found else line.account_number
        return f"Vendor {name}" if line.account_type is AccountType.VENDOR else name

    def dimension_of(self, code: DimensionCode) -> str:
        """A dimension on a previewed line, in names."""
        dimension = self.chart.dimensions.get(code.code.upper()) if self.chart else None
        value = dimension.values.find(code.value) if dimension else None
        return f"{dimension.name}: {label(value)}" if dimension and value else str(code.value)


def form_of(body: bytes) -> Form:
    """The fields of a posted form; of two of a name, the last."""
    pairs = parse_qsl(
        body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MOST_FIELDS
    )
    return dict(pairs)


def number(text: str | None) -> int:
    """A version as a form names it; one that never is where it names none."""
    return int(text) if text and len(text) < LONGEST_NUMBER and text.isdecimal() else -1


def placed(
    errors: Sequence[FieldError], settings: Settings | None = None
) -> list[tuple[str, FieldError]]:
    """Errors with the names of the fields that they belong to."""
    return [
        (field_of(error.pointer, settings) if settings else error.pointer, error)
        for error in errors
    ]


def settings_page(
    request: Request[Any, Any, Any],
    services: Services,
    principal: Principal,
    view: ConnectionView,
    form: Form,
    told: Told,
    *,
    status: int = 200,
) -> Response[str]:
    """The page over a form; where nothing can be chosen, the reason and the way on."""
    company_id = form.get("/company_id")
    try:
        choices = services.known_choices.of(view.id, company_id)
    except Refusal as refusal:
        blocked = {"refusal": refusal}
        return connection_page(
            request, view, "settings", "settings_blocked.html", blocked, status=status_of(refusal)
        )
    first: dict[str, FieldError] = {}
    for name, error in told.errors:
        first.setdefault(name, error)
    today = eastern_day(services.clock.now())
    context = {
        "told": told,
        "fields": FormFields(form, choices, choices.chart, view.funding, told.typed, first)
        if choices.chart
        else None,
        "companies": choices.companies,
        "company_id": (company_id or "").casefold(),
        "credit": view.funding == "credit",
        "version": form.get("version", view.settings_version),
        "can_save": principal.may(Permission.CHANGE_CONNECTION),
        "earliest": months_back(today, LIMIT_MONTHS),
        "usual": months_back(today, AUTO_MONTHS),
        "today": today,
    }
    return connection_page(request, view, "settings", "settings.html", context, status=status)


def saved_form(services: Services, view: ConnectionView, company_id: str | None) -> Form:
    """The form of the newest version, over another company where one is named."""
    form = to_form(settings_version(services, view.id, view.settings_version))
    form["version"] = str(view.settings_version)
    if company_id:
        form["/company_id"] = company_id
    return form


def choices_or_none(services: Services, connection_id: UUID, settings: Settings) -> Choices | None:
    """What a version's company offers; None where it cannot be read any more."""
    try:
        return services.known_choices.of(connection_id, settings.company_id)
    except Refusal:
        return None


def differences(
    services: Services, connection_id: UUID, before: Settings, after: Settings
) -> list[Changed]:
    """What differs between two versions, in words and names."""
    old = choices_or_none(services, connection_id, before)
    new = choices_or_none(services, connection_id, after)
    return changed(before, after, old, new)


def conflict(services: Services, connection_id: UUID, begun_with: int) -> Conflict | None:
    """What was saved since a version that somebody began with."""
    versions = services.read_models.settings_versions(connection_id)
    if not versions:
        return None
    newest = max(versions, key=lambda one: one.version)
    known = {one.version: one.settings for one in versions}
    before = known.get(begun_with, Settings())
    return Conflict(newest, differences(services, connection_id, before, newest.settings))
