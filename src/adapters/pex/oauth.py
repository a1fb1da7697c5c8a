"""PEX's OAuth 2.1 authority over HTTP: code with PKCE, renewal, revocation (PEX contract 1.4)."""

import base64
import hashlib
import json
import secrets
import threading
from collections.abc import Mapping
from datetime import datetime, timedelta
from urllib.parse import urlencode, urlsplit

import httpx
import structlog

from adapters.pex import oauth_answers
from adapters.pex.client import OnRequest
from adapters.pex.oauth_answers import Endpoints
from adapters.telemetry.outgoing import HttpClient
from application.ports.clock import Clock
from application.ports.pex import PexTokenRefused, PexUnavailable
from application.ports.pex_sign_in import (
    Begun,
    PexAnswerLost,
    PexSignInNotConfigured,
    PexSignInRefused,
    PexSignInUnusable,
    PexTokens,
)
from domain.refusals import Refusal

log = structlog.get_logger(__name__)

DISCOVERY = "/.well-known/openid-configuration"
KEEPS_ALIVE = "offline_access"
DEFAULT_SCOPES = ("openid", KEEPS_ALIVE)
RANDOM_BYTES = 32
SECRET_MEMBERS = ("code", "code_verifier", "refresh_token")
LONGEST_SECONDS = 366 * 86_400.0
TIMEOUT = httpx.Timeout(connect=10, read=30, write=10, pool=10)
# What fails before a request has left: PEX cannot have seen it.
UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


class HttpPexSignIn:
    """Fulfils the port `PexSignIn` as a public client: there is no secret, PKCE proves who asks.

    What PEX tells of its endpoints is read once in a process and never guessed.
    """

    def __init__(
        self,
        authority: str,
        client_id: str,
        scopes: str,
        clock: Clock,
        *,
        transport: httpx.BaseTransport | None = None,
        http_client: HttpClient = httpx.Client,
        on_request: OnRequest | None = None,
    ) -> None:
        """`scopes` are separated by blanks; the one that keeps a connection alive is added."""
        self._authority = authority.strip().rstrip("/")
        self._client_id = client_id.strip()
        self._scope = " ".join(dict.fromkeys((*(scopes.split() or DEFAULT_SCOPES), KEEPS_ALIVE)))
        self._clock = clock
        self._http = http_client(transport=transport, timeout=TIMEOUT)
        self._on_request = on_request or (lambda *_: None)
        self._lock = threading.Lock()
        self._found: Endpoints | None = None

    def close(self) -> None:
        """Close the connections that are kept open."""
        self._http.close()

    # --- signing in ----------------------------------------------------------------------------

    def check(self) -> None:
        """See that signing in is configured and PEX tells where."""
        self._endpoints()

    def begin(self, redirect_uri: str) -> Begun:
        """Begin a sign-in: a new verifier and state for each."""
        endpoint = self._endpoints().authorization
        verifier, state = _random(), _random()
        asked = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": redirect_uri,
            "scope": self._scope,
            "state": state,
            "code_challenge": _unpadded(hashlib.sha256(verifier.encode("ascii")).digest()),
            "code_challenge_method": "S256",
        }
        joint = "&" if urlsplit(endpoint).query else "?"
        kept = json.dumps({"verifier": verifier, "redirect_uri": redirect_uri}).encode()
        return Begun(f"{endpoint}{joint}{urlencode(asked)}", state, kept)

    def complete(self, kept: bytes, answer: Mapping[str, str]) -> PexTokens:
        """Change the code that came back for tokens."""
        if answer.get("error"):
            raise PexSignInRefused(oauth_answers.words(answer))
        code = answer.get("code")
        if not code:
            raise PexSignInRefused("the answer has no code")
        begun = json.loads(kept)
        tokens = self._tokens(
            {
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": begun["redirect_uri"],
                "client_id": self._client_id,
                "code_verifier": begun["verifier"],
            }
        )
        if tokens.refresh_token is None:
            raise PexSignInRefused(f"PEX gave no refresh token for the scopes '{tokens.scope}'")
        return tokens

    # --- afterwards ----------------------------------------------------------------------------

    def renew(self, refresh_token: str) -> PexTokens:
        """Use up a refresh token; PEX may leave it as it is, and then sends no other."""
        try:
            tokens = self._tokens(
                {
                    "grant_type": "refresh_token",
                    "refresh_token": refresh_token,
                    "client_id": self._client_id,
                }
            )
        except oauth_answers.GrantInvalid as refusal:
            raise PexTokenRefused(refusal.told) from None
        if tokens.refresh_token is not None:
            return tokens
        return PexTokens(
            tokens.access_token, tokens.access_until, refresh_token, None, tokens.scope
        )

    def revoke(self, refresh_token: str) -> None:
        """Tell PEX that a refresh token is not needed any more (RFC 7009)."""
        form = {
            "token": refresh_token,
            "token_type_hint": "refresh_token",
            "client_id": self._client_id,
        }
        try:
            endpoint = self._endpoints().revocation
            if endpoint is None:
                log.info("PEX offers no revocation; the sign-in runs out by itself")
                return
            response = self._send("POST", "oauth/revoke", endpoint, form)
        except (Refusal, httpx.RequestError) as error:
            log.warning("a sign-in was not revoked at PEX", reason=type(error).__name__)
            return
        if response.is_success:
            log.info("a sign-in was revoked at PEX")
        else:
            log.warning("a sign-in was not revoked at PEX", status=response.status_code)

    # --- requests ------------------------------------------------------------------------------

    def _tokens(self, form: Mapping[str, str]) -> PexTokens:
        """Ask the token endpoint, once whatever happens."""
        endpoint = self._endpoints().token
        try:
            response = self._send("POST", "oauth/token", endpoint, form)
        except UNSENT as error:
            raise PexUnavailable(f"no connection ({type(error).__name__})") from None
        except httpx.RequestError as error:
            raise PexAnswerLost(f"no answer ({type(error).__name__})") from None
        told = oauth_answers.read_tokens(
            response, [form[name] for name in SECRET_MEMBERS if name in form]
        )
        now = self._clock.now()
        return PexTokens(
            told.access_token,
            _after(now, told.expires_in),
            told.refresh_token or None,
            _after(now, told.refresh_expires_in),
            told.scope or self._scope,
        )

    def _endpoints(self) -> Endpoints:
        if not self._client_id:
            raise PexSignInNotConfigured
        with self._lock:
            if self._found is None:
                self._found = self._discovered()
            return self._found

    def _discovered(self) -> Endpoints:
        if not oauth_answers.is_safe(self._authority):
            raise PexSignInUnusable("its address is neither https nor on loopback")
        try:
            response = self._send("GET", "oauth/discovery", self._authority + DISCOVERY)
        except httpx.RequestError as error:
            raise PexUnavailable(f"no answer of its sign-in ({type(error).__name__})") from None
        return oauth_answers.read_endpoints(response)

    def _send(
        self, method: str, told_as: str, url: str, form: Mapping[str, str] | None = None
    ) -> httpx.Response:
        status = 0
        try:
            response = self._http.request(
                method, url, data=form, headers={"Accept": "application/json"}
            )
            status = response.status_code
        finally:
            self._on_request(method, told_as, status, 1)
        return response


def _after(now: datetime, seconds: float | None) -> datetime | None:
    return None if seconds is None else now + timedelta(seconds=min(seconds, LONGEST_SECONDS))


def _random() -> str:
    return _unpadded(secrets.token_bytes(RANDOM_BYTES))


def _unpadded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")
