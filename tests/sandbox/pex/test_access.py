"""Who may call PEX, how tokens live and die, and what is refused in which words."""

import http.client
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from sandbox.clock import SandboxClock
from sandbox.company import CREDIT_BUSINESS, CREDIT_TOKEN, PREPAID_BUSINESS, PREPAID_TOKEN
from sandbox.pex import PexSandbox
from sandbox.pex.tokens import APP_ID, APP_SECRET
from sandbox.web import Request, Server

Ask = Callable[..., tuple[int, Any]]
DEAD = {"Message": "Token expired or does not exist"}
CURRENT = "/v4/Token/Current"
WINDOW = "StartDate=2026-11-01T00:00:00&EndDate=2026-11-24T23:59:59"


def test_ping_and_version_need_no_token(ask: Ask) -> None:
    assert ask("GET", "/v4/Ping", authorization="")[0] == 200
    assert isinstance(ask("GET", "/v4/Details/Version", authorization="")[1], str)


@pytest.mark.parametrize("path", ["/v4/token/current", "/V4/TOKEN/CURRENT", "/V4/Token/Current/"])
def test_paths_are_found_whatever_their_case(ask: Ask, path: str) -> None:
    assert ask("GET", path)[0] == 200


def test_an_unknown_path_is_not_found_and_a_wrong_method_not_allowed(ask: Ask) -> None:
    assert ask("GET", "/v4/Nothing") == (404, {"Message": "No such resource"})
    assert ask("PUT", CURRENT)[0] == 405


def test_the_current_token_names_business_user_and_expiration(ask: Ask) -> None:
    status, token = ask("GET", CURRENT)
    assert status == 200
    assert token == {
        "AppId": "app-01",
        "BusinessAccountId": PREPAID_BUSINESS,
        "BusinessAccountName": "Harbor Lights Foundation",
        "CardholderAccountId": None,
        "UserType": "Admin",
        "Username": "dana.k",
        "Token": PREPAID_TOKEN,
        "TokenExpiration": "2027-05-24T11:00:00",
    }


@pytest.mark.parametrize("scheme", ["token", "Token", "TOKEN"])
def test_the_scheme_is_read_whatever_its_case(ask: Ask, scheme: str) -> None:
    assert ask("GET", CURRENT, authorization=f"{scheme} {PREPAID_TOKEN}")[0] == 200


@pytest.mark.parametrize("header", ["", "token nonsense", f"Bearer {PREPAID_TOKEN}", PREPAID_TOKEN])
def test_a_missing_unknown_or_wrongly_presented_token_is_dead(ask: Ask, header: str) -> None:
    assert ask("GET", CURRENT, authorization=header) == (401, DEAD)


def test_a_dead_token_can_be_answered_with_403(pex: PexSandbox, ask: Ask) -> None:
    pex.switch(dead_token_status=403)
    assert ask("GET", CURRENT, authorization="token nonsense") == (403, DEAD)


def test_each_business_has_its_own_token(ask: Ask) -> None:
    _, token = ask("GET", CURRENT, authorization=f"token {CREDIT_TOKEN}")
    assert token["BusinessAccountId"] == CREDIT_BUSINESS


def test_a_token_dies_six_months_after_it_was_made(clock: SandboxClock, ask: Ask) -> None:
    clock.advance(timedelta(days=180))
    assert ask("GET", CURRENT)[0] == 200
    clock.advance(timedelta(days=2))
    assert ask("GET", CURRENT) == (401, DEAD)


def test_a_token_cannot_be_renewed_before_its_last_month(clock: SandboxClock, ask: Ask) -> None:
    clock.advance(timedelta(days=140))
    assert ask("POST", "/v4/Token/Renew") == (403, {"Message": "Cannot renew token"})


def test_renewing_gives_a_new_token_and_does_not_prolong_the_old_one(
    clock: SandboxClock, ask: Ask
) -> None:
    clock.advance(timedelta(days=155))
    status, renewed = ask("POST", "/v4/Token/Renew")
    assert status == 200
    assert set(renewed) == {"Username", "Token", "AppId", "TokenExpiration"}
    assert renewed["Token"] != PREPAID_TOKEN
    assert ask("GET", CURRENT)[1]["TokenExpiration"] == "2027-05-24T11:00:00"
    clock.advance(timedelta(days=60))
    assert ask("GET", CURRENT)[0] == 401
    assert ask("GET", CURRENT, authorization=f"token {renewed['Token']}")[0] == 200


def test_renewing_kills_the_old_token_where_that_is_switched_on(
    pex: PexSandbox, clock: SandboxClock, ask: Ask
) -> None:
    pex.switch(renewing_kills=True)
    clock.advance(timedelta(days=155))
    assert ask("POST", "/v4/Token/Renew")[0] == 200
    assert ask("GET", CURRENT)[0] == 401


def test_an_expired_token_can_be_neither_renewed_nor_deleted(pex: PexSandbox, ask: Ask) -> None:
    pex.expire_token(PREPAID_TOKEN)
    assert ask("POST", "/v4/Token/Renew") == (401, DEAD)
    assert ask("DELETE", "/v4/Token") == (401, DEAD)


def test_deleting_a_token_ends_it_without_a_body(ask: Ask) -> None:
    assert ask("DELETE", "/v4/Token") == (200, None)
    assert ask("GET", CURRENT)[0] == 401


