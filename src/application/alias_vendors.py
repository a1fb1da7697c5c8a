"""The aliases by which a company's admins name merchants' vendors (M22)."""

from uuid import UUID

from application.ports.clock import Clock
from application.ports.company_data import BusinessCentralAccess
from application.ports.event_log import EventLog
from application.retried import retried
from domain.chart import Chart
from domain.connection import Connection, NotReady
from domain.refusals import Refusal
from domain.vendor_aliases import VendorAlias, VendorAliases
from domain.vendors import check_vendor


class VendorUnknown(Refusal):
    """The company has no such vendor."""

    code = "VENDOR_UNKNOWN"
    fix = "Name one of the company's vendors, by its number or its id."

    def __init__(self, value: str) -> None:
        super().__init__(f"The company has no vendor {value!r}.")


class AliasVendors:
    """Reads and changes a connection's aliases; those of the chosen company are meant."""

    def __init__(self, log: EventLog, access: BusinessCentralAccess, clock: Clock) -> None:
        self._log = log
        self._access = access
        self._clock = clock

    def all(self, connection_id: UUID) -> tuple[VendorAlias, ...]:
        """The aliases, by merchant; none before a company is chosen."""
        company_id = self._log.load(Connection, connection_id).settings.company_id
        table = self._log.find(VendorAliases, VendorAliases.create_id(connection_id))
        return table.of(company_id) if table and company_id else ()

    def put(self, connection_id: UUID, merchant: str, vendor: str, actor: str) -> VendorAlias:
        """Name a merchant's vendor by its number, id or exact name.

        Raises:
            NotReady: Microsoft is not signed in, or no company is chosen.
            VendorUnknown: the company has no such vendor.
            Failure: the vendor is blocked, or is kept in another currency.
            MerchantUnreadable: the merchant's name is blank.
        """
        chart = self._chart(connection_id)
        found = chart.vendors.find(vendor)
        if found is None:
            raise VendorUnknown(vendor)
        check_vendor(found, chart.currency)

        def change() -> VendorAlias:
            now = self._clock.now()
            stream = VendorAliases.create_id(connection_id)
            table = self._log.find(VendorAliases, stream) or VendorAliases(now, connection_id)
            alias = table.put(chart.company_id, merchant, found, actor, now)
            self._log.save(table)
            return alias

        return retried(change)

    def remove(self, connection_id: UUID, merchant: str, actor: str) -> None:
        """Let a merchant go by its name again.

        Raises:
            AliasUnknown: it has no alias.
        """
        company_id = self._log.load(Connection, connection_id).settings.company_id or ""

        def change() -> None:
            now = self._clock.now()
            stream = VendorAliases.create_id(connection_id)
            table = self._log.find(VendorAliases, stream) or VendorAliases(now, connection_id)
            table.remove(company_id, merchant, actor, now)
            self._log.save(table)

        retried(change)

    def _chart(self, connection_id: UUID) -> Chart:
        connection = self._log.load(Connection, connection_id)
        microsoft, company_id = connection.microsoft, connection.settings.company_id
        if microsoft is None or company_id is None:
            raise NotReady("Sign in with Microsoft and choose a company first.")
        data = self._access.company_data(connection_id, microsoft.tenant_id, microsoft.environment)
        return data.chart(company_id, dimensions=(), bank_accounts=False, tax_codes=False)
