"""The receipts of one transaction on their way to its entry in Business Central (M24).

A stream of its own beside the posting's, so that no receipt ever blocks, changes or repeats an
entry. What is being made stands here before it is made; BC's own list of files is the proof.
"""

# ruff: noqa: ARG002 - an event's body names all that the event stores
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from uuid import UUID, uuid5

from eventsourcing.domain import Aggregate, event

from domain.pex_transaction import Record
from domain.receipts import (
    UNSETTLED,
    Attached,
    Holder,
    Receipt,
    ReceiptFile,
    ReceiptInDoubt,
    ReceiptLineGone,
    ReceiptStatus,
    status_for,
)
from domain.refusals import Refusal

_NAMESPACE = UUID("a4c1f6de-9d53-4a8b-8f0e-6b1c2d7e3f15")


class TransactionReceipts(Aggregate):
    """What became of the receipts of one transaction."""

    TOPIC = "transaction_receipts"

    @staticmethod
    def create_id(business_id: int, record: Record, pex_id: int) -> UUID:
        """Derived like the posting's own, and never equal to it."""
        return uuid5(_NAMESPACE, f"{business_id}/{record.value}/{pex_id}")

    @event("Created", topic="transaction_receipts.begun")
    def __init__(
        self,
        timestamp: datetime,
        connection_id: UUID,
        business_id: int,
        record: Record,
        pex_id: int,
        run_id: UUID,
    ) -> None:
        self.connection_id = connection_id
        self.business_id = business_id
        self.record = record
        self.pex_id = pex_id
        self.receipts: dict[str, Receipt] = {}
        self.trouble: tuple[str, str] | None = None
        self.trouble_noted_at = timestamp

    # --- what PEX tells ----------------------------------------------------------------------

    def note_listing(
        self, trouble: tuple[str, str] | None, run_id: UUID, timestamp: datetime
    ) -> None:
        """Note the code and cause for which PEX did not list the receipts, or that it does."""
        if trouble != self.trouble:
            code, cause = trouble or (None, None)
            self._listing_noted(timestamp, code, cause, run_id)

    @event("ListingNoted", topic="transaction_receipts.listing_noted")
    def _listing_noted(
        self, timestamp: datetime, code: str | None, cause: str | None, run_id: UUID
    ) -> None:
        self.trouble = (code, cause or "") if code else None
        self.trouble_noted_at = timestamp

    def find(self, receipt_ids: Iterable[str], run_id: UUID, timestamp: datetime) -> None:
        """Number the receipts that are new, in this order."""
        new = tuple(dict.fromkeys(one for one in receipt_ids if one not in self.receipts))
        if new:
            self._found(timestamp, new, run_id)

    @event("Found", topic="transaction_receipts.found")
    def _found(self, timestamp: datetime, receipt_ids: tuple[str, ...], run_id: UUID) -> None:
        self.receipts = self.receipts | {
            receipt_id: Receipt(receipt_id, number, ReceiptStatus.FOUND, timestamp)
            for number, receipt_id in enumerate(receipt_ids, start=len(self.receipts) + 1)
        }

    def note_presence(self, present: Iterable[str], run_id: UUID, timestamp: datetime) -> None:
        """Note which attached receipts PEX has lost, or has again; the files stay (M27)."""
        here = set(present)
        attached = [one for one in self.receipts.values() if one.status is ReceiptStatus.ATTACHED]
        gone = tuple(one.id for one in attached if one.id not in here)
        if gone != tuple(one.id for one in attached if one.gone_from_pex):
            self._presence_noted(timestamp, gone, run_id)

    @event("PresenceNoted", topic="transaction_receipts.presence_noted")
    def _presence_noted(self, timestamp: datetime, gone: tuple[str, ...], run_id: UUID) -> None:
        self.receipts = {
            key: replace(one, gone_from_pex=key in gone) for key, one in self.receipts.items()
        }

    # --- what is not attached, and why -------------------------------------------------------

    def withhold(
        self,
        receipt_id: str,
        refusal: Refusal,
        run_id: UUID,
        timestamp: datetime,
        told_size: int | None = None,
    ) -> None:
        """Note why a receipt is not attached, where that is news."""
        status = status_for(refusal)
        known = self.receipts[receipt_id]
        now = (status, refusal.code, refusal.cause, told_size)
        if (known.status, known.code, known.cause, known.told_size) != now:
            self._withheld(
                timestamp, receipt_id, status, refusal.code, refusal.cause, told_size, run_id
            )

    @event("Withheld", topic="transaction_receipts.withheld")
    def _withheld(
        self,
        timestamp: datetime,
        receipt_id: str,
        status: ReceiptStatus,
        code: str,
        cause: str,
        told_size: int | None,
        run_id: UUID,
    ) -> None:
        self.receipts = self.receipts | {
            receipt_id: Receipt(
                receipt_id,
                self.receipts[receipt_id].number,
                status,
                timestamp,
                code,
                cause,
                told_size=told_size,
            )
        }

    # --- intention before action, and outcome ------------------------------------------------

    @event("Sending", topic="transaction_receipts.sending")
    def send(
        self, timestamp: datetime, files: tuple[ReceiptFile, ...], holder: Holder, run_id: UUID
    ) -> None:
        """Write down which files are about to be made, before any is."""
        self.receipts = self.receipts | {
            file.receipt_id: Receipt(
                file.receipt_id,
                self.receipts[file.receipt_id].number,
                ReceiptStatus.SENDING,
                timestamp,
                ReceiptInDoubt.code,
                str(ReceiptInDoubt()),
                file=file,
                holder=holder,
            )
            for file in files
        }

    @event("Attached", topic="transaction_receipts.attached")
    def attach(
        self, timestamp: datetime, attached: tuple[Attached, ...], holder: Holder, run_id: UUID
    ) -> None:
        """BC holds these files whole, of whichever attempt."""
        self.receipts = self.receipts | {
            one.file.receipt_id: Receipt(
                one.file.receipt_id,
                self.receipts[one.file.receipt_id].number,
                ReceiptStatus.ATTACHED,
                timestamp,
                file=one.file,
                file_id=one.file_id,
                holder=holder,
            )
            for one in attached
        }

    # --- reading -----------------------------------------------------------------------------

    @property
    def is_unsettled(self) -> bool:
        """Whether the next run has something to do about it of itself."""
        return self.trouble is not None or any(
            one.status in UNSETTLED for one in self.receipts.values()
        )

    @property
    def has_lost_its_line(self) -> bool:
        """Whether the entry was found neither in the journal nor in the ledger."""
        return any(one.code == ReceiptLineGone.code for one in self.receipts.values())

    def holder_of(self, document_number: str) -> Holder | None:
        """What this entry's files were last attached to; None where none was."""
        return next(
            (
                one.holder
                for one in reversed(self.receipts.values())
                if one.is_attached_to(document_number)
            ),
            None,
        )
