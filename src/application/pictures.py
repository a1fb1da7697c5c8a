"""Which days the pictures of a connection show (M36)."""

from datetime import date, timedelta
from typing import ClassVar

from domain.refusals import Refusal
from domain.sync_window import SyncWindow

USUALLY = timedelta(days=89)
LONGEST = timedelta(days=365)


class PictureDaysRefused(Refusal):
    """Days that no picture shows; `field` is `from` or `to`."""

    code: ClassVar[str] = "PICTURE_DAYS_REFUSED"
    fix: ClassVar[str] = "Choose a first and a last posting date, at most 1 year apart."

    def __init__(self, field: str, cause: str) -> None:
        self.field = field
        super().__init__(cause)


def picture_days(start: date | None, end: date | None, today: date) -> SyncWindow:
    """Posting dates: unless chosen, through today, and 90 days in all.

    Raises:
        PictureDaysRefused: the end lies before the start, or more than a year behind it.
    """
    end = end or today
    start = start or end - min(USUALLY, end - date.min)
    if end < start:
        raise PictureDaysRefused("to", f"The last day, {end}, lies before the first, {start}.")
    if end - start > LONGEST:
        raise PictureDaysRefused("from", f"From {start} to {end} is more than 1 year.")
    return SyncWindow(start, end)
