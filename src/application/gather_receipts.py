"""Ask PEX which receipts transactions have, and fetch those that are to be attached (M24)."""

from collections.abc import Sequence
from datetime import timedelta

from application.locate_entries import locate
from application.ports.clock import Clock
from application.ports.event_log import EventLog
from application.ports.pex import PexAccess, PexAccount, PexReceipt, UploadStatus
from application.ports.receipt_checks import Wanted
from application.ports.receipt_files import FILES_AT_ONCE
from application.receipt_cases import Case, Content, Gathered, first_holder
from application.run_session import RunSession
from application.troubles import A_PERSON_MUST_ACT, AWAY
from domain.posted_transaction import PostedTransaction, State, Target
from domain.receipts import (
    ReceiptDeleted,
    ReceiptLineGone,
    ReceiptNotADocument,
    check_loaded,
    receipt_file,
)
from domain.refusals import Refusal
from domain.sync_run import SyncRun
from domain.transaction_receipts import TransactionReceipts

HINDERS_ALL = (*AWAY, *A_PERSON_MUST_ACT)
BYTES_AT_ONCE = 32 * 1024 * 1024
GATHER_WITHIN = timedelta(minutes=4)  # a step is cut off after 15


class GatherReceipts:
    """The half of a step that asks PEX; it writes nothing anywhere."""

    def __init__(self, pex: PexAccess, log: EventLog, clock: Clock, in_doubt: timedelta) -> None:
        self._pex = pex
        self._log = log
        self._clock = clock
        self._in_doubt = in_doubt

    def gather(
        self, run: SyncRun, session: RunSession, business_id: int, wanted: Sequence[Wanted]
    ) -> Gathered:
        """Go through transactions until there are enough files for one request, or enough bytes.

        It also ends where PEX takes too long for one step, and where trouble concerns all; what
        was gathered until then is kept.
        """
        account = self._pex.of(run.connection_id)
        cases = self._cases(run, session, business_id, wanted)
        gathered, end = Gathered(), self._clock.now() + GATHER_WITHIN
        known = {case.wanted.key for case in cases}
        gathered.passed = [one.key for one in wanted if one.key not in known]
        files = size = 0
        for case in cases:
            if files >= FILES_AT_ONCE or size >= BYTES_AT_ONCE or self._clock.now() > end:
                break
            try:
                self._ask(run, account, case)
            except HINDERS_ALL as refusal:
                gathered.trouble = refusal
                break
            gathered.cases.append(case)
            files += len(case.contents)
            size += sum(one.file.size for one in case.contents)
        return gathered

    def _cases(
        self, run: SyncRun, session: RunSession, business_id: int, wanted: Sequence[Wanted]
    ) -> list[Case]:
        """One for each that is posted to the run's own journal."""
        ids = [
            (
                PostedTransaction.create_id(business_id, *one.key),
                TransactionReceipts.create_id(business_id, *one.key),
            )
            for one in wanted
        ]
        postings = self._log.find_many(PostedTransaction, [stream for stream, _ in ids])
        known = self._log.find_many(TransactionReceipts, [stream for _, stream in ids])
        cases = []
        for one, (posted, stream) in zip(wanted, ids, strict=True):
            posting = postings.get(posted)
            if posting is None or not _is_here(posting, session.target):
                continue
            receipts = known.get(stream) or TransactionReceipts(
                self._clock.now(), run.connection_id, business_id, *one.key, run.id
            )
            holder = receipts.holder_of(posting.keys.document_number) or first_holder(posting)
            cases.append(Case(one, posting, receipts, holder))
        _look_for_lost(session, [case for case in cases if case.receipts.has_lost_its_line])
        return cases

    def _ask(self, run: SyncRun, account: PexAccount, case: Case) -> None:
        """Bring a transaction's receipts up to what PEX tells, and fetch what is to be attached."""
        receipts = case.receipts
        try:
            told = account.receipts(case.posting.pex_id)
        except HINDERS_ALL:
            raise
        except Refusal as refusal:
            receipts.note_listing((refusal.code, refusal.cause), run.id, self._clock.now())
            return
        now = self._clock.now()
        oldest_first = sorted(
            told, key=lambda one: (one.created_at is None, one.created_at or now, one.id)
        )
        receipts.note_listing(None, run.id, now)
        receipts.find((one.id for one in oldest_first), run.id, now)
        there = {one.id for one in told if one.status is not UploadStatus.DELETED}
        receipts.note_presence(there, run.id, now)
        for one in oldest_first:
            self._fetch(run, account, case, one)
        for vanished in receipts.receipts.keys() - {one.id for one in told}:
            self._withhold(run, case, vanished, ReceiptDeleted())

    def _fetch(self, run: SyncRun, account: PexAccount, case: Case, told: PexReceipt) -> None:
        receipt = case.receipts.receipts[told.id]
        if receipt.is_attached_to(case.document_number):
            return
        try:
            check_loaded(told.status)
            if case.holder is None:
                raise ReceiptLineGone
            if receipt.was_refused_as(told.size):
                return
            content = account.receipt_content(case.posting.pex_id, told.id)
            if content is None:
                raise ReceiptDeleted
            file = receipt_file(case.posting.keys, told.id, receipt.number, content)
        except HINDERS_ALL:
            raise
        except Refusal as refusal:
            by_its_bytes = isinstance(refusal, ReceiptNotADocument)
            self._withhold(run, case, told.id, refusal, told.size if by_its_bytes else None)
        else:
            case.contents.append(Content(file, content))

    def _withhold(
        self, run: SyncRun, case: Case, receipt_id: str, refusal: Refusal, size: int | None = None
    ) -> None:
        """Note why not, unless its file is being made and nobody knows yet whether it is there."""
        receipt, now = case.receipts.receipts[receipt_id], self._clock.now()
        attached = receipt.is_attached_to(case.document_number)
        if not attached and not receipt.is_in_doubt(now, self._in_doubt):
            case.receipts.withhold(receipt_id, refusal, run.id, now, size)


def _look_for_lost(session: RunSession, cases: Sequence[Case]) -> None:
    """Whether entries that were nowhere have shown up, before anything is fetched for them."""
    try:
        found = locate(session.port, session.journal, [case.posting for case in cases])
    except HINDERS_ALL:
        raise
    except Refusal:  # a later run looks again
        found = {}
    for case in cases:
        case.holder = found.get(case.posting.id)


def _is_here(posting: PostedTransaction, target: Target) -> bool:
    """Whether it is in the books, and in those that the run writes to."""
    return posting.state is State.POSTED and posting.target in (None, target)
