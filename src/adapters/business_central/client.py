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
    UNAUTHORIZED,
    Place,
    read_error,
    refusal_of,
)
from adapters.business_central.odata import address
from adapters.business_central.throttle import Throttle
from adapters.business_central.wire import BatchAnswer, InnerAnswer, Rows, encode
from adapters.retry_after import retry_after as asked_to_wait
from application.ports.company_data import BusinessCentralRefused, BusinessCentralUnavailable
from domain.refusals import Refusal

T = TypeVar("T")
OnRequest = Callable[[str, str, int, int], None]

READ_TRIES = 4
LONGEST_SLEEP = 10.0
# A write is waited for until BC's gateway must have given up (contract 5), a read is asked again.
WRITE_TIMEOUT = httpx.Timeout(connect=10, read=630, write=60, pool=30)
READ_TIMEOUT = httpx.Timeout(connect=10, read=180, write=60, pool=30)
TOO_MANY = 429
ERROR = 400
HEADERS = {"Accept": "application/json", "Accept-Language": "en-US"}
PRIMARY = {"Data-Access-Intent": "ReadWrite"}


class AccessToken(Protocol):
    """Hands out the access token of a connection."""

    def __call__(self, *, renew: bool = False) -> str:
        """The token at hand, or with `renew` a fresh one."""


