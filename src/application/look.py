"""Look up what journal and ledger hold of some entries (contract 6.2, 6.6)."""

from collections.abc import Collection, Iterable
from datetime import date, timedelta

from application.ports.general_journal import GeneralJournal, Journal
from domain.findings import Look

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
