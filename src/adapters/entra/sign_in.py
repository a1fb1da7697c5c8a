"""Microsoft sign-in with msal, its tokens sealed in the vault (contract 1.4 to 1.6)."""

import json
import threading
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID, uuid5

import httpx
import msal

from adapters.entra.transport import MsalTransport, rewriting
from application.ports.sign_in import (
    MicrosoftSignInRefused,
    MicrosoftUnavailable,
    MicrosoftUser,
)
from application.ports.vault import Vault
from domain.refusals import Refusal

SCOPES = ["https://api.businesscentral.dynamics.com/.default"]
CACHE = "microsoft_cache"
SIGN_IN = "microsoft_sign_in"
FLOW = "microsoft_flow"
ANY_TENANT = "organizations"
_FLOWS = UUID("5d0c7a52-2b0e-4c3e-9f6a-1f1f0d6b7a05")
_LONGEST = 300


class MicrosoftAppMissing(Refusal):
    """The product was started without its Entra app."""

    code = "MICROSOFT_APP_MISSING"
    fix = "Set PEXBC_ENTRA_CLIENT_ID and PEXBC_ENTRA_CLIENT_SECRET and start again."

    def __init__(self) -> None:
        super().__init__("No Microsoft Entra app is configured.")


class MsalSignIn:
    """Fulfils the port `MicrosoftSignIn`; one msal application and one cache a connection."""

    def __init__(
        self,
        authority: str,
        client_id: str,
        client_secret: str,
        vault: Vault,
        *,
        transport: httpx.BaseTransport | None = None,
        on_request: Callable[[str, str, int, int], None] | None = None,
    ) -> None:
        self._host, rewrite = rewriting(authority)
        self._client_id = client_id
        self._client_secret = client_secret
        self._vault = vault
        self._client = httpx.Client(transport=transport, timeout=30)
        self._http = MsalTransport(self._client, rewrite, on_request or (lambda *_: None))
        self._lock = threading.Lock()
        self._locks: dict[UUID, threading.RLock] = {}
        self._apps: dict[tuple[UUID, str], Any] = {}
        self._modes: dict[UUID, tuple[str, str]] = {}

    def close(self) -> None:
        """Close the connections that are kept open."""
        self._client.close()

    def with_service(self, connection: UUID, tenant_id: str) -> MicrosoftUser:
        """Sign in with the app's own credentials (contract 1.5)."""
        with self._of(connection):
            self.forget(connection)
            app = self._app(connection, tenant_id)
            self._taken(self._ask(lambda: app.acquire_token_for_client(scopes=SCOPES)))
            self._remember(connection, app, "service", tenant_id)
        return MicrosoftUser(tenant_id, f"app {self._client_id}")

    def begin(self, connection: UUID, redirect_uri: str) -> str:
        """Begin a delegated sign-in (contract 1.4): authorization code with PKCE and nonce."""
        app = self._app(connection, ANY_TENANT)
        flow = self._ask(
            lambda: app.initiate_auth_code_flow(
                SCOPES, redirect_uri=redirect_uri, response_mode="form_post"
            )
        )
        if "auth_uri" not in flow:
            raise MicrosoftSignInRefused(_words(flow))
        kept = json.dumps({"connection": str(connection), "flow": flow}).encode()
        self._vault.put(_flow_id(str(flow["state"])), FLOW, kept)
        return str(flow["auth_uri"])

    def complete(self, state: str, answer: Mapping[str, str]) -> tuple[UUID, MicrosoftUser]:
        """Complete it; each flow can be completed once, whatever comes of it."""
        kept = self._vault.get(_flow_id(state), FLOW)
        if kept is None:
            raise MicrosoftSignInRefused("the sign-in was not begun here, or was used already")
        self._vault.delete(_flow_id(state), FLOW)
        flow = json.loads(kept[0])
        connection = UUID(flow["connection"])
        with self._of(connection):
            app = self._app(connection, ANY_TENANT)
            try:
                taken = self._taken(
                    self._ask(
                        lambda: app.acquire_token_by_auth_code_flow(flow["flow"], dict(answer))
                    )
                )
            except ValueError as error:
                raise MicrosoftSignInRefused("the answer does not belong to it") from error
            claims = taken.get("id_token_claims") or {}
            tenant_id = str(claims.get("tid", ""))
            name = str(claims.get("preferred_username") or claims.get("oid") or "")
            self._remember(connection, app, "delegated", tenant_id)
        return connection, MicrosoftUser(tenant_id, name)

    def access_token(self, connection: UUID, *, renew: bool = False) -> str:
        """A token for BC's API, from memory while it is good."""
        with self._of(connection):
            mode, tenant_id = self._mode(connection)
            where = tenant_id if mode == "service" else ANY_TENANT
            app = self._app(connection, where)
            if mode == "service":
                if renew:
                    app.remove_tokens_for_client()
                taken = self._ask(lambda: app.acquire_token_for_client(scopes=SCOPES))
            else:
                accounts = app.get_accounts()
                if not accounts:
                    raise MicrosoftSignInRefused("nobody is signed in")
                taken = self._ask(
                    lambda: app.acquire_token_silent_with_error(
                        SCOPES, account=accounts[0], force_refresh=renew
                    )
                ) or {"error": "interaction_required"}
            token = str(self._taken(taken)["access_token"])
            self._keep_cache(connection, app)
            return token

    def forget(self, connection: UUID) -> None:
        """Throw away the cache and the mode of a connection."""
        with self._of(connection):
            self._vault.delete(connection, CACHE)
            self._vault.delete(connection, SIGN_IN)
            self._modes.pop(connection, None)
            for key in [key for key in self._apps if key[0] == connection]:
                del self._apps[key]

    # --- what is kept --------------------------------------------------------------------------

    def _mode(self, connection: UUID) -> tuple[str, str]:
        """How the connection signs in, and in which tenant."""
        if connection not in self._modes:
            kept = self._vault.get(connection, SIGN_IN)
            if kept is None:
                raise MicrosoftSignInRefused("nobody is signed in")
            raw = json.loads(kept[0])
            self._modes[connection] = (raw["mode"], raw["tenant_id"])
        return self._modes[connection]

    def _remember(self, connection: UUID, app: Any, mode: str, tenant_id: str) -> None:
        raw = json.dumps({"mode": mode, "tenant_id": tenant_id}).encode()
        self._vault.put(connection, SIGN_IN, raw)
        self._modes[connection] = (mode, tenant_id)
        self._keep_cache(connection, app)

    def _keep_cache(self, connection: UUID, app: Any) -> None:
        cache = app.token_cache
        if cache.has_state_changed:
            self._vault.put(connection, CACHE, cache.serialize().encode())
            cache.has_state_changed = False

    def _app(self, connection: UUID, tenant_id: str) -> Any:
        """The connection's msal application, built at its first use with the sealed cache."""
        if not (self._client_id and self._client_secret):
            raise MicrosoftAppMissing
        key = (connection, tenant_id)
        if key not in self._apps:
            cache = msal.SerializableTokenCache()
            kept = self._vault.get(connection, CACHE)
            if kept is not None:
                cache.deserialize(kept[0].decode())
            self._apps[key] = self._ask(
                lambda: msal.ConfidentialClientApplication(
                    self._client_id,
                    client_credential=self._client_secret,
                    authority=f"{self._host}/{tenant_id}",
                    instance_discovery=False,
                    http_client=self._http,
                    token_cache=cache,
                )
            )
        return self._apps[key]

    def _of(self, connection: UUID) -> threading.RLock:
        with self._lock:
            return self._locks.setdefault(connection, threading.RLock())

    # --- answers -------------------------------------------------------------------------------

    def _ask(self, call: Callable[[], Any]) -> Any:
        try:
            return call()
        except httpx.TransportError as error:
            raise MicrosoftUnavailable(f"no answer ({type(error).__name__})") from error
        except ValueError as error:
            if "state" in str(error):
                raise
            raise MicrosoftSignInRefused(
                "the tenant is unknown, or its discovery document cannot be read"
            ) from error

    def _taken(self, answer: Mapping[str, Any]) -> Mapping[str, Any]:
        if "access_token" in answer:
            return answer
        if answer.get("error") in ("temporarily_unavailable", "server_error"):
            raise MicrosoftUnavailable(_words(answer))
        raise MicrosoftSignInRefused(_words(answer))


def _words(answer: Mapping[str, Any]) -> str:
    """Microsoft's own words, on one line and cut; they hold no secret."""
    description = str(answer.get("error_description") or "").splitlines()
    words = f"{answer.get('error', 'no token')}: {description[0] if description else ''}"
    return words[:_LONGEST].rstrip(": ")


def _flow_id(state: str) -> UUID:
    return uuid5(_FLOWS, state)
