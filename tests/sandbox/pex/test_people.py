"""What PEX tells about a business, its settings, its administrator and its card accounts."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from sandbox.company import CREDIT_BUSINESS, CREDIT_TOKEN, PREPAID_BUSINESS
from sandbox.pex import PexSandbox

Ask = Callable[..., tuple[int, Any]]


def test_settings_tell_the_funding_source(ask: Ask) -> None:
    credit = f"token {CREDIT_TOKEN}"
    assert ask("GET", "/v4/Business/Settings")[1]["FundingSource"] == "Prepaid"
    settings = ask("GET", "/v4/Business/Settings", authorization=credit)[1]
    assert settings["FundingSource"] == "Credit"


def test_settings_tell_whether_tags_are_on(pex: PexSandbox, ask: Ask) -> None:
    assert ask("GET", "/v4/Business/Settings")[1]["TagsEnabled"] is True
    pex.switch(tags_enabled=False)
    assert ask("GET", "/v4/Business/Settings")[1]["TagsEnabled"] is False


def test_the_profile_names_the_business_account(ask: Ask) -> None:
    assert ask("GET", "/v4/Business/Profile")[1]["BusinessAcctId"] == PREPAID_BUSINESS


def test_the_balance_is_what_the_business_rows_add_up_to(pex: PexSandbox, ask: Ask) -> None:
    pex.add_row({"TransactionAmount": "100.10"}, where="business")
    pex.add_row({"TransactionAmount": "-0.05"}, where="business")
    assert ask("GET", "/v4/Business/Balance")[1] == {
        "BusinessAccountId": PREPAID_BUSINESS,
        "BusinessAccountBalance": Decimal("100.05"),
    }


def test_my_profile_carries_the_permissions_as_they_are_switched(pex: PexSandbox, ask: Ask) -> None:
    pex.switch(permissions={"ManageCardholder": False, "ViewCardUsage": None})
    permissions = ask("GET", "/v4/Business/MyProfile")[1]["Admin"]["Permissions"]
    assert permissions["EditBusinessProfile"] is True
    assert permissions["ManageCardholder"] is False
    assert permissions["ViewCardUsage"] is None
    assert len(permissions) == 13


def test_administrators_are_listed_and_read_by_id(ask: Ask) -> None:
    admins = ask("GET", "/v4/Business/Admin")[1]["BusinessAdmins"]
    number = admins[0]["BusinessAdminId"]
    assert ask("GET", f"/v4/Business/Admin/{number}")[1]["Admin"] == admins[0]
    assert ask("GET", "/v4/Business/Admin/1")[0] == 404


def test_the_other_business_is_linked(ask: Ask) -> None:
    linked = ask("GET", "/v4/Business/Linked")[1]
    assert [other["BusinessAcctId"] for other in linked] == [CREDIT_BUSINESS]


def test_the_partner_is_named(ask: Ask) -> None:
    assert set(ask("GET", "/v4/Partner")[1]) == {"PartnerName", "PartnerBusinessId"}


def test_details_list_open_closed_and_vendor_card_accounts(ask: Ask) -> None:
    details = ask("GET", "/v4/Details/AccountDetails")[1]
    accounts = {account["AccountId"]: account for account in details["CHAccountList"]}
    assert details["BusinessName"] == "Harbor Lights Foundation"
    assert accounts[88107]["FirstName"] == "Zoë"
    assert accounts[88108]["AccountStatus"] == "CLOSED"
    assert accounts[88150]["CardholderType"] == "Vendor"
    assert (details["OpenCardholdersCount"], details["OpenVendorCardsCount"]) == (4, 1)


def test_one_card_account_names_its_holder(ask: Ask) -> None:
    account = ask("GET", "/v4/Details/AccountDetails/88106")[1]
    assert account["ProfileAddress"]["ContactName"] == "Sam O'Neill"
    assert ask("GET", "/v4/Details/AccountDetails/1") == (403, {"Message": "Invalid account id"})
