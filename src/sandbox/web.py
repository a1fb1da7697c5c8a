"""A small HTTP kernel for simulators that must misbehave on the wire as real servers do.

A simulator is a function from `Request` to `Response`. It can be called directly, or served over
sockets, where a response may also be late, or be a cut connection.
"""

import json
import re
import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request as a simulator sees it: path unquoted, header names in lower case.

    `raw_query` keeps the query as sent; `query` holds its decoded pairs in order.
    """

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    raw_query: str = ""
    base_url: str = "http://127.0.0.1"

    @property
    def query(self) -> list[tuple[str, str]]:
        """The decoded query pairs, in order, blanks kept."""
        return parse_qsl(self.raw_query, keep_blank_values=True)

    def json(self) -> Any:
        """The body as JSON with numbers as `Decimal`; raises ValueError where it is none."""
        return json.loads(self.body, parse_float=Decimal)


@dataclass(frozen=True, slots=True)
class Response:
    """One HTTP answer. `cut` closes the connection without a byte of it being sent."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False


Application = Callable[[Request], Response]


def reply(payload: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Answer with JSON; `Decimal` amounts keep their digits."""
    return Response(
        status, dump(payload), {"content-type": "application/json"} | dict(headers or {})
    )


def dump(payload: Any) -> bytes:
    """JSON with `Decimal` written as a plain number, never by way of a float."""
    return msgspec.json.Encoder(decimal_format="number").encode(payload)


def mounted(applications: Mapping[str, Application]) -> Application:
    """Send each request to the application whose prefix its path starts with, prefix removed."""

    def dispatch(request: Request) -> Response:
        for prefix, application in applications.items():
            if request.path == prefix or request.path.startswith(f"{prefix}/"):
                inner = Request(
                    request.method,
                    request.path[len(prefix) :] or "/",
                    request.headers,
                    request.body,
                    request.raw_query,
                    request.base_url + prefix,
                )
                return application(inner)
        return Response(404, b"no such simulator", {"content-type": "text/plain"})

    return dispatch


@dataclass(frozen=True, slots=True)
class Route:
    """A method and a path pattern; `{name}` matches one segment, the case of letters is ignored."""

    method: str
    pattern: re.Pattern[str]
    handler: Callable[..., Response]


class Router:
    """Routes by method and path; handlers take the request and the path's named parts."""

    def __init__(self) -> None:
        self._routes: list[Route] = []

    def add(self, method: str, path: str, handler: Callable[..., Response]) -> None:
        """Register a handler; the first match wins."""
        pattern = "".join(
            f"(?P<{part[1:-1]}>[^/]+)" if part.startswith("{") else re.escape(part)
            for part in re.split(r"(\{\w+\})", path)
        )
        self._routes.append(Route(method, re.compile(f"{pattern}/?", re.IGNORECASE), handler))

    def match(self, request: Request) -> tuple[Callable[..., Response], dict[str, str]] | int:
        """The handler and its arguments, or the status to answer with: 404 or 405."""
        status = 404
        for route in self._routes:
            found = route.pattern.fullmatch(request.path)
            if found and route.method == request.method:
                return route.handler, found.groupdict()
            if found:
                status = 405
        return status


class Server:
    """Serves an application on loopback from a thread of its own, each connection in another."""

    def __init__(self, application: Application, port: int = 0, host: str = "127.0.0.1") -> None:
        self._server = _ThreadingServer((host, port), _handler(application))
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )
        self.port: int = self._server.server_address[1]
        self.url = f"http://{host}:{self.port}"

    def start(self) -> Self:
        """Begin to answer; returns itself so that it can be built and started in one line."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop answering and free the port."""
        self._server.shutdown()
        self._server.close_open_connections()
        self._server.server_close()
        self._thread.join(timeout=5)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_exc: object) -> None:
        self.stop()


class _ThreadingServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._open: set[socket.socket] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def close_open_connections(self) -> None:
        for connection in list(self._open):
            self.shutdown_request(connection)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is everyday life here, no traceback."""


def _handler(application: Application) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # one packet an answer, so that no delayed acknowledgement is waited for
        disable_nagle_algorithm = True

        def log_message(self, *_args: Any) -> None:
            pass

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            parts = urlsplit(self.path)
            host = self.headers.get("host") or "127.0.0.1"
            headers = {name.lower(): value for name, value in self.headers.items()}
            response = application(
                Request(
                    self.command, unquote(parts.path), headers, body, parts.query, f"http://{host}"
                )
            )
            if response.cut:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            self.send_response(response.status)
            for name, value in response.headers.items():
                self.send_header(name, value)
            if response.status != 204:  # noqa: PLR2004 - 204 carries no length
                self.send_header("content-length", str(len(response.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(response.body)
            self.wfile.flush()

    for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"):
        setattr(Handler, f"do_{method}", Handler._answer)  # noqa: SLF001 - named by http.server
    return Handler
