"""The control API: what tests and demos can do behind PEX's back."""

import base64
from collections.abc import Callable
from typing import Any

import pytest

from sandbox.company import (
    CREDIT_BUSINESS,
    EXPENSE_TAG,
    PREPAID_BUSINESS,
    PREPAID_TOKEN,
)
from sandbox.pex import PexSandbox

Ask = Callable[..., tuple[int, Any]]
WINDOW = "StartDate=2026-11-01T00:00:00&EndDate=2026-11-30T00:00:00"
CARDS = "/v4/Details/AllCardholderTransactions"


def add(control: Ask, **members: Any) -> int:
    status, row = control("POST", "/rows", body={"members": members})
    assert status == 201
    return int(row["TransactionId"])


def test_an_added_row_is_a_settled_approved_purchase_but_for_the_members_given(
    control: Ask, ask: Ask
) -> None:
    number = add(control, TransactionAmount="-1.05", MerchantNameNormalized=None)
    [row] = ask("GET", CARDS, WINDOW)[1]["TransactionList"]
    assert row["TransactionId"] == number
    assert str(row["TransactionAmount"]) == "-1.05"
    assert (row["TransactionType"], row["MerchantNameNormalized"]) == ("Network", None)
    assert (row["MetadataApprovalStatus"], row["IsPending"]) == ("Approved", False)


def test_another_business_has_its_own_token_and_rows(control: Ask, ask: Ask) -> None:
    body = {"id": 53001, "name": "Branch", "token": "token-of-the-branch"}
    assert control("POST", "/businesses", body=body)[0] == 204
    assert control("POST", "/businesses", body=body)[0] == 409
    assert control("POST", "/businesses", body={"id": "x", "token": "y"})[0] == 400
    control("POST", "/rows", body={"business": 53001, "members": {"TransactionId": 78}})
    branch = ask("GET", CARDS, WINDOW, authorization="token token-of-the-branch")
    assert [row["TransactionId"] for row in branch[1]["TransactionList"]] == [78]
    others = ask("GET", CARDS, WINDOW)[1]["TransactionList"]
    assert 78 not in [row["TransactionId"] for row in others]


def test_rows_go_to_either_business_and_either_list(control: Ask, pex: PexSandbox) -> None:
    body = {"business": CREDIT_BUSINESS, "list": "business", "members": {"TransactionId": 77}}
    assert control("POST", "/rows", body=body)[0] == 201
    row = pex.business(CREDIT_BUSINESS).rows["business"][77]
    assert (row["AcctId"], row["TransactionTypeCategory"]) == (CREDIT_BUSINESS, "BusinessFunding")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"members": {"Amount": 1}}, 400),
        ({"members": {"TransactionAmount": "much"}}, 400),
        ({"list": "other"}, 400),
        ({"business": 1}, 404),
        ({"members": {"TransactionId": 5}}, 409),
    ],
)
def test_a_row_that_makes_no_sense_is_refused(
    control: Ask, body: dict[str, Any], status: int
) -> None:
    add(control, TransactionId=5)
    assert control("POST", "/rows", body=body)[0] == status


def test_a_row_can_be_corrected_and_can_vanish(control: Ask, pex: PexSandbox) -> None:
    number = add(control)
    control("POST", f"/rows/{number}/receipts")
    assert control("PATCH", f"/rows/{number}", body={"Description": None})[1]["Description"] is None
    assert control("DELETE", f"/rows/{number}")[0] == 204
    assert control("PATCH", f"/rows/{number}", body={})[0] == 404
    assert pex.business().receipts == {}


def test_settling_replaces_the_pending_row_and_keeps_what_hangs_on_it(
    control: Ask, pex: PexSandbox
) -> None:
    number = add(control, IsPending=True, SettlementTime=None, PaddingAmount="2.00")
    control("POST", f"/rows/{number}/tags", body={"values": {EXPENSE_TAG: "61100"}})
    receipt = control("POST", f"/rows/{number}/receipts")[1]
    status, row = control("POST", f"/rows/{number}/settle", body={"amount": "-50.00"})
    assert status == 201
    assert row["TransactionId"] != number
    assert row["AuthTransactionId"] == number
    assert row["SettlementTime"] == "2026-11-24T10:00:00"
    assert (row["IsPending"], row["PaddingAmount"]) == (False, 0)
    assert str(row["TransactionAmount"]) == "-50.00"
    assert row["TransactionTags"]["Tags"][0]["Value"] == "61100"
    assert list(pex.business().rows["card"]) == [row["TransactionId"]]
    assert [kept.id for kept in pex.business().receipts[row["TransactionId"]]] == [receipt["id"]]
    assert control("POST", f"/rows/{row['TransactionId']}/settle")[0] == 409


