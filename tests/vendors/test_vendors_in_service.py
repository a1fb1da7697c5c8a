"""Vendors per merchant through the real adapters, against the sandbox over HTTP (M22)."""

from collections import Counter as Tally
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import msgspec
import pytest

from application.start_run import RunRequest
from domain.settings import Settings as SyncSettings
from domain.sync_run import Outcome, Reported, RunStatus
from domain.vendor_name import match_key, vendor_name
from entrypoints.cli.context import NoWakeups
from entrypoints.cli.sync import whole_report
from entrypoints.composition import Services, build
from entrypoints.demo.company import settings_body
from entrypoints.settings import Settings
from sandbox import company
from sandbox.faults import Fault
from sandbox.program import Sandbox

CREATION = r"/vendors$"
ODD_NAMES = {
    1: 'JOE "THE NAIL" O\'BRIEN & SONS',
    2: "東京文具店",
    3: "The International Association of Harbor Masters, Pilots and Lighthouse Keepers Annual"
    " Conference Registration Desk",
    4: "\N{CUP WITH STRAW}" * 60,
    5: "50% Off + More / Less = #1?",
}


@dataclass
class Product:
    """The service's parts over a simulated company whose purchases a test lays down."""

    sandbox: Sandbox
    variables: dict[str, str]
    opened: ExitStack
    requests: list[tuple[str, str]] = field(default_factory=list)
    services: Services = field(init=False)

    def __post_init__(self) -> None:
        self.services = self.open()

    def open(self, **members: Any) -> Services:
        """A process's services over the one database."""
        services = build(
            Settings.of(self.variables, **members),
            NoWakeups(),
            on_request=lambda method, path, *_: self.requests.append((method, path)),
        )
        self.opened.callback(services.close)
        return services

    def connect(self, token: str = company.PREPAID_TOKEN, **rules: Any) -> UUID:
        """Connect a business; vendors go by merchant and are added, unless told otherwise."""
        services = self.services
        connection_id, _ = services.connect.with_pex_token(token, "admin:test")
        services.connect.with_service(
            connection_id, company.TENANT, company.ENVIRONMENT, "admin:test"
        )
        chart = services.configure.choices(connection_id, company.COMPANY_ID).chart
        assert chart is not None
        accounts = {one.number: one.id for one in chart.accounts}
        banks = {one.number: one.id for one in chart.bank_accounts}
        body = settings_body(company.COMPANY_ID, accounts, banks, "") | {"start_date": None}
        told = {"vendor_per_merchant": True, "add_vendor_to_company": True}
        body["purchases"] |= told | rules
        if token == company.CREDIT_TOKEN:
            expense = {"kind": "static", "value": accounts["69900"]}
            body["purchases"]["mappings"] = [{"field": "expense_account", "source": expense}]
            body["pex_account_id"] = accounts["20100"]
            body["transfers"] = body["rebates"] = {"enabled": False}
        settings = msgspec.convert(body, SyncSettings)
        services.configure.save(connection_id, settings, 0, "admin:test")
        return connection_id

    def buy(
        self, pex_id: int, merchant: str | None, business: int = company.PREPAID_BUSINESS
    ) -> None:
        """A settled purchase of 48.60 at a merchant."""
        row = {
            "TransactionId": pex_id,
            "MerchantName": merchant,
            "MerchantNameNormalized": None,
        }
        self.sandbox.pex.add_row(row, business=business)

    def sync(
        self, connection_id: UUID, services: Services | None = None, **asked: Any
    ) -> dict[int, Reported]:
        """A whole run; what it reports, by PEX id."""
        at_work = services or self.services
        run_id = at_work.start_run.start(RunRequest(connection_id, "admin:test", **asked))
        self.requests.clear()
        self.see_through(run_id, at_work)
        return {row.pex_id: row for row in whole_report(at_work, run_id)}

    def see_through(self, run_id: UUID, services: Services) -> None:
        """Step through a run to its end."""
        while (step := services.advance_run.step(run_id)) is None or step.at is not None:
            pass

    def half(self, connection_id: UUID) -> UUID:
        """A run, up to where it waits for a later time."""
        run_id = self.services.start_run.start(RunRequest(connection_id, "admin:test"))
        now = self.services.clock.now
        while (step := self.services.advance_run.step(run_id)) and step.at and step.at <= now():
            pass
        run = self.services.read_models.run(run_id)
        assert run is not None
        assert run.status is RunStatus.RUNNING
        return run_id

    @property
    def books(self) -> dict[str, Any]:
        dumped = self.sandbox.business_central.dump()["companies"]
        found: dict[str, Any] = next(one for one in dumped if one["id"] == company.COMPANY_ID)
        return found

    def vendors(self, name: str) -> list[str]:
        """The numbers of the vendors that mean a name."""
        key = match_key(vendor_name(name))
        vendors = self.books["vendors"]
        return [one["number"] for one in vendors if match_key(one["displayName"]) == key]

    @property
    def creations(self) -> int:
        """How many creations of vendors were sent in the last run."""
        return sum(method == "POST" and path.endswith("/vendors") for method, path in self.requests)

    def vendor_lines(self) -> Tally[str]:
        """How many lines of the journal stand on each vendor."""
        (journal,) = (one for one in self.books["journals"] if one["code"] == "PEX CARD")
        return Tally(
            line["accountNumber"] for line in journal["lines"] if line["accountType"] == "Vendor"
        )


