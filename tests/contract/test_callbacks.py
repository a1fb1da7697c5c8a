"""Subscriptions to callbacks: the fake, and the adapter against the PEX simulator over HTTP."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
import pytest

from adapters.pex.access import HttpPexAccess
from application.pex_credential import API_TOKEN, PEX_CREDENTIAL, PexCredential, encode
from application.ports.callbacks import CallbackSubscriptions
from application.ports.pex import PexRequestRefused, PexTokenRefused, PexUnavailable
from fakes.callbacks import FakeSubscriptions
from fakes.vault import FakeVault
from sandbox import company
from sandbox.clock import SandboxClock
from sandbox.faults import Fault, FaultPlan
from sandbox.pex import PexSandbox
from sandbox.web import Server

URL = "https://pexbc.example/pex/callbacks/1"
ELSEWHERE = "https://pexbc.example/pex/callbacks/2"
CONNECTION = UUID(int=1)
ROOT = "/v4/Callback-Subscription"


@dataclass
class Pex:
    """A business of the simulator, read behind the adapter's back."""

    sandbox: PexSandbox
    http: httpx.Client
    access: HttpPexAccess
    subscriptions: CallbackSubscriptions = field(init=False)

    def __post_init__(self) -> None:
        self.subscriptions = self.access.subscriptions_of(CONNECTION)

    def all(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.http.get(ROOT).json()
        return found

    def add(self, **members: object) -> int:
        hook = {"CallbackType": 9, "Status": 1, "Url": URL, "Name": "by hand", **members}
        return int(self.http.post(ROOT, json=hook).json()["Id"])

    def sent(self, method: str) -> int:
        return sum(entry["method"] == method for entry in self.sandbox.faults.journal)


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[PexSandbox, str]]:
    sandbox = PexSandbox(SandboxClock(), FaultPlan(), purchases=1)
    with Server(sandbox.application) as server:
        yield sandbox, server.url


@pytest.fixture
def pex(server: tuple[PexSandbox, str]) -> Iterator[Pex]:
    sandbox, url = server
    vault = FakeVault()
    vault.put(CONNECTION, PEX_CREDENTIAL, encode(PexCredential(API_TOKEN, company.PREPAID_TOKEN)))
    access = HttpPexAccess(f"{url}/v4", vault, 1_000_000, sleep=lambda _seconds: None)
    headers = {"Authorization": f"token {company.PREPAID_TOKEN}"}
    with httpx.Client(base_url=url, headers=headers) as http:
        yield Pex(sandbox, http, access)
        sandbox.switch(callback_enums="name")
        sandbox.faults.clear()
        for one in http.get(ROOT).json():
            http.delete(f"{ROOT}/{one['Id']}")
        sandbox.faults.journal.clear()
    access.close()


@pytest.fixture(params=["fake", "pex"])
def subscriptions(request: pytest.FixtureRequest) -> CallbackSubscriptions:
    if request.param == "fake":
        return FakeSubscriptions()
    found: CallbackSubscriptions = request.getfixturevalue("pex").subscriptions
    return found


# --- the fake and the real one ----------------------------------------------------------------


def test_asking_twice_makes_one_subscription(subscriptions: CallbackSubscriptions) -> None:
    assert subscriptions.subscribe(URL) == subscriptions.subscribe(URL)
    assert subscriptions.subscribe(ELSEWHERE) != subscriptions.subscribe(URL)


def test_what_was_removed_is_made_anew(subscriptions: CallbackSubscriptions) -> None:
    first = subscriptions.subscribe(URL)
    subscriptions.unsubscribe(URL)
    subscriptions.unsubscribe(URL)
    second = subscriptions.subscribe(URL)
    assert second != first
    subscriptions.remove(second)
    subscriptions.remove(second)
    assert subscriptions.subscribe(URL) not in (first, second)


def test_one_of_another_address_is_removed_by_its_id_alone(
    subscriptions: CallbackSubscriptions,
) -> None:
    kept, gone = subscriptions.subscribe(ELSEWHERE), subscriptions.subscribe(URL + "/old")
    subscriptions.unsubscribe(URL, gone)
    assert subscriptions.subscribe(ELSEWHERE) == kept
    assert subscriptions.subscribe(URL + "/old") != gone