class Client:
    """A connection's way to its environment's API.

    Paths are relative to the API's root; `on_request` is told method, path, status (0 where no
    answer came) and how many operations a request carried.
    """

    def __init__(
        self,
        http: httpx.Client,
        root: str,
        environment: str,
        token: AccessToken,
        throttle: Throttle,
        on_request: OnRequest,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._http = http
        self._root = root
        self._origin = _origin(root)
        self._environment = environment
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
        timeout: httpx.Timeout = WRITE_TIMEOUT,
    ) -> httpx.Response:
        """Send one request, once more with a fresh token after a 401; never again otherwise.

        `before` is called at the last moment before each sending, and may raise to prevent it.

        Raises:
            httpx.RequestError: the answer was lost or the server not reached.
            Refusal: Microsoft gives no token.
        """

        def send(*, renew: bool) -> httpx.Response:
            sent = {
                **HEADERS,
                **({"Content-Type": "application/json"} if body is not None else {}),
                **(headers or {}),
                "Authorization": f"Bearer {self._token(renew=renew)}",
            }
            request = self._http.build_request(
                method, self._url(path), content=body, headers=sent, timeout=timeout
            )
            with self._throttle.slot(operations):
                before()
                return self._sent(request, path, operations)

        response = send(renew=False)
        if response.status_code == UNAUTHORIZED:
            response = send(renew=True)
        if response.status_code == TOO_MANY:
            self._throttle.learn_from_429()
        return response

    def _sent(self, request: httpx.Request, path: str, operations: int) -> httpx.Response:
        status = 0
        try:
            response = self._http.send(request)
            status = response.status_code
        finally:
            self._on_request(request.method, path.partition("?")[0], status, operations)
        return response

    def _url(self, path: str) -> str:
        return path if "://" in path else f"{self._root}/{path}"

    def refusal(self, response: httpx.Response, path: str) -> Refusal:
        """What an answer that is no success comes to."""
        error = read_error(response.status_code, response.content)
        return refusal_of(error, self.place(path), asked_to_wait(response))

    def place(self, path: str) -> Place:
        """Where a request to this path goes."""
        return Place.of(self._environment, path)

    # --- reads ---------------------------------------------------------------------------------

    def read(
        self,
        path: str,
        *,
        method: str = "GET",
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        operations: int = 1,
    ) -> bytes:
        """The body of a successful read, tried several times while BC is away.

        Raises:
            Refusal: as `refusal_of` tells.
        """
        for attempt in range(1, READ_TRIES + 1):
            last = attempt == READ_TRIES
            try:
                response = self.exchange(
                    method,
                    path,
                    body=body,
                    headers={**PRIMARY, **(headers or {})},
                    operations=operations,
                    timeout=READ_TIMEOUT,
                )
            except httpx.RequestError as error:
                if last:
                    raise no_answer(error) from error
                self._sleep(_pause(attempt, None))
                continue
            if response.is_success:
                return response.content
            wait = _pause(attempt, asked_to_wait(response))
            if response.status_code not in AWAY or last or wait > LONGEST_SLEEP:
                raise self.refusal(response, path)
            self._sleep(wait)
        raise AssertionError("unreachable")

    def rows(self, row: type[T], path: str, options: Mapping[str, str] | None = None) -> list[T]:
        """All rows of a collection, page by page."""
        where = address(path, options)
        return self._whole(row, where, self.read(where))

    def several(self, wanted: Sequence[tuple[type, str]]) -> list[list[object]]:
        """Several collections in one request, each whole: a `$batch` of reads (contract 4)."""
        answers = self.answers([path for _, path in wanted])
        return [
            self.collection(row, path, answer)
            for (row, path), answer in zip(wanted, answers, strict=True)
        ]

    def answers(
        self, paths: Sequence[str], headers: Mapping[str, str] | None = None
    ) -> list[InnerAnswer | None]:
        """The answers to a `$batch` of reads, each for its path; None where one is missing."""
        requests = [
            {
                "id": str(number),
                "method": "GET",
                "url": path,
                "headers": {"Accept-Language": "en-US", **PRIMARY},
            }
            for number, path in enumerate(paths)
        ]
        raw = self.read(
            "$batch",
            method="POST",
            body=encode({"requests": requests}),
            headers=headers,
            operations=len(requests),
        )
        answers = {answer.id: answer for answer in decode(BatchAnswer, raw).responses}
        return [answers.get(str(number)) for number in range(len(paths))]

    def collection(self, row: type[T], path: str, answer: InnerAnswer | None) -> list[T]:
        """One of several; by itself where the answer is missing, or tells of a passing fault."""
        if answer is None or answer.status in AWAY:
            return self.rows(row, path)
        if answer.status >= ERROR:
            raise refusal_of(read_error(answer.status, bytes(answer.body)), self.place(path))
        return self._whole(row, path, bytes(answer.body))

    def _whole(self, row: type[T], where: str, first: bytes) -> list[T]:
        """A list from its first page on; once more from the start where BC lost its place."""
        try:
            return self._pages(row, first)
        except BusinessCentralRefused as refusal:
            if refusal.bc_code != SKIP_TOKEN_STALE:
                raise
            return self._pages(row, self.read(where))

    def _pages(self, row: type[T], first: bytes) -> list[T]:
        """A page and all that follow it, by their links as they stand (contract 3.5)."""
        page = _page(row, first)
        rows, seen = page.value, {""}
        while page.next_link:
            if page.next_link in seen or not self._is_ours(page.next_link):
                raise BusinessCentralRefused(200, "Unknown", "a page names no next page of its own")
            seen.add(page.next_link)
            page = _page(row, self.read(page.next_link))
            rows.extend(page.value)
        return rows

    def _is_ours(self, link: str) -> bool:
        """Whether a link stays where our token may go."""
        try:
            return _origin(link) == self._origin
        except httpx.InvalidURL:
            return False


def _origin(url: str) -> tuple[str, str, int | None]:
    parsed = httpx.URL(url)
    return parsed.scheme, parsed.host, parsed.port


def no_answer(error: httpx.RequestError) -> BusinessCentralUnavailable:
    """The refusal for an answer that did not come or cannot be unpacked."""
    return BusinessCentralUnavailable(f"no answer ({type(error).__name__})")


def _page(row: type[T], body: bytes) -> Rows[T]:
    return decode(Rows[row], body)  # type: ignore[valid-type]


def decode(form: type[T], body: bytes) -> T:
    """Read an answer; raises BusinessCentralUnavailable where it is not of that form."""
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
