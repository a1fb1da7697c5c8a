"""Requests to PEX with one credential: throttled, reads tried again (PEX contract 1.2, 8.3)."""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar
from uuid import uuid4

import httpx
import msgspec

from adapters.pex.errors import AWAY, NOT_FOUND, is_over, refusal_of
from adapters.pex.throttle import TokenBucket
from adapters.retry_after import retry_after as asked_to_wait
from application.ports.pex import PexRequestRefused, PexUnavailable
from domain.refusals import Refusal

T = TypeVar("T")
OnRequest = Callable[[str, str, int, int], None]
"""Told of each attempt: method, path, status (0 where no answer came), and the operations in it."""

TRIES = 4
LONGEST_PAUSE = 10.0
BUDGET_SECONDS = 150.0
TIMEOUT = httpx.Timeout(connect=10, read=120, write=30, pool=30)
LINKED_FILE = "(a linked file)"  # in place of the link, which lets whoever has it read the file
KEPT_HEADERS = ("retry-after", "x-correlation-id")


class TooLarge(Exception):
    """An answer goes on beyond the bytes that it may have."""


class Credential(msgspec.Struct, frozen=True):
    """A stored credential; its scheme is `token`, or `Bearer` for OAuth."""

    token: str
    scheme: str = "token"

    def __repr__(self) -> str:
        return f"Credential(scheme={self.scheme!r}, token=***)"


@dataclass(frozen=True, slots=True)
class _Call:
    """One logical call, however often it is tried; `until` is when no more tries begin."""

    path: str
    params: Mapping[str, str]
    until: float
    most_bytes: int | None = None
    method: str = "GET"
    body: bytes | None = None
    timeout: httpx.Timeout = field(default_factory=lambda: TIMEOUT)
    reference: str = field(default_factory=lambda: f"ext-{uuid4()}")


