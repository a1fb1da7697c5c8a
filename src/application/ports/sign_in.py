"""Microsoft sign-in, as the use cases need it (M3)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol
from uuid import UUID

from domain.refusals import Refusal


class MicrosoftSignInRefused(Refusal):
    """Microsoft refuses to give a token; somebody must sign in or consent again."""

    code: ClassVar[str] = "MICROSOFT_SIGN_IN_REFUSED"
    fix: ClassVar[str] = (
        "Sign in with Microsoft again; for service sign-in check the tenant, the app's secret and "
        "the admin consent."
    )

    def __init__(self, answer: str) -> None:
        super().__init__(f"Microsoft refused the sign-in: {answer}")


class MicrosoftConsentMissing(MicrosoftSignInRefused):
    """The organization lets the app in once an administrator of it has agreed (contract 1.4)."""

    code: ClassVar[str] = "MICROSOFT_CONSENT_MISSING"
    fix: ClassVar[str] = (
        "Let an administrator of your Microsoft organization open the consent page and accept; "
        "then sign in again."
    )


class MicrosoftUnavailable(Refusal):
    """Microsoft's sign-in does not answer."""

    code: ClassVar[str] = "MICROSOFT_UNAVAILABLE"
    fix: ClassVar[str] = "Nothing: it is tried again by itself."

    def __init__(self, cause: str) -> None:
        super().__init__(f"Microsoft's sign-in is not available: {cause}")


@dataclass(frozen=True, slots=True)
class MicrosoftUser:
    """Who signed in: for service sign-in the app itself."""

    tenant_id: str
    name: str


class MicrosoftSignIn(Protocol):
    """Tokens for Business Central, kept fresh and sealed; several connections may share one."""

    def with_service(self, connection: UUID, tenant_id: str) -> MicrosoftUser:
        """Sign in with the app's own credentials; raises MicrosoftSignInRefused."""

    def begin(self, connection: UUID, redirect_uri: str, bound_to: str = "") -> str:
        """Begin a delegated sign-in: the address to send the browser to.

        Only whoever brings `bound_to` again can complete it.
        """

    def is_begun(self, state: str) -> bool:
        """Whether a sign-in of that state waits to be completed."""

    def complete(
        self, state: str, answer: Mapping[str, str], bound_to: str = ""
    ) -> tuple[UUID, MicrosoftUser]:
        """Complete it with what came back.

        Raises:
            MicrosoftSignInRefused: it was not begun so, or Microsoft or the person declined.
            MicrosoftConsentMissing: an administrator of the organization has to agree first.
        """

    def consent_address(self, tenant_id: str, redirect_uri: str, state: str) -> str:
        """Where an administrator lets the app into a tenant; an empty one stands for their own."""

    def share(self, connection: UUID, other: UUID) -> MicrosoftUser:
        """Let a connection use another one's sign-in (M5); either can forget it without the other.

        Raises:
            MicrosoftSignInRefused: nobody is signed in there.
        """

    def access_token(self, connection: UUID, *, renew: bool = False) -> str:
        """A token for BC's API; `renew` drops the one at hand first."""

    def forget(self, connection: UUID) -> None:
        """Throw away what is kept for a connection, but not what others share with it."""
