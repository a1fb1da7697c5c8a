"""The phase of a run that notices which posted transactions PEX does not list any more (M27)."""

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime, time

from application.fetch_rows import MARGIN, earliest_day
from application.notice_changes import notice_changes
from application.ports.clock import Clock
from application.ports.event_log import EventLog
from application.ports.pex import PexAccess, PexAccount, RowPage
from application.ports.read_models import ReadModels
from application.ports.worklist import RowKey, Worklist
from application.reporting import pages
from application.turn import Turn
from domain.eastern_time import EASTERN, eastern_day
from domain.eligibility import posting_day
from domain.pex_snapshot import MissingInPex, PexSnapshot
from domain.pex_transaction import PexTransaction, Record
from domain.posted_transaction import PostedTransaction, State
from domain.refusals import Refusal
from domain.sync_run import Outcome, Reported, SyncRun

AT_ONCE = 500
KEYS_AT_ONCE = 2_000
UNREAD = "unread"


class NoticeMissing:
    """Compares what is posted within the run's days with the rows that the run fetched.

    A row that was not among them may only have moved to another day, so the whole list is asked for
    once more, as far back as PEX tells of, before one is called missing. A run that misses nothing
    asks PEX nothing. Whatever was noted stays noted, so a run may be killed here and begin again.
    """

    def __init__(
        self,
        pex: PexAccess,
        read_models: ReadModels,
        worklist: Worklist,
        log: EventLog,
        clock: Clock,
        boundary: Callable[[str], None],
    ) -> None:
        self._pex = pex
        self._read_models = read_models
        self._worklist = worklist
        self._log = log
        self._clock = clock
        self._boundary = boundary

    def step(self, turn: Turn) -> datetime | None:
        """Do all of it in one step; nothing in a preview."""
        if turn.run.preview:
            return None
        missed = list(self._missed(turn))
        for record in Record:
            of_list = [posting for posting in missed if posting.record is record]
            if of_list:
                self._notice(turn.run, record, of_list)
        return None

    def _notice(self, run: SyncRun, record: Record, missed: Sequence[PostedTransaction]) -> None:
        listed = self._listed(run, record, {posting.pex_id for posting in missed})
        for first in range(0, len(missed), AT_ONCE):
            self._write_down(run, missed[first : first + AT_ONCE], listed)
        self._boundary("noticed missing")

    def _missed(self, turn: Turn) -> Iterator[PostedTransaction]:
        """What is posted, should have been among the rows, and was not; page by page."""
        for keys in self._posted(turn.run):
            absent = keys - self._worklist.lying(turn.run.id, keys)
            streams = [
                PostedTransaction.create_id(turn.connection.business_id, record, pex_id)
                for record, pex_id in sorted(absent)
            ]
            for posting in self._log.find_many(PostedTransaction, streams).values():
                if _should_be_listed(posting, turn.run):
                    yield posting

    def _posted(self, run: SyncRun) -> Iterator[frozenset[RowKey]]:
        """What is posted, of the run's days, its kinds, and the lists that it read to their end."""
        read = [record for record in Record if run.fetched.get(record.value, UNREAD) is None]
        cursor: str | None = None
        while True:
            page = self._read_models.posted_within(
                run.connection_id, run.window, KEYS_AT_ONCE, cursor
            )
            yield frozenset(
                (key.record, key.pex_id)
                for key in page.items
                if key.record in read and key.kind in run.kinds
            )
            cursor = page.next_cursor
            if cursor is None:
                return

    def _listed(
        self, run: SyncRun, record: Record, wanted: Collection[int]
    ) -> dict[int, PexTransaction]:
        """Those of some rows that PEX lists on whatever day."""
        account = self._pex.of(run.connection_id)
        begin: datetime | None = datetime.combine(earliest_day(run), time.min, EASTERN)
        end = self._clock.now().astimezone(EASTERN)
        found: dict[int, PexTransaction] = {}
        while begin is not None:
            page = _page(account, record, begin, end)
            found.update((row.pex_id, row) for row in page.rows if row.pex_id in wanted)
            begin = page.next_start
        return found

    def _write_down(
        self,
        run: SyncRun,
        missed: Sequence[PostedTransaction],
        listed: dict[int, PexTransaction],
    ) -> None:
        now = self._clock.now()
        reports: list[Reported] = []
        for posting in missed:
            row = listed.get(posting.pex_id)
            notice: Refusal | None
            if row is not None:
                notice = notice_changes(run, posting, PexSnapshot.of(row), now)
            else:
                posting.disappear(run.id, now)
                notice = MissingInPex(now)
            if notice is not None:
                reports.append(_report(posting, notice))
        self._log.save(*missed, *pages(run, reports, now))


def _page(account: PexAccount, record: Record, begin: datetime, end: datetime) -> RowPage:
    """A page of a list; invoices may be due some while from now (PEX contract 9.2)."""
    if record is Record.INVOICE:
        return account.bill_payments(eastern_day(begin), eastern_day(end) + MARGIN)
    return account.rows(record, begin, end)


def _should_be_listed(posting: PostedTransaction, run: SyncRun) -> bool:
    """Whether its day, by what PEX told last and the run's settings, is one that was fetched.

    The entry's own day may be another, since the settings may have changed which of PEX's days is
    the posting date. What nears PEX's limit of 12 months may be hidden by that limit alone, and one
    that is noted as missing is looked for no longer.
    """
    told = posting.in_pex
    if posting.state is not State.POSTED or told is None or posting.missing_since is not None:
        return False
    day = posting_day(posting.record, told.purchased_on, told.settled_on, run.settings)
    return day in run.window and min(told.purchased_on, told.settled_on) > earliest_day(run)


def _report(posting: PostedTransaction, notice: Refusal) -> Reported:
    facts, entry = posting.facts, posting.entry
    return Reported(
        posting.record,
        posting.pex_id,
        facts.kind,
        entry.posting_date if entry else facts.settled_on,
        facts.merchant,
        facts.amount,
        Outcome.ALREADY_POSTED,
        notice.code,
        notice.cause,
    )
