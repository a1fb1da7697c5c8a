"""Sends callbacks from threads of its own, each letter once (PEX contract 7)."""

import http.client
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sandbox.pex.loopback import address_of, loopback_host

_MOST_WORKERS = 8
_TIMEOUT = 5.0

Tell = Callable[[str, str], None]
"""Takes what became of a letter: `delivered`, `refused` or `failed`, and a word about it."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One HTTP POST; `delay` in seconds of the machine's own time."""

    url: str
    headers: Mapping[str, str]
    body: bytes
    delay: float = 0.0


class Postman:
    """Posts letters in the background; a slow receiver holds up no caller.

    Letters start in the order given, up to eight at a time, and arrive in whatever order comes.
    """

    def __init__(self, sleep: Callable[[float], None] = time.sleep) -> None:
        self._sleep = sleep
        self._changed = threading.Condition()
        self._letters: deque[tuple[Letter, float, Tell]] = deque()
        self._workers = self._unfinished = 0

    def post(self, letter: Letter, tell: Tell) -> None:
        """Take a letter to send, and tell from another thread what became of it."""
        with self._changed:
            self._letters.append((letter, time.monotonic() + letter.delay, tell))
            self._unfinished += 1
            if self._workers < _MOST_WORKERS:
                self._workers += 1
                threading.Thread(target=self._work, name="pex-callbacks", daemon=True).start()

    def wait(self, seconds: float) -> bool:
        """Wait until all letters have been sent and told of; False where that takes longer."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._unfinished, seconds)

    def _work(self) -> None:
        while taken := self._take():
            letter, due, tell = taken
            if (early := due - time.monotonic()) > 0:
                self._sleep(early)
            tell(*_send(letter))
            with self._changed:
                self._unfinished -= 1
                self._changed.notify_all()

    def _take(self) -> tuple[Letter, float, Tell] | None:
        with self._changed:
            if self._letters:
                return self._letters.popleft()
            self._workers -= 1
            return None


def _send(letter: Letter) -> tuple[str, str]:
    """POST once, to this machine alone; a redirect is an answer like another, not followed."""
    address = address_of(letter.url)
    host = loopback_host(address)
    if host is None:
        return "failed", "not on loopback"
    secure = address.scheme == "https"
    kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    connection = kind(host, address.port, timeout=_TIMEOUT)
    target = (address.path or "/") + (f"?{address.query}" if address.query else "")
    try:
        connection.request("POST", target, letter.body, dict(letter.headers))
        status = connection.getresponse().status
    except (OSError, ValueError, http.client.HTTPException) as error:
        return "failed", f"{type(error).__name__}: {error}"
    finally:
        connection.close()
    succeeded = 200 <= status < 300  # noqa: PLR2004 - the 2xx statuses
    return ("delivered" if succeeded else "refused"), str(status)
