"""The partner flow: sign-in that hands an API token to a callback of the app (contract 1.5.1)."""

import http.client
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

from sandbox.pex import sign_in_page
from sandbox.pex.loopback import loopback_host
from sandbox.pex.oauth import Authority
from sandbox.pex.tokens import check_app, issue
from sandbox.pex.wire import DEAD_TOKEN, Refusal, body_of, hex_id
from sandbox.pex.world import World
from sandbox.web import Request, Response, reply

_LIFETIME = timedelta(hours=1)

Deliver = Callable[[str, str], None]
"""Posts a token to a callback address."""


@dataclass(frozen=True, slots=True)
class _Session:
    callback: str
    closing: str
    expires: datetime


class Partner:
    """Sessions of the partner flow; tokens are delivered to loopback addresses only."""

    def __init__(self, world: World, deliver: Deliver | None = None) -> None:
        self._world, self._deliver = world, deliver or post_token
        self._sessions: dict[str, _Session] = {}

    def add_routes(self, authority: Authority) -> None:
        """Serve the flow on the OAuth host."""
        authority.add("POST", "/Auth/Partner", self._begin)
        authority.add("GET", "/Home/Auth", self._page)
        authority.add("POST", "/Home/Auth", self._decide)
        authority.add("DELETE", "/Auth/Token", self._revoke)

    def _begin(self, request: Request) -> Response:
        check_app(request)
        body = body_of(request)
        callback, closing = body.text("ServerCallbackUrl"), body.text("BrowserClosingUrl")
        key = hex_id(self._world.seed, "partner", next(self._world.small_ids))
        self._sessions[key] = _Session(callback, closing, self._world.now() + _LIFETIME)
        return reply({"OAuthUrl": f"{request.base_url}/Home/Auth?sessionid={key}"})

    def _session(self, request: Request) -> tuple[str, _Session]:
        key = dict(request.query).get("sessionid", "")
        session = self._sessions.get(key)
        if session is None or session.expires <= self._world.now():
            raise Refusal(400, "The session does not exist or has expired")
        return key, session

    def _page(self, request: Request) -> Response:
        self._session(request)
        return sign_in_page.page({}, self._world.businesses.values())

    def _decide(self, request: Request) -> Response:
        key, session = self._session(request)
        form = dict(parse_qsl(request.body.decode(errors="replace")))
        business = form.get("business", "")
        if form.get("decision") == "approve":
            if not business.isdecimal() or int(business) not in self._world.businesses:
                raise Refusal(400, "Choose a business")
            self._deliver(session.callback, issue(self._world, int(business)).value)
        del self._sessions[key]
        return Response(302, b"", {"location": session.closing})

    def _revoke(self, request: Request) -> Response:
        check_app(request)
        token = body_of(request).text("Token")
        if self._world.tokens.pop(token, None) is None:
            raise Refusal(401, DEAD_TOKEN)
        return Response(200)


def post_token(callback: str, token: str) -> None:
    """POST the token to the callback, which must be plain HTTP on loopback; else Refusal (400)."""
    target = urlsplit(callback)
    host = loopback_host(target)
    if target.scheme != "http" or host is None:
        raise Refusal(400, "ServerCallbackUrl is not on loopback")
    connection = http.client.HTTPConnection(host, target.port, timeout=5)
    try:
        path = f"{target.path or '/'}?{target.query}"
        headers = {"content-type": "application/json"}
        connection.request("POST", path, json.dumps({"Token": token}), headers)
        connection.getresponse().read()
    except OSError as error:
        raise Refusal(502, "ServerCallbackUrl does not answer") from error
    finally:
        connection.close()
