"""Faults that tests plant: on the nth call of a route, as often as told, before or after it."""

import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from sandbox.web import Application, Request, Response

_XML_401 = (
    b'<?xml version="1.0" encoding="utf-8"?><error><code>Unauthorized</code>'
    b"<message>The credentials provided are incorrect</message></error>"
)
_HTML = (
    b"<!DOCTYPE html><html><head><title>Error</title></head>"
    b"<body>Our services aren't available</body></html>"
)


@dataclass(slots=True)
class Fault:
    """One planted fault.

    Attributes:
        method: HTTP method it is for, or `*`.
        path: regular expression searched in the path, case ignored.
        nth: the first matching call that it hits, counted from 1 at planting.
        times: how many calls it hits from there on; -1 for all.
        moment: `before` the call (nothing happens), `after` it (the work is done and the answer
            replaced), or `later` (the work is done `commit_delay` seconds after the answer).
        kind: `status`, `html`, `xml`, `malformed`, `empty`, `cut` or `slow`.
        status: status code for the kinds that send one.
        headers: extra headers, such as Retry-After.
        body: body for `status`; text.
        delay: seconds to wait before answering.
        commit_delay: seconds, for `later`.
    """

    method: str = "*"
    path: str = ""
    nth: int = 1
    times: int = 1
    moment: str = "before"
    kind: str = "status"
    status: int = 503
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""
    delay: float = 0.0
    commit_delay: float = 0.0
    calls: int = 0
    hits: int = 0

    def takes(self, request: Request) -> bool:
        """Count a matching call, and say whether this fault hits it."""
        if self.method not in ("*", request.method):
            return False
        if not re.search(self.path, request.path, re.IGNORECASE):
            return False
        self.calls += 1
        hit = self.calls >= self.nth and (self.times < 0 or self.hits < self.times)
        self.hits += hit
        return hit

    def answer(self, real: Response | None) -> Response:
        """The answer that the caller gets in place of `real`."""
        if self.kind == "slow" and real is not None:
            return real
        bodies = {
            "html": (_HTML, "text/html"),
            "xml": (_XML_401, "application/xml"),
            "malformed": (b'{"value":[{"id":', "application/json"),
            "empty": (b"", "application/json"),
        }
        body, content_type = bodies.get(self.kind, (self.body.encode(), "application/json"))
        headers = {"content-type": content_type} | self.headers
        return Response(self.status, body, headers, cut=self.kind == "cut")


_PLANTED = frozenset(one.name for one in fields(Fault)) - {"calls", "hits"}


def fault_of(members: Mapping[str, Any]) -> Fault:
    """A fault as a control request describes it; raises ValueError where it makes none."""
    unknown = set(members) - _PLANTED
    if unknown:
        raise ValueError(f"unknown members: {', '.join(sorted(unknown))}")
    try:
        seconds = {name: float(members.get(name, 0)) for name in ("delay", "commit_delay")}
        counts = {name: int(members.get(name, 1)) for name in ("nth", "times")}
        re.compile(members.get("path", ""))
    except (TypeError, re.error) as error:
        raise ValueError(f"this makes no fault: {error}") from error
    return Fault(**{**members, **seconds, **counts})


class FaultPlan:
    """The faults planted in one simulator, and the journal of the requests that it saw."""

    def __init__(self, sleep: Callable[[float], None] = time.sleep) -> None:
        self._lock = threading.Lock()
        self._sleep = sleep
        self._faults: list[Fault] = []
        self.journal: list[dict[str, Any]] = []

    def plant(self, fault: Fault) -> None:
        """Add a fault; of several that match a call, the earliest planted hits."""
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        """Forget all faults and the journal."""
        with self._lock:
            self._faults.clear()
            self.journal.clear()

    def around(self, application: Application) -> Application:
        """The application as it behaves with this plan's faults, every request written down."""

        def behave(request: Request) -> Response:
            with self._lock:
                fault = next((f for f in self._faults if f.takes(request)), None)
            response = self._behave(application, request, fault)
            with self._lock:
                self.journal.append(
                    {
                        "method": request.method,
                        "path": request.path,
                        "query": request.raw_query,
                        "correlation_id": request.headers.get("x-correlation-id"),
                        "status": 0 if response.cut else response.status,
                        "operations": response.headers.get("x-sandbox-operations"),
                        "fault": fault.kind if fault else None,
                    }
                )
            return response

        return behave

    def _behave(self, application: Application, request: Request, fault: Fault | None) -> Response:
        if fault is None:
            return application(request)
        if fault.delay:
            self._sleep(fault.delay)
        if fault.kind == "slow":
            return application(request)
        if fault.moment == "after":
            return fault.answer(application(request))
        if fault.moment == "later":
            timer = threading.Timer(fault.commit_delay, application, args=(request,))
            timer.daemon = True
            timer.start()
        return fault.answer(None)
