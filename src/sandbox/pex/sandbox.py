"""The PEX simulator as a whole: the resource API, the OAuth authority and the control API."""

from sandbox.clock import SandboxClock
from sandbox.company import PREPAID_BUSINESS
from sandbox.faults import FaultPlan
from sandbox.pex import (
    attachments,
    callbacks,
    invoices,
    notes,
    people,
    tag_definitions,
    tokens,
    transaction_tags,
    transactions,
)
from sandbox.pex.access import Call, Limits, authenticate
from sandbox.pex.control import Control
from sandbox.pex.keys import signed
from sandbox.pex.oauth import Authority
from sandbox.pex.operations import Operations
from sandbox.pex.partner import Partner
from sandbox.pex.seed import populate
from sandbox.pex.sign_in_page import SentBack, decided
from sandbox.pex.wire import Refusal
from sandbox.pex.world import World
from sandbox.web import Application, Request, Response, Router, reply

_VERSION = "sandbox-4.0"


class PexSandbox(Operations):
    """A PEX with two businesses and `purchases` settled rows in the prepaid one.

    Attributes:
        application: the resource API under `/v4`, any case.
        oauth: the OAuth host; sign-in of 1.4 and the partner flow of 1.5.1.
        control: the control API; neither in the journal nor subject to faults.
        faults: what is planted, and the journal of requests to `application` and `oauth`.
    """

    def __init__(
        self,
        clock: SandboxClock,
        faults: FaultPlan | None = None,
        purchases: int = 200,
        seed: int = 1,
    ) -> None:
        super().__init__(World(clock, seed))
        populate(self.world, purchases)
        self.faults = faults or FaultPlan()
        self._limits, self._passes = Limits(), dict[str, int]()
        self._open, self._routes = Router(), Router()
        self._add_routes()
        authority = Authority(self.world)
        Partner(self.world).add_routes(authority)
        self.application: Application = self.faults.around(self._answer)
        self.oauth: Application = self.faults.around(authority)
        self.control: Application = Control(self, self.faults)

    def sign_in(
        self, address: str, business: int = PREPAID_BUSINESS, *, approve: bool = True
    ) -> SentBack:
        """Do what a person does at an authorization address of `oauth`; raises Refusal."""
        return decided(self.oauth, address, business, approve=approve)

    def dashboard_jwt(self, business: int = PREPAID_BUSINESS) -> str:
        """A pass as the dashboard hands one to an app that it launches (1.5.3)."""
        jwt = signed({"business": business, "serial": next(self.world.small_ids)})
        self._passes[jwt] = business
        return jwt

    def _add_routes(self) -> None:
        self._open.add("GET", "/v4/Ping", lambda _request: reply("pong"))
        self._open.add("GET", "/v4/Details/Version", lambda _request: reply(_VERSION))
        self._open.add("POST", "/Internal/V4/Account/Token/Exchange", self._exchange)
        self._open.add("GET", "/files/{receipt}", self._file)
        for part in (
            tokens,
            people,
            transactions,
            tag_definitions,
            transaction_tags,
            attachments,
            notes,
            callbacks,
            invoices,
        ):
            part.add_routes(self._routes)

    def _exchange(self, request: Request) -> Response:
        return tokens.exchange(request, self.world, self._passes)

    def _file(self, request: Request, receipt: str) -> Response:
        return attachments.linked_file(request, self.world, receipt)

    def _answer(self, request: Request) -> Response:
        with self.world.lock:
            try:
                return self._dispatch(request)
            except Refusal as refusal:
                return refusal.response()

    def _dispatch(self, request: Request) -> Response:
        match = self._open.match(request)
        if not isinstance(match, int):
            handler, parts = match
            return handler(request, **parts)
        token = authenticate(request, self.world)
        call = Call(request, self.world, token)
        switches = self.world.switches
        if switches.enforce_limits:
            user = call.business.username
            self._limits.count(request, user, self.world.now(), switches.retry_after)
        match = self._routes.match(request)
        if isinstance(match, int):
            raise Refusal(match, "No such resource")
        handler, parts = match
        return handler(call, **parts)