class Client:
    """One credential's way to the API.

    `renew` gives another access token in place of one that PEX refused; None for an API token.
    """

    def __init__(
        self,
        http: httpx.Client,
        base_url: str,
        credential: Credential,
        bucket: TokenBucket,
        on_request: OnRequest = lambda *_: None,
        *,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
        renew: Callable[[str], str] | None = None,
    ) -> None:
        self._http = http
        self._base_url = base_url
        self._credential = credential
        self._renew = renew
        self._bucket = bucket
        self._on_request = on_request
        self._sleep = sleep
        self._monotonic = monotonic

    def get(
        self,
        path: str,
        read: Callable[[bytes], T],
        params: Mapping[str, str] | None = None,
        *,
        most_bytes: int | None = None,
    ) -> T:
        """Read something; `read` turns its body into a value.

        What may pass is tried again, at most `TRIES` times and not after `BUDGET_SECONDS`; a wait
        of more than `LONGEST_PAUSE` seconds is left to the caller, as `PexUnavailable.retry_after`.

        Raises:
            PexUnavailable: no answer, one that says "later", or one that is no JSON.
            PexRequestRefused: refused, or an answer of a form that is not PEX's.
            Refusal: what else `refusal_of` tells an error by.
            TooLarge: the body has more than `most_bytes`.
        """
        call = _Call(path, params or {}, self._monotonic() + BUDGET_SECONDS, most_bytes)
        attempt = 1
        while (response := self._send(call)) is None or not response.is_success:
            self._sleep(self._pause(response, call, attempt))
            attempt += 1
        return _read(response, read, _reference(response, call))

    def find(
        self,
        path: str,
        read: Callable[[bytes], T],
        params: Mapping[str, str] | None = None,
        *,
        most_bytes: int | None = None,
    ) -> T | None:
        """Read something that may not be there: None on 404; else as `get`."""
        try:
            return self.get(path, read, params, most_bytes=most_bytes)
        except PexRequestRefused as refusal:
            if refusal.status == NOT_FOUND:
                return None
            raise

    def linked_file(self, link: str, most_bytes: int) -> httpx.Response:
        """Fetch what a link leads to: once, without the credential, and nowhere on from there.

        Raises:
            httpx.RequestError, httpx.InvalidURL: no answer.
            TooLarge: the file has more than `most_bytes`.
        """
        self._bucket.take()
        until = self._monotonic() + BUDGET_SECONDS
        return self._exchange(
            LINKED_FILE,
            link,
            {"User-Agent": "pexbc"},
            most_bytes=most_bytes,
            is_late=lambda: self._monotonic() > until,
        )

    def put(self, path: str, body: bytes, read: Callable[[bytes], T]) -> T:
        """Write something, in one attempt; raises as `get`.

        A write that was refused with a server's fault, or not answered, may have been done.
        """
        return self._once(_Call(path, {}, 0.0, method="PUT", body=body), read)

    def post(self, path: str, read: Callable[[bytes], T], body: bytes | None = None) -> T:
        """Ask for something to be done, in one attempt; raises as `put`."""
        return self._once(_Call(path, {}, 0.0, method="POST", body=body), read)

    def delete(self, path: str, seconds: float) -> None:
        """Remove something, in one attempt that waits no longer for an answer; raises as `put`."""
        timeout = httpx.Timeout(seconds)
        self._once(_Call(path, {}, 0.0, method="DELETE", timeout=timeout), lambda _body: None)

    def _once(self, call: _Call, read: Callable[[bytes], T]) -> T:
        response = self._send(call)
        if response is None or not response.is_success:
            retry_after = None if response is None else asked_to_wait(response)
            raise self._refusal(response, call, retry_after)
        return _read(response, read, _reference(response, call))

    def _send(self, call: _Call) -> httpx.Response | None:
        """One attempt, and one more where a renewed token helps; None where no answer came."""
        credential = self._credential
        response = self._attempt(call, credential)
        if self._renew is None or response is None:
            return response
        if not is_over(response.status_code, response.content):
            return response
        renewed = Credential(self._renew(credential.token), credential.scheme)
        self._credential = renewed
        return self._attempt(call, renewed)

    def _attempt(self, call: _Call, credential: Credential) -> httpx.Response | None:
        self._bucket.take()
        headers = {
            "Accept": "application/json",
            "Authorization": f"{credential.scheme} {credential.token}",
            "User-Agent": "pexbc",
            "X-CORRELATION-ID": call.reference,
        }
        if call.body is not None:
            headers["Content-Type"] = "application/json; charset=utf-8"
        url = f"{self._base_url}/{call.path}"
        try:
            return self._exchange(
                call.path,
                url,
                headers,
                method=call.method,
                body=call.body,
                params=call.params,
                most_bytes=call.most_bytes,
                timeout=call.timeout,
            )
        except httpx.RequestError:
            return None

    def _exchange(
        self,
        told_as: str,
        url: str,
        headers: Mapping[str, str],
        *,
        most_bytes: int | None,
        method: str = "GET",
        body: bytes | None = None,
        params: Mapping[str, str] | None = None,
        timeout: httpx.Timeout = TIMEOUT,
        is_late: Callable[[], bool] = lambda: False,
    ) -> httpx.Response:
        """One answer, read whole; raises httpx.RequestError, and TooLarge."""
        status = 0
        try:
            with self._http.stream(
                method, url, params=params, headers=headers, content=body, timeout=timeout
            ) as response:
                status = response.status_code
                return _held(response, most_bytes, is_late)
        except httpx.RequestError:
            status = 0
            raise
        finally:
            self._on_request(method, told_as, status, 1)

    def _pause(self, response: httpx.Response | None, call: _Call, attempt: int) -> float:
        """How long to wait before the next attempt; raises where there should be none."""
        retry_after = None if response is None else asked_to_wait(response)
        backoff = 2.0**attempt * random.uniform(0.25, 0.5)  # noqa: S311 - jitter, no secret
        wait = backoff if retry_after is None else retry_after
        passing = response is None or response.status_code in AWAY
        in_budget = self._monotonic() + wait < call.until
        if passing and in_budget and attempt < TRIES and wait <= LONGEST_PAUSE:
            return wait
        raise self._refusal(response, call, retry_after)

    def _refusal(
        self, response: httpx.Response | None, call: _Call, retry_after: float | None
    ) -> Refusal:
        if response is None:
            return PexUnavailable(f"no answer (reference {call.reference})")
        # An answer may quote the token that it refuses; what is told further must not.
        body = response.content.replace(self._credential.token.encode(), b"***")
        reference = _reference(response, call)
        return refusal_of(response.status_code, body, reference, retry_after)


def _held(
    response: httpx.Response, most_bytes: int | None, is_late: Callable[[], bool]
) -> httpx.Response:
    """An answer whose body is read; raises TooLarge as soon as it has more bytes than it may."""
    if most_bytes is None:
        response.read()
        return response
    body = bytearray()
    for part in response.iter_bytes():
        body += part
        if len(body) > most_bytes:
            raise TooLarge
        if is_late():
            raise httpx.ReadTimeout("it takes too long")
    headers = {name: value for name, value in response.headers.items() if name in KEPT_HEADERS}
    return httpx.Response(response.status_code, headers=headers, content=bytes(body))


def _reference(response: httpx.Response, call: _Call) -> str:
    """PEX's correlation id, or ours where it sends none back."""
    return response.headers.get("x-correlation-id", "").strip()[:100] or call.reference


def _read(response: httpx.Response, read: Callable[[bytes], T], reference: str) -> T:
    try:
        return read(response.content)
    except msgspec.ValidationError as error:
        message = f"the answer has another form than expected: {error}"
        raise PexRequestRefused(response.status_code, message, reference) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        cause = f"{response.status_code} with an answer that is no JSON (reference {reference})"
        raise PexUnavailable(cause) from error
