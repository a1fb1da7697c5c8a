"""Sign in with PEX, in the browser or by an API token: who it is, for which business (M2).

Nothing of it is kept for a connection; `Connect.with_pex` does that.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from application.pex_credential import of_tokens
from application.pex_identity import PexIdentity, identified
from application.ports.clock import Clock
from application.ports.pex import PexAccess, PexUnavailable
from application.ports.pex_sign_in import PexSignIn, PexSignInRefused
from application.ports.vault import StaleSecretError, Vault

BEGUN = "begun_pex_sign_in"
LIFETIME = timedelta(hours=1)
_STATES = UUID("5d0c7a52-2b0e-4c3e-9f6a-1f1f0d6b7a0c")


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A completed sign-in in the browser.

    `bound_to` and `begun_by` are what `begin` was told. Whoever makes a browser session of it must
    see that `bound_to` is that browser's, or a person could be signed in as somebody else.
    """

    identity: PexIdentity
    bound_to: str
    begun_by: str


class SignInWithPex:
    """The sign-in in the browser takes two requests; what is between them lies in the vault."""

    def __init__(self, sign_in: PexSignIn, pex: PexAccess, vault: Vault, clock: Clock) -> None:
        self._sign_in = sign_in
        self._pex = pex
        self._vault = vault
        self._clock = clock

    def identify(self, token: str) -> PexIdentity:
        """Whose a pasted API token is; raises as `identified`."""
        return identified(self._pex, token)

    def begin(self, actor: str, bound_to: str, redirect_uri: str) -> str:
        """Begin a sign-in: the address to send the browser to.

        Raises:
            PexSignInNotConfigured, PexSignInUnusable, PexUnavailable: as `PexSignIn.check`.
        """
        begun = self._sign_in.begin(redirect_uri)
        kept = {
            "kept": base64.b64encode(begun.kept).decode(),
            "actor": actor,
            "bound_to": bound_to,
            "at": self._clock.now().isoformat(),
        }
        self._vault.put(_owner(begun.state), BEGUN, json.dumps(kept).encode())
        return begun.address

    def complete(self, state: str, answer: Mapping[str, str]) -> SignedIn:
        """Complete it with what PEX sent back; once, and within an hour, whatever comes of it.

        Raises:
            PexSignInRefused: it was not begun here, the person or PEX declined, or PEX is away.
            PexTokenRefused: the PEX user is no administrator.
            PexPermissionMissing: the missing ones are named (M2).
        """
        begun = self._take(state)
        if begun is None:
            raise PexSignInRefused("it was not begun here, is old, or was used")
        try:
            tokens = self._sign_in.complete(base64.b64decode(begun["kept"]), answer)
            business = self._pex.with_bearer(tokens.access_token).business()
        except PexUnavailable as away:  # nothing tries this again by itself
            raise PexSignInRefused(away.cause) from away
        credential = of_tokens(tokens, self._clock.now())
        return SignedIn(PexIdentity(business, credential), begun["bound_to"], begun["actor"])

    def _take(self, state: str) -> dict[str, Any] | None:
        """Take a begun sign-in out, for good; None of one unknown, taken before, or too old."""
        owner = _owner(state)
        kept = self._vault.get(owner, BEGUN)
        if kept is None:
            return None
        try:
            self._vault.put(owner, BEGUN, b"{}", kept[1])  # of two takers, one is refused here
        except StaleSecretError:
            return None
        self._vault.delete(owner, BEGUN)
        begun: dict[str, Any] = json.loads(kept[0])
        if "at" not in begun:
            return None
        age = self._clock.now() - datetime.fromisoformat(begun["at"])
        return begun if timedelta() <= age <= LIFETIME else None


def _owner(state: str) -> UUID:
    return uuid5(_STATES, state)