def test_the_token_lists_show_the_users_live_tokens(ask: Ask) -> None:
    _, tokens = ask("GET", "/v4/Token")
    assert [token["Token"] for token in tokens["Tokens"]] == [PREPAID_TOKEN]
    _, auth = ask("GET", "/v4/Token/GetAuthTokens")
    assert auth["Tokens"][0]["SecondsUntilExpire"] > 180 * 86_400


@pytest.mark.parametrize(
    ("how", "status", "message"),
    [
        ("password", 401, "Password has changed"),
        ("inactive", 403, "User is not active"),
    ],
)
def test_a_lost_user_is_told_once_and_then_the_token_is_gone(
    pex: PexSandbox, ask: Ask, how: str, status: int, message: str
) -> None:
    pex.expire_token(PREPAID_TOKEN, how)
    assert ask("GET", CURRENT) == (status, {"Message": message})
    assert ask("GET", CURRENT) == (401, DEAD)


def test_a_closed_business_is_refused(pex: PexSandbox, ask: Ask) -> None:
    pex.switch(PREPAID_BUSINESS, status="CLOSED")
    assert ask("GET", CURRENT) == (403, {"Message": "Business is not open"})
    assert ask("GET", CURRENT, authorization=f"token {CREDIT_TOKEN}")[0] == 200


def test_a_cardholders_token_says_so(pex: PexSandbox, ask: Ask) -> None:
    pex.switch(user_type="Cardholder")
    token = ask("GET", CURRENT)[1]
    assert (token["UserType"], token["CardholderAccountId"]) == ("Cardholder", 88104)


def test_transactions_need_the_permission_to_view_them(pex: PexSandbox, ask: Ask) -> None:
    pex.switch(permissions={"ViewCardTransactions": False})
    for path in ("AllCardholderTransactions", "TransactionDetails"):
        status, refusal = ask("GET", f"/v4/Details/{path}", WINDOW)
        assert (status, refusal["Message"]) == (403, "Admin does not have permission")


def test_a_dashboard_pass_is_exchanged_for_a_token(pex: PexSandbox, ask: Ask) -> None:
    jwt = pex.dashboard_jwt(CREDIT_BUSINESS)
    path, app = "/Internal/V4/Account/Token/Exchange", {"AppId": APP_ID, "AppSecret": APP_SECRET}
    status, token = ask("POST", path, body=app, authorization=f"Bearer {jwt}")
    assert (status, type(token)) == (200, str)
    current = ask("GET", CURRENT, authorization=f"token {token}")[1]
    assert current["BusinessAccountId"] == CREDIT_BUSINESS


def test_a_foreign_pass_or_app_is_not_exchanged(pex: PexSandbox, ask: Ask) -> None:
    path, app = "/internal/v4/account/token/exchange", {"AppId": APP_ID, "AppSecret": APP_SECRET}
    assert ask("POST", path, body=app, authorization="Bearer x.y.z") == (401, DEAD)
    jwt = f"Bearer {pex.dashboard_jwt()}"
    wrong = app | {"AppSecret": "guess"}
    assert ask("POST", path, body=wrong, authorization=jwt)[0] == 401


def test_limits_are_not_enforced_unless_switched_on(ask: Ask) -> None:
    answers = {ask("GET", "/v4/Details/TransactionDetails", WINDOW)[0] for _ in range(3)}
    assert answers == {200}


@pytest.mark.parametrize(
    ("path", "most", "span"),
    [
        ("/v4/Details/TransactionDetails", 1, timedelta(minutes=1)),
        ("/v4/Details/AllCardholderTransactions", 10, timedelta(hours=1)),
        ("/v4/Details/AccountDetails", 10, timedelta(hours=1)),
        ("/v4/Business/Profile", 120, timedelta(minutes=1)),
    ],
)
def test_one_call_beyond_the_limit_is_refused_until_time_has_passed(
    pex: PexSandbox, clock: SandboxClock, ask: Ask, path: str, most: int, span: timedelta
) -> None:
    pex.switch(enforce_limits=True)
    assert {ask("GET", path, WINDOW)[0] for _ in range(most)} == {200}
    assert ask("GET", path, WINDOW) == (429, {"Message": "Usage Limits Exceeded"})
    clock.advance(span)
    assert ask("GET", path, WINDOW)[0] == 200


def test_retry_after_is_sent_only_where_switched_on(pex: PexSandbox) -> None:
    pex.switch(enforce_limits=True)
    call = Request(
        "GET",
        "/v4/Details/TransactionDetails",
        {"authorization": f"token {PREPAID_TOKEN}"},
        raw_query=WINDOW,
    )
    pex.application(call)
    assert "Retry-After" not in pex.application(call).headers
    pex.switch(retry_after=17)
    assert pex.application(call).headers["Retry-After"] == "17"


def test_it_answers_over_a_real_socket(pex: PexSandbox) -> None:
    with Server(pex.application) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
        headers = {"Authorization": f"token {PREPAID_TOKEN}", "X-CORRELATION-ID": "ext-1"}
        connection.request("GET", "/V4/Business/Balance?x=1", headers=headers)
        answer = connection.getresponse()
        assert answer.status == 200
        assert answer.read() == b'{"BusinessAccountId":52311,"BusinessAccountBalance":0.00}'
        connection.close()
    assert pex.faults.journal[-1]["correlation_id"] == "ext-1"