# --- over HTTP --------------------------------------------------------------------------------


def test_settlements_and_nothing_else_are_subscribed_to(pex: Pex) -> None:
    number = pex.subscriptions.subscribe(URL)
    [made] = pex.all()
    assert (made["Id"], made["Url"]) == (number, URL)
    assert (made["CallbackType"], made["Status"]) == ("SettlementPostedRealtime", "Active")


@pytest.mark.parametrize("enums", ["name", "label", "number"])
def test_what_is_there_is_found_whatever_it_is_called(pex: Pex, enums: str) -> None:
    pex.sandbox.switch(callback_enums=enums)
    number = pex.subscriptions.subscribe(URL)
    assert pex.subscriptions.subscribe(URL) == number
    assert len(pex.all()) == 1
    assert (pex.sent("POST"), pex.sent("PUT")) == (1, 0)


def test_one_that_is_switched_off_in_pex_is_switched_on_again(pex: Pex) -> None:
    number = pex.add(Status=2)
    assert pex.subscriptions.subscribe(URL) == number
    [one] = pex.all()
    assert one["Status"] == "Active"


def test_doubles_are_removed_and_others_left_alone(pex: Pex) -> None:
    first, _ = pex.add(), pex.add()
    others = [pex.add(Url=ELSEWHERE), pex.add(CallbackType=5)]
    assert pex.subscriptions.subscribe(URL) == first
    assert sorted(one["Id"] for one in pex.all()) == sorted([first, *others])
    pex.subscriptions.unsubscribe(URL)
    assert sorted(one["Id"] for one in pex.all()) == sorted(others)


def test_a_lost_answer_is_looked_for_and_sent_no_second_time(pex: Pex) -> None:
    pex.sandbox.faults.plant(Fault(method="POST", moment="after", kind="cut"))
    number = pex.subscriptions.subscribe(URL)
    assert [one["Id"] for one in pex.all()] == [number]
    assert pex.sent("POST") == 1


def test_a_request_that_never_arrived_is_told_as_unavailable(pex: Pex) -> None:
    pex.sandbox.faults.plant(Fault(method="POST", kind="cut"))
    with pytest.raises(PexUnavailable):
        pex.subscriptions.subscribe(URL)
    assert pex.all() == []


def test_an_address_that_pex_does_not_take_is_refused_in_its_words(pex: Pex) -> None:
    with pytest.raises(PexRequestRefused) as refused:
        pex.subscriptions.subscribe("ftp://pexbc.example/")
    assert refused.value.status == 400


def test_a_farewell_to_a_pex_that_is_away_raises_nothing_and_is_tried_once(pex: Pex) -> None:
    number = pex.subscriptions.subscribe(URL)
    pex.sandbox.faults.plant(Fault(method="DELETE", times=9))
    pex.subscriptions.remove(number)
    assert pex.sent("DELETE") == 1
    assert [one["Id"] for one in pex.all()] == [number]


def test_without_a_credential_nothing_is_asked(pex: Pex) -> None:
    with pytest.raises(PexTokenRefused):
        pex.access.subscriptions_of(UUID(int=2))


@pytest.mark.parametrize("odd", [{"Id": "seven"}, {"CallbackType": {}}, "nothing", None])
def test_a_subscription_that_cannot_be_read_is_passed_over(odd: object) -> None:
    readable = {"id": 4, "callbacktype": " 9 ", "status": "1", "url": URL}

    def answer(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=[odd, readable])

    assert through(answer).subscribe(URL) == 4


def through(answer: Callable[[httpx.Request], httpx.Response]) -> CallbackSubscriptions:
    vault = FakeVault()
    vault.put(CONNECTION, PEX_CREDENTIAL, encode(PexCredential(API_TOKEN, "t")))
    transport = httpx.MockTransport(answer)
    return HttpPexAccess("https://pex.example/v4", vault, transport=transport).subscriptions_of(
        CONNECTION
    )


def test_one_that_pex_lists_under_another_spelling_is_known_by_its_answer() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        made = {"Id": 8, "CallbackType": 9, "Status": 1, "Url": URL.upper()}
        if request.method == "POST":
            return httpx.Response(201, json=made)
        return httpx.Response(200, json=[made] if request.method == "GET" else None)

    assert through(answer).subscribe(URL) == 8
