"""The shapes of transaction rows and of what hangs on them (PEX contract 3.4, 3.10, 4.3, 4.4)."""

import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from sandbox.pex.wire import hex_id
from sandbox.pex.world import Row

_PURCHASE: Row = {
    "TransactionId": 0,
    "AcctId": 0,
    "TransactionTime": "",
    "MerchantLocalTime": None,
    "HoldTime": None,
    "SettlementTime": None,
    "AuthTransactionId": 0,
    "TransactionAmount": Decimal("-48.60"),
    "PaddingAmount": 0,
    "TransactionType": "Network",
    "Description": "Purchase",
    "TransactionNotes": [],
    "IsPending": False,
    "IsDecline": False,
    "MerchantName": "NORTH PIER HDWE #0417",
    "MerchantNameNormalized": "North Pier Hardware",
    "MerchantUrl": None,
    "MerchantLogoUrl": None,
    "MerchantIconUrl": None,
    "MerchantCity": "PORTLAND",
    "MerchantState": "ME",
    "MerchantZip": "04101 ",
    "MerchantCountry": "US",
    "MCCCode": "5251",
    "TransferToOrFromAccountId": 0,
    "AuthIdentityResponseCode": "114207",
    "MerchantId": "5512000417",
    "TerminalId": "03 ",
    "NetworkTransactionId": None,
    "SourceCurrencyCodeDescription": None,
    "SourceCurrencyNumericCode": None,
    "SourceAmount": None,
    "TransactionTags": None,
    "MetadataApprovalStatus": None,
    "TransactionTypeCategory": "Spend",
}

_NO_MERCHANT: Row = dict.fromkeys(
    (
        "MerchantName",
        "MerchantNameNormalized",
        "MerchantCity",
        "MerchantState",
        "MerchantZip",
        "MerchantCountry",
        "MCCCode",
        "AuthIdentityResponseCode",
        "MerchantId",
        "TerminalId",
    )
)

MEMBERS = frozenset(_PURCHASE)


def purchase_row(members: Mapping[str, Any]) -> Row:
    """A settled card purchase at a merchant, with these members in place of the usual ones."""
    return {**_PURCHASE, "TransactionNotes": [], **members}


def movement_row(members: Mapping[str, Any]) -> Row:
    """A movement without a merchant: fee, transfer, rebate, dispute credit or load leg."""
    movement = {"TransactionType": "Transfer", "TransactionTypeCategory": None, "Description": ""}
    return {**_PURCHASE, **_NO_MERCHANT, "TransactionNotes": None, **movement, **members}


def tags_member(tags: Iterable[Mapping[str, Any]], version: object) -> dict[str, Any]:
    """TransactionTags with these entries; `version` makes its FieldsVersion."""
    return {"Tags": list(tags), "State": "Selected", "FieldsVersion": hex_id("fields", version)}


def tag_entry(tag: Mapping[str, Any], value: object) -> dict[str, Any]:
    """One ordinary tag on a row."""
    return {"FieldId": tag["Id"], "Value": value, "Name": tag["Name"]}


def split_entry(
    tag_id: str, business: int, values: Mapping[str, Any], amount: Decimal, *, as_text: bool = True
) -> dict[str, Any]:
    """One part of a split purchase: values by tag id, and a positive amount.

    `as_text` sends Value as JSON text with a text amount, otherwise as an object with a number.
    """
    content: dict[str, Any] = {
        "TagId": tag_id,
        "Allocation": [{"TagId": tag, "Value": value} for tag, value in values.items()],
        "Amount": str(amount) if as_text else amount,
    }
    value = json.dumps(content, separators=(",", ":")) if as_text else content
    return {"FieldId": tag_id, "Name": f"Allocation_{business}", "Value": value}


def note_member(
    number: int, text: str, written: str, *, username: str, system: bool = False
) -> dict[str, Any]:
    """A note on a row; `written` is Eastern wall time."""
    return {
        "NoteId": number,
        "NoteText": text,
        "UserName": username,
        "UserFirstName": None,
        "UserMiddleName": None,
        "UserLastName": None,
        "NoteDate": written,
        "UpdatedUserName": None,
        "UpdatedDate": None,
        "SystemGenerated": system,
    }
