"""What an HTTP answer asks for by its header Retry-After."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

LONGEST_SECONDS = 3600.0
_DIGITS = 9


def retry_after(response: httpx.Response) -> float | None:
    """Seconds to wait, given as a number or as a date; at most an hour, None where there is none.

    The cap keeps a nonsensical value from stopping a run for good.
    """
    value = response.headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return LONGEST_SECONDS if len(value) > _DIGITS else min(float(value), LONGEST_SECONDS)
    try:
        moment = parsedate_to_datetime(value)
    except (TypeError, ValueError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    wait = (moment - datetime.now(UTC)).total_seconds()
    return min(max(wait, 0.0), LONGEST_SECONDS)
