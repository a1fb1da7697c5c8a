"""What the API answers about a transaction's receipts (M24)."""

from datetime import UTC, datetime

import msgspec

from application.ports.read_models import ReceiptView
from domain.posted_transaction import Place
from domain.receipts import ReceiptStatus
from domain.refusals import fix_for


class ReceiptAnswer(msgspec.Struct):
    """A receipt: where it is, or why it is not attached and what to do.

    `status` is found, waiting (for PEX), skipped, sending, failed (the next run tries again),
    refused (not tried again as it stands) or attached; `place` is the journal or the ledger.
    Without a `receipt_id` it says that PEX does not list the transaction's receipts.
    """

    receipt_id: str | None
    status: ReceiptStatus
    file_name: str | None
    size: int | None
    sha256: str | None
    place: Place | None
    parent_id: str | None
    file_id: str | None
    code: str | None
    detail: str | None
    fix: str | None
    gone_from_pex: bool
    changed_at: datetime


def rendered(view: ReceiptView) -> ReceiptAnswer:
    """A receipt of a transaction."""
    return ReceiptAnswer(
        receipt_id=view.receipt_id or None,
        status=view.status,
        file_name=view.file_name,
        size=view.size,
        sha256=view.sha256,
        place=view.place,
        parent_id=view.parent_id,
        file_id=view.file_id,
        code=view.code,
        detail=view.cause,
        fix=fix_for(view.code) if view.code else None,
        gone_from_pex=view.gone_from_pex,
        changed_at=view.at.astimezone(UTC),
    )
