"""Line numbers for packs, a few packs' worth at a time (design: exactly once, 2; ADR 30).

Whoever shares the journal reserves from the same counter. To ask it for each pack would make its
stream long and its writers collide; what a session leaves unused is left behind for good.
"""

from application.ports.clock import Clock
from application.ports.event_log import EventLog
from application.retried import retried
from application.run_session import RunSession, open_numbers

MOST_AT_ONCE = 1_000


class ReserveNumbers:
    """Hands out numbers that nobody else has, nor ever had."""

    def __init__(self, log: EventLog, clock: Clock) -> None:
        self._log = log
        self._clock = clock

    def take(self, session: RunSession, count: int) -> tuple[int, ...]:
        """So many numbers for the session's journal: at first no more, later some for the next.

        Raises:
            StreamConflict: others reserved faster again and again.
        """
        if len(session.numbers) < count:
            wanted = max(count, min(2 * session.numbers_at_once, MOST_AT_ONCE))
            session.numbers = retried(lambda: self._reserved(session, wanted))
            session.numbers_at_once = wanted
        taken, session.numbers = session.numbers[:count], session.numbers[count:]
        return taken

    def _reserved(self, session: RunSession, count: int) -> tuple[int, ...]:
        numbers = open_numbers(
            self._log,
            self._clock,
            session.target,
            lambda: session.port.highest_line_number(session.journal),
        )
        reserved = numbers.reserve(count, self._clock.now())
        self._log.save(numbers)
        return reserved