@pytest.mark.parametrize(
    ("verb", "status"),
    [("approve", "Approved"), ("reject", "Rejected"), ("reset", "NotReviewed")],
)
def test_a_row_is_approved_rejected_or_reset(control: Ask, verb: str, status: str) -> None:
    number = add(control)
    assert control("POST", f"/rows/{number}/{verb}")[1]["MetadataApprovalStatus"] == status


def test_tags_are_replaced_or_taken_off(control: Ask) -> None:
    number = add(control)
    path = f"/rows/{number}/tags"
    tagged = control("POST", path, body={"values": {EXPENSE_TAG: "1", "gone": True}})[1]
    assert [(tag["FieldId"], tag["Value"]) for tag in tagged["TransactionTags"]["Tags"]] == [
        (EXPENSE_TAG, "1"),
        ("gone", True),
    ]
    assert control("POST", path, body={"values": None})[1]["TransactionTags"] is None


def test_a_split_is_written_without_a_check_of_its_sum(control: Ask) -> None:
    number = add(control)
    parts = [{"amount": "1.00", "values": {EXPENSE_TAG: "61100"}}, {"amount": "2.00"}]
    row = control("POST", f"/rows/{number}/split", body={"parts": parts})[1]
    assert len(row["TransactionTags"]["Tags"]) == 2


def test_a_late_receipt_moves_from_state_to_state(control: Ask, ask: Ask) -> None:
    number = add(control)
    body = {"kind": "pdf", "state": "NotLoaded"}
    status, receipt = control("POST", f"/rows/{number}/receipts", body=body)
    assert (status, receipt["state"]) == (201, "NotLoaded")
    path = f"/receipts/{receipt['id']}"
    assert control("PATCH", path, body={"state": "Loaded"})[1]["state"] == "Loaded"
    assert ask("GET", f"/v4/Transactions/{number}/Attachment/{receipt['id']}")[0] == 200
    assert control("PATCH", path, body={"state": "Lost"})[0] == 400
    assert control("PATCH", "/receipts/none", body={"state": "Loaded"})[0] == 404


def test_a_receipt_can_bring_its_own_bytes(control: Ask, ask: Ask) -> None:
    number, content = add(control), base64.b64encode(b"GIF89a").decode()
    receipt = control("POST", f"/rows/{number}/receipts", body={"content": content})[1]
    body = ask("GET", f"/v4/Transactions/{number}/Attachment/{receipt['id']}")[1]
    assert (body["Content"], body["Size"]) == (content, 6)
    assert control("POST", f"/rows/{number}/receipts", body={"content": "?"})[0] == 400
    assert control("POST", f"/rows/{number}/receipts", body={"kind": "gif"})[0] == 400


def test_the_dump_shows_everything_with_digests_of_the_receipts(control: Ask) -> None:
    number = add(control)
    receipt = control("POST", f"/rows/{number}/receipts")[1]
    dumped = control("GET", "/dump")[1]
    prepaid = next(item for item in dumped["businesses"] if item["id"] == PREPAID_BUSINESS)
    assert [row["TransactionId"] for row in prepaid["rows"]["card"]] == [number]
    [entry] = prepaid["receipts"][str(number)]
    assert (entry["id"], entry["sha256"]) == (receipt["id"], receipt["sha256"])
    assert len(prepaid["tags"]) == 6
    assert dumped["switches"]["page_size"] == 30_000
    assert PREPAID_TOKEN in {token["value"] for token in dumped["tokens"]}


def test_the_journal_tells_what_was_asked(control: Ask, ask: Ask) -> None:
    ask("GET", CARDS, f"{WINDOW}&IncludePendings=False", **{"x-correlation-id": "ext-7"})
    [entry] = control("GET", "/journal")[1]
    assert (entry["method"], entry["path"], entry["status"]) == ("GET", CARDS, 200)
    assert "IncludePendings=False" in entry["query"]
    assert entry["correlation_id"] == "ext-7"
    assert control("DELETE", "/journal")[0] == 204
    assert control("GET", "/journal")[1] == []


