"""How the seeded purchases are tagged and split: mostly well, sometimes not at all or wrongly."""

from decimal import Decimal
from typing import Any

from sandbox import company
from sandbox.pex.draw import Draw
from sandbox.pex.rows import split_entry, tag_entry, tags_member
from sandbox.pex.seed_merchants import Merchant
from sandbox.pex.seed_tags import (
    BLOCKED_ACCOUNT,
    UNKNOWN_ACCOUNT,
    UNKNOWN_DEPARTMENT,
    credit_tag,
)
from sandbox.pex.world import Row


def tag_ids(draw: Draw) -> dict[str, str]:
    """The business's own tags under short names."""
    named = {
        "account": company.EXPENSE_TAG,
        "department": company.DEPARTMENT_TAG,
        "class": company.CLASS_TAG,
        "memo": company.MEMO_TAG,
        "allocation": company.ALLOCATION_TAG,
    }
    own = draw.business.id == company.PREPAID_BUSINESS
    return {name: tag if own else credit_tag(tag) for name, tag in named.items()}


def _values(draw: Draw, account: str) -> dict[str, str]:
    """Tag values by tag id, as a careful cardholder chooses them."""
    ids = tag_ids(draw)
    values = {ids["account"]: account}
    if draw.random.random() < 0.85:  # noqa: PLR2004 - a share of the cardholders
        code = draw.random.choice(company.DIMENSIONS["DEPARTMENT"][1])[0]
        values[ids["department"]] = code
    if draw.random.random() < 0.6:  # noqa: PLR2004 - the same
        values[ids["class"]] = draw.random.choice(company.DIMENSIONS["CLASS"][1])[0]
    return values


def tagged(draw: Draw, tagging: str, merchant: Merchant, row: Row) -> dict[str, Any] | None:
    """TransactionTags of a row at a merchant, by the trait that was dealt to it."""
    if tagging == "null":
        return None
    if tagging == "initial":
        return {"Tags": None, "State": "Initial", "FieldsVersion": None}
    version = f"{row['TransactionTime']} {row['AuthIdentityResponseCode']}"
    if tagging.startswith("split"):
        return tags_member(_splits(draw, tagging, merchant, row), version)
    ids = tag_ids(draw)
    values = _values(draw, merchant.account)
    if tagging == "unknown_account":
        values[ids["account"]] = UNKNOWN_ACCOUNT
    elif tagging == "blocked_account":
        values[ids["account"]] = BLOCKED_ACCOUNT
    elif tagging == "unknown_department":
        values[ids["department"]] = UNKNOWN_DEPARTMENT
    elif tagging == "no_account":
        del values[ids["account"]]
        values[ids["memo"]] = "ask Dana which account"
    entries = [tag_entry(draw.business.tags[tag], value) for tag, value in values.items()]
    return tags_member(entries, version)


def _splits(draw: Draw, tagging: str, merchant: Merchant, row: Row) -> list[dict[str, Any]]:
    whole = int(abs(row["TransactionAmount"]) * 100)
    parts = draw.random.choice((2, 2, 3))
    cuts = sorted(draw.random.sample(range(1, whole), parts - 1))
    sizes = [end - start for start, end in zip([0, *cuts], [*cuts, whole], strict=True)]
    if tagging == "split_wrong":
        sizes[-1] += 100
    return [
        split_entry(
            tag_ids(draw)["allocation"],
            draw.business.id,
            _values(draw, merchant.account if part == 0 else "61100"),
            Decimal(size).scaleb(-2),
            as_text=tagging != "split_object",
        )
        for part, size in enumerate(sizes)
    ]
