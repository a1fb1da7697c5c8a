"""Send a pack of reserved entries and record the answer (design: exactly once, 3 and 4)."""

from collections.abc import Sequence
from datetime import timedelta

from application.known_defaults import suspect, ways
from application.look import NEAR, look_around
from application.ports.clock import Clock
from application.ports.event_log import EventLog
from application.ports.general_journal import (
    Accepted,
    Answer,
    Collides,
    GeneralJournal,
    Journal,
    NumberTaken,
    Refused,
    Unknown,
)
from application.reporting import pages, report, settled
from application.run_session import RunSession, open_numbers
from domain.findings import InLedger, Look, Nothing, Part, Twice, Whole
from domain.pack import CAPACITY, NumberedEntry
from domain.posted_transaction import Place, PostedTransaction
from domain.refusals import PartlyFound
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

        That they are being sent now stands in the event log afterwards.
        """
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
        self._log.save(*pack)
        return pack

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


def take_finding(
    run: SyncRun,
    port: GeneralJournal,
    journal: Journal,
    posting: PostedTransaction,
    finding: Whole | Part | InLedger | Twice | Nothing,
    clock: Clock,
) -> tuple[Reported, ...]:
    """Let an unsettled transaction follow what BC holds of it (contract 6.6, 6c)."""
    now = clock.now()
    if isinstance(finding, Whole):
        posting.adopt(Place.JOURNAL, finding.line_ids, run.id, now)
    elif isinstance(finding, InLedger):
        posting.adopt(Place.LEDGER, finding.entry_ids, run.id, now)
    elif isinstance(finding, Twice) and _ours(posting, finding):
        port.delete(journal, [line.id for line in finding.lines])
        posting.adopt(Place.LEDGER, finding.entry_ids, run.id, now)
    elif isinstance(finding, Nothing):
        posting.release("Business Central holds no trace of it.", run.id, now)
        return ()
    else:
        found = finding.found if isinstance(finding, Part) else len(finding.lines)
        refusal = PartlyFound(found, len(posting.line_numbers))
        posting.hold(refusal.code, refusal.cause, run.id, now)
    return settled((posting,))


def _ours(posting: PostedTransaction, finding: Twice) -> bool:
    """Whether the unposted lines are the ones that we sent, not a person's correction."""
    numbers = tuple(line.line_number for line in finding.lines)
    return posting.attempts > 1 and numbers == posting.line_numbers
