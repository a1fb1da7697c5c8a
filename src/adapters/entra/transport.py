"""What msal asks of an HTTP client, on ours."""

from collections.abc import Callable, Mapping
from typing import Any

import httpx

LOCAL_HOST = "https://entra.localhost"


class MsalTransport:
    """Sends msal's requests; `rewrite` may send them elsewhere than their address says.

    msal insists on https addresses. A sandbox on loopback speaks plain http, so it is given a made-
    up https host, and what goes there is rewritten to the sandbox.
    """

    def __init__(
        self,
        client: httpx.Client,
        rewrite: Callable[[str], str],
        on_request: Callable[[str, str, int, int], None],
    ) -> None:
        self._client = client
        self._rewrite = rewrite
        self._on_request = on_request

    def get(
        self,
        url: str,
        params: Any = None,
        headers: Mapping[str, str] | None = None,
        **_options: Any,
    ) -> httpx.Response:
        """A GET; msal reads `status_code`, `text` and `headers` of the answer."""
        response = self._client.get(self._rewrite(url), params=params, headers=headers)
        self._on_request("GET", "entra", response.status_code, 1)
        return response

    def post(
        self,
        url: str,
        params: Any = None,
        data: Any = None,
        headers: Mapping[str, str] | None = None,
        **_options: Any,
    ) -> httpx.Response:
        """A form POST."""
        response = self._client.post(self._rewrite(url), params=params, data=data, headers=headers)
        self._on_request("POST", "entra", response.status_code, 1)
        return response

    def close(self) -> None:
        """The client belongs to whoever made it."""


def rewriting(authority: str) -> tuple[str, Callable[[str], str]]:
    """The authority's host as msal may know it, and the way from there to the real one."""
    plain = authority.rstrip("/")
    if plain.startswith("https://"):
        return plain, str
    return LOCAL_HOST, lambda url: url.replace(LOCAL_HOST, plain, 1)
