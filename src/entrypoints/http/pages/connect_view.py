"""What the Connect tab shows: both sides of a connection, and how it stands."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self
from uuid import UUID

from litestar import Request, Response
from litestar.datastructures import Cookie
from litestar.response import Redirect

from application.ports.general_journal import JournalMissing
from application.ports.read_models import ConnectionView
from application.ports.sign_in import MicrosoftConsentMissing
from domain.connection import Status
from domain.refusals import Refusal, fix_for
from domain.roles import Permission
from domain.settings_check import FieldError
from entrypoints.composition import Services
from entrypoints.http.microsoft import DEFAULT_ENVIRONMENT
from entrypoints.http.pages import checklist
from entrypoints.http.pages.connecting import tab_address
from entrypoints.http.pages.connections import MOST, connection_page
from entrypoints.http.pages.problems import SEE_OTHER
from entrypoints.http.pages.rendering import html
from entrypoints.http.problems import UNPROCESSABLE, status_of
from entrypoints.http.security import Principal, visible_connection

NO_CONTENT = 204
MOVING = (Status.CONNECTED_NOT_READY, Status.ACTION_REQUIRED)
FUNDINGS = {
    "prepaid": "prepaid: money is added to PEX before it is spent",
    "credit": "credit: PEX is paid afterwards",
}
TOLD = {
    "pex": "PEX is signed in.",
    "microsoft": "Microsoft is signed in.",
    "linked": "This connection uses the other one's Microsoft sign-in from now on.",
    "journal": "The journal PEX Card is there.",
    "looked": "Both sides were looked at just now.",
    "consent": "Your organization lets pexbc in. Sign in with Microsoft now.",
    "consent-declined": "The administrator did not accept. Nothing was changed.",
    "disconnected": "This connection is disconnected. Its history stays.",
}
"""The words behind the `told` of an address, for what a form has just done."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a form of the page came to nothing.

    Attributes:
        part: the form: `pex`, `delegated`, `service`, `link` or `journal`.
        refusal: what refused it, unless fields alone are wrong.
        errors: what is wrong with fields, by their names.
        given: what was typed in, to be corrected; never a secret.
    """

    part: str
    refusal: Refusal | None = None
    errors: Mapping[str, FieldError] = field(default_factory=dict)
    given: Mapping[str, str] = field(default_factory=dict)

    @property
    def status(self) -> int:
        """The status that the page is answered with."""
        return status_of(self.refusal) if self.refusal else UNPROCESSABLE


@dataclass(frozen=True, slots=True)
class Tab:
    """The Connect tab of a connection, for somebody who sees it."""

    request: Request[Any, Any, Any]
    services: Services
    principal: Principal
    view: ConnectionView

    @classmethod
    def of(
        cls,
        request: Request[Any, Any, Any],
        services: Services,
        principal: Principal,
        connection_id: UUID,
    ) -> Self:
        """The tab, or NotFound where the connection is not there or another tenant's."""
        view = visible_connection(services, principal, connection_id)
        return cls(request, services, principal, view)

    def page(self, trouble: Trouble | None = None) -> Response[str]:
        """The tab as it stands now, and what came of the form that was sent last."""
        services, principal = self.services, self.principal
        view = visible_connection(services, principal, self.view.id)
        context = {
            **standing(services, view),
            "microsoft": view.microsoft,
            "pex_user": services.connect.pex_user(view.id),
            "funding": FUNDINGS.get(view.funding, view.funding),
            "pex_sign_in": bool(services.settings.pex_client_id),
            "others": _others(services, principal, view),
            "linked_name": _linked_name(services, principal, view),
            "environment": view.microsoft.environment if view.microsoft else DEFAULT_ENVIRONMENT,
            "can_change": principal.may(Permission.CHANGE_CONNECTION),
            "trouble": trouble,
            "consent": _needs_consent(view, trouble),
            "told": TOLD.get(self.request.query_params.get("told", "")),
        }
        status = trouble.status if trouble else 200
        return connection_page(
            self.request, view, "connect", "connect.html", context, status=status
        )

    def news(self, shown: str) -> Response[str]:
        """The part that moves by itself, alone; nothing while it is as it is `shown`."""
        context = standing(self.services, self.view)
        if context["shown"] == shown:
            return Response("", status_code=NO_CONTENT)
        context["can_change"] = self.principal.may(Permission.CHANGE_CONNECTION)
        return html(self.request, "connect_news.html", context)

    def done(self, told: str, *cookies: Cookie) -> Redirect:
        """Back to the tab, which tells what was done."""
        address = tab_address(self.view.id, told)
        return Redirect(address, status_code=SEE_OTHER, cookies=list(cookies))


def standing(services: Services, view: ConnectionView) -> dict[str, Any]:
    """How the connection stands, as far as it moves by itself (M4); `shown` names that state."""
    return {
        "connection": view,
        "fix": fix_for(view.status_code or ""),
        "joined": view.status in (*MOVING, Status.CONNECTED_READY),
        "moving": view.status in MOVING,
        "shown": f"{view.status.value}.{view.status_code or ''}.{view.settings_version}",
        "has_journal": checklist.has_journal(view),
        "journal_missing": view.status_code == JournalMissing.code,
        "journal_trouble": view.status_code in checklist.JOURNAL_TROUBLES,
        "checklist": checklist.steps(services.read_models, view),
    }


def _others(services: Services, principal: Principal, view: ConnectionView) -> list[ConnectionView]:
    """Whose Microsoft sign-in can be used: the principal administers them too (M5)."""
    found = services.read_models.connections(principal.scope, MOST).items
    return [one for one in found if one.id != view.id and one.microsoft is not None]


def _linked_name(services: Services, principal: Principal, view: ConnectionView) -> str:
    """The business whose sign-in is used; not the name of one that is not in sight."""
    linked_to = view.microsoft.linked_to if view.microsoft else None
    other = services.read_models.connection(linked_to) if linked_to else None
    return other.business_name if other and principal.sees(other) else "another connection"


def _needs_consent(view: ConnectionView, trouble: Trouble | None) -> bool:
    refused = trouble is not None and isinstance(trouble.refusal, MicrosoftConsentMissing)
    return refused or view.status_code == MicrosoftConsentMissing.code
