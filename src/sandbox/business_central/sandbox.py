"""The Business Central simulator as a whole: authentication, limits, routes and faults."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from sandbox.business_central import batch
from sandbox.business_central.control import Control
from sandbox.business_central.limits import Limits, Throttled
from sandbox.business_central.odata_query import parse_query
from sandbox.business_central.operations import Operations
from sandbox.business_central.reading import Answer
from sandbox.business_central.refusals import XML_401, Refusal
from sandbox.business_central.seed import populate
from sandbox.business_central.service import Operation, Service
from sandbox.business_central.state import World
from sandbox.clock import SandboxClock
from sandbox.company import ENVIRONMENT, TENANT
from sandbox.faults import FaultPlan
from sandbox.web import Application, Request, Response, dump, reply

_JSON: Final = "application/json; odata.metadata=minimal; odata.streaming=true"
_BATCH: Final = "$batch"
_ENVIRONMENTS: Final = ("/environments/v1.1", "/environments/v1.2")


class BusinessCentralSandbox(Operations):
    """A Business Central with one environment and two companies.

    Attributes:
        application: the API below `/v2.0/...`, and the list of environments.
        control: the control API; neither in the journal nor subject to faults.
        faults: what is planted, and the journal of requests to `application`.
        limits: what users are using up.
    """

    def __init__(
        self,
        clock: SandboxClock,
        authenticate: Callable[[str], str | None],
        faults: FaultPlan | None = None,
        *,
        with_journal: bool = True,
        seed: int = 1,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`authenticate` answers the name of a bearer token's user or app, None for a bad token."""
        super().__init__(World(clock, seed))
        populate(self.world, with_journal=with_journal)
        self.faults = faults or FaultPlan()
        self.limits = Limits(self.world)
        self._service = Service(self.world)
        self._authenticate, self._sleep = authenticate, sleep
        self.application: Application = self.faults.around(self._answer)
        self.control: Application = Control(self, self.faults, self.limits)

    def _answer(self, request: Request) -> Response:
        user = self._user(request)
        if user is None:
            return self._unauthorised(request)
        try:
            return self._for_user(request, user)
        except Throttled as throttled:
            return throttled.response()
        except Refusal as refusal:
            language = batch.language(self._service, request.headers)
            return refusal.response(
                language, batch.status_of(self._service, refusal), {"odata-version": "4.0"}
            )

    def _user(self, request: Request) -> str | None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        return self._authenticate(token.strip()) if scheme.lower() == "bearer" else None

    def _unauthorised(self, request: Request) -> Response:
        if self.world.switches.xml_401:
            return Response(401, XML_401, {"content-type": "application/xml"})
        return Refusal("credentials").response(batch.language(self._service, request.headers))

    def _for_user(self, request: Request, user: str) -> Response:
        switches = self.world.switches
        if len(request.body) > switches.body_limit:
            raise Refusal("body_too_long")
        if request.path.rstrip("/").lower() in _ENVIRONMENTS:
            self.limits.count(user, 1)
            return reply(_environments(request))
        root, path = _split(request)
        operation = Operation(
            request.method,
            path,
            request.raw_query,
            request.headers,
            request.body or None,
            user,
            root,
            parse_query(request.raw_query).company if path == _BATCH else "",
        )
        requests = _batched(operation) if path == _BATCH else None
        operations = 1 if requests is None else len(requests)
        self.limits.count(user, operations)
        with self.limits.slot(user):
            pause = switches.latency_ms + operations * switches.operation_latency_ms
            if pause:
                self.limits.took(pause / 1000)
                self._sleep(pause / 1000)
            return self._carry_out(operation, requests)

    def _carry_out(self, operation: Operation, requests: list[Any] | None) -> Response:
        with self.world.lock:
            if operation.writes and self.world.switches.doomed_writes > 0:
                self._doom(operation, requests)
                raise Refusal("no_answer")
            answer = self._perform(operation, requests)
        return _response(answer, None if requests is None else len(requests))

    def _perform(self, operation: Operation, requests: list[Any] | None) -> Answer:
        if requests is not None:
            return batch.run(self._service, operation, requests)
        return self._service.perform(operation)

    def _doom(self, operation: Operation, requests: list[Any] | None) -> None:
        """Do it, show it to reads for a while, and have it vanish (3.7)."""
        switches, history = self.world.switches, self.world.history
        switches.doomed_writes -= 1
        with history.transaction():
            try:
                self._perform(operation, requests)
            except Refusal:
                history.roll_back()
            undone = history.roll_back()
        seconds = timedelta(seconds=switches.dirty_read_seconds)
        if undone and seconds:
            history.ghost = (self.world.now() + seconds, undone)


def _split(request: Request) -> tuple[str, str]:
    """The API root's address and the path below it; the common endpoint has no tenant (1.1)."""
    parts = request.path.strip("/").split("/")
    if parts[:1] == ["v2.0"]:
        for prefix in (3, 2):
            if [part.lower() for part in parts[prefix : prefix + 2]] == ["api", "v2.0"]:
                _check_environment(parts[1:prefix])
                root = "/".join((request.base_url, *parts[: prefix + 2]))
                return root, "/".join(parts[prefix + 2 :])
    raise Refusal("bad_url")


def _check_environment(named: list[str]) -> None:
    *tenants, environment = named
    if tenants and tenants[0].lower() != TENANT:
        raise Refusal("credentials")
    if environment.casefold() != ENVIRONMENT.casefold():
        raise Refusal("bad_url")


def _batched(operation: Operation) -> list[Any]:
    """The requests of a `$batch`, which must be JSON and ask for JSON (4.1)."""
    if operation.method != "POST":
        raise Refusal("no_method", method=operation.method, name=_BATCH)
    for header in ("content-type", "accept"):
        value = operation.headers.get(header, "")
        if not value.lower().startswith("application/json"):
            raise Refusal("content_type", content_type=value)
    return batch.read_requests(operation.body or b"")


def _environments(request: Request) -> dict[str, Any]:
    environment = {
        "aadTenantId": TENANT,
        "applicationFamily": "BusinessCentral",
        "type": "Production",
        "name": ENVIRONMENT,
        "countryCode": "US",
        "webServiceUrl": request.base_url,
        "webClientLoginUrl": f"{request.base_url}/{TENANT}/{ENVIRONMENT}",
        "ringName": "PROD",
    }
    return {"value": [environment]}


def _response(answer: Answer, operations: int | None) -> Response:
    headers = {"odata-version": "4.0"} | dict(answer.headers)
    if operations is not None:
        headers["x-sandbox-operations"] = str(operations)
    if answer.payload is not None:
        return Response(answer.status, dump(answer.payload), {"content-type": _JSON} | headers)
    return Response(answer.status, answer.raw or b"", headers)