@pytest.fixture
def product(service_url: str) -> Iterator[Product]:
    with ExitStack() as opened:
        sandbox = opened.enter_context(Sandbox(purchases=1))
        sandbox.pex.empty()
        variables = sandbox.environment() | {
            "PEXBC_DATABASE_URL": service_url,
            "PEXBC_SECRET_KEY": "a key that is only good for this test run",
            "PEXBC_PEX_REQUESTS_PER_MINUTE": "1000000",
        }
        yield Product(sandbox, variables, opened)


def outcomes(rows: dict[int, Reported]) -> dict[int, str]:
    return {pex_id: row.code or row.outcome.value for pex_id, row in rows.items()}


def test_merchants_of_any_name_get_one_vendor_each_and_their_lines(product: Product) -> None:
    connection_id = product.connect()
    for pex_id, name in ODD_NAMES.items():
        product.buy(pex_id, name)
        product.buy(100 + pex_id, name)
    rows = product.sync(connection_id)
    assert {row.outcome for row in rows.values()} == {Outcome.POSTED}
    assert product.creations == len(ODD_NAMES)
    created = {number for name in ODD_NAMES.values() for number in product.vendors(name)}
    assert product.vendor_lines() == dict.fromkeys(created, 4)
    assert len(created) == len(ODD_NAMES)


def test_what_the_user_posts_shows_in_the_vendor_ledger_and_cancels_out(product: Product) -> None:
    connection_id = product.connect()
    product.buy(1, "Blue Harbor Coffee")
    product.sync(connection_id)
    product.sandbox.business_central.post("PEX CARD")
    (number,) = product.vendors("Blue Harbor Coffee")
    entries = [one for one in product.books["vendorEntries"] if one["vendor"] == number]
    assert sorted(str(one["amount"]) for one in entries) == ["-48.60", "48.60"]


def test_a_run_whose_vendors_are_known_asks_for_none_of_them(product: Product) -> None:
    connection_id = product.connect()
    product.buy(1, "Blue Harbor Coffee")
    product.sync(connection_id)
    for pex_id in range(2, 102):
        product.buy(pex_id, "Corner Deli" if pex_id % 2 else "BLUE HARBOR COFFEE")
    elsewhere = product.open()
    rows = product.sync(connection_id, elsewhere)
    assert outcomes(rows) == {1: "already_posted"} | dict.fromkeys(range(2, 102), "posted")
    assert product.creations == 0
    packs = [path for method, path in product.requests if (method, path) == ("POST", "$batch")]
    reads = 3  # the chart, and the ledger by both marks; lines are read by GET
    assert len(packs) <= 100 * 4 / 100 + reads
    assert len(product.vendors("Blue Harbor Coffee")) == 1


def test_another_connection_to_the_company_takes_the_same_vendor(product: Product) -> None:
    first, second = product.connect(), product.connect(company.CREDIT_TOKEN)
    product.buy(1, "Blue Harbor Coffee")
    product.buy(2, "Blue Harbor Coffee", business=company.CREDIT_BUSINESS)
    product.sync(first)
    rows = product.sync(second)
    assert outcomes(rows) == {2: "posted"}
    assert product.creations == 0
    (number,) = product.vendors("Blue Harbor Coffee")
    assert product.vendor_lines() == {number: 4}


@pytest.mark.parametrize(
    "fault",
    [
        Fault("POST", CREATION, moment="after", status=504),
        Fault("POST", CREATION, moment="after", kind="cut"),
        Fault("POST", CREATION, moment="after", kind="html", status=502),
        Fault("POST", CREATION, moment="after", kind="malformed", status=201),
    ],
    ids=lambda fault: f"{fault.kind}-{fault.status}",
)
def test_a_vendor_whose_answer_was_lost_is_found_and_used_at_once(
    product: Product, fault: Fault
) -> None:
    connection_id = product.connect()
    product.buy(1, "Blue Harbor Coffee")
    product.sandbox.business_central.faults.plant(fault)
    assert outcomes(product.sync(connection_id)) == {1: "posted"}
    assert len(product.vendors("Blue Harbor Coffee")) == 1
    assert product.creations == 1


@pytest.mark.parametrize("status", [408, 500, 503, 504])
def test_others_go_on_while_a_vendor_is_in_doubt_and_after_the_horizon_it_is_created(
    product: Product, status: int
) -> None:
    connection_id = product.connect()
    product.buy(1, "Blue Harbor Coffee")
    product.buy(2, "Corner Deli")
    product.sandbox.business_central.faults.plant(Fault("POST", CREATION, status=status))
    run_id = product.half(connection_id)
    assert [row.pex_id for row in whole_report(product.services, run_id)] == [2]
    assert product.vendors("Blue Harbor Coffee") == []
    later = product.open(bc_in_doubt_seconds=0)
    product.see_through(run_id, later)
    rows = {row.pex_id: row for row in whole_report(later, run_id)}
    assert outcomes(rows) == {1: "posted", 2: "posted"}
    assert len(product.vendors("Blue Harbor Coffee")) == 1


