"""Whether the service lives and can work (M46)."""

import sqlalchemy as sa
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.status_codes import HTTP_200_OK, HTTP_503_SERVICE_UNAVAILABLE

from adapters.persistence.schema import current_revision, newest_revision
from entrypoints.composition import Services
from entrypoints.http.answers import HealthAnswer
from entrypoints.http.permissions import PUBLIC


@get(
    "/health/live",
    sync_to_thread=False,
    opt=PUBLIC,
    tags=["health"],
    summary="Whether the process lives",
)
def live() -> HealthAnswer:
    """Answers as long as the process can."""
    return HealthAnswer("live")


@get(
    "/health/ready",
    sync_to_thread=True,
    opt=PUBLIC,
    responses={
        HTTP_503_SERVICE_UNAVAILABLE: ResponseSpec(HealthAnswer, description="It cannot work")
    },
    tags=["health"],
    summary="Whether it can work",
)
def ready(services: NamedDependency[Services]) -> Response[HealthAnswer]:
    """200, or 503 with what is wrong and what to do; `parts` tells of the broker, if one is set.

    A broker that is away is told of and no 503: requests are answered, and nothing is lost.
    """
    wrong = _trouble(services)
    if wrong is not None:
        return Response(wrong, status_code=HTTP_503_SERVICE_UNAVAILABLE)
    return Response(_ready(services), status_code=HTTP_200_OK)


def _ready(services: Services) -> HealthAnswer:
    if not services.broker.is_outside:
        return HealthAnswer("ready")
    trouble = services.broker.trouble()
    if trouble is None:
        return HealthAnswer("ready", parts={"broker": "ready"})
    return HealthAnswer("ready", trouble.code, trouble.cause, trouble.fix, parts={"broker": "away"})


def _trouble(services: Services) -> HealthAnswer | None:
    try:
        revision = current_revision(services.database.engine)
    except sa.exc.SQLAlchemyError:
        return HealthAnswer(
            "not_ready",
            "DATABASE_UNREACHABLE",
            "The database does not answer.",
            "Check PEXBC_DATABASE_URL and the database server.",
        )
    if revision != newest_revision():
        return HealthAnswer(
            "not_ready",
            "DATABASE_NOT_MIGRATED",
            f"The database is at revision {revision}.",
            "Run `pexbc migrate`.",
        )
    return None
