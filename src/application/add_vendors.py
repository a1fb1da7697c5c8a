"""Create the vendors that merchants lack, each once, whoever else is at it (M22; contract 6.7).

The event store decides who creates: of several processes one alone writes `submitted` into a
vendor's stream. The lease only keeps the others from useless work.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta

from application.merchants import Merchants, stream_of
from application.ports.clock import Clock
from application.ports.event_log import EventLog, StreamConflict
from application.ports.general_journal import NotRun, Unknown
from application.ports.leases import Leases
from application.ports.vendors import Answer, Created, Refused, VendorAccess, Vendors
from application.run_session import RunSession
from domain.chart import Vendor
from domain.merchant_vendor import MerchantVendor, VendorState
from domain.posted_transaction import Target
from domain.sync_run import SyncRun
from domain.vendors import MissingVendor, chosen

VENDORS_AT_ONCE = 10
SEND_WITHIN = timedelta(seconds=60)
BUSY_PAUSE = timedelta(seconds=2)
UNKNOWNS_BEFORE_WAITING = 2


@dataclass(frozen=True, slots=True)
class Work:
    """What a step works with: the run, what it knows of merchants, and its way to the vendors."""

    run: SyncRun
    merchants: Merchants
    port: Vendors


class AddVendors:
    """Creates vendors, a few a step; everything that a step needs stands in the event log."""

    def __init__(
        self,
        log: EventLog,
        leases: Leases,
        access: VendorAccess,
        clock: Clock,
        in_doubt: timedelta,
        boundary: Callable[[str], None],
    ) -> None:
        self._log = log
        self._leases = leases
        self._access = access
        self._clock = clock
        self._in_doubt = in_doubt
        self._boundary = boundary

    def add(
        self,
        run: SyncRun,
        session: RunSession,
        merchants: Merchants,
        missing: Sequence[MissingVendor],
    ) -> None:
        """Create some missing vendors, at most `VENDORS_AT_ONCE`, or note how long they must wait.

        Raises:
            Refusal: what kept Business Central from running anything at all.
        """
        target = session.target
        port = self._access.vendors(
            run.connection_id, target.tenant_id, target.environment, target.company_id
        )
        work = Work(run, merchants, port)
        with ExitStack() as held:
            mine = []
            for one in missing[:VENDORS_AT_ONCE]:
                lease = self._leases.hold(f"vendor:{stream_of(target, one.key)}")
                if held.enter_context(lease):
                    mine.append(one)
                else:
                    self._come_back(work, one.key)
            self._add(work, self._begin(run, target, mine))

    def _begin(
        self, run: SyncRun, target: Target, missing: Sequence[MissingVendor]
    ) -> dict[str, MerchantVendor]:
        """The streams by merchant, as they stand now that their leases are held."""
        streams = {one: stream_of(target, one.key) for one in missing}
        known = self._log.find_many(MerchantVendor, list(streams.values()))
        where = (target.tenant_id, target.environment, target.company_id)
        return {
            one.name: known.get(stream)
            or MerchantVendor(self._clock.now(), *where, one.key, one.name, run.id)
            for one, stream in streams.items()
        }

    def _add(self, work: Work, vendors: Mapping[str, MerchantVendor]) -> None:
        """Look for those that are to be asked about, all at once, then create what is not there."""
        asked = [one for name, one in vendors.items() if self._is_to_be_asked(work, name, one)]
        if not asked:
            return
        found = work.port.find_by_name([vendor.name for vendor in asked])
        self._boundary("vendors sought")
        for vendor, hits in zip(asked, found, strict=True):
            try:
                clear = self._follow(work, vendor, hits)
            except StreamConflict:
                self._come_back(work, vendor.key)
                continue
            if not clear:
                return

    def _is_to_be_asked(self, work: Work, merchant: str, vendor: MerchantVendor) -> bool:
        """Not where the log knows the answer, nor while asking could change nothing."""
        now, merchants = self._clock.now(), work.merchants
        merchants.take_in(work.run, vendor)
        if not merchants.lack(merchant):
            return False
        if vendor.state is VendorState.SUBMITTED:
            cause = "The worker stopped before the answer was recorded."
            vendor.doubt(now, cause, work.run.id)
            return self._is_saved(work, vendor)
        until = self._final_at(vendor) if vendor.is_unsettled else merchants.paused_until
        if until is not None and until > now:
            merchants.due[vendor.key] = until
            return False
        return True

    def _is_saved(self, work: Work, vendor: MerchantVendor) -> bool:
        try:
            self._log.save(vendor)
        except StreamConflict:
            self._come_back(work, vendor.key)
            return False
        return True

    def _follow(
        self, work: Work, vendor: MerchantVendor, hits: tuple[Vendor, ...] | Refused
    ) -> bool:
        """Do what a search calls for; False once an answer was lost, so that the step ends."""
        if isinstance(hits, Refused):
            self._refuse(work, vendor, hits)
            return True
        if hits:
            self._adopt(work, vendor, hits)
            return True
        if vendor.is_unsettled and self._final_at(vendor) > self._clock.now():
            work.merchants.due[vendor.key] = self._final_at(vendor)
            return True
        return self._create(work, vendor)

    def _create(self, work: Work, vendor: MerchantVendor) -> bool:
        now = self._clock.now()
        if vendor.is_unsettled:
            vendor.release(now, "Business Central has no vendor of that name.", work.run.id)
        vendor.submit(work.run.id, now)
        self._log.save(vendor)
        self._boundary("vendor submitted")
        answer = work.port.create(vendor.name, now + SEND_WITHIN)
        self._boundary("vendor sent")
        self._record(work, vendor, answer)
        self._boundary("vendor recorded")
        if isinstance(answer, NotRun):
            raise answer.refusal
        return not isinstance(answer, Unknown)

    def _record(self, work: Work, vendor: MerchantVendor, answer: Answer) -> None:
        now, run_id = self._clock.now(), work.run.id
        if isinstance(answer, Created):
            work.merchants.unknown_in_a_row = 0
            vendor.created(now, answer.vendor, run_id)
            self._log.save(vendor)
            work.merchants.directory.learn(vendor.key, answer.vendor)
        elif isinstance(answer, Refused):
            self._refuse(work, vendor, answer)
        elif isinstance(answer, NotRun):
            vendor.release(now, answer.refusal.cause, run_id)
            self._log.save(vendor)
        else:
            vendor.doubt(now, answer.cause, run_id)
            self._log.save(vendor)
            self._look_at_once(work, vendor)

    def _look_at_once(self, work: Work, vendor: MerchantVendor) -> None:
        """Spare the merchant's purchases the wait where the vendor was created after all."""
        merchants, final = work.merchants, self._final_at(vendor)
        merchants.due[vendor.key] = final
        merchants.unknown_in_a_row += 1
        if merchants.unknown_in_a_row >= UNKNOWNS_BEFORE_WAITING:
            merchants.paused_until = final
        (hits,) = work.port.find_by_name([vendor.name])
        if hits and not isinstance(hits, Refused):
            self._adopt(work, vendor, hits)

    def _adopt(self, work: Work, vendor: MerchantVendor, hits: Sequence[Vendor]) -> None:
        directory = work.merchants.directory
        found = chosen(hits, vendor.name, directory.currency)
        vendor.adopt(self._clock.now(), found, work.run.id)
        self._log.save(vendor)
        directory.learn(vendor.key, found)

    def _refuse(self, work: Work, vendor: MerchantVendor, refused: Refused) -> None:
        vendor.refuse(self._clock.now(), refused.bc_code, refused.message, work.run.id)
        self._log.save(vendor)
        work.merchants.take_in(work.run, vendor)

    def _come_back(self, work: Work, key: str) -> None:
        """Let others, who are at a vendor, finish."""
        work.merchants.due[key] = self._clock.now() + BUSY_PAUSE

    def _final_at(self, vendor: MerchantVendor) -> datetime:
        """When BC's own time limits have passed, so that what it holds is final."""
        return (vendor.submitted_at or self._clock.now()) + self._in_doubt
