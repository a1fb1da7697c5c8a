"""A collector of traces for tests: takes OTLP over HTTP, and keeps every byte and every span."""

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status


@dataclass(frozen=True)
class Told:
    """A span as it arrived."""

    name: str
    trace: str
    id: str
    parent: str
    attributes: dict[str, str | int]
    events: tuple[str, ...]
    failed: bool


@dataclass
class Collector:
    """What arrived, and whether the collector hangs."""

    url: str = ""
    raw: list[bytes] = field(default_factory=list)
    paths: set[str] = field(default_factory=set)
    headers: list[str] = field(default_factory=list)
    holds: threading.Event | None = None

    @property
    def spans(self) -> list[Told]:
        found = []
        for body in list(self.raw):
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                for scope in resource.scope_spans:
                    found += [_told(span) for span in scope.spans]
        return found

    @property
    def resource(self) -> dict[str, str | int]:
        request = ExportTraceServiceRequest.FromString(self.raw[0])
        return _attributes(request.resource_spans[0].resource.attributes)


def _told(span: Span) -> Told:
    return Told(
        span.name,
        span.trace_id.hex(),
        span.span_id.hex(),
        span.parent_span_id.hex(),
        _attributes(span.attributes),
        tuple(event.name for event in span.events),
        span.status.code == Status.StatusCode.STATUS_CODE_ERROR,
    )


def _attributes(pairs: Iterable[KeyValue]) -> dict[str, str | int]:
    return {one.key: one.value.string_value or one.value.int_value for one in pairs}


@contextmanager
def running_collector() -> Iterator[Collector]:
    """A collector on this machine; one that `holds` answers nothing until it lets go."""
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if collector.holds is not None:
                collector.holds.wait()
            collector.paths.add(self.path)
            collector.headers.append(str(self.headers))
            collector.raw.append(body)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing is written."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    collector.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield collector
    finally:
        if collector.holds is not None:
            collector.holds.set()
        server.shutdown()
        server.server_close()
        thread.join()
