"""Send a pack of reserved entries and record the answer (design: exactly once, 3 and 4)."""

from collections.abc import Sequence
from datetime import timedelta

from application.known_defaults import suspect, ways
from application.look import NEAR, find_entries, look_around
from application.ports.clock import Clock
from application.ports.event_log import EventLog
from application.ports.general_journal import (
    Accepted,
    Answer,
    Collides,
    NumberTaken,
    Refused,
    Unknown,
)
from application.reporting import pages, report, settled
from application.run_session import RunSession, open_numbers
from application.take_finding import take_finding
from domain.findings import InLedger, Look, Nothing
from domain.pack import CAPACITY, NumberedEntry
from domain.posted_transaction import Place, PostedTransaction
from domain.sync_run import Outcome, Reported, SyncRun

SEND_WITHIN = timedelta(seconds=60)


class SendPack:
    """Sends entries whose reservation and intention stand in the event log."""

    def __init__(self, log: EventLog, clock: Clock, capacity: int = CAPACITY) -> None:
        self._log = log
        self._clock = clock
        self._capacity = capacity

    def submit_again(
        self, run: SyncRun, session: RunSession, postings: list[PostedTransaction]
    ) -> list[PostedTransaction]:
        """Take a pack of entries that surely do not exist, to be sent with the numbers they have.

        That they are being sent now stands in the event log afterwards. What the event log says of
        them may be older than Business Central's books: the database may have been restored from a
        backup. So what this session has not seen itself is asked about.
        """
        postings[:] = self._still_missing(run, session, postings)
        pack: list[PostedTransaction] = []
        lines = 0
        goes_bare = ways(self._log, session.target)
        while postings:
            lines += len(postings[0].line_numbers)
            if pack and lines > self._capacity:
                break
            posting = postings.pop(0)
            bare = posting.bare or goes_bare(posting.numbered.entry)
            posting.submit(run.id, self._clock.now(), bare=bare)
            pack.append(posting)
        if pack:
            self._log.save(*pack)
        return pack

    def _still_missing(
        self, run: SyncRun, session: RunSession, postings: Sequence[PostedTransaction]
    ) -> list[PostedTransaction]:
        """Those of which Business Central holds no trace; the others follow what it holds."""
        told = [posting for posting in postings if posting.id not in session.surely_missing]
        findings = find_entries(session.port, session.journal, told) if told else {}
        session.surely_missing.update(
            stream for stream, finding in findings.items() if isinstance(finding, Nothing)
        )
        found = [posting for posting in told if posting.id not in session.surely_missing]
        reports: list[Reported] = []
        for posting in found:
            finding = findings[posting.id]
            reports.extend(
                take_finding(run, session.port, session.journal, posting, finding, self._clock)
            )
        if found:
            self._save(run, found, reports)
        return [posting for posting in postings if posting.id in session.surely_missing]

    def answer_to(self, session: RunSession, pack: Sequence[PostedTransaction]) -> Answer:
        """Send a pack that was just submitted in the log; writes nothing, and may be in a thread.

        It must be recorded, whatever the answer is.
        """
        started = [posting.submitted_at for posting in pack if posting.submitted_at]
        entries = [posting.numbered for posting in pack]
        return session.port.submit(session.journal, entries, min(started) + SEND_WITHIN)

    def record(
        self, run: SyncRun, session: RunSession, pack: Sequence[PostedTransaction], answer: Answer
    ) -> None:
        """Write down what became of a pack; where BC did not run it, it stays reserved."""
        session.flows = isinstance(answer, Accepted | Refused)
        self._record(run, session, pack, answer)
        session.surely_missing.update(one.id for one in pack if one.must_be_sent_again)

    def _record(
        self, run: SyncRun, session: RunSession, pack: Sequence[PostedTransaction], answer: Answer
    ) -> None:
        session.unknown_in_a_row = (
            session.unknown_in_a_row + 1 if isinstance(answer, Unknown) else 0
        )
        if isinstance(answer, Accepted):
            reports = self._accepted(run, session, pack, answer)
        elif isinstance(answer, Refused):
            reports = self._refused(run, pack, answer)
        elif isinstance(answer, Collides):
            self._collides(run, session, pack, answer)
            return
        elif isinstance(answer, NumberTaken):
            self._number_taken(run, session, pack, answer)
            return
        else:
            reports = ()
            for posting in pack:
                if isinstance(answer, Unknown):
                    posting.doubt(answer.cause, run.id, self._clock.now())
                else:
                    posting.release(answer.refusal.cause, run.id, self._clock.now())
        self._save(run, pack, reports)

    def _save(
        self, run: SyncRun, pack: Sequence[PostedTransaction], reports: Sequence[Reported]
    ) -> None:
        self._log.save(*pack, *pages(run, reports, self._clock.now()))

    def _accepted(
        self,
        run: SyncRun,
        session: RunSession,
        pack: Sequence[PostedTransaction],
        answer: Accepted,
    ) -> tuple[Reported, ...]:
        posted_before = self._posted_before(session, pack)
        now = self._clock.now()
        for posting in pack:
            ids = tuple(answer.line_ids[number] for number in posting.line_numbers)
            entry_ids = posted_before.get(posting.keys.external_document_number)
            if entry_ids is None:
                posting.confirm(ids, run.id, now)
            else:
                session.port.delete(session.journal, ids)
                posting.adopt(Place.LEDGER, entry_ids, run.id, now)
        return settled(pack)

    def _posted_before(
        self, session: RunSession, pack: Sequence[PostedTransaction]
    ) -> dict[str, tuple[str, ...]]:
        """Entries whose first attempt came late and was posted meanwhile (contract 6.6, 6d)."""
        again = [posting for posting in pack if posting.was_in_doubt]
        if not again:
            return {}
        days = [posting.numbered.entry.posting_date for posting in again]
        look = Look(
            (), session.port.ledger_entries(session.journal, min(days) - NEAR, max(days) + NEAR)
        )
        found = {
            posting.keys.external_document_number: look.find(posting.keys, posting.numbered.entry)
            for posting in again
        }
        return {
            key: finding.entry_ids
            for key, finding in found.items()
            if isinstance(finding, InLedger)
        }

    def _refused(
        self, run: SyncRun, pack: Sequence[PostedTransaction], answer: Refused
    ) -> tuple[Reported, ...]:
        """One bad entry costs one request more and sinks nobody."""
        now = self._clock.now()
        culprit = pack[answer.culprit]
        culprit.reject(answer.refusal.code, answer.refusal.cause, run.id, now)
        for posting in pack:
            if posting is not culprit:
                posting.release("Another entry of the same request was refused.", run.id, now)
        return (report(culprit, Outcome.FAILED),)

    def _collides(
        self,
        run: SyncRun,
        session: RunSession,
        pack: Sequence[PostedTransaction],
        answer: Collides,
    ) -> None:
        """Learn what the account brings along: all are sent again at once, that one bare."""
        now = self._clock.now()
        culprit = pack[answer.culprit]
        for posting in pack:
            posting.release(answer.cause, run.id, now, to_go_bare=posting is culprit)
        self._save(run, pack, ())
        lines = zip(culprit.line_numbers, culprit.numbered.entry.lines, strict=True)
        line = next(line for number, line in lines if number == answer.line_number)
        suspect(self._log, self._clock, session.target, line)

    def _number_taken(
        self,
        run: SyncRun,
        session: RunSession,
        pack: Sequence[PostedTransaction],
        answer: NumberTaken,
    ) -> None:
        """Ours, of an attempt that worked after all: adopt it. A stranger's: take new numbers."""
        now = self._clock.now()
        culprit = pack[answer.culprit]
        entry, numbers_held = culprit.numbered.entry, culprit.line_numbers
        look = look_around(session.port, session.journal, (entry.posting_date,), NEAR, numbers_held)
        finding = look.find(culprit.keys, entry)
        for posting in pack:
            if posting is not culprit:
                posting.release("Another entry's line number was taken.", run.id, now)
        if not isinstance(finding, Nothing):
            reports = take_finding(
                run, session.port, session.journal, culprit, finding, self._clock
            )
            self._save(run, pack, reports)
            return
        session.numbers = ()  # the stranger's lines may stand in the way of those, too
        numbers = open_numbers(self._log, self._clock, session.target, lambda: 0)
        numbers.skip_past(session.port.highest_line_number(session.journal), now)
        fresh = numbers.reserve(len(entry.lines), now)
        digest = NumberedEntry(culprit.id, entry, fresh).payload_hash
        culprit.release("A line number was taken by another line.", run.id, now)
        culprit.reserve(
            entry,
            fresh,
            session.target,
            run.settings_version,
            digest,
            run.id,
            now,
            culprit.letter,
        )
        self._log.save(numbers, *pack)
