"""Look up what journal and ledger hold of some entries (contract 6.2, 6.6)."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, timedelta
from uuid import UUID

from application.ports.general_journal import GeneralJournal, Journal
from domain.findings import Finding, Look, Nothing
from domain.posted_transaction import PostedTransaction

NEAR = timedelta(days=3)
FAR = timedelta(days=62)


def look_around(
    port: GeneralJournal,
    journal: Journal,
    days: Iterable[date],
    margin: timedelta,
    numbers: Collection[int] = (),
) -> Look:
    """Read all lines, then the ledger around some posting dates; in this order and no other.

    Posting moves an entry from the lines to the ledger. Read the other way round, one that a user
    posts in between would be seen in neither, and be made again. Lines that hold `numbers` are read
    too, whatever a user made of their external number.
    """
    posting_dates = sorted(days)
    lines = list(port.lines(journal))
    if numbers:
        lines.extend(port.lines_numbered(journal, numbers))
    first, last = posting_dates[0] - margin, posting_dates[-1] + margin
    return Look(lines, port.ledger_entries(journal, first, last))


def find_entries(
    port: GeneralJournal, journal: Journal, postings: Sequence[PostedTransaction]
) -> dict[UUID, Finding]:
    """What there is of each entry; of what is not found nearby, in a wider window (contract 6.6).

    A user may have moved an entry to another day.
    """
    found = _find(port, journal, postings, NEAR)
    missing = [one for one in postings if isinstance(found[one.id], Nothing)]
    return found | _find(port, journal, missing, FAR) if missing else found


def _find(
    port: GeneralJournal,
    journal: Journal,
    postings: Sequence[PostedTransaction],
    margin: timedelta,
) -> dict[UUID, Finding]:
    days = [posting.numbered.entry.posting_date for posting in postings]
    look = look_around(port, journal, days, margin)
    return {posting.id: look.find(posting.keys, posting.numbered.entry) for posting in postings}
