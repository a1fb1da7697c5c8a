"""The schedule over SQL: moved on by a conditional update, so that of many one succeeds."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from adapters.persistence.engine import Database, upsert
from adapters.persistence.tables import schedule
from application.ports.schedule import Planned, Skipped
from domain.schedule import Job


class SqlSchedule:
    """Fulfils the port `Schedule`; joins the database's current block."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def plan(self, connection_id: UUID, job: Job, next_at: datetime) -> bool:
        """Plan a job that is not planned yet."""
        with self._database.transaction() as connection:
            insert = upsert(connection, schedule).values(
                connection_id=connection_id, job=job.value, next_at=next_at
            )
            plan = insert.on_conflict_do_nothing().returning(schedule.c.job)
            return connection.scalar(plan) is not None

    def drop(self, connection_id: UUID, job: Job) -> None:
        """Forget a job."""
        with self._database.transaction() as connection:
            connection.execute(sa.delete(schedule).where(*_is(connection_id, job)))

    def planned(self, job: Job) -> Mapping[UUID, datetime]:
        """When a job is due, for every connection that has it."""
        query = sa.select(schedule).where(schedule.c.job == job.value)
        with self._database.reading() as connection:
            return {row.connection_id: row.next_at for row in connection.execute(query)}

    def due(self, job: Job, now: datetime, limit: int) -> Sequence[Planned]:
        """Those that are due, the longest due first."""
        query = (
            sa.select(schedule)
            .where(schedule.c.job == job.value, schedule.c.next_at <= now)
            .order_by(schedule.c.next_at, schedule.c.connection_id)
            .limit(limit)
        )
        with self._database.reading() as connection:
            return [
                Planned(row.connection_id, job, row.next_at) for row in connection.execute(query)
            ]

    def move(self, planned: Planned, next_at: datetime, skipped: Skipped | None = None) -> bool:
        """Move a job on from where it was seen; False where somebody else did."""
        move = (
            sa.update(schedule)
            .where(*_is(planned.connection_id, planned.job), schedule.c.next_at == planned.next_at)
            .values(
                next_at=next_at,
                skipped_code=skipped and skipped.code,
                skipped_cause=skipped and skipped.cause,
            )
            .returning(schedule.c.job)
        )
        with self._database.transaction() as connection:
            return connection.scalar(move) is not None

    def bring_forward(self, connection_id: UUID, job: Job, to: datetime) -> datetime | None:
        """Let a job be due earlier; writes nothing where it is already."""
        due = sa.select(schedule.c.next_at).where(*_is(connection_id, job))
        with self._database.reading() as connection:
            next_at: datetime | None = connection.scalar(due)
        if next_at is None or next_at <= to:
            return next_at
        forward = (
            sa.update(schedule)
            .where(*_is(connection_id, job), schedule.c.next_at > to)
            .values(next_at=to)
        )
        with self._database.transaction() as connection:
            connection.execute(forward)
            return connection.scalar(due)

    def skipped(self, job: Job) -> Mapping[UUID, Skipped]:
        """Whose last slot was left out, and why."""
        query = sa.select(schedule).where(
            schedule.c.job == job.value, schedule.c.skipped_code.is_not(None)
        )
        with self._database.reading() as connection:
            return {
                row.connection_id: Skipped(row.skipped_code, row.skipped_cause or "")
                for row in connection.execute(query)
            }


def _is(connection_id: UUID, job: Job) -> tuple[sa.ColumnElement[bool], ...]:
    return schedule.c.connection_id == connection_id, schedule.c.job == job.value
