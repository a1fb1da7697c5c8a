"""The life of a PEX API token: six months, and renewable in the last of them (PEX contract 1.6)."""

from datetime import datetime, timedelta

from domain.eastern_time import eastern_day
from domain.sync_window import months_back

MARGIN = timedelta(days=1)


def may_renew(expires_at: datetime | None, now: datetime) -> bool:
    """Whether a token may be renewed by now: once a whole day of its last month is over.

    PEX refuses early renewals, and does not say in which zone it counts its months. A token that is
    over, or of which no end is known, is not renewed.
    """
    if expires_at is None or now >= expires_at:
        return False
    return eastern_day(now) > months_back(eastern_day(expires_at), 1) + MARGIN
