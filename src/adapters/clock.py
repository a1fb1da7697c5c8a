"""The machine's clock, or one that starts at a given instant for demos and tests."""

import time
from datetime import UTC, datetime, timedelta


class SystemClock:
    """Tells UTC; with a start, runs from there at the machine's pace."""

    def __init__(self, start: datetime | None = None) -> None:
        self._start = start.astimezone(UTC) if start is not None else None
        self._since = time.monotonic()

    def now(self) -> datetime:
        """The present instant, in UTC."""
        if self._start is None:
            return datetime.now(UTC)
        return self._start + timedelta(seconds=time.monotonic() - self._since)
