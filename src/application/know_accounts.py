"""Keep accounts' names whenever a chart is read, so that nobody has to ask for them (M36)."""

from collections.abc import Collection
from uuid import UUID

from application.ports.account_names import AccountNames
from application.ports.company_data import BusinessCentralAccess, Company, CompanyData
from domain.chart import Chart


class KnowAccounts:
    """Fulfils the port `BusinessCentralAccess` by another that does, and keeps names by the way."""

    def __init__(self, access: BusinessCentralAccess, names: AccountNames) -> None:
        self._access = access
        self._names = names

    def company_data(self, connection: UUID, tenant_id: str, environment: str) -> CompanyData:
        """Reads for a connection."""
        data = self._access.company_data(connection, tenant_id, environment)
        return _KnowingData(data, connection, self._names)


class _KnowingData:
    def __init__(self, data: CompanyData, connection_id: UUID, names: AccountNames) -> None:
        self._data = data
        self._connection_id = connection_id
        self._names = names

    def companies(self) -> tuple[Company, ...]:
        return self._data.companies()

    def chart(
        self,
        company_id: str,
        *,
        dimensions: Collection[str] | None = None,
        vendors: bool = True,
        bank_accounts: bool = True,
        tax_codes: bool = True,
    ) -> Chart:
        chart = self._data.chart(
            company_id,
            dimensions=dimensions,
            vendors=vendors,
            bank_accounts=bank_accounts,
            tax_codes=tax_codes,
        )
        names = {account.number: account.name for account in chart.accounts}
        self._names.keep(self._connection_id, company_id, names)
        return chart
