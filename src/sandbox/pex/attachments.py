"""Receipts of a transaction: list, content, upload (PEX contract 6)."""

import base64
import binascii
from typing import Any

from sandbox.pex.access import Call
from sandbox.pex.wire import Refusal, hex_id, utc_text
from sandbox.pex.world import Business, Receipt, Row, World
from sandbox.web import Request, Response, Router, reply

_LINK_TYPES = {"", "linkurl", "full", "thumbnail", "preview"}
_MEDIA = {"png": "image/png", "jpg": "image/jpeg", "pdf": "application/pdf", "text": "text/plain"}
_LIMIT = 10_000_000
_REVIEWED_AGAIN = (None, "Rejected", "NoReceipt")
_ROOT = "/v4/Transactions/{transaction}"


def add_routes(router: Router) -> None:
    """Serve the attachments of a transaction."""
    router.add("GET", f"{_ROOT}/Attachments", _list)
    router.add("DELETE", f"{_ROOT}/Attachments", _delete_all)
    router.add("POST", f"{_ROOT}/Attachment", _upload)
    router.add("GET", f"{_ROOT}/Attachment/{{attachment}}", _download)
    router.add("PUT", f"{_ROOT}/Attachment/{{attachment}}", _replace)
    router.add("DELETE", f"{_ROOT}/Attachment/{{attachment}}", _delete)


def attach(business: Business, row: Row, receipt: Receipt) -> None:
    """Put a receipt on a row; a rejected or never reviewed row waits for review again."""
    business.receipts.setdefault(row["TransactionId"], []).append(receipt)
    if row["MetadataApprovalStatus"] in _REVIEWED_AGAIN:
        row["MetadataApprovalStatus"] = "NotReviewed"


def linked_file(request: Request, world: World, receipt_id: str) -> Response:
    """The file behind a link that stood in Content; whoever sends PEX credentials is refused."""
    if "authorization" in request.headers:
        raise Refusal(400, "Only one auth mechanism allowed")
    for business in world.businesses.values():
        for receipts in business.receipts.values():
            for receipt in receipts:
                if receipt.id == receipt_id and receipt.state == "Loaded":
                    return Response(200, receipt.content, {"content-type": _MEDIA[receipt.kind]})
    raise Refusal(404, "File does not exist")


def _listed(call: Call, transaction: int, receipt: Receipt) -> dict[str, Any]:
    path = f"/v4/Transactions/{transaction}/Attachment/{receipt.id}"
    return {
        "AttachmentId": receipt.id,
        "Type": receipt.type,
        "Size": len(receipt.content),
        "Link": {"related": call.request.base_url + path},
        "UploadStatus": receipt.state,
        "CreatedDateUtc": receipt.created,
        "CreatedBy": {"AdminId": None, "UserId": 4410},
        "UpdatedDateUtc": None,
        "UpdatedBy": None,
    }


def _row(call: Call, transaction: str) -> Row:
    call.need("ViewCardTransactions")
    return call.row(transaction)


def _list(call: Call, transaction: str) -> Response:
    row = _row(call, transaction)
    receipts = call.business.receipts.get(row["TransactionId"])
    if not receipts:
        raise Refusal(404, "Transaction has no attachments")
    listed = [_listed(call, row["TransactionId"], receipt) for receipt in receipts]
    return reply(
        {"Attachments": listed, "ApprovalStatus": row["MetadataApprovalStatus"] or "NotReviewed"}
    )


def _find(call: Call, row: Row, attachment: str) -> Receipt:
    receipts = call.business.receipts.get(row["TransactionId"], [])
    for receipt in receipts:
        if receipt.id == attachment.lower():
            return receipt
    raise Refusal(404, "Attachment does not exist")


def _download(call: Call, transaction: str, attachment: str) -> Response:
    row = _row(call, transaction)
    receipt = _find(call, row, attachment)
    if call.query.get("AttachmentLinkType").lower() not in _LINK_TYPES:
        raise Refusal(400, "AttachmentLinkType is not valid")
    if receipt.state != "Loaded":
        raise Refusal(404, f"Attachment is not available: {receipt.state}")
    entry = _listed(call, row["TransactionId"], receipt)
    del entry["Link"]
    status = row["MetadataApprovalStatus"] or "NotReviewed"
    return reply({**entry, "Content": _content(call, receipt), "ApprovalStatus": status})


def _content(call: Call, receipt: Receipt) -> str:
    switches = call.world.switches
    if switches.attachment_urls:
        return f"{call.request.base_url}/files/{receipt.id}"
    encoded = base64.b64encode(receipt.content).decode()
    if switches.attachment_data_uris:
        return f"data:{_MEDIA[receipt.kind]};base64,{encoded}"
    return encoded


def _sent(call: Call) -> tuple[str, bytes]:
    """The type and bytes in an upload's body; raises Refusal (400)."""
    body = call.body
    kind = body.text("Type")
    if kind not in ("Image", "Pdf"):
        raise Refusal(400, "Type must be Image or Pdf")
    try:
        content = base64.b64decode(body.text("Content"), validate=True)
    except binascii.Error:
        raise Refusal(400, "Content is not base64") from None
    if len(content) >= _LIMIT:
        raise Refusal(400, "Attachment is larger than 10 MB")
    return kind, content


def kind_of(content: bytes) -> str:
    """What the bytes are: `pdf`, `png`, `jpg`, or `text` for anything else."""
    starts = {b"%PDF-": "pdf", b"\x89PNG": "png", b"\xff\xd8\xff": "jpg"}
    return next((kind for start, kind in starts.items() if content.startswith(start)), "text")


def _upload(call: Call, transaction: str) -> Response:
    row, (kind, content) = _row(call, transaction), _sent(call)
    number = next(call.world.small_ids)
    key = hex_id(call.world.seed, "upload", number)
    now = utc_text(call.world.now())
    receipt = Receipt(key, kind_of(content), kind, "Loaded", now, uploaded=content)
    attach(call.business, row, receipt)
    path = f"/v4/Transactions/{row['TransactionId']}/Attachment/{key}"
    return reply({"AttachmentId": key, "Link": {"self": call.request.base_url + path}})


def _replace(call: Call, transaction: str, attachment: str) -> Response:
    receipt = _find(call, _row(call, transaction), attachment)
    receipt.type, receipt.uploaded = _sent(call)
    receipt.kind, receipt.state = kind_of(receipt.uploaded), "Loaded"
    return Response(200)


def _delete(call: Call, transaction: str, attachment: str) -> Response:
    _find(call, _row(call, transaction), attachment).state = "Deleted"
    return Response(200)


def _delete_all(call: Call, transaction: str) -> Response:
    for receipt in call.business.receipts.get(_row(call, transaction)["TransactionId"], []):
        receipt.state = "Deleted"
    return Response(200)
