"""The creation of a merchant's vendor, once for a company (M22; contract 6.7).

Nothing is sent before an event says so, and the event store lets one process alone write it.
"""

from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid5

from eventsourcing.domain import Aggregate, event

from domain.chart import Vendor

_NAMESPACE = UUID("5d0c7a52-2b0e-4c3e-9f6a-1f1f0d6b7a10")


class VendorState(StrEnum):
    """How far a merchant's vendor is."""

    SOUGHT = "sought"
    SUBMITTED = "submitted"
    IN_DOUBT = "in_doubt"
    KNOWN = "known"
    REFUSED = "refused"


class MerchantVendor(Aggregate):
    """What was done so that a company has one vendor for a merchant."""

    TOPIC = "merchant_vendor"

    @staticmethod
    def create_id(environment: str, company_id: str, key: str) -> UUID:
        """The same for every connection to the company; `key` is the match key of the name.

        A tenant can be named by its id or by any of its domains, so it tells nothing here.
        """
        company = f"{environment}/{company_id}".casefold()
        return uuid5(_NAMESPACE, f"{company}/{key}")

    @event("Created", topic="merchant_vendor.sought")
    def __init__(
        self,
        timestamp: datetime,
        tenant_id: str,
        environment: str,
        company_id: str,
        key: str,
        name: str,
        run_id: UUID,
    ) -> None:
        """A run came to a merchant that no vendor of the company is named like."""
        self.key = key
        self.name = name
        self.state = VendorState.SOUGHT
        self.run_id = run_id
        self.attempts = 0
        self.submitted_at: datetime | None = None
        self.settled_at: datetime | None = None
        self.vendor: Vendor | None = None
        self.code: str | None = None
        self.cause: str | None = None

    def submit(self, run_id: UUID, timestamp: datetime) -> None:
        """Write down that the vendor is being created under its name.

        Raises:
            VendorUnsettledError: an earlier attempt may still come true.
        """
        if self.is_unsettled:
            raise VendorUnsettledError(self.name)
        self._submitted(timestamp, self.attempts + 1, self.name, run_id)

    @event("Submitted", topic="merchant_vendor.submitted")
    def _submitted(self, timestamp: datetime, attempt: int, name: str, run_id: UUID) -> None:
        self.state = VendorState.SUBMITTED
        self.attempts = attempt
        self.submitted_at = timestamp
        self.run_id = run_id

    @event("Doubted", topic="merchant_vendor.doubted")
    def doubt(self, timestamp: datetime, cause: str, run_id: UUID) -> None:
        """The answer was lost: the vendor was created, or it was not."""
        self.state = VendorState.IN_DOUBT
        self.cause = cause
        self.run_id = run_id

    @event("Released", topic="merchant_vendor.released")
    def release(self, timestamp: datetime, cause: str, run_id: UUID) -> None:
        """Surely nothing was created; it may be tried again."""
        self.state = VendorState.SOUGHT
        self.cause = cause
        self.run_id = run_id

    @event("VendorCreated", topic="merchant_vendor.created")
    def created(self, timestamp: datetime, vendor: Vendor, run_id: UUID) -> None:
        """Business Central created it."""
        self.state = VendorState.KNOWN
        self.vendor = vendor
        self.settled_at = timestamp
        self.run_id = run_id

    @event("Adopted", topic="merchant_vendor.adopted")
    def adopt(self, timestamp: datetime, vendor: Vendor, run_id: UUID) -> None:
        """A vendor of that name was found, whoever made it."""
        self.state = VendorState.KNOWN
        self.vendor = vendor
        self.settled_at = timestamp
        self.run_id = run_id

    @event("Refused", topic="merchant_vendor.refused")
    def refuse(self, timestamp: datetime, code: str, cause: str, run_id: UUID) -> None:
        """Business Central refused to create it, by its code and in its words."""
        self.state = VendorState.REFUSED
        self.code = code
        self.cause = cause
        self.run_id = run_id

    @property
    def is_unsettled(self) -> bool:
        """Whether a vendor may come into being of what was sent."""
        return self.state in (VendorState.SUBMITTED, VendorState.IN_DOUBT)

    def was_refused_in(self, run_id: UUID) -> bool:
        """Whether this run has been refused it already, so that it must not ask again."""
        return self.state is VendorState.REFUSED and self.run_id == run_id


class VendorUnsettledError(ValueError):
    """A second attempt while the first is in doubt; a fault of the program, never of the data."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the creation of the vendor {name!r} is not settled")
