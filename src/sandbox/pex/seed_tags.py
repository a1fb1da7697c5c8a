"""The tag definitions of both businesses (PEX contract 4.2): options as the company knows them.

The Expense Account tag holds traps for whoever writes options back: a disabled option, a hand-made
one whose name collides with an account of the chart, one that Business Central does not know, and
one that a read without OverrideRestrictions does not show.
"""

from typing import Any

from sandbox import company
from sandbox.pex.wire import hex_id
from sandbox.pex.world import Business

UNKNOWN_ACCOUNT, UNKNOWN_DEPARTMENT, BLOCKED_ACCOUNT = "77777", "MKT", "66900"
_HAND_MADE_FEES = "FEES-OLD"
_LEFT_OUT = "68000"  # "Bank and card fees", whose name the hand-made option has taken
_HIDDEN = "65100"

_AUTHOR = {
    "AdminId": 901,
    "UserId": 4401,
    "PexUserId": 4401,
    "UserName": "dana.k",
    "FirstName": "Dana",
    "LastName": "Kim",
}


def definition(kind: str, tag_id: str, name: str, order: int, **members: Any) -> dict[str, Any]:
    """A tag definition with its audit members, enabled and not required."""
    return {
        "Id": tag_id,
        "Type": kind,
        "Name": name,
        "Description": "",
        "Order": order,
        "IsRequired": False,
        "IsEnabled": True,
        "IsDeleted": False,
        "ConcurrencyKey": hex_id("concurrency", tag_id),
        "CreatedDateUtc": "2025-12-01T15:00:00Z",
        "CreatedBy": _AUTHOR,
        "UpdatedDateUtc": None,
        "UpdatedBy": None,
        "DeletedDateUtc": None,
        "DeletedBy": None,
        **members,
    }


def option(name: str, value: str, order: int, *, enabled: bool = True) -> dict[str, Any]:
    """One option of a dropdown tag."""
    return {"Name": name, "Value": value, "Order": order, "IsEnabled": enabled}


def define(business: Business) -> None:
    """Give the business its tags: three dropdowns, a text, the Allocation, a deleted one.

    A business other than the prepaid one has the same ids with the last digits changed.
    """
    own = business.id == company.PREPAID_BUSINESS
    ids = {tag: tag if own else credit_tag(tag) for tag in _TAGS}
    for order, (tag, (kind, name, members)) in enumerate(_TAGS.items()):
        business.tags[ids[tag]] = definition(kind, ids[tag], name, order, **members())
    allocation = business.tags[ids[company.ALLOCATION_TAG]]
    allocation["Name"] = f"Allocation_{business.id}"
    for order, member in enumerate(allocation["Tags"]):
        member.update(TagId=ids[member["TagId"]], Order=order)
    old = definition("Dropdown", hex_id("old tag", business.id), "Project (old)", len(_TAGS))
    old |= {
        "Options": [option("Pier 7", "P7", 0)],
        "IsDeleted": True,
        "DeletedDateUtc": "2026-01-05T15:00:00Z",
        "DeletedBy": _AUTHOR,
    }
    business.tags[old["Id"]] = old
    business.hidden_options[ids[company.EXPENSE_TAG]] = {_HIDDEN}


def credit_tag(tag: str) -> str:
    """The credit business's counterpart of one of the prepaid business's tags."""
    return f"74{tag[2:]}"


def _expense() -> dict[str, Any]:
    accounts = [
        account
        for account in company.ACCOUNTS
        if account.category == "Expense"
        and account.account_type == "Posting"
        and account.number != _LEFT_OUT
    ]
    options = [
        option(account.name, account.number, order, enabled=not account.blocked)
        for order, account in enumerate(accounts)
    ]
    options.append(option("BANK AND CARD FEES", _HAND_MADE_FEES, len(options)))
    options.append(option("Retired programme", UNKNOWN_ACCOUNT, len(options)))
    return {"Options": options, "IsRequired": True, "Description": "BC account"}


def _dimension(code: str, *more: dict[str, Any]) -> dict[str, Any]:
    values = company.DIMENSIONS[code][1]
    options = [option(name, value, order) for order, (value, name) in enumerate(values)]
    return {"Options": [*options, *more], "Description": f"BC dimension {code}"}


def _department() -> dict[str, Any]:
    return _dimension(
        "DEPARTMENT",
        option("Marketing", UNKNOWN_DEPARTMENT, 4),
        option("People (old)", "HR-OLD", 5, enabled=False),
    )


def _class() -> dict[str, Any]:
    return _dimension("CLASS")


def _memo() -> dict[str, Any]:
    return {"MinLength": 0, "Length": 250, "ValidationType": "None", "ValidationRegex": None}


def _allocation() -> dict[str, Any]:
    members = (company.EXPENSE_TAG, company.DEPARTMENT_TAG, company.CLASS_TAG)
    return {"Tags": [{"TagId": tag, "Order": 0} for tag in members]}


_TAGS = {
    company.EXPENSE_TAG: ("Dropdown", "Expense Account", _expense),
    company.DEPARTMENT_TAG: ("Dropdown", "Department", _department),
    company.CLASS_TAG: ("Dropdown", "Class", _class),
    company.MEMO_TAG: ("Text", "Memo", _memo),
    company.ALLOCATION_TAG: ("Allocation", "Allocation", _allocation),
}
