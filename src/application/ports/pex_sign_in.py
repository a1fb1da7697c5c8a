"""Sign-in with PEX by OAuth 2.1, as the use cases need it (M2, PEX contract 1.4)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Protocol

from application.ports.pex import PexUnavailable
from domain.refusals import Refusal


class PexSignInNotConfigured(Refusal):
    """The product was started without its PEX app."""

    code: ClassVar[str] = "PEX_SIGN_IN_NOT_CONFIGURED"
    fix: ClassVar[str] = (
        "Set PEXBC_PEX_CLIENT_ID to the app's client id and start again, or paste an API token."
    )

    def __init__(self) -> None:
        super().__init__("No PEX app is configured to sign in with.")


class PexSignInUnusable(Refusal):
    """PEX's sign-in cannot be used as it stands: its address, or what it tells of itself."""

    code: ClassVar[str] = "PEX_SIGN_IN_UNUSABLE"
    fix: ClassVar[str] = (
        "Check PEXBC_PEX_OAUTH_URL; if it is right, tell PEX what is wrong. An API token works "
        "without this sign-in."
    )

    def __init__(self, why: str) -> None:
        super().__init__(f"PEX's sign-in cannot be used: {why}.")


class PexSignInRefused(Refusal):
    """A sign-in in the browser came to nothing, or PEX gives this app no token."""

    code: ClassVar[str] = "PEX_SIGN_IN_REFUSED"
    fix: ClassVar[str] = (
        "Sign in with PEX again from the start; if that does not help, check PEXBC_PEX_CLIENT_ID "
        "and PEXBC_PEX_SCOPES."
    )

    def __init__(self, answer: str) -> None:
        super().__init__(f"The sign-in with PEX failed: {answer}")


class PexAnswerLost(PexUnavailable):
    """PEX may have done what was asked, and its answer did not arrive."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in that was begun.

    Attributes:
        address: where to send the browser.
        state: names the sign-in when the browser comes back; not to be guessed.
        kept: what completes it; secret.
    """

    address: str
    state: str
    kept: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class PexTokens:
    """What PEX gives for a sign-in or a renewal; instants in UTC, None where PEX tells none."""

    access_token: str = field(repr=False)
    access_until: datetime | None
    refresh_token: str | None = field(repr=False)
    refresh_until: datetime | None
    scope: str


class PexSignIn(Protocol):
    """The OAuth authority of PEX. Nothing that asks for a token is ever sent twice."""

    def check(self) -> None:
        """See that signing in is configured and PEX tells where.

        Raises:
            PexSignInNotConfigured: there is no client id.
            PexSignInUnusable: PEX's document about itself lacks what is needed.
            PexUnavailable: it cannot be read now.
        """

    def begin(self, redirect_uri: str) -> Begun:
        """Begin a sign-in in the browser, which comes back to `redirect_uri`; raises as `check`."""

    def complete(self, kept: bytes, answer: Mapping[str, str]) -> PexTokens:
        """Complete it with what the browser brought back, once.

        Raises:
            PexSignInRefused: the person declined, or PEX gives nothing that lasts.
            PexUnavailable: no answer; the code may be used up, so begin anew.
        """

    def renew(self, refresh_token: str) -> PexTokens:
        """New tokens for a refresh token, which is used up by it.

        Raises:
            PexTokenRefused: it is dead; somebody must sign in again.
            PexSignInRefused: PEX refuses the app; the refresh token was not looked at.
            PexAnswerLost: it may be used up; it must never be sent again.
            PexUnavailable: it was not used, and may be sent later.
        """

    def revoke(self, refresh_token: str) -> None:
        """End a sign-in at PEX where PEX offers that; never raises, but writes a log line."""
