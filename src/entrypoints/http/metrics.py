"""Figures for Prometheus (M46)."""

from litestar import Response, get
from litestar.di import NamedDependency

from adapters.telemetry.metrics import CONTENT_TYPE
from entrypoints.composition import Services
from entrypoints.http.permissions import PUBLIC


@get(
    "/metrics",
    sync_to_thread=True,
    opt=PUBLIC,
    media_type="text/plain",
    tags=["health"],
    summary="Figures for Prometheus, without anything of anybody's books",
)
def metrics(services: NamedDependency[Services]) -> Response[bytes]:
    """This process's requests, and what the database knows of all."""
    return Response(services.metrics.text(), media_type=CONTENT_TYPE)
