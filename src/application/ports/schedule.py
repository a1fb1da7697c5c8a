"""When each connection's daily jobs are due; a cache that the connections can fill anew."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from domain.schedule import Job


@dataclass(frozen=True, slots=True)
class Planned:
    """A job of a connection, and when it is due, in UTC."""

    connection_id: UUID
    job: Job
    next_at: datetime


@dataclass(frozen=True, slots=True)
class Skipped:
    """Why a slot was left out: a refusal's code and its cause in words."""

    code: str
    cause: str


class Schedule(Protocol):
    """One row for each connection and job. Joins the transaction that it is called in."""

    def plan(self, connection_id: UUID, job: Job, next_at: datetime) -> bool:
        """Plan a job that is not planned yet; whether it was not."""

    def drop(self, connection_id: UUID, job: Job) -> None:
        """Forget a job."""

    def planned(self, job: Job) -> Mapping[UUID, datetime]:
        """When a job is due, for every connection that has it."""

    def due(self, job: Job, now: datetime, limit: int) -> Sequence[Planned]:
        """Those that are due, the longest due first."""

    def move(self, planned: Planned, next_at: datetime, skipped: Skipped | None = None) -> bool:
        """Move a job on from where it was seen; False where somebody else did that already.

        Of any number of callers who saw the same row, exactly one is told True. `skipped` is kept
        until the job is moved on without it.
        """

    def bring_forward(self, connection_id: UUID, job: Job, to: datetime) -> datetime | None:
        """Let a job be due at `to` unless it is earlier; when it is due then, None if never.

        Any number of callers change it once, and nobody moves it back.
        """

    def skipped(self, job: Job) -> Mapping[UUID, Skipped]:
        """Whose last slot was left out, and why."""
