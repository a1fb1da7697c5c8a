"""Microsoft sign-in with msal, its tokens sealed in the vault (contract 1.4 to 1.6)."""

import hmac
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode
from uuid import UUID

import httpx
import msal

from adapters.entra.kept import DELEGATED, SERVICE, KeptCache, KeptSignIn, KeptSignIns
from adapters.entra.transport import MsalTransport, rewriting
from adapters.telemetry.outgoing import HttpClient
from application.ports.sign_in import (
    MicrosoftConsentMissing,
    MicrosoftSignInRefused,
    MicrosoftUnavailable,
    MicrosoftUser,
)
from application.ports.vault import Vault
from domain.refusals import Refusal

T = TypeVar("T")
SCOPES = ["https://api.businesscentral.dynamics.com/.default"]
ANY_TENANT = "organizations"
TIMEOUT_SECONDS = 30.0
MARGIN_SECONDS = 300.0  # a token this near its end counts as over, as with msal
TRANSIENT = ("temporarily_unavailable", "server_error")
NO_TENANTS = ("organizations", "common", "consumers")
# AADSTS90094, 65001: only an administrator can agree; 700016: the tenant does not know the app.
CONSENT_MISSING = re.compile(r"AADSTS(?:90094|65001|700016)\b")
_TENANT = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?")
_LONGEST = 300


class MicrosoftAppMissing(Refusal):
    """The product was started without its Entra app."""

    code = "MICROSOFT_APP_MISSING"
    fix = "Set PEXBC_ENTRA_CLIENT_ID and PEXBC_ENTRA_CLIENT_SECRET and start again."

    def __init__(self) -> None:
        super().__init__("No Microsoft Entra app is configured.")


@dataclass(slots=True)
class Opened:
    """A sign-in in memory: msal's application, and the token that is good for a while yet."""

    app: Any
    sign_in: KeptSignIn
    cache_version: int
    token: str = ""
    good_until: float = 0.0

    def is_good_for(self, sign_in: KeptSignIn) -> bool:
        """Whether the token is of this very sign-in and has time left."""
        return self.sign_in == sign_in and time.monotonic() < self.good_until

    def take(self, taken: Mapping[str, Any]) -> None:
        """Remember a token as good until shortly before its end."""
        lasting = float(taken.get("expires_in") or 0) - MARGIN_SECONDS
        self.token, self.good_until = str(taken["access_token"]), time.monotonic() + lasting


