"""The token endpoint: client credentials, authorization code and refresh (BC contract 1.4, 1.5)."""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, unquote

from sandbox import company
from sandbox.clock import SandboxClock
from sandbox.entra import answers
from sandbox.entra.answers import Refusal, client_info, jwt
from sandbox.entra.state import (
    APP,
    COMMON,
    SCOPE,
    USERS,
    Grant,
    Issued,
    State,
    Switches,
    known_tenant,
)
from sandbox.web import Request

Form = Mapping[str, str]


class TokenEndpoint:
    """Exchanges secrets, codes and refresh tokens for access tokens."""

    def __init__(self, clock: SandboxClock, state: State, switches: Switches) -> None:
        self._clock, self._state, self._switches = clock, state, switches

    def answer(self, request: Request, tenant: str) -> dict[str, Any]:
        """Answer one request; raises Refusal."""
        form = dict(parse_qsl(request.body.decode(errors="replace"), keep_blank_values=True))
        if not known_tenant(tenant):
            raise Refusal("invalid_request", answers.NO_TENANT, tenant=tenant)
        self._check_client(request, form, tenant)
        grants = {
            "client_credentials": self._for_app,
            "authorization_code": self._for_code,
            "refresh_token": self._for_refresh,
        }
        asked = _needed(form, "grant_type")
        if asked not in grants:
            raise Refusal("unsupported_grant_type", answers.BAD_GRANT_TYPE, grant=asked)
        return grants[asked](form, tenant)

    def _check_client(self, request: Request, form: Form, tenant: str) -> None:
        client, secret = _credentials(request, form)
        if client != company.CLIENT_ID:
            raise Refusal("unauthorized_client", answers.NO_APP, client=client, tenant=tenant)
        if not self._switches.app_enabled:
            raise Refusal("unauthorized_client", answers.DISABLED_APP)
        if not secret:
            raise Refusal("invalid_client", answers.NO_SECRET, 401)
        if secret != company.CLIENT_SECRET:
            raise Refusal("invalid_client", answers.BAD_SECRET, 401)
        if self._switches.secret_expired:
            raise Refusal("invalid_client", answers.EXPIRED_SECRET, 401)

    def _for_app(self, form: Form, tenant: str) -> dict[str, Any]:
        if tenant.lower() in COMMON:
            raise Refusal("invalid_request", answers.NO_TENANT, tenant=tenant)
        scope = _needed(form, "scope")
        if scope != SCOPE:
            raise Refusal("invalid_scope", answers.NOT_DEFAULT_SCOPE, scope=scope)
        if not self._switches.consent:
            raise Refusal("unauthorized_client", answers.NO_APP, tenant=tenant)
        return self._access(APP, company.TENANT)

    def _for_code(self, form: Form, _tenant: str) -> dict[str, Any]:
        grant = self._state.codes.get(_needed(form, "code"))
        if grant is None:
            raise Refusal("invalid_grant", answers.MALFORMED)
        self._check_alive(grant)
        if grant.used:
            raise Refusal("invalid_grant", answers.REDEEMED)
        grant.used = True
        redirect = form.get("redirect_uri", "")
        if redirect != grant.redirect_uri:
            raise Refusal("invalid_grant", answers.OTHER_REDIRECT, redirect=redirect)
        if grant.challenge and _challenge(form.get("code_verifier", "")) != grant.challenge:
            raise Refusal("invalid_grant", answers.BAD_VERIFIER)
        return self._user_tokens(grant, form)

    def _for_refresh(self, form: Form, _tenant: str) -> dict[str, Any]:
        grant = self._state.refresh.get(_needed(form, "refresh_token"))
        if grant is None:
            raise Refusal("invalid_grant", answers.MALFORMED)
        self._check_alive(grant)
        if grant.used and self._switches.single_use_refresh:
            raise Refusal("invalid_grant", answers.EXPIRED)
        if not self._switches.consent:
            raise Refusal("invalid_grant", answers.NO_CONSENT, suberror="consent_required")
        if self._switches.interaction_required:
            raise Refusal("interaction_required", answers.MFA, suberror="basic_action")
        grant.used = True
        grant.until = self._clock.now() + timedelta(seconds=self._switches.refresh_seconds)
        return self._user_tokens(grant, form)

    def _check_alive(self, grant: Grant) -> None:
        if grant.revoked:
            raise Refusal("invalid_grant", answers.REVOKED)
        if grant.until <= self._clock.now():
            raise Refusal("invalid_grant", answers.EXPIRED)

    # --- what is handed out ------------------------------------------------------------------

    def _user_tokens(self, grant: Grant, form: Form) -> dict[str, Any]:
        """An access token, and what else the scopes of the sign-in ask for."""
        given = self._access(grant.user, grant.tenant)
        if "offline_access" in grant.scopes:
            refresh = self._state.new("refresh")
            until = self._clock.now() + timedelta(seconds=self._switches.refresh_seconds)
            self._state.refresh[refresh] = Grant(grant.user, grant.tenant, grant.scopes, until)
            given["refresh_token"] = refresh
        if "openid" in grant.scopes:
            given["id_token"] = jwt(self._identity(grant))
        if form.get("client_info") == "1":
            given["client_info"] = client_info(USERS[grant.user].id, grant.tenant)
        return given

    def _identity(self, grant: Grant) -> dict[str, Any]:
        """Claims of an id token; good for years, as its reader may live at another time than we."""
        now, user = self._clock.now(), USERS[grant.user]
        return {
            "aud": company.CLIENT_ID,
            "iss": f"https://entra.localhost/{grant.tenant}/v2.0",
            "iat": int(now.timestamp()),
            "exp": int((now + timedelta(days=3650)).timestamp()),
            "nonce": grant.nonce,
            "oid": user.id,
            "sub": user.id,
            "tid": grant.tenant,
            "preferred_username": grant.user,
            "name": user.name,
        }

    def _access(self, name: str, tenant: str) -> dict[str, Any]:
        lifetime = self._switches.token_seconds
        until = self._clock.now() + timedelta(seconds=lifetime)
        claims = {
            "aud": "https://api.businesscentral.dynamics.com",
            "tid": tenant,
            "exp": int(until.timestamp()),
            "appid": company.CLIENT_ID,
            "name": name,
            "uti": next(self._state.numbers),
        }
        token = jwt(claims)
        self._state.access[token] = Issued(name, until)
        return {
            "token_type": "Bearer",
            "scope": SCOPE,
            "expires_in": lifetime,
            "ext_expires_in": lifetime,
            "access_token": token,
        }


def _credentials(request: Request, form: Form) -> tuple[str, str]:
    """Client id and secret, from the form or from Basic authentication."""
    scheme, _, basic = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return form.get("client_id", ""), form.get("client_secret", "")
    try:
        client, _, secret = base64.b64decode(basic, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise Refusal("invalid_request", answers.MALFORMED) from None
    return unquote(client), unquote(secret)


def _needed(form: Form, name: str) -> str:
    if not form.get(name):
        raise Refusal("invalid_request", answers.MISSING_PARAMETER, parameter=name)
    return form[name]


def _challenge(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
