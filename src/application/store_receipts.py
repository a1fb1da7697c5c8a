"""Bring fetched receipts into Business Central, each file once (contract 2.10, 6.7).

BC's own list comes first (`compare_files`). What is about to be made stands in the event log
before; where the answer is lost, it is asked about once BC's own time limit has passed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from application.compare_files import Empty, Missing, compare_files
from application.gather_receipts import HINDERS_ALL
from application.ports.clock import Clock
from application.ports.company_data import BusinessCentralUnavailable
from application.ports.event_log import EventLog
from application.ports.parallel import InParallel
from application.ports.receipt_files import (
    FILES_AT_ONCE,
    Creation,
    Gone,
    NewFile,
    Parent,
    ParentGone,
    ReceiptFiles,
    StoredFile,
    UnknownCreation,
    UnknownOutcome,
    Uploaded,
)
from application.receipt_cases import Case, Content
from application.run_session import RunSession
from application.send_pack import SEND_WITHIN
from domain.receipts import Attached, ReceiptLineMoved, ReceiptNotStored
from domain.refusals import Refusal
from domain.sync_run import SyncRun


@dataclass(frozen=True, slots=True)
class Hindered:
    """What kept an upload from being tried concerns all others too."""

    refusal: Refusal


class StoreReceipts:
    """The half of a step that writes to BC."""

    def __init__(
        self,
        log: EventLog,
        clock: Clock,
        in_doubt: timedelta,
        in_parallel: InParallel,
        boundary: Callable[[str], None],
    ) -> None:
        self._log = log
        self._clock = clock
        self._in_doubt = in_doubt
        self._in_parallel = in_parallel
        self._boundary = boundary

    def store(
        self, run: SyncRun, session: RunSession, files: ReceiptFiles, cases: Sequence[Case]
    ) -> Refusal | None:
        """Attach what the cases hold; None, or what kept all of them from their end alike."""
        cases = [case for case in cases if case.contents]
        if not cases:
            return None
        now = self._clock.now()
        try:
            todo = compare_files(run, session, files, cases, now, self._in_doubt)
        except HINDERS_ALL as refusal:
            for case in cases:
                case.hindered = True
            return refusal
        except Refusal as refusal:
            for case in cases:
                certain = [one for one in case.contents if not self._in_doubt_still(case, one, now)]
                case.withhold(certain, refusal, run.id, now)
            return None
        self._boundary("receipts listed")
        made, trouble = self._make(run, files, todo.missing)
        return self._upload(run, files, [*todo.empty, *made]) or trouble

    def _in_doubt_still(self, case: Case, content: Content, now: datetime) -> bool:
        receipt = case.receipts.receipts[content.file.receipt_id]
        return receipt.is_in_doubt(now, self._in_doubt)

    # --- what is made --------------------------------------------------------------------------

    def _make(
        self, run: SyncRun, files: ReceiptFiles, missing: Sequence[Missing]
    ) -> tuple[list[Empty], Refusal | None]:
        """Make files that are not there, after writing down that they are being made."""
        if not missing:
            return [], None
        sent_at = self._clock.now()
        cases = {one.case.posting.id: one.case for one in missing}
        for stream, case in cases.items():
            ours = [one for one in missing if one.case.posting.id == stream]
            named = tuple(one.content.file for one in ours)
            case.receipts.send(sent_at, named, ours[0].holder, run.id)
        self._log.save(*(case.receipts for case in cases.values()))
        self._boundary("receipts intended")
        made: list[Empty] = []
        for first in range(0, len(missing), FILES_AT_ONCE):
            group = missing[first : first + FILES_AT_ONCE]
            try:
                answers = self._create(files, group, sent_at)
            except HINDERS_ALL as refusal:
                for one in missing[first:]:
                    one.case.withhold(
                        [one.content], ReceiptNotStored(refusal.cause), run.id, sent_at
                    )
                    one.case.hindered = True
                return made, refusal
            except Refusal as refusal:
                answers = (refusal,) * len(group)
            self._boundary("receipts made")
            for one, answer in zip(group, answers, strict=True):
                if isinstance(answer, StoredFile):
                    made.append(Empty(one.case, one.content, answer.id))
                else:
                    self._not_made(run, one, answer, sent_at)
        return made, None

    def _create(
        self, files: ReceiptFiles, group: Sequence[Missing], sent_at: datetime
    ) -> tuple[Creation, ...]:
        """Send one request, unless the worker slept so long that others may be at it."""
        if self._clock.now() > sent_at + SEND_WITHIN:
            raise BusinessCentralUnavailable("the worker was too slow")
        return files.create(
            [
                NewFile(Parent(one.holder.id, one.holder.place), one.content.file.file_name)
                for one in group
            ]
        )

    def _not_made(self, run: SyncRun, one: Missing, answer: Creation, sent_at: datetime) -> None:
        if isinstance(answer, UnknownCreation):
            one.case.put_off(sent_at + self._in_doubt)
        elif isinstance(answer, ParentGone):
            now = self._clock.now()  # look again in the next step: it is elsewhere, or nowhere
            one.case.withhold([one.content], ReceiptLineMoved(), run.id, now)
            one.case.put_off(now)
        elif isinstance(answer, Refusal):
            one.case.withhold([one.content], answer, run.id, self._clock.now())

    # --- what is uploaded ----------------------------------------------------------------------

    def _upload(self, run: SyncRun, files: ReceiptFiles, empty: Sequence[Empty]) -> Refusal | None:
        trouble: Refusal | None = None
        for one, answer in zip(empty, self._in_parallel(partial(_sent, files), empty), strict=True):
            if isinstance(answer, Uploaded):
                one.case.attached.append(Attached(one.content.file, one.file_id))
            elif isinstance(answer, Hindered):
                one.case.hindered = True
                trouble = answer.refusal
            else:
                one.case.withhold([one.content], answer, run.id, self._clock.now())
        self._boundary("receipts uploaded")
        return trouble


def _sent(files: ReceiptFiles, one: Empty) -> Uploaded | Refusal | Hindered:
    """Upload a content, once more where the answer was lost, since that does no harm."""
    try:
        answer = files.upload(one.file_id, one.content.content)
        if isinstance(answer, UnknownOutcome):
            answer = files.upload(one.file_id, one.content.content)
    except HINDERS_ALL as refusal:
        return Hindered(refusal)
    except Refusal as refusal:
        return refusal
    if isinstance(answer, UnknownOutcome):
        return ReceiptNotStored(answer.cause)
    return (
        ReceiptNotStored("the file is not there any more") if isinstance(answer, Gone) else answer
    )
