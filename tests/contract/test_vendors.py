"""The port `Vendors`, fulfilled alike by its fake and by the adapter against the simulator."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from adapters.business_central.access import HttpBusinessCentral
from application.ports.company_data import (
    BusinessCentralSignInRefused,
    BusinessCentralUnavailable,
    CompanyNotFound,
)
from application.ports.general_journal import NotRun, Unknown
from application.ports.vendors import Created, Refused, Vendors
from domain.chart import Vendor
from domain.vendor_name import vendor_name
from fakes.clock import FakeClock
from fakes.vendors import FakeVendors
from sandbox import company
from sandbox.business_central import BusinessCentralSandbox
from sandbox.clock import SandboxClock
from sandbox.faults import Fault, FaultPlan
from sandbox.web import Server

NOON = datetime(2026, 8, 15, 16, tzinfo=UTC)
SOON = NOON + timedelta(seconds=60)
USER = "connector"
VENDORS = r"/vendors$"
NAMES = (
    "Blue Harbor Coffee",
    'Joe "The Nail" O\'Brien & Sons 100%',
    "東京文具店",
    "Ελληνικό Καφενείο",
    "a+b/c?d#e=f;g",
    vendor_name("The International Association of Harbor Masters, Pilots and Keepers " * 2),
    vendor_name("\N{CUP WITH STRAW}" * 60),
)


class StaticSignIn:
    """Hands out one token; a renewed one is no better."""

    def __init__(self) -> None:
        self.token = USER
        self.renewals = 0

    def access_token(self, _connection: UUID, *, renew: bool = False) -> str:
        self.renewals += renew
        return self.token


@dataclass
class Side:
    """One of the two, and how a test lets its Business Central behave."""

    port: Vendors
    lose: Callable[[str], None]
    refuse: Callable[[], None]
    throttle: Callable[[], None]
    add: Callable[..., Vendor]


@dataclass
class Played:
    """The simulator behind a socket, and the adapter that speaks to it."""

    bc: BusinessCentralSandbox
    sign_in: StaticSignIn = field(default_factory=StaticSignIn)
    counted: list[tuple[str, str, int, int]] = field(default_factory=list)

    def open(self, url: str) -> HttpBusinessCentral:
        return HttpBusinessCentral(
            url,
            self.sign_in,  # type: ignore[arg-type]
            FakeClock(NOON),
            on_request=lambda *counted: self.counted.append(counted),
            sleep=lambda _seconds: None,
        )

    def plant(self, **members: object) -> None:
        self.bc.faults.plant(Fault("POST", VENDORS, **members))  # type: ignore[arg-type]

    def add(self, name: str, **members: str) -> Vendor:
        number = f"X{uuid4().hex[:8]}".upper()
        self.bc.add_vendors([{"number": number, "name": name, **members}])
        return Vendor("", number, name, **members)

    @property
    def names(self) -> list[str]:
        books = next(one for one in self.bc.dump()["companies"] if one["id"] == company.COMPANY_ID)
        return [vendor["displayName"] for vendor in books["vendors"]]


@pytest.fixture
def played() -> Played:
    return Played(
        BusinessCentralSandbox(
            SandboxClock(NOON), lambda token: token if token == USER else None, FaultPlan()
        )
    )


@pytest.fixture
def opened(played: Played) -> Iterator[HttpBusinessCentral]:
    with Server(played.bc.application) as server:
        opened = played.open(server.url)
        yield opened
        opened.close()


@pytest.fixture
def vendors(opened: HttpBusinessCentral) -> Vendors:
    return opened.vendors(uuid4(), company.TENANT, company.ENVIRONMENT, company.COMPANY_ID)


@pytest.fixture(params=["fake", "adapter"])
def side(request: pytest.FixtureRequest) -> Side:
    if request.param == "adapter":
        played: Played = request.getfixturevalue("played")
        return Side(
            request.getfixturevalue("vendors"),
            lambda moment: played.plant(moment=moment, status=504),
            lambda: played.bc.change_set_up(vendor_series=""),
            lambda: played.plant(status=429, headers={"Retry-After": "5"}),
            played.add,
        )
    fake = FakeVendors(FakeClock(NOON).now)
    return Side(
        fake,
        lambda moment: fake.moods.append(f"lost {moment}"),
        lambda: fake.moods.append("refused"),
        lambda: fake.moods.append("busy"),
        fake.add,
    )


def one(side: Side, name: str) -> tuple[Vendor, ...]:
    """The vendors of a name, which BC does not refuse to look for."""
    (found,) = side.port.find_by_name([name])
    assert isinstance(found, tuple)
    return found


# --- both -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_what_was_created_is_found_by_its_name(side: Side, name: str) -> None:
    assert one(side, name) == ()
    created = side.port.create(name, SOON)
    assert isinstance(created, Created)
    assert created.vendor.name == name
    assert created.vendor.number
    assert one(side, name) == (created.vendor,)


def test_several_names_are_answered_in_the_order_in_which_they_were_asked(side: Side) -> None:
    side.add("Blue Harbor Coffee")
    side.add("Corner Bakery")
    found = side.port.find_by_name(["CORNER BAKERY", "Nobody & Sons", "blue harbor coffee"])
    names = [[vendor.name for vendor in one] for one in found if isinstance(one, tuple)]
    assert names == [["Corner Bakery"], [], ["Blue Harbor Coffee"]]


def test_names_are_not_unique_and_every_vendor_of_a_name_is_found(side: Side) -> None:
    side.add("Blue Harbor Coffee", blocked="All")
    side.add("BLUE HARBOR COFFEE", currency="EUR")
    found = {
        (vendor.blocked, vendor.currency in ("", "USD"))
        for vendor in one(side, "Blue Harbor Coffee")
    }
    assert found == {("All", True), ("", False)}


def test_an_answer_lost_before_the_commit_is_unknown_and_nothing_is_there(side: Side) -> None:
    side.lose("before")
    assert isinstance(side.port.create("Blue Harbor Coffee", SOON), Unknown)
    assert one(side, "Blue Harbor Coffee") == ()


def test_an_answer_lost_after_the_commit_is_unknown_and_the_vendor_is_there(side: Side) -> None:
    side.lose("after")
    assert isinstance(side.port.create("Blue Harbor Coffee", SOON), Unknown)
    assert len(one(side, "Blue Harbor Coffee")) == 1


def test_a_missing_number_series_is_a_refusal_in_bcs_words(side: Side) -> None:
    side.refuse()
    refused = side.port.create("Blue Harbor Coffee", SOON)
    assert isinstance(refused, Refused)
    assert refused.bc_code == "Application_FieldValidationException"
    assert "Vendor Nos. must have a value" in refused.message
    assert one(side, "Blue Harbor Coffee") == ()


def test_what_is_throttled_was_not_run(side: Side) -> None:
    side.throttle()
    answer = side.port.create("Blue Harbor Coffee", SOON)
    assert isinstance(answer, NotRun)
    assert isinstance(answer.refusal, BusinessCentralUnavailable)
    assert answer.retry_after == 5
    assert one(side, "Blue Harbor Coffee") == ()


def test_after_its_time_nothing_is_sent(side: Side) -> None:
    answer = side.port.create("Blue Harbor Coffee", NOON - timedelta(seconds=1))
    assert isinstance(answer, NotRun)
    assert isinstance(answer.refusal, BusinessCentralUnavailable)
    assert one(side, "Blue Harbor Coffee") == ()


# --- the adapter alone ----------------------------------------------------------------------------


def test_many_names_cost_one_request(played: Played, vendors: Vendors) -> None:
    vendors.find_by_name([f"Shop {number}" for number in range(40)])
    assert [(method, path, operations) for method, path, _, operations in played.counted] == [
        ("POST", "$batch", 40)
    ]


def test_only_the_name_is_sent(played: Played, vendors: Vendors) -> None:
    vendors.create("Blue Harbor Coffee", SOON)
    assert "Blue Harbor Coffee" in played.names
    assert [(method, status) for method, _, status, _ in played.counted] == [("POST", 201)]


@pytest.mark.parametrize("status", [408, 409, 500, 502, 503, 504])
def test_any_answer_that_says_nothing_for_sure_is_unknown(
    played: Played, vendors: Vendors, status: int
) -> None:
    played.plant(status=status)
    assert isinstance(vendors.create("Blue Harbor Coffee", SOON), Unknown)


@pytest.mark.parametrize("kind", ["cut", "html", "malformed", "empty"])
def test_a_cut_or_unreadable_answer_is_unknown(played: Played, vendors: Vendors, kind: str) -> None:
    played.plant(kind=kind, moment="after", status=201)
    assert isinstance(vendors.create("Blue Harbor Coffee", SOON), Unknown)
    assert played.names.count("Blue Harbor Coffee") == 1


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_missing_permission_is_a_refusal_of_this_vendor(
    played: Played, vendors: Vendors, status: int
) -> None:
    played.bc.switch(denied=["POST vendors"], denied_status=status)
    refused = vendors.create("Blue Harbor Coffee", SOON)
    assert isinstance(refused, Refused)
    assert "current permissions prevented" in refused.message


def test_a_sign_in_that_counts_no_more_was_not_run(played: Played, vendors: Vendors) -> None:
    played.sign_in.token = "nobody"
    answer = vendors.create("Blue Harbor Coffee", SOON)
    assert isinstance(answer, NotRun)
    assert isinstance(answer.refusal, BusinessCentralSignInRefused)
    assert played.sign_in.renewals == 1


def test_a_company_that_went_away_was_not_written_to(
    played: Played, opened: HttpBusinessCentral
) -> None:
    elsewhere = opened.vendors(uuid4(), company.TENANT, company.ENVIRONMENT, str(uuid4()))
    answer = elsewhere.create("Blue Harbor Coffee", SOON)
    assert isinstance(answer, NotRun)
    assert isinstance(answer.refusal, CompanyNotFound)


def test_a_server_that_is_not_reached_was_not_written_to(played: Played) -> None:
    closed = played.open("http://127.0.0.1:9")
    vendors = closed.vendors(uuid4(), company.TENANT, company.ENVIRONMENT, company.COMPANY_ID)
    answer = vendors.create("Blue Harbor Coffee", SOON)
    closed.close()
    assert isinstance(answer, NotRun)
    assert isinstance(answer.refusal, BusinessCentralUnavailable)


def test_a_name_that_bc_will_not_look_for_leaves_the_others_their_answers(
    played: Played, vendors: Vendors
) -> None:
    first, refused, last = vendors.find_by_name(["Corner Deli", "x" * 101, "Nobody & Sons"])
    assert isinstance(first, tuple)
    assert [vendor.number for vendor in first] == ["10020"]
    assert isinstance(refused, Refused)
    assert refused.bc_code == "Application_FilterErrorException"
    assert last == ()


def test_a_search_while_bc_is_away_says_so(played: Played, vendors: Vendors) -> None:
    played.bc.faults.plant(Fault("*", "", times=-1, status=503))
    with pytest.raises(BusinessCentralUnavailable):
        vendors.find_by_name(["Corner Deli"])


def test_a_search_does_not_trust_a_lagging_replica(played: Played, vendors: Vendors) -> None:
    played.bc.switch(replica_lag_seconds=600.0)
    vendors.create("Blue Harbor Coffee", SOON)
    (found,) = vendors.find_by_name(["Blue Harbor Coffee"])
    assert isinstance(found, tuple)
    assert len(found) == 1
