"""The port of a process that serves nobody else: figures and health of a worker or a scheduler."""

from collections.abc import Callable

from litestar import Litestar, Response, get
from litestar.di import Provide
from litestar.status_codes import HTTP_200_OK, HTTP_503_SERVICE_UNAVAILABLE

from entrypoints.composition import Services
from entrypoints.health import StandsStill
from entrypoints.http.answers import HealthAnswer
from entrypoints.http.health import ready
from entrypoints.http.metrics import metrics


def create_watching_app(services: Services, is_turning: Callable[[], bool]) -> Litestar:
    """`/metrics`, `/health/ready` as a web server tells them, and `/health/live` of this process.

    It lives while its loop turns, whether the database answers or not: a restart would not mend
    that.
    """

    @get("/health/live", sync_to_thread=False)
    def live() -> Response[HealthAnswer]:
        if is_turning():
            return Response(HealthAnswer("live"), status_code=HTTP_200_OK)
        one = StandsStill()
        return Response(
            HealthAnswer("not_live", one.code, one.cause, one.fix),
            status_code=HTTP_503_SERVICE_UNAVAILABLE,
        )

    def the_services() -> Services:
        return services

    return Litestar(
        route_handlers=[live, ready, metrics],
        dependencies={"services": Provide(the_services, sync_to_thread=False)},
        logging_config=None,
        openapi_config=None,
    )