class MsalSignIn:
    """Fulfils the port `MicrosoftSignIn`; one msal application a connection.

    The vault is the truth, so that a sign-in, a sign-out or a refreshed token in another process
    counts here at once. While a token is good nothing is asked of Microsoft.
    """

    def __init__(
        self,
        authority: str,
        client_id: str,
        client_secret: str,
        vault: Vault,
        *,
        transport: httpx.BaseTransport | None = None,
        http_client: HttpClient = httpx.Client,
        on_request: Callable[[str, str, int, int], None] | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        """`now` tells seconds since the epoch, for sign-ins begun and never completed.

        Raises:
            MicrosoftAuthorityInsecure: the authority is plain http on another machine.
        """
        self._host, rewrite = rewriting(authority)
        self._authority = authority.rstrip("/")
        self._client_id = client_id
        self._client_secret = client_secret
        self._kept = KeptSignIns(vault, now)
        self._client = http_client(transport=transport, timeout=TIMEOUT_SECONDS)
        self._http = MsalTransport(self._client, rewrite, on_request or (lambda *_: None))
        self._lock = threading.Lock()
        self._locks: dict[UUID, threading.Lock] = {}
        self._opened: dict[UUID, Opened] = {}

    def close(self) -> None:
        """Close the connections that are kept open."""
        self._client.close()

    # --- signing in ----------------------------------------------------------------------------

    def with_service(self, connection: UUID, tenant_id: str) -> MicrosoftUser:
        """Sign in with the app's own credentials (contract 1.5); a refusal leaves all as it was."""
        if not _TENANT.fullmatch(tenant_id) or tenant_id.casefold() in NO_TENANTS:
            raise MicrosoftSignInRefused("the tenant is neither an id nor a domain")
        app = self._app(tenant_id)
        taken = self._taken(self._ask("it sent no token", app.acquire_token_for_client, SCOPES))
        user = MicrosoftUser(tenant_id, f"app {self._client_id}")
        self._replace(connection, app, taken, SERVICE, user)
        return user

    def begin(self, connection: UUID, redirect_uri: str, bound_to: str = "") -> str:
        """Begin a delegated sign-in (contract 1.4): authorization code with PKCE and nonce."""
        flow = self._app(ANY_TENANT).initiate_auth_code_flow(
            SCOPES, redirect_uri=redirect_uri, response_mode="form_post"
        )
        if "auth_uri" not in flow:
            raise MicrosoftSignInRefused(self._words(flow))
        self._kept.put_flow(str(flow["state"]), connection, flow, bound_to)
        return str(flow["auth_uri"])

    def is_begun(self, state: str) -> bool:
        """Whether a sign-in of that state waits to be completed."""
        return self._kept.has_flow(state)

    def complete(
        self, state: str, answer: Mapping[str, str], bound_to: str = ""
    ) -> tuple[UUID, MicrosoftUser]:
        """Complete it; each flow can be completed once and within an hour, whatever comes of it."""
        begun = self._kept.take_flow(state)
        if begun is None or not hmac.compare_digest(begun.bound_to.encode(), bound_to.encode()):
            raise MicrosoftSignInRefused("the sign-in was not begun here, is old, or was used")
        app = self._app(ANY_TENANT)
        taken = self._taken(
            self._ask(
                "the answer does not belong to it",
                app.acquire_token_by_auth_code_flow,
                begun.flow,
                dict(answer),
            )
        )
        claims = taken.get("id_token_claims") or {}
        tenant_id = str(claims.get("tid") or "")
        if not tenant_id:
            raise MicrosoftSignInRefused("the answer names no tenant")
        name = str(claims.get("preferred_username") or claims.get("oid") or "")
        user = MicrosoftUser(tenant_id, name)
        self._replace(begun.connection, app, taken, DELEGATED, user)
        return begun.connection, user

    def consent_address(self, tenant_id: str, redirect_uri: str, state: str) -> str:
        """Where an administrator consents for the whole tenant (contract 1.4)."""
        if not (self._client_id and self._client_secret):
            raise MicrosoftAppMissing
        tenant = tenant_id if _TENANT.fullmatch(tenant_id) else ANY_TENANT
        asked = {"client_id": self._client_id, "redirect_uri": redirect_uri, "state": state}
        return f"{self._authority}/{tenant}/adminconsent?{urlencode(asked)}"

    def share(self, connection: UUID, other: UUID) -> MicrosoftUser:
        """Let a connection use another one's sign-in from now on (M5)."""
        with self._of(connection):
            shared = self._kept.share(connection, other)
            self._opened.pop(connection, None)
        if shared is None:
            raise MicrosoftSignInRefused("the other connection is not signed in")
        return MicrosoftUser(shared.tenant_id, shared.user)

    def forget(self, connection: UUID) -> None:
        """Throw away the tokens and the mode of a connection.

        Without the connection's lock, which waits for Microsoft: the caller may hold a transaction.
        """
        self._kept.forget(connection)
        self._opened.pop(connection, None)

    def _replace(
        self, connection: UUID, app: Any, taken: Mapping[str, Any], mode: str, user: MicrosoftUser
    ) -> None:
        with self._of(connection):
            cache = app.token_cache.serialize()
            sign_in, version = self._kept.replace(
                connection, mode, user.tenant_id, user.name, cache
            )
            opened = self._opened[connection] = Opened(app, sign_in, version)
            opened.take(taken)

    # --- tokens --------------------------------------------------------------------------------

    def access_token(self, connection: UUID, *, renew: bool = False) -> str:
        """A token for BC's API, from memory while it is good."""
        with self._of(connection):
            sign_in = self._kept.sign_in(connection)
            if sign_in is None:
                self._opened.pop(connection, None)
                raise MicrosoftSignInRefused("nobody is signed in")
            opened = self._opened.get(connection)
            if opened is not None and not renew and opened.is_good_for(sign_in):
                return opened.token
            return self._fetched(connection, sign_in, renew=renew)

    def _fetched(self, connection: UUID, sign_in: KeptSignIn, *, renew: bool) -> str:
        """A token by way of msal, with the newest cache that any process kept.

        A refusal counts only if no other process refreshed at the same time: it may have used up
        the refresh token.
        """
        opened = self._open(connection, sign_in)
        try:
            taken = self._silently(opened.app, sign_in.mode, renew=renew)
        except MicrosoftSignInRefused:
            self._opened.pop(connection, None)  # with msal's memory of the refusal
            if self._kept.cache(sign_in).version == opened.cache_version:
                raise
            opened = self._open(connection, sign_in)
            taken = self._silently(opened.app, sign_in.mode, renew=False)
        opened.take(taken)
        self._keep(opened)
        return opened.token

    def _open(self, connection: UUID, sign_in: KeptSignIn) -> Opened:
        cache = self._kept.cache(sign_in)
        opened = self._opened.get(connection)
        if opened is None or opened.sign_in != sign_in:
            tenant = sign_in.tenant_id if sign_in.mode == SERVICE else ANY_TENANT
            opened = Opened(self._app(tenant, cache), sign_in, cache.version)
            self._opened[connection] = opened
        elif opened.cache_version != cache.version:
            opened.app.token_cache.deserialize(cache.text)
            opened.cache_version = cache.version
        return opened

    def _silently(self, app: Any, mode: str, *, renew: bool) -> Mapping[str, Any]:
        if mode == SERVICE:
            if renew:
                app.remove_tokens_for_client()
            return self._taken(self._ask("it sent no token", app.acquire_token_for_client, SCOPES))
        accounts = app.get_accounts()
        if not accounts:
            raise MicrosoftSignInRefused("nobody is signed in")
        taken = self._ask(
            "its answer makes no sense",
            lambda: app.acquire_token_silent_with_error(
                SCOPES, account=accounts[0], force_refresh=renew
            ),
        )
        return self._taken(taken or {"error": "interaction_required"})

    def _keep(self, opened: Opened) -> None:
        cache = opened.app.token_cache
        if not cache.has_state_changed:
            return
        version = self._kept.refresh(opened.sign_in, cache.serialize(), opened.cache_version)
        if version is not None:  # else others were kept meanwhile, and are read before the next use
            opened.cache_version = version

    # --- msal ----------------------------------------------------------------------------------

    def _app(self, tenant: str, cache: KeptCache | None = None) -> Any:
        """An msal application; its construction asks for the tenant's discovery document."""
        if not (self._client_id and self._client_secret):
            raise MicrosoftAppMissing
        tokens = msal.SerializableTokenCache()
        if cache is not None:
            tokens.deserialize(cache.text)
        return self._ask(
            "the tenant is unknown, or its discovery document cannot be read",
            lambda: msal.ConfidentialClientApplication(
                self._client_id,
                client_credential=self._client_secret,
                authority=f"{self._host}/{tenant}",
                instance_discovery=False,
                http_client=self._http,
                token_cache=tokens,
            ),
        )

    def _of(self, connection: UUID) -> threading.Lock:
        with self._lock:
            return self._locks.setdefault(connection, threading.Lock())

    def _ask(self, otherwise: str, call: Callable[..., T], *arguments: Any) -> T:
        """Call msal; what it raises over an answer may quote it, and is told as `otherwise`."""
        try:
            return call(*arguments)
        except (ValueError, RuntimeError, LookupError):
            raise MicrosoftSignInRefused(otherwise) from None

    def _taken(self, answer: Mapping[str, Any]) -> Mapping[str, Any]:
        if "access_token" in answer:
            return answer
        if answer.get("error") in TRANSIENT:
            raise MicrosoftUnavailable(self._words(answer))
        if CONSENT_MISSING.search(str(answer.get("error_description"))):
            raise MicrosoftConsentMissing(self._words(answer))
        raise MicrosoftSignInRefused(self._words(answer))

    def _words(self, answer: Mapping[str, Any]) -> str:
        """Microsoft's own words, on one line and cut; should they quote the secret, without it."""
        description = str(answer.get("error_description") or "").splitlines()
        words = f"{answer.get('error', 'no token')}: {description[0] if description else ''}"
        return words.replace(self._client_secret, "***")[:_LONGEST].rstrip(": ")
