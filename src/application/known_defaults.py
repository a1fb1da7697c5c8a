"""What is known of the accounts' default dimensions, and how it is learned (contract 2.9)."""

from collections.abc import Callable, Collection, Mapping
from uuid import UUID

from application.ports.clock import Clock
from application.ports.event_log import EventLog
from application.retried import retried
from domain.default_dimensions import Account, DefaultDimensions
from domain.journal_entry import JournalEntry, JournalLine
from domain.posted_transaction import Target


def ways(log: EventLog, target: Target) -> Callable[[JournalEntry], bool]:
    """Tells of an entry whether it is to be sent bare, its dimensions afterwards."""
    known = log.find(DefaultDimensions, _stream(target))
    return known.collide_with if known else lambda _entry: False


def suspect(log: EventLog, clock: Clock, target: Target, line: JournalLine) -> None:
    """Note that the line's account brings one of the line's dimensions, whichever it is."""
    account = (line.account_type, line.account_number)
    codes = [one.code for one in line.dimensions]
    _change(log, clock, target, lambda known: known.suspect(account, codes, clock.now()))


def learn(
    log: EventLog, clock: Clock, target: Target, seen: Mapping[Account, Collection[str]]
) -> None:
    """Note which dimensions new lines of each account were seen to bear, none included."""

    def note(known: DefaultDimensions) -> None:
        for account, codes in seen.items():
            known.learn(account, codes, clock.now())

    _change(log, clock, target, note)


def _change(
    log: EventLog, clock: Clock, target: Target, change: Callable[[DefaultDimensions], None]
) -> None:
    def once() -> None:
        known = log.find(DefaultDimensions, _stream(target)) or DefaultDimensions(
            clock.now(), target.tenant_id, target.environment, target.company_id
        )
        change(known)
        if known.by_account and known.pending_events:
            log.save(known)

    retried(once)


def _stream(target: Target) -> UUID:
    return DefaultDimensions.create_id(target.tenant_id, target.environment, target.company_id)
