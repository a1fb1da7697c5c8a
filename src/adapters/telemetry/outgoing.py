"""HTTP clients whose requests are told as spans: method, host, the path's form and the status."""

import re
from collections.abc import Callable
from functools import partial
from typing import Any

import httpx

from adapters.telemetry.tracing import Tracing, Way

HttpClient = Callable[..., httpx.Client]
API = "/api/v2.0/"
"""What stands before this in an address of Business Central names a tenant and an environment."""
WORD = re.compile(r"(Microsoft\.NAV\.)?\$?[A-Za-z]{1,30}\d?|v\d+(\.\d+)?")
ERROR = 400


def telling(tracing: Tracing, service: str, base_url: str) -> HttpClient:
    """How the clients of a service's adapter are made; as always where nobody is told."""
    if not tracing.is_on:
        return httpx.Client
    return partial(TellingClient, tracing=tracing, service=service, base_url=base_url)


class TellingClient(httpx.Client):
    """Tells each request. It passes no trace on: whom we ask is none of ours."""

    def __init__(self, *, tracing: Tracing, service: str, base_url: str, **options: Any) -> None:
        super().__init__(**options)
        self._tracing = tracing
        self._service = service
        self._base = httpx.URL(base_url.strip())

    def send(self, request: httpx.Request, **options: Any) -> httpx.Response:
        """Send a request, as a span until its answer's head is there."""
        form = self._form(request.url)
        attributes = {
            "pexbc.service": self._service,
            "http.request.method": request.method,
            "server.address": request.url.host,
            "url.template": form,
        }
        name = f"{self._service} {request.method} {form}"
        with self._tracing.span(name, attributes, Way.OUT) as span:
            response = super().send(request, **options)
            span.note({"http.response.status_code": response.status_code})
            if response.status_code >= ERROR:
                span.fail(str(response.status_code))
            return response

    def _form(self, url: httpx.URL) -> str:
        """A path without what names anything; nothing of one that leads elsewhere, as to a file."""
        if (url.host, url.port) != (self._base.host, self._base.port):
            return "(elsewhere)"
        path = url.path.removeprefix(self._base.path.rstrip("/"))
        return path_form(path.partition(API)[2] or path)


def path_form(path: str) -> str:
    """Only words remain of a path; what may be an id, a name or a number becomes `{}`."""
    return "/".join(_segment(one) for one in path.strip("/").split("/"))


def _segment(segment: str) -> str:
    word, key, _ = segment.partition("(")
    if not WORD.fullmatch(word):
        return "{}"
    return f"{word}({{}})" if key else word
