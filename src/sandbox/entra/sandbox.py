"""The simulator itself: its routes, who is behind a token, and its switchboard."""

import threading
from collections.abc import Callable
from typing import Any

from sandbox.clock import SandboxClock
from sandbox.entra import answers
from sandbox.entra.answers import Refusal
from sandbox.entra.control import Control
from sandbox.entra.sign_in import Answer, SignIn, asked_of
from sandbox.entra.state import COMMON, USER, State, Switches, known_tenant
from sandbox.entra.tokens import TokenEndpoint
from sandbox.faults import FaultPlan
from sandbox.web import Application, Request, Response, Router, reply


class EntraSandbox:
    """Plays `login.microsoftonline.com` for one tenant and one app.

    Attributes:
        application: discovery, sign-in pages and the token endpoint, below `/{tenant}/...`.
        control: the control API; neither in the journal nor subject to faults.
        faults: what is planted, and the journal of requests to `application`.
        switches: how it behaves; read them freely, set them by `switch`.
    """

    def __init__(self, clock: SandboxClock, faults: FaultPlan | None = None) -> None:
        self._clock = clock
        self._lock = threading.RLock()
        self._state = State()
        self.faults = faults or FaultPlan()
        self.switches = Switches()
        self._sign_in = SignIn(clock, self._state, self.switches)
        self._tokens = TokenEndpoint(clock, self._state, self.switches)
        self._router = Router()
        for method, path, handler in self._routes():
            self._router.add(method, path, handler)
        self.application: Application = self.faults.around(self._answer)
        self.control: Application = Control(self)

    def _routes(self) -> list[tuple[str, str, Callable[..., Response]]]:
        pages = self._sign_in
        return [
            ("GET", "/{tenant}/v2.0/.well-known/openid-configuration", _discovery),
            ("GET", "/{tenant}/discovery/v2.0/keys", _keys),
            ("GET", "/{tenant}/oauth2/v2.0/authorize", pages.authorize),
            ("POST", "/{tenant}/oauth2/v2.0/decide", pages.decide),
            ("POST", "/{tenant}/oauth2/v2.0/token", self._token),
            ("GET", "/{tenant}/adminconsent", pages.admin_consent),
            ("GET", "/{tenant}/v2.0/adminconsent", pages.admin_consent),
            ("POST", "/{tenant}/adminconsent", pages.decide_consent),
        ]

    def authenticate(self, bearer: str) -> str | None:
        """The user's or the app's name behind an access token that is good now; else None."""
        with self._lock:
            issued = self._state.access.get(bearer)
            if issued is None or issued.revoked or issued.until <= self._clock.now():
                return None
            return issued.name

    def sign_in(self, address: str, user: str = USER, *, approve: bool = True) -> Answer:
        """Do what a person does at an authorization address, without any page.

        Raises:
            Refusal: it is no authorization address of ours.
        """
        with self._lock:
            asked, tenant = asked_of(address)
            return self._sign_in.answer(asked, tenant, user, approve=approve)

    def revoke_refresh_tokens(self) -> None:
        """Revoke codes and refresh tokens; access tokens live on until they expire."""
        with self._lock:
            for grant in (*self._state.codes.values(), *self._state.refresh.values()):
                grant.revoked = True

    def revoke_everything(self) -> None:
        """Revoke every token at once, access tokens too."""
        with self._lock:
            self.revoke_refresh_tokens()
            for issued in self._state.access.values():
                issued.revoked = True

    def switch(self, **changes: Any) -> None:
        """Set switches; raises ValueError, and sets none, on an unknown name or a wrong kind."""
        with self._lock:
            self.switches.change(changes)

    def _answer(self, request: Request) -> Response:
        match = self._router.match(request)
        if isinstance(match, int):
            return reply({"error": "not_found"}, match)
        handler, parts = match
        with self._lock:
            try:
                return handler(request, **parts)
            except Refusal as refusal:
                correlation_id = request.headers.get("client-request-id", "")
                return refusal.response(self._clock.now(), correlation_id)

    def _token(self, request: Request, tenant: str) -> Response:
        return reply(self._tokens.answer(request, tenant), headers={"cache-control": "no-store"})


def _discovery(request: Request, tenant: str) -> Response:
    """The token endpoint is https, as msal insists, and never dialled; the page is where we are."""
    if not known_tenant(tenant):
        raise Refusal("invalid_tenant", answers.NO_TENANT, tenant=tenant)
    https = f"https://entra.localhost/{tenant}"
    issuer = "{tenantid}" if tenant.lower() in COMMON else tenant
    return reply(
        {
            "issuer": f"https://entra.localhost/{issuer}/v2.0",
            "authorization_endpoint": f"{request.base_url}/{tenant}/oauth2/v2.0/authorize",
            "token_endpoint": f"{https}/oauth2/v2.0/token",
            "device_authorization_endpoint": f"{https}/oauth2/v2.0/devicecode",
            "jwks_uri": f"{https}/discovery/v2.0/keys",
            "tenant_region_scope": "NA",
        }
    )


def _keys(_request: Request, tenant: str) -> Response:
    """No keys: its tokens are not signed, and msal does not look."""
    if not known_tenant(tenant):
        raise Refusal("invalid_tenant", answers.NO_TENANT, tenant=tenant)
    return reply({"keys": []})
