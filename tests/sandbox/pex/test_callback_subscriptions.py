"""Callback subscriptions: who may have them, what they may say, and how they are answered."""

from collections.abc import Callable
from typing import Any

import pytest

from sandbox.company import CREDIT_BUSINESS, CREDIT_TOKEN, PREPAID_BUSINESS

Ask = Callable[..., tuple[int, Any]]
ROOT = "/v4/Callback-Subscription"
HOOK = {"CallbackType": 9, "Status": 1, "Url": "https://conn.example/hook", "Name": "settled"}
CALLS = [
    ("GET", "", None),
    ("GET", "/types", None),
    ("GET", "/{}", None),
    ("POST", "", HOOK),
    ("PUT", "/{}", HOOK),
    ("DELETE", "/{}", None),
]
every_call = pytest.mark.parametrize(("method", "path", "body"), CALLS)
writing_calls = pytest.mark.parametrize(("method", "path", "body"), CALLS[3:])


@pytest.fixture
def number(ask: Ask) -> int:
    """The Id of a subscription of the prepaid business."""
    return int(ask("POST", ROOT, body=HOOK)[1]["Id"])


def test_a_subscription_is_answered_with_what_was_sent_and_whose_it_is(ask: Ask) -> None:
    status, created = ask("POST", ROOT, body=HOOK)
    assert status == 201
    assert created == {
        "Id": created["Id"],
        "BusinessAccountId": PREPAID_BUSINESS,
        "Username": "dana.k",
        "CreatedDate": "2026-11-24T10:00:00",
        "CallbackType": "SettlementPostedRealtime",
        "Status": "Active",
        "Url": "https://conn.example/hook",
        "Name": "settled",
        "Description": None,
    }


@pytest.mark.parametrize("root", [ROOT, ROOT.lower(), ROOT.upper()])
def test_paths_query_and_members_are_found_whatever_their_case(ask: Ask, root: str) -> None:
    body = {name.lower(): value for name, value in HOOK.items()}
    assert ask("POST", root, body=body)[0] == 201
    assert len(ask("GET", root, "TYPE=9")[1]) == 1
    assert ask("GET", f"{root}/types")[0] == 200


@pytest.mark.parametrize(
    "sent",
    [9, "SettlementPostedRealtime", "settlementpostedrealtime", "settlement-posted-realtime"],
)
def test_a_type_is_sent_by_number_name_or_label(ask: Ask, sent: object) -> None:
    assert ask("POST", ROOT, body=HOOK | {"CallbackType": sent})[0] == 201
    assert len(ask("GET", ROOT, f"type={sent}")[1]) == 1
    assert ask("GET", ROOT, "type=AUTH-REALTIME") == (200, [])


@pytest.mark.parametrize(
    ("form", "kind", "status", "last"),
    [
        ("name", "SettlementPostedRealtime", "Active", "SettlementPostedRealtime"),
        ("label", "SETTLEMENT-POSTED-REALTIME", "Active", "SETTLEMENT-POSTED-REALTIME"),
        ("number", 9, 1, 9),
    ],
)
def test_enumerations_are_answered_as_the_switch_says(
    ask: Ask, control: Ask, number: int, form: str, kind: object, status: object, last: object
) -> None:
    control("PATCH", "/switches", body={"callback_enums": form})
    read = ask("GET", f"{ROOT}/{number}")[1]
    assert (read["CallbackType"], read["Status"]) == (kind, status)
    assert ask("PUT", f"{ROOT}/{number}", body=HOOK)[1] == read
    assert ask("GET", ROOT)[1] == [read]
    types = ask("GET", f"{ROOT}/types")[1]
    assert (len(types), types[-1]) == (9, last)


@pytest.mark.parametrize(
    "wrong",
    [
        {"CallbackType": 0},
        {"CallbackType": 10},
        {"CallbackType": True},
        {"CallbackType": None},
        {"CallbackType": "Settled"},
        {"Status": 0},
        {"Status": 3},
        {"Status": None},
        {"Url": None},
        {"Url": " "},
        {"Url": "conn.example/hook"},
        {"Url": "https:///hook"},
        {"Url": "https://conn.example:0/hook"},
        {"Url": "https://conn.example:x/hook"},
        {"Url": "https://conn.example/a hook"},
        {"Url": "http://conn.example/hook"},
        {"Url": "http://127.0.0.1.conn.example/hook"},
        {"Url": "http://127.0.0.1@conn.example/hook"},
        {"Url": "ftp://127.0.0.1/hook"},
        {"Name": 7},
        {"Description": ["x"]},
    ],
)
def test_a_subscription_against_the_rules_is_refused_and_changes_nothing(
    ask: Ask, number: int, wrong: dict[str, Any]
) -> None:
    before = ask("GET", ROOT)[1]
    for method, path in (("POST", ROOT), ("PUT", f"{ROOT}/{number}")):
        status, body = ask(method, path, body=HOOK | wrong)
        assert status == 400
        assert body["Message"]
    assert ask("GET", ROOT)[1] == before


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost", "[::1]:8000"])
def test_plain_http_is_taken_to_this_machine_alone(ask: Ask, host: str) -> None:
    assert ask("POST", ROOT, body=HOOK | {"Url": f"http://{host}/hook"})[0] == 201


