"""The figures of the pictures, added up transaction by transaction."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator
from typing import TypeVar

from application.ports.pictures import Figures, PostedOnDay, SpentOn, WaitingFor
from application.ports.read_models import TransactionView
from domain.journal_entry import AccountType
from domain.money import Money, total
from domain.pex_transaction import Kind
from domain.sync_run import Outcome

K = TypeVar("K", bound=Hashable)
ORDER = list(Kind)


def added_up(views: Iterable[TransactionView]) -> Figures:
    views = list(views)
    posted = [view for view in views if view.outcome is Outcome.POSTED]
    waiting = [view for view in views if _waits(view)]
    by_day = _groups(((view.day, view.kind), view.amount) for view in posted)
    by_cause = _groups(((view.outcome, view.code), view.amount) for view in waiting)
    by_account = _groups(pair for view in posted for pair in _expenses(view))
    return Figures(
        tuple(
            PostedOnDay(day, kind, len(amounts), total(amounts))
            for (day, kind), amounts in sorted(
                by_day.items(), key=lambda group: (group[0][0], ORDER.index(group[0][1]))
            )
        ),
        tuple(
            sorted(
                (WaitingFor(*cause, len(of), total(of)) for cause, of in by_cause.items()),
                key=lambda one: (-one.number, one.code or ""),
            )
        ),
        tuple(
            sorted(
                (SpentOn(account, len(of), total(of)) for account, of in by_account.items()),
                key=lambda one: (-one.amount.amount, one.account_number),
            )
        ),
    )


def _waits(view: TransactionView) -> bool:
    unapproved = view.outcome is Outcome.SKIPPED and view.code == "NOT_APPROVED"
    return view.outcome is Outcome.FAILED or unapproved


def _expenses(view: TransactionView) -> Iterator[tuple[str, Money]]:
    if view.entry is None or view.kind not in (Kind.PURCHASE, Kind.FEE):
        return
    for line in view.entry.lines[:-1]:
        if line.account_type is AccountType.GL:
            yield line.account_number, line.amount


def _groups(pairs: Iterable[tuple[K, Money]]) -> dict[K, list[Money]]:
    found: dict[K, list[Money]] = defaultdict(list)
    for key, amount in pairs:
        found[key].append(amount)
    return found
