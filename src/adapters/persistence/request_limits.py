"""What is asked of Business Central by all processes together, over SQL (contract bc 5)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from adapters.business_central.shared_limits import LASTING, Permits, SharedLimitsAway
from adapters.persistence.engine import Database, upsert
from adapters.persistence.tables import request_counts, request_slots, request_users

WINDOW = timedelta(minutes=5)
BUCKET = timedelta(seconds=10)
# What was reserved may be spent that much later, and a bucket is counted to its very end.
SLACK = 2 * BUCKET
WAITING = timedelta(seconds=1)
LEARNT_FOR = timedelta(days=1)
NOBODY = ""
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


def _now() -> datetime:
    return datetime.now(UTC)


class SqlRequestLimits:
    """Fulfils `SharedLimits`. It goes by the machines' own time, never by a clock that is set.

    A slot lasts for `lasting` unless it is kept, and so long after its owner died.
    """

    def __init__(
        self,
        database: Database,
        now: Callable[[], datetime] = _now,
        lasting: timedelta = LASTING,
    ) -> None:
        self._database = database
        self._now = now
        self._lasting = lasting
        self._known: set[tuple[str, int]] = set()

    def take_slot(self, user: str, owner: str, limit: int) -> int | None:
        """Take one of `limit` slots, or tell that somebody waits."""
        with self._asking() as connection:
            now = self._now()
            self._make_slots(connection, user, limit, now)
            free = (
                sa.select(request_slots.c.slot)
                .where(
                    request_slots.c.user_key == user,
                    request_slots.c.slot < limit,
                    request_slots.c.until_utc <= now,
                )
                .order_by(request_slots.c.slot)
                .limit(1)
                .with_for_update(skip_locked=True)
                .scalar_subquery()
            )
            take = (
                sa.update(request_slots)
                .where(request_slots.c.user_key == user, request_slots.c.slot == free)
                .values(owner=owner, until_utc=now + self._lasting)
                .returning(request_slots.c.slot)
            )
            slot: int | None = connection.scalar(take)
            if slot is None:
                # Told anew only when the last telling has half run out: waiting costs few writes.
                connection.execute(
                    sa.update(request_users)
                    .where(
                        request_users.c.user_key == user,
                        request_users.c.waiting_until < now + WAITING / 2,
                    )
                    .values(waiting_until=now + WAITING)
                )
        self._known.add((user, limit))
        return slot

    def keep_slot(self, user: str, owner: str, slot: int) -> bool:
        """Keep a slot."""
        keep = sa.update(request_slots).where(*_is(user, owner, slot))
        with self._asking() as connection:
            kept = keep.values(until_utc=self._now() + self._lasting).returning(
                request_slots.c.slot
            )
            return connection.scalar(kept) is not None

    def give_back(self, user: str, owner: str, slot: int) -> None:
        """Give a slot back."""
        back = sa.update(request_slots).where(*_is(user, owner, slot))
        with self._asking() as connection:
            connection.execute(back.values(owner=NOBODY, until_utc=self._now()))

    def is_waited_for(self, user: str) -> bool:
        """Whether somebody found no slot a moment ago."""
        waited = sa.select(request_users.c.waiting_until).where(request_users.c.user_key == user)
        try:
            with self._database.reading() as connection:
                until: datetime | None = connection.scalar(waited)
        except sa.exc.SQLAlchemyError as error:
            raise SharedLimitsAway from error
        return until is not None and until > self._now()

    def reserve(
        self, user: str, budget: int, least: int, most: int, *, by_operations: bool, uncounted: int
    ) -> Permits:
        """Reserve from the budget of the sliding window, under the user's row as a lock."""
        with self._asking() as connection:
            now = self._now()
            operations_count = self._counts_operations(connection, user, now)
            self._forget_old(connection, user, now)
            self._count(connection, user, now, uncounted, operations=not by_operations)
            if operations_count != by_operations:
                return Permits(0, 0.0, operations_count)
            counted = request_counts.c.operations if by_operations else request_counts.c.requests
            used, oldest = connection.execute(
                sa.select(
                    sa.func.coalesce(sa.func.sum(counted), 0),
                    sa.func.min(request_counts.c.began_at),
                ).where(request_counts.c.user_key == user)
            ).one()
            granted = min(most, budget - int(used))
            if granted >= least:
                self._count(connection, user, now, granted, operations=by_operations)
                return Permits(granted, 0.0, by_operations)
            wait = (oldest or now) + WINDOW + SLACK - now
            return Permits(0, max(wait.total_seconds(), 0.0), by_operations)

    def learn(self, user: str, budget: int) -> None:
        """Count operations for a day, if the requests of the window would have fitted."""
        with self._asking() as connection:
            now = self._now()
            self._counts_operations(connection, user, now)
            requests = connection.scalar(
                sa.select(sa.func.coalesce(sa.func.sum(request_counts.c.requests), 0)).where(
                    request_counts.c.user_key == user,
                    request_counts.c.began_at > now - WINDOW - BUCKET,
                )
            )
            if int(requests or 0) < budget:
                connection.execute(
                    sa.update(request_users)
                    .where(request_users.c.user_key == user)
                    .values(counts_operations_until=now + LEARNT_FOR)
                )

    def _counts_operations(self, connection: sa.Connection, user: str, now: datetime) -> bool:
        """Whether operations count; locks the user's row until the transaction ends."""
        self._make_user(connection, user, now)
        until: datetime | None = connection.scalar(
            sa.select(request_users.c.counts_operations_until)
            .where(request_users.c.user_key == user)
            .with_for_update()
        )
        return until is not None and until > now

    def _make_user(self, connection: sa.Connection, user: str, now: datetime) -> None:
        insert = upsert(connection, request_users).values(user_key=user, waiting_until=now)
        connection.execute(insert.on_conflict_do_nothing())

    def _make_slots(self, connection: sa.Connection, user: str, limit: int, now: datetime) -> None:
        if (user, limit) in self._known:
            return
        self._make_user(connection, user, now)
        slots = [
            {"user_key": user, "slot": slot, "owner": NOBODY, "until_utc": now}
            for slot in range(limit)
        ]
        connection.execute(upsert(connection, request_slots).on_conflict_do_nothing(), slots)

    def _forget_old(self, connection: sa.Connection, user: str, now: datetime) -> None:
        connection.execute(
            sa.delete(request_counts).where(
                request_counts.c.user_key == user,
                request_counts.c.began_at <= now - WINDOW - SLACK,
            )
        )

    def _count(
        self, connection: sa.Connection, user: str, now: datetime, spent: int, *, operations: bool
    ) -> None:
        if not spent:
            return
        began_at = now - (now - EPOCH) % BUCKET
        counts = {"requests": 0, "operations": 0, "operations" if operations else "requests": spent}
        insert = upsert(connection, request_counts).values(
            user_key=user, began_at=began_at, **counts
        )
        connection.execute(
            insert.on_conflict_do_update(
                index_elements=[request_counts.c.user_key, request_counts.c.began_at],
                set_={name: request_counts.c[name] + count for name, count in counts.items()},
            )
        )

    @contextmanager
    def _asking(self) -> Iterator[sa.Connection]:
        try:
            with self._database.transaction() as connection:
                yield connection
        except sa.exc.SQLAlchemyError as error:
            raise SharedLimitsAway from error


def _is(user: str, owner: str, slot: int) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        request_slots.c.user_key == user,
        request_slots.c.owner == owner,
        request_slots.c.slot == slot,
    )
