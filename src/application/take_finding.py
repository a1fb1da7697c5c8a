"""Let an unsettled transaction follow what Business Central holds of it (contract 6.6, 6c)."""

from application.ports.clock import Clock
from application.ports.general_journal import GeneralJournal, Journal
from application.reporting import settled
from domain.findings import InLedger, Nothing, Part, Twice, Whole
from domain.posted_transaction import Place, PostedTransaction
from domain.refusals import PartlyFound
from domain.sync_run import Reported, SyncRun


def take_finding(
    run: SyncRun,
    port: GeneralJournal,
    journal: Journal,
    posting: PostedTransaction,
    finding: Whole | Part | InLedger | Twice | Nothing,
    clock: Clock,
) -> tuple[Reported, ...]:
    """Adopt it, release it, or hold it for a person; its lines of a report, where it is settled."""
    now = clock.now()
    if isinstance(finding, Whole):
        posting.adopt(Place.JOURNAL, finding.line_ids, run.id, now)
    elif isinstance(finding, InLedger):
        posting.adopt(Place.LEDGER, finding.entry_ids, run.id, now)
    elif isinstance(finding, Twice) and _ours(posting, finding):
        port.delete(journal, [line.id for line in finding.lines])
        posting.adopt(Place.LEDGER, finding.entry_ids, run.id, now)
    elif isinstance(finding, Nothing):
        posting.release("Business Central holds no trace of it.", run.id, now)
        return ()
    else:
        found = finding.found if isinstance(finding, Part) else len(finding.lines)
        refusal = PartlyFound(found, len(posting.line_numbers))
        posting.hold(refusal.code, refusal.cause, run.id, now)
    return settled((posting,))


def _ours(posting: PostedTransaction, finding: Twice) -> bool:
    """Whether the unposted lines are the ones that we sent, not a person's correction."""
    numbers = tuple(line.line_number for line in finding.lines)
    return posting.attempts > 1 and numbers == posting.line_numbers
