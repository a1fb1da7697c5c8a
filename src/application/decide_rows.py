"""What is to become of each row: left alone, refused, found already there, or posted.

Nothing is written here, neither to the event log nor to Business Central; a preview is this step
and no more (M17).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from application.know_merchants import KnowMerchants
from application.ports.event_log import EventLog
from application.run_session import RunSession
from domain.document_keys import DocumentKeys
from domain.eligibility import check_money_moved, check_program, check_wanted, posting_date
from domain.findings import Finding, Nothing
from domain.journal_entry import JournalEntry
from domain.mapping import map_transaction
from domain.pex_snapshot import PexSnapshot
from domain.pex_transaction import Kind, PexTransaction, classify
from domain.posted_transaction import UNSETTLED, PostedTransaction, State
from domain.refusals import InDoubt, Refusal
from domain.sync_run import Outcome, Reported, SyncRun
from domain.vendors import MissingVendor

LOADED_AT_ONCE = 100  # a pack holds half of them at most, and the rest would be loaded again


@dataclass(frozen=True, slots=True)
class Settled:
    """Nothing is to be done with it in this run."""

    outcome: Outcome
    code: str | None = None
    cause: str | None = None


@dataclass(frozen=True, slots=True)
class InBooks:
    """It is posted; PEX may tell otherwise of it by now (M27)."""

    posting: PostedTransaction
    snapshot: PexSnapshot


@dataclass(frozen=True, slots=True)
class Underway:
    """This run posts it or asks about it elsewhere, and reports it there."""


@dataclass(frozen=True, slots=True)
class Withheld:
    """Skipped or refused, with the reason."""

    refusal: Refusal


@dataclass(frozen=True, slots=True)
class Found:
    """Business Central holds it already, though no event says so (contract 6.6, step 2)."""

    entry: JournalEntry
    finding: Finding


@dataclass(frozen=True, slots=True)
class Wanting:
    """To be posted once its merchant's vendor is there."""

    vendor: MissingVendor


@dataclass(frozen=True, slots=True)
class ToPost:
    """To be posted; `new_vendor` names the vendor that a preview does not create."""

    entry: JournalEntry
    new_vendor: str | None = None


Verdict = Settled | InBooks | Underway | Withheld | Found | Wanting | ToPost


@dataclass(frozen=True, slots=True)
class Decision:
    """A row, its stream and the aggregate where there is one, and what is to become of it."""

    row: PexTransaction
    kind: Kind
    stream: UUID
    known: PostedTransaction | None
    verdict: Verdict


class DecideRows:
    """Decides rows against the event log, the settings and the chart of a run."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self._merchants = KnowMerchants(log)

    def decide(
        self, run: SyncRun, session: RunSession, business_id: int, rows: Sequence[PexTransaction]
    ) -> Iterator[Decision]:
        """Decide rows in order; lazily, so that a caller may stop where its pack is full."""
        for first in range(0, len(rows), LOADED_AT_ONCE):
            yield from self._decide(run, session, business_id, rows[first : first + LOADED_AT_ONCE])

    def _decide(
        self, run: SyncRun, session: RunSession, business_id: int, rows: Sequence[PexTransaction]
    ) -> Iterator[Decision]:
        streams = [PostedTransaction.create_id(business_id, row.record, row.pex_id) for row in rows]
        known = self._log.find_many(PostedTransaction, streams)
        self._merchants.recall(run, session, rows)
        for row, stream in zip(rows, streams, strict=True):
            posting = known.get(stream)
            kind = classify(row)
            verdict = self._of_known(run, session, row, posting) if posting else None
            yield Decision(
                row,
                kind,
                stream,
                posting,
                verdict or self._of_new(run, session, row, kind, posting),
            )

    def _of_known(
        self, run: SyncRun, session: RunSession, row: PexTransaction, posting: PostedTransaction
    ) -> Verdict | None:
        """The verdict on one that was sent at some time; None for one that never was."""
        if posting.state is State.POSTED:
            here = posting.run_id == run.id
            return Underway() if here else InBooks(posting, PexSnapshot.of(row))
        if posting.state is State.HELD:
            return Settled(Outcome.FAILED, posting.code, posting.cause)
        if posting.state in UNSETTLED or posting.is_to_be_sent_again_to(session.target):
            if run.preview:
                return Settled(Outcome.IN_DOUBT, posting.code or InDoubt.code, posting.cause)
            return Underway()
        return None

    def _of_new(
        self,
        run: SyncRun,
        session: RunSession,
        row: PexTransaction,
        kind: Kind,
        posting: PostedTransaction | None,
    ) -> Verdict:
        edition = posting.edition if posting else 0
        keys = DocumentKeys.of(row.record, row.pex_id, session.letter, edition)
        try:
            check_money_moved(row, kind)
            check_program(kind, run.funding)
            check_wanted(row, kind, run.settings, run.kinds, run.window)
            vendor = self._merchants.vendor(run, session, row, kind)
            new = vendor if isinstance(vendor, MissingVendor) else None
            merchant = vendor.placeholder if isinstance(vendor, MissingVendor) else vendor
            entry = map_transaction(row, kind, run.settings, session.chart, keys, merchant)
        except Refusal as refusal:
            return Withheld(refusal)
        finding = session.look_before_writing(run).find(keys, entry)
        if not isinstance(finding, Nothing):
            return Found(entry, finding)
        if new is not None and not run.preview:
            return Wanting(new)
        return ToPost(entry, new.name if new else None)


def reported(run: SyncRun, decision: Decision, settled: Settled) -> Reported:
    """A decision's line in the report."""
    row = decision.row
    return Reported(
        row.record,
        row.pex_id,
        decision.kind,
        posting_date(row, run.settings),
        row.merchant,
        row.amount,
        settled.outcome,
        settled.code,
        settled.cause,
    )
