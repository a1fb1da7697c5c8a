"""A company in memory."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from uuid import UUID

from application.ports.company_data import Company, CompanyData
from domain.chart import Catalogue, Chart, Vendor


class FakeCompanyData:
    """Answers with one chart, whose vendors may be told anew at each reading."""

    def __init__(
        self, chart: Chart, all_vendors: Callable[[], Iterable[Vendor]] | None = None
    ) -> None:
        self._chart = chart
        self._all_vendors = all_vendors or (lambda: chart.vendors)

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
        return replace(self._chart, vendors=Catalogue(self._all_vendors()))


class FakeBusinessCentralAccess:
    """Opens the one company."""

    def __init__(
        self, chart: Chart, all_vendors: Callable[[], Iterable[Vendor]] | None = None
    ) -> None:
        self.data = FakeCompanyData(chart, all_vendors)

    def company_data(self, connection: UUID, tenant_id: str, environment: str) -> CompanyData:
        return self.data