@pytest.mark.parametrize("body", [None, [HOOK]])
def test_a_body_that_is_no_object_is_refused(ask: Ask, number: int, body: object) -> None:
    assert ask("POST", ROOT, body=body)[0] == 400
    assert ask("PUT", f"{ROOT}/{number}", body=body)[0] == 400


def test_a_wrong_type_in_the_query_is_refused(ask: Ask) -> None:
    assert ask("GET", ROOT, "type=10")[0] == 400
    assert ask("GET", ROOT, "type=Settled")[0] == 400


def test_unknown_members_are_passed_over(ask: Ask) -> None:
    status, created = ask("POST", ROOT, body=HOOK | {"Id": 7, "BusinessAccountId": 1, "More": 1})
    assert status == 201
    assert created["BusinessAccountId"] == PREPAID_BUSINESS
    assert "More" not in created


def test_a_changed_subscription_keeps_its_id_and_user(ask: Ask, number: int) -> None:
    before = ask("GET", f"{ROOT}/{number}")[1]
    new = {"CallbackType": 5, "Status": "inactive", "Url": "https://else.example/"}
    status, changed = ask("PUT", f"{ROOT}/{number}", body=new)
    assert status == 200
    assert changed == before | {
        "CallbackType": "AuthRealtime",
        "Status": "Inactive",
        "Url": "https://else.example/",
        "Name": None,
    }
    assert ask("GET", f"{ROOT}/{number}")[1] == changed


@pytest.mark.parametrize("unknown", ["999", "x", "-1"])
def test_an_unknown_subscription_is_not_found(ask: Ask, number: int, unknown: str) -> None:
    for method, body in (("GET", None), ("PUT", HOOK), ("DELETE", None)):
        assert ask(method, f"{ROOT}/{unknown}", body=body)[0] == 404


def test_a_deleted_subscription_is_gone(ask: Ask, number: int) -> None:
    assert ask("DELETE", f"{ROOT}/{number}") == (200, None)
    assert ask("DELETE", f"{ROOT}/{number}")[0] == 404
    assert ask("GET", ROOT) == (200, [])


def test_a_business_sees_its_own_subscriptions_alone(ask: Ask, number: int) -> None:
    credit = {"authorization": f"token {CREDIT_TOKEN}"}
    assert ask("GET", ROOT, **credit) == (200, [])
    for method, body in (("GET", None), ("PUT", HOOK), ("DELETE", None)):
        assert ask(method, f"{ROOT}/{number}", body=body, **credit)[0] == 404
    assert ask("POST", ROOT, body=HOOK, **credit)[1]["BusinessAccountId"] == CREDIT_BUSINESS
    assert [one["Id"] for one in ask("GET", ROOT)[1]] == [number]


@every_call
@pytest.mark.parametrize("authorization", ["", "token none", "Basic bm9uZQ=="])
def test_no_call_is_let_in_without_a_live_token(
    ask: Ask, number: int, method: str, path: str, body: object, authorization: str
) -> None:
    answer = ask(method, ROOT + path.format(number), body=body, authorization=authorization)
    assert answer == (401, {"Message": "Token expired or does not exist"})


@every_call
def test_a_cardholder_is_not_let_in(
    ask: Ask, control: Ask, number: int, method: str, path: str, body: object
) -> None:
    control("PATCH", "/switches", body={"user_type": "Cardholder"})
    assert ask(method, ROOT + path.format(number), body=body)[0] == 403


@writing_calls
def test_writing_needs_the_permission_to_edit_the_business(
    ask: Ask, control: Ask, number: int, method: str, path: str, body: object
) -> None:
    control("PATCH", "/switches", body={"permissions": {"EditBusinessProfile": False}})
    refused = (403, {"Message": "Admin does not have permission"})
    assert ask(method, ROOT + path.format(number), body=body) == refused
    assert len(ask("GET", ROOT)[1]) == 1