def test_a_planted_fault_hits_its_route_and_is_cleared(control: Ask, ask: Ask) -> None:
    fault = {"path": "/Profile", "status": 429, "headers": {"Retry-After": "2"}, "times": -1}
    assert control("POST", "/faults", body=fault)[0] == 204
    assert ask("GET", "/v4/Business/Profile")[0] == 429
    assert ask("GET", "/v4/Business/Settings")[0] == 200
    assert control("DELETE", "/faults")[0] == 204
    assert ask("GET", "/v4/Business/Profile")[0] == 200
    assert control("POST", "/faults", body={"kin": "cut"})[0] == 400


def test_a_connection_can_be_cut_after_the_write_was_done(
    control: Ask, ask: Ask, pex: PexSandbox
) -> None:
    number = add(control)
    control("POST", "/faults", body={"path": "/Note", "kind": "cut", "moment": "after"})
    ask("POST", "/v4/Note", body={"TransactionId": number, "NoteText": "x"})
    assert len(pex.row(number)["TransactionNotes"]) == 1


def test_a_token_is_expired(control: Ask, ask: Ask) -> None:
    assert control("POST", f"/tokens/{PREPAID_TOKEN}/expire")[0] == 204
    assert ask("GET", "/v4/Token/Current")[0] == 401
    assert control("POST", "/tokens/none/expire")[0] == 404
    assert control("POST", f"/tokens/{PREPAID_TOKEN}/expire", body={"how": "x"})[0] == 400


def test_switches_are_set_for_one_business_or_for_all(control: Ask, pex: PexSandbox) -> None:
    body = {"page_size": 5, "business": CREDIT_BUSINESS, "tags_enabled": False}
    assert control("PATCH", "/switches", body=body)[1]["page_size"] == 5
    assert pex.business(CREDIT_BUSINESS).tags_enabled is False
    assert pex.business(PREPAID_BUSINESS).tags_enabled is True
    control("PATCH", "/switches", body={"user_type": "Cardholder"})
    assert pex.business(PREPAID_BUSINESS).user_type == "Cardholder"


@pytest.mark.parametrize(
    "body",
    [{"pagesize": 5}, {"permissions": {"Fly": True}}, {"page_size": 0}, {"window_tests": "Never"}],
)
def test_switches_that_do_not_exist_are_refused(control: Ask, body: dict[str, Any]) -> None:
    assert control("PATCH", "/switches", body=body)[0] == 400


def test_tags_and_options_are_deleted_disabled_and_removed(control: Ask, ask: Ask) -> None:
    path = f"/tags/{EXPENSE_TAG}"
    assert control("PATCH", f"{path}/options/61100", body={"enabled": False})[0] == 204
    assert control("DELETE", f"{path}/options/61200")[0] == 204
    assert control("DELETE", f"{path}/options/none")[0] == 404
    tag = ask("GET", f"/v4/Business/Configuration/Tag/{EXPENSE_TAG}")[1]
    options = {item["Value"]: item["IsEnabled"] for item in tag["Options"]}
    assert options["61100"] is False
    assert "61200" not in options
    assert control("DELETE", path)[0] == 204
    assert ask("GET", f"/v4/Business/Configuration/Tag/{EXPENSE_TAG}")[1]["IsDeleted"] is True


def test_emptying_drops_all_rows_of_one_business_or_of_all(control: Ask, pex: PexSandbox) -> None:
    add(control)
    control("POST", "/rows", body={"business": CREDIT_BUSINESS})
    control("POST", "/empty", body={"business": PREPAID_BUSINESS})
    assert pex.business(PREPAID_BUSINESS).rows == {"card": {}, "business": {}}
    assert len(pex.business(CREDIT_BUSINESS).rows["card"]) == 1
    control("POST", "/empty")
    assert pex.business(CREDIT_BUSINESS).rows == {"card": {}, "business": {}}


def test_unknown_controls_and_bodies_that_are_no_objects_are_refused(control: Ask) -> None:
    assert control("GET", "/nothing")[0] == 404
    assert control("POST", "/rows", body=[1])[0] == 400


def test_control_requests_are_not_in_the_journal(control: Ask) -> None:
    control("GET", "/dump")
    assert control("GET", "/journal")[1] == []
