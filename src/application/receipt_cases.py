"""One step's work on receipts: the transactions that it is about, and what is known of each."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from application.ports.receipt_checks import Wanted
from application.ports.worklist import RowKey
from domain.posted_transaction import Place, PostedTransaction
from domain.receipts import Attached, Holder, ReceiptFile, ReceiptStatus
from domain.refusals import Refusal
from domain.transaction_receipts import TransactionReceipts

MOST_PUT_OFF = 2
_TROUBLED = frozenset({ReceiptStatus.FAILED, ReceiptStatus.REFUSED, ReceiptStatus.SENDING})


@dataclass(frozen=True, slots=True)
class Content:
    """A receipt as it was fetched from PEX, checked and named."""

    file: ReceiptFile
    content: bytes


@dataclass(slots=True)
class Case:
    """One transaction's receipts in this step.

    Attributes:
        holder: what its files hang on; None where the entry is nowhere in BC.
        contents: what is to be attached.
        attached: what BC holds by now, of this step.
        wait_until: when to look again within this run; None where the run is done with it.
        hindered: whether something that concerns all kept it from its end.
    """

    wanted: Wanted
    posting: PostedTransaction
    receipts: TransactionReceipts
    holder: Holder | None
    contents: list[Content] = field(default_factory=list)
    attached: list[Attached] = field(default_factory=list)
    wait_until: datetime | None = None
    hindered: bool = False

    def put_off(self, until: datetime) -> None:
        """Let it be looked at again within this run, unless that happened often enough."""
        if self.wanted.put_off < MOST_PUT_OFF:
            self.wait_until = until if self.wait_until is None else max(self.wait_until, until)

    def withhold(
        self, contents: Iterable[Content], refusal: Refusal, run_id: UUID, timestamp: datetime
    ) -> None:
        """Note why these are not attached."""
        for one in contents:
            self.receipts.withhold(one.file.receipt_id, refusal, run_id, timestamp)

    @property
    def document_number(self) -> str:
        """The entry that the files are for."""
        return self.posting.keys.document_number

    @property
    def has_story(self) -> bool:
        """Whether there is anything to be remembered about its receipts."""
        return bool(self.receipts.receipts) or self.receipts.trouble is not None

    @property
    def troubled(self) -> int:
        """How many of its receipts could not be attached."""
        statuses = [one.status for one in self.receipts.receipts.values()]
        return sum(one in _TROUBLED for one in statuses) + (self.receipts.trouble is not None)


@dataclass(slots=True)
class Gathered:
    """What was fetched from PEX, what is none of the run's business, and what hindered the rest."""

    cases: list[Case] = field(default_factory=list)
    passed: list[RowKey] = field(default_factory=list)
    trouble: Refusal | None = None


def first_holder(posting: PostedTransaction) -> Holder:
    """The PEX line, which is the last of an entry; of one found in the ledger its first id.

    Every ledger entry of a document shows the same files (contract 2.10.5).
    """
    document_number = posting.keys.document_number
    if posting.place is Place.LEDGER:
        return Holder(min(posting.line_ids), Place.LEDGER, document_number)
    return Holder(posting.line_ids[-1], Place.JOURNAL, document_number)
