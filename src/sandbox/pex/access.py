"""Who calls, and whether they may: tokens, permissions and limits (PEX contract 1.3, 1.7, 8.1)."""

import re
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sandbox.pex.wire import DEAD_TOKEN, NO_PERMISSION, Members, Parameters, Refusal, body_of
from sandbox.pex.world import Business, Row, Token, World
from sandbox.web import Request

_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
_ANY = ""
_LIMITS = (
    ("GET", re.compile(r"/v4/details/transactiondetails(/\d+)?/?"), 1, _MINUTE),
    ("GET", re.compile(r"/v4/details/allcardholdertransactions/?"), 10, _HOUR),
    ("GET", re.compile(r"/v4/details/accountdetails(/\d+)?/?"), 10, _HOUR),
    ("DELETE", re.compile(r"/v4/token/?"), 2, _DAY),
    (_ANY, re.compile(r".*"), 120, _MINUTE),
)


@dataclass(frozen=True, slots=True)
class Call:
    """A request by a known user of one business."""

    request: Request
    world: World
    token: Token

    @property
    def business(self) -> Business:
        """The business whose token it is."""
        return self.world.businesses[self.token.business]

    @property
    def query(self) -> Parameters:
        """The query parameters."""
        return Parameters(self.request)

    @property
    def body(self) -> Members:
        """The JSON object sent; raises Refusal (400) where there is none."""
        return body_of(self.request)

    @property
    def account(self) -> int | None:
        """The card account of a cardholder's token, None for an administrator's."""
        if self.business.user_type == "Admin":
            return None
        return self.business.accounts[0].id

    def need(self, *permissions: str) -> None:
        """Refuse with 403 unless the user holds one of these permissions."""
        if not any(self.business.permissions.get(name) for name in permissions):
            raise Refusal(403, NO_PERMISSION)

    def row(self, transaction: str) -> Row:
        """A row of the caller's own business by its id as it stands in the path; else 404."""
        row = self.business.row(int(transaction)) if transaction.isdecimal() else None
        if row is None:
            raise Refusal(404, "Transaction does not exist")
        return row


@dataclass(slots=True)
class Limits:
    """Counts calls by user over the simulator's own clock."""

    _seen: dict[tuple[str, int], deque[datetime]] = field(default_factory=dict)

    def count(self, request: Request, user: str, now: datetime, retry_after: int) -> None:
        """Take the call into account; raises Refusal (429) for one too many."""
        for index, (method, path, most, span) in enumerate(_LIMITS):
            if method not in (_ANY, request.method) or not path.fullmatch(request.path.lower()):
                continue
            calls = self._seen.setdefault((user, index), deque())
            while calls and now - calls[0] >= span:
                calls.popleft()
            if len(calls) >= most:
                headers = {"Retry-After": str(retry_after)} if retry_after else None
                raise Refusal(429, "Usage Limits Exceeded", headers)
            calls.append(now)


def authenticate(request: Request, world: World) -> Token:
    """The live token presented; raises Refusal (401 or 403) with PEX's words for the reason."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    token = world.tokens.get(value.strip())
    dead = Refusal(world.switches.dead_token_status, DEAD_TOKEN)
    if token is None or token.scheme != scheme.lower() or token.expires <= world.now():
        raise dead
    if token.refusal is not None:
        del world.tokens[token.value]
        raise Refusal(*token.refusal)
    if world.businesses[token.business].status != "OPEN":
        raise Refusal(403, "Business is not open")
    return token
