"""Whether the service lives and can work (M46)."""

from collections.abc import Mapping

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.status_codes import HTTP_200_OK, HTTP_503_SERVICE_UNAVAILABLE

from domain.refusals import Refusal
from entrypoints.composition import Services
from entrypoints.health import CANNOT_SERVE, examine
from entrypoints.http.answers import HealthAnswer, PartAnswer
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
    """200, or 503 where this process can serve nobody; `parts` says what is well and what is not.

    A broker that is away, or a worker that is not heard of, is told of and no 503: requests are
    answered, and nothing is lost.
    """
    parts = examine(services)
    serves = all(parts.get(name) is None for name in CANNOT_SERVE)
    status = HTTP_200_OK if serves else HTTP_503_SERVICE_UNAVAILABLE
    return Response(_answer(parts, serves=serves), status_code=status)


def _answer(parts: Mapping[str, Refusal | None], *, serves: bool) -> HealthAnswer:
    told = {
        name: PartAnswer("ill", one.code, one.cause, one.fix) if one else PartAnswer("well")
        for name, one in parts.items()
    }
    first = next((one for one in parts.values() if one is not None), None)
    status = "ready" if serves else "not_ready"
    if first is None:
        return HealthAnswer(status, parts=told)
    return HealthAnswer(status, first.code, first.cause, first.fix, told)
