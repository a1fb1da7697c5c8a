"""What a run knows of its merchants' vendors, kept with its session (M22)."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from domain.merchant_vendor import MerchantVendor, VendorState
from domain.posted_transaction import Target
from domain.refusals import Failure
from domain.sync_run import SyncRun
from domain.vendors import MissingVendor, VendorDirectory


@dataclass(slots=True)
class Merchants:
    """The directory of one run, and how the vendors stand that are being created.

    Attributes:
        asked: match keys whose streams were read.
        due: by match key, before when a vendor need not be asked about again.
        unknown_in_a_row: how many creations in a row were left without an answer.
        paused_until: before when nothing more is created, since too many answers were lost.
        idle_until: before when no row can be posted, since all of them wait for their vendors.
    """

    directory: VendorDirectory
    asked: set[str] = field(default_factory=set)
    due: dict[str, datetime] = field(default_factory=dict)
    unknown_in_a_row: int = 0
    paused_until: datetime | None = None
    idle_until: datetime | None = None

    def lack(self, name: str) -> bool:
        """Whether a merchant has no vendor yet, nor a reason to have none."""
        try:
            return isinstance(self.directory.resolve(name), MissingVendor)
        except Failure:
            return False

    def take_in(self, run: SyncRun, known: MerchantVendor) -> None:
        """Learn what a vendor's stream tells.

        The chart was read after the run began. So a vendor that was settled before and is not in
        it was deleted; one that was settled since may be younger than the chart.
        """
        if known.state is VendorState.KNOWN and known.vendor and known.settled_at:
            vendor = self.directory.with_id(known.vendor.id)
            if vendor is None and known.settled_at >= run.started_at:
                vendor = known.vendor
            if vendor is not None:
                self.directory.learn(known.key, vendor)
        elif known.was_refused_in(run.id):
            code, message = known.code or "", known.cause or ""
            self.directory.learn_refusal(known.key, known.name, code, message)


def stream_of(target: Target, key: str) -> UUID:
    """The stream of a merchant's vendor in the company that a run posts to."""
    return MerchantVendor.create_id(target.environment, target.company_id, key)
