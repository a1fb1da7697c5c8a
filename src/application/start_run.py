"""Start a run: the kinds, the days and the settings version that it will use (M8, M9, M16)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from application.ports.clock import Clock
from application.ports.event_log import EventLog
from application.ports.wakeups import Wakeups
from application.retried import retried
from domain.connection import Connection
from domain.eastern_time import eastern_day
from domain.eligibility import kinds_on
from domain.pex_transaction import POSTABLE, Kind
from domain.refusals import Refusal
from domain.sync_run import TAG_OPTIONS, SyncRun, Trigger
from domain.sync_window import SyncWindow, check_dates, sync_window
from domain.synced_fields import synced_fields


class KindNotOn(Refusal):
    """A kind was chosen that the settings do not sync (M16)."""

    code = "KIND_NOT_ON"
    fix = "Switch the kind on in the settings first, or leave it out of the run."

    def __init__(self, kinds: Sequence[str]) -> None:
        super().__init__(f"The settings do not sync: {', '.join(kinds)}.")


class NothingToSync(Refusal):
    """The settings switch every kind off."""

    code = "NOTHING_TO_SYNC"
    fix = "Switch at least one kind on in the settings."

    def __init__(self) -> None:
        super().__init__("The settings sync no kind of transaction.")


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What a run is asked to do; kinds None means all that the settings sync.

    Named kinds leave tag options out, unless `tag_options` asks for them, beside them or alone.
    Dates are US Eastern days, for this run only.
    """

    connection_id: UUID
    actor: str
    trigger: Trigger = Trigger.MANUAL
    kinds: tuple[Kind, ...] | None = None
    start: date | None = None
    end: date | None = None
    preview: bool = False
    tag_options: bool = False


class StartRun:
    """Starts runs, one at a time for each connection."""

    def __init__(self, log: EventLog, clock: Clock, wakeups: Wakeups) -> None:
        self._log = log
        self._clock = clock
        self._wakeups = wakeups

    def start(self, request: RunRequest) -> UUID:
        """Write the run down and wake a worker.

        Raises:
            StreamNotFound: no such connection.
            RunActive: another run is going on.
            NotReady: a sign-in or the settings are missing.
            KindNotOn: a chosen kind is off.
            WindowRefused: the dates cannot be covered.
        """
        run_id = retried(lambda: self.write_down(request))
        self._wakeups.run(run_id)
        return run_id

    def write_down(self, request: RunRequest) -> UUID:
        """Write the run down in the caller's transaction, and wake nobody; raises as `start`.

        Raises:
            StreamConflict: somebody changed the connection at this moment.
        """
        connection = self._log.load(Connection, request.connection_id)
        microsoft = connection.check_can_run()
        now = self._clock.now()
        run_id = SyncRun.create_id(connection.id, connection.runs + 1)
        tag_options = self._tag_options(connection, request)
        run = SyncRun(
            now,
            connection.id,
            connection.runs + 1,
            request.trigger,
            request.preview,
            self._kinds(connection, request, tag_options=tag_options),
            self._window(connection, request, eastern_day(now)),
            connection.settings,
            connection.settings_version,
            microsoft,
            request.actor,
            funding=connection.funding,
            tag_options=tag_options,
        )
        connection.begin_run(run_id, now)
        self._log.save(run, connection)
        return run_id

    def _tag_options(self, connection: Connection, request: RunRequest) -> bool:
        synced = bool(synced_fields(connection.settings))
        if request.tag_options and not synced:
            raise KindNotOn([TAG_OPTIONS])
        return synced if request.kinds is None else request.tag_options

    def _kinds(
        self, connection: Connection, request: RunRequest, *, tag_options: bool
    ) -> tuple[Kind, ...]:
        on = kinds_on(connection.settings)
        off = [kind.value for kind in request.kinds or () if kind not in on]
        if off:
            raise KindNotOn(off)
        wanted = on if request.kinds is None else request.kinds
        chosen = tuple(kind for kind in POSTABLE if kind in wanted)
        if not (chosen or tag_options):
            raise NothingToSync
        return chosen

    def _window(self, connection: Connection, request: RunRequest, today: date) -> SyncWindow:
        settings = connection.settings
        check_dates(request.start, request.end, today)
        return sync_window(
            request.start or settings.start_date,
            request.end or settings.end_date,
            today,
            automatic=request.trigger is Trigger.AUTO,
        )
