"""Notes on transactions and the approval of them (PEX contract 3.9 and 5)."""

from collections.abc import Callable
from typing import Any

from sandbox.pex.access import Call
from sandbox.pex.rows import note_member
from sandbox.pex.wire import Refusal, hex_id, wall_text
from sandbox.pex.world import Row
from sandbox.web import Response, Router, reply

_VERBS = {"Approve": "Approved", "Reject": "Rejected", "Reset": "NotReviewed"}


def add_routes(router: Router) -> None:
    """Serve notes and approval."""
    router.add("POST", "/v4/Note", _create)
    router.add("PUT", "/v4/Note/{note}", _update)
    router.add("DELETE", "/v4/Note/{note}", _delete)
    for verb, state in _VERBS.items():
        router.add("POST", f"/v4/Approval/{{transaction}}/{verb}", _decider(state))


def _create(call: Call) -> Response:
    call.need("ModifyTransactionNotes")
    body = call.body
    row = call.row(str(body.whole("TransactionId")))
    if row["IsPending"] != body.flag("Pending", default=False):
        raise Refusal(404, "Transaction does not exist")
    note = note_member(
        next(call.world.note_ids),
        body.text("NoteText"),
        wall_text(call.world.now()),
        username=call.business.username,
        system=body.flag("SystemGenerated", default=False),
    )
    row["TransactionNotes"] = [*(row["TransactionNotes"] or []), note]
    return reply(note, 201)


def _find(call: Call, note: str) -> tuple[Row, dict[str, Any]]:
    call.need("ModifyTransactionNotes")
    for rows in call.business.rows.values():
        for row in rows.values():
            for member in row["TransactionNotes"] or []:
                if str(member["NoteId"]) == note:
                    return row, member
    raise Refusal(404, "Note does not exist")


def _update(call: Call, note: str) -> Response:
    _, member = _find(call, note)
    member["NoteText"] = call.body.text("NoteText")
    member["UpdatedUserName"] = call.business.username
    member["UpdatedDate"] = wall_text(call.world.now())
    return reply(member)


def _delete(call: Call, note: str) -> Response:
    row, member = _find(call, note)
    call.body.flag("Pending", default=False)
    row["TransactionNotes"] = [kept for kept in row["TransactionNotes"] if kept is not member]
    return Response(200)


def _decider(state: str) -> Callable[..., Response]:
    def decide(call: Call, transaction: str) -> Response:
        row = call.row(transaction)
        reason = call.body.get("Reason") if call.request.body else None
        if state == "Rejected" and not reason:
            raise Refusal(400, "Reason is required")
        row["MetadataApprovalStatus"] = state
        return reply(
            {
                "State": state,
                "Reason": reason,
                "ApprovalId": row["TransactionId"] % 1_000_000,
                "MetadataId": hex_id("metadata", row["TransactionId"]),
                "TransactionRelationshipId": row["TransactionId"] % 1_000_000,
                "MetadataType": "State",
                "BusinessId": call.business.id,
            }
        )

    return decide
