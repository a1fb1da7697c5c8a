"""Token endpoints: their lifetime of six months, and renewal in the last one (PEX contract 1.6)."""

from typing import Any

from sandbox.pex.access import Call
from sandbox.pex.wire import (
    DEAD_TOKEN,
    Refusal,
    body_of,
    hex_id,
    months_later,
    wall_text,
)
from sandbox.pex.world import Token, World
from sandbox.web import Request, Response, Router, reply

APP_ID = "app-01"
APP_SECRET = "sandbox-app-secret"  # noqa: S105 - the simulator's own, good nowhere else
_LIFETIME_MONTHS = 6


def add_routes(router: Router) -> None:
    """Serve the token endpoints."""
    router.add("GET", "/v4/Token/Current", _current)
    router.add("GET", "/v4/Token/GetAuthTokens", _auth_tokens)
    router.add("GET", "/v4/Token", _list)
    router.add("POST", "/v4/Token/Renew", _renew)
    router.add("DELETE", "/v4/Token", _revoke)


def issue(world: World, business: int) -> Token:
    """A new API token of that business, good for six months from now."""
    now, number = world.now(), next(world.small_ids)
    value = hex_id(world.seed, "token", number) + hex_id(world.seed, "token tail", number)
    token = Token(value, "token", business, now, months_later(now, _LIFETIME_MONTHS), family=value)
    world.tokens[value] = token
    return token


def exchange(request: Request, world: World, passes: dict[str, int]) -> Response:
    """Change a dashboard pass (a JWT) and the app's credentials for an API token (1.5.3)."""
    scheme, _, jwt = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or jwt not in passes:
        raise Refusal(401, DEAD_TOKEN)
    check_app(request)
    return reply(issue(world, passes[jwt]).value)


def check_app(request: Request) -> None:
    """Refuse with 401 unless the body holds the registered app's AppId and AppSecret."""
    body = body_of(request)
    if (body.get("AppId"), body.get("AppSecret")) != (APP_ID, APP_SECRET):
        raise Refusal(401, "App is not authorized")


def token_data(call: Call, token: Token) -> dict[str, Any]:
    """TokenData; the expiration is Eastern wall time."""
    return {
        "AppId": APP_ID,
        "BusinessAccountId": call.business.id,
        "BusinessAccountName": call.business.name,
        "CardholderAccountId": call.account,
        "UserType": call.business.user_type,
        "Username": call.business.username,
        "Token": token.value,
        "TokenExpiration": wall_text(token.expires),
    }


def _current(call: Call) -> Response:
    return reply(token_data(call, call.token))


def _own(call: Call) -> list[Token]:
    now = call.world.now()
    return [
        token
        for token in call.world.tokens.values()
        if token.business == call.business.id and token.scheme == "token" and token.expires > now
    ]


def _list(call: Call) -> Response:
    return reply({"Tokens": [token_data(call, token) for token in _own(call)]})


def _auth_tokens(call: Call) -> Response:
    now = call.world.now()
    tokens = [
        {
            "Token": token.value,
            "SecondsUntilExpire": int((token.expires - now).total_seconds()),
            "ExpirationTime": wall_text(token.expires),
        }
        for token in _own(call)
    ]
    return reply({"Tokens": tokens})


def _renew(call: Call) -> Response:
    old = call.token
    if old.scheme != "token" or call.world.now() < months_later(old.expires, -1):
        raise Refusal(403, "Cannot renew token")
    new = issue(call.world, old.business)
    if call.world.switches.renewing_kills:
        del call.world.tokens[old.value]
    data = token_data(call, new)
    return reply({name: data[name] for name in ("Username", "Token", "AppId", "TokenExpiration")})


def _revoke(call: Call) -> Response:
    del call.world.tokens[call.token.value]
    return Response(200)
