"""What the calls of a business come to, in answers that PEX might send."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest

from adapters.pex.access import HttpPexAccess
from application.pex_credential import PEX_CREDENTIAL
from application.ports.pex import (
    Funding,
    PexAccount,
    PexPermissionMissing,
    PexRequestRefused,
    PexTokenRefused,
    TagsOff,
)
from domain.eastern_time import EASTERN
from domain.pex_transaction import Record
from domain.tag_options import TagOption
from fakes.vault import FakeVault

START = datetime(2026, 6, 1, tzinfo=EASTERN)
END = datetime(2026, 8, 15, 12, 30, 15, 999, tzinfo=EASTERN)
TOKEN = {
    "BusinessAccountId": 52311,
    "BusinessAccountName": "Harbor Lights Foundation",
    "UserType": "Admin",
    "Username": "dana.k",
    "Token": "d0c7",
    "TokenExpiration": "2026-11-02T09:14:00",
}
GRANTED = {"EditBusinessProfile": True, "ManageCardholder": True, "ViewCardTransactions": True}
FINE: dict[str, Any] = {
    "Token/Current": TOKEN,
    "Business/MyProfile": {"Admin": {"Permissions": GRANTED}},
    "Business/Settings": {"FundingSource": "Prepaid", "TagsEnabled": True},
}


class Pex:
    """Answers each path with its payload or response; everything else with 404."""

    def __init__(self, answers: Mapping[str, Any]) -> None:
        self.answers = answers
        self.requests: list[httpx.Request] = []
        transport = httpx.MockTransport(self._answer)
        self.vault = FakeVault()
        self.access = HttpPexAccess(
            "https://pex.example/v4/",
            self.vault,
            6000,
            transport=transport,
            sleep=lambda _seconds: None,
        )

    def account(self, token: str | None = None) -> PexAccount:
        return self.access.with_token("token-1" if token is None else token)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.get(request.url.path.removeprefix("/v4/"), httpx.Response(404))
        return answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer)


def business(**answers: Any) -> Any:
    changed = {name.replace("__", "/"): answer for name, answer in answers.items()}
    return Pex(FINE | changed).account().business()


def page(rows: Any = (), **pages: Any) -> dict[str, Any]:
    return {"TransactionList": list(rows), "Pages": pages}


def card_rows(answer: Any) -> Any:
    pex = Pex({"Details/AllCardholderTransactions": answer})
    return pex.account().rows(Record.CARD, START, END)


# --- whose token it is (PEX contract 1.6, 2.2, 2.6) ------------------------------------------


def test_a_business_is_told_by_its_token() -> None:
    found = business()
    assert (found.id, found.name, found.user) == (52311, "Harbor Lights Foundation", "dana.k")
    assert found.funding is Funding.PREPAID
    assert found.tags_enabled
    assert found.token_expires_at == datetime(2026, 11, 2, 14, 14, tzinfo=UTC)


@pytest.mark.parametrize(
    ("told", "meant"),
    [
        ("Credit", Funding.CREDIT),
        ("credit", Funding.CREDIT),
        (2, Funding.CREDIT),
        ("2", Funding.CREDIT),
        (1, Funding.PREPAID),
        ("PREPAID", Funding.PREPAID),
    ],
)
def test_the_funding_is_told_by_name_or_number(told: Any, meant: Funding) -> None:
    assert business(Business__Settings={"fundingSource": told}).funding is meant


@pytest.mark.parametrize("told", [None, 0, "Unknown", 3])
def test_an_unknown_funding_is_refused_and_not_assumed(told: Any) -> None:
    with pytest.raises(PexRequestRefused, match="prepaid or credit"):
        business(Business__Settings={"FundingSource": told})


@pytest.mark.parametrize("told", ["Cardholder", 0, None, "Partner"])
def test_only_an_administrators_token_is_taken(told: Any) -> None:
    with pytest.raises(PexTokenRefused, match="administrator"):
        business(Token__Current=TOKEN | {"UserType": told})


@pytest.mark.parametrize("told", ["admin", 1, "1"])
def test_an_administrator_is_told_by_name_or_number(told: Any) -> None:
    assert business(Token__Current=TOKEN | {"UserType": told}).id == 52311


def test_400_on_the_probe_means_a_bad_token() -> None:
    with pytest.raises(PexTokenRefused):
        business(Token__Current=httpx.Response(400, json={"Message": "Invalid token"}))
    with pytest.raises(PexRequestRefused):
        business(Business__Settings=httpx.Response(400, json={"Message": "Invalid token"}))


@pytest.mark.parametrize("told", [None, "", "never", 7, "0001-01-01T00:00:00"])
def test_an_unreadable_expiry_is_none(told: Any) -> None:
    assert business(Token__Current=TOKEN | {"TokenExpiration": told}).token_expires_at is None


@pytest.mark.parametrize(
    "profile",
    [{}, {"Admin": None}, {"Admin": {}}, {"Admin": {"Permissions": None}}],
    ids=str,
)
def test_absent_permissions_are_missing_ones(profile: dict[str, Any]) -> None:
    with pytest.raises(PexPermissionMissing) as refused:
        business(Business__MyProfile=profile)
    assert refused.value.missing == (
        "Edit business settings & apps",
        "Manage cardholder",
        "View card transactions",
    )


@pytest.mark.parametrize("told", [False, None, "no", 0])
def test_a_permission_that_is_not_granted_is_named(told: Any) -> None:
    permissions = GRANTED | {"ManageCardholder": told}
    with pytest.raises(PexPermissionMissing, match="lacks: Manage cardholder"):
        business(Business__MyProfile={"Admin": {"Permissions": permissions}})


# --- lists (PEX contract 3.1 to 3.3) ---------------------------------------------------------


def test_only_settled_rows_are_asked_for_in_eastern_wall_time() -> None:
    pex = Pex({"Details/AllCardholderTransactions": page(), "Details/TransactionDetails": page()})
    account = pex.account()
    account.rows(Record.CARD, START.astimezone(UTC), END)
    account.rows(Record.BUSINESS, START, END)
    card, of_business = (dict(request.url.params) for request in pex.requests)
    settled = {
        "StartDate": "2026-06-01T00:00:00",
        "EndDate": "2026-08-15T12:30:15",
        "IncludePendings": "False",
        "IncludeDeclines": "False",
    }
    assert of_business == settled
    assert card == settled | {"IncludeVendorBillPay": "True"}


def test_invoices_are_no_list_of_rows() -> None:
    pex = Pex({})
    assert pex.account().rows(Record.INVOICE, START, END).rows == ()
    assert pex.requests == []


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"TransactionList": None},
        {"transactionList": [], "pages": None},
        page(NumberOfPages=1, TotalRecords=0),
        page(NumberOfPages=0, LastTimeRetrieved=None),
        page(NumberOfPages="1"),
    ],
    ids=str,
)
def test_an_empty_list_may_have_many_forms(answer: Any) -> None:
    found = card_rows(answer)
    assert (found.rows, found.next_start) == ((), None)


def test_the_next_page_begins_where_this_one_ends() -> None:
    found = card_rows(page(NumberOfPages=3, LastTimeRetrieved="2026-07-04T18:22:10"))
    assert found.next_start == datetime(2026, 7, 4, 18, 22, 10, tzinfo=EASTERN)


@pytest.mark.parametrize(
    "last",
    ["2026-06-01T00:00:00", "2026-06-01T00:00:00.75", "2026-05-31T23:59:59", None, "later"],
)
def test_a_list_that_does_not_get_on_is_refused(last: str | None) -> None:
    with pytest.raises(PexRequestRefused, match="does not get on"):
        card_rows(page(NumberOfPages=2, LastTimeRetrieved=last))


@pytest.mark.parametrize("total", ["TotalItems", "TotalRecords"])
def test_a_list_that_is_longer_than_what_came_is_refused(total: str) -> None:
    with pytest.raises(PexRequestRefused, match="longer"):
        card_rows(page(Page=1, PageSize=100, **{total: 101}))


def test_a_row_that_is_no_row_stops_its_page_and_is_named() -> None:
    row = {"TransactionId": 7, "TransactionTime": "2026-07-01T10:00:00"}
    found = card_rows(page([row | {"TransactionAmount": -1}, row]))
    with pytest.raises(PexRequestRefused, match="transaction 7 has no readable transactionamount"):
        list(found.rows)


def test_a_part_of_a_page_is_a_page_of_rows() -> None:
    row = {"TransactionTime": "2026-07-01T10:00:00", "TransactionAmount": -1}
    rows = card_rows(page([row | {"TransactionId": number} for number in (1, 2, 3)])).rows
    assert [one.pex_id for one in rows[1:]] == [2, 3]
    assert (len(rows[:2]), rows[-1].pex_id) == (2, 3)


# --- names and tags --------------------------------------------------------------------------


def test_cardholders_without_a_name_are_left_out() -> None:
    accounts = [
        {"AccountId": 1, "FirstName": "Maria", "LastName": " Ortiz "},
        {"AccountId": 2, "FirstName": None, "LastName": "Kim"},
        {"AccountId": 3, "FirstName": " ", "LastName": None},
        {"FirstName": "Nobody"},
        "?",
    ]
    pex = Pex({"Details/AccountDetails": {"CHAccountList": accounts}})
    assert pex.account().cardholder_names() == {1: "Maria Ortiz", 2: "Kim"}


@pytest.mark.parametrize(
    "answer",
    [
        {"CHAccountList": None},
        {},
        httpx.Response(403, json={"Message": "Admin does not have permission"}),
        httpx.Response(429),
        httpx.Response(200, text="<html>"),
    ],
    ids=["null", "absent", "403", "429", "page"],
)
def test_a_sync_goes_on_without_names(answer: Any) -> None:
    assert Pex({"Details/AccountDetails": answer}).account().cardholder_names() == {}


def test_a_dead_token_is_told_also_when_names_are_asked_for() -> None:
    with pytest.raises(PexTokenRefused):
        Pex({"Details/AccountDetails": httpx.Response(401)}).account().cardholder_names()


def test_names_belong_to_one_token() -> None:
    pex = Pex({"Details/AccountDetails": {"CHAccountList": []}})
    pex.account("token-1").cardholder_names()
    pex.account("token-1").cardholder_names()
    pex.account("token-2").cardholder_names()
    assert len(pex.requests) == 2


TAG = {"Id": "64b0", "Type": "Dropdown", "Name": "Expense Account", "IsEnabled": True}


def test_tags_are_read_whatever_form_they_have() -> None:
    told = [
        TAG | {"Options": [{"Name": "Travel", "Value": "6210", "Order": 1, "IsEnabled": False}]},
        TAG | {"Id": "64b1", "Type": 2, "Options": [{"Name": None, "Value": 6110}]},
        TAG | {"Id": "64b2", "Type": 6, "Name": None, "IsEnabled": False, "Options": None},
        TAG | {"Id": "64b3", "IsDeleted": True},
        {"Name": "No id"},
        None,
    ]
    tags = Pex({"Business/Configuration/Tags": told}).account().tags()
    assert [(tag.id, tag.kind, tag.name, tag.enabled) for tag in tags] == [
        ("64b0", "Dropdown", "Expense Account", True),
        ("64b1", "Dropdown", "Expense Account", True),
        ("64b2", "6", "64b2", False),
    ]
    assert tags[0].options == (TagOption("6210", "Travel", 1, enabled=False),)
    assert tags[1].options == (TagOption("6110", "6110", 0, enabled=True),)


def test_a_business_without_the_feature_has_no_tags() -> None:
    off = httpx.Response(403, json={"Message": "This business does not support the Tags Feature"})
    account = Pex({"Business/Configuration/Tags": off, "Business/Configuration/Tag/1": off})
    assert account.account().tags() == ()
    with pytest.raises(TagsOff, match="does not support"):
        account.account().tag("1")
    nothing = httpx.Response(200, content=b"null")
    assert Pex({"Business/Configuration/Tags": nothing}).account().tags() == ()


def test_a_missing_permission_for_tags_is_not_taken_for_the_feature_being_off() -> None:
    lacking = httpx.Response(403, json={"Message": "Admin does not have permission"})
    with pytest.raises(PexPermissionMissing):
        Pex({"Business/Configuration/Tags": lacking}).account().tags()


def test_one_tag_is_read_with_every_option_or_not_at_all() -> None:
    pex = Pex({"Business/Configuration/Tag/64b0": TAG | {"Options": [{"Name": "No value"}]}})
    with pytest.raises(PexRequestRefused, match="another form"):
        pex.account().tag("64b0")
    assert dict(pex.requests[0].url.params) == {"OverrideRestrictions": "true"}


def test_a_tag_that_is_gone_or_deleted_is_none() -> None:
    pex = Pex({"Business/Configuration/Tag/64b0": TAG | {"IsDeleted": True}})
    assert pex.account().tag("64b0") is None
    assert pex.account().tag("a/../b") is None
    assert pex.requests[-1].url.raw_path.startswith(b"/v4/Business/Configuration/Tag/a%2F..%2Fb")


# --- credentials -----------------------------------------------------------------------------


@pytest.mark.parametrize("token", ["", "  ", "two words", "line\nbreak", "tokén"])
def test_what_cannot_be_a_token_is_refused_without_asking(token: str) -> None:
    pex = Pex(FINE)
    with pytest.raises(PexTokenRefused):
        pex.account(token)
    assert pex.requests == []


@pytest.mark.parametrize(
    ("stored", "header"),
    [
        (b'{"scheme":"token","token":"abc"}', "token abc"),
        (b'{"scheme":"token","token":" abc\\n"}', "token abc"),
        (b'{"scheme":"Bearer","token":"abc"}', "Bearer abc"),
        (b'{"token":"abc"}', "token abc"),
    ],
)
def test_a_stored_credential_is_sent_under_its_scheme(stored: bytes, header: str) -> None:
    pex, connection = Pex(FINE), uuid4()
    pex.vault.put(connection, PEX_CREDENTIAL, stored)
    pex.access.of(connection).business()
    assert pex.requests[0].headers["authorization"] == header


def test_a_connection_without_a_credential_is_refused() -> None:
    with pytest.raises(PexTokenRefused):
        Pex(FINE).access.of(uuid4())
