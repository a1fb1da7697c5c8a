"""PEX's subscriptions to callbacks about settlements (PEX contract 7)."""

from typing import Protocol
from uuid import UUID


class CallbackSubscriptions(Protocol):
    """The subscriptions of one PEX business; those to other addresses are none of ours."""

    def subscribe(self, url: str) -> int:
        """Have settlements told to an address; the subscription's id.

        Asking twice makes one: what is there is found, switched on where it is off, and doubles
        are removed. An answer that is lost is looked for.

        Raises:
            PexTokenRefused, PexPermissionMissing: the sign-in does not do for this.
            PexRequestRefused: PEX did not take it, or answers in a form that is not PEX's.
            PexUnavailable: no answer, or one that says "later"; whether it was done is not known.
        """

    def unsubscribe(self, url: str, subscription_id: int | None = None) -> None:
        """Remove those to an address, and the one of an id; nothing happens where there is none.

        Raises as `subscribe`.
        """

    def remove(self, subscription_id: int) -> None:
        """Remove one that matters no more: in one short attempt, which raises nothing."""


class CallbackAccess(Protocol):
    """Opens the subscriptions of PEX businesses."""

    def subscriptions_of(self, connection: UUID) -> CallbackSubscriptions:
        """Those of a connection's business; raises PexTokenRefused without a credential."""
