"""How often something may be tried, and how often a token may be used (M45)."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from litestar.connection import ASGIConnection

from adapters.persistence.attempts import Counted
from application.ports.pex import PexTokenRefused
from entrypoints.composition import Services
from entrypoints.http.clients import client_address
from entrypoints.http.refusals import TooManyAttempts, TooManyRequests

WINDOW = timedelta(minutes=5)
MINUTE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Limit:
    """How many attempts of one kind an address has in `WINDOW`; all processes count together."""

    what: str
    most: int


WRONG_TOKENS = Limit("requests with wrong API tokens", 10)
SIGN_INS = Limit("refused sign-ins", 10)
WRONG_CALLBACKS = Limit("callbacks with wrong secrets", 10)
SET_OUTS = Limit("sign-ins begun at PEX or Microsoft", 30)

Connection = ASGIConnection[Any, Any, Any, Any]


def take(services: Services, limit: Limit, connection: Connection) -> None:
    """Count an attempt; raises TooManyAttempts where the address has none left.

    One that is refused is not counted, so that whoever goes on trying causes no more writes, and
    is heard again when the window is over.
    """
    check(services, limit, connection)
    now = services.clock.now()
    counted = services.attempts.add(limit.what, client_address(connection), now, WINDOW)
    if counted.count > limit.most:
        raise _none_left(limit, counted, now)


def check(services: Services, limit: Limit, connection: Connection) -> None:
    """Raise TooManyAttempts where the address has no attempt left; counts nothing."""
    address, now = client_address(connection), services.clock.now()
    counted = services.attempts.counted(limit.what, address, now, WINDOW)
    if counted is not None and counted.count >= limit.most:
        raise _none_left(limit, counted, now)


def _none_left(limit: Limit, counted: Counted, now: datetime) -> TooManyAttempts:
    return TooManyAttempts(limit.what, (counted.since + WINDOW - now).total_seconds())


@contextmanager
def attempting(services: Services, connection: Connection) -> Iterator[None]:
    """Count a sign-in with PEX that is refused within the block; one that succeeds is none.

    It is counted at first, so that many at the same time come no further than one by one.

    Raises:
        TooManyAttempts: the address has no attempt left.
    """
    take(services, SIGN_INS, connection)
    refused = False
    try:
        yield
    except PexTokenRefused:
        refused = True
        raise
    finally:
        if not refused:
            services.attempts.take_back(SIGN_INS.what, client_address(connection))


class Use:
    """Counts what a token or a session asks in a minute, in this process alone.

    Only those that are known are counted, and those that ask nothing for a minute are forgotten,
    so that there are never more than tokens and sessions.
    """

    def __init__(self, most: int, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._monotonic = monotonic
        self._lock = threading.Lock()
        # Whose minute began last stands last, so that old ones are found at the front.
        self._minutes: OrderedDict[UUID, tuple[float, int]] = OrderedDict()

    def take(self, user: UUID) -> None:
        """Count a request; raises TooManyRequests where the minute has none left."""
        now = self._monotonic()
        with self._lock:
            self._forget(now)
            began, count = self._minutes.get(user, (now, 0))
            if count >= self._most:
                raise TooManyRequests(self._most, began + MINUTE_SECONDS - now)
            self._minutes[user] = (began, count + 1)

    def kept(self) -> int:
        """How many are kept at the moment."""
        return len(self._minutes)

    def _forget(self, now: float) -> None:
        while self._minutes and next(iter(self._minutes.values()))[0] <= now - MINUTE_SECONDS:
            self._minutes.popitem(last=False)
