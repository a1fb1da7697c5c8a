"""Pictures of a connection: posted per day and kind, failures by cause, spend by account (M36)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from application.pictures import PictureDaysRefused, picture_days
from application.ports.pictures import Figures, PostedOnDay, SpentOn, WaitingFor
from domain.eastern_time import eastern_day
from domain.money import Money, total
from domain.pex_transaction import POSTABLE, Kind
from domain.refusals import fix_for
from domain.sync_run import Outcome
from domain.sync_window import SyncWindow
from entrypoints.composition import Services
from entrypoints.http.pages import charts
from entrypoints.http.pages.connections import connection_page
from entrypoints.http.pages.rendering import counted, day, money, words
from entrypoints.http.permissions import READ_BOOKS
from entrypoints.http.problems import status_of
from entrypoints.http.security import Principal, visible_connection

MOST_ACCOUNTS = 12
NUMBER, AMOUNT = "number", "amount"
ShortText = Annotated[str, QueryParameter(max_length=40)]


@dataclass(frozen=True, slots=True)
class PostedLine:
    """What was posted of a kind within a slot, and the way to the transactions."""

    slot: charts.Slot
    kind: Kind
    number: int
    amount: Money
    query: str


@dataclass(frozen=True, slots=True)
class KindTotal:
    """What was posted of a kind on all days."""

    kind: Kind
    number: int
    amount: Money
    query: str


@dataclass(frozen=True, slots=True)
class CauseLine:
    """A cause with its bar and the way to the transactions."""

    waiting: WaitingFor
    bar: charts.Lying
    fix: str
    query: str


@dataclass(frozen=True, slots=True)
class AccountLine:
    """An account with its bar; without a number for all others together."""

    account: SpentOn
    name: str
    bar: charts.Lying
    others: int = 0


@get("/connections/{connection_id:uuid}/pictures", sync_to_thread=True, opt=READ_BOOKS)
def pictures_page(
    request: Request[Any, Any, Any],
    connection_id: FromPath[UUID],
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
    start: Annotated[str, QueryParameter(name="from", max_length=40)] = "",
    end: Annotated[str, QueryParameter(name="to", max_length=40)] = "",
    show: ShortText = NUMBER,
) -> Response[str]:
    """The last 90 days, or those asked for; the form again where they are refused."""
    connection = visible_connection(services, principal, connection_id)
    today = eastern_day(services.clock.now())
    try:
        days = picture_days(_day("from", start), _day("to", end), today)
    except PictureDaysRefused as refusal:
        wrong = {refusal.field: {"detail": refusal.cause, "fix": refusal.fix}}
        form = {"start": start, "end": end, "show": show, "errors": wrong, "figures": None}
        return connection_page(
            request, connection, "pictures", "pictures.html", form, status=status_of(refusal)
        )
    figures = services.read_models.figures(connection_id, days)
    asked: dict[str, Any] = {"start": days.start, "end": days.end, "show": show, "errors": {}}
    asked["figures"] = figures
    names = services.account_names.of(connection_id, connection.company_id or "")
    context = {**asked, **_posted(figures, days, show), **_rest(figures, days, names)}
    return connection_page(request, connection, "pictures", "pictures.html", context)


def _day(field: str, text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise PictureDaysRefused(field, "This is no date.") from error


def _posted(figures: Figures, days: SyncWindow, show: str) -> dict[str, Any]:
    slots = charts.slots(days)
    lines = posted_lines(figures.posted, slots)
    return {
        "slot_word": charts.slot_word(days),
        "lines": lines,
        "totals": _totals(figures.posted, days),
        "chart": posted_chart(lines, slots, by_amount=show == AMOUNT),
        "told": _told(lines),
        "summary": _summary(lines, days),
    }


def posted_lines(posted: Iterable[PostedOnDay], slots: Sequence[charts.Slot]) -> list[PostedLine]:
    """The days' figures added up slot by slot, kinds in their order."""
    held: dict[tuple[int, Kind], list[PostedOnDay]] = defaultdict(list)
    place = 0
    for one in sorted(posted, key=lambda one: one.day):
        while one.day > slots[place].last:
            place += 1
        held[place, one.kind].append(one)
    return [
        PostedLine(
            slots[place],
            kind,
            sum(one.number for one in held[place, kind]),
            total(one.amount for one in held[place, kind]),
            _query(slots[place].first, slots[place].last, Outcome.POSTED, kind),
        )
        for place, kind in sorted(held, key=lambda key: (key[0], POSTABLE.index(key[1])))
    ]


