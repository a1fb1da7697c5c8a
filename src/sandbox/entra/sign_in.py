"""The pages at which people sign in and consent (BC contract 1.4)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from html import escape
from urllib.parse import parse_qsl, urlencode, urlsplit

from sandbox import company
from sandbox.clock import SandboxClock
from sandbox.entra import answers
from sandbox.entra.answers import (
    APP_NAME,
    Refusal,
    client_info,
    described,
    error_page,
    form_page,
)
from sandbox.entra.state import COMMON, USER, USERS, Grant, State, Switches, known_tenant
from sandbox.web import Request, Response

Asked = Mapping[str, str]
_BUTTONS = (
    '<button name="decision" value="approve">Accept</button>'
    '<button name="decision" value="deny">Cancel</button>'
)
_ON = "<button>Continue</button><script>document.forms[0].submit()</script>"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the browser brings back to the caller, and to which address of it."""

    target: str
    fields: dict[str, str]


class SignIn:
    """Authorization and admin consent."""

    def __init__(self, clock: SandboxClock, state: State, switches: Switches) -> None:
        self._clock, self._state, self._switches = clock, state, switches

    def authorize(self, request: Request, tenant: str) -> Response:
        """The page to sign in at; a fault of the caller is shown to the person, never sent back."""
        asked = dict(request.query)
        refused = _refused(asked, tenant)
        if refused is not None:
            return refused
        if asked.get("prompt") == "none":
            return self._send(asked, self.answer(asked, tenant, USER, approve=True))
        hint = asked.get("login_hint", USER)
        options = "".join(
            f'<option value="{escape(upn)}"{" selected" * (upn == hint)}>{escape(user.name)}'
            for upn, user in USERS.items()
        )
        controls = f'<p><label>Account <select name="user">{options}</select></label></p>{_BUTTONS}'
        action = f"{request.base_url}/{tenant}/oauth2/v2.0/decide"
        return form_page(f"Sign in to {APP_NAME}", action, asked, controls)

    def decide(self, request: Request, tenant: str) -> Response:
        """What the person decided on that page."""
        asked = dict(parse_qsl(request.body.decode(errors="replace"), keep_blank_values=True))
        user, approve = asked.pop("user", USER), asked.pop("decision", "") == "approve"
        refused = _refused(asked, tenant)
        if refused is not None or user not in USERS:
            return refused or error_page(answers.MALFORMED)
        return self._send(asked, self.answer(asked, tenant, user, approve=approve))

    def answer(self, asked: Asked, tenant: str, user: str, *, approve: bool) -> Answer:
        """The answer to an authorization request whose person decided so."""
        state = {"state": asked["state"]} if "state" in asked else {}
        target = asked["redirect_uri"]
        if not (approve and self._switches.consent):
            number = answers.ADMIN_ONLY if approve else answers.DECLINED
            refusal = {"error": "access_denied", "error_description": described(number)}
            return Answer(target, refusal | state)
        home = company.TENANT if tenant.lower() in COMMON else tenant.lower()
        code = self._state.new("code")
        self._state.codes[code] = Grant(
            user,
            home,
            frozenset(asked.get("scope", "").split()),
            self._clock.now() + timedelta(seconds=self._switches.code_seconds),
            asked.get("nonce", ""),
            asked.get("code_challenge", ""),
            target,
        )
        fields = {"code": code, "session_state": self._state.new("session")} | state
        if asked.get("client_info") == "1":
            fields["client_info"] = client_info(USERS[user].id, home)
        return Answer(target, fields)

    def _send(self, asked: Asked, answer: Answer) -> Response:
        if asked.get("response_mode") == "form_post":
            return form_page("Working...", answer.target, answer.fields, _ON)
        return _redirect(answer.target, answer.fields)

    # --- an administrator lets the app into the tenant -------------------------------------------

    def admin_consent(self, request: Request, tenant: str) -> Response:
        """The page on which an administrator consents for the whole tenant."""
        asked = dict(request.query)
        refused = _refused(asked, tenant)
        if refused is not None:
            return refused
        action = f"{request.base_url}/{tenant}/adminconsent"
        return form_page(f"Let {APP_NAME} into your organization", action, asked, _BUTTONS)

    def decide_consent(self, request: Request, tenant: str) -> Response:
        """What the administrator decided; yes lasts until the switch `consent` is turned off."""
        asked = dict(parse_qsl(request.body.decode(errors="replace"), keep_blank_values=True))
        approve = asked.pop("decision", "") == "approve"
        refused = _refused(asked, tenant)
        if refused is not None:
            return refused
        fields = {"admin_consent": "True", "tenant": company.TENANT}
        if approve:
            self._switches.consent = True
        else:
            words = described(answers.DECLINED)
            fields |= {"error": "access_denied", "error_description": words}
        state = {"state": asked["state"]} if "state" in asked else {}
        return _redirect(asked["redirect_uri"], fields | state)


def _refused(asked: Asked, tenant: str) -> Response | None:
    """The page for a request that cannot be trusted with an answer; None for a good one."""
    if not known_tenant(tenant):
        return error_page(answers.NO_TENANT, tenant=tenant)
    client = asked.get("client_id", "")
    if client != company.CLIENT_ID:
        return error_page(answers.NO_APP, client=client, tenant=tenant)
    redirect = asked.get("redirect_uri", "")
    return None if _may_return(redirect) else error_page(answers.BAD_REDIRECT, redirect=redirect)


def _may_return(redirect: str) -> bool:
    """Entra takes https addresses, and plain http on loopback at any port."""
    parts = urlsplit(redirect)
    return (parts.scheme == "https" and bool(parts.hostname)) or (
        parts.scheme == "http" and parts.hostname in ("localhost", "127.0.0.1", "::1")
    )


def _redirect(target: str, fields: Mapping[str, str]) -> Response:
    joint = "&" if urlsplit(target).query else "?"
    return Response(302, b"", {"location": f"{target}{joint}{urlencode(fields)}"})


def asked_of(address: str) -> tuple[dict[str, str], str]:
    """The parameters and the tenant of an authorization address; raises Refusal on another one."""
    parts = urlsplit(address)
    segments = parts.path.strip("/").split("/")
    if segments[-3:] != ["oauth2", "v2.0", "authorize"]:
        raise Refusal("invalid_request", answers.MALFORMED)
    asked, tenant = dict(parse_qsl(parts.query, keep_blank_values=True)), segments[-4]
    if _refused(asked, tenant) is not None:
        raise Refusal("invalid_request", answers.MALFORMED)
    return asked, tenant
