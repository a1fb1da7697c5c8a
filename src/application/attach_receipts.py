"""The phase of a run that brings receipts to the entries of purchases (M24).

It stands behind the posting, only reads what was posted, and no trouble with a receipt ends a run.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from application.gather_receipts import GatherReceipts
from application.ports.clock import Clock
from application.ports.event_log import EventLog
from application.ports.receipt_checks import ReceiptChecks
from application.ports.receipt_files import FILES_AT_ONCE, ReceiptFiles, ReceiptFilesAccess
from application.ports.transactions import Atomically
from application.receipt_cases import Case, Gathered
from application.store_receipts import StoreReceipts
from application.turn import Turn
from application.want_receipts import WantReceipts
from domain.pex_transaction import Kind
from domain.posted_transaction import Target
from domain.sync_run import SyncRun


class AttachReceipts:
    """Asks PEX about a group of transactions a step, and attaches what they have.

    As many at once as one request to BC takes: its lists and its new files travel together.
    """

    def __init__(
        self,
        want: WantReceipts,
        checks: ReceiptChecks,
        gather: GatherReceipts,
        store: StoreReceipts,
        access: ReceiptFilesAccess,
        log: EventLog,
        clock: Clock,
        atomically: Atomically,
        boundary: Callable[[str], None],
    ) -> None:
        self._want = want
        self._checks = checks
        self._gather = gather
        self._store = store
        self._access = access
        self._log = log
        self._clock = clock
        self._atomically = atomically
        self._boundary = boundary

    def step(self, turn: Turn) -> datetime | None:
        """Lay down what is to be asked, then ask and attach; None where all is asked."""
        run = turn.run
        wanted = run.settings.purchases.attachments and Kind.PURCHASE in run.kinds
        if run.preview or not wanted:
            return None
        if not run.receipts_sought:
            if not self._want.want(run):
                return None
            self._boundary("receipts wanted")
            return self._clock.now()
        taken = self._checks.take(run.id, self._clock.now(), FILES_AT_ONCE)
        if not taken:
            return self._checks.due_at(run.id)
        session, business_id = turn.session, turn.connection.business_id
        gathered = self._gather.gather(run, session, business_id, taken)
        self._boundary("receipts gathered")
        files = self._files(run.connection_id, session.target)
        trouble = self._store.store(run, session, files, gathered.cases)
        self._record(run, gathered)
        self._boundary("receipts recorded")
        if trouble or gathered.trouble:
            raise trouble or gathered.trouble  # type: ignore[misc] # one of them is there
        return self._clock.now()

    def _files(self, connection_id: UUID, target: Target) -> ReceiptFiles:
        return self._access.receipt_files(
            connection_id, target.tenant_id, target.environment, target.company_id
        )

    def _record(self, run: SyncRun, gathered: Gathered) -> None:
        """Store all outcomes, the run's counts and the queue together."""
        now, cases = self._clock.now(), gathered.cases
        for case in cases:
            if case.attached and case.holder is not None:
                case.receipts.attach(now, tuple(case.attached), case.holder, run.id)
        done = [case for case in cases if not case.hindered and case.wait_until is None]
        attached = sum(len(case.attached) for case in cases)
        asked = len(done) + len(gathered.passed)
        if asked or attached:
            run.tend_receipts(now, asked, attached, sum(case.troubled for case in done))
        with self._atomically():
            self._log.save(run, *(case.receipts for case in cases if case.has_story))
            self._note_asked(run.id, gathered, done, now)

    def _note_asked(
        self, run_id: UUID, gathered: Gathered, done: Sequence[Case], now: datetime
    ) -> None:
        unsettled = [case.wanted.key for case in done if case.receipts.is_unsettled]
        settled = [case.wanted.key for case in done if not case.receipts.is_unsettled]
        self._checks.asked(run_id, unsettled, now, unsettled=True)
        self._checks.asked(run_id, [*settled, *gathered.passed], now, unsettled=False)
        for case in gathered.cases:
            if case.wait_until is not None and not case.hindered:
                self._checks.put_off(run_id, case.wanted.key, case.wait_until)
