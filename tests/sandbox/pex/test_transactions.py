"""The transaction lists: which rows a window holds, in what shape, on which page."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from sandbox.company import CREDIT_BUSINESS, CREDIT_TOKEN, PREPAID_BUSINESS, PREPAID_TOKEN
from sandbox.pex import PexSandbox
from sandbox.web import Request

Ask = Callable[..., tuple[int, Any]]
CARDS = "/v4/Details/AllCardholderTransactions"
BUSINESS = "/v4/Details/TransactionDetails"
COUNT = "/v4/Details/AllCardholderTransactionCount"


def window(start: str, end: str, more: str = "") -> str:
    return f"StartDate={start}&EndDate={end}{more}"


NOVEMBER = window("2026-11-01T00:00:00", "2026-11-24T23:59:59")


def ids(answer: tuple[int, Any]) -> list[int]:
    status, body = answer
    assert status == 200, body
    return [row["TransactionId"] for row in body["TransactionList"]]


def at(pex: PexSandbox, time: str, **members: Any) -> int:
    row = pex.add_row({"TransactionTime": time, "SettlementTime": time} | members)
    return int(row["TransactionId"])


def test_both_ends_of_the_window_are_inside(pex: PexSandbox, ask: Ask) -> None:
    at(pex, "2026-11-09T23:59:59")
    first, last = at(pex, "2026-11-10T00:00:00"), at(pex, "2026-11-10T23:59:59")
    at(pex, "2026-11-11T00:00:00")
    assert ids(ask("GET", CARDS, window("2026-11-10T00:00:00", "2026-11-10T23:59:59"))) == [
        first,
        last,
    ]


def test_window_and_times_are_eastern_wall_time(pex: PexSandbox, ask: Ask) -> None:
    row = pex.add_row()
    assert row["TransactionTime"] == "2026-11-24T10:00:00"
    assert ids(ask("GET", CARDS, window("2026-11-24T10:00:00", "2026-11-24T10:00:59"))) == [
        row["TransactionId"]
    ]


def test_query_names_are_read_whatever_their_case(pex: PexSandbox, ask: Ask) -> None:
    number = at(pex, "2026-11-10T12:00:00")
    assert ids(ask("GET", CARDS, NOVEMBER.lower().replace("t0", "T0").replace("t2", "T2"))) == [
        number
    ]


def test_rows_come_in_the_order_of_time(pex: PexSandbox, ask: Ask) -> None:
    later, earlier = at(pex, "2026-11-10T12:00:00"), at(pex, "2026-11-03T12:00:00")
    assert ids(ask("GET", CARDS, NOVEMBER)) == [earlier, later]


@pytest.mark.parametrize(
    "query",
    [
        "",
        "StartDate=2026-11-01T00:00:00",
        window("2026-11-01", "2026-11-24"),
        window("2026-11-01T00:00:00Z", "2026-11-24T23:59:59Z"),
        window("2026-11-01T00:00:00-05:00", "2026-11-24T23:59:59"),
        window("2026-11-01T00:00:00.000", "2026-11-24T23:59:59"),
        window("2026-13-01T00:00:00", "2026-11-24T23:59:59"),
        window("2026-11-24T00:00:00", "2026-11-01T00:00:00"),
        f"{NOVEMBER}&IncludePendings=maybe",
    ],
)
def test_a_window_that_is_not_two_wall_times_in_order_is_refused(ask: Ask, query: str) -> None:
    status, refusal = ask("GET", CARDS, query)
    assert status == 400
    assert refusal["Message"]


def test_a_window_older_than_twelve_months_is_refused(ask: Ask) -> None:
    end = "2026-11-24T23:59:59"
    assert ask("GET", CARDS, window("2025-11-24T00:00:00", end))[0] == 200
    status, refusal = ask("GET", CARDS, window("2025-11-23T23:59:59", end))
    assert (status, refusal) == (400, {"Message": "StartDate must be within the last 12 months"})


def test_pending_and_declined_rows_come_only_when_asked_for(pex: PexSandbox, ask: Ask) -> None:
    pending = at(pex, "2026-11-10T12:00:00", IsPending=True, SettlementTime=None)
    declined = at(pex, "2026-11-11T12:00:00", IsDecline=True, SettlementTime=None)
    settled = at(pex, "2026-11-12T12:00:00")
    assert ids(ask("GET", CARDS, NOVEMBER)) == [settled]
    assert ids(ask("GET", CARDS, f"{NOVEMBER}&IncludePendings=False&IncludeDeclines=0")) == [
        settled
    ]
    assert ids(ask("GET", CARDS, f"{NOVEMBER}&IncludePendings=True")) == [pending, settled]
    assert ids(ask("GET", CARDS, f"{NOVEMBER}&includedeclines=1")) == [declined, settled]


def test_vendor_bill_payments_are_in_unless_left_out(pex: PexSandbox, ask: Ask) -> None:
    bill = pex.add_row(vendor_bill=True)["TransactionId"]
    assert ids(ask("GET", CARDS, NOVEMBER)) == [bill]
    assert ids(ask("GET", CARDS, f"{NOVEMBER}&IncludeVendorBillPay=False")) == []


def test_the_window_tests_transaction_time_or_settlement_time(pex: PexSandbox, ask: Ask) -> None:
    late = at(pex, "2026-10-30T12:00:00", SettlementTime="2026-11-02T03:00:00")
    feeless = at(pex, "2026-11-05T12:00:00", SettlementTime=None)
    assert ids(ask("GET", CARDS, NOVEMBER)) == [feeless]
    pex.switch(window_tests="SettlementTime")
    assert ids(ask("GET", CARDS, NOVEMBER)) == [late, feeless]


def test_an_administrator_reads_the_business_account_by_transaction_details(
    pex: PexSandbox, ask: Ask
) -> None:
    pex.add_row()
    funding = pex.add_row(where="business")["TransactionId"]
    assert ids(ask("GET", BUSINESS, NOVEMBER)) == [funding]
    assert ids(ask("GET", f"{BUSINESS}/{PREPAID_BUSINESS}", NOVEMBER)) == [funding]


def test_transaction_details_of_a_card_account_hold_its_rows_alone(
    pex: PexSandbox, ask: Ask
) -> None:
    own = pex.add_row({"AcctId": 88106})["TransactionId"]
    pex.add_row({"AcctId": 88104})
    assert ids(ask("GET", f"{BUSINESS}/88106", NOVEMBER)) == [own]
    assert ask("GET", f"{BUSINESS}/7", NOVEMBER) == (403, {"Message": "Invalid account id"})


def test_a_cardholders_token_reads_that_cardholders_rows_and_no_others(
    pex: PexSandbox, ask: Ask
) -> None:
    own = pex.add_row({"AcctId": 88104})["TransactionId"]
    pex.add_row({"AcctId": 88106})
    pex.add_row(where="business")
    pex.switch(user_type="Cardholder")
    assert ids(ask("GET", BUSINESS, NOVEMBER)) == [own]
    assert ask("GET", CARDS, NOVEMBER)[0] == 403
    assert ask("GET", f"{BUSINESS}/88106", NOVEMBER)[0] == 403


def test_one_business_does_not_see_the_others_rows(pex: PexSandbox, ask: Ask) -> None:
    pex.add_row()
    foreign = pex.add_row(business=CREDIT_BUSINESS)["TransactionId"]
    credit = f"token {CREDIT_TOKEN}"
    assert ids(ask("GET", CARDS, NOVEMBER, authorization=credit)) == [foreign]


def test_the_count_is_a_bare_number(pex: PexSandbox, ask: Ask) -> None:
    pex.add_row()
    pex.add_row({"IsPending": True, "SettlementTime": None})
    assert ask("GET", COUNT, NOVEMBER) == (200, 1)
    assert ask("GET", COUNT, f"{NOVEMBER}&IncludePendings=1") == (200, 2)


def test_money_goes_out_as_plain_digits(pex: PexSandbox) -> None:
    pex.add_row({"TransactionAmount": "-48.60"})
    headers = {"authorization": f"token {PREPAID_TOKEN}"}
    answer = pex.application(Request("GET", CARDS, headers, raw_query=NOVEMBER))
    assert b'"TransactionAmount":-48.60,' in answer.body


def test_a_row_has_every_member_of_the_contract(pex: PexSandbox, ask: Ask) -> None:
    pex.add_row()
    row = ask("GET", CARDS, NOVEMBER)[1]["TransactionList"][0]
    assert len(row) == 35
    assert row["TransactionAmount"] == Decimal("-48.60")
    assert (row["MCCCode"], row["MerchantZip"]) == ("5251", "04101 ")


def test_one_page_holds_everything_when_it_fits(pex: PexSandbox, ask: Ask) -> None:
    at(pex, "2026-11-03T12:00:00")
    assert ask("GET", CARDS, NOVEMBER)[1]["Pages"] == {
        "PageSize": 30_000,
        "TotalRecords": 1,
        "NumberOfPages": 1,
        "LastTimeRetrieved": "2026-11-03T12:00:00",
    }


def test_a_following_page_begins_with_the_boundary_row_again(pex: PexSandbox, ask: Ask) -> None:
    pex.switch(page_size=3)
    rows = [at(pex, f"2026-11-{day:02}T12:00:00") for day in range(1, 8)]
    start, seen, pages = "2026-11-01T00:00:00", list[list[int]](), list[int]()
    while True:
        answer = ask("GET", CARDS, window(start, "2026-11-24T23:59:59"))
        seen.append(ids(answer))
        block = answer[1]["Pages"]
        pages.append(block["NumberOfPages"])
        if block["NumberOfPages"] <= 1:
            break
        start = block["LastTimeRetrieved"]
    assert seen == [rows[0:3], rows[2:5], rows[4:7]]
    assert pages == [3, 2, 1]


def test_a_page_filled_by_one_second_does_not_advance(pex: PexSandbox, ask: Ask) -> None:
    pex.switch(page_size=2)
    for _ in range(3):
        at(pex, "2026-11-02T12:00:00")
    again = window("2026-11-02T12:00:00", "2026-11-24T23:59:59")
    block = ask("GET", CARDS, again)[1]["Pages"]
    assert (block["NumberOfPages"], block["LastTimeRetrieved"]) == (2, "2026-11-02T12:00:00")


def test_an_empty_list_is_empty_or_null(pex: PexSandbox, ask: Ask) -> None:
    assert ask("GET", CARDS, NOVEMBER)[1]["TransactionList"] == []
    pex.switch(null_lists=True)
    body = ask("GET", CARDS, NOVEMBER)[1]
    assert body["TransactionList"] is None
    assert body["Pages"]["NumberOfPages"] == 0


def test_rows_carry_no_tags_while_the_feature_is_off(pex: PexSandbox, ask: Ask) -> None:
    number = pex.add_row()["TransactionId"]
    pex.retag(number, {"64b0c1d2e3f4a5b6c7d8e901": "61100"})
    pex.switch(tags_enabled=False)
    assert ask("GET", CARDS, NOVEMBER)[1]["TransactionList"][0]["TransactionTags"] is None