def test_a_process_that_dies_before_the_answer_leaves_one_vendor(product: Product) -> None:
    connection_id = product.connect()
    product.buy(1, "Blue Harbor Coffee")
    run_id = product.services.start_run.start(RunRequest(connection_id, "admin:test"))

    class Died(BaseException):
        pass

    def die(boundary: str) -> None:
        if boundary == "vendor sent":
            raise Died

    dying = build(Settings.of(product.variables), NoWakeups(), boundary=die)
    with pytest.raises(Died):
        product.see_through(run_id, dying)
    dying.close()
    product.see_through(run_id, product.services)
    assert len(product.vendors("Blue Harbor Coffee")) == 1
    assert sum(product.vendor_lines().values()) == 2


def test_a_missing_number_series_fails_the_new_merchants_in_bcs_words(product: Product) -> None:
    connection_id = product.connect()
    product.buy(1, "Blue Harbor Coffee")
    product.buy(2, "Corner Deli")
    product.sandbox.business_central.change_set_up(vendor_series="")
    rows = product.sync(connection_id)
    assert outcomes(rows) == {1: "VENDOR_NOT_CREATED", 2: "posted"}
    assert "Vendor Nos. must have a value" in (rows[1].cause or "")
    product.sandbox.business_central.change_set_up(vendor_series="V")
    assert outcomes(product.sync(connection_id))[1] == "posted"


def test_a_user_who_may_not_create_vendors_still_syncs_the_known_ones(product: Product) -> None:
    connection_id = product.connect()
    product.buy(1, "Blue Harbor Coffee")
    product.buy(2, "Corner Deli")
    product.sandbox.business_central.switch(denied=["POST vendors"])
    rows = product.sync(connection_id)
    assert outcomes(rows) == {1: "VENDOR_NOT_CREATED", 2: "posted"}


def test_a_vendor_that_was_blocked_meanwhile_fails_its_purchases_alone(product: Product) -> None:
    connection_id = product.connect()
    product.buy(1, "Blue Harbor Coffee")
    product.sync(connection_id)
    (number,) = product.vendors("Blue Harbor Coffee")
    product.sandbox.business_central.change_vendor(number, blocked="All")
    product.buy(2, "Blue Harbor Coffee")
    product.buy(3, "Corner Deli")
    rows = product.sync(connection_id)
    assert outcomes(rows) == {1: "already_posted", 2: "VENDOR_BLOCKED", 3: "posted"}
    assert product.creations == 0


def test_of_several_vendors_of_a_name_the_usable_one_is_taken(product: Product) -> None:
    connection_id = product.connect()
    product.sandbox.business_central.add_vendors(
        [
            {"number": "N1", "name": "Blue Harbor Coffee", "blocked": "All"},
            {"number": "N2", "name": "Blue Harbor Coffee", "currency": "EUR"},
            {"number": "N3", "name": "BLUE-HARBOR Coffee"},
            {"number": "N4", "name": "blue harbor coffee"},
        ]
    )
    product.buy(1, "Blue Harbor Coffee")
    product.sync(connection_id)
    assert product.vendor_lines() == {"N4": 2}


def test_where_vendors_are_not_added_the_merchant_is_named(product: Product) -> None:
    connection_id = product.connect(add_vendor_to_company=False)
    product.buy(1, "Blue Harbor Coffee")
    product.buy(2, None)
    rows = product.sync(connection_id)
    assert outcomes(rows) == {1: "VENDOR_NOT_IN_COMPANY", 2: "posted"}
    assert "'Blue Harbor Coffee'" in (rows[1].cause or "")


def test_a_preview_creates_no_vendor_and_writes_no_event_of_one(product: Product) -> None:
    connection_id = product.connect()
    product.buy(1, "Blue Harbor Coffee")
    before = product.books["vendors"]
    (row,) = product.sync(connection_id, preview=True).values()
    assert (row.outcome, row.new_vendor) == (Outcome.WOULD_POST, "Blue Harbor Coffee")
    assert [line.account_number for line in row.lines][1:3] == ["(new)", "(new)"]
    assert product.books["vendors"] == before
    events = product.services.log.read(0, 10_000)
    assert not [one for one in events if one.topic.startswith("merchant_vendor.")]


def test_an_alias_names_the_vendor_of_a_merchant(product: Product) -> None:
    connection_id = product.connect()
    product.services.alias_vendors.put(connection_id, "blue harbor coffee", "10020", "admin:test")
    product.buy(1, "Blue Harbor Coffee")
    product.sync(connection_id)
    assert product.vendor_lines() == {"10020": 2}
    assert product.vendors("Blue Harbor Coffee") == []
