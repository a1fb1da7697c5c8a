"""Lines of a run's report, and the page that takes them."""

from collections.abc import Iterable
from datetime import datetime

from domain.posted_transaction import PostedTransaction, State
from domain.sync_run import Outcome, Reported, RunPage, SyncRun


def pages(
    run: SyncRun, reports: Iterable[Reported], timestamp: datetime
) -> tuple[()] | tuple[SyncRun, RunPage]:
    """The run and its new page, to be saved together; nothing where nothing is to be told."""
    rows = tuple(reports)
    return (run, run.report(rows, timestamp)) if rows else ()


SETTLED = {
    State.POSTED: Outcome.POSTED,
    State.HELD: Outcome.FAILED,
    State.FAILED: Outcome.FAILED,
}


def settled(postings: Iterable[PostedTransaction]) -> tuple[Reported, ...]:
    """The lines of those that are settled by now; what is still to be done is told later."""
    return tuple(report(one, SETTLED[one.state]) for one in postings if one.state in SETTLED)


def report(posting: PostedTransaction, outcome: Outcome) -> Reported:
    """A sent transaction's line."""
    entry = posting.numbered.entry
    failed = outcome is not Outcome.POSTED
    return Reported(
        posting.record,
        posting.pex_id,
        posting.facts.kind,
        entry.posting_date,
        posting.facts.merchant,
        posting.facts.amount,
        outcome,
        posting.code if failed else None,
        posting.cause if failed else None,
        entry.document_number,
    )
