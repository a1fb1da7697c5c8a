"""US Eastern time, in which PEX tells times and in which posting dates are days."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

EASTERN = ZoneInfo("America/New_York")


def from_wall_time(text: str) -> datetime:
    """Read PEX's zone-less time as Eastern; one with an offset is converted (PEX contract U24).

    Raises:
        ValueError: the text is no ISO 8601 time.
    """
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=EASTERN) if moment.tzinfo is None else moment.astimezone(EASTERN)


def eastern_day(instant: datetime) -> date:
    """The calendar day in the US East at an instant, which must carry its zone."""
    if instant.tzinfo is None:
        raise ValueError("an instant needs its time zone")
    return instant.astimezone(EASTERN).date()
