"""What msal asks of an HTTP client, on ours."""

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx

from adapters.retry_after import retry_after
from application.ports.sign_in import MicrosoftUnavailable
from domain.refusals import Refusal

LOCAL_HOST = "https://entra.localhost"
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
TOO_MANY = 429
SERVER_ERROR = 500


class MicrosoftAuthorityInsecure(Refusal):
    """The sign-in's address would send the app's secret in the clear."""

    code = "MICROSOFT_AUTHORITY_INSECURE"
    fix = (
        "Give PEXBC_ENTRA_AUTHORITY an https address; plain http is for a sandbox on this "
        "machine alone."
    )

    def __init__(self) -> None:
        super().__init__("The address of Microsoft's sign-in is neither https nor on loopback.")


class MicrosoftBusy(MicrosoftUnavailable):
    """Microsoft answers, but wants to be left alone for a while.

    Attributes:
        retry_after: seconds after which to try again; None where it told none.
    """

    def __init__(self, status: int, retry_after: float | None) -> None:
        self.retry_after = retry_after
        super().__init__(f"it answered {status}")


class MsalTransport:
    """Sends msal's requests; `rewrite` may send them elsewhere than their address says.

    msal insists on https addresses. A sandbox on loopback speaks plain http, so it is given a made-
    up https host, and what goes there is rewritten to the sandbox.

    msal sees answers of JSON objects alone, whatever their status below 500: it would log other
    bodies whole, and remember a 429 or a 5xx as an answer.
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
        return self._send("GET", url, params, None, headers)

    def post(
        self,
        url: str,
        params: Any = None,
        data: Any = None,
        headers: Mapping[str, str] | None = None,
        **_options: Any,
    ) -> httpx.Response:
        """A form POST."""
        return self._send("POST", url, params, data, headers)

    def close(self) -> None:
        """The client belongs to whoever made it."""

    def _send(
        self, method: str, url: str, params: Any, data: Any, headers: Mapping[str, str] | None
    ) -> httpx.Response:
        """Raises MicrosoftUnavailable for everything that is no answer."""
        try:
            response = self._client.request(
                method, self._rewrite(url), params=params, data=data, headers=headers
            )
        except httpx.RequestError as error:
            self._on_request(method, "entra", 0, 1)
            raise MicrosoftUnavailable(f"no answer ({type(error).__name__})") from error
        self._on_request(method, "entra", response.status_code, 1)
        if response.status_code == TOO_MANY or response.status_code >= SERVER_ERROR:
            raise MicrosoftBusy(response.status_code, retry_after(response))
        if not _is_object(response.text):
            raise MicrosoftUnavailable(f"an unreadable answer with status {response.status_code}")
        return response


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


def rewriting(authority: str) -> tuple[str, Callable[[str], str]]:
    """The authority's host as msal may know it, and the way from there to the real one.

    Raises:
        MicrosoftAuthorityInsecure: plain http to another machine, or no address at all.
    """
    plain = authority.strip().rstrip("/")
    try:
        parts = urlsplit(plain)
        scheme, host = parts.scheme, parts.hostname
    except ValueError:
        scheme, host = "", None
    if scheme == "https" and host:
        return plain, str
    if scheme == "http" and host in LOOPBACK:
        return LOCAL_HOST, lambda url: url.replace(f"{LOCAL_HOST}/", f"{plain}/", 1)
    raise MicrosoftAuthorityInsecure
