"""A small picture of the last 30 posting dates, for pages about something else."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from application.ports.pictures import PostedOnDay
from domain.eastern_time import eastern_day
from domain.sync_window import SyncWindow
from entrypoints.composition import Services
from entrypoints.http.pages import charts
from entrypoints.http.pages.rendering import counted

DAYS = 30


@dataclass(frozen=True, slots=True)
class Sparkline:
    """How many transactions were posted on each day; `sparkline.html` draws it."""

    days: SyncWindow
    number: int
    bars: tuple[charts.Bar, ...]
    told: dict[str, str]


def sparkline(services: Services, connection_id: UUID) -> Sparkline:
    """A connection's last 30 posting dates, in one query."""
    today = eastern_day(services.clock.now())
    days = SyncWindow(today - timedelta(days=DAYS - 1), today)
    return sparkline_of(services.read_models.figures(connection_id, days).posted, days)


def sparkline_of(posted: Iterable[PostedOnDay], days: SyncWindow) -> Sparkline:
    """All kinds of a day in one bar."""
    slots = charts.slots(days)
    held = {slot.first: 0 for slot in slots}
    for one in posted:
        held[one.day] += one.number
    chart = charts.stacked([(slot, [("all", Decimal(held[slot.first]))]) for slot in slots])
    told = {slot.name: counted(held[slot.first], "transaction") for slot in slots}
    return Sparkline(days, sum(held.values()), chart.bars, told)
