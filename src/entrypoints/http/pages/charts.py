"""From figures to pictures: where bars, ticks and labels stand, for templates to draw.

Everything is told in percents of the plot, so that a picture has the width of its place while its
text keeps its size. Pure functions of numbers.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import TypeVar

from domain.sync_window import SyncWindow

T = TypeVar("T")
ZERO, ONE, ALL = Decimal(0), Decimal(1), Decimal(100)
STEPS = (Decimal(1), Decimal(2), Decimal(5), Decimal(10))
INTERVALS = 5
SINGLE_DAYS, SINGLE_WEEKS = 31, 190
LABELS, LONG_LABELS, LETTERS = 4, 3, 6
GAP = Decimal("0.24")
"""The share of a slot between its bar and the next."""


def percent(share: Decimal) -> str:
    """A share of 1 as an attribute's value, such as `12.5%`."""
    return f"{float(share * ALL):.4f}".rstrip("0").rstrip(".") + "%"


# --- time -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Slot:
    """A day, week or month of the range, both days included; cut off where the range is."""

    first: date
    last: date
    label: str

    @property
    def name(self) -> str:
        """The days in full."""
        if self.first == self.last:
            return self.first.isoformat()
        return f"{self.first.isoformat()} to {self.last.isoformat()}"


def slot_word(days: SyncWindow) -> str:
    """What the slots of a range are: `day`, `week` (from Monday on) or `month`."""
    length = (days.end - days.start).days + 1
    if length <= SINGLE_DAYS:
        return "day"
    return "week" if length <= SINGLE_WEEKS else "month"


def slots(days: SyncWindow) -> list[Slot]:
    """The range in days, in weeks or in months, whatever is few enough to be told apart."""
    word = slot_word(days)
    found: list[Slot] = []
    first = days.start
    while True:
        last = min(_last_day(first, word), days.end)
        found.append(Slot(first, last, f"{first:%b %Y}" if word == "month" else _short(first)))
        if last == days.end:
            return found
        first = last + timedelta(days=1)


def _short(day: date) -> str:
    return f"{day:%b} {day.day}"


def _last_day(day: date, word: str) -> date:
    ahead = 0
    if word == "week":
        ahead = 6 - day.weekday()
    elif word == "month":
        following = day.replace(day=28) + timedelta(days=4)
        ahead = (following.replace(day=1) - day).days - 1
    return day + timedelta(days=ahead)


# --- scales -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Scale:
    """An axis with round numbers; `low` and `high` are its first and its last tick."""

    ticks: tuple[Decimal, ...]

    @property
    def low(self) -> Decimal:
        """Where the axis begins: 0, or below it."""
        return self.ticks[0]

    @property
    def high(self) -> Decimal:
        """Where the axis ends: 0, or above it."""
        return self.ticks[-1]

    def share(self, value: Decimal) -> Decimal:
        """How far along the axis a value stands, from 0 through 1."""
        return (value - self.low) / (self.high - self.low)


def scale(values: Iterable[Decimal]) -> Scale:
    """An axis that holds 0 and all values, in at most 6 steps of 1, 2 or 5 times a power of ten.

    No step is smaller than 1, since there is no half of a transaction.
    """
    held = [ZERO, *values]
    low, high = min(held), max(held)
    if low == high:
        high = ONE
    step = max(_step((high - low) / INTERVALS), ONE)
    begin = (low / step).to_integral_value(ROUND_FLOOR)
    end = (high / step).to_integral_value(ROUND_CEILING)
    return Scale(tuple(step * place for place in range(int(begin), int(end) + 1)))


def _step(least: Decimal) -> Decimal:
    magnitude = ONE.scaleb(least.adjusted())
    return next(step * magnitude for step in STEPS if step * magnitude >= least)


# --- standing bars ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a bar, of one series."""

    series: str
    y: str
    height: str


@dataclass(frozen=True, slots=True)
class Bar:
    """The blocks of one slot, and its label; empty where there is no room for it."""

    slot: Slot
    label: str
    x: str
    width: str
    middle: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Tick:
    """A line across the plot at a round number."""

    label: str
    at: str
    is_zero: bool


@dataclass(frozen=True, slots=True)
class Stacked:
    """Stacked bars: what is above zero upwards, what is below it downwards."""

    bars: tuple[Bar, ...]
    ticks: tuple[Tick, ...]


Parts = Sequence[tuple[str, Decimal]]


def stacked(columns: Sequence[tuple[Slot, Parts]]) -> Stacked:
    """Bars of series and value, one column for each slot, in the given order."""
    axis = scale((end for _, parts in columns for end in _ends(parts)))
    each = ONE / max(len(columns), 1)
    every = _every(columns)
    bars = []
    for place, (slot, parts) in enumerate(columns):
        left = each * place
        bars.append(
            Bar(
                slot,
                slot.label if place % every == 0 else "",
                percent(left + each * GAP / 2),
                percent(each * (1 - GAP)),
                percent(left + each / 2),
                tuple(_blocks(parts, axis)),
            )
        )
    ticks = (Tick(_figure(one), percent(1 - axis.share(one)), one == 0) for one in axis.ticks)
    return Stacked(tuple(bars), tuple(ticks))


def _figure(value: Decimal) -> str:
    return f"{value:,.0f}".replace("-", "\N{MINUS SIGN}")


def _ends(parts: Parts) -> tuple[Decimal, Decimal]:
    """How far a bar reaches below zero, and above it."""
    below = sum((value for _, value in parts if value < 0), ZERO)
    return below, sum((value for _, value in parts if value > 0), ZERO)


def _blocks(parts: Parts, axis: Scale) -> Iterable[Block]:
    below = above = ZERO
    for series, value in parts:
        if value > 0:
            top, bottom = above + value, above
            above = top
        elif value < 0:
            top, bottom = below, below + value
            below = bottom
        else:
            continue
        height = axis.share(top) - axis.share(bottom)
        yield Block(series, percent(1 - axis.share(top)), percent(height))


def _every(columns: Sequence[tuple[Slot, Parts]]) -> int:
    """Which labels find room at 360 pixels: every so many."""
    longest = max((len(slot.label) for slot, _ in columns), default=0)
    room = LABELS if longest <= LETTERS else LONG_LABELS
    return -(-len(columns) // room) or 1


# --- lying bars -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Lying:
    """A lying bar from zero to its value, to the left where that is below zero."""

    x: str
    width: str


def lying(values: Sequence[Decimal]) -> list[Lying]:
    """Bars on one scale; the longest ones reach its ends."""
    low, high = min([ZERO, *values]), max([ZERO, *values])
    length = high - low or ONE
    return [
        Lying(percent((min(value, ZERO) - low) / length), percent(abs(value) / length))
        for value in values
    ]


def largest(items: Sequence[T], size: Callable[[T], Decimal], most: int) -> tuple[list[T], list[T]]:
    """The largest items and the others, each in the order that they came in."""
    by_size = sorted(range(len(items)), key=lambda place: -abs(size(items[place])))
    chosen = set(by_size[:most])
    shown = [item for place, item in enumerate(items) if place in chosen]
    return shown, [item for place, item in enumerate(items) if place not in chosen]
