"""From which address a request comes, and which proxies are believed about it."""

from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Any, cast

from litestar.connection import ASGIConnection
from litestar.types import ASGIApp
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

_PREFIX = 64
"""An IPv6 network of this size is one customer's, who may take any address in it."""


def believing(proxies: str, app: ASGIApp) -> ASGIApp:
    """Take the client's address from `X-Forwarded-For` where one of these proxies sent it.

    Proxies write the address that they saw last: counted from the end, the first one that is no
    proxy of ours is the client, and whatever stands before it may be made up.

    Args:
        proxies: addresses and networks, separated by commas; empty to believe nobody.
        app: what to put behind it.
    """
    if not proxies:
        return app
    behind: Any = ProxyHeadersMiddleware(cast("Any", app), proxies.split(","))
    return cast("ASGIApp", behind)


def client_address(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """The address to count by, of an IPv6 client its network; empty where there is none."""
    host = connection.client.host if connection.client else ""
    try:
        address = ip_address(host)
    except ValueError:
        return host[:64]
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(IPv6Network((address, _PREFIX), strict=False))
