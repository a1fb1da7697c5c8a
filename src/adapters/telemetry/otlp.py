"""Traces over OTLP/HTTP by OpenTelemetry; imported only where a collector is set."""

import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version

import structlog
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.environment_variables import OTEL_SERVICE_NAME
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from adapters.telemetry.tracing import Attributes, Span, Way

NAME = "pexbc"
PACKAGE = "pex-business-central"
CLOSE_SECONDS = 1.0
KINDS = {
    Way.IN: trace.SpanKind.SERVER,
    Way.OUT: trace.SpanKind.CLIENT,
    Way.WITHIN: trace.SpanKind.INTERNAL,
}


class OtlpTracing:
    """Fulfils `Tracing`. A thread of its own sends, so that no work waits for the collector.

    While the collector is away spans are dropped. OpenTelemetry's own variables hold for what is
    not told here: headers, timeouts, sampling, the service's name.
    """

    is_on = True

    def __init__(self, endpoint: str) -> None:
        """`endpoint` is the collector's base address, without `/v1/traces`."""
        resource = Resource.create(
            {
                SERVICE_NAME: os.environ.get(OTEL_SERVICE_NAME) or NAME,
                SERVICE_VERSION: version(PACKAGE),
            }
        )
        # One line for each batch that is lost, rather than one for each attempt.
        logging.getLogger("opentelemetry.exporter").setLevel(logging.ERROR)
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        exporter = OTLPSpanExporter(endpoint=f"{endpoint}/v1/traces")
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer(NAME)

    @contextmanager
    def span(
        self, name: str, attributes: Attributes | None = None, way: Way = Way.WITHIN
    ) -> Iterator[Span]:
        """Note the work of a block."""
        # The library would note an exception's message, and a message may quote anything.
        with self._tracer.start_as_current_span(
            name,
            kind=KINDS[way],
            attributes=attributes,
            record_exception=False,
            set_status_on_exception=False,
        ) as inner:
            number = trace.format_trace_id(inner.get_span_context().trace_id)
            span = _OtlpSpan(inner)
            with structlog.contextvars.bound_contextvars(trace_id=number):
                try:
                    yield span
                except BaseException as error:
                    span.fail(type(error).__name__)
                    raise

    def mark(self, name: str) -> None:
        """Note that the work under way has come so far."""
        trace.get_current_span().add_event(name)

    def close(self) -> None:
        """Hand over what is left; a collector that hangs is left behind."""
        closing = threading.Thread(target=self._provider.shutdown, name="tracing", daemon=True)
        closing.start()
        closing.join(CLOSE_SECONDS)


class _OtlpSpan:
    def __init__(self, span: trace.Span) -> None:
        self._span = span

    def note(self, attributes: Attributes) -> None:
        self._span.set_attributes(dict(attributes))

    def rename(self, name: str) -> None:
        self._span.update_name(name)

    def fail(self, why: str) -> None:
        self._span.set_attribute("error.type", why)
        self._span.set_status(trace.StatusCode.ERROR)
