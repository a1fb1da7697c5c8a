"""Find entries again whose journal line went away: posted, moved, or deleted (contract 6.4)."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from uuid import UUID

from application.look import FAR, NEAR, look_around
from application.ports.general_journal import GeneralJournal, Journal
from domain.findings import FoundLine, Look
from domain.posted_transaction import Place, PostedTransaction
from domain.receipts import Holder


def locate(
    port: GeneralJournal, journal: Journal, postings: Sequence[PostedTransaction]
) -> dict[UUID, Holder]:
    """What receipts of these entries can hang on now; those left out are nowhere in BC."""
    found: dict[UUID, Holder] = {}
    for margin in (NEAR, FAR):
        missing = [posting for posting in postings if posting.id not in found]
        if missing:
            found |= _locate(port, journal, missing, margin)
    return found


def _locate(
    port: GeneralJournal,
    journal: Journal,
    postings: Sequence[PostedTransaction],
    margin: timedelta,
) -> dict[UUID, Holder]:
    days = [day for posting in postings for day in _days(posting)]
    look = look_around(port, journal, days, margin)
    holders = {posting.id: _holder(look, posting) for posting in postings}
    return {stream: holder for stream, holder in holders.items() if holder is not None}


def _days(posting: PostedTransaction) -> Iterator[date]:
    if posting.entry is not None:
        yield posting.entry.posting_date
    else:  # it was found in BC, not posted from here
        yield from (posting.facts.purchased_on, posting.facts.settled_on)


def _holder(look: Look, posting: PostedTransaction) -> Holder | None:
    document_number = posting.keys.document_number
    entries = look.ledger_entries_of(posting.keys)
    if entries:
        first = min(entries, key=lambda entry: entry.entry_number)
        return Holder(first.id, Place.LEDGER, document_number)
    lines = [line for line in look.lines_of(posting.keys) if _is_pex_line(line, posting)]
    if not lines:
        return None
    last = max(lines, key=lambda line: line.line_number)
    return Holder(last.id, Place.JOURNAL, document_number)


def _is_pex_line(line: FoundLine, posting: PostedTransaction) -> bool:
    if posting.entry is None:
        return line.amount == posting.facts.amount
    ours = posting.entry.lines[-1]
    return (line.account_number, line.amount) == (ours.account_number, ours.amount)
