"""Tell the vendors of purchases' merchants from chart, aliases and event log alone (M22)."""

from collections.abc import Sequence

from application.merchants import Merchants, stream_of
from application.ports.event_log import EventLog
from application.run_session import RunSession
from domain.chart import Vendor
from domain.merchant_vendor import MerchantVendor
from domain.pex_transaction import Kind, PexTransaction, classify
from domain.sync_run import SyncRun
from domain.vendor_aliases import VendorAliases
from domain.vendor_name import match_key
from domain.vendors import MissingVendor, VendorDirectory, merchant_name, merchant_vendor


class KnowMerchants:
    """Keeps the directory of a run; nothing is asked of Business Central, nor written."""

    def __init__(self, log: EventLog) -> None:
        self._log = log

    def of(self, run: SyncRun, session: RunSession) -> Merchants:
        """What the run knows, beginning with its chart and the connection's aliases."""
        if session.merchants is None:
            chart = session.chart
            table = self._log.find(VendorAliases, VendorAliases.create_id(run.connection_id))
            aliases = table.of(chart.company_id) if table else ()
            pairs = [(alias.key, alias.vendor_id) for alias in aliases]
            session.merchants = Merchants(VendorDirectory(chart.vendors, chart.currency, pairs))
        return session.merchants

    def vendor(
        self, run: SyncRun, session: RunSession, row: PexTransaction, kind: Kind
    ) -> Vendor | MissingVendor | None:
        """The vendor of a purchase's merchant; None where vendors do not go by merchant.

        Raises:
            Failure: the vendor must not be used, or may not be created.
        """
        purchases = run.settings.purchases
        if kind is not Kind.PURCHASE or not purchases.vendor_per_merchant:
            return None
        return merchant_vendor(row, purchases, self.of(run, session).directory)

    def recall(self, run: SyncRun, session: RunSession, rows: Sequence[PexTransaction]) -> None:
        """Take in vendors that were created or found before, whatever they are named by now."""
        purchases = run.settings.purchases
        if not purchases.vendor_per_merchant:
            return
        merchants = self.of(run, session)
        purchased = [row for row in rows if classify(row) is Kind.PURCHASE]
        names = {
            match_key(name): name for name in {merchant_name(row, purchases) for row in purchased}
        }
        new = {key for key in names.keys() - merchants.asked - {""} if merchants.lack(names[key])}
        merchants.asked |= new
        streams = [stream_of(session.target, key) for key in sorted(new)]
        for known in self._log.find_many(MerchantVendor, streams).values():
            merchants.take_in(run, known)
