"""Callbacks about settlements, as a receiver on this machine gets them."""

import base64
import json
import queue
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any, Self

import pytest

from sandbox.clock import SandboxClock
from sandbox.company import (
    CREDIT_BUSINESS,
    CREDIT_CALLBACK_SECRET,
    CREDIT_TOKEN,
    PREPAID_BUSINESS,
    PREPAID_CALLBACK_SECRET,
)
from sandbox.pex import PexSandbox
from sandbox.pex.postman import Postman
from sandbox.web import Request, Response, Server

Ask = Callable[..., tuple[int, Any]]
ROOT = "/v4/Callback-Subscription"
HOOK = {"CallbackType": 9, "Status": 1, "Name": "settled"}
PENDING = {"IsPending": True, "SettlementTime": None, "TransactionAmount": "-20.00"}


class Receiver:
    """A listener at `url` that keeps what it gets, and answers as it is told to."""

    def __init__(self) -> None:
        self.answer = Response(204)
        self.ready = threading.Event()
        self.ready.set()
        self._got: queue.SimpleQueue[Request] = queue.SimpleQueue()
        self._server = Server(self._take)
        self.url = f"{self._server.url}/hooks/pex?key=7"

    def _take(self, request: Request) -> Response:
        self._got.put(request)
        self.ready.wait(10)
        return self.answer

    def next(self) -> Request:
        """The request that came next; waits for it."""
        return self._got.get(timeout=10)

    def rest(self) -> int:
        """How many more have come, forgotten with this."""
        count = 0
        while not self._got.empty():
            self._got.get()
            count += 1
        return count

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self.ready.set()
        self._server.stop()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as listening:
        yield listening


@pytest.fixture
def hooked(ask: Ask, receiver: Receiver) -> int:
    """The Id of an active subscription of the prepaid business to settlements."""
    status, created = ask("POST", ROOT, body=HOOK | {"Url": receiver.url})
    assert status == 201
    return int(created["Id"])


def body_of(request: Request) -> Any:
    return json.loads(request.body, parse_float=Decimal)


def secret_of(request: Request) -> str:
    scheme, _, value = request.headers["authorization"].partition(" ")
    assert scheme == "Basic"
    return base64.b64decode(value, validate=True).decode()


def outcomes(pex: PexSandbox, business: int = PREPAID_BUSINESS) -> list[tuple[str, str]]:
    """What became of each callback, once all have been sent."""
    assert pex.called_back()
    return [(item["outcome"], item["detail"]) for item in pex.business(business).deliveries]


# --- when, and what is said -------------------------------------------------------------------


def test_a_purchase_that_settles_is_posted_to_the_subscribed_address(
    control: Ask, pex: PexSandbox, receiver: Receiver, hooked: int
) -> None:
    members = PENDING | {"AcctId": 88105, "NetworkTransactionId": 44, "MCCCode": "5812"}
    pending = control("POST", "/rows", body={"members": members})[1]["TransactionId"]
    assert outcomes(pex) == []
    settle = {"amount": "-21.50"}
    row = control("POST", f"/rows/{pending}/settle", body=settle)[1]
    request = receiver.next()
    assert (request.method, request.path, request.raw_query) == ("POST", "/hooks/pex", "key=7")
    assert request.headers["content-type"] == "application/json; charset=utf-8"
    assert request.headers["x-pex-version"]
    assert secret_of(request) == PREPAID_CALLBACK_SECRET
    body = body_of(request)
    assert set(body) == {"CallbackTime", "Data"}
    assert body["Data"] == {
        "NetworkTransactionId": 44,
        "TransactionId": row["TransactionId"],
        "AcctId": 88105,
        "TransactionTime": "2026-11-24T10:00:00",
        "MerchantLocalTime": None,
        "HoldTime": None,
        "SettlementTime": "2026-11-24T10:00:00",
        "AuthTransactionId": pending,
        "TransactionAmount": Decimal("-21.50"),
        "PaddingAmount": 0,
        "AvailableBalance": Decimal("-21.50"),
        "LedgerBalance": Decimal("-21.50"),
        "TransactionType": "NETWORK",
        "Description": "Purchase",
        "TransactionNotes": [],
        "ReferencedTranId": None,
        "ReferencedTransactionTime": None,
        "MerchantName": "NORTH PIER HDWE #0417",
        "MerchantNameNormalized": "North Pier Hardware",
        "MerchantCity": "PORTLAND",
        "MerchantState": "ME",
        "MerchantZip": "04101 ",
        "MerchantCountry": "US",
        "MCCCode": "5812",
        "NetworkType": "Settlement",
        "NetworkStatus": "Approved",
        "IsCardPresent": True,
        "Message": None,
        "MessageCode": None,
        "MerchantRequestedAmount": Decimal("-21.50"),
    }
    assert outcomes(pex) == [("delivered", "204")]
    assert receiver.rest() == 0


