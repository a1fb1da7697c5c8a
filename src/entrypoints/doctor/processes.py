"""Whether schedulers and workers are at work, told by what they leave undone."""

from collections.abc import Iterator
from datetime import timedelta

from domain.connection import Connection
from domain.schedule import Job
from domain.sync_run import SyncRun
from entrypoints.doctor import faults_elsewhere as faults
from entrypoints.doctor.finding import Finding, Unchecked
from entrypoints.doctor.set_up import SetUp

OVERDUE = timedelta(minutes=15)
"""A scheduler looks every few seconds, and moves on what it cannot start."""
STILL = timedelta(minutes=30)
"""Twice as long as a step may take."""


def scheduler(set_up: SetUp, connection: Connection) -> Iterator[Finding]:
    """An automatic sync starts when it is due."""
    if not connection.auto_sync:
        raise Unchecked("auto-sync is off")
    due_at = set_up.schedule.planned(Job.SYNC).get(connection.id)
    if due_at is None or set_up.now() - due_at > OVERDUE:
        yield Finding.of(faults.SchedulerSilent(due_at))


def worker(set_up: SetUp, connection: Connection) -> Iterator[Finding]:
    """A run that is under way gets on."""
    if connection.active_run is None:
        raise Unchecked("no run is under way")
    run = set_up.log.load(SyncRun, connection.active_run)
    last = set_up.log.history(run.id)[-1].recorded_at
    since = max(last, run.stalled_until or last)
    if not run.is_over and set_up.now() - since > STILL:
        yield Finding.of(faults.WorkerSilent(since))
