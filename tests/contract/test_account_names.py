"""What every implementation of the port `AccountNames` keeps, the fake and the real one alike."""

from collections.abc import Iterator
from uuid import UUID

import pytest

from adapters.persistence.account_names import SqlAccountNames
from adapters.persistence.engine import Database, make_engine
from application.know_accounts import KnowAccounts
from application.ports.account_names import AccountNames
from domain.chart import Account, Catalogue, Chart
from fakes.account_names import FakeAccountNames
from fakes.company_data import FakeBusinessCentralAccess

CONNECTION, OTHER = UUID(int=1), UUID(int=2)


@pytest.fixture(params=["fake", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def names(request: pytest.FixtureRequest) -> Iterator[AccountNames]:
    if request.param == "fake":
        yield FakeAccountNames()
        return
    database = Database(make_engine(request.getfixturevalue(f"{request.param}_url")))
    yield SqlAccountNames(database)
    database.dispose()


def test_nothing_is_known_before_a_chart_was_read(names: AccountNames) -> None:
    assert names.of(CONNECTION, "company") == {}


def test_the_newest_chart_tells_the_names(names: AccountNames) -> None:
    names.keep(CONNECTION, "company", {"62400": "Meals", "61000": "Travel"})
    names.keep(CONNECTION, "company", {"62400": "Meals & “Entertainment”"})
    names.keep(CONNECTION, "company", {"62400": "Meals & “Entertainment”"})
    assert names.of(CONNECTION, "company") == {"62400": "Meals & “Entertainment”"}


def test_names_are_each_companys_and_each_connections_own(names: AccountNames) -> None:
    names.keep(CONNECTION, "company", {"62400": "Meals"})
    assert names.of(CONNECTION, "another company") == {}
    assert names.of(OTHER, "company") == {}


def test_whoever_reads_a_chart_makes_its_names_known(names: AccountNames) -> None:
    accounts = Catalogue([Account("a1", "62400", "Meals", "Expense")])
    chart = Chart("company", "USD", accounts, Catalogue(), Catalogue(), Catalogue(), {})
    access = KnowAccounts(FakeBusinessCentralAccess(chart), names)
    data = access.company_data(CONNECTION, "tenant", "Production")
    assert [company.id for company in data.companies()] == ["company"]
    assert names.of(CONNECTION, "company") == {}
    assert data.chart("company").accounts.find("62400") is not None
    assert names.of(CONNECTION, "company") == {"62400": "Meals"}
