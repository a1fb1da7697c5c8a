"""Lay the rows of PEX that a run is about on its worklist (M8, M18; PEX contract 3.2, 3.3)."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from application.ports.clock import Clock
from application.ports.event_log import EventLog
from application.ports.pex import PexAccess, PexAccount, RowPage
from application.ports.transactions import Atomically
from application.ports.worklist import Worklist
from application.turn import Turn
from domain.eastern_time import EASTERN, eastern_day
from domain.eligibility import kinds_on, posting_date
from domain.pex_transaction import POSTABLE, Kind, PexTransaction, Record, classify
from domain.sync_run import SyncRun
from domain.sync_window import LIMIT_MONTHS, months_back

# Which of PEX's times its window tests is not documented (PEX contract U2), and a hotel or car may
# settle some 60 days after its purchase. So more is asked for than the window holds, which costs no
# further request, and what is posted is chosen here by the posting date.
MARGIN = timedelta(days=62)
LAID_AT_ONCE = 1_000
"""Rows that are read and laid down together, since a page may be far larger (PEX contract 3.3)."""

LISTS = {
    Kind.PURCHASE: (Record.CARD,),
    Kind.FEE: (Record.CARD, Record.BUSINESS),
    Kind.TRANSFER: (Record.BUSINESS,),
    Kind.REBATE: (Record.BUSINESS,),
    Kind.BILL_PAYMENT: (Record.INVOICE,),
}


def earliest_day(run: SyncRun) -> date:
    """The first day of which PEX still tells a run (PEX contract 3.2)."""
    return months_back(eastern_day(run.started_at), LIMIT_MONTHS) + timedelta(days=1)


class FetchRows:
    """The phase of a run that fetches its rows, one page a step."""

    def __init__(
        self,
        pex: PexAccess,
        worklist: Worklist,
        log: EventLog,
        clock: Clock,
        atomically: Atomically,
        boundary: Callable[[str], None],
    ) -> None:
        self._pex = pex
        self._worklist = worklist
        self._log = log
        self._clock = clock
        self._atomically = atomically
        self._boundary = boundary

    def step(self, turn: Turn) -> datetime | None:
        """Fetch the next page; the books are opened first, for a run that cannot write reads none.

        None once all lists are read.
        """
        record = self.next_list(turn.run)
        if record is None:
            return None
        _ = turn.session
        self._boundary("opened")
        self.fetch_page(turn.run, record)
        self._boundary("fetched")
        return self._clock.now()

    def next_list(self, run: SyncRun) -> Record | None:
        """The list that still has pages to fetch; None once all are read."""
        wanted = {record for kind in run.kinds for record in LISTS.get(kind, ())}
        pending = (
            record
            for record in Record
            if record in wanted and run.fetched.get(record.value, run.started_at) is not None
        )
        return next(pending, None)

    def fetch_page(self, run: SyncRun, record: Record) -> None:
        """Fetch the next page of a list and lay what concerns the run on the worklist."""
        account = self._pex.of(run.connection_id)
        page = self._page(account, run, record)
        names = account.cardholder_names() if record is Record.CARD and page.rows else {}
        with self._atomically():
            new = 0
            for first in range(0, len(page.rows), LAID_AT_ONCE):
                rows = page.rows[first : first + LAID_AT_ONCE]
                new += self._worklist.add(run.id, list(self._wanted(run, rows, names)))
            run.fetched_page(self._clock.now(), record, new, page.next_start)
            self._log.save(run)

    def _page(self, account: PexAccount, run: SyncRun, record: Record) -> RowPage:
        start, end = self._span(run)
        begin = run.fetched.get(record.value) or start
        if record is Record.INVOICE:
            first = max(eastern_day(begin), run.window.start)
            return account.bill_payments(first, run.window.end)
        return account.rows(record, begin, end)

    def _span(self, run: SyncRun) -> tuple[datetime, datetime]:
        first = max(run.window.start - MARGIN, earliest_day(run))
        start = datetime.combine(first, time.min, EASTERN)
        end = datetime.combine(run.window.end + MARGIN, time(23, 59, 59), EASTERN)
        return start, min(end, run.started_at.astimezone(EASTERN))

    def _concerns(self, run: SyncRun, row: PexTransaction) -> bool:
        """Leave out other days, and kinds that were not chosen for this run."""
        if posting_date(row, run.settings) not in run.window:
            return False
        kind = classify(row)
        return kind in run.kinds or kind not in POSTABLE or kind not in kinds_on(run.settings)

    def _wanted(
        self, run: SyncRun, rows: Iterable[PexTransaction], names: Mapping[int, str]
    ) -> Iterator[PexTransaction]:
        """The rows that concern the run, those of cards with their holders' names."""
        for row in rows:
            if self._concerns(run, row):
                name = names.get(row.account_id)
                yield replace(row, cardholder=name) if row.record is Record.CARD else row