def test_the_callback_time_is_now_with_its_offset(
    control: Ask, clock: SandboxClock, receiver: Receiver, hooked: int
) -> None:
    control("POST", "/rows")
    sent = datetime.fromisoformat(body_of(receiver.next())["CallbackTime"])
    assert sent.utcoffset() is not None
    assert sent == clock.now()


@pytest.mark.parametrize("sign", [1, -1])
def test_money_out_is_negative_as_on_the_row_or_positive_by_a_switch(
    control: Ask, receiver: Receiver, hooked: int, sign: int
) -> None:
    control("PATCH", "/switches", body={"callback_reversed": sign < 0})
    for amount in ("-48.60", "3.10"):
        control("POST", "/rows", body={"members": {"TransactionAmount": amount}})
        data = body_of(receiver.next())["Data"]
        assert data["TransactionAmount"] == sign * Decimal(amount)
        assert data["MerchantRequestedAmount"] == sign * Decimal(amount)


def test_an_added_settled_purchase_is_called_back_at_once(
    control: Ask, receiver: Receiver, hooked: int
) -> None:
    row = control("POST", "/rows")[1]
    assert body_of(receiver.next())["Data"]["TransactionId"] == row["TransactionId"]


def test_a_settlement_without_amount_is_called_back_too(
    control: Ask, receiver: Receiver, hooked: int
) -> None:
    control("PATCH", "/switches", body={"callback_reversed": True})
    assert control("POST", "/rows", body={"members": {"TransactionAmount": None}})[0] == 201
    assert body_of(receiver.next())["Data"]["TransactionAmount"] is None


@pytest.mark.parametrize(
    "body",
    [
        {"members": PENDING},
        {"members": {"IsDecline": True, "SettlementTime": None}},
        {"members": {"TransactionType": "Transfer", "TransactionTypeCategory": "CardAccountFee"}},
        {"list": "business"},
        {"business": CREDIT_BUSINESS},
    ],
)
def test_what_is_no_settlement_of_the_business_is_not_called_back(
    control: Ask, pex: PexSandbox, hooked: int, body: dict[str, Any]
) -> None:
    assert control("POST", "/rows", body=body)[0] == 201
    assert outcomes(pex) == []


def test_corrections_and_approvals_are_not_called_back(
    control: Ask, pex: PexSandbox, hooked: int
) -> None:
    number = control("POST", "/rows")[1]["TransactionId"]
    control("PATCH", f"/rows/{number}", body={"Description": "Corrected"})
    control("POST", f"/rows/{number}/approve")
    control("DELETE", f"/rows/{number}")
    assert len(outcomes(pex)) == 1


