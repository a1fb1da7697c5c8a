"""The state of a business as JSON, for tests that look behind PEX's answers."""

from collections import Counter
from dataclasses import asdict
from typing import Any

from sandbox.pex.world import Business, Receipt


def dumped(owner: Business) -> dict[str, Any]:
    """Everything that belongs to a business; receipts with the digest of their bytes."""
    return {
        "id": owner.id,
        "name": owner.name,
        "funding": owner.funding,
        "username": owner.username,
        "status": owner.status,
        "user_type": owner.user_type,
        "tags_enabled": owner.tags_enabled,
        "permissions": dict(owner.permissions),
        "accounts": [asdict(account) for account in owner.accounts],
        "rows": {where: list(rows.values()) for where, rows in owner.rows.items()},
        "vendor_bills": sorted(owner.vendor_bills),
        "receipts": {
            str(transaction): [_dumped_receipt(receipt) for receipt in receipts]
            for transaction, receipts in owner.receipts.items()
        },
        "tags": list(owner.tags.values()),
        "hidden_options": {tag: sorted(hidden) for tag, hidden in owner.hidden_options.items()},
        "invoices": owner.invoices,
        "payments": {str(number): found for number, found in owner.payments.items()},
        "allocations": {str(number): found for number, found in owner.allocations.items()},
        "callbacks": list(owner.callbacks.values()),
        "callback_secret": owner.callback_secret,
        "deliveries": [dict(delivery) for delivery in owner.deliveries],
        "delivery_counts": dict(Counter(delivery["outcome"] for delivery in owner.deliveries)),
    }


def _dumped_receipt(receipt: Receipt) -> dict[str, Any]:
    return {
        "id": receipt.id,
        "kind": receipt.kind,
        "type": receipt.type,
        "state": receipt.state,
        "created": receipt.created,
        "size": len(receipt.content),
        "sha256": receipt.sha256,
    }
