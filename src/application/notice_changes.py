"""See what changed in PEX after posting, and write it down where that is news (M27)."""

from datetime import datetime

from domain.pex_snapshot import ChangedAfterPosting, PexSnapshot
from domain.posted_transaction import PostedTransaction
from domain.sync_run import SyncRun


def notice_changes(
    run: SyncRun, posting: PostedTransaction, snapshot: PexSnapshot, now: datetime
) -> ChangedAfterPosting | None:
    """Compare a posted transaction with what PEX tells now; what to tell of it in the report.

    A preview only looks (M17). What is news is left pending, to be saved with the report.
    """
    if not run.preview:
        posting.compare(snapshot, run.id, now)
    changes = posting.changes_in(snapshot, now)
    return ChangedAfterPosting(changes) if changes else None
