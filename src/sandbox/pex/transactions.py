"""The transaction lists T1 to T4: windows, switches and paging (PEX contract 3.1 to 3.3)."""

import math
from collections.abc import Iterable
from datetime import datetime

from sandbox.pex.access import Call
from sandbox.pex.wire import NO_PERMISSION, Refusal, months_later, wall_text
from sandbox.pex.world import Row
from sandbox.web import Response, Router, reply

_PERMISSION = "ViewCardTransactions"


def add_routes(router: Router) -> None:
    """Serve the transaction lists and the count."""
    router.add("GET", "/v4/Details/AllCardholderTransactions", _all_cards)
    router.add("GET", "/v4/Details/AllCardholderTransactionCount", _count)
    router.add("GET", "/v4/Details/TransactionDetails", _own_account)
    router.add("GET", "/v4/Details/TransactionDetails/{account}", _one_account)


def _all_cards(call: Call) -> Response:
    return _page(call, _card_rows(call))


def _count(call: Call) -> Response:
    return reply(len(_in_window(call, _card_rows(call))))


def _own_account(call: Call) -> Response:
    call.need(_PERMISSION)
    if call.account is not None:
        return _page(call, _switched(call, _of_account(call, call.account)))
    return _page(call, call.business.rows["business"].values())


def _one_account(call: Call, account: str) -> Response:
    call.need(_PERMISSION)
    business, number = call.business, int(account) if account.isdecimal() else -1
    if call.account not in (None, number):
        raise Refusal(403, "Invalid account id")
    if number == business.id:
        return _page(call, business.rows["business"].values())
    if number not in {known.id for known in business.accounts}:
        raise Refusal(403, "Invalid account id")
    return _page(call, _switched(call, _of_account(call, number)))


def _card_rows(call: Call) -> Iterable[Row]:
    call.need(_PERMISSION)
    if call.account is not None:
        raise Refusal(403, NO_PERMISSION)
    rows = _switched(call, call.business.rows["card"].values())
    if call.query.flag("IncludeVendorBillPay", default=True):
        return rows
    bills = call.business.vendor_bills
    return [row for row in rows if row["TransactionId"] not in bills]


def _of_account(call: Call, account: int) -> list[Row]:
    return [row for row in call.business.rows["card"].values() if row["AcctId"] == account]


def _switched(call: Call, rows: Iterable[Row]) -> list[Row]:
    """Without pending and declined rows, unless the query asks for them."""
    pendings = call.query.flag("IncludePendings")
    declines = call.query.flag("IncludeDeclines")
    return [
        row
        for row in rows
        if (pendings or not row["IsPending"]) and (declines or not row["IsDecline"])
    ]


def _tested(call: Call, row: Row) -> str:
    return str(row[call.world.switches.window_tests] or row["TransactionTime"])


def _window(call: Call) -> tuple[str, str]:
    """The bounds as wall text; raises Refusal (400) for one that is not allowed.

    Whole days count for the age: a start at midnight twelve months ago to the day is accepted.
    """
    start, end = call.query.moment("StartDate"), call.query.moment("EndDate")
    if start > end:
        raise Refusal(400, "StartDate is after EndDate")
    oldest: datetime = months_later(call.world.wall(), -12)
    if start.date() < oldest.date():
        raise Refusal(400, "StartDate must be within the last 12 months")
    return wall_text(start), wall_text(end)


def _in_window(call: Call, rows: Iterable[Row]) -> list[Row]:
    start, end = _window(call)
    found = [row for row in rows if start <= _tested(call, row) <= end]
    return sorted(found, key=lambda row: (_tested(call, row), row["TransactionId"]))


def _page(call: Call, rows: Iterable[Row]) -> Response:
    found = _in_window(call, rows)
    size = call.world.switches.page_size
    page = found[:size]
    listed = page or (None if call.world.switches.null_lists else [])
    if not call.business.tags_enabled:
        listed = [{**row, "TransactionTags": None} for row in page]
    return reply(
        {
            "TransactionList": listed,
            "Pages": {
                "PageSize": size,
                "TotalRecords": len(found),
                "NumberOfPages": math.ceil(len(found) / size),
                "LastTimeRetrieved": _tested(call, page[-1]) if page else None,
            },
        }
    )
