"""Where Microsoft sends the browser back to, after a sign-in that a page began (contract 1.4).

The answer comes in the address, or as a form that another site posts: then the browser keeps our
cookies to itself. Either way the answer is laid aside sealed, and the browser is asked to come for
it with a request of its own, which bears its cookies and has no code in its address.
"""

from collections.abc import Mapping
from datetime import timedelta
from secrets import token_urlsafe
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery, URLEncodedBody
from litestar.response import Redirect

from application.kept_once import KeptOnce
from application.ports.sign_in import MicrosoftSignInRefused
from domain.refusals import Refusal
from entrypoints.composition import Services
from entrypoints.http.pages.connect_view import Tab, Trouble
from entrypoints.http.pages.connecting import tab_address
from entrypoints.http.pages.errands import come_back, over
from entrypoints.http.pages.problems import SEE_OTHER
from entrypoints.http.permissions import CHANGE_CONNECTION, PUBLIC
from entrypoints.http.refusals import NotBegunHere
from entrypoints.http.security import Principal

RETURN = "/microsoft/callback"
LAID_ASIDE = timedelta(minutes=10)
MEMBERS = ("code", "state", "client_info", "session_state", "error", "error_description")
LONGEST = 8_000


@get(RETURN, sync_to_thread=True, opt=PUBLIC)
def answer_in_address(
    request: Request[Any, Any, Any], services: NamedDependency[Services]
) -> Redirect:
    """An answer by query, and the way back from the page of administrators."""
    answer = dict(request.query_params)
    if "admin_consent" in answer:
        return _back_from_consent(answer)
    return _lay_aside(services, answer)


@post(RETURN, sync_to_thread=True, opt=PUBLIC)
def answer_as_form(
    services: NamedDependency[Services], data: URLEncodedBody[dict[str, str]]
) -> Redirect:
    """An answer by form_post: no page of ours sends it, so no origin is asked for."""
    return _lay_aside(services, data)


@get("/microsoft/return", sync_to_thread=True, opt=CHANGE_CONNECTION)
def complete(
    request: Request[Any, Any, Any],
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
    answer: FromQuery[str] = "",
) -> Response[str] | Redirect:
    """Complete the sign-in, where this is the browser, and the person, that began it.

    `answer` is the handle of what was laid aside; an answer that is gone is refused in words.
    """
    bound_to, errand = come_back(services, request, principal.actor)
    if errand.connection_id is None:
        raise NotBegunHere
    tab = Tab.of(request, services, principal, errand.connection_id)
    try:
        kept = _aside(services).take(answer) or {}
        services.connect.complete_delegated(kept.get("state", ""), kept, bound_to)
    except Refusal as refusal:
        return tab.page(Trouble("delegated", refusal))
    return tab.done("microsoft", over(services))


def _lay_aside(services: Services, answer: Mapping[str, str]) -> Redirect:
    """Keep an answer for the browser; only one to a sign-in that waits for it."""
    if not services.connect.is_begun(answer.get("state", "")):
        raise MicrosoftSignInRefused("the sign-in was not begun here, is old, or was used")
    handle = token_urlsafe(32)
    kept = {name: answer[name][:LONGEST] for name in MEMBERS if name in answer}
    _aside(services).put(handle, kept)
    return Redirect(f"/microsoft/return?answer={handle}", status_code=SEE_OTHER)


def _aside(services: Services) -> KeptOnce:
    return KeptOnce(services.vault, services.clock, "microsoft_answer", LAID_ASIDE)


def _back_from_consent(answer: Mapping[str, str]) -> Redirect:
    """To the tab that sent an administrator there; an address of ours, whatever came along."""
    told = "consent-declined" if "error" in answer else "consent"
    try:
        address = tab_address(UUID(answer.get("state", "")), told)
    except ValueError:
        address = "/connections"
    return Redirect(address, status_code=SEE_OTHER)


HANDLERS = [answer_in_address, answer_as_form, complete]
