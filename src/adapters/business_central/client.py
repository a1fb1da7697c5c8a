"""Requests to one tenant and environment: signed in, throttled, reads tried again."""

import random
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol, TypeVar

import httpx
import msgspec

from adapters.business_central.errors import (
    AWAY,
    SKIP_TOKEN_STALE,
    read_error,
    refusal_of,
)
from adapters.business_central.odata import address
from adapters.business_central.throttle import Throttle
from adapters.business_central.wire import BatchAnswer, Rows, encode
from adapters.retry_after import retry_after as asked_to_wait
from application.ports.company_data import BusinessCentralRefused, BusinessCentralUnavailable

T = TypeVar("T")
OnRequest = Callable[[str, str, int, int], None]

READ_TRIES = 4
LONGEST_SLEEP = 10.0
TIMEOUT = httpx.Timeout(connect=10, read=630, write=60, pool=30)
UNAUTHORIZED = 401
TOO_MANY = 429
HEADERS = {"Accept": "application/json", "Accept-Language": "en-US"}
PRIMARY = {"Data-Access-Intent": "ReadWrite"}


class AccessToken(Protocol):
    """Hands out the access token of a connection."""

    def __call__(self, *, renew: bool = False) -> str:
        """The token at hand, or with `renew` a fresh one."""


class Client:
    """A connection's way to its environment's API."""

    def __init__(
        self,
        http: httpx.Client,
        root: str,
        token: AccessToken,
        throttle: Throttle,
        on_request: OnRequest,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._http = http
        self._root = root
        self._token = token
        self._throttle = throttle
        self._on_request = on_request
        self._sleep = sleep

    # --- one exchange --------------------------------------------------------------------------

    def exchange(
        self,
        method: str,
        path: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        operations: int = 1,
        before: Callable[[], None] = lambda: None,
    ) -> httpx.Response:
        """Send one request, once more with a fresh token after a 401; never again otherwise.

        `before` is called at the last moment before each sending, and may raise to prevent it.

        Raises:
            httpx.TransportError: the answer was lost or the server not reached.
            Refusal: Microsoft gives no token.
        """
        response = self._send(method, path, body, headers, operations, before, renew=False)
        if response.status_code == UNAUTHORIZED:
            response = self._send(method, path, body, headers, operations, before, renew=True)
        if response.status_code == TOO_MANY:
            self._throttle.learn_from_429()
        return response

    def _send(
        self,
        method: str,
        path: str,
        body: bytes | None,
        headers: Mapping[str, str] | None,
        operations: int,
        before: Callable[[], None],
        *,
        renew: bool,
    ) -> httpx.Response:
        url = path if path.startswith("http") else f"{self._root}/{path}"
        sent = {
            **HEADERS,
            **({"Content-Type": "application/json"} if body is not None else {}),
            **(headers or {}),
            "Authorization": f"Bearer {self._token(renew=renew)}",
        }
        with self._throttle.slot(operations):
            before()
            response = self._http.request(method, url, content=body, headers=sent, timeout=TIMEOUT)
        self._on_request(method, path.partition("?")[0], response.status_code, operations)
        return response

    # --- reads ---------------------------------------------------------------------------------

    def read(
        self, path: str, *, method: str = "GET", body: bytes | None = None, operations: int = 1
    ) -> bytes:
        """The body of a successful read, tried several times while BC is away.

        Raises:
            Refusal: as `refusal_of` tells.
        """
        for attempt in range(1, READ_TRIES + 1):
            last = attempt == READ_TRIES
            try:
                response = self.exchange(
                    method, path, body=body, headers=PRIMARY, operations=operations
                )
            except httpx.TransportError as error:
                if last:
                    cause = type(error).__name__
                    raise BusinessCentralUnavailable(f"no answer ({cause})") from error
                self._sleep(_pause(attempt, None))
                continue
            if response.is_success:
                return response.content
            retry_after = asked_to_wait(response)
            wait = _pause(attempt, retry_after)
            if response.status_code not in AWAY or last or wait > LONGEST_SLEEP:
                raise refusal_of(read_error(response.status_code, response.content), retry_after)
            self._sleep(wait)
        raise AssertionError("unreachable")

    def rows(self, row: type[T], path: str, options: Mapping[str, str] | None = None) -> list[T]:
        """All rows of a collection, page by page."""
        where = address(path, options)
        try:
            first = _page(row, self.read(where))
            return first.value + self._rest(row, first.next_link)
        except BusinessCentralRefused as refusal:
            if refusal.bc_code != SKIP_TOKEN_STALE:
                raise
            first = _page(row, self.read(where))
            return first.value + self._rest(row, first.next_link)

    def several(self, wanted: Sequence[tuple[type, str]]) -> list[list[object]]:
        """Several collections in one request, each whole: a `$batch` of reads (contract 4)."""
        requests = [
            {
                "id": str(number),
                "method": "GET",
                "url": path,
                "headers": {"Accept-Language": "en-US", **PRIMARY},
            }
            for number, (_, path) in enumerate(wanted)
        ]
        raw = self.read(
            "$batch",
            method="POST",
            body=encode({"requests": requests}),
            operations=len(requests),
        )
        answers = {answer.id: answer for answer in _decode(BatchAnswer, raw).responses}
        collections: list[list[object]] = []
        for number, (row, path) in enumerate(wanted):
            answer = answers.get(str(number))
            if answer is not None and answer.status >= 400:  # noqa: PLR2004 - client error
                raise refusal_of(read_error(answer.status, bytes(answer.body)))
            if answer is None:
                collections.append(self.rows(row, path))
                continue
            first: Rows[object] = _page(row, bytes(answer.body))
            collections.append(first.value + self._rest(row, first.next_link))
        return collections

    def _rest(self, row: type[T], link: str | None) -> list[T]:
        rows: list[T] = []
        while link:
            page = _page(row, self.read(link))
            rows.extend(page.value)
            link = page.next_link
        return rows


def _page(row: type[T], body: bytes) -> Rows[T]:
    return _decode(Rows[row], body)  # type: ignore[valid-type]


def _decode(form: type[T], body: bytes) -> T:
    try:
        return msgspec.json.decode(body, type=form)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BusinessCentralUnavailable(f"an unreadable answer: {error}") from error


def distinct(rows: Iterable[T], key: Callable[[T], str]) -> tuple[T, ...]:
    """Each row once, since rows may repeat across pages (contract 3.5)."""
    return tuple({key(row): row for row in rows}.values())


def _pause(attempt: int, retry_after: float | None) -> float:
    if retry_after is not None:
        return retry_after
    return min(2.0**attempt, 60) * random.uniform(0.25, 0.5)  # noqa: S311 - jitter, no secret
