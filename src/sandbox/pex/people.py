"""The business, its settings, balance, people and card accounts (PEX contract 2)."""

from decimal import Decimal
from typing import Any

from sandbox.pex.access import Call
from sandbox.pex.wire import Refusal
from sandbox.pex.world import Business, CardAccount
from sandbox.web import Response, Router, reply

_ZERO = Decimal("0.00")


def add_routes(router: Router) -> None:
    """Serve the endpoints about the business and its people."""
    router.add("GET", "/v4/Business/Profile", _profile)
    router.add("GET", "/v4/Business/Settings", _settings)
    router.add("GET", "/v4/Business/Balance", _balance)
    router.add("GET", "/v4/Business/Linked", _linked)
    router.add("GET", "/v4/Business/MyProfile", _my_profile)
    router.add("GET", "/v4/Business/Admin", _admins)
    router.add("GET", "/v4/Business/Admin/{admin}", _admin)
    router.add("GET", "/v4/Partner", _partner)
    router.add("GET", "/v4/Details/AccountDetails", _details)
    router.add("GET", "/v4/Details/AccountDetails/{account}", _account)


def _address(contact: str) -> dict[str, Any]:
    return {
        "ContactName": contact,
        "AddressLine1": "1 Harbor Street",
        "AddressLine2": None,
        "City": "Portland",
        "State": "ME",
        "PostalCode": "04101",
        "Country": "US",
    }


def balance_of(business: Business, account: int | None = None) -> Decimal:
    """What a card account holds, or the business account: the sum of its settled rows."""
    rows = business.rows["business" if account is None else "card"].values()
    amounts = (
        row["TransactionAmount"] or _ZERO
        for row in rows
        if not row["IsPending"] and not row["IsDecline"] and account in (None, row["AcctId"])
    )
    return sum(amounts, _ZERO)


def _profile(call: Call) -> Response:
    business = call.business
    return reply(
        {
            "BusinessAcctId": business.id,
            "FirstName": "Dana",
            "LastName": "Kim",
            "PhoneExtension": None,
            "Phone": "207-555-0100",
            "Email": f"{business.username}@harbor.example",
            "DateOfBirth": None,
            "ProfileAddress": _address(business.name),
        }
    )


def _settings(call: Call) -> Response:
    return reply(
        {
            "SupportedCardType": ["Emv", "Virtual"],
            "UseBusinessBalance": False,
            "UseRemoteDecision": False,
            "BlockCardDefunding": False,
            "UseCardholderGroup": True,
            "TagsEnabled": call.business.tags_enabled,
            "AllocationTagsEnabled": call.business.tags_enabled,
            "FundingSource": call.business.funding,
            "CardLimit": 200,
            "VendorLimit": 50,
            "DefaultDailyLimit": 5000,
            "UseReimbursements": False,
            "UseBillPay": False,
            "UseTagDependencies": False,
        }
    )


def _balance(call: Call) -> Response:
    business = call.business
    return reply({"BusinessAccountId": business.id, "BusinessAccountBalance": balance_of(business)})


def _linked(call: Call) -> Response:
    return reply(
        [
            {
                "InstitutionId": 1,
                "BusinessAcctId": other.id,
                "BusinessName": other.name,
                "MinBusinessBalance": _ZERO,
                "CurrentBalance": balance_of(other),
            }
            for other in call.world.businesses.values()
            if other.id != call.business.id
        ]
    )


def admin_of(business: Business) -> dict[str, Any]:
    """The administrator whose token it is, with the permissions as the switches set them."""
    return {
        "BusinessAdminId": business.id * 10 + 1,
        "FirstName": "Dana",
        "MiddleName": None,
        "LastName": "Kim",
        "UserName": business.username,
        "ProfileAddress": _address("Dana Kim"),
        "Phone": "207-555-0100",
        "AltPhone": None,
        "DateOfBirth": None,
        "Email": f"{business.username}@harbor.example",
        "Status": "Active",
        "Permissions": dict(business.permissions),
    }


def _my_profile(call: Call) -> Response:
    if call.account is not None:
        raise Refusal(403, "User is not an admin")
    return reply({"Admin": admin_of(call.business)})


def _admins(call: Call) -> Response:
    return reply({"BusinessAdmins": [admin_of(call.business)]})


def _admin(call: Call, admin: str) -> Response:
    found = admin_of(call.business)
    if str(found["BusinessAdminId"]) != admin:
        raise Refusal(404, "Admin does not exist")
    return reply({"Admin": found})


def _partner(_call: Call) -> Response:
    return reply({"PartnerName": "Harbor Partners", "PartnerBusinessId": "HP-1"})


def _card(account: CardAccount) -> dict[str, Any]:
    return {
        "CardId": account.id + 100_000,
        "IssuedDate": "2025-12-01T00:00:00",
        "ExpirationDate": "2029-12-31T00:00:00",
        "Last4CardNumber": f"{account.id % 10_000:04}",
        "CardStatus": "Active" if account.status == "OPEN" else "Closed",
    }


def _in_list(business: Business, account: CardAccount) -> dict[str, Any]:
    balance, card = balance_of(business, account.id), _card(account)
    return {
        "AccountId": account.id,
        "FirstName": account.first,
        "LastName": account.last,
        "Email": f"{account.id}@harbor.example",
        "LedgerBalance": balance,
        "AvailableBalance": balance,
        "AccountStatus": account.status,
        "IsVirtual": account.kind == "Vendor",
        "CardholderType": account.kind,
        "CustomId": None,
        "UserGroupId": None,
        "UserGroups": [],
        "CardStatus": card["CardStatus"],
        "CardNumber4Digits": card["Last4CardNumber"],
        "CardIssueDate": card["IssuedDate"],
        "CardExpiryDate": card["ExpirationDate"],
        "GroupId": 0,
        "GroupName": None,
    }


def _details(call: Call) -> Response:
    business = call.business
    opened = [account for account in business.accounts if account.status == "OPEN"]
    return reply(
        {
            "BusinessAccountId": business.id,
            "BusinessAccountNumber": f"{business.id:010}",
            "BusinessName": business.name,
            "BusinessAccountStatus": business.status,
            "BusinessAccountBalance": balance_of(business),
            "PendingTransferAmount": _ZERO,
            "CHAccountList": [_in_list(business, account) for account in business.accounts],
            "OpenCardholdersCount": sum(a.kind == "TeamMember" for a in opened),
            "OpenVendorCardsCount": sum(a.kind == "Vendor" for a in opened),
            "CardholderGroups": [],
            "UserGroups": [],
            "BankAccountList": [
                {
                    "ExternalBankAcctId": 71,
                    "RoutingNumber": "211274450",
                    "BankAccountNumber": "0042",
                    "BankName": "Harbor Bank",
                    "BankAccountType": "Checking",
                    "IsActive": True,
                }
            ],
        }
    )


def _account(call: Call, account: str) -> Response:
    business = call.business
    found = next((a for a in business.accounts if str(a.id) == account), None)
    if found is None:
        raise Refusal(403, "Invalid account id")
    balance = balance_of(business, found.id)
    return reply(
        {
            "AccountId": found.id,
            "AccountStatus": found.status,
            "LedgerBalance": balance,
            "AvailableBalance": balance,
            "ProfileAddress": _address(f"{found.first} {found.last}"),
            "Phone": None,
            "Email": f"{found.id}@harbor.example",
            "IsVirtual": found.kind == "Vendor",
            "CustomId": None,
            "Group": None,
            "UserGroups": [],
            "CardList": [_card(found)],
        }
    )
