"""Requests to PEX with one credential: throttled, reads tried again (PEX contract 1.2, 8.3)."""

import random
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar
from uuid import uuid4

import httpx
import msgspec

from adapters.pex.errors import AWAY, refusal_of
from adapters.pex.throttle import TokenBucket
from application.ports.pex import PexUnavailable

T = TypeVar("T")
OnRequest = Callable[[str, str, int, int], None]

TRIES = 4
LONGEST_SLEEP = 10.0
NO_CONTENT = 404
TIMEOUT = httpx.Timeout(connect=10, read=120, write=30, pool=30)


class Credential(msgspec.Struct, frozen=True):
    """A stored credential; its scheme is `token`, or `Bearer` for OAuth."""

    token: str
    scheme: str = "token"

    def __repr__(self) -> str:
        return f"Credential(scheme={self.scheme!r}, token=***)"


class Client:
    """One credential's way to the API."""

    def __init__(
        self,
        http: httpx.Client,
        base_url: str,
        credential: Credential,
        bucket: TokenBucket,
        on_request: OnRequest,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._http = http
        self._base_url = base_url
        self._credential = credential
        self._bucket = bucket
        self._on_request = on_request
        self._sleep = sleep

    def get(self, form: type[T], path: str, params: Mapping[str, str] | None = None) -> T:
        """Read something; raises as `refusal_of` tells, once the tries are used up."""
        found = self.find(form, path, params, missing_is_none=False)
        if found is None:
            raise AssertionError("unreachable")
        return found

    def find(
        self,
        form: type[T],
        path: str,
        params: Mapping[str, str] | None = None,
        *,
        missing_is_none: bool = True,
    ) -> T | None:
        """Read something that may not be there: 404 is None."""
        correlation_id = f"ext-{uuid4()}"
        for attempt in range(1, TRIES + 1):
            response = self._try(path, params, correlation_id)
            if response is not None and response.is_success:
                return self._decode(form, response.content, correlation_id)
            if response is not None and response.status_code == NO_CONTENT and missing_is_none:
                return None
            wait = self._wait(response, attempt, correlation_id)
            self._sleep(wait)
        raise AssertionError("unreachable")

    def _try(
        self, path: str, params: Mapping[str, str] | None, correlation_id: str
    ) -> httpx.Response | None:
        """One attempt; None where no answer came."""
        self._bucket.take()
        headers = {
            "Accept": "application/json",
            "Authorization": f"{self._credential.scheme} {self._credential.token}",
            "User-Agent": "pexbc",
            "X-CORRELATION-ID": correlation_id,
        }
        try:
            response = self._http.get(
                f"{self._base_url}/{path}", params=params, headers=headers, timeout=TIMEOUT
            )
        except httpx.TransportError:
            return None
        self._on_request("GET", path, response.status_code, 1)
        return response

    def _wait(self, response: httpx.Response | None, attempt: int, correlation_id: str) -> float:
        """How long to wait before the next attempt; raises where there should be none."""
        retry_after = _retry_after(response) if response is not None else None
        pause = 2.0**attempt * random.uniform(0.25, 0.5)  # noqa: S311 - jitter, no secret
        wait = pause if retry_after is None else retry_after
        worth_it = attempt < TRIES and wait <= LONGEST_SLEEP
        if response is None:
            if not worth_it:
                raise PexUnavailable("no answer")
            return wait
        if response.status_code in AWAY and worth_it:
            return wait
        raise refusal_of(response.status_code, response.content, correlation_id, retry_after)

    def _decode(self, form: type[T], body: bytes, correlation_id: str) -> T:
        try:
            return msgspec.json.decode(body, type=form)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            cause = f"an answer that cannot be read (reference {correlation_id})"
            raise PexUnavailable(cause) from error


def _retry_after(response: httpx.Response) -> float | None:
    value = response.headers.get("retry-after", "").strip()
    if value.isdigit():
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
