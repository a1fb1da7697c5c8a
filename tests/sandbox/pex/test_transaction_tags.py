"""Tags, splits, notes and approval of a transaction."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from sandbox.company import (
    ALLOCATION_TAG,
    CREDIT_TOKEN,
    DEPARTMENT_TAG,
    EXPENSE_TAG,
    MEMO_TAG,
)
from sandbox.pex import PexSandbox

Ask = Callable[..., tuple[int, Any]]
OFFICE = {"TagId": EXPENSE_TAG, "Value": "61100"}
TRAVEL = {"TagId": EXPENSE_TAG, "Value": "62100"}


@pytest.fixture
def row(pex: PexSandbox) -> int:
    """A settled, approved, untagged purchase of 48.60."""
    return int(pex.add_row()["TransactionId"])


def part(amount: object, *values: dict[str, str]) -> dict[str, Any]:
    return {"TagId": ALLOCATION_TAG, "Allocation": list(values), "Amount": amount}


def test_a_dropdown_tag_on_a_row_holds_the_options_value(pex: PexSandbox, row: int) -> None:
    pex.retag(row, {EXPENSE_TAG: "61100"})
    tags = pex.row(row)["TransactionTags"]
    assert tags["State"] == "Selected"
    assert tags["Tags"] == [{"FieldId": EXPENSE_TAG, "Value": "61100", "Name": "Expense Account"}]


def test_a_transaction_without_tags_has_no_tags_resource(ask: Ask, row: int) -> None:
    assert ask("GET", f"/v4/Transactions/{row}/Tags")[0] == 404
    assert ask("GET", "/v4/Transactions/1/Tags")[0] == 404


def test_the_tags_resource_carries_the_definitions_and_the_state(
    pex: PexSandbox, ask: Ask, row: int
) -> None:
    pex.retag(row, {EXPENSE_TAG: "61100"})
    tags = ask("GET", f"/v4/Transactions/{row}/Tags")[1]
    assert tags["State"] == "Approved"
    assert tags["Values"][0]["Value"] == "61100"
    assert tags["Values"][0]["Definition"]["Name"] == "Expense Account"


def test_another_businesss_transaction_is_not_found(ask: Ask, row: int) -> None:
    credit = f"token {CREDIT_TOKEN}"
    for path in ("Tags", "Attachments"):
        assert ask("GET", f"/v4/Transactions/{row}/{path}", authorization=credit)[0] == 404


def test_tags_are_posted_once_and_then_put_with_the_current_key(
    pex: PexSandbox, ask: Ask, row: int
) -> None:
    path = f"/v4/Transactions/{row}/Tags"
    assert ask("POST", path, body={"Values": [OFFICE]})[0] == 201
    assert ask("POST", path, body={"Values": [OFFICE]})[0] == 409
    key = ask("GET", path)[1]["ConcurrencyKey"]
    assert ask("PUT", path, body={"ConcurrencyKey": key, "Values": [TRAVEL]})[0] == 200
    assert ask("PUT", path, body={"ConcurrencyKey": key, "Values": [OFFICE]})[0] == 409
    assert pex.row(row)["TransactionTags"]["Tags"][0]["Value"] == "62100"
    key = ask("GET", path)[1]["ConcurrencyKey"]
    assert ask("DELETE", path, "ConcurrencyKey=stale")[0] == 409
    assert ask("DELETE", path, f"ConcurrencyKey={key}")[0] == 200
    assert pex.row(row)["TransactionTags"] is None


def test_a_required_tag_must_be_there_unless_forced(ask: Ask, row: int) -> None:
    path, memo = f"/v4/Transactions/{row}/Tags", {"TagId": MEMO_TAG, "Value": "lunch"}
    assert ask("POST", path, body={"Values": [memo]}) == (
        400,
        {"Message": "Expense Account is required"},
    )
    assert ask("POST", path, "force=True", body={"Values": [memo]})[0] == 201


@pytest.mark.parametrize(
    "value",
    [
        {"TagId": EXPENSE_TAG, "Value": "no such"},
        {"TagId": EXPENSE_TAG, "Value": "66900"},
        {"TagId": EXPENSE_TAG, "Value": 61100},
        {"TagId": "64b0c1d2e3f4a5b6c7d8e999", "Value": "1"},
    ],
)
def test_an_unknown_tag_or_a_value_that_is_no_enabled_option_is_refused(
    ask: Ask, row: int, value: dict[str, Any]
) -> None:
    assert ask("POST", f"/v4/Transactions/{row}/Tags", body={"Values": [value]})[0] == 400


def test_each_part_of_a_split_is_an_entry_of_the_same_tag_with_json_text(
    pex: PexSandbox, ask: Ask, row: int
) -> None:
    parts = [part("20.00", OFFICE), part(Decimal("28.60"), TRAVEL)]
    path = f"/v4/Transactions/{row}/Tags/Allocations"
    assert ask("POST", path, body={"Values": parts})[0] == 201
    entries = pex.row(row)["TransactionTags"]["Tags"]
    assert [entry["FieldId"] for entry in entries] == [ALLOCATION_TAG] * 2
    assert [entry["Name"] for entry in entries] == ["Allocation_52311"] * 2
    assert json.loads(entries[0]["Value"]) == {
        "TagId": ALLOCATION_TAG,
        "Allocation": [OFFICE],
        "Amount": "20.00",
    }


@pytest.mark.parametrize(
    "parts",
    [
        [part("48.60", OFFICE)],
        [part("20.00", OFFICE), part("28.61", TRAVEL)],
        [part("-1.00", OFFICE), part("49.60", TRAVEL)],
        [part("much", OFFICE), part("28.60", TRAVEL)],
        [part("20.00"), part("28.60", TRAVEL)],
    ],
)
def test_a_split_that_pex_would_not_take_is_refused(
    ask: Ask, row: int, parts: list[dict[str, Any]]
) -> None:
    path = f"/v4/Transactions/{row}/Tags/Allocations"
    assert ask("POST", path, body={"Values": parts})[0] == 400


def test_only_settled_transactions_can_be_split(pex: PexSandbox, ask: Ask) -> None:
    pending = pex.add_row({"IsPending": True, "SettlementTime": None})["TransactionId"]
    parts = [part("20.00", OFFICE), part("28.60", TRAVEL)]
    path = f"/v4/Transactions/{pending}/Tags/Allocations"
    assert ask("POST", path, body={"Values": parts})[0] == 400


def test_a_test_can_split_wrongly_and_as_objects(pex: PexSandbox, row: int) -> None:
    parts: list[dict[str, Any]] = [
        {"amount": "20.00", "values": {DEPARTMENT_TAG: "OPS"}},
        {"amount": "20.00"},
    ]
    pex.split(row, parts, as_text=False)
    values = [entry["Value"] for entry in pex.row(row)["TransactionTags"]["Tags"]]
    assert [value["Amount"] for value in values] == [Decimal("20.00")] * 2
    assert values[0]["Allocation"] == [{"TagId": DEPARTMENT_TAG, "Value": "OPS"}]


def test_a_note_is_written_changed_and_deleted(pex: PexSandbox, ask: Ask, row: int) -> None:
    body = {"TransactionId": row, "NoteText": "Paint", "Pending": False, "SystemGenerated": True}
    status, note = ask("POST", "/v4/Note", body=body)
    assert status == 201
    member = pex.row(row)["TransactionNotes"][0]
    assert (member["NoteText"], member["SystemGenerated"]) == ("Paint", True)
    path = f"/v4/Note/{note['NoteId']}"
    assert ask("PUT", path, body={"NoteText": "Varnish", "Pending": False})[0] == 200
    assert pex.row(row)["TransactionNotes"][0]["NoteText"] == "Varnish"
    assert ask("DELETE", path, body={"Pending": False})[0] == 200
    assert pex.row(row)["TransactionNotes"] == []
    assert ask("PUT", path, body={"NoteText": "x"})[0] == 404


def test_repeating_a_note_writes_it_twice(pex: PexSandbox, ask: Ask, row: int) -> None:
    for _ in range(2):
        ask("POST", "/v4/Note", body={"TransactionId": row, "NoteText": "Paint"})
    assert len(pex.row(row)["TransactionNotes"]) == 2


def test_a_note_needs_its_permission_a_text_and_its_row(
    pex: PexSandbox, ask: Ask, row: int
) -> None:
    assert ask("POST", "/v4/Note", body={"TransactionId": row, "NoteText": " "})[0] == 400
    assert ask("POST", "/v4/Note", body={"TransactionId": 1, "NoteText": "x"})[0] == 404
    pending = {"TransactionId": row, "NoteText": "x", "Pending": True}
    assert ask("POST", "/v4/Note", body=pending)[0] == 404
    pex.switch(permissions={"ModifyTransactionNotes": False})
    assert ask("POST", "/v4/Note", body={"TransactionId": row, "NoteText": "x"})[0] == 403


def test_approval_can_be_given_refused_and_taken_back(pex: PexSandbox, ask: Ask, row: int) -> None:
    path = f"/v4/Approval/{row}"
    assert ask("POST", f"{path}/Reset")[1]["State"] == "NotReviewed"
    assert ask("POST", f"{path}/Approve")[1]["State"] == "Approved"
    assert ask("POST", f"{path}/Reject")[0] == 400
    answer = ask("POST", f"{path}/Reject", body={"Reason": "no receipt"})[1]
    assert (answer["State"], answer["Reason"]) == ("Rejected", "no receipt")
    assert pex.row(row)["MetadataApprovalStatus"] == "Rejected"