def posted_chart(
    lines: Iterable[PostedLine], slots: Sequence[charts.Slot], *, by_amount: bool
) -> charts.Stacked:
    """Bars of how many were posted, or of PEX's amounts: what left the card account hangs down."""
    parts: dict[charts.Slot, list[tuple[str, Decimal]]] = {slot: [] for slot in slots}
    for line in lines:
        value = line.amount.amount if by_amount else Decimal(line.number)
        parts[line.slot].append((line.kind.value, value))
    return charts.stacked([(slot, parts[slot]) for slot in slots])


def _told(lines: Iterable[PostedLine]) -> dict[str, str]:
    """What each slot holds, in words."""
    told: dict[str, list[str]] = defaultdict(list)
    for line in lines:
        what = counted(line.number, words(line.kind))
        told[line.slot.name].append(f"{what} ({money(line.amount)})")
    return {name: ", ".join(parts) for name, parts in told.items()}


def _summary(lines: Sequence[PostedLine], days: SyncWindow) -> str:
    number = counted(sum(line.number for line in lines), "transaction")
    return f"{number} posted from {day(days.start)} to {day(days.end)}; the table below has all."


def _totals(posted: Sequence[PostedOnDay], days: SyncWindow) -> list[KindTotal]:
    return [
        KindTotal(
            kind,
            sum(one.number for one in posted if one.kind is kind),
            total(one.amount for one in posted if one.kind is kind),
            _query(days.start, days.end, Outcome.POSTED, kind),
        )
        for kind in POSTABLE
        if any(one.kind is kind for one in posted)
    ]


def _rest(figures: Figures, days: SyncWindow, names: Mapping[str, str]) -> dict[str, Any]:
    bars = charts.lying([Decimal(one.number) for one in figures.waiting])
    causes = [
        CauseLine(
            one,
            bar,
            fix_for(one.code) if one.code else "",
            _query(days.start, days.end, one.outcome),
        )
        for one, bar in zip(figures.waiting, bars, strict=True)
    ]
    return {
        "causes": causes,
        "accounts": account_lines(figures.spent, names),
        "names": names,
        "spent_lines": sum(one.lines for one in figures.spent),
        "spent_total": total(one.amount for one in figures.spent),
    }


def account_lines(spent: Sequence[SpentOn], names: Mapping[str, str]) -> list[AccountLine]:
    """The largest accounts, and all others in one line; a name is empty where it is not known."""
    shown, others = charts.largest(spent, lambda one: one.amount.amount, MOST_ACCOUNTS)
    if others:
        lines = sum(one.lines for one in others)
        shown.append(SpentOn("", lines, total(one.amount for one in others)))
    bars = charts.lying([one.amount.amount for one in shown])
    return [
        AccountLine(
            one,
            names.get(one.account_number, ""),
            bar,
            0 if one.account_number else len(others),
        )
        for one, bar in zip(shown, bars, strict=True)
    ]


def _query(first: date, last: date, outcome: Outcome, kind: Kind | None = None) -> str:
    """The filters of the transactions page."""
    wanted = {"outcome": outcome.value, "kind": kind.value if kind else None}
    days = {"from": first.isoformat(), "to": last.isoformat()}
    return urlencode({name: value for name, value in {**wanted, **days}.items() if value})


HANDLERS = [pictures_page]
