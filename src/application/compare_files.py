"""Compare fetched receipts with the files that Business Central holds (contract 2.10, 6.7).

BC's own list is the truth about files: what it holds whole is done, what it holds without or with
other content is uploaded again, and only what it does not hold is made.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from application.gather_receipts import HINDERS_ALL
from application.locate_entries import locate
from application.ports.receipt_files import Listed, Parent, ParentGone, ReceiptFiles, StoredFile
from application.receipt_cases import Case, Content
from application.run_session import RunSession
from domain.receipts import Attached, Holder, ReceiptLineGone, ReceiptLineMoved
from domain.refusals import Refusal
from domain.sync_run import SyncRun


@dataclass(frozen=True, slots=True)
class Missing:
    """A receipt whose file has to be made."""

    case: Case
    content: Content
    holder: Holder


@dataclass(frozen=True, slots=True)
class Empty:
    """A receipt whose file is there and wants its content."""

    case: Case
    content: Content
    file_id: str


@dataclass(slots=True)
class Todo:
    """What is left to do once BC's list is known."""

    empty: list[Empty] = field(default_factory=list)
    missing: list[Missing] = field(default_factory=list)


def compare_files(
    run: SyncRun,
    session: RunSession,
    files: ReceiptFiles,
    cases: Sequence[Case],
    now: datetime,
    in_doubt: timedelta,
) -> Todo:
    """Attach what is there whole, withhold what has no place, put off what nobody knows yet."""
    todo = Todo()
    for case, there in _listed(run, session, files, cases, now):
        for content in case.contents:
            stored = _the_one(files, there, content)
            receipt = case.receipts.receipts[content.file.receipt_id]
            if stored is not None and stored.size == content.file.size:
                case.attached.append(Attached(content.file, stored.id))
            elif stored is not None:
                todo.empty.append(Empty(case, content, stored.id))
            elif receipt.is_in_doubt(now, in_doubt):
                case.put_off(receipt.at + in_doubt)
            elif case.holder is not None:
                todo.missing.append(Missing(case, content, case.holder))
    return todo


def _listed(
    run: SyncRun, session: RunSession, files: ReceiptFiles, cases: Sequence[Case], now: datetime
) -> list[tuple[Case, tuple[StoredFile, ...]]]:
    """The files of each entry, wherever it is by now; entries that are nowhere left out."""
    first = _files_of(files, cases)
    gone = [case for case, there in first if isinstance(there, ParentGone)]
    found = locate(session.port, session.journal, [case.posting for case in gone])
    for case in gone:
        case.holder = found.get(case.posting.id)
        if case.holder is None:
            case.withhold(case.contents, ReceiptLineGone(), run.id, now)
    again = _files_of(files, [case for case in gone if case.holder is not None])
    for case, there in again:
        if isinstance(there, ParentGone):
            case.withhold(case.contents, ReceiptLineMoved(), run.id, now)
            case.put_off(now)
    listed = [*first, *again]
    return [(case, there) for case, there in listed if not isinstance(there, ParentGone)]


def _files_of(files: ReceiptFiles, cases: Sequence[Case]) -> list[tuple[Case, Listed]]:
    held = [(case, case.holder) for case in cases if case.holder is not None]
    if not held:
        return []
    listed = files.files([Parent(holder.id, holder.place) for _, holder in held])
    return [(case, there) for (case, _), there in zip(held, listed, strict=True)]


def _the_one(
    files: ReceiptFiles, there: Sequence[StoredFile], content: Content
) -> StoredFile | None:
    """The file of that name; an empty double of it, made by a lost attempt, is deleted."""
    name, size = content.file.file_name.casefold(), content.file.size
    named = [one for one in there if one.file_name.casefold() == name]
    best = max(named, key=lambda one: (one.size == size, one.size > 0), default=None)
    for one in named:
        if one is not best and one.size == 0:
            _delete(files, one.id)
    return best


def _delete(files: ReceiptFiles, file_id: str) -> None:
    """An empty double that BC keeps does no harm, and is tried again when it is met again."""
    try:
        files.delete(file_id)
    except HINDERS_ALL:
        raise
    except Refusal:
        return
