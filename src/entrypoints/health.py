"""What of the service is well and what is not, each with what to do (M46)."""

from collections.abc import Mapping

import sqlalchemy as sa

from adapters.persistence.engine import Database
from adapters.persistence.heartbeats import Role
from adapters.persistence.schema import current_revision
from adapters.telemetry.figures import events_behind
from domain.refusals import Refusal
from entrypoints.composition import Services
from entrypoints.revision import DatabaseUnreachable, check_revision

FAR_BEHIND = 5_000
"""So many events that readers would notice it; fewer are shown within one look at a page."""
CANNOT_SERVE = ("database", "migrations")
"""Without these nothing can be answered; without the others all is answered, and nothing lost."""


class ViewsBehind(Refusal):
    """Pages and lists do not show the newest events."""

    code = "VIEWS_BEHIND"
    fix = (
        "Wait a moment, since every reader brings the views up to date. If they stay behind, read"
        " the log, then run `pexbc projections rebuild`."
    )

    def __init__(self, lacking: int) -> None:
        super().__init__(f"The views lack the newest {lacking} events.")


class NoWorkerHeard(Refusal):
    """No worker was heard of within a minute; runs wait, and none is lost."""

    code = "NO_WORKER_HEARD"
    fix = "Start `pexbc worker` on this database, or read the log of the one that should run."

    def __init__(self) -> None:
        super().__init__("No worker was heard of within a minute.")


class NoSchedulerHeard(Refusal):
    """No scheduler was heard of within a minute; automatic syncs and news wait."""

    code = "NO_SCHEDULER_HEARD"
    fix = "Start `pexbc scheduler` on this database, or read the log of the one that should run."

    def __init__(self) -> None:
        super().__init__("No scheduler was heard of within a minute.")


class StandsStill(Refusal):
    """The loop of a worker or a scheduler does not turn any more."""

    code = "STANDS_STILL"
    fix = "Restart the process; what it was at is gone on with, and nothing is lost."

    def __init__(self) -> None:
        super().__init__("The process has not looked for work for two minutes.")


NOT_HEARD: Mapping[Role, type[NoWorkerHeard | NoSchedulerHeard]] = {
    Role.WORKER: NoWorkerHeard,
    Role.SCHEDULER: NoSchedulerHeard,
}


def examine(services: Services) -> dict[str, Refusal | None]:
    """Each part with its trouble, None where it is well; what cannot be told is left out.

    The parts are `database`, `migrations`, `broker` if one is set, `views`, `worker` and
    `scheduler`.
    """
    found: dict[str, Refusal | None] = {}
    try:
        found["migrations"] = migrations(services.database)
        found["database"] = None
        if found["migrations"] is None:
            found["views"] = _views(services.database)
            found |= _heard(services)
    except sa.exc.SQLAlchemyError:
        found = {"database": DatabaseUnreachable()}
    if services.broker.is_outside:
        found["broker"] = services.broker.trouble()
    order = ("database", "migrations", "broker", "views", *Role)
    return {name: found[name] for name in order if name in found}


def migrations(database: Database) -> Refusal | None:
    """What is wrong with the tables; raises SQLAlchemyError where the database is away."""
    revision = current_revision(database.engine)
    try:
        check_revision(revision)
    except Refusal as refusal:
        return refusal
    return None


def _views(database: Database) -> ViewsBehind | None:
    with database.reading() as connection:
        lacking = events_behind(connection)[1]
    return ViewsBehind(lacking) if lacking > FAR_BEHIND else None


def _heard(services: Services) -> dict[str, Refusal | None]:
    heard = {one.role for one in services.heartbeats.heard()}
    return {role.value: None if role in heard else NOT_HEARD[role]() for role in Role}
