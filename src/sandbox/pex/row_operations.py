"""What a test or a demo can do to rows, their tags and receipts (PEX contract 11.4)."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from sandbox import company
from sandbox.pex.attachments import attach
from sandbox.pex.deliveries import announce, is_settlement
from sandbox.pex.rows import MEMBERS, movement_row, purchase_row, split_entry, tag_entry
from sandbox.pex.wire import Refusal, amount_of, utc_text, wall_text
from sandbox.pex.world import LISTS, STATES, Business, Receipt, Row, World


class RowOperations:
    """Changes to rows as plain calls. Ids are TransactionIds; unknown ones raise Refusal (404).

    Whatever is given as an amount may be `Decimal`, `int` or text, never a float.
    """

    def __init__(self, world: World) -> None:
        self.world = world

    def business(self, number: int = company.PREPAID_BUSINESS) -> Business:
        """A business's state, to be looked at; raises Refusal (404)."""
        if number not in self.world.businesses:
            raise Refusal(404, "Business does not exist")
        return self.world.businesses[number]

    def row(self, transaction: int) -> Row:
        """A row of any business and list, as PEX would send it."""
        row = self.world.business_of(transaction).row(transaction)
        if row is None:
            raise Refusal(404, f"Transaction {transaction} does not exist")
        return row

    def add_row(
        self,
        members: Mapping[str, Any] | None = None,
        *,
        business: int = company.PREPAID_BUSINESS,
        where: str = "card",
        vendor_bill: bool = False,
    ) -> Row:
        """Add a row: `members` over a settled, approved, untagged card purchase of 48.60.

        On the `business` list the members go over a funding of 500.00 instead. Its times are
        now unless given. Where it is a settlement, callbacks go out. Returns the row.
        """
        with self.world.lock:
            owner = self.business(business)
            if where not in LISTS:
                raise Refusal(400, f"list must be one of {', '.join(LISTS)}")
            given = _known(members or {})
            number = given.get("TransactionId") or next(self.world.row_ids)
            if owner.row(number) is not None:
                raise Refusal(409, f"Transaction {number} exists")
            row = self._usual(owner, where) | {"TransactionId": number} | given
            owner.rows[where][number] = row
            if vendor_bill:
                owner.vendor_bills.add(number)
            if where == "card" and is_settlement(row):
                announce(self.world, owner, row)
            return row

    def _usual(self, owner: Business, where: str) -> Row:
        now = wall_text(self.world.now())
        times = {"TransactionTime": now, "SettlementTime": now}
        if where == "business":
            return movement_row(
                {
                    **times,
                    "AcctId": owner.id,
                    "TransactionAmount": Decimal("500.00"),
                    "TransactionTypeCategory": "BusinessFunding",
                    "Description": "ACH credit",
                }
            )
        account = owner.accounts[0].id
        return purchase_row({**times, "AcctId": account, "MetadataApprovalStatus": "Approved"})

    def change_row(self, transaction: int, members: Mapping[str, Any]) -> Row:
        """Set members of a row, as a correction by PEX would."""
        with self.world.lock:
            row = self.row(transaction)
            row.update(_known(members))
            return row

    def remove_row(self, transaction: int) -> None:
        """Let a row vanish with its receipts."""
        with self.world.lock:
            business = self.world.business_of(transaction)
            for rows in business.rows.values():
                rows.pop(transaction, None)
            business.receipts.pop(transaction, None)
            business.vendor_bills.discard(transaction)

    def empty(self, business: int | None = None) -> None:
        """Drop all rows, receipts and invoices, of one business or of all."""
        with self.world.lock:
            for owner in self.world.businesses.values():
                if business in (None, owner.id):
                    owner.rows = {name: {} for name in LISTS}
                    for kept in (owner.receipts, owner.payments, owner.allocations):
                        kept.clear()
                    owner.invoices.clear()
                    owner.vendor_bills.clear()

    def settle(self, transaction: int, amount: Decimal | str | None = None) -> Row:
        """Settle a pending row now: it vanishes, a new row with a new id takes its place.

        Tags, notes and receipts go over. `amount` is the settled amount where it differs.
        """
        with self.world.lock:
            pending = self.row(transaction)
            if not pending["IsPending"]:
                raise Refusal(409, f"Transaction {transaction} is not pending")
            business = self.world.business_of(transaction)
            receipts = business.receipts.get(transaction)
            bill = transaction in business.vendor_bills
            members = {name: pending[name] for name in MEMBERS} | {
                "TransactionId": next(self.world.row_ids),
                "AuthTransactionId": transaction,
                "IsPending": False,
                "SettlementTime": wall_text(self.world.now()),
                "PaddingAmount": 0,
            }
            if amount is not None:
                members["TransactionAmount"] = amount
            self.remove_row(transaction)
            row = self.add_row(members, business=business.id, vendor_bill=bill)
            if receipts:
                business.receipts[row["TransactionId"]] = receipts
            return row

    def approve(self, transaction: int) -> Row:
        """Approve, as an administrator does on the dashboard."""
        return self.change_row(transaction, {"MetadataApprovalStatus": "Approved"})

    def reject(self, transaction: int) -> Row:
        """Reject."""
        return self.change_row(transaction, {"MetadataApprovalStatus": "Rejected"})

    def reset(self, transaction: int) -> Row:
        """Take an approval or a rejection back."""
        return self.change_row(transaction, {"MetadataApprovalStatus": "NotReviewed"})

    def retag(self, transaction: int, values: Mapping[str, Any] | None) -> Row:
        """Replace the tags by these values by tag id, unchecked; None takes all tags off."""
        with self.world.lock:
            if values is None:
                return self.change_row(transaction, {"TransactionTags": None})
            known = self.world.business_of(transaction).tags
            entries = [
                tag_entry(known.get(tag, {"Id": tag, "Name": "Unknown"}), value)
                for tag, value in values.items()
            ]
            return self._write_tags(transaction, entries)

    def split(
        self, transaction: int, parts: Sequence[Mapping[str, Any]], *, as_text: bool = True
    ) -> Row:
        """Split by parts `{"amount": ..., "values": {tag id: value}}`, sums unchecked.

        `as_text` writes each Value as JSON text, otherwise as an object.
        """
        with self.world.lock:
            business = self.world.business_of(transaction)
            tag = next(t["Id"] for t in business.tags.values() if t["Type"] == "Allocation")
            entries = [
                split_entry(
                    tag,
                    business.id,
                    part.get("values") or {},
                    amount_of(part.get("amount")),
                    as_text=as_text,
                )
                for part in parts
            ]
            return self._write_tags(transaction, entries)

    def _write_tags(self, transaction: int, entries: list[dict[str, Any]]) -> Row:
        version = self.world.new_hex("fields", transaction)
        tags = {"Tags": entries, "State": "Selected", "FieldsVersion": version}
        return self.change_row(transaction, {"TransactionTags": tags})

    def add_receipt(
        self,
        transaction: int,
        kind: str = "png",
        *,
        state: str = "Loaded",
        type: str | None = None,  # noqa: A002 - PEX's own word for it
        content: bytes | None = None,
    ) -> Receipt:
        """Put a receipt on a row now. `kind` is what the bytes are: png, jpg, pdf or text.

        `type` is what PEX calls them, `Image` or `Pdf`, which need not be true; `content` replaces
        the generated bytes.
        """
        with self.world.lock:
            row = self.row(transaction)
            if kind not in ("png", "jpg", "pdf", "text"):
                raise Refusal(400, "kind must be png, jpg, pdf or text")
            receipt = Receipt(
                id=self.world.new_hex("receipt"),
                kind=kind,
                type=type or ("Pdf" if kind == "pdf" else "Image"),
                state=_state(state),
                created=utc_text(self.world.now()),
                caption=f"{row['MerchantName']} {abs(row['TransactionAmount'])}",
                uploaded=content,
            )
            attach(self.world.business_of(transaction), row, receipt)
            return receipt

    def set_receipt_state(self, receipt: str, state: str) -> Receipt:
        """Move a receipt to another upload state, by its AttachmentId."""
        with self.world.lock:
            for business in self.world.businesses.values():
                for receipts in business.receipts.values():
                    for found in receipts:
                        if found.id == receipt:
                            found.state = _state(state)
                            return found
            raise Refusal(404, "Receipt does not exist")


def _known(members: Mapping[str, Any]) -> Row:
    unknown = set(members) - MEMBERS
    if unknown:
        raise Refusal(400, f"unknown members: {', '.join(sorted(unknown))}")
    given = dict(members)
    for name in ("TransactionAmount", "PaddingAmount", "SourceAmount"):
        if given.get(name) is not None:
            given[name] = amount_of(given[name])
    return given


def _state(state: str) -> str:
    if state not in STATES:
        raise Refusal(400, f"state must be one of {', '.join(STATES)}")
    return state
