"""Which days a sync covers: US Eastern calendar days, both ends inclusive (M8, M9)."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import ClassVar

from domain.refusals import Refusal

AUTO_MONTHS = 2
LIMIT_MONTHS = 12
NOTICE = timedelta(days=10)
_SHORTEST_TWO_MONTHS = timedelta(days=59)


class WindowRefused(Refusal):
    """Dates that no sync can cover."""

    code: ClassVar[str] = "DATES_REFUSED"
    fix: ClassVar[str] = "Choose a start at most 1 year back, and an end on or after it."

    def __init__(self, field: str, cause: str) -> None:
        self.field = field
        super().__init__(cause)


@dataclass(frozen=True, slots=True)
class SyncWindow:
    """From the first through the last day, tested against what will be the posting date."""

    start: date
    end: date

    def __contains__(self, day: date) -> bool:
        return self.start <= day <= self.end


def months_back(day: date, months: int) -> date:
    """The same day of the month, `months` earlier; the month's last day where it has no such."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    first_of_next = date(year + (month == 11), (month + 1) % 12 + 1, 1)  # noqa: PLR2004 - December
    last_day = (first_of_next - timedelta(days=1)).day
    return date(year, month + 1, min(day.day, last_day))


def check_dates(start: date | None, end: date | None, today: date) -> None:
    """Refuse dates that settings or a run may not carry.

    Raises:
        WindowRefused: naming `start_date` or `end_date`.
    """
    limit = months_back(today, LIMIT_MONTHS)
    if start is not None and start < limit:
        raise WindowRefused("start_date", f"The start {start} lies before {limit}, 1 year back.")
    if start is not None and start > today:
        raise WindowRefused("start_date", f"The start {start} lies in the future.")
    if end is not None and end < (start or months_back(today, AUTO_MONTHS)):
        raise WindowRefused("end_date", f"The end {end} lies before the start.")


def sync_window(
    start: date | None, end: date | None, today: date, *, automatic: bool
) -> SyncWindow:
    """The days of a sync that begins `today`.

    An empty start means 2 months back, and no sync reaches farther back than 1 year; an automatic
    one not farther than 2 months (M8, M9). An empty end means today.
    """
    reach = months_back(today, AUTO_MONTHS if automatic else LIMIT_MONTHS)
    begin = max(start or months_back(today, AUTO_MONTHS), reach)
    return SyncWindow(begin, min(end or today, today))


@dataclass(frozen=True, slots=True)
class LeavingDays:
    """Posting dates that automatic syncs are about to reach no more, and did until lately (M29).

    Attributes:
        oldest: the first day that a manual sync still reaches.
        reached: the first day that an automatic sync still reaches; what is older has left.
        newest: the last day that leaves within the time of notice.
    """

    oldest: date
    reached: date
    newest: date

    def __contains__(self, day: date) -> bool:
        return self.oldest <= day <= self.newest


def leaving_days(start: date | None, end: date | None, today: date) -> LeavingDays:
    """The days that leave from 10 days before they do, and those that left within the year.

    Days outside the settings' own start and end never were to be synced, so they do not leave.
    """
    oldest = months_back(today, LIMIT_MONTHS) + timedelta(days=1)
    newest = months_back(today + NOTICE, AUTO_MONTHS) - timedelta(days=1)
    return LeavingDays(
        max(start or oldest, oldest), months_back(today, AUTO_MONTHS), min(end or newest, newest)
    )


def leaves_on(day: date) -> date:
    """The first day on which an automatic sync does not reach a posting date any more (M9)."""
    leaving = day + _SHORTEST_TWO_MONTHS
    while months_back(leaving, AUTO_MONTHS) <= day:
        leaving += timedelta(days=1)
    return leaving