def test_who_reads_pex_on_a_callback_finds_the_settled_row_and_its_receipt(
    ask: Ask, control: Ask, pex: PexSandbox
) -> None:
    found: queue.SimpleQueue[tuple[Any, Any]] = queue.SimpleQueue()

    def read(request: Request) -> Response:
        number = body_of(request)["Data"]["TransactionId"]
        window = "StartDate=2026-11-24T00:00:00&EndDate=2026-11-24T23:59:59"
        rows = ask("GET", "/v4/Details/AllCardholderTransactions", window)[1]["TransactionList"]
        receipts = ask("GET", f"/v4/Transactions/{number}/Attachments")[1]
        found.put(([row["TransactionId"] for row in rows], receipts))
        return Response(204)

    with Server(read) as reader:
        ask("POST", ROOT, body=HOOK | {"Url": reader.url})
        pending = control("POST", "/rows", body={"members": PENDING})[1]["TransactionId"]
        receipt = control("POST", f"/rows/{pending}/receipts")[1]["id"]
        settled = control("POST", f"/rows/{pending}/settle")[1]["TransactionId"]
        rows, receipts = found.get(timeout=10)
        assert rows == [settled]
        assert receipt in str(receipts)
        assert outcomes(pex) == [("delivered", "204")]


# --- to whom ----------------------------------------------------------------------------------


@pytest.mark.parametrize("change", [{"Status": 2}, {"CallbackType": 5}])
def test_only_active_subscriptions_to_settlements_are_served(
    ask: Ask, control: Ask, pex: PexSandbox, receiver: Receiver, hooked: int, change: dict[str, Any]
) -> None:
    ask("PUT", f"{ROOT}/{hooked}", body=HOOK | {"Url": receiver.url} | change)
    control("POST", "/rows")
    assert outcomes(pex) == []
    assert receiver.rest() == 0


def test_nothing_is_sent_without_a_subscription_or_after_its_end(
    ask: Ask, control: Ask, pex: PexSandbox, receiver: Receiver, hooked: int
) -> None:
    ask("DELETE", f"{ROOT}/{hooked}")
    control("POST", "/rows")
    assert outcomes(pex) == []


def test_every_subscription_is_served(
    ask: Ask, control: Ask, pex: PexSandbox, receiver: Receiver, hooked: int
) -> None:
    with Receiver() as other:
        second = ask("POST", ROOT, body=HOOK | {"Url": other.url})[1]["Id"]
        control("POST", "/rows")
        assert body_of(receiver.next()) == body_of(other.next())
        assert outcomes(pex) == [("delivered", "204")] * 2
    assert {item["subscription"] for item in pex.business().deliveries} == {hooked, second}


def test_each_business_calls_back_with_its_own_secret(
    ask: Ask, control: Ask, pex: PexSandbox, receiver: Receiver
) -> None:
    hook = HOOK | {"Url": receiver.url}
    ask("POST", ROOT, body=hook, authorization=f"token {CREDIT_TOKEN}")
    control("POST", "/rows")
    control("POST", "/rows", body={"business": CREDIT_BUSINESS})
    assert secret_of(receiver.next()) == CREDIT_CALLBACK_SECRET
    assert outcomes(pex, CREDIT_BUSINESS) == [("delivered", "204")]
    assert outcomes(pex) == []


def test_a_secret_is_issued_anew_for_one_business(
    control: Ask, pex: PexSandbox, receiver: Receiver, hooked: int
) -> None:
    issued = {"business": PREPAID_BUSINESS, "callback_secret": "sésame:2"}
    assert control("PATCH", "/switches", body=issued)[0] == 200
    control("POST", "/rows")
    assert secret_of(receiver.next()) == "sésame:2"
    assert pex.business(CREDIT_BUSINESS).callback_secret == CREDIT_CALLBACK_SECRET
    assert control("PATCH", "/switches", body={"callback_secret": None})[0] == 400


def test_a_business_without_a_secret_sends_an_empty_one(
    ask: Ask, control: Ask, receiver: Receiver
) -> None:
    control("POST", "/businesses", body={"id": 53001, "token": "token-of-the-branch"})
    hook = HOOK | {"Url": receiver.url}
    ask("POST", ROOT, body=hook, authorization="token token-of-the-branch")
    control("POST", "/rows", body={"business": 53001})
    assert secret_of(receiver.next()) == ""


