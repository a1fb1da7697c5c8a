"""A company in memory."""

from collections.abc import Collection
from uuid import UUID

from application.ports.company_data import Company, CompanyData
from domain.chart import Chart


class FakeCompanyData:
    """Answers with one chart."""

    def __init__(self, chart: Chart) -> None:
        self._chart = chart

    def companies(self) -> tuple[Company, ...]:
        return (Company(self._chart.company_id, "Harbor Supply Inc."),)

    def chart(
        self,
        company_id: str,
        *,
        dimensions: Collection[str] | None = None,
        vendors: bool = True,
        bank_accounts: bool = True,
        tax_codes: bool = True,
    ) -> Chart:
        return self._chart


class FakeBusinessCentralAccess:
    """Opens the one company."""

    def __init__(self, chart: Chart) -> None:
        self.data = FakeCompanyData(chart)

    def company_data(self, connection: UUID, tenant_id: str, environment: str) -> CompanyData:
        return self.data
