"""When a connection's daily jobs are due (M16): one fixed time of the UTC day for each of them.

A day in UTC has 24 hours whatever the wall clocks do, so no night has a slot twice or not at all.
"""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

DAY = timedelta(days=1)
AGAIN = timedelta(minutes=10)
"""How long a slot waits for what is in its way, before it is tried again."""
ASTRAY = 2 * DAY
QUARTER = timedelta(minutes=15)
"""How far apart syncs are that were asked for by callbacks, at the least."""
AT_REST = timedelta(minutes=1)
"""How old a hint is at the least when it is followed, since PEX settles many at a time."""


class Job(StrEnum):
    """What is done once a day."""

    SYNC = "sync"
    KEEP_ALIVE = "keep_alive"


def slot_of_day(connection_id: UUID, job: Job) -> timedelta:
    """The time since midnight UTC; drawn from the id, so that connections spread over the day."""
    half_a_day = DAY // 2 if job is Job.KEEP_ALIVE else timedelta()
    return (timedelta(seconds=connection_id.int % (DAY // timedelta(seconds=1))) + half_a_day) % DAY


def next_slot(connection_id: UUID, job: Job, after: datetime) -> datetime:
    """The first slot behind an instant, in UTC."""
    instant = after.astimezone(UTC)
    midnight = instant.replace(hour=0, minute=0, second=0, microsecond=0)
    slot = midnight + slot_of_day(connection_id, job)
    return slot if slot > instant else slot + DAY


def slot_behind(connection_id: UUID, job: Job, due_at: datetime, now: datetime) -> datetime:
    """The slot that comes once one that was due is done, though the clock went back meanwhile."""
    return next_slot(connection_id, job, max(due_at, now))


def again_at(connection_id: UUID, job: Job, now: datetime) -> datetime:
    """When a slot that something was in the way of is tried again: soon, or as the next slot."""
    return min(now + AGAIN, next_slot(connection_id, job, now))


def soon_at(connection_id: UUID, now: datetime) -> datetime:
    """When a sync that somebody hints at may start: on one of four fixed minutes of the hour, UTC.

    Hints of a quarter of an hour come to the same instant, so they become one sync without anybody
    remembering them. The minutes are drawn from the id, so that connections spread over the hour.
    """
    after = now.astimezone(UTC) + AT_REST
    hour = after.replace(minute=0, second=0, microsecond=0)
    own = slot_of_day(connection_id, Job.SYNC) % QUARTER
    return hour + own + QUARTER * ((after - hour - own) // QUARTER + 1)


def is_astray(next_at: datetime, now: datetime) -> bool:
    """Whether it was planned by a clock that was far ahead; nothing real lies that far off.

    A clock that is set back by less than a day leaves the plan as it is, and repeats no slot.
    """
    return next_at - now > ASTRAY
