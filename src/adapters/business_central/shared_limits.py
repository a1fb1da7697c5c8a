"""What the processes that share a Business Central user tell each other of its limits."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

LASTING = timedelta(seconds=15)
"""A slot is free again so long after its process was last heard of."""


class SharedLimitsAway(Exception):
    """What is shared cannot be reached just now; each process minds its own limits until then."""


@dataclass(frozen=True, slots=True)
class Permits:
    """How much may be spent, or how many seconds until there is something to spend.

    `by_operations`: the operations inside a `$batch` count, and not the requests.
    """

    granted: int
    wait_seconds: float
    by_operations: bool


class SharedLimits(Protocol):
    """Slots and a budget for each user; every method raises SharedLimitsAway."""

    def take_slot(self, user: str, owner: str, limit: int) -> int | None:
        """Take one of `limit` slots for `LASTING`; None where all are taken, which others learn."""

    def keep_slot(self, user: str, owner: str, slot: int) -> bool:
        """Keep a slot for `LASTING` from now on; False where it is another owner's by now."""

    def give_back(self, user: str, owner: str, slot: int) -> None:
        """Give a slot back, if it is still the owner's."""

    def is_waited_for(self, user: str) -> bool:
        """Whether somebody wanted a slot a moment ago and found none."""

    def reserve(
        self, user: str, budget: int, least: int, most: int, *, by_operations: bool, uncounted: int
    ) -> Permits:
        """Reserve as much as there is between `least` and `most` of what counts, or nothing.

        `by_operations` says what the caller thinks counts; nothing is granted where that is wrong.
        `uncounted` is how much of the other was spent since the last time.
        """

    def learn(self, user: str, budget: int) -> None:
        """After a 429: count operations, if requests alone would have fitted the budget."""
