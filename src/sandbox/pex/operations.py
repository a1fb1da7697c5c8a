"""What a test or a demo can do to the world behind PEX's back (PEX contract 11.4)."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from decimal import Decimal
from typing import Any

from sandbox import company
from sandbox.pex.attachments import attach
from sandbox.pex.rows import MEMBERS, movement_row, purchase_row, split_entry, tag_entry
from sandbox.pex.tag_definitions import mark_deleted
from sandbox.pex.wire import DEAD_TOKEN, Refusal, amount_of, utc_text, wall_text
from sandbox.pex.world import LISTS, PERMISSIONS, STATES, Business, Receipt, Row, Switches, World

_ENDINGS = {
    "password": (401, "Password has changed"),
    "inactive": (403, "User is not active"),
}
_BUSINESS_SWITCHES = ("tags_enabled", "user_type", "status")


class Operations:
    """Changes to a world as plain calls. Ids are TransactionIds; unknown ones raise Refusal (404).

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
        now unless given. Returns the row.
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

    def expire_token(self, token: str, how: str = "expired") -> None:
        """End a token: `expired` at once, `password` or `inactive` with that answer once first."""
        with self.world.lock:
            found = self.world.tokens.get(token)
            if found is None:
                raise Refusal(404, DEAD_TOKEN)
            if how == "expired":
                found.expires = self.world.now()
            elif how in _ENDINGS:
                found.refusal = _ENDINGS[how]
            else:
                raise Refusal(400, "how must be expired, password or inactive")

    def switch(self, business: int | None = None, **values: Any) -> Switches:
        """Set switches: those of `Switches`, and of a business (all of them unless one is named).

        Of a business: `tags_enabled`, `user_type` (Admin, Cardholder), `status` (OPEN, CLOSED)
        and `permissions`, a mapping from flag to true, false or None. Raises Refusal (400).
        """
        with self.world.lock:
            known = {field.name for field in fields(Switches)}
            unknown = set(values) - known - {*_BUSINESS_SWITCHES, "permissions"}
            if unknown:
                raise Refusal(400, f"unknown switches: {', '.join(sorted(unknown))}")
            owners = [self.business(business)] if business else self.world.businesses.values()
            for name, value in values.items():
                if name in known:
                    setattr(self.world.switches, name, value)
                for owner in owners:
                    _switch_business(owner, name, value)
            return self.world.switches

    def delete_tag(self, tag: str) -> None:
        """Delete a tag definition softly, as an administrator does; rows keep its values."""
        with self.world.lock:
            mark_deleted(self._tag(tag), utc_text(self.world.now()), {})

    def disable_option(self, tag: str, value: str, *, enabled: bool = False) -> None:
        """Disable (or enable) one option of a dropdown tag by its Value."""
        with self.world.lock:
            for option in self._tag(tag).get("Options", []):
                if option["Value"] == value:
                    option["IsEnabled"] = enabled
                    self._tag(tag)["ConcurrencyKey"] = self.world.new_hex("concurrency", tag)
                    return
            raise Refusal(404, "Option does not exist")

    def remove_option(self, tag: str, value: str) -> None:
        """Remove one option of a dropdown tag; rows keep its value."""
        with self.world.lock:
            self.disable_option(tag, value)
            found = self._tag(tag)
            found["Options"] = [item for item in found["Options"] if item["Value"] != value]

    def _tag(self, tag: str) -> dict[str, Any]:
        for business in self.world.businesses.values():
            if tag in business.tags:
                return business.tags[tag]
        raise Refusal(404, "Tag does not exist")

    def dump(self) -> dict[str, Any]:
        """The whole state, ready for JSON; receipts with the digest of their bytes."""
        with self.world.lock:
            return {
                "now": utc_text(self.world.now()),
                "businesses": [_dumped(owner) for owner in self.world.businesses.values()],
                "tokens": [asdict(token) for token in self.world.tokens.values()],
                "switches": asdict(self.world.switches),
            }


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


def _switch_business(owner: Business, name: str, value: Any) -> None:
    if name in _BUSINESS_SWITCHES:
        setattr(owner, name, value)
    if name == "permissions":
        unknown = set(value) - set(PERMISSIONS)
        if unknown:
            raise Refusal(400, f"unknown permissions: {', '.join(sorted(unknown))}")
        owner.permissions.update(value)


def _dumped(owner: Business) -> dict[str, Any]:
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
