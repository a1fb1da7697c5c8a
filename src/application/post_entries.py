"""From worklist to journal: decide, reserve, send a pack, record what became of it (M20 to M26).

The order is the promise of exactly once: what will be sent stands in the event log, together with
the fact that it is being sent, before a byte leaves; and every outcome is recorded before the next
pack. A crash in between leaves transactions `submitted`, which `settle_doubt` asks BC about.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from application.decide_rows import (
    DecideRows,
    Decision,
    Found,
    Settled,
    ToPost,
    Withheld,
    reported,
)
from application.known_defaults import ways
from application.ports.clock import Clock
from application.ports.event_log import EventLog
from application.ports.transactions import Atomically
from application.ports.worklist import Worklist
from application.reporting import pages
from application.run_session import RunSession, open_numbers
from application.send_pack import SendPack
from domain.findings import InLedger, Part, Twice, Whole
from domain.journal_entry import JournalEntry
from domain.journal_numbers import JournalNumbers
from domain.pack import CAPACITY, NumberedEntry
from domain.posted_transaction import Facts, Place, PostedTransaction, State
from domain.refusals import Failure, NotApproved, PartlyFound, Refusal
from domain.sync_run import Outcome, Reported, SyncRun

ROWS_AT_ONCE = 500


@dataclass(slots=True)
class Batch:
    """What one look at the worklist came to."""

    decided: list[Decision] = field(default_factory=list)
    reports: list[Reported] = field(default_factory=list)
    changed: list[PostedTransaction] = field(default_factory=list)
    entries: list[tuple[PostedTransaction, JournalEntry]] = field(default_factory=list)
    lines: int = 0


class PostEntries:
    """Posts what the worklist of a run holds, one pack a call."""

    def __init__(
        self,
        worklist: Worklist,
        log: EventLog,
        clock: Clock,
        atomically: Atomically,
        send: SendPack,
        boundary: Callable[[str], None],
    ) -> None:
        self._worklist = worklist
        self._log = log
        self._clock = clock
        self._atomically = atomically
        self._send = send
        self._decide = DecideRows(log)
        self._boundary = boundary

    def post_next(self, run: SyncRun, session: RunSession, business_id: int) -> bool:
        """Decide the next rows and send the pack that they fill; False once none are left."""
        rows = self._worklist.take(run.id, ROWS_AT_ONCE)
        if not rows:
            return False
        batch = Batch()
        for decision in self._decide.decide(run, session, business_id, rows):
            if not self._sort(run, business_id, decision, batch):
                break
        self._boundary("decided")
        pack = self._write_down(run, session, batch)
        self._boundary("reserved")
        if pack:
            self._send.send(run, session, pack)
        return True

    def _sort(self, run: SyncRun, business_id: int, decision: Decision, batch: Batch) -> bool:
        """Put a decision where it belongs; False when its entry does not fit in any more."""
        verdict = decision.verdict
        if isinstance(verdict, ToPost):
            if batch.lines + len(verdict.entry.lines) > CAPACITY and not run.preview:
                return False
            self._to_post(run, business_id, decision, verdict.entry, batch)
        elif isinstance(verdict, Settled):
            batch.reports.append(reported(run, decision, verdict))
        elif isinstance(verdict, Withheld):
            self._withhold(run, business_id, decision, verdict.refusal, batch)
        elif isinstance(verdict, Found):
            self._take_over(run, business_id, decision, verdict, batch)
        batch.decided.append(decision)
        return True

    def _to_post(
        self,
        run: SyncRun,
        business_id: int,
        decision: Decision,
        entry: JournalEntry,
        batch: Batch,
    ) -> None:
        if run.preview:
            line = reported(run, decision, Settled(Outcome.WOULD_POST))
            batch.reports.append(
                replace(line, document_number=entry.document_number, lines=entry.lines)
            )
            return
        batch.entries.append((self._stream(run, business_id, decision), entry))
        batch.lines += len(entry.lines)

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
        self, run: SyncRun, business_id: int, decision: Decision, found: Found, batch: Batch
    ) -> None:
        """Adopt what is there whole; leave what is there in part to a person."""
        finding, now = found.finding, self._clock.now()
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
                posting.adopt(Place.JOURNAL, finding.line_ids, run.id, now)
            elif posting is not None and isinstance(finding, InLedger):
                posting.adopt(Place.LEDGER, finding.entry_ids, run.id, now)
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

    def _write_down(
        self, run: SyncRun, session: RunSession, batch: Batch
    ) -> list[PostedTransaction]:
        """Store decisions, reservations and the intention to send them, all at once."""
        pack = [posting for posting, _ in batch.entries]
        numbers = self._reserve(run, session, batch)
        with self._atomically():
            keys = [(decision.row.record, decision.row.pex_id) for decision in batch.decided]
            self._worklist.finish(run.id, keys)
            report = pages(run, batch.reports, self._clock.now())
            self._log.save(*numbers, *batch.changed, *pack, *report)
        return pack

    def _reserve(self, run: SyncRun, session: RunSession, batch: Batch) -> list[JournalNumbers]:
        if not batch.entries:
            return []
        now = self._clock.now()
        numbers = open_numbers(
            self._log,
            self._clock,
            session.target,
            lambda: session.port.highest_line_number(session.journal),
        )
        goes_bare = ways(self._log, session.target)
        free = iter(numbers.reserve(batch.lines, now))
        for posting, entry in batch.entries:
            lines = tuple(next(free) for _ in entry.lines)
            digest = NumberedEntry(posting.id, entry, lines).payload_hash
            posting.reserve(entry, lines, session.target, run.settings_version, digest, run.id, now)
            posting.submit(run.id, now, bare=goes_bare(entry))
        return [numbers]
