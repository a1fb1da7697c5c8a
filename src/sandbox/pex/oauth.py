"""The OAuth 2.1 authority: code with PKCE, rotating refresh tokens, revocation (contract 1.4)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sandbox.pex import sign_in_page
from sandbox.pex.authorization import Form, form_of, proves, redirect, refused_request
from sandbox.pex.keys import id_token, key_set
from sandbox.pex.wire import Refusal, hex_id
from sandbox.pex.world import Token, World
from sandbox.web import Request, Response, Router, reply

_CODE_LIFETIME = timedelta(minutes=5)
_FORM = "application/x-www-form-urlencoded"
_NO_STORE = {"cache-control": "no-store"}


@dataclass(slots=True)
class Code:
    """An authorization code: what it was given for, and the family it began once used."""

    business: int
    form: Form
    expires: datetime
    family: str = ""


@dataclass(slots=True)
class Refresh:
    """A refresh token. `used` ones are kept so that a replay is noticed."""

    family: str
    business: int
    client: str
    scope: str
    expires: datetime
    used: bool = False


class _OAuthError(Exception):
    """An RFC 6749 error answer."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.error, self.description, self.status = error, description, status


class Authority:
    """Issues codes and tokens for the businesses of a world; access tokens land in that world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.codes: dict[str, Code] = {}
        self.refreshes: dict[str, Refresh] = {}
        self._router = router = Router()
        router.add("GET", "/.well-known/openid-configuration", self._discovery)
        router.add("GET", "/.well-known/jwks", lambda _request: reply(key_set()))
        router.add("GET", "/oauth21/authorize", self._authorize)
        router.add("POST", "/oauth21/authorize", self._decide)
        router.add("POST", "/oauth21/token", self._token)
        router.add("POST", "/oauth21/revoke", self._revoke)
        router.add("GET", "/oauth21/userinfo", self._user_info)

    def add(self, method: str, path: str, handler: Callable[..., Response]) -> None:
        """Serve one more address on this host."""
        self._router.add(method, path, handler)

    def __call__(self, request: Request) -> Response:
        """Answer a request to the OAuth host."""
        match = self._router.match(request)
        if isinstance(match, int):
            return Response(match, b"", {"content-type": "text/plain"})
        handler, parts = match
        with self.world.lock:
            try:
                return handler(request, **parts)
            except _OAuthError as error:
                body = {"error": error.error, "error_description": error.description}
                return reply(body, error.status, _NO_STORE)
            except Refusal as refusal:
                return refusal.response()

    def revoke_family(self, family: str) -> None:
        """Kill every access and refresh token that came from one sign-in."""
        for refresh in [key for key, r in self.refreshes.items() if r.family == family]:
            del self.refreshes[refresh]
        tokens = self.world.tokens
        for access in [key for key, token in tokens.items() if token.family == family]:
            del tokens[access]

    def _discovery(self, request: Request) -> Response:
        base = request.base_url
        return reply(
            {
                "issuer": base,
                "authorization_endpoint": f"{base}/oauth21/authorize",
                "token_endpoint": f"{base}/oauth21/token",
                "userinfo_endpoint": f"{base}/oauth21/userinfo",
                "jwks_uri": f"{base}/.well-known/jwks",
                "revocation_endpoint": f"{base}/oauth21/revoke",
                "response_types_supported": ["code"],
                "grant_types_supported": ["authorization_code", "refresh_token"],
                "code_challenge_methods_supported": ["S256"],
                "token_endpoint_auth_methods_supported": ["none"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "scopes_supported": ["openid", "offline_access"],
            }
        )

    def _authorize(self, request: Request) -> Response:
        form = dict(request.query)
        refused = refused_request(form)
        if refused is not None:
            return refused
        hint = form.get("login_hint", "").lower()
        if hint == "deny":
            return redirect(form, {"error": "access_denied"})
        for business in self.world.businesses.values():
            if hint in (str(business.id), business.username):
                return self._approved(form, business.id)
        return sign_in_page.page(form, self.world.businesses.values())

    def _decide(self, request: Request) -> Response:
        form = form_of(request)
        refused = refused_request(form)
        if refused is not None:
            return refused
        business = form.pop("business", "")
        if form.pop("decision", "") != "approve":
            return redirect(form, {"error": "access_denied"})
        if not business.isdecimal() or int(business) not in self.world.businesses:
            raise Refusal(400, "Choose a business")
        return self._approved(form, int(business))

    def _approved(self, form: Form, business: int) -> Response:
        code = self._secret("code")
        self.codes[code] = Code(business, form, self.world.now() + _CODE_LIFETIME)
        return redirect(form, {"code": code})

    def _secret(self, purpose: str) -> str:
        number = next(self.world.small_ids)
        parts = (hex_id(self.world.seed, purpose, number, half) for half in range(2))
        return f"{purpose}-{''.join(parts)}"

    def _token(self, request: Request) -> Response:
        form = _posted(request)
        if "client_secret" in form or "authorization" in request.headers:
            raise _OAuthError("invalid_request", "a public client sends no secret")
        grants = {"authorization_code": self._by_code, "refresh_token": self._by_refresh}
        grant = grants.get(form.get("grant_type", ""))
        if grant is None:
            raise _OAuthError("unsupported_grant_type", "unknown grant_type")
        return grant(request, form)

    def _by_code(self, request: Request, form: Form) -> Response:
        code = self.codes.get(form.get("code", ""))
        if code is None:
            raise _OAuthError("invalid_grant", "unknown code")
        if code.family:
            self.revoke_family(code.family)
            raise _OAuthError("invalid_grant", "the code was used before")
        if code.expires <= self.world.now():
            raise _OAuthError("invalid_grant", "the code has expired")
        for member in ("client_id", "redirect_uri"):
            if form.get(member) != code.form[member]:
                raise _OAuthError("invalid_grant", f"{member} is not the one authorised")
        if not proves(form.get("code_verifier", ""), code.form["code_challenge"]):
            raise _OAuthError("invalid_grant", "code_verifier does not fit the challenge")
        code.family = self._secret("family")
        scope = code.form.get("scope", "")
        return self._issue(request, code.family, code.business, form["client_id"], scope)

    def _by_refresh(self, request: Request, form: Form) -> Response:
        found = self.refreshes.get(form.get("refresh_token", ""))
        if found is None:
            raise _OAuthError("invalid_grant", "unknown refresh token")
        if found.used:
            self.revoke_family(found.family)
            raise _OAuthError("invalid_grant", "the refresh token was used before")
        if found.expires <= self.world.now() or form.get("client_id") != found.client:
            raise _OAuthError("invalid_grant", "the refresh token has expired")
        found.used = True
        return self._issue(request, found.family, found.business, found.client, found.scope)

    def _issue(
        self, request: Request, family: str, business: int, client: str, scope: str
    ) -> Response:
        now, switches = self.world.now(), self.world.switches
        access = self._secret("at")
        expires = now + timedelta(seconds=switches.access_seconds)
        self.world.tokens[access] = Token(access, "bearer", business, now, expires, family)
        answer: dict[str, str | int | None] = {
            "access_token": access,
            "token_type": "Bearer",
            "expires_in": switches.access_seconds,
            "scope": scope,
            "id_token": None,
        }
        scopes = scope.split()
        if "offline_access" in scopes:
            refresh = self._secret("rt")
            until = now + timedelta(seconds=switches.refresh_seconds)
            self.refreshes[refresh] = Refresh(family, business, client, scope, until)
            answer["refresh_token"] = refresh
            answer["refresh_token_expires_in"] = switches.refresh_seconds
        if "openid" in scopes:
            user = self.world.businesses[business].username
            answer["id_token"] = id_token(request.base_url, client, user, now, expires)
        return reply(answer, headers=_NO_STORE)

    def _revoke(self, request: Request) -> Response:
        value = _posted(request).get("token", "")
        if not value:
            raise _OAuthError("invalid_request", "there is no token")
        if value in self.refreshes:
            self.revoke_family(self.refreshes[value].family)
        elif value in self.world.tokens:
            self.revoke_family(self.world.tokens[value].family)
        return Response(200)

    def _user_info(self, request: Request) -> Response:
        scheme, _, value = request.headers.get("authorization", "").partition(" ")
        token = self.world.tokens.get(value)
        if scheme.lower() != "bearer" or token is None or token.expires <= self.world.now():
            raise _OAuthError("invalid_token", "the access token is not valid", 401)
        business = self.world.businesses[token.business]
        return reply({"sub": business.username, "preferred_username": business.username})


def _posted(request: Request) -> Form:
    """The fields of a form that an app posted, and as nothing else (RFC 6749, 3.2)."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != _FORM:
        raise _OAuthError("invalid_request", "the body is not form encoded")
    return form_of(request)
