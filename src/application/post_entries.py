"""From worklist to pack: decide, reserve, and note what is about to be sent (M20 to M26).

The order is the promise of exactly once: what will be sent stands in the event log, together with
the fact that it is being sent, before a byte leaves. A crash before the outcome is recorded leaves
transactions `submitted`, which `settle_doubt` asks BC about.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from application.add_vendors import VENDORS_AT_ONCE, AddVendors
from application.decide_rows import (
    DecideRows,
    Decision,
    Found,
    InBooks,
    Settled,
    ToPost,
    Wanting,
    Withheld,
    reported,
)
from application.know_merchants import KnowMerchants
from application.known_defaults import ways
from application.notice_changes import notice_changes
from application.ports.clock import Clock
from application.ports.event_log import EventLog
from application.ports.transactions import Atomically
from application.ports.worklist import Worklist
from application.reporting import pages
from application.reserve_numbers import ReserveNumbers
from application.run_session import RunSession
from application.send_packs import Idle, Pack
from domain.findings import InLedger, Part, Twice, Whole
from domain.journal_entry import JournalEntry
from domain.pack import CAPACITY, NumberedEntry
from domain.pex_snapshot import PexSnapshot
from domain.posted_transaction import Facts, Place, PostedTransaction, State
from domain.refusals import Failure, NotApproved, PartlyFound, Refusal
from domain.sync_run import Outcome, Reported, SyncRun
from domain.vendors import MissingVendor

ROWS_AT_ONCE = 500
ROWS_AT_FIRST = 100
"""Enough for a pack where all rows are new."""


@dataclass(slots=True)
class Batch:
    """What one look at the worklist came to.

    Rows that lack their vendor are left undecided: `missing` are the vendors to be created now, by
    match key, and `waits` the times until which others must be waited for.
    """

    decided: list[Decision] = field(default_factory=list)
    reports: list[Reported] = field(default_factory=list)
    changed: list[PostedTransaction] = field(default_factory=list)
    entries: list[tuple[PostedTransaction, JournalEntry]] = field(default_factory=list)
    snapshots: dict[UUID, PexSnapshot] = field(default_factory=dict)
    lines: int = 0
    missing: dict[str, MissingVendor] = field(default_factory=dict)
    waits: list[datetime] = field(default_factory=list)


class PostEntries:
    """Makes what the worklist of a run holds ready to be sent, one pack a call."""

    def __init__(
        self,
        worklist: Worklist,
        log: EventLog,
        clock: Clock,
        atomically: Atomically,
        vendors: AddVendors,
        boundary: Callable[[str], None],
        capacity: int = CAPACITY,
    ) -> None:
        self._worklist = worklist
        self._log = log
        self._clock = clock
        self._atomically = atomically
        self._vendors = vendors
        self._merchants = KnowMerchants(log)
        self._decide = DecideRows(log)
        self._numbers = ReserveNumbers(log, clock)
        self._boundary = boundary
        self._capacity = capacity

    def next_pack(self, run: SyncRun, session: RunSession, business_id: int) -> Pack | Idle:
        """Decide the next rows; create the vendors that they lack, or reserve what is to be sent.

        The pack stands in the event log as submitted, and is to be sent at once. It holds nothing
        where all rows were decided otherwise.
        """
        merchants = self._merchants.of(run, session)
        if merchants.idle_until and merchants.idle_until > self._clock.now():
            return Idle(merchants.idle_until)
        batch = self._look(run, session, business_id)
        self._boundary("decided")
        if batch.missing:
            self._vendors.add(run, session, merchants, tuple(batch.missing.values()))
            return []
        if not batch.decided:
            merchants.idle_until = min(batch.waits, default=None)
            return Idle(merchants.idle_until)
        pack = self._write_down(run, session, batch)
        self._boundary("reserved")
        return pack

    def _look(self, run: SyncRun, session: RunSession, business_id: int) -> Batch:
        """Decide rows until a pack is full; those that wait for their vendors hold up no other."""
        batch, skip = Batch(), 0
        while rows := self._worklist.take(run.id, ROWS_AT_ONCE if skip else ROWS_AT_FIRST, skip):
            for decision in self._decide.decide(run, session, business_id, rows):
                if isinstance(decision.verdict, Wanting):
                    self._want(run, session, decision.verdict.vendor, batch)
                elif not self._sort(run, session, business_id, decision, batch):
                    return batch
                if len(batch.missing) == VENDORS_AT_ONCE:
                    return batch
            if batch.missing or len(batch.decided) >= ROWS_AT_ONCE:
                break
            skip += len(rows)
        return batch

    def _want(self, run: SyncRun, session: RunSession, vendor: MissingVendor, batch: Batch) -> None:
        due = self._merchants.of(run, session).due.get(vendor.key)
        if due is not None and due > self._clock.now():
            batch.waits.append(due)
        else:
            batch.missing.setdefault(vendor.key, vendor)

    def _sort(
        self,
        run: SyncRun,
        session: RunSession,
        business_id: int,
        decision: Decision,
        batch: Batch,
    ) -> bool:
        """Put a decision where it belongs; False when its entry does not fit in any more."""
        verdict = decision.verdict
        if isinstance(verdict, ToPost):
            if batch.lines + len(verdict.entry.lines) > self._capacity and not run.preview:
                return False
            self._to_post(run, business_id, decision, verdict, batch)
        elif isinstance(verdict, Settled):
            batch.reports.append(reported(run, decision, verdict))
        elif isinstance(verdict, InBooks):
            self._compare(run, decision, verdict, batch)
        elif isinstance(verdict, Withheld):
            self._withhold(run, business_id, decision, verdict.refusal, batch)
        elif isinstance(verdict, Found):
            self._take_over(run, session, business_id, decision, verdict, batch)
        batch.decided.append(decision)
        return True

    def _to_post(
        self,
        run: SyncRun,
        business_id: int,
        decision: Decision,
        verdict: ToPost,
        batch: Batch,
    ) -> None:
        entry = verdict.entry
        if run.preview:
            line = replace(
                reported(run, decision, Settled(Outcome.WOULD_POST)),
                document_number=entry.document_number,
                lines=entry.lines,
                new_vendor=verdict.new_vendor,
            )
            batch.reports.append(line)
            return
        batch.entries.append((self._stream(run, business_id, decision), entry))
        batch.snapshots[decision.stream] = PexSnapshot.of(decision.row)
        batch.lines += len(entry.lines)

    def _compare(self, run: SyncRun, decision: Decision, books: InBooks, batch: Batch) -> None:
        """Report one that is posted, with what changed in PEX since; never post it again (M27)."""
        notice = notice_changes(run, books.posting, books.snapshot, self._clock.now())
        code, cause = (notice.code, notice.cause) if notice else (None, None)
        settled = Settled(Outcome.ALREADY_POSTED, code, cause)
        batch.reports.append(reported(run, decision, settled))
        if books.posting.pending_events:
            batch.changed.append(books.posting)

    def _withhold(
        self,
        run: SyncRun,
        business_id: int,
        decision: Decision,
        refusal: Refusal,
        batch: Batch,
    ) -> None:
        failed = isinstance(refusal, Failure)
        outcome = Outcome.FAILED if failed else Outcome.SKIPPED
        batch.reports.append(reported(run, decision, Settled(outcome, refusal.code, refusal.cause)))
        if run.preview or not (failed or isinstance(refusal, NotApproved)):
            return
        posting = self._stream(run, business_id, decision)
        state = State.FAILED if failed else State.SKIPPED
        posting.withhold(state, refusal.code, refusal.cause, run.id, self._clock.now())
        batch.changed.append(posting)

    def _take_over(
        self,
        run: SyncRun,
        session: RunSession,
        business_id: int,
        decision: Decision,
        found: Found,
        batch: Batch,
    ) -> None:
        """Adopt what is there whole; leave what is there in part to a person."""
        finding, now = found.finding, self._clock.now()
        snapshot = PexSnapshot.of(decision.row)
        posting = None if run.preview else self._stream(run, business_id, decision)
        if isinstance(finding, Part | Twice):
            count = finding.found if isinstance(finding, Part) else len(finding.lines)
            refusal = PartlyFound(count, len(found.entry.lines))
            settled = Settled(Outcome.FAILED, refusal.code, refusal.cause)
            if posting is not None:
                posting.hold(refusal.code, refusal.cause, run.id, now)
        else:
            settled = Settled(Outcome.ALREADY_POSTED)
            if posting is not None and isinstance(finding, Whole):
                posting.adopt(
                    Place.JOURNAL, finding.line_ids, run.id, now, session.letter, snapshot
                )
            elif posting is not None and isinstance(finding, InLedger):
                posting.adopt(
                    Place.LEDGER, finding.entry_ids, run.id, now, session.letter, snapshot
                )
        batch.reports.append(reported(run, decision, settled))
        if posting is not None:
            batch.changed.append(posting)

    def _stream(self, run: SyncRun, business_id: int, decision: Decision) -> PostedTransaction:
        """The transaction's aggregate, begun where it is seen for the first time."""
        if decision.known is not None:
            return decision.known
        row = decision.row
        facts = Facts(
            decision.kind,
            row.amount,
            row.purchase_date,
            row.settlement_date,
            row.merchant,
            row.cardholder,
        )
        return PostedTransaction(
            self._clock.now(),
            run.connection_id,
            business_id,
            row.record,
            row.pex_id,
            facts,
            run.id,
        )

    def _write_down(self, run: SyncRun, session: RunSession, batch: Batch) -> Pack:
        """Store decisions, reservations and the intention to send them, all at once."""
        pack = [posting for posting, _ in batch.entries]
        self._reserve(run, session, batch)
        with self._atomically():
            keys = [(decision.row.record, decision.row.pex_id) for decision in batch.decided]
            self._worklist.finish(run.id, keys)
            report = pages(run, batch.reports, self._clock.now())
            self._log.save(*batch.changed, *pack, *report)
        return pack

    def _reserve(self, run: SyncRun, session: RunSession, batch: Batch) -> None:
        if not batch.entries:
            return
        goes_bare = ways(self._log, session.target)
        free = iter(self._numbers.take(session, batch.lines))
        now = self._clock.now()
        for posting, entry in batch.entries:
            lines = tuple(next(free) for _ in entry.lines)
            digest = NumberedEntry(posting.id, entry, lines).payload_hash
            posting.reserve(
                entry,
                lines,
                session.target,
                run.settings_version,
                digest,
                run.id,
                now,
                session.letter,
                batch.snapshots[posting.id],
            )
            posting.submit(run.id, now, bare=goes_bare(entry))
