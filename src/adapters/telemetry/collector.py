"""The collector of traces that is set, if one is.

The library is imported where it is wanted alone, so that whoever sets no collector needs none of
its packages and pays nothing for it.
"""

import importlib

from adapters.telemetry.tracing import Tracing, Untraced
from domain.refusals import Refusal


class TracingNotInstalled(Refusal):
    """A collector of traces is set, and the packages that would speak to it are not there."""

    code = "TRACING_NOT_INSTALLED"
    fix = "Install `pex-business-central[tracing]`, or leave PEXBC_OTLP_ENDPOINT empty."

    def __init__(self) -> None:
        super().__init__("PEXBC_OTLP_ENDPOINT is set, and OpenTelemetry is not installed.")


def tracing_to(endpoint: str) -> Tracing:
    """Traces for the collector at an address, for nobody where it is empty.

    Raises:
        TracingNotInstalled: there is an address, and the packages are missing.
    """
    if not endpoint:
        return Untraced()
    try:
        otlp = importlib.import_module("adapters.telemetry.otlp")
    except ImportError as error:
        raise TracingNotInstalled from error
    tracing: Tracing = otlp.OtlpTracing(endpoint)
    return tracing
