"""Tell people when a connection needs them (M4), once for each trouble, and when it is mended."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid5

from application.every_connection import every_connection
from application.ports.clock import Clock
from application.ports.notifier import NotDelivered, Notice, Notifier
from application.ports.outbox import Outbox, Outgoing
from application.ports.read_models import ConnectionView, ReadModels
from application.ports.schedule import Schedule, Skipped
from domain.connection import Status
from domain.refusals import fix_for
from domain.schedule import Job

AT_ONCE = 20
IN_FLIGHT = timedelta(minutes=5)
"""After this long a sender is taken for dead, and the notice is sent again."""
LONGEST_PAUSE = timedelta(hours=1)
GIVEN_UP_AFTER = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Undelivered:
    """A notice that could not be handed over now, or ever."""

    outgoing: Outgoing
    why: str
    given_up: bool


class TellNews:
    """Compares every connection's trouble with what was told last, and sends the difference.

    Troubles are told apart by their code: the words behind it may hold a reference that changes
    with every attempt, and no news with it.
    """

    def __init__(
        self,
        read_models: ReadModels,
        schedule: Schedule,
        outbox: Outbox,
        notifiers: Sequence[Notifier],
        clock: Clock,
        public_url: str,
    ) -> None:
        self._read_models = read_models
        self._schedule = schedule
        self._outbox = outbox
        self._notifiers = {one.channel: one for one in notifiers}
        self._clock = clock
        self._public_url = public_url.rstrip("/")

    # --- noting what is new --------------------------------------------------------------------

    def note(self) -> int:
        """Lay down what is new; how many news that are."""
        told = self._outbox.told()
        skipped = self._schedule.skipped(Job.SYNC)
        news = 0
        for view in every_connection(self._read_models):
            trouble = _trouble(view, skipped.get(view.id))
            before, code = told.get(view.id), trouble.code if trouble else None
            if before != code:
                news += self._outbox.tell(
                    view.id, before, code, self._outgoing(view, trouble, before)
                )
        return news

    def _outgoing(
        self, view: ConnectionView, trouble: Skipped | None, before: str | None
    ) -> Sequence[Outgoing]:
        if trouble is None and view.status is Status.DISCONNECTED:
            return ()  # nothing was mended, and whoever parted it knows
        now = self._clock.now()
        code = trouble.code if trouble else before or ""
        notice = Notice(
            uuid5(view.id, f"{code} {trouble is None} {now.isoformat()}"),
            view.id,
            view.business_name,
            code,
            trouble.cause if trouble else "",
            fix_for(code) if trouble else "",
            f"{self._public_url}/connections/{view.id}",
            trouble is None,
            now,
        )
        return [Outgoing(notice, channel, now) for channel in self._notifiers]

    # --- handing it over -----------------------------------------------------------------------

    def due(self) -> Sequence[Outgoing]:
        """What is to be sent by now."""
        return self._outbox.due(self._clock.now(), AT_ONCE)

    def send(self, outgoing: Outgoing) -> Undelivered | None:
        """Try once; None where it is delivered, or another process's matter."""
        taken = self._outbox.take(outgoing, self._clock.now() + IN_FLIGHT)
        if taken is None:
            return None
        notifier = self._notifiers.get(taken.channel)
        if notifier is None:
            self._outbox.done(taken)
            return Undelivered(taken, "this way of telling is not configured any more", True)  # noqa: FBT003
        try:
            notifier.send(taken.notice)
        except NotDelivered as error:
            return self._not_delivered(taken, str(error))
        self._outbox.done(taken)
        return None

    def _not_delivered(self, taken: Outgoing, why: str) -> Undelivered:
        now = self._clock.now()
        given_up = now - taken.notice.at > GIVEN_UP_AFTER
        if given_up:
            self._outbox.done(taken)
        else:
            pause = timedelta(minutes=2.0 ** min(taken.tries - 1, 10))
            self._outbox.put_off(taken, now + min(pause, LONGEST_PAUSE))
        return Undelivered(taken, why, given_up)


def _trouble(view: ConnectionView, skipped: Skipped | None) -> Skipped | None:
    """What a person has to mend; the connection's own trouble before that of its daily sync."""
    if view.status is Status.ACTION_REQUIRED:
        return Skipped(view.status_code or "", view.status_reason or "")
    return skipped if view.auto_sync else None
