"""What is not in the books and is about to leave the days of automatic syncs (M29)."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from application.ports.clock import Clock
from application.ports.event_log import EventLog
from application.ports.read_models import BacklogFilter, Page, ReadModels, TransactionView
from domain.connection import Connection
from domain.eastern_time import eastern_day
from domain.eligibility import kinds_on
from domain.sync_window import leaves_on, leaving_days


@dataclass(frozen=True, slots=True)
class Waiting:
    """A transaction that somebody should act on.

    Attributes:
        leaves_on: the first US Eastern day on which an automatic sync does not reach it any more.
        days_left: days until then; 0 or less once it has left.
    """

    transaction: TransactionView
    leaves_on: date
    days_left: int

    @property
    def has_left(self) -> bool:
        """Whether only a manual sync reaches it."""
        return self.days_left <= 0


class Backlog:
    """Lists what would be posted if somebody approved, tagged or mended it in time."""

    def __init__(self, log: EventLog, read_models: ReadModels, clock: Clock) -> None:
        self._log = log
        self._read_models = read_models
        self._clock = clock

    def of(self, connection_id: UUID, limit: int, cursor: str | None = None) -> Page[Waiting]:
        """What leaves within 10 days, the nearest first; behind it what left within the year.

        It rests on the newest outcome of each transaction, whether the daily sync is on or not. A
        row of PEX that no run has ever seen cannot be listed, and what is in doubt is not, since it
        settles by itself. Kinds that the settings do not sync and days outside their dates are left
        out.

        Raises:
            StreamNotFound: no such connection.
            CursorRefused: a cursor that no page handed out.
        """
        settings = self._log.load(Connection, connection_id).settings
        today = eastern_day(self._clock.now())
        days = leaving_days(settings.start_date, settings.end_date, today)
        wanted = BacklogFilter(kinds_on(settings), days)
        page = self._read_models.backlog(connection_id, wanted, limit, cursor)
        return Page(tuple(_waiting(view, today) for view in page.items), page.next_cursor)


def _waiting(view: TransactionView, today: date) -> Waiting:
    leaving = leaves_on(view.day)
    return Waiting(view, leaving, (leaving - today).days)
