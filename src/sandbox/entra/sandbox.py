"""The simulator itself: discovery, authorization, tokens, and a switchboard for tests."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from urllib.parse import parse_qsl, urlencode

from sandbox import company
from sandbox.clock import SandboxClock
from sandbox.entra.answers import client_info, form_page, jwt, refuse
from sandbox.faults import Fault, FaultPlan
from sandbox.web import Application, Request, Response, Router, reply

SCOPE = "https://api.businesscentral.dynamics.com/.default"
USER = "dana.kim@harbor.example"
USER_ID = "1a2b3c4d-0000-4000-8000-00000000d00d"
APP = "pexbc app"
COMMON = ("organizations", "common")
CODE_MINUTES = 10


@dataclass(slots=True)
class Switches:
    """How the simulator behaves; every one can be set by a test."""

    token_seconds: int = 3600
    app_enabled: bool = True
    consent: bool = True


@dataclass(slots=True)
class Grant:
    """An authorization code or a refresh token."""

    tenant: str
    nonce: str = ""
    challenge: str = ""
    redirect_uri: str = ""
    used: bool = False
    revoked: bool = False
    until: datetime | None = None


@dataclass(slots=True)
class Issued:
    """An access token."""

    name: str
    until: datetime
    revoked: bool = False


@dataclass(slots=True)
class State:
    """Everything that was handed out."""

    codes: dict[str, Grant] = field(default_factory=dict)
    refresh: dict[str, Grant] = field(default_factory=dict)
    access: dict[str, Issued] = field(default_factory=dict)


class EntraSandbox:
    """Plays `login.microsoftonline.com` for one tenant, one app and one user."""

    def __init__(self, clock: SandboxClock, faults: FaultPlan | None = None) -> None:
        self._clock = clock
        self.faults = faults or FaultPlan()
        self.switches = Switches()
        self._state = State()
        self._numbers = count(1)
        router = Router()
        router.add("GET", "/{tenant}/v2.0/.well-known/openid-configuration", self._discovery)
        router.add("GET", "/{tenant}/oauth2/v2.0/authorize", self._authorize)
        router.add("POST", "/{tenant}/oauth2/v2.0/decide", self._decide)
        router.add("POST", "/{tenant}/oauth2/v2.0/token", self._token)
        router.add("GET", "/{tenant}/adminconsent", self._admin_consent)
        self.application: Application = self.faults.around(_routed(router))
        self.control: Application = _routed(self._control())

    # --- asked by Business Central ---------------------------------------------------------------

    def authenticate(self, bearer: str) -> str | None:
        """The user or app behind an access token that is good now; None for any other."""
        issued = self._state.access.get(bearer)
        if issued is None or issued.revoked or issued.until <= self._clock.now():
            return None
        return issued.name

    def revoke_everything(self) -> None:
        """Revoke every token, as after a change of password."""
        for grant in (*self._state.codes.values(), *self._state.refresh.values()):
            grant.revoked = True
        for issued in self._state.access.values():
            issued.revoked = True

    # --- pages and endpoints ---------------------------------------------------------------------

    def _discovery(self, request: Request, tenant: str) -> Response:
        if not _known(tenant):
            return refuse("invalid_tenant", "AADSTS90002")
        https = f"https://entra.localhost/{tenant}"
        return reply(
            {
                "issuer": f"{https}/v2.0",
                "authorization_endpoint": f"{request.base_url}/{tenant}/oauth2/v2.0/authorize",
                "token_endpoint": f"{https}/oauth2/v2.0/token",
                "device_authorization_endpoint": f"{https}/oauth2/v2.0/devicecode",
                "jwks_uri": f"{https}/discovery/v2.0/keys",
                "tenant_region_scope": "NA",
            }
        )

    def _authorize(self, request: Request, tenant: str) -> Response:
        asked = dict(request.query)
        if not _known(tenant):
            return refuse("invalid_tenant", "AADSTS90002")
        if asked.get("client_id") != company.CLIENT_ID:
            return refuse("unauthorized_client", "AADSTS700016")
        if not asked.get("redirect_uri"):
            return refuse("invalid_request", "AADSTS50011")
        if asked.get("prompt") == "none" or asked.get("login_hint") == USER:
            return self._answer(asked, tenant, approve=self.switches.consent)
        buttons = (
            '<button name="decision" value="approve">Accept</button>'
            '<button name="decision" value="deny">Cancel</button>'
        )
        action = f"{request.base_url}/{tenant}/oauth2/v2.0/decide"
        return form_page("Sign in to pexbc", action, asked, buttons)

    def _decide(self, request: Request, tenant: str) -> Response:
        asked = dict(parse_qsl(request.body.decode(), keep_blank_values=True))
        approve = asked.pop("decision", "") == "approve" and self.switches.consent
        return self._answer(asked, tenant, approve=approve)

    def _answer(self, asked: Mapping[str, str], tenant: str, *, approve: bool) -> Response:
        answer = {"state": asked.get("state", "")}
        if approve:
            code = self._new("code")
            self._state.codes[code] = Grant(
                company.TENANT if tenant in COMMON else tenant,
                asked.get("nonce", ""),
                asked.get("code_challenge", ""),
                asked["redirect_uri"],
                until=self._clock.now() + timedelta(minutes=CODE_MINUTES),
            )
            answer |= {"code": code, "client_info": client_info(USER_ID, company.TENANT)}
        else:
            refused = "AADSTS65004" if self.switches.consent else "AADSTS65001"
            answer |= {"error": "access_denied", "error_description": refused}
        target = asked["redirect_uri"]
        if asked.get("response_mode") == "form_post":
            return form_page("Working", target, answer, "<button>Continue</button>")
        return Response(302, b"", {"location": f"{target}?{urlencode(answer)}"})

    def _admin_consent(self, request: Request, tenant: str) -> Response:
        asked = dict(request.query)
        self.switches.consent = True
        answer = {"admin_consent": "True", "tenant": tenant, "state": asked.get("state", "")}
        return Response(
            302, b"", {"location": f"{asked.get('redirect_uri', '/')}?{urlencode(answer)}"}
        )

    # --- tokens ----------------------------------------------------------------------------------

    def _token(self, request: Request, tenant: str) -> Response:
        asked = dict(parse_qsl(request.body.decode(), keep_blank_values=True))
        if not _known(tenant):
            return refuse("invalid_request", "AADSTS90002")
        refused = self._check_client(request, asked)
        if refused is not None:
            return refused
        grants = {
            "client_credentials": self._for_app,
            "authorization_code": self._for_code,
            "refresh_token": self._for_refresh,
        }
        grant = grants.get(asked.get("grant_type", ""))
        if grant is None:
            return refuse("unsupported_grant_type", "AADSTS70003")
        return grant(asked, tenant)

    def _check_client(self, request: Request, asked: Mapping[str, str]) -> Response | None:
        client_id, secret = asked.get("client_id", ""), asked.get("client_secret", "")
        scheme, _, basic = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "basic":
            client_id, _, secret = base64.b64decode(basic).decode().partition(":")
        if client_id != company.CLIENT_ID:
            return refuse("unauthorized_client", "AADSTS700016")
        if not self.switches.app_enabled:
            return refuse("unauthorized_client", "AADSTS7000112")
        if secret != company.CLIENT_SECRET:
            return refuse("invalid_client", "AADSTS7000215", 401)
        return None

    def _for_app(self, asked: Mapping[str, str], tenant: str) -> Response:
        if tenant in COMMON:
            return refuse("invalid_request", "AADSTS90002")
        if asked.get("scope") != SCOPE:
            return refuse("invalid_scope", "AADSTS70011")
        if not self.switches.consent:
            return refuse("invalid_grant", "AADSTS65001")
        return reply(self._access(APP))

    def _for_code(self, asked: Mapping[str, str], _tenant: str) -> Response:
        grant = self._state.codes.get(asked.get("code", ""))
        expired = grant is None or grant.until is None or grant.until <= self._clock.now()
        if grant is None or expired or grant.revoked:
            return refuse("invalid_grant", "AADSTS70008")
        if grant.used:
            return refuse("invalid_grant", "AADSTS54005")
        grant.used = True
        if asked.get("redirect_uri") != grant.redirect_uri:
            return refuse("invalid_grant", "AADSTS50011")
        digest = hashlib.sha256(asked.get("code_verifier", "").encode()).digest()
        if base64.urlsafe_b64encode(digest).decode().rstrip("=") != grant.challenge:
            return refuse("invalid_grant", "AADSTS501481")
        return reply(self._user_tokens(grant))

    def _for_refresh(self, asked: Mapping[str, str], _tenant: str) -> Response:
        grant = self._state.refresh.get(asked.get("refresh_token", ""))
        if grant is None or grant.revoked:
            return refuse("invalid_grant", "AADSTS50173")
        if not self.switches.consent:
            return refuse("interaction_required", "AADSTS65001")
        return reply(self._user_tokens(grant))

    def _user_tokens(self, grant: Grant) -> dict[str, Any]:
        now = self._clock.now()
        refresh = self._new("refresh")
        self._state.refresh[refresh] = Grant(grant.tenant)
        claims = {
            "aud": company.CLIENT_ID,
            "iss": f"https://entra.localhost/{grant.tenant}/v2.0",
            "iat": int(now.timestamp()),
            "exp": int((now + timedelta(days=3650)).timestamp()),
            "nonce": grant.nonce,
            "oid": USER_ID,
            "sub": USER_ID,
            "tid": grant.tenant,
            "preferred_username": USER,
            "name": "Dana Kim",
        }
        return {
            **self._access(USER),
            "refresh_token": refresh,
            "id_token": jwt(claims),
            "client_info": client_info(USER_ID, grant.tenant),
        }

    def _access(self, name: str) -> dict[str, Any]:
        token = jwt({"name": name, "number": next(self._numbers)})
        lifetime = self.switches.token_seconds
        self._state.access[token] = Issued(name, self._clock.now() + timedelta(seconds=lifetime))
        return {
            "token_type": "Bearer",
            "scope": SCOPE,
            "expires_in": lifetime,
            "ext_expires_in": lifetime,
            "access_token": token,
        }

    def _new(self, what: str) -> str:
        number = next(self._numbers)
        return f"{what}-{hashlib.sha256(f'{what}/{number}'.encode()).hexdigest()[:32]}"

    # --- the switchboard -------------------------------------------------------------------------

    def _control(self) -> Router:
        router = Router()
        router.add("PATCH", "/switches", self._switch)
        router.add("POST", "/revoke", self._revoke)
        router.add("GET", "/journal", lambda _request: reply(self.faults.journal))
        router.add("POST", "/faults", self._plant)
        router.add("DELETE", "/faults", self._clear)
        return router

    def _switch(self, request: Request) -> Response:
        for name, value in request.json().items():
            if name not in Switches.__slots__:
                return reply({"message": f"there is no switch {name!r}"}, 400)
            setattr(self.switches, name, value)
        return Response(204)

    def _plant(self, request: Request) -> Response:
        self.faults.plant(Fault(**request.json()))
        return Response(204)

    def _revoke(self, _request: Request) -> Response:
        self.revoke_everything()
        return Response(204)

    def _clear(self, _request: Request) -> Response:
        self.faults.clear()
        return Response(204)


def _known(tenant: str) -> bool:
    return tenant.lower() in (company.TENANT, *COMMON)


def _routed(router: Router) -> Application:
    def application(request: Request) -> Response:
        found = router.match(request)
        if isinstance(found, int):
            return reply({"error": "not_found"}, found)
        handler, arguments = found
        return handler(request, **arguments)

    return application