# --- what can go wrong ------------------------------------------------------------------------


@pytest.mark.parametrize("status", [302, 307, 400, 401, 404, 429, 500, 503])
def test_a_refused_callback_is_neither_repeated_nor_sent_elsewhere(
    control: Ask, pex: PexSandbox, receiver: Receiver, hooked: int, status: int
) -> None:
    with Receiver() as elsewhere:
        headers = {"location": elsewhere.url, "retry-after": "0"}
        receiver.answer = Response(status, b"", headers)
        control("POST", "/rows")
        receiver.next()
        assert outcomes(pex) == [("refused", str(status))]
        assert receiver.rest() == 0
        assert elsewhere.rest() == 0


def test_failures_of_the_line_are_told_in_the_dump(
    ask: Ask, control: Ask, pex: PexSandbox, receiver: Receiver, hooked: int
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        deaf = f"http://127.0.0.1:{closed.getsockname()[1]}/"
    receiver.answer = Response(cut=True)
    control("POST", "/rows")
    ask("PUT", f"{ROOT}/{hooked}", body=HOOK | {"Url": deaf})
    row = control("POST", "/rows")[1]
    assert pex.called_back()
    prepaid = control("GET", "/dump")[1]["businesses"][0]
    assert prepaid["delivery_counts"] == {"failed": 2}
    cut, refused = prepaid["deliveries"]
    assert "RemoteDisconnected" in cut["detail"]
    assert "ConnectionRefused" in refused["detail"]
    assert (refused["subscription"], refused["transaction"]) == (hooked, row["TransactionId"])
    assert prepaid["callback_secret"] == PREPAID_CALLBACK_SECRET


def test_a_receiver_that_does_not_speak_tls_is_a_failure(
    ask: Ask, control: Ask, pex: PexSandbox, receiver: Receiver, hooked: int
) -> None:
    secure = receiver.url.replace("http:", "https:")
    ask("PUT", f"{ROOT}/{hooked}", body=HOOK | {"Url": secure})
    control("POST", "/rows")
    [(outcome, detail)] = outcomes(pex)
    assert outcome == "failed"
    assert "SSL" in detail


def test_nothing_leaves_this_machine(ask: Ask, control: Ask, pex: PexSandbox, hooked: int) -> None:
    ask("PUT", f"{ROOT}/{hooked}", body=HOOK | {"Url": "https://conn.example/hook"})
    control("POST", "/rows")
    assert outcomes(pex) == [("failed", "not on loopback")]


def test_a_slow_receiver_holds_up_nobody(
    ask: Ask, control: Ask, pex: PexSandbox, receiver: Receiver, hooked: int
) -> None:
    receiver.ready.clear()
    for _ in range(20):
        assert control("POST", "/rows")[0] == 201
    receiver.next()
    assert ask("GET", ROOT)[0] == 200
    assert control("GET", "/dump")[1]["businesses"][0]["delivery_counts"] == {"waiting": 20}
    assert not pex.called_back(0)
    receiver.ready.set()
    assert outcomes(pex) == [("delivered", "204")] * 20


# --- switches ---------------------------------------------------------------------------------


def test_callbacks_come_twice(
    control: Ask, pex: PexSandbox, receiver: Receiver, hooked: int
) -> None:
    control("PATCH", "/switches", body={"callback_copies": 2})
    control("POST", "/rows")
    assert receiver.next().body == receiver.next().body
    assert outcomes(pex) == [("delivered", "204")] * 2


def test_callbacks_get_lost(control: Ask, pex: PexSandbox, receiver: Receiver, hooked: int) -> None:
    control("PATCH", "/switches", body={"callback_copies": 0})
    control("POST", "/rows")
    assert outcomes(pex) == [("lost", "")]
    assert receiver.rest() == 0


def test_callbacks_come_late_and_out_of_order_with_what_was_true_then(
    control: Ask, pex: PexSandbox, receiver: Receiver, hooked: int
) -> None:
    waits, over = list[float](), threading.Event()

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        over.wait(10)

    pex.world.postman = Postman(sleep)
    control("PATCH", "/switches", body={"callback_delay_ms": 3_600_000})
    first = control("POST", "/rows")[1]["TransactionId"]
    control("PATCH", "/switches", body={"callback_delay_ms": 0})
    second = control("POST", "/rows")[1]["TransactionId"]
    control("PATCH", f"/rows/{first}", body={"Description": "Corrected"})
    assert body_of(receiver.next())["Data"]["TransactionId"] == second
    over.set()
    late = body_of(receiver.next())["Data"]
    assert (late["TransactionId"], late["Description"]) == (first, "Purchase")
    [waited] = waits
    assert 0 < waited <= 3600


def test_callbacks_come_with_a_wrong_secret(control: Ask, receiver: Receiver, hooked: int) -> None:
    control("PATCH", "/switches", body={"callback_wrong_secret": True})
    control("POST", "/rows")
    assert secret_of(receiver.next()) not in {"", PREPAID_CALLBACK_SECRET}


@pytest.mark.parametrize("kind", ["malformed", "empty", "foreign"])
def test_callbacks_come_with_garbage_and_the_right_secret(
    control: Ask, receiver: Receiver, hooked: int, kind: str
) -> None:
    control("PATCH", "/switches", body={"callback_body": kind})
    control("POST", "/rows")
    request = receiver.next()
    assert secret_of(request) == PREPAID_CALLBACK_SECRET
    if kind == "foreign":
        assert "Data" not in request.json()
    else:
        with pytest.raises(ValueError, match=r"Expecting|Unterminated"):
            request.json()


@pytest.mark.parametrize(
    "body",
    [
        {"callback_copies": -1},
        {"callback_delay_ms": -1},
        {"callback_delay_ms": "soon"},
        {"callback_body": "rubbish"},
        {"callback_enums": "hex"},
        {"callback_secret": 7},
    ],
)
def test_switches_that_make_no_sense_are_refused(control: Ask, body: dict[str, Any]) -> None:
    assert control("PATCH", "/switches", body=body)[0] == 400


# --- by hand ----------------------------------------------------------------------------------


def test_callbacks_are_sent_by_hand_about_the_last_settlement_or_a_named_one(
    control: Ask, receiver: Receiver, hooked: int
) -> None:
    numbers = [control("POST", "/rows")[1]["TransactionId"] for _ in range(2)]
    for _ in numbers:
        receiver.next()
    control("POST", "/rows", body={"members": PENDING})
    now = "/callbacks/deliver"
    assert control("POST", now) == (202, {"subscriptions": 1})
    assert body_of(receiver.next())["Data"]["TransactionId"] == numbers[1]
    named = {"business": PREPAID_BUSINESS, "transaction": numbers[0]}
    assert control("POST", now, body=named) == (202, {"subscriptions": 1})
    assert body_of(receiver.next())["Data"]["TransactionId"] == numbers[0]


def test_nothing_is_sent_by_hand_about_what_has_not_settled(
    control: Ask, pex: PexSandbox, hooked: int
) -> None:
    now = "/callbacks/deliver"
    pending = control("POST", "/rows", body={"members": PENDING})[1]["TransactionId"]
    other = control("POST", "/rows", body={"business": CREDIT_BUSINESS})[1]["TransactionId"]
    for body in ({}, {"transaction": pending}, {"transaction": other}, {"business": 1}):
        assert control("POST", now, body=body)[0] == 404
    named = {"business": CREDIT_BUSINESS, "transaction": other}
    assert control("POST", now, body=named) == (202, {"subscriptions": 0})
    assert outcomes(pex) == []
